/* Reading under secure messaging: the command's MAC, the answer's MAC, and both initial vectors. */
#include "card/commands/target.h"

#include "card/partner.h"

static struct hand hand;

enum { DATA_ROOM = 256 };

/* EF1C: MAC; EF1D: MAC and cipher; EF1E: records, read under key 01; EF07: TLV records, MAC and
 * cipher; EF08 is long. KEY_UK stands in as maintenance key 01. */
static void make_card(void) {
    static const char *const script[] = {
        "80D4010115"
        "36F002FF33" KEY_UK,
        "80E0001C07A80020F0F0FF7F",
        "80E0001D07E80020F0F0FF7F",
        "80E0001E072A0308F0F0FF7B",
        "80E00007076C0180F0F0FF7F",
        "80E0000807280100F0F0FF7F",
        "00E200F0080102030405060708",
        "00E200F0081112131415161718",
        NULL,
    };
    hand_make_wallet(&hand);
    hand_say_all(&hand, script);
    static const char data[] = "00112233445566778899AABBCCDDEEFF";
    assert_int_equal(partner_say(&hand, "04D69C00", data, KEY_DAMK, PURSE_MAC), 0x9000);
    assert_int_equal(partner_say(&hand, "04D69D00", data, KEY_DAMK, PURSE_CIPHER), 0x9000);
    assert_int_equal(partner_say(&hand, "04E20038", "AA0301AABB", KEY_DAMK, PURSE_CIPHER), 0x9000);
}

/* GET CHALLENGE and a protected read with this Le; the answer stays in the hand, its challenge
 * here. */
static uint8_t challenge[8];

static unsigned read_protected(const char *head, const char *key, uint8_t le) {
    uint8_t line[APDU_MAX];
    partner_challenge(&hand, challenge);
    size_t len = partner_secure(challenge, head, "", key, PURSE_MAC, line);
    line[len++] = le;
    hand_send(&hand, bytes_of(line, len));
    if (hand_sw(&hand) >> 8 == 0x61) { /* the answer is longer than Le: it waits */
        uint8_t fetch[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)hand_sw(&hand)};
        hand_send(&hand, bytes_of(fetch, sizeof fetch));
    }
    return hand_sw(&hand);
}

/* What the answer says, after its MAC was compared: over the data alone, as they came. */
static struct bytes opened(const char *key_hex) {
    struct partner_key key = partner_key(key_hex);
    uint8_t mac[8];
    assert_true(hand.reply_len > 2 + 4);
    struct bytes data = bytes_of(hand.reply, hand.reply_len - 2 - 4);
    partner_mac(&key, challenge, data, mac);
    assert_memory_equal(mac, data.at + data.len, 4);
    return data;
}

/* The same for an answer that is enciphered: LD || data || 80 00.. */
static struct bytes deciphered(const char *key_hex) {
    static uint8_t plain[DATA_ROOM];
    struct partner_key key = partner_key(key_hex);
    struct bytes data = opened(key_hex);
    struct key128 whole;
    struct tdes_key ready;
    (void)memcpy(whole.bytes, key.bytes, sizeof whole.bytes);
    tdes_prepare(&ready, &whole);
    assert_int_equal(data.len % 8, 0);
    for (size_t i = 0; i < data.len; i += 8) {
        tdes_decrypt(&ready, data.at + i, plain + i);
    }
    assert_true(plain[0] < data.len);
    assert_true(data.len - plain[0] - 1u < 8);
    return bytes_of(plain + 1, plain[0]);
}

static void data_come_with_a_mac_of_the_same_challenge(void **state) {
    (void)state;
    make_card();
    assert_int_equal(read_protected("04B09C00", KEY_DAMK, 0x10), 0x9000);
    assert_hex(opened(KEY_DAMK), "00112233445566778899AABBCCDDEEFF");
    assert_int_equal(read_protected("04B09C02", KEY_DAMK, 0x03), 0x9000);
    assert_hex(opened(KEY_DAMK), "223344");
    assert_int_equal(read_protected("04B09C1E", KEY_DAMK, 0x00), 0x9000); /* to the end */
    assert_hex(opened(KEY_DAMK), "0000");
    assert_int_equal(read_protected("04B09C1E", KEY_DAMK, 0x06), 0x9000); /* Le with the MAC */
    assert_hex(opened(KEY_DAMK), "0000");
    assert_int_equal(read_protected("04B00001", KEY_DAMK, 0x02), 0x9000); /* the current file */
    assert_hex(opened(KEY_DAMK), "1122");
}

static void an_enciphered_file_answers_enciphered(void **state) {
    (void)state;
    make_card();
    for (uint8_t le = 1; le <= 0x20; le++) {
        assert_int_equal(read_protected("04B09D00", KEY_DAMK, le), 0x9000);
        struct bytes plain = deciphered(KEY_DAMK);
        assert_int_equal(plain.len, le);
        assert_int_equal(plain.at[le - 1], le <= 16 ? (le - 1) * 0x11 : 0);
    }
    assert_int_equal(read_protected("04B2AA38", KEY_DAMK, 0x05), 0x9000);
    assert_hex(deciphered(KEY_DAMK), "AA0301AABB");
}

/* Attribute bits b4b3 name the key of reading, b2b1 that of writing. [purse.md 2.2] */
static void records_are_read_under_the_key_of_the_file(void **state) {
    (void)state;
    make_card();
    assert_int_equal(read_protected("04B202F4", KEY_UK, 0x08), 0x9000);
    assert_hex(opened(KEY_UK), "1112131415161718");
    assert_int_equal(read_protected("04B201F5", KEY_UK, 0x00), 0x9000);
    assert_hex(opened(KEY_UK), "01020304050607081112131415161718");
    assert_int_equal(read_protected("04B202F4", KEY_DAMK, 0x08), 0x6988);
    assert_int_equal(
        partner_say(&hand, "04DC02F4", "2122232425262728", KEY_DAMK, PURSE_MAC), 0x9000);
    assert_int_equal(read_protected("04B202F4", KEY_UK, 0x08), 0x9000);
    assert_hex(opened(KEY_UK), "2122232425262728");
    assert_int_equal(read_protected("04B204F4", KEY_UK, 0x08), 0x6A83);
}

static void what_is_no_protected_read_is_refused(void **state) {
    (void)state;
    make_card();
    hand_expect(&hand, "00B09C0010", "6987"); /* in the clear */
    hand_expect(&hand, "00B201F408", "6987");
    hand_expect(&hand, "04B09C00041122334410", "6984"); /* no challenge */
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "04B09C000311223310", "6987"); /* no MAC */
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "04B09C0005112233445510", "6700"); /* more than a MAC */
    hand_expect(&hand, "04B09C0010", "6700");
    assert_int_equal(read_protected("04B09500", KEY_DAMK, 0x04), 0x6900); /* a file read freely */
    assert_int_equal(read_protected("04B09C20", KEY_DAMK, 0x01), 0x6B00);
    assert_int_equal(read_protected("04B09A00", KEY_DAMK, 0x01), 0x6A82);
    hand_expect(&hand, "00B0950004", "000000009000"); /* no try was lost on the way */
}

/* Only a wrong MAC costs a try of the maintenance key; the third blocks the application for
 * ever. */
static void each_wrong_mac_costs_a_try(void **state) {
    (void)state;
    make_card();
    for (int i = 0; i < 8; i++) {
        assert_int_equal(read_protected("04B09C00", KEY_DPUK, 0x10), 0x6988);
        assert_int_equal(hand.reply_len, 2);
        assert_int_equal(read_protected("04B09C00", KEY_DPUK, 0x10), 0x6988);
        assert_int_equal(read_protected("04B09C00", KEY_DAMK, 0x10), 0x9000);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_protected("04B09C00", KEY_DPUK, 0x10), i < 2 ? 0x6988 : 0x9303);
    }
    hand_say(&hand, "00B0950004");
    assert_int_equal(hand_sw(&hand), 0x9303);
}

/* Every bit of header and MAC. Fewer than three wrong ones in a row leave the key its tries. */
static void a_wrong_bit_shows_nothing(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    make_card();
    for (size_t bit = 16; bit < 8 * 9; bit++) {
        if (bit / 8 == 4) {
            continue; /* Lc */
        }
        partner_challenge(&hand, challenge);
        size_t len = partner_secure(challenge, "04B09C00", "", KEY_DAMK, PURSE_MAC, line);
        line[bit / 8] ^= (uint8_t)(1 << bit % 8);
        line[len++] = 0x10;
        hand_send(&hand, bytes_of(line, len));
        assert_int_not_equal(hand_sw(&hand), 0x9000);
        assert_int_equal(hand.reply_len, 2);
        assert_int_equal(read_protected("04B09C00", KEY_DAMK, 0x10), 0x9000);
    }
}

/* A line of T=0 has no Le: all there is, as far as a sealed answer goes. */
static void an_answer_has_its_greatest_length(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    make_card();
    partner_challenge(&hand, challenge);
    size_t len = partner_secure(challenge, "04B08800", "", KEY_DAMK, PURSE_MAC, line);
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x6100 + SECURE_READ_MAX + 4);
    hand_say(&hand, "00C00000FB");
    assert_int_equal(opened(KEY_DAMK).len, SECURE_READ_MAX);
    assert_int_equal(read_protected("04B08800", KEY_DAMK, 0x00), 0x9000);
    assert_int_equal(opened(KEY_DAMK).len, SECURE_READ_MAX);
}

/* Records of the greatest lengths: what cannot be sealed whole is not sent in part. */
static void a_record_too_long_to_seal_is_refused(void **state) {
    (void)state;
    make_card();
    for (unsigned len = SECURE_READ_MAX; len <= SECURE_READ_MAX + 1; len++) {
        char command[2 * APDU_MAX];
        char creation[32];
        unsigned sfi = 0x09 + len - SECURE_READ_MAX;
        (void)snprintf(creation, sizeof creation, "80E0%04X072C0100F0F0FF7F", sfi);
        hand_ok(&hand, creation);
        int at = snprintf(command, sizeof command, "00E200%02X%02XAA%02X", sfi << 3, len, len - 2);
        (void)memset(command + at, '7', 2 * ((size_t)len - 2));
        command[(size_t)at + 2 * ((size_t)len - 2)] = '\0';
        hand_ok(&hand, command);
        for (unsigned mode = 4; mode <= 5; mode++) {
            (void)snprintf(command, sizeof command, "04B201%02X", sfi << 3 | mode);
            bool fits = len == SECURE_READ_MAX;
            assert_int_equal(read_protected(command, KEY_DAMK, 0), fits ? 0x9000 : 0x6A81);
            assert_int_equal(hand.reply_len, fits ? len + 4 + 2 : 2);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_come_with_a_mac_of_the_same_challenge),
        cmocka_unit_test(an_enciphered_file_answers_enciphered),
        cmocka_unit_test(records_are_read_under_the_key_of_the_file),
        cmocka_unit_test(what_is_no_protected_read_is_refused),
        cmocka_unit_test(each_wrong_mac_costs_a_try),
        cmocka_unit_test(a_wrong_bit_shows_nothing),
        cmocka_unit_test(an_answer_has_its_greatest_length),
        cmocka_unit_test(a_record_too_long_to_seal_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Challenges, and proving keys to each other, in both forms. */
#include "card/commands/commands.h"

#include "card/partner.h"

static struct hand hand;

static void make_master_with(const char *const *keys) {
    hand_blank(&hand);
    hand_ok(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF");
    hand_ok(&hand, "80E00000073F010001F0FFFF");
    hand_say_all(&hand, keys);
    assert_int_equal(hand_reset(&hand), 17);
}

/* Vectors fmcos-extauth-des and extauth-8byte-challenge. */
static void published_proofs_are_believed(void **state) {
    (void)state;
    static const char *const keys[] = {
        "80D401010D39F0F0AA330102030405060708", "80D401000D39F0F0AA33FFFFFFFFFFFFFFFF", NULL};
    make_master_with(keys);
    hand_foretell(&hand, "BB83BFF3");
    hand_expect(&hand, "0084000004", "BB83BFF39000");
    hand_ok(&hand, "008200010874B0047DD681D96C");
    hand_foretell(&hand, "53FD1F262EC4E6E2");
    hand_say(&hand, "0084000008");
    hand_ok(&hand, "0082000008A0DBBFC1192FF24A");
}

/* Vectors fmcos-intauth-enc, -dec, -mac. */
static void published_answers_of_the_card_come_out(void **state) {
    (void)state;
    static const char *const keys[] = {"80D401010D30F0F001011122334455667788",
        "80D401020D31F0F001011122334455667788", "80D401030D32F0F001011122334455667788", NULL};
    make_master_with(keys);
    hand_expect(&hand, "0088000108010203040506070808", "178F59F8578E0D3F9000");
    hand_expect(&hand, "0088010208178F59F8578E0D3F08", "01020304050607089000");
    hand_expect(&hand, "0088020308010203040506070804", "A82A8CEB9000");
    hand_expect(&hand, "00880001080102030405060708", "6108");
    hand_expect(&hand, "00880002080102030405060708", "6A88");
    hand_expect(&hand,
        "008803010801020304050607"
        "08",
        "6A86");
    hand_expect(&hand,
        "00880001070102030405060"
        "7",
        "6700");
}

/* card.md 11: factor 1122334455667788, original 0102030405060708, key KEY_IRK. */
static void the_social_form_agrees_with_the_worked_example(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_expect(&hand,
        "0088000010112233445566778801020304050607080"
        "8",
        "8D0C30B9F1F7A7299000");
    hand_expect(&hand,
        "008800001111223344556677880102030405060708010"
        "8",
        "8D0C30B9F1F7A7299000");
    hand_expect(&hand, "00880000111122334455667788010203040506070802", "6A88");
    hand_expect(&hand, "00880000081122334455667788", "6700");
    hand_expect(&hand, "008801001011223344556677880102030405060708", "6A86");
}

static void a_challenge_has_four_or_eight_bytes(void **state) {
    (void)state;
    hand_make_master(&hand);
    for (unsigned le = 0; le < 256; le++) {
        uint8_t line[] = {0x00, 0x84, 0x00, 0x00, (uint8_t)le};
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), le == 4 || le == 8 ? 0x9000 : 0x6700);
    }
    hand_expect(&hand, "0084000108", "6A86");
}

/* Four random bytes are half a factor: the session key would be known to who waits long enough. */
static void a_short_challenge_is_no_factor(void **state) {
    (void)state;
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct partner_key key = partner_key(KEY_UK), session = {.len = 8};
    uint8_t factor[8] = {0}, line[5 + 16] = {0x00, 0x82, 0x00, 0x04, 0x10};
    hand_make_social(&hand);
    hand_say(&hand, "0084000004");
    (void)memcpy(factor, hand.reply, 4);
    partner_encrypt(&key, factor, session.bytes, 8);
    partner_encrypt(&session, original, line + 5, 8);
    (void)memcpy(line + 13, original, 8);
    hand_send(&hand, bytes_of(line, sizeof line));
    assert_int_equal(hand_sw(&hand), 0x6984);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
}

/* The challenge serves the next command, and no later one, whatever came between. */
static void a_challenge_lives_for_one_command(void **state) {
    (void)state;
    static const char *const between[] = {
        "00A40000023F00", "00A4000002EEEE", "FF00000000", "00", "0020000003123456"};
    struct partner_key key = partner_key(KEY_MAIN);
    hand_make_master(&hand);
    hand_expect(&hand, "00820000080000000000000000", "6984");
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        uint8_t challenge[8];
        uint8_t line[13] = {0x00, 0x82, 0x00, 0x00, 0x08};
        partner_challenge(&hand, challenge);
        partner_encrypt(&key, challenge, line + 5, 8);
        hand_say(&hand, between[i]);
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x6984);
    }
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
}

/* Three tries, then locked; the right key in between gives them back. */
static void wrong_keys_are_counted(void **state) {
    (void)state;
    for (int social = 0; social < 2; social++) {
        if (social) {
            hand_make_social(&hand);
        } else {
            hand_make_wallet(&hand);
        }
        assert_int_equal(partner_prove(&hand, KEY_UK, 0, social), 0x63C2);
        assert_int_equal(partner_prove(&hand, KEY_UK, 0, social), 0x63C1);
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, social), 0x9000);
        assert_int_equal(partner_prove(&hand, KEY_UK, 0, social), 0x63C2);
        assert_int_equal(partner_prove(&hand, KEY_UK, 0, social), 0x63C1);
        assert_int_equal(partner_prove(&hand, KEY_UK, 0, social), 0x63C0);
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, social), 0x6983);
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, social ? SELECT_SSSE : SELECT_WALLET);
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, social), 0x6983);
    }
}

/* Every bit of the proof and of what it is over counts. */
static void a_proof_with_one_wrong_bit_is_refused(void **state) {
    (void)state;
    struct partner_key key = partner_key(KEY_UK);
    hand_make_social(&hand);
    struct memory fresh = hand.memory;
    for (unsigned bit = 0; bit < 128; bit++) {
        struct partner_key session = {.len = 8};
        uint8_t challenge[8];
        uint8_t line[21] = {0x00, 0x82, 0x00, 0x04, 0x10};
        hand.memory = fresh;
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_SSSE);
        partner_challenge(&hand, challenge);
        partner_encrypt(&key, challenge, session.bytes, 8);
        partner_encrypt(&session, line + 13, line + 5, 8);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x63C2);
    }
}

static void lengths_and_numbers_are_those_of_the_family(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "00820000080000000000000000", "6700");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x33, true), 0x6A88);
    hand_make_wallet(&hand);
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "008200001000000000000000000000000000000000", "6700");
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "00820100080000000000000000", "6A86");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_proofs_are_believed),
        cmocka_unit_test(published_answers_of_the_card_come_out),
        cmocka_unit_test(the_social_form_agrees_with_the_worked_example),
        cmocka_unit_test(a_challenge_has_four_or_eight_bytes),
        cmocka_unit_test(a_short_challenge_is_no_factor),
        cmocka_unit_test(a_challenge_lives_for_one_command),
        cmocka_unit_test(wrong_keys_are_counted),
        cmocka_unit_test(a_proof_with_one_wrong_bit_is_refused),
        cmocka_unit_test(lengths_and_numbers_are_those_of_the_family),
    };
    return partner_run("proofs", tests, sizeof tests / sizeof tests[0]);
}

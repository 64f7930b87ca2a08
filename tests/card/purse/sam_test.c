/* The purchase module, alone and opposite a wallet. */
#include "card/purse/sam.h"

#include "base/features.h"
#include "card/trader.h"

static struct hand sam;
static struct hand user;

#define INIT_HEAD "80700000240A0B0C0D0007000001000620031008120000"
#define FACTORS   "86844401000000013434303130307378"

/* What the module answers: worked out here from the key, the factors and purse.md 5.3 and 5.4. */
static void mac1_follows_from_region_then_card(void **state) {
    (void)state;
    struct partner_key key = partner_key(KEY_SAM);
    struct partner_key session = {.len = 8};
    struct key128 dpk;
    uint8_t factor[8];
    uint8_t input[8];
    uint8_t mac[8];
    uint8_t message[32];
    char expected[64];
    char mac_text[9];
    (void)memcpy(dpk.bytes, key.bytes, 16);
    (void)from_hex("3434303130307378", factor, 8);
    derive_key(&dpk, factor, &dpk);
    (void)from_hex("8684440100000001", factor, 8);
    derive_key(&dpk, factor, &dpk);
    (void)from_hex("0A0B0C0D00070007", input, 8);
    derive_session(&dpk, input, session.bytes);
    size_t len = from_hex("000001000644010000000120031008120000", message, sizeof message);
    partner_mac(&session, NULL, bytes_of(message, len), mac);
    hex_write(bytes_of(mac, 4), mac_text);
    (void)snprintf(expected, sizeof expected, "00000007%s9000", mac_text);
    hand_make_sam(&sam);
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", expected);
}

static void numbers_go_up_and_outlive_resets(void **state) {
    (void)state;
    hand_make_sam(&sam);
    for (unsigned i = 0; i < 5; i++) {
        hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
        assert_int_equal(sam.reply[3], 7 + i);
        if (i % 2 == 1) {
            assert_int_equal(hand_reset(&sam), 17);
            hand_say(&sam, SELECT_SAM);
        }
    }
}

static void beginnings_that_cannot_be_use_up_no_number(void **state) {
    (void)state;
    hand_make_sam(&sam);
    hand_expect(&sam, INIT_HEAD "0200" FACTORS "08", "6A88"); /* no such version */
    hand_expect(&sam, "807000001C0A0B0C0D00070000010006200310081200000100868444010000000108",
        "6A88"); /* no key with one factor to come */
    hand_expect(&sam, "80700000140A0B0C0D0007000001000620031008120000010008", "6700");
    hand_expect(&sam,
        "80700000250A0B0C0D0007000001000620031008120000"
        "0100" FACTORS "0008",
        "6700");
    hand_expect(&sam,
        "80700200240A0B0C0D0007000001000620031008120000"
        "0100" FACTORS "08",
        "6A86");
    hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
    assert_int_equal(sam.reply[3], 7);
}

static void a_session_lives_for_the_next_command(void **state) {
    (void)state;
    hand_make_sam(&sam);
    hand_expect(&sam, "8072000004DEADBEEF", "6901");
    hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
    hand_say(&sam, "0084000008");
    hand_expect(&sam, "8072000004DEADBEEF", "6901");
    hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
    hand_expect(&sam,
        "80720000"
        "03DEADBE",
        "6700");
    hand_expect(&sam, "8072000004DEADBEEF", "6901");
    hand_say(&sam, INIT_HEAD "0100" FACTORS);
    hand_say(&sam, "00C0000008");
    hand_expect(&sam, "8072000004DEADBEEF", "9302"); /* GET RESPONSE belongs to its command */
    hand_expect(&sam, "8072000004DEADBEEF", "6901");
}

static void wrong_mac2_are_counted_and_lock(void **state) {
    (void)state;
    hand_make_sam(&sam);
    static const unsigned answers[] = {0x9302, 0x9302, 0x9303};
    for (size_t i = 0; i < 3; i++) {
        hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
        hand_say(&sam, "8072000004DEADBEEF");
        assert_int_equal(hand_sw(&sam), answers[i]);
    }
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", "9303");
    assert_int_equal(hand_reset(&sam), 17);
    hand_say(&sam, SELECT_SAM);
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", "9303");
}

/* FFFFFFFE is the last number that is given out. [sam 1] */
static void the_modules_numbers_do_not_wrap(void **state) {
    (void)state;
    hand_make_sam(&sam);
    assert_int_equal(partner_prove(&sam, KEY_MAIN, 0, false), 0x9000);
    hand_ok(&sam, "00D6990004FFFFFFFE");
    hand_say(&sam, INIT_HEAD "0100" FACTORS "08");
    assert_memory_equal(sam.reply, "\xFF\xFF\xFF\xFE", 4);
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", "9402");
    hand_expect(&sam, "8072000004DEADBEEF", "6901");
    hand_expect(&sam, "00B0990004", "FFFFFFFF9000");
}

/* A whole purchase between two chips, the terminal passing bytes on. The wallet's DPK is the
 * module's key through region and card. */
static void two_chips_trade_with_each_other(void **state) {
    (void)state;
    struct partner_key key = partner_key(KEY_SAM);
    struct key128 dpk;
    uint8_t factor[8];
    char text[64];
    char command[192];
    (void)memcpy(dpk.bytes, key.bytes, 16);
    (void)from_hex("3434303130307378", factor, 8);
    derive_key(&dpk, factor, &dpk);
    (void)from_hex("8684440100000001", factor, 8);
    derive_key(&dpk, factor, &dpk);
    hex_write(bytes_of(dpk.bytes, 16), text);
    hand_make_sam(&sam);
    hand_make_wallet(&user);
    hand_say(&user, "00A40000023F00");
    assert_int_equal(partner_prove(&user, KEY_MAIN, 0, false), 0x9000);
    hand_say(&user, SELECT_WALLET);
    (void)snprintf(command, sizeof command, "80D43E01153EF0020100%s", text);
    hand_ok(&user, command);
    trader_set(&user, 2, 1000, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        char tail[32];
        assert_int_equal(trader_begin(&user, 1, 2, 100, 0x0F), 0x9000);
        hex_write(bytes_of(user.reply + 11, 4), text); /* random */
        (void)snprintf(command, sizeof command,
            "8070000024%s%04X000000640620031008120000%02X%02X" FACTORS "08", text, i, user.reply[9],
            user.reply[10]);
        hand_say(&sam, command);
        assert_int_equal(hand_sw(&sam), 0x9000);
        hex_write(bytes_of(sam.reply, 4), text);
        hex_write(bytes_of(sam.reply + 4, 4), tail);
        (void)snprintf(command, sizeof command, "805401000F%s20031008120000%s08", text, tail);
        hand_say(&user, command);
        assert_int_equal(hand_sw(&user), 0x9000);
        hex_write(bytes_of(user.reply + 4, 4), text);
        (void)snprintf(command, sizeof command, "8072000004%s", text);
        hand_ok(&sam, command);
    }
    assert_int_equal(trader_look(&user, 2).wallet.balance, 700);
    hand_expect(&sam, "00B0980002", "03039000");
}

/* A module without one of its files says so, and a user card is no module. */
static void a_module_needs_its_files(void **state) {
    (void)state;
    hand_make_wallet(&sam);
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", "6A82");
    hand_say(&sam, "00A40000023F00");
    hand_expect(&sam, INIT_HEAD "0100" FACTORS "08", "6A82");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mac1_follows_from_region_then_card),
        cmocka_unit_test(numbers_go_up_and_outlive_resets),
        cmocka_unit_test(beginnings_that_cannot_be_use_up_no_number),
        cmocka_unit_test(a_session_lives_for_the_next_command),
        cmocka_unit_test(wrong_mac2_are_counted_and_lock),
        cmocka_unit_test(the_modules_numbers_do_not_wrap),
        cmocka_unit_test(two_chips_trade_with_each_other),
        cmocka_unit_test(a_module_needs_its_files),
    };
    if (!CARD_SAM) {
        print_message("skipped: this build of the card is no purchase module\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

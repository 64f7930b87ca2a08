/* APPLICATION BLOCK, APPLICATION UNBLOCK, CARD BLOCK. */
#include "card/guard/chip.h"

#include "card/partner.h"

static struct hand hand;

#define KEY_VECTOR "8A021972BFEC9D152CA9EB82D7D12C09"

/* Vector derived-app-block: a wallet application and a master file with that DAMK. */
static void make_vector_card(void) {
    static const char *const script[] = {"80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E00000073F005001F0FFFF", "80D401001536F0F0FF33" KEY_VECTOR,
        "80E03F01113808FFF0F095FFFFA00000000386980701", SELECT_WALLET, "80E00000073F018F95F0FFFF",
        "80D401001536F0F0FF33" KEY_VECTOR, "80E00002072F0208F000FF18", NULL};
    hand_blank(&hand);
    hand_say_all(&hand, script);
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
}

static void say_after_challenge(const char *command, const char *reply) {
    hand_foretell(&hand, "12345678");
    hand_say(&hand, "0084000004");
    hand_expect(&hand, command, reply);
}

static void a_blocked_application_is_opened_again(void **state) {
    (void)state;
    make_vector_card();
    say_after_challenge("841E000004E0DB0323", "9000");
    hand_expect(&hand, "805C000204", "6985");
    hand_expect(&hand,
        "80500102"
        "0B010000000044010000000"
        "10F",
        "6985");
    assert_int_equal(hand_reset(&hand), 17);
    hand_expect(&hand, SELECT_WALLET "00", "6F0B8409A000000003869807016283");
    hand_expect(&hand, SELECT_WALLET, "610D");
    hand_expect(&hand, "00C000000D", "6F0B8409A000000003869807016283");
    hand_expect(&hand, "805C000204", "6985");
    say_after_challenge("841E000004E0DB0323", "9000"); /* said again after a lost answer */
    say_after_challenge("841800000411847BDF", "9000");
    hand_expect(&hand, "805C000204", "000000009000");
    say_after_challenge("841800000411847BDF", "9000");
}

static void an_application_blocked_for_ever_stays_so(void **state) {
    (void)state;
    make_vector_card();
    say_after_challenge("841E000104FBE99C7E", "9000");
    say_after_challenge("841800000411847BDF", "9303");
    hand_expect(&hand, "805C000204", "9303");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
    hand_expect(&hand, "805C000204", "9303");
    hand_say(&hand, "00A40000023F00"); /* the rest of the card goes on */
    assert_int_equal(hand_sw(&hand), 0x6117);
}

static void a_card_block_ends_the_card(void **state) {
    (void)state;
    make_vector_card();
    say_after_challenge("84160000044E5C32CB", "6985"); /* not with an application's key */
    hand_say(&hand, "00A40000023F00");
    say_after_challenge("841E000004E0DB0323", "6985"); /* and the other way round */
    say_after_challenge("84160000044E5C32CB", "9000");
    hand_expect(&hand, "0084000008", "6A81");
    hand_expect(&hand, "00A40000023F00", "6A81");
    assert_int_equal(hand_reset(&hand), 17);
    hand_expect(&hand, "00A40000023F00", "6A81");
    hand_expect(&hand, "FFFF000000", "6A81");
    hand_expect(&hand, "00C0000000", "6A81");
}

static void a_wrong_mac_locks_nothing_but_itself(void **state) {
    (void)state;
    make_vector_card();
    for (unsigned bit = 0; bit < 32; bit++) {
        uint8_t line[] = {0x84, 0x1E, 0x00, 0x00, 0x04, 0xE0, 0xDB, 0x03, 0x23};
        make_vector_card();
        hand_foretell(&hand, "12345678");
        hand_say(&hand, "0084000004");
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x6988);
        hand_expect(&hand, "805C000204", "000000009000");
    }
    hand_expect(&hand, "841E000004E0DB0323", "6984");
    say_after_challenge("841E000204E0DB0323", "6A86");
    say_after_challenge("841E00000500E0DB0323", "6700");
}

/* The third wrong MAC in a row ends the application; a right one in between forgives. */
static void three_wrong_macs_end_the_application(void **state) {
    (void)state;
    make_vector_card();
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "84180000", "", KEY_VECTOR, PURSE_MAC), 0x9000);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_UK, PURSE_MAC), 0x9303);
    hand_expect(&hand, "805C000204", "9303");
}

/* Social security: the lock key must have been proven, and the MAC is under STK. */
static void social_locks_need_their_lock_key(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_STK_DF, SOCIAL_MAC), 0x6982);
    assert_int_equal(partner_prove(&hand, KEY_LK, 0x83, true), 0x9000);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_STK_DF, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00B0880001", "6985");
    hand_say(&hand, SELECT_SSSE);
    hand_expect(&hand, "00B2032806", "0304310000009000");
    hand_say(&hand, SELECT_DF01 "00");
    assert_int_equal(hand_sw(&hand), 0x6283);
    assert_int_equal(partner_prove(&hand, KEY_LK, 0x83, true), 0x9000);
    assert_int_equal(partner_say(&hand, "84180000", "", KEY_STK_DF, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00B0880001", "009000");
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_say(&hand, "84160000", "", KEY_STK, SOCIAL_MAC), 0x6982);
    assert_int_equal(partner_prove(&hand, KEY_LK, 0x07, true), 0x9000);
    assert_int_equal(partner_say(&hand, "84160000", "", KEY_STK, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, SELECT_SSSE, "6A81");
}

/* What lies below a blocked directory is blocked, whatever becomes of its own block. [chip 4] */
static void a_block_above_outlives_the_unblocking_below(void **state) {
    static const char below[] = "00A40000023F02";
    static const char *const script[] = {"80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E03F01113808FFF0F095FFFFA00000000386980701", SELECT_WALLET,
        "80E03F020F380100F0F0FFFFFFA0000000038698", "80E00000073F003095F0FFFF",
        "80D401001536F0F0FF33" KEY_DAMK, below, "80E00000073F003095F0FFFF",
        "80D401001536F0F0FF33" KEY_DAMK, "80E0001507280010F0F0FFFF", SELECT_WALLET, below, NULL};
    (void)state;
    hand_blank(&hand);
    hand_say_all(&hand, script);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_DAMK, PURSE_MAC), 0x9000);
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_DAMK, PURSE_MAC), 0x9000);
    hand_say(&hand, below);
    hand_expect(&hand, "00B0950001", "6985");
    assert_int_equal(partner_say(&hand, "84180000", "", KEY_DAMK, PURSE_MAC), 0x9000);
    hand_expect(&hand, "00B0950001", "6985"); /* free by itself, blocked from above */
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(partner_say(&hand, "84180000", "", KEY_DAMK, PURSE_MAC), 0x9000);
    hand_say(&hand, below);
    hand_expect(&hand, "00B0950001", "009000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocked_application_is_opened_again),
        cmocka_unit_test(an_application_blocked_for_ever_stays_so),
        cmocka_unit_test(a_card_block_ends_the_card),
        cmocka_unit_test(a_wrong_mac_locks_nothing_but_itself),
        cmocka_unit_test(three_wrong_macs_end_the_application),
        cmocka_unit_test(social_locks_need_their_lock_key),
        cmocka_unit_test(a_block_above_outlives_the_unblocking_below),
    };
    return partner_run("locks", tests, sizeof tests / sizeof tests[0]);
}

/* WRITE KEY, in the clear and secured; CREATE FILE and ERASE DF where keys decide. */
#include "card/commands/commands.h"

#include "card/partner.h"

static struct hand hand;

/* Vectors writekey-enc-mac-add-F9 and writekey-enc-mac-39-to-F9: 8-byte main control key of FF. */
static void published_commands_are_obeyed(void **state) {
    (void)state;
    hand_blank(&hand);
    hand_ok(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF");
    hand_ok(&hand, "80E00000073F010001F0FFFF");
    hand_ok(&hand, "80D401000D39F0F0AA33FFFFFFFFFFFFFFFF");
    hand_foretell(&hand, "4C45BAB9");
    hand_say(&hand, "0084000004");
    hand_ok(&hand, "84D40102147C87BC23140021B3AFEA67E6359DDCFED7C943F6");
    assert_int_equal(partner_prove(&hand, "1122334455667788", 0x02, false), 0x9000);
    hand_ok(&hand, "80D401010D39F0F0AAFF0102030405060708");
    hand_foretell(&hand, "EF364818");
    hand_say(&hand, "0084000004");
    hand_ok(&hand, "84D43901147C87BC23140021B3AFEA67E6359DDCFE9095E4E1");
    assert_int_equal(partner_prove(&hand, "1122334455667788", 0x01, false), 0x9000);
    /* its type is now F9: in the clear it is not replaced any more */
    hand_expect(&hand, "80D439010D39F0F0AAFF0102030405060708", "6900");
}

static void a_key_is_added_once_and_replaced_where_it_is(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(
        partner_say(&hand, "84D40104", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x6A86);
    assert_int_equal(
        partner_say(&hand, "84D43904", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x04, true), 0x9000);
    assert_int_equal(
        partner_say(&hand, "84D43933", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x6A88);
    assert_int_equal(
        partner_say(&hand, "84D43904", "30F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x6A80);
    assert_int_equal(
        partner_say(&hand, "84D43904", "39F0F001331122334455667788", KEY_MAIN, PURSE_CIPHER),
        0x6700);
    assert_int_equal(
        partner_say(&hand, "84D401FF", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x6A86);
    hand_expect(&hand,
        "80D40144"
        "0439F0F001",
        "6700");
    hand_expect(&hand, "80D401440539F0F00133", "6700");
}

/* The way a card leaves the factory's keys: the transport key replaced under itself. */
static void the_main_control_key_replaces_itself(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(
        partner_say(&hand, "84D43900", "39F0F0AA33" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, true), 0x63C2);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x00, true), 0x9000);
    assert_int_equal(
        partner_say(&hand, "84D40144", "39F0F0AA33" KEY_UK, KEY_MAIN, PURSE_CIPHER), 0x9302);
    assert_int_equal(
        partner_say(&hand, "84D40144", "39F0F0AA33" KEY_UK, KEY_RK, PURSE_CIPHER), 0x9000);
}

static void every_bit_of_a_secured_key_counts(void **state) {
    (void)state;
    uint8_t challenge[8];
    uint8_t line[APDU_MAX];
    hand_make_social(&hand);
    struct memory fresh = hand.memory;
    for (unsigned bit = 0; bit < 8 * (2 + 1 + 24 + 4); bit++) {
        hand.memory = fresh;
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_SSSE);
        partner_challenge(&hand, challenge);
        size_t len = partner_secure(
            challenge, "84D40144", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER, line);
        line[2 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_not_equal(hand_sw(&hand), 0x9000);
        assert_int_equal(partner_prove(&hand, KEY_RK, 0x44, true), 0x6A88);
    }
}

/* Change rights, as the purse's keys have them: 02 asks for the master file's state. */
static void a_change_right_is_asked(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_expect(&hand,
        "80D4340015"
        "34F0020001" KEY_RK,
        "6982");
    hand_say(&hand, "00A40000023F00");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, false), 0x9000);
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "80D4340015"
                   "34F0020001" KEY_RK);
    hand_expect(&hand, "80D43A000B3AF0EF0133654321FFFFFF", "6982"); /* EF: never */
}

/* Tries are kept over a replacement; another maximum begins anew; what is locked stays locked. */
static void a_replacement_gives_no_try_back(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x04, true), 0x63C2);
    hand_ok(&hand, "80D4390415"
                   "39F0F00133" KEY_UK);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x04, true), 0x63C1);
    hand_ok(&hand, "80D4390415"
                   "39F0F00155" KEY_UK);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x04, true), 0x63C4);
    for (int i = 4; i > 0; i--) {
        (void)partner_prove(&hand, KEY_RK, 0x04, true);
    }
    hand_expect(&hand,
        "80D4390415"
        "39F0F00177" KEY_UK,
        "6983");
}

/* A PSAM's key in the makers' own form: usage, version, algorithm, key. [purse.md 6.2] */
static void a_sam_key_comes_in_its_own_form_too(void **state) {
    (void)state;
    hand_make_sam(&hand);
    assert_int_equal(
        partner_say(&hand, "84D40000", "420200" KEY_SAM, KEY_MAIN, PURSE_CIPHER), 0x9000);
    hand_say(&hand, "80700000240A0B0C0D0007000001000620031008120000"
                    "0200"
                    "86844401000000013434303130307378"
                    "08");
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(
        partner_say(&hand, "84D40000", "420200" KEY_SAM, KEY_MAIN, PURSE_CIPHER), 0x6A86);
}

static void without_a_main_key_nothing_is_secured(void **state) {
    (void)state;
    hand_blank(&hand);
    hand_ok(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF");
    hand_expect(&hand, "80D401000D39F0F0AA33FFFFFFFFFFFFFFFF", "6A82");
    hand_ok(&hand, "80E00000073F010001F0FFFF");
    assert_int_equal(
        partner_say(&hand, "84D40101", "39F0F00133" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x6A88);
}

/* ERASE DF asks its right, takes everything below and leaves the directory open. */
static void an_erased_directory_begins_anew(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    hand_ok(&hand, "800E0000");
    hand_expect(&hand, "805C000204", "6A82");
    hand_expect(&hand, "0020000003123456", "6A82");
    hand_ok(&hand, "80E00000073F018F95F0FFFF");
    hand_expect(&hand, "800E000100", "6A86");
    hand_blank(&hand);
    hand_ok(&hand, "80E03F000D38FFFFF0EF01FFFFFFFFFFFFFF");
    hand_ok(&hand, "80E00000073F010001F0FFFF");
    hand_say(&hand, "00A40000023F00");
    hand_expect(&hand, "800E0000", "6982");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_commands_are_obeyed),
        cmocka_unit_test(a_key_is_added_once_and_replaced_where_it_is),
        cmocka_unit_test(the_main_control_key_replaces_itself),
        cmocka_unit_test(every_bit_of_a_secured_key_counts),
        cmocka_unit_test(a_change_right_is_asked),
        cmocka_unit_test(a_replacement_gives_no_try_back),
        cmocka_unit_test(a_sam_key_comes_in_its_own_form_too),
        cmocka_unit_test(without_a_main_key_nothing_is_secured),
        cmocka_unit_test(an_erased_directory_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

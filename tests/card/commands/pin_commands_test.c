/* VERIFY, CHANGE PIN, RELOAD PIN, PIN UNBLOCK, in both dialects. */
#include "card/guard/pin.h"

#include "card/partner.h"

static struct hand hand;

static void lock_pin(void) {
    hand_expect(&hand, "0020000003000000", "63C2");
    hand_expect(&hand, "0020000003000000", "63C1");
    hand_expect(&hand, "0020000003000000", "63C0");
    hand_expect(&hand, "0020000003123456", "6983");
}

/* The FF that fill a PIN up do not count; everything else does. */
static void a_pin_is_compared_without_its_filling(void **state) {
    (void)state;
    static const struct {
        const char *entered;
        unsigned sw;
    } cases[] = {
        {"03123456",             0x9000},
        {"04123456FF",           0x9000},
        {"08123456FFFFFFFFFF",   0x9000},
        {"021234",               0x63C2},
        {"0412345600",           0x63C2},
        {"0312345F",             0x63C2},
        {"01FF",                 0x63C2},
        {"09123456FFFFFFFFFFFF", 0x6700}
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[64];
        hand_make_wallet(&hand);
        (void)snprintf(command, sizeof command, "00200000%s", cases[i].entered);
        hand_say(&hand, command);
        assert_int_equal(hand_sw(&hand), cases[i].sw);
    }
    hand_expect(&hand, "0020000103123456", "9403");
    hand_expect(&hand, "0020010003123456", "6A86");
    hand_say(&hand, "00A40000023F00");
    hand_expect(&hand, "0020000003123456", "9403");
}

static void three_wrong_pins_lock_it(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_expect(&hand, "0020000003000000", "63C2");
    hand_ok(&hand, "0020000003123456");
    lock_pin();
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
    hand_expect(&hand, "0020000003123456", "6983");
    hand_expect(&hand, "805E010007123456FF654321", "6983");
}

static void a_new_pin_needs_the_old_one(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_expect(&hand, "805E010007000000FF654321", "63C2");
    hand_ok(&hand, "805E010007123456FF654321");
    hand_ok(&hand, "0020000003654321");
    hand_expect(&hand, "0020000003123456", "63C2");
    hand_expect(&hand,
        "805E01000665432112"
        "3456",
        "6700");
    hand_expect(&hand, "805E010004654321FF", "6700");
    hand_expect(&hand, "805E01000465FF1234", "6700");
    hand_expect(&hand, "805E01000B654321FF12345678901234", "6700");
    hand_expect(&hand, "805E020007123456FF654321", "6A86");
}

/* Every length a PIN may have, from and to. */
static void pins_of_all_lengths_can_be_changed(void **state) {
    (void)state;
    static const char *const pins[] = {"1234", "123456", "12345678", "1234567890", "123456789012"};
    hand_make_wallet(&hand);
    const char *old = "123456";
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        char command[64];
        (void)snprintf(command, sizeof command, "805E0100%02X%sFF%s",
            (unsigned)(strlen(old) + strlen(pins[i])) / 2 + 1, old, pins[i]);
        hand_ok(&hand, command);
        (void)snprintf(
            command, sizeof command, "00200000%02X%s", (unsigned)strlen(pins[i]) / 2, pins[i]);
        hand_ok(&hand, command);
        old = pins[i];
    }
}

/* Vector derived-reload-pin. */
static void a_reload_is_believed_by_its_mac(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    lock_pin();
    hand_expect(&hand, "805E00000813371337A766A001", "9302");
    hand_ok(&hand, "805E00000813371337A766A000");
    hand_ok(&hand, "00200000041"
                   "3371337");
    hand_expect(&hand, "805E00000513A766A000", "6700");
    hand_expect(&hand, "805E00000B13371337133713A766A000", "6700");
}

static void three_wrong_reloads_end_the_application(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_expect(&hand, "805E00000813371337A766A001", "9302");
    hand_expect(&hand, "805E00000813371337A766A001", "9302");
    hand_expect(&hand, "805E00000813371337A766A001", "9303");
    hand_expect(&hand, "805E00000813371337A766A000", "9303");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET "00");
    assert_int_equal(hand_sw(&hand), 0x6283);
    hand_expect(&hand, "805C000204", "9303");
}

/* Vector derived-pin-unblock, and both ways to name the PIN. */
static void an_unblock_is_believed_by_its_mac(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    lock_pin();
    hand_foretell(&hand, "12345678");
    hand_say(&hand, "0084000004");
    hand_ok(&hand, "842400000C1F5668D2FAD9B3637B78B8C0");
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(partner_say(&hand, "84240001", "654321", KEY_DPUK, PURSE_CIPHER), 0x9000);
    hand_ok(&hand, "0020000003654321");
    assert_int_equal(partner_say(&hand, "84240102", "654321", KEY_DPUK, PURSE_CIPHER), 0x6A86);
    assert_int_equal(partner_say(&hand, "84240101", "654321", KEY_DPUK, PURSE_CIPHER), 0x6A86);
    assert_int_equal(partner_say(&hand, "84240100", "654321", KEY_DPUK, PURSE_CIPHER), 0x9403);
    hand_expect(&hand, "842400000C1F5668D2FAD9B3637B78B8C0", "6984");
}

/* What was deciphered must be a PIN: two to eight bytes. The key's try is given back all the
 * same. */
static void an_unblock_brings_a_pin_of_a_proper_length(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "12", "123456789012345678"};
    hand_make_wallet(&hand);
    for (size_t i = 0; i < 3; i++) {
        for (int again = 0; again < 4; again++) {
            unsigned sw = partner_say(&hand, "84240000", wrong[i], KEY_DPUK, PURSE_CIPHER);
            assert_int_equal(sw, 0x6700);
        }
    }
    hand_ok(&hand, "0020000003123456");
}

static void three_wrong_unblocks_end_the_application(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    assert_int_equal(partner_say(&hand, "84240000", "654321", KEY_UK, PURSE_CIPHER), 0x6988);
    assert_int_equal(partner_say(&hand, "84240000", "654321", KEY_UK, PURSE_CIPHER), 0x6988);
    assert_int_equal(partner_say(&hand, "84240000", "654321", KEY_UK, PURSE_CIPHER), 0x9303);
    hand_expect(&hand, "0020000003123456", "9303");
}

/* Social security: PUK first, then STK. */
static void a_social_pin_is_opened_by_two_keys(void **state) {
    (void)state;
    hand_make_social(&hand);
    lock_pin();
    assert_int_equal(partner_say(&hand, "84240000", "", KEY_STK, SOCIAL_MAC), 0x6982);
    assert_int_equal(partner_prove(&hand, KEY_PUK, 0x06, true), 0x9000);
    assert_int_equal(partner_say(&hand, "84240000", "", KEY_STK_DF, SOCIAL_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "84240000", "", KEY_STK, SOCIAL_MAC), 0x9000);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(partner_say(&hand, "84240001", "654321", KEY_STK, SOCIAL_CIPHER), 0x9000);
    hand_ok(&hand, "0020000003654321");
    assert_int_equal(partner_say(&hand, "84240002", "", KEY_STK, SOCIAL_MAC), 0x6A86);
    hand_expect(&hand, "805E00000813371337A766A000", "6A86");
}

/* card.md 11: STK 0123456789ABCDEF, challenge 1122334455667788. */
static void the_social_form_agrees_with_the_worked_example(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(partner_prove(&hand, KEY_PUK, 0x06, true), 0x9000);
    hand_foretell(&hand, "1122334455667788");
    hand_say(&hand, "0084000008");
    hand_ok(&hand, "842400010CA4133DF32C2C2EE4EB004C1A");
    hand_foretell(&hand, "1122334455667788");
    hand_say(&hand, "0084000008");
    hand_ok(&hand, "84240000043B20864B");
}

/* The PIN of SSSE can be verified and changed from an application below it. */
static void the_pin_of_above_is_found_from_below(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "0020000003000000", "63C2");
    hand_ok(&hand, "805E010007123456FF654321");
    hand_ok(&hand, "0020000003654321");
    hand_expect(&hand, "00B0870001", "009000");
    hand_say(&hand, SELECT_SSSE);
    hand_ok(&hand, "0020000003654321");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_compared_without_its_filling),
        cmocka_unit_test(three_wrong_pins_lock_it),
        cmocka_unit_test(a_new_pin_needs_the_old_one),
        cmocka_unit_test(pins_of_all_lengths_can_be_changed),
        cmocka_unit_test(a_reload_is_believed_by_its_mac),
        cmocka_unit_test(three_wrong_reloads_end_the_application),
        cmocka_unit_test(an_unblock_is_believed_by_its_mac),
        cmocka_unit_test(an_unblock_brings_a_pin_of_a_proper_length),
        cmocka_unit_test(three_wrong_unblocks_end_the_application),
        cmocka_unit_test(a_social_pin_is_opened_by_two_keys),
        cmocka_unit_test(the_social_form_agrees_with_the_worked_example),
        cmocka_unit_test(the_pin_of_above_is_found_from_below),
    };
    return partner_run("PINs", tests, sizeof tests / sizeof tests[0]);
}

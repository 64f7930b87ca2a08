/* Rights: both dialects, and what ends a proof. */
#include "card/guard/guard.h"

#include "card/partner.h"

static struct hand hand;

/* All 256 right bytes in all 256 pairs of states, against the sentence of purse.md 2.5. */
static void an_interval_holds_while_the_state_is_inside(void **state) {
    (void)state;
    struct chip chip = {0};
    for (unsigned xy = 0; xy < 256; xy++) {
        for (unsigned states = 0; states < 256; states++) {
            uint8_t mf = (uint8_t)(states >> 4);
            uint8_t df = (uint8_t)(states & 15);
            unsigned x = xy >> 4;
            unsigned y = xy & 15;
            bool expected = x == 0 ? mf >= y : y <= df && df <= x;
            chip.guard = (struct guard){.mf_state = mf, .df_state = df};
            assert_int_equal(guard_allows_interval(&chip, (uint8_t)xy), expected);
            struct right right = right_interval((uint8_t)xy);
            assert_int_equal(guard_allows(&chip, &right), expected);
        }
    }
}

static void the_usual_never_and_always_are_what_they_say(void **state) {
    (void)state;
    struct chip chip = {0};
    for (uint8_t df = 0; df < 16; df++) {
        chip.guard.df_state = df;
        chip.guard.mf_state = df;
        assert_true(guard_allows_interval(&chip, RIGHT_FREE));
        assert_false(guard_allows_interval(&chip, RIGHT_NEVER));
    }
}

/* Every control above, every control here, either joining, in all states of proof that matter. */
static void controls_hold_when_what_they_ask_was_shown(void **state) {
    (void)state;
    static const uint16_t keys[] = {NO_KEY, 0x00, 0x84, 0x01};
    const struct dir above = {
        .path = {1, 2},
          .depth = 2
    };
    const struct dir here = {
        .path = {1, 2, 3},
          .depth = 3
    };
    const struct dir homes[] = {{.depth = 0}, above, here};
    struct chip chip = {.dir = here, .family = FAMILY_SOCIAL};
    for (unsigned n = 0; n < 4 * 4 * 3 * 2; n++) {
        uint16_t key_here = keys[n % 4];
        uint16_t key_above = keys[n / 4 % 4];
        unsigned home = n / 16 % 3;
        bool all = n / 48 != 0;
        chip.guard = (struct guard){
            .key_here = key_here, .key_above = key_above, .pin_home = homes[home]};
        for (unsigned c = 0; c < 0x10000; c++) {
            uint8_t a = (uint8_t)(c >> 8);
            uint8_t b = (uint8_t)c;
            bool a_shown = a == 0xFF ? key_above == 0 : a == 0x01 ? home == 1 : key_above == a;
            bool b_shown = b == 0xFF ? key_here == 0 : b == 0x01 ? home == 2 : key_here == b;
            a_shown = a_shown && a != RIGHT_NEVER;
            b_shown = b_shown && b != RIGHT_NEVER;
            bool expected = all ? (a == 0 || a_shown) && (b == 0 || b_shown)
                                : c == 0 || (a != 0 && a_shown) || (b != 0 && b_shown);
            struct right right = right_control(all ? SCW_AND : SCW_OR, a, b);
            if (guard_allows(&chip, &right) != expected) {
                fail_msg("control %04X, state %u", c, n);
            }
        }
    }
}

static void an_open_directory_asks_nothing(void **state) {
    (void)state;
    struct chip chip = {.guard = {.open = true}};
    struct right never = right_control(SCW_AND, RIGHT_NEVER, RIGHT_NEVER);
    assert_true(guard_allows(&chip, &never));
    assert_true(guard_allows_interval(&chip, RIGHT_NEVER));
}

/* Rights begin with the selection after the key file was made, not before. [purse.md 2.1] */
static void rights_begin_with_the_next_selection(void **state) {
    (void)state;
    hand_blank(&hand);
    hand_ok(&hand, "80E03F000D38FFFF11F001FFFFFFFFFFFFFF");
    hand_ok(&hand, "80E00000073F005001F0FFFF");
    hand_ok(&hand, "80E0000507280004EFEFFFFF");
    hand_ok(&hand, "00D6850004AABBCCDD");
    hand_expect(&hand, "00B0850004", "AABBCCDD9000");
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00B0850004", "6982");
    hand_expect(&hand, "00D6850004AABBCCDD", "6982");
    hand_expect(&hand, "80E0000607280004EFEFFFFF", "6982");
}

/* What can be read and written in DF01 with each set of proofs: each file of hand_make_social() is
 * a line of the sheet, each line a set of proofs with the answers to READ and UPDATE. */
static void the_matrix_of_rights(void **state) {
    (void)state;
    enum { PIN = 1, RK = 2, UK = 4, MAIN = 8 };
    static const struct {
        const char *title;
        unsigned proofs;          /* of keys only the last one counts */
        const char *read, *write; /* of files 05 to 08: y or n */
    } lines[] = {
        {"nothing",         0,          "nnny", "nnnn"},
        {"PIN",             PIN,        "ynyy", "nnnn"},
        {"read key",        RK,         "ynny", "nnnn"},
        {"update key",      UK,         "nnny", "ynnn"},
        {"main key",        MAIN,       "nnny", "nnyn"},
        {"PIN, read key",   PIN | RK,   "yyyy", "nnnn"},
        {"PIN, update key", PIN | UK,   "ynyy", "yynn"},
        {"PIN, main key",   PIN | MAIN, "ynyy", "nnyn"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        hand_make_social(&hand);
        hand_say(&hand, SELECT_DF01);
        if (lines[i].proofs & PIN) {
            hand_ok(&hand, "0020000003123456");
        }
        if (lines[i].proofs & RK) {
            assert_int_equal(partner_prove(&hand, KEY_RK, 0x88, true), 0x9000);
        }
        if (lines[i].proofs & UK) {
            assert_int_equal(partner_prove(&hand, KEY_UK, 0x84, true), 0x9000);
        }
        if (lines[i].proofs & MAIN) {
            assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, true), 0x9000);
        }
        for (unsigned f = 0; f < 4; f++) {
            char command[32];
            (void)snprintf(command, sizeof command, "00B0%02X0004", 0x85 + f);
            hand_say(&hand, command);
            if (hand_sw(&hand) != (lines[i].read[f] == 'y' ? 0x9000U : 0x6982U)) {
                fail_msg("%s: %s", lines[i].title, command);
            }
            (void)snprintf(command, sizeof command, "00D6%02X000101", 0x85 + f);
            hand_say(&hand, command);
            if (hand_sw(&hand) != (lines[i].write[f] == 'y' ? 0x9000U : 0x6982U)) {
                fail_msg("%s: %s", lines[i].title, command);
            }
        }
    }
}

/* A second key takes the place of the first. */
static void only_the_last_key_counts(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0x88, true), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x84, true), 0x9000);
    hand_expect(&hand, "00B0850001", "6982");
}

static void a_selection_ends_the_key_and_keeps_the_pin_of_above(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_ok(&hand, "0020000003123456");
    hand_say(&hand, SELECT_DF01);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x84, true), 0x9000);
    hand_ok(&hand, "00D685000101");
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00D685000101", "6982");
    hand_expect(&hand, "00B0850001", "019000");
    hand_say(&hand, "00A40000023F00");
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0850001", "6982");
}

static void a_reset_ends_every_proof(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0850001", "6982");
}

static void a_wrong_pin_ends_the_proof_of_a_right_one(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "0020000003123457", "63C2");
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0850001", "6982");
}

/* In a wallet the right PIN leads to a state that opens the log; a wrong one closes it again. */
static void a_wrong_pin_ends_the_state_of_a_right_one(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "00B201C400", "6A83"); /* it may be read, and is empty */
    hand_expect(&hand, "0020000003123457", "63C2");
    hand_expect(&hand, "00B201C400", "6982");
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "00B201C400", "6A83");
}

/* The PIN of the master file leads to a state that opens files below; a wrong one that is shown
 * there closes them again. */
static void a_wrong_pin_below_ends_the_state_of_the_master_file(void **state) {
    static const char *const script[] = {"80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E0DF010E380200F0F00001FFD15600000500", "00A4000002DF01",
        "80E0EF0507280010"
        "01F0FFFF",
        "80E00000073F002000F0FFFF", "00A40000023F00", "80E00000073F004000F0FFFF",
        "80D40100083AF0EF0133123456", "00A40000023F00", NULL};
    (void)state;
    hand_blank(&hand);
    hand_say_all(&hand, script);
    hand_say(&hand, "00A4000002DF01");
    hand_expect(&hand, "00B0850001", "6982");
    hand_say(&hand, "00A40000023F00");
    hand_ok(&hand, "0020000003123456");
    hand_say(&hand, "00A4000002DF01");
    hand_expect(&hand, "00B0850001", "009000");
    hand_expect(&hand, "0020000003123457", "63C2");
    hand_expect(&hand, "00B0850001", "6982");
}

/* A key proven above counts in the child that is selected next, and not after a way round. */
static void a_key_of_above_counts_on_the_way_down(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    hand_ok(&hand, "80E0EF0A0828000400040000"
                   "00");
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B08A0001", "009000");
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B08A0001", "6982");
}

/* Which PIN rules: in a purse directory its own, in a social security one also that of above. */
static void the_pin_that_rules_depends_on_the_family(void **state) {
    (void)state;
    const struct dir above = {
        .path = {1, 2},
          .depth = 2
    };
    const struct dir here = {
        .path = {1, 2, 3},
          .depth = 3
    };
    const struct dir elsewhere = {
        .path = {1, 2, 4},
          .depth = 3
    };
    const struct dir homes[] = {{.depth = 0}, above, here, elsewhere};
    static const bool social[] = {false, true, true, false};
    static const bool purse[] = {false, false, true, false};
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        struct chip chip = {.dir = here, .guard = {.pin_home = homes[i]}};
        chip.family = FAMILY_SOCIAL;
        assert_int_equal(guard_pin_proven(&chip), social[i]);
        chip.family = FAMILY_PURSE;
        assert_int_equal(guard_pin_proven(&chip), purse[i]);
    }
}

/* States of the purse dialect: the master file's is everyone's, another directory's its own. */
static void states_follow_the_directory(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, false), 0x9000);
    assert_int_equal(hand.card.cos.chip.guard.df_state, 4);
    assert_int_equal(hand.card.cos.chip.guard.mf_state, 0);
    hand_say(&hand, "00A40000023F00");
    assert_int_equal(hand.card.cos.chip.guard.df_state, 0);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, false), 0x9000);
    assert_int_equal(hand.card.cos.chip.guard.mf_state, 10);
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(hand.card.cos.chip.guard.df_state, 0);
    assert_int_equal(hand.card.cos.chip.guard.mf_state, 10);
    hand_say(&hand, "00A40000023F00");
    assert_int_equal(hand.card.cos.chip.guard.df_state, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_holds_while_the_state_is_inside),
        cmocka_unit_test(the_usual_never_and_always_are_what_they_say),
        cmocka_unit_test(controls_hold_when_what_they_ask_was_shown),
        cmocka_unit_test(an_open_directory_asks_nothing),
        cmocka_unit_test(rights_begin_with_the_next_selection),
        cmocka_unit_test(the_matrix_of_rights),
        cmocka_unit_test(only_the_last_key_counts),
        cmocka_unit_test(a_selection_ends_the_key_and_keeps_the_pin_of_above),
        cmocka_unit_test(a_reset_ends_every_proof),
        cmocka_unit_test(a_wrong_pin_ends_the_proof_of_a_right_one),
        cmocka_unit_test(a_wrong_pin_ends_the_state_of_a_right_one),
        cmocka_unit_test(a_wrong_pin_below_ends_the_state_of_the_master_file),
        cmocka_unit_test(a_key_of_above_counts_on_the_way_down),
        cmocka_unit_test(the_pin_that_rules_depends_on_the_family),
        cmocka_unit_test(states_follow_the_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The answer loop: resets, the shapes of commands, 61xx, 6Cxx, GET RESPONSE, refusals. */
#include "base/features.h"
#include "card/loop/card.h"

#include "card/loop/rules.h"
#include "card/partner.h"

static struct hand hand;

/* A reset answers with direct convention, T=0 and the historical bytes the factory burnt in. */
static void a_reset_answers_with_the_birth_of_the_chip(void **state) {
    (void)state;
    uint8_t atr[ATR_MAX];
    hand_blank(&hand);
    size_t len = card_reset(&hand.card, &hand.nvm, atr);
    assert_hex(bytes_of(atr, len), "3B6D000000995342108684440100000001");
}

static void a_memory_that_is_no_chip_does_not_wake(void **state) {
    (void)state;
    uint8_t atr[ATR_MAX];
    memory_make(&hand.memory, HAND_SIZE, 1);
    struct nvm nvm = memory_nvm(&hand.memory);
    assert_int_equal(card_reset(&hand.card, &nvm, atr), 0);
    uint8_t reply[REPLY_MAX];
    uint8_t line[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    assert_int_equal(card_exchange(&hand.card, bytes_of(line, 5), reply), 2);
    assert_hex(bytes_of(reply, 2), "6F00");
}

/* Every byte of the birth page is under its checksum. */
static void a_birth_with_one_wrong_bit_does_not_wake(void **state) {
    (void)state;
    uint8_t atr[ATR_MAX];
    hand_blank(&hand);
    for (uint32_t at = LAYOUT_BIRTH; at < LAYOUT_BIRTH_END; at++) {
        for (int bit = 0; bit < 8; bit++) {
            hand.memory.cells[at] ^= (uint8_t)(1 << bit);
            assert_int_equal(card_reset(&hand.card, &hand.nvm, atr), 0);
            hand.memory.cells[at] ^= (uint8_t)(1 << bit);
        }
    }
    assert_int_equal(card_reset(&hand.card, &hand.nvm, atr), 17);
}

/* Cut in every programming: what is left is a blank chip or no chip, never a chip with a wrong birth. */
static void a_cut_factory_makes_a_chip_or_none(void **state) {
    (void)state;
    uint8_t atr[ATR_MAX];
    bool done = false;
    for (uint64_t cut = 0; !done; cut++) {
        memory_make(&hand.memory, HAND_SIZE, 1);
        hand.nvm = memory_nvm(&hand.memory);
        memory_cut_after(&hand.memory, cut, 0x5A);
        done = card_manufacture(&hand.nvm, &hand_birth);
        memory_power(&hand.memory);
        size_t len = card_reset(&hand.card, &hand.nvm, atr);
        assert_true(len == 0 || len == 17);
        assert_true(len == 17 || !done);
    }
}

static void a_memory_too_small_is_refused(void **state) {
    (void)state;
    memory_make(&hand.memory, LAYOUT_SIZE_MIN - 1, 1);
    struct nvm nvm = memory_nvm(&hand.memory);
    assert_false(card_manufacture(&nvm, &hand_birth));
}

/* A blank chip knows challenges and CREATE MF; the rest is not there yet. */
static void a_blank_chip_waits_for_its_master_file(void **state) {
    (void)state;
    hand_blank(&hand);
    hand_expect(&hand, "00A40000023F00", "6A81");
    hand_expect(&hand, "00B0950000", "6A81");
    hand_say(&hand, "0084000004");
    assert_int_equal(hand.reply_len, 6);
    hand_expect(&hand, "80E00001072A0213F000FFFF", "6A81");
    hand_expect(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFE", "6982");
    hand_expect(&hand, "80E03F001038FFFFF0F001FFFFFFFFFFFFFFFFFFFF", "9000");
    hand_expect(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF", "6A86");
    hand_expect(&hand, "00A40000023F0000",
        "6F15840E315041592E5359532E4444463031A503880101"
        "9000");
}

/* Where the line carries no Le, the answer waits; where it does, it comes at once. */
static void answers_wait_for_get_response(void **state) {
    (void)state;
    hand_make_master(&hand);
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00C0000020", "6C17");
    hand_expect(&hand, "00C0000005", "6F15840E316112");
    hand_expect(&hand, "00C0000012", "5041592E5359532E4444463031A5038801019000");
    hand_expect(&hand, "00C0000000", "6985");
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_say(&hand, "00C0000000");
    assert_int_equal(hand.reply_len, 0x17 + 2);
    hand_expect(&hand, "00A40000023F0008", "6117");
    hand_say(&hand, "00C0000017");
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_say(&hand, "00A40000023F0017");
    assert_int_equal(hand.reply_len, 0x17 + 2);
}

static void another_command_drops_the_answer_that_waited(void **state) {
    (void)state;
    hand_make_master(&hand);
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_say(&hand, "0084000008");
    hand_expect(&hand, "00C0000017", "6985");
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00C0010017", "6A86");
    hand_expect(&hand, "00C0000017", "6985");
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00C00000021234", "6700");
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00A4", "6700");
    hand_expect(&hand, "00C0000017", "6985");
}

static void a_wrong_le_is_answered_with_the_right_one(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_expect(&hand, "805C000205", "6C04");
    hand_expect(&hand, "805C000204", "000000009000");
    hand_expect(&hand, "805C000200", "000000009000");
    hand_expect(&hand, "805C0002", "000000009000");
    hand_expect(&hand, "00B0950020", "6C1E");
}

/* All 65536 pairs of class and instruction, as bare commands: known pairs get past the table, a
 * known instruction in another class is 6E00, an unknown one in a known class 6D00. */
static void strangers_are_refused_by_class_and_instruction(void **state) {
    (void)state;
    static const uint8_t classes[] = {0x00, 0x04, 0x80, 0x84, 0xB0, CARD_SAM ? 0xBF : 0x00};
    hand_make_master(&hand);
    for (unsigned cla = 0; cla < 256; cla++) {
        for (unsigned ins = 0; ins < 256; ins++) {
            enum sw refusal = SW_OK;
            uint8_t line[4] = {(uint8_t)cla, (uint8_t)ins, 0xFF, 0xFF};
            if (rule_find(DIALECT_FMCOS, (uint8_t)cla, (uint8_t)ins, &refusal)
                || (cla == 0 && ins == 0xC0)) {
                continue;
            }
            bool ins_known = false;
            for (size_t i = 0; rule_at(i); i++) {
                bool spoken = (rule_at(i)->lives & RULE_DATANG_ONLY) == 0;
                ins_known = ins_known || (spoken && rule_at(i)->ins == ins);
            }
            bool cla_known = memchr(classes, (int)cla, sizeof classes) != NULL;
            hand_send(&hand, bytes_of(line, 4));
            assert_int_equal(hand_sw(&hand), cla_known && !ins_known ? 0x6D00 : 0x6E00);
        }
    }
}

/* A chip with a master file that speaks the dialect of a rule. */
static void make_speaker(const struct rule *rule) {
    hand_make_master(&hand);
    hand.card.cos.chip.dialect = rule->lives & RULE_DATANG_ONLY ? DIALECT_DATANG : DIALECT_FMCOS;
}

/* Each rule of the table in each of the four shapes: those it does not take are 6700, and on a chip
 * that is blocked no rule is there at all. */
static void every_rule_refuses_the_shapes_it_does_not_take(void **state) {
    (void)state;
    static const char *const tails[] = {"", "08", "0155", "015508"};
    static const unsigned shapes[] = {
        APDU_BARE, APDU_WANTS_ANSWER, APDU_BRINGS_DATA, APDU_BOTH_WAYS};
    for (size_t i = 0; rule_at(i); i++) {
        const struct rule *rule = rule_at(i);
        for (size_t s = 0; s < 4; s++) {
            char command[32];
            (void)snprintf(
                command, sizeof command, "%02X%02XFFFF%s", rule->cla, rule->ins, tails[s]);
            make_speaker(rule);
            hand_say(&hand, command);
            if (!(rule->shapes & shapes[s])) {
                assert_int_equal(hand_sw(&hand), 0x6700);
            }
            assert_int_not_equal(hand_sw(&hand), 0x6F00);
            hand.card.cos.chip.card_blocked = true;
            hand_expect(&hand, command, "6A81");
        }
    }
}

/* Each rule in each stage of life it does not exist in. */
static void every_rule_refuses_the_lives_it_is_not_for(void **state) {
    (void)state;
    static const struct {
        uint8_t blocked;
        enum life life;
        unsigned refusal;
    } stages[] = {
        {APP_BLOCKED, LIFE_APP_BLOCKED, 0x6985},
        {APP_DEAD,    LIFE_APP_DEAD,    0x9303}
    };
    for (size_t i = 0; rule_at(i); i++) {
        const struct rule *rule = rule_at(i);
        bool data = (rule->shapes & APDU_BRINGS_DATA) != 0;
        for (size_t s = 0; s < 2; s++) {
            char command[32];
            (void)snprintf(command, sizeof command, "%02X%02XFFFF%s", rule->cla, rule->ins,
                data ? "0155" : "");
            make_speaker(rule);
            hand.card.cos.chip.blocked = stages[s].blocked;
            hand_say(&hand, command);
            if (!(rule->lives & stages[s].life)) {
                assert_int_equal(hand_sw(&hand), stages[s].refusal);
            } else {
                assert_int_not_equal(hand_sw(&hand), 0x9303);
            }
        }
    }
}

static void after_a_broken_invariant_the_card_is_mute(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    hand_say(&hand, "805001020B01000000000000000000010F");
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand.card.cos.purse.facts.number[1]++; /* nothing outside can do this */
    hand_expect(&hand,
        "805401000F0000000020031008120000000000"
        "0008",
        "6F00");
    hand_expect(&hand, "0084000008", "6F00");
    hand_expect(&hand, "00A40000023F00", "6F00");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, "0084000008");
    assert_int_equal(hand_sw(&hand), 0x9000);
}

static void a_powered_off_card_keeps_nothing(void **state) {
    (void)state;
    static const struct card nothing;
    hand_make_wallet(&hand);
    card_power_off(&hand.card);
    assert_memory_equal(&hand.card, &nothing, sizeof nothing);
}

/* What OpenSC sends to a card it does not know. */
static void probes_of_other_programs_are_refused_properly(void **state) {
    (void)state;
    static const char *const probes[] = {"00A4000C023F00", "00A40400", "00A4040C0FA0000000",
        "B0CA9F7F00", "00CA9F7F00", "80CA9F7F00", "00A4080002", "00A408000450154401", "FFFFFFFF",
        "0070000001", "00A40004023F00", "00200081", "00A404000AA000000063504B43532D3135"};
    hand_make_social(&hand);
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        hand_say(&hand, probes[i]);
        unsigned sw = hand_sw(&hand);
        assert_true(sw == 0x9000 || sw == 0x6700 || (sw >= 0x6A80 && sw <= 0x6A88) || sw == 0x6D00
                    || sw == 0x6E00);
    }
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "00C0000000");
    assert_hex(bytes_of(hand.reply, hand.reply_len),
        "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388010B9000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_answers_with_the_birth_of_the_chip),
        cmocka_unit_test(a_memory_that_is_no_chip_does_not_wake),
        cmocka_unit_test(a_birth_with_one_wrong_bit_does_not_wake),
        cmocka_unit_test(a_cut_factory_makes_a_chip_or_none),
        cmocka_unit_test(a_memory_too_small_is_refused),
        cmocka_unit_test(a_blank_chip_waits_for_its_master_file),
        cmocka_unit_test(answers_wait_for_get_response),
        cmocka_unit_test(another_command_drops_the_answer_that_waited),
        cmocka_unit_test(a_wrong_le_is_answered_with_the_right_one),
        cmocka_unit_test(strangers_are_refused_by_class_and_instruction),
        cmocka_unit_test(every_rule_refuses_the_shapes_it_does_not_take),
        cmocka_unit_test(every_rule_refuses_the_lives_it_is_not_for),
        cmocka_unit_test(after_a_broken_invariant_the_card_is_mute),
        cmocka_unit_test(a_powered_off_card_keeps_nothing),
        cmocka_unit_test(probes_of_other_programs_are_refused_properly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

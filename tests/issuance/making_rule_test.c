#include "check.h"
#include "issuance/making_rule.h"

static void every_day_has_one_profile(void **state) {
    static const struct {
        uint32_t day;
        enum profile_name profile;
    } cases[] = {
        {20000101, PROFILE_P10},
        {20031008, PROFILE_P10},
        {20150430, PROFILE_P10},
        {20150501, PROFILE_P20},
        {20171231, PROFILE_P20},
        {20180101, PROFILE_P30},
        {20991231, PROFILE_P30},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct making_rule *rule = making_rule_of(cases[i].day);
        assert_non_null(rule);
        assert_int_equal(rule->profile, cases[i].profile);
    }
}

static void a_day_without_a_rule_has_none(void **state) {
    static const uint32_t days[] = {0, 19991231, 20030230, 20031301, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        assert_null(making_rule_of(days[i]));
    }
}

/* The lines follow each other without a gap or an overlap. */
static void the_sheet_has_no_gap(void **state) {
    (void)state;
    const struct making_rule *before = making_rule_of(20000101);
    while (before->until != 99991231) {
        uint32_t day = before->until;
        const struct making_rule *next = NULL;
        for (uint32_t step = 1; !next && step < 9000; step++) {
            next = making_rule_of(day + step);
        }
        assert_non_null(next);
        assert_true(next->from > before->until);
        before = next;
    }
}

static void a_name_must_fit_the_card_of_the_day(void **state) {
    static const char ten[] = "一二三四五六七八九十";
    const struct making_rule *old = making_rule_of(20031008);
    const struct making_rule *new = making_rule_of(20160101);
    struct person person = {.id = 1};
    struct why why;
    (void)state;
    (void)snprintf(person.name, sizeof person.name, "%s", ten);
    assert_int_equal(making_rule_name(old, &person, &why), OK);
    (void)snprintf(person.name, sizeof person.name, "%s一二三四五", ten);
    assert_int_equal(making_rule_name(old, &person, &why), OK);
    (void)snprintf(person.name, sizeof person.name, "%s一二三四五六", ten);
    assert_int_equal(making_rule_name(old, &person, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "32 bytes"));
    assert_int_equal(making_rule_name(new, &person, &why), OK);
    person.name[0] = '\0';
    assert_int_equal(making_rule_name(new, &person, &why), ERR_INVALID);
    (void)snprintf(person.name, sizeof person.name, "\xFF\xFE");
    assert_int_equal(making_rule_name(new, &person, &why), ERR_INVALID);
}

static const uint8_t ours[] = {
    0x3B, 0x6D, 0, 0, 0x00, 0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01, 0x00, 0x00, 0x05, 0x01};

static void a_chip_says_how_it_is_made_and_who_it_is(void **state) {
    struct making_chip chip;
    struct why why;
    uint8_t atr[sizeof ours];
    (void)state;
    assert_int_equal(making_rule_chip(bytes_of(ours, sizeof ours), &chip, &why), OK);
    assert_int_equal(chip.chips, CHIPS_OF_FMCOS);
    assert_int_equal(chip.serial, 501);
    assert_hex(bytes_of(chip.factor, sizeof chip.factor), "8684440100000501");
    (void)memcpy(atr, ours, sizeof atr);
    atr[5] = 0x87;
    assert_int_equal(making_rule_chip(bytes_of(atr, sizeof atr), &chip, &why), OK);
    assert_int_equal(chip.chips, CHIPS_OF_DATANG);
    atr[16] = 0xA1; /* no digits: a chip of somebody else's numbering */
    assert_int_equal(making_rule_chip(bytes_of(atr, sizeof atr), &chip, &why), OK);
    assert_int_equal(chip.serial, -1);
}

static void a_torn_answer_or_a_strange_maker_is_refused(void **state) {
    struct making_chip chip = {.serial = 7};
    struct why why;
    uint8_t atr[sizeof ours];
    (void)state;
    for (size_t len = 0; len < sizeof ours; len++) {
        assert_int_equal(making_rule_chip(bytes_of(ours, len), &chip, &why), ERR_CONFLICT);
    }
    (void)memcpy(atr, ours, sizeof atr);
    for (unsigned maker = 0; maker < 256; maker++) {
        atr[5] = (uint8_t)maker;
        bool known = maker == 0x99 || maker == 0x86 || maker == 0x87;
        assert_int_equal(
            making_rule_chip(bytes_of(atr, sizeof atr), &chip, &why), known ? OK : ERR_CONFLICT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_has_one_profile),
        cmocka_unit_test(a_day_without_a_rule_has_none),
        cmocka_unit_test(the_sheet_has_no_gap),
        cmocka_unit_test(a_name_must_fit_the_card_of_the_day),
        cmocka_unit_test(a_chip_says_how_it_is_made_and_who_it_is),
        cmocka_unit_test(a_torn_answer_or_a_strange_maker_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

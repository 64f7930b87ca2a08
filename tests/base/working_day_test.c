#include "check.h"

#include "base/day.h"
#include "base/working_day.h"

static void weekends_and_holidays_are_no_working_days(void **state) {
    (void)state;
    static const struct {
        uint32_t day;
        bool works;
    } cases[] = {
        {20031008, true }, /* Wednesday, the first after the holiday */
        {20031007, false},
        {20031001, false},
        {20030930, true },
        {20030928, true }, /* a Sunday that was worked */
        {20030927, true },
        {20030926, true },
        {20030921, false}, /* Sunday */
        {20030920, false}, /* Saturday */
        {20030919, true },
        {20040229, false}, /* a leap day, Sunday */
        {20040301, true },
        {20240301, true }, /* a year without lines: Friday */
        {20240302, false},
        {19991231, true },
        {20000101, false}, /* Saturday */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(working_day(cases[i].day), cases[i].works);
    }
}

/* Any seven days in a row without a line of the table have five working days. */
static void a_week_without_holidays_has_five_working_days(void **state) {
    (void)state;
    for (uint32_t day = 20050101; day < 20080101; day = day_plus(day, 1)) {
        unsigned count = 0;
        for (int32_t i = 0; i < 7; i++) {
            count += working_day(day_plus(day, i)) ? 1 : 0;
        }
        assert_int_equal(count, 5);
    }
}

static void in_time_is_counted_in_working_days(void **state) {
    (void)state;
    static const struct {
        uint32_t business_day, days, from;
    } cases[] = {
        {20031008, 0, 20031008},
        {20031008, 1, 20030930}, /* the holiday does not count */
        {20031008, 2, 20030929},
        {20031008, 3, 20030928},
        {20031007, 0, 20030930}, /* on a holiday nothing has passed */
        {20031113, 3, 20031110}, /* Thursday back to Monday */
        {20031110, 3, 20031105}, /* Monday back over the weekend */
        {18000102, 3, 18000101}, /* the calendar's beginning */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(in_time_from(cases[i].business_day, cases[i].days), cases[i].from);
    }
}

/* The promise itself, by counting forward, for every day of a year and up to ten days. */
static void what_is_in_time_is_so_by_counting(void **state) {
    (void)state;
    for (uint32_t day = 20030201; day < 20040301; day = day_plus(day, 1)) {
        for (uint32_t days = 0; days <= 10; days++) {
            uint32_t from = in_time_from(day, days), passed = 0;
            for (uint32_t at = day_plus(from, 1); at <= day; at = day_plus(at, 1)) {
                passed += working_day(at) ? 1 : 0;
            }
            assert_true(passed <= days);
            assert_true(passed + (working_day(from) ? 1 : 0) > days);
        }
    }
}

static void days_later_are_counted_over_weekends_and_holidays(void **state) {
    (void)state;
    assert_int_equal(day_plus_working(20031008, 0), 20031008);
    assert_int_equal(day_plus_working(20030930, 1), 20031008);
    assert_int_equal(day_plus_working(20030926, 1), 20030927); /* a Saturday that is worked */
    assert_int_equal(day_plus_working(20040121, 1), 20040129);
    assert_int_equal(day_plus_working(99991231, 1), 0); /* the calendar ends */
    assert_false(working_day(0));
    assert_false(working_day(20030230));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weekends_and_holidays_are_no_working_days),
        cmocka_unit_test(a_week_without_holidays_has_five_working_days),
        cmocka_unit_test(in_time_is_counted_in_working_days),
        cmocka_unit_test(what_is_in_time_is_so_by_counting),
        cmocka_unit_test(days_later_are_counted_over_weekends_and_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

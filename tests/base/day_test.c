#include "check.h"

#include "base/day.h"

static void a_day_exists_as_the_calendar_says(void **state) {
    (void)state;
    assert_true(day_exists(20000229));
    assert_true(day_exists(20040229));
    assert_false(day_exists(19000229));
    assert_false(day_exists(20030229));
    assert_false(day_exists(20031301));
    assert_false(day_exists(20030001));
    assert_false(day_exists(20030100));
    assert_false(day_exists(20030431));
    assert_false(day_exists(0));
    assert_false(day_exists(17991231));
    assert_true(day_exists(99991231));
}

/* Walks every day from 1896 to 2104 forwards and back: the step and its inverse must agree, and the
 * number of days must be the calendar's. */
static void days_follow_each_other_both_ways(void **state) {
    (void)state;
    uint32_t day = 18960101;
    uint32_t count = 0;
    for (; day < 21040101; count++) {
        uint32_t next = day_plus(day, 1);
        assert_true(next > day);
        assert_int_equal(day_plus(next, -1), day);
        day = next;
    }
    assert_int_equal(count, 208 * 365 + 50); /* leap days 1896..2100 without 1900 and 2100 */
    assert_int_equal(day_plus(20031008, 365), 20041007);
    assert_int_equal(day_plus(99991231, 1), 0);
}

static void years_later_on_a_leap_day(void **state) {
    (void)state;
    assert_int_equal(day_plus_years(20031008, 10), 20131008);
    assert_int_equal(day_plus_years(20040229, 10), 20140228);
    assert_int_equal(day_plus_years(20040229, 4), 20080229);
}

static void digits_pack_and_unpack(void **state) {
    (void)state;
    uint8_t packed[4];
    uint64_t value = 7;
    bcd_write(20031008, packed, sizeof packed);
    assert_hex(bytes_of(packed, sizeof packed), "20031008");
    assert_true(bcd_read(bytes_of(packed, sizeof packed), &value));
    assert_int_equal(value, 20031008);
    packed[2] = 0x1A;
    assert_false(bcd_read(bytes_of(packed, sizeof packed), &value));
    assert_int_equal(value, 20031008);
    assert_true(digits_read(bytes_text("000123"), &value));
    assert_int_equal(value, 123);
    assert_false(digits_read(bytes_text(""), &value));
    assert_false(digits_read(bytes_text("12a"), &value));
    assert_false(digits_read(bytes_text("1234567890123456789"), &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_exists_as_the_calendar_says),
        cmocka_unit_test(days_follow_each_other_both_ways),
        cmocka_unit_test(years_later_on_a_leap_day),
        cmocka_unit_test(digits_pack_and_unpack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

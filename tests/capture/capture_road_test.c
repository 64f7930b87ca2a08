/* What comes back from the road, on a real store. */
#include "capture/capture_road.h"

#include "check.h"

#include "capture/capture_office.h"

static struct photo_seen seen;
static struct photo_offer offer;
static struct capture_record record;

/* Somebody with the sequence of package 1. */
static enum err take(const char *number, const char *name, int64_t sequence) {
    char document[64];
    (void)snprintf(document, sizeof document, "id-card:%s", number);
    seen = seen_with(FIGURE_FACES, 1);
    offer = (struct photo_offer){.file = bytes_text(number), .seen = &seen, .taken = OFFICE_DAY};
    const struct capture_order order = {.number = number,
        .name = name,
        .document = document,
        .confirmed = true,
        .package = 1,
        .sequence = sequence,
        .photo = &offer};
    return road_take(&room.desk, &order, &record, &office.why);
}

static const int64_t first = INT64_C(44010419700305123);
static const int64_t second = INT64_C(44010419710305124);

/* Two people, the first of whom is expected by package 1, numbers 1 to 3. */
static void open_package(void **state) {
    char lines[1024];
    (void)snprintf(lines, sizeof lines, "%s%s", office_line(first, "李伟", "", ""),
        office_line(second, "李明", "", ""));
    room_open(state, lines);
    struct capture_package package = {
        .kind = PACKAGE_ROAD, .place = "GZ1", .officer = "point", .day = OFFICE_DAY};
    assert_ok(room.store.package_add(room.store.self, &package, 3, &office.why));
    assert_int_equal(package.first, 1);
    assert_int_equal(package.last, 3);
    const struct expected one = {
        .package = 1, .person = office_person(first), .state = EXPECTED_MISSING};
    assert_ok(room.store.expected_put(room.store.self, &one, &office.why));
}

static void compared(int64_t expected, int64_t captured, int64_t missing, int64_t strangers) {
    struct road_compared c;
    assert_ok(road_compare(&room.desk, 1, &c, &office.why));
    assert_int_equal(c.expected, expected);
    assert_int_equal(c.captured, captured);
    assert_int_equal(c.missing, missing);
    assert_int_equal(c.strangers, strangers);
}

static void both_ways_are_compared(void **state) {
    open_package(state);
    compared(1, 0, 1, 0);
    assert_ok(take(office_number(first), "李伟", 1));
    compared(1, 1, 0, 0);
    assert_ok(take(office_number(second), "李明", 2));
    compared(1, 1, 0, 1);
    assert_ok(take(office_number(second), "李明", 2));
    compared(1, 1, 0, 1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_record"), 2);
    room_close();
}

static void a_number_is_one_person_s_and_of_its_range(void **state) {
    open_package(state);
    assert_ok(take(office_number(first), "李伟", 1));
    assert_int_equal(take(office_number(second), "李明", 1), ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "two laptops"));
    assert_int_equal(take(office_number(second), "李明", 4), ERR_CONFLICT);
    assert_int_equal(take(office_number(second), "李卫", 2), ERR_CONFLICT);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_record"), 1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_photo"), 1);
    compared(1, 1, 0, 0);
    room_close();
}

static void ranges_never_overlap(void **state) {
    open_package(state);
    int64_t last = 3;
    for (int64_t i = 1; i < 20; i++) {
        struct capture_package package = {
            .kind = PACKAGE_ROAD, .place = "GZ1", .officer = "point", .day = OFFICE_DAY};
        assert_ok(room.store.package_add(room.store.self, &package, i, &office.why));
        assert_int_equal(package.first, last + 1);
        assert_int_equal(package.last, last + i);
        last = package.last;
    }
    room_close();
}

static void a_place_where_nobody_works_is_not_packed(void **state) {
    open_package(state);
    struct capture_package package;
    assert_int_equal(road_pack(&room.desk, "GZ2", 5, &package, &office.why), ERR_NOT_FOUND);
    room.desk.officer = "clearer";
    assert_int_equal(road_pack(&room.desk, "GZ2", 5, &package, &office.why), ERR_DENIED);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_package"), 1);
    room_close();
}

static void late_is_counted_in_hours(void **state) {
    (void)state;
    assert_false(road_late(20031008, 100000, 20031008, 235959, 24));
    assert_false(road_late(20031008, 100000, 20031009, 100000, 24));
    assert_true(road_late(20031008, 100000, 20031009, 100001, 24));
    assert_true(road_late(20031031, 233000, 20031101, 13001, 2));
    assert_false(road_late(20031031, 233000, 20031101, 13000, 2));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(both_ways_are_compared),
        CASE(a_number_is_one_person_s_and_of_its_range),
        CASE(ranges_never_overlap),
        CASE(a_place_where_nobody_works_is_not_packed),
        CASE(late_is_counted_in_hours),
    };
    return cmocka_run_group_tests_name("capture_road", tests, NULL, NULL);
}

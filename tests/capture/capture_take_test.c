/* Capturing at a service point, on a real store. */
#include "capture/capture_take.h"

#include "check.h"

#include "capture/capture_office.h"

static const int64_t adult = INT64_C(44010419700305123);
static const int64_t child = INT64_C(44010419900305124);

static void open_family(void **state) {
    char lines[1024];
    (void)snprintf(lines, sizeof lines, "%s%s", office_line(adult, "李伟", "", ""),
        office_line(child, "李明", "", ""));
    room_open(state, lines);
}

static void put(int64_t number17, const char *field, const char *value) {
    assert_ok(office.store.item_put(
        office.store.self, office_person(number17), field, value, &office.why));
}

/* "id-card:" and a number, in room of its own. */
static const char *card_of(int64_t number17) {
    static char text[64];
    (void)snprintf(text, sizeof text, "id-card:%s", office_number(number17));
    return text;
}

static struct photo_seen seen;
static struct photo_offer offer;

static struct capture_order order_for(int64_t number17) {
    seen = seen_with(FIGURE_FACES, 1);
    offer = (struct photo_offer){.file = bytes_text("a file"), .seen = &seen, .taken = OFFICE_DAY};
    return (struct capture_order){.number = office_number(number17),
        .name = number17 == adult ? "李伟" : "李明",
        .document = card_of(number17),
        .confirmed = true,
        .photo = &offer};
}

static struct capture_record record;

static enum err take(const struct capture_order *order) {
    return capture_take(&room.desk, order, &record, &office.why);
}

static void refused(const struct capture_order *order, enum err err, const char *word) {
    assert_int_equal(take(order), err);
    if (!strstr(office.why.text, word)) {
        fail_msg("\"%s\" does not say %s", office.why.text, word);
    }
    assert_int_equal(office_ask("SELECT count(*) FROM capture_record"), 0);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_photo"), 0);
}

static void somebody_is_captured_and_checked(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    char code[CAPTURE_CODE_ROOM];
    struct capture_record found;
    assert_ok(take(&order));
    assert_int_equal(record.state, RECORD_TAKEN);
    assert_non_null(strstr(record.materials, "id-card:440104********"));
    capture_code_write(&record, code);
    assert_string_equal(code, "C20031008-1");
    assert_ok(capture_by_code(&room.desk, code, &found, &office.why));
    assert_int_equal(found.person, office_person(adult));
    assert_string_equal(found.materials, record.materials);
    room.desk.officer = "approver";
    assert_ok(capture_check(&room.desk, record.id, true, NULL, &record, &office.why));
    assert_ok(capture_check(&room.desk, record.id, true, NULL, &record, &office.why));
    assert_int_equal(record.state, RECORD_CHECKED);
    assert_int_equal(
        capture_check(&room.desk, record.id, false, "late", &record, &office.why), ERR_CONFLICT);
    room_close();
}

static void taken_again_it_is_the_same(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    assert_ok(take(&order));
    int64_t rows = office_ask("SELECT count(*) FROM audit");
    offer.file = bytes_text("another file");
    assert_ok(take(&order));
    assert_int_equal(record.id, 1);
    assert_int_equal(office_ask("SELECT count(*) FROM audit"), rows);
    room.desk.officer = "approver";
    assert_ok(capture_check(&room.desk, 1, false, "not signed", &record, &office.why));
    room.desk.officer = "point";
    assert_ok(take(&order));
    assert_int_equal(record.id, 2);
    room_close();
}

static void each_refusal_is_told_and_leaves_nothing(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    order.name = "李卫";
    refused(&order, ERR_CONFLICT, "姓名不一致");
    order = order_for(adult);
    order.number = office_number(INT64_C(44010419700305999));
    refused(&order, ERR_NOT_FOUND, "查无此人");
    order.number = "440104197003051230";
    refused(&order, ERR_INVALID, "");
    static const char *const papers[] = {"", "id-card", "id-card:", "household-book:7", "pass:1"};
    for (size_t i = 0; i < sizeof papers / sizeof papers[0]; i++) {
        order = order_for(adult);
        order.document = papers[i];
        refused(&order, ERR_CONFLICT, "C01");
    }
    order = order_for(adult);
    order.document = card_of(child);
    refused(&order, ERR_CONFLICT, "C02");
    put(adult, "id-to", "20031007");
    order = order_for(adult);
    refused(&order, ERR_CONFLICT, "C03");
    put(adult, "id-to", "20031008");
    order.confirmed = false;
    refused(&order, ERR_CONFLICT, "C05");
    order = order_for(adult);
    seen = seen_with(FIGURE_WHITE, 10);
    refused(&order, ERR_CONFLICT, "背景不白");
    order = order_for(adult);
    room.desk.officer = "approver";
    refused(&order, ERR_DENIED, "");
    room_close();
}

static void a_child_comes_with_its_guardian(void **state) {
    open_family(state);
    struct capture_order order = order_for(child);
    refused(&order, ERR_CONFLICT, "监护人");
    put(child, "g-name", "李伟");
    put(child, "g-id", office_number(adult));
    refused(&order, ERR_CONFLICT, "监护人");
    order.guardian = office_number(adult);
    refused(&order, ERR_CONFLICT, "C04");
    order.proof = "unit-letter:7";
    refused(&order, ERR_CONFLICT, "C04");
    order.proof = "birth-paper:E440001";
    order.document = "household-book:44010400017";
    assert_ok(take(&order));
    assert_non_null(strstr(record.materials, "household-book:"));
    assert_non_null(strstr(record.materials, "birth-paper:E440001"));
    room_close();
}

static void the_second_operator_is_another_and_waits_for_the_photo(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    struct photo photo;
    seen = seen_with(FIGURE_UNLIKE, FIGURE_UNKNOWN);
    assert_ok(take(&order));
    assert_int_equal(capture_check(&room.desk, 1, true, NULL, &record, &office.why), ERR_DENIED);
    room.desk.officer = "approver";
    assert_int_equal(capture_check(&room.desk, 1, true, NULL, &record, &office.why), ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "photo decide"));
    assert_int_equal(capture_check(&room.desk, 1, false, "", &record, &office.why), ERR_INVALID);
    assert_ok(photo_decide(&room.desk, 1, true, "seen", &photo, &office.why));
    assert_ok(capture_check(&room.desk, 1, true, NULL, &record, &office.why));
    room_close();
}

static void no_stranger_s_code_is_found(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    assert_ok(take(&order));
    static const char *const codes[] = {"", "C", "C20031008-", "C20031008-2", "C20031009-1",
        "D20031008-1", "C20031008-1x", "C2003100x-1", "C20031008-1234567890123"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(
            capture_by_code(&room.desk, codes[i], &record, &office.why), ERR_NOT_FOUND);
    }
    room_close();
}

static void the_day_adds_up(void **state) {
    open_family(state);
    struct capture_order order = order_for(adult);
    struct capture_day day;
    struct photo photo;
    assert_ok(take(&order));
    put(child, "g-name", "李伟");
    put(child, "g-id", office_number(adult));
    order = order_for(child);
    order.guardian = office_number(adult);
    order.proof = "birth-paper:E440001";
    seen = seen_with(FIGURE_UNLIKE, FIGURE_UNKNOWN);
    assert_ok(take(&order));
    seen = seen_with(FIGURE_WHITE, 10);
    assert_ok(offer_photo(office_person(adult), "grey", &seen, OFFICE_DAY, &photo));
    room.desk.officer = "approver";
    assert_ok(capture_check(&room.desk, 1, true, NULL, &record, &office.why));
    assert_ok(capture_day_count(&room.desk, OFFICE_DAY, &day, &office.why));
    assert_int_equal(day.taken, 2);
    assert_int_equal(day.checked, 1);
    assert_int_equal(day.waiting, 1);
    assert_int_equal(day.photo_passed, 1);
    assert_int_equal(day.photo_waiting, 1);
    assert_int_equal(day.photo_rejected, 1);
    assert_ok(capture_day_count(&room.desk, OFFICE_DAY + 1, &day, &office.why));
    assert_int_equal(day.taken + day.photo_rejected, 0);
    room_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(somebody_is_captured_and_checked),
        CASE(taken_again_it_is_the_same),
        CASE(each_refusal_is_told_and_leaves_nothing),
        CASE(a_child_comes_with_its_guardian),
        CASE(the_second_operator_is_another_and_waits_for_the_photo),
        CASE(no_stranger_s_code_is_found),
        CASE(the_day_adds_up),
    };
    return cmocka_run_group_tests_name("capture_take", tests, NULL, NULL);
}

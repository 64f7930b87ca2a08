/* Capturing on a disk that fails at each write in turn: whoever is captured, checked, taken in from the road,
 * confirmed by a unit or reminded is so as a whole after opening again, or not at all. */
#include "check.h"

#include <unistd.h>

#include "base/hex.h"
#include "capture/capture_office.h"
#include "capture/unit_answer.h"
#include "capture/unit_list.h"

#include "stores/failing_disk.h"

static const int64_t first = INT64_C(44010419700305123);
static const int64_t second = INT64_C(44010419710305124);
static const int troubles[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};

static struct photo_seen seen;
static struct photo_offer offer;
static struct capture_record record;

/* Two people of unit U1. */
static void prepare(void **state) {
    char lines[1024];
    (void)snprintf(lines, sizeof lines,
        "%s,李伟,1,01,19700305,440111,11,x,510020,,13800000001,U1,甲厂\n"
        "%s,李明,2,01,19710305,440111,11,x,510020,,13800000002,U1,甲厂\n",
        office_number(first), office_number(second));
    room_open(state, lines);
    int64_t done = 1;
    do {
        assert_ok(office.store.index_step(office.store.self, &done, &office.why));
    } while (done > 0);
}

/* Does work on a disk whose n-th write fails, for the first ten and then every few, until none does; afterwards done() says of the
 * database opened again whether it is as if the work had been done. */
static void sweep(
    void **state, void (*before)(void **state), enum err (*work)(void), bool (*done)(void)) {
    only_in_a_file();
    for (size_t t = 0; t < sizeof troubles / sizeof troubles[0]; t++) {
        bool reached = false;
        for (long n = 0; !reached; n += n < 10 ? 1 : 1 + n / 8) {
            char path[512];
            before(state);
            disk.trouble = troubles[t];
            disk.writes_left = n;
            enum err err = work();
            reached = disk.writes_left != 0;
            disk_is_good();
            capture_rows_close(&room.store);
            person_rows_close(office.person_rows);
            registry_rows_close(office.rows);
            db_close(&office.db);
            room_reopen(state);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_int_equal(done(), err == OK);
            assert_true(!reached || err == OK);
            room_close();
            (void)unlink(below(state, "city.db", path));
            (void)unlink(below(state, "city.db-wal", path));
            (void)unlink(below(state, "city.db-shm", path));
            assert_true(n < 1000);
        }
    }
}

static struct capture_order order_of(const char *number, const char *name, char document[64]) {
    (void)snprintf(document, 64, "id-card:%s", number);
    seen = seen_with(FIGURE_FACES, 1);
    offer = (struct photo_offer){.file = bytes_text("a file"), .seen = &seen, .taken = OFFICE_DAY};
    return (struct capture_order){
        .number = number, .name = name, .document = document, .confirmed = true, .photo = &offer};
}

static enum err take(void) {
    char document[64];
    const struct capture_order order = order_of(office_number(first), "李伟", document);
    return capture_take(&room.desk, &order, &record, &office.why);
}

/* Photo, record and chain come together. */
static bool is_taken(void) {
    int64_t taken = office_ask("SELECT count(*) FROM capture_record");
    assert_int_equal(office_ask("SELECT count(*) FROM capture_photo"), taken);
    assert_int_equal(
        office_ask("SELECT count(*) FROM audit WHERE what LIKE 'capture%' OR what LIKE 'photo%'")
            > 0,
        taken > 0);
    return taken == 1;
}

static void somebody_is_captured_whole_or_not_at_all(void **state) {
    sweep(state, prepare, take, is_taken);
}

static void prepare_package(void **state) {
    prepare(state);
    struct capture_package package = {
        .kind = PACKAGE_ROAD, .place = "U1", .officer = "point", .day = OFFICE_DAY};
    const struct expected one = {
        .package = 1, .person = office_person(first), .state = EXPECTED_MISSING};
    assert_ok(room.store.package_add(room.store.self, &package, 3, &office.why));
    assert_ok(room.store.expected_put(room.store.self, &one, &office.why));
}

static enum err take_from_road(void) {
    char document[64];
    struct capture_order order = order_of(office_number(first), "李伟", document);
    order.package = 1;
    order.sequence = 1;
    return road_take(&room.desk, &order, &record, &office.why);
}

/* The record has its number, and the list knows that they came. */
static bool is_back(void) {
    int64_t taken = office_ask("SELECT count(*) FROM capture_record WHERE package = 1");
    assert_int_equal(office_ask("SELECT count(*) FROM capture_photo"), taken);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 2"), taken);
    return taken == 1;
}

static void what_comes_from_the_road_is_whole_or_absent(void **state) {
    sweep(state, prepare_package, take_from_road, is_back);
}

static uint8_t list_room[UNIT_FILE_MAX];
static uint8_t answer_room[UNIT_FILE_MAX];
static struct builder answer_file;

/* The list is out, and the unit has answered: one is corrected at once, one is not theirs. */
static void prepare_answer(void **state) {
    struct capture_package package;
    struct answer_made made;
    prepare(state);
    struct builder list = builder_in(list_room, sizeof list_room);
    answer_file = builder_in(answer_room, sizeof answer_room);
    assert_ok(unit_list(&room.desk, "U1", &list, &package, &office.why));
    assert_ok(unit_answer_write(builder_bytes(&list),
        bytes_text("1|corrected|unit-letter:7|AAB004|丙厂\n2|not-ours|unit-letter:8\n"),
        &answer_file, &made, &office.why));
}

static enum err confirm(void) {
    struct unit_answer answer;
    return unit_confirm(&room.desk, builder_bytes(&answer_file), &answer, &office.why);
}

/* The list is back, every line has its state, and the records have changed with their history. */
static bool is_confirmed(void) {
    int64_t back = office_ask("SELECT count(*) FROM capture_package WHERE back <> 0");
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 2"), back);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 5"), back);
    assert_int_equal(office_ask("SELECT count(*) FROM person WHERE employer_name = '丙厂'"), back);
    assert_int_equal(office_ask("SELECT count(*) FROM person WHERE employer = ''"), back);
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 3 * back);
    assert_int_equal(office_ask("SELECT count(*) FROM audit WHERE what = 'capture confirm'"), back);
    return back == 1;
}

static void a_units_answer_is_taken_whole_or_not_at_all(void **state) {
    sweep(state, prepare_answer, confirm, is_confirmed);
}

static enum err remind(void) {
    struct unit_reminded reminded;
    return unit_remind(&room.desk, 1, &reminded, &office.why);
}

static bool is_reminded(void) {
    int64_t reminded = office_ask("SELECT count(*) FROM capture_reminder");
    assert_int_equal(
        office_ask("SELECT count(*) FROM audit WHERE what = 'capture remind'"), reminded);
    return reminded == 1;
}

static void a_reminder_and_its_audit_row_come_together(void **state) {
    sweep(state, prepare_answer, remind, is_reminded);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(somebody_is_captured_whole_or_not_at_all),
        CASE(what_comes_from_the_road_is_whole_or_absent),
        CASE(a_units_answer_is_taken_whole_or_not_at_all),
        CASE(a_reminder_and_its_audit_row_come_together),
    };
    return cmocka_run_group_tests_name("capture_disk", tests, failing_disk_install, NULL);
}

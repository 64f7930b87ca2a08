/* Records on a disk that fails at each write in turn: a merge, its undoing, a change, a file of the police
 * and the index are there as a whole after opening again, or not at all. */
#include "check.h"

#include <unistd.h>

#include "registry/duplicate.h"
#include "registry/feed.h"
#include "registry/person_change.h"
#include "registry/person_find.h"
#include "registry/person_office.h"

#include "stores/failing_disk.h"

static const int64_t li = INT64_C(44010419700305123);
static const int64_t li_slip = INT64_C(44010419700305213);
static const int troubles[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};

/* Two records of one person, the second with a card, and a case about them that was decided. */
static void prepare(void **state) {
    char lines[1024];
    struct duplicate_found found;
    const struct duplicate_order order = {.day = OFFICE_DAY, .least = 50, .folder = "/tmp"};
    (void)snprintf(lines, sizeof lines, "%s%s", office_line(li, "李伟", "13800000001", "一"),
        office_line(li_slip, "李伟", "13800000001", "一"));
    office_open(state, lines);
    (void)office_card(1, 2);
    assert_ok(duplicate_find(&office.desk, &order, &found, &office.why));
    assert_int_equal(found.added, 1);
    const struct duplicate_say say = {.id = 1,
        .decision = DECISION_MERGE,
        .keep = 1,
        .reason = "r",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(duplicate_decide(&office.desk, &say, &office.why));
}

static enum err agree(void) {
    const struct duplicate_say say = {
        .id = 1, .reason = "", .who = "approver", .day = OFFICE_DAY, .time = OFFICE_TIME};
    return duplicate_agree(&office.desk, &say, true, &office.why);
}

static enum err undo(void) {
    const struct duplicate_say say = {.id = 1,
        .reason = "r",
        .who = "point",
        .second = "approver",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    return duplicate_undo(&office.desk, &say, &office.why);
}

/* Number, card, status and state of the case say the same: merged, or not. */
static bool is_merged(void) {
    int64_t merged = office_ask("SELECT count(*) FROM duplicate WHERE state = 2");
    assert_int_equal(office_ask("SELECT count(*) FROM person_number WHERE person = 1"), 1 + merged);
    assert_int_equal(office_ask("SELECT person FROM card"), 2 - merged);
    assert_int_equal(office_ask("SELECT count(*) FROM person_status WHERE merged = 1"), merged);
    assert_int_equal(office_ask("SELECT count(*) FROM duplicate_moved"), 2 * merged);
    return merged == 1;
}

/* Does work on a disk whose n-th write fails, for every n until none does; afterwards done() says of the
 * database opened again whether it is as if the work had been done. before() makes it ready. */
static void sweep(void **state, void (*before)(void **state), enum err (*work)(void),
    bool (*done)(void), bool was) {
    only_in_a_file();
    for (size_t t = 0; t < sizeof troubles / sizeof troubles[0]; t++) {
        bool reached = false;
        for (long n = 0; !reached; n++) {
            char path[512];
            before(state);
            disk.trouble = troubles[t];
            disk.writes_left = n;
            enum err err = work();
            reached = disk.writes_left != 0;
            disk_is_good();
            person_rows_close(office.person_rows);
            registry_rows_close(office.rows);
            db_close(&office.db);
            office_reopen(state);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_int_equal(done(), err == OK ? !was : was);
            assert_true(!reached || err == OK);
            office_close();
            (void)unlink(below(state, "city.db", path));
            (void)unlink(below(state, "city.db-wal", path));
            (void)unlink(below(state, "city.db-shm", path));
            assert_true(n < 1000);
        }
    }
}

static void a_merge_is_whole_or_absent(void **state) {
    sweep(state, prepare, agree, is_merged, false);
}

static void prepare_merged(void **state) {
    prepare(state);
    assert_ok(agree());
}

static void an_undoing_is_whole_or_absent(void **state) {
    sweep(state, prepare_merged, undo, is_merged, true);
}

static enum err change(void) {
    struct change_result result;
    const struct change_order order = {.person = 1,
        .field = "AAE004",
        .value = "1",
        .proof = "own-word:1",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    return person_change(&office.desk, &order, &result, &office.why);
}

/* Record, history and chain change together. */
static bool is_changed(void) {
    int64_t changed = office_ask("SELECT count(*) FROM person WHERE mobile = '1'");
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), changed);
    assert_int_equal(
        office_ask("SELECT count(*) FROM audit WHERE what = 'person changed'"), changed);
    return changed == 1;
}

static void a_change_and_its_history_are_one(void **state) {
    sweep(state, prepare, change, is_changed, false);
}

static char police_path[512];

static void prepare_police(void **state) {
    char text[512];
    prepare(state);
    (void)snprintf(
        text, sizeof text, "AAC002,AAC003,life,died\n%s,李伟,2,20031001\n", office_number(li_slip));
    people_write(below(state, "police.csv", police_path), text);
}

static enum err feed(void) {
    struct feed_result result;
    const struct feed_order order = {.path = police_path,
        .owner = OWNER_POLICE,
        .who = "maker",
        .second = "approver",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    return person_feed(&office.desk, &order, &result, &office.why);
}

/* A death is in the record, in its status, on the card and on the blacklist, or nowhere. What is at the
 * end of a file is one more write: it may be missing where the lines are kept. */
static bool is_dead(void) {
    int64_t dead = office_ask(
        "SELECT count(*) FROM person_status WHERE life = 2 AND died = 20031001");
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 2 * dead);
    assert_int_equal(office_ask("SELECT count(*) FROM card WHERE life = 3"), dead);
    assert_int_equal(office_ask("SELECT count(*) FROM blacklist WHERE reason = 6"), dead);
    return dead == 1;
}

/* Sent again after the disk was mended, it is there once. */
static bool is_dead_after_all(void) {
    (void)is_dead();
    assert_ok(feed());
    assert_true(is_dead());
    return true;
}

static enum err feed_or_fail(void) {
    (void)feed(); /* however it ended, what is kept is looked at */
    return OK;
}

static void a_death_is_whole_and_can_be_sent_again(void **state) {
    sweep(state, prepare_police, feed_or_fail, is_dead_after_all, false);
}

static enum err make_index(void) {
    return person_index(&office.desk, NULL, NULL, &office.why);
}

static bool is_indexed(void) {
    int64_t names = office_ask("SELECT count(*) FROM person_name");
    assert_int_equal(office_ask("SELECT last FROM person_index"), names);
    assert_int_equal(office_ask("SELECT count(*) FROM person_word"), names); /* a mobile each */
    return names == 2;
}

static void a_step_of_the_index_is_whole_or_absent(void **state) {
    sweep(state, prepare, make_index, is_indexed, false);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_merge_is_whole_or_absent),
        CASE(an_undoing_is_whole_or_absent),
        CASE(a_change_and_its_history_are_one),
        CASE(a_death_is_whole_and_can_be_sent_again),
        CASE(a_step_of_the_index_is_whole_or_absent),
    };
    return cmocka_run_group_tests(tests, failing_disk_install, NULL);
}

/* The registry on a disk that fails: at each write in turn, in each of the ways a disk has, what was
 * answered with OK is there after opening again, and what was not is absent as a whole. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/checkdigit.h"
#include "host/scratch.h"
#include "registry/import.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_store.h"

#include "stores/failing_disk.h"

enum { TODAY = 20031008, EXIT_DISK = 5 };

/* How far the day's work came: each step that answered OK. */
enum work { WORK_OPENED = 1, WORK_FOUNDED, WORK_IMPORTED, WORK_CARD_ADDED, WORK_HANDED_OVER };

static const struct card_record the_card = {
    .number = "B00000000",
    .factor = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, 1},
    .identification = "00000000000000000000000000000001",
    .person = 1,
    .batch = 1,
    .issued = TODAY,
    .valid_until = 20131008
};

static enum err do_work(const struct registry_store *store, enum work *done, struct why *why) {
    const struct import_order people = {.path = "data/pilot-people.csv", .business_day = TODAY};
    const struct card_order order = {.card = the_card.number,
        .event = EVENT_HAND_OVER,
        .who = "point",
        .request = "1",
        .day = TODAY};
    struct import_result result;
    enum err err = registry_found(store, true, why);
    *done = err ? *done : WORK_FOUNDED;
    err = err ? err : people_import(store, &people, &result, why);
    *done = err ? *done : WORK_IMPORTED;
    err = err ? err : card_add(store, &the_card, "maker", why);
    *done = err ? *done : WORK_CARD_ADDED;
    err = err ? err : card_step(store, &order, why);
    *done = err ? *done : WORK_HANDED_OVER;
    return err;
}

/* A whole day from opening to closing; says how far it came. */
static enum err work_day(const char *path, enum work *done, struct why *why) {
    struct db db;
    struct registry_rows *rows = NULL;
    *done = (enum work)0;
    enum err err = db_open(&db, path, why);
    if (err) {
        return err;
    }
    *done = WORK_OPENED;
    err = registry_rows_open(&rows, &db, why);
    if (!err) {
        struct registry_store store = registry_store_of(rows);
        err = do_work(&store, done, why);
    }
    registry_rows_close(rows);
    db_close(&db);
    return err;
}

static int64_t ask(struct db *db, const char *sentence) {
    struct why why = {""};
    struct prepared *stmt[1];
    assert_int_equal(db_prepare(db, &sentence, 1, stmt, &why), OK);
    struct say s = say(stmt[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    assert_int_equal(say_end(&s, &why), OK);
    db_finalize(stmt, 1);
    return answer;
}

/* What was answered is there; what was not may be there, but only whole. */
static void check_rows(const char *path, enum work done) {
    struct db db;
    struct why why = {""};
    disk_is_good();
    if (db_open(&db, path, &why)) {
        fail_msg("%s", why.text);
    }
    int64_t people = ask(&db, "SELECT count(*) FROM person");
    int64_t cards = ask(&db, "SELECT count(*) FROM card");
    int64_t events = ask(&db, "SELECT count(*) FROM card_event");
    assert_true(people == 0 || people == 1887);
    assert_true(done < WORK_IMPORTED || people == 1887);
    assert_int_equal(ask(&db, "SELECT count(*) FROM person_number"), people);
    assert_true(done < WORK_CARD_ADDED || cards == 1);
    assert_true(done < WORK_HANDED_OVER || events == 1);
    assert_int_equal(ask(&db, "SELECT count(*) FROM card WHERE life = 1"), events);
    assert_int_equal(db_audit_verify(&db, NULL, &why), OK);
    assert_int_equal(ask(&db, "SELECT count(*) FROM pragma_integrity_check "
                              "WHERE integrity_check <> 'ok'"),
        0);
    db_close(&db);
}

static void remove_database(void **state) {
    static const char *const names[] = {"city.db", "city.db-wal", "city.db-shm", "city.db-journal"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        (void)unlink(below(state, names[i], path));
    }
}

/* Lets every write from the n-th on fail, for every n until the day's work passes. */
static void sweep_writes(void **state, int trouble, const char *word) {
    char path[512];
    (void)below(state, "city.db", path);
    enum work done = (enum work)0;
    long n = 0;
    for (; done != WORK_HANDED_OVER; n += n < 60 ? 1 : 13) {
        struct why why = {""};
        remove_database(state);
        disk.trouble = trouble;
        disk.writes_left = n;
        enum err err = work_day(path, &done, &why);
        assert_int_equal(err, done == WORK_HANDED_OVER ? OK : ERR_OUTSIDE);
        if (err && !strstr(why.text, word)) {
            fail_msg("write %ld: %s", n, why.text);
        }
        check_rows(path, done);
    }
    assert_true(n > 100);
}

static void a_disk_that_is_full_at_any_write_loses_no_answer(void **state) {
    sweep_writes(state, SQLITE_FULL, "disk is full");
}

static void a_disk_that_fails_at_any_write_loses_no_answer(void **state) {
    sweep_writes(state, SQLITE_IOERR_WRITE, "check it, then try again");
}

/* A failed sync ends the process with the status for trouble outside: no later answer of it may be
 * believed. What it had answered before is there. */
static void a_sync_that_fails_ends_the_process(void **state) {
    char path[512];
    (void)below(state, "city.db", path);
    int ended = 0;
    int status = -1;
    for (long n = 0; status != 0; n++) {
        remove_database(state);
        pid_t pid = fork();
        if (pid == 0) {
            struct why why = {""};
            enum work done = (enum work)0;
            (void)!freopen("/dev/null", "w", stderr);
            disk.syncs_left = n;
            _exit(work_day(path, &done, &why) ? 1 : 0);
        }
        int raw = 0;
        assert_true(waitpid(pid, &raw, 0) == pid && WIFEXITED(raw));
        status = WEXITSTATUS(raw);
        assert_true(status == 0 || status == EXIT_DISK);
        ended += status == EXIT_DISK;
        check_rows(path, status == 0 ? WORK_HANDED_OVER : (enum work)0);
    }
    assert_true(ended > 20);
}

/* After any failure the same work can simply be done again. */
static void the_day_can_be_repeated_after_any_failure(void **state) {
    char path[512];
    (void)below(state, "city.db", path);
    for (long n = 0; n < 400; n += 37) {
        struct why why = {""};
        enum work done = (enum work)0;
        remove_database(state);
        disk.trouble = SQLITE_FULL;
        disk.writes_left = n;
        (void)work_day(path, &done, &why);
        disk_is_good();
        enum err err = work_day(path, &done, &why);
        /* The card may be there from the first time: its number is given once. */
        assert_true(err == OK || (err == ERR_CONFLICT && done == WORK_IMPORTED));
        check_rows(path, WORK_IMPORTED);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_disk_that_is_full_at_any_write_loses_no_answer),
        CASE(a_disk_that_fails_at_any_write_loses_no_answer),
        CASE(a_sync_that_fails_ends_the_process),
        CASE(the_day_can_be_repeated_after_any_failure),
    };
    return cmocka_run_group_tests(tests, failing_disk_install, NULL);
}

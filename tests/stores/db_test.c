#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/scratch.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/db.h"
#include "stores/sql/schema.h"

static const char *database(void **state) {
    static char path[512];
    return below(state, "city.db", path);
}

static void open_good(struct db *db, void **state) {
    struct why why = {""};
    enum err err = db_open(db, engine_address(database(state)), &why);
    if (err) {
        fail_msg("%s", why.text);
    }
}

static void run_good(struct db *db, const char *sentence) {
    struct why why = {""};
    if (db_run(db, sentence, &why)) {
        fail_msg("%s: %s", sentence, why.text);
    }
}

/* The number that a sentence answers. */
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

static void a_new_database_has_all_tables_and_opens_again(void **state) {
    struct db db;
    for (int i = 0; i < 3; i++) {
        open_good(&db, state);
        assert_int_equal(ask(&db, "SELECT max(number) = count(*) FROM migration"), 1);
        assert_int_equal(ask(&db, "SELECT count(*) FROM person"), 0);
        if (!on_a_server()) {
            assert_int_equal(ask(&db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                                      "sql NOT LIKE '%STRICT%'"),
                0);
        }
        db_close(&db);
    }
    db_close(&db); /* nothing to do */
    db_close(NULL);
}

/* A rehearsal's commits are kept through a kill: what a child committed and never closed is
 * there. */
static void a_rehearsal_syncs_seldom_and_keeps_through_a_kill(void **state) {
    only_in_a_file();
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    assert_int_equal(ask(&db, "PRAGMA synchronous"), 2);
    assert_int_equal(db_sync_seldom(&db, &why), OK);
    assert_int_equal(ask(&db, "PRAGMA synchronous"), 1);
    db_close(&db);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!db_open(&db, engine_address(database(state)), &why) && !db_sync_seldom(&db, &why)
            && !db_run(&db, "CREATE TABLE kept (x INTEGER) STRICT", &why)
            && !db_run(&db, "INSERT INTO kept VALUES (7)", &why)) {
            (void)kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    open_good(&db, state);
    assert_int_equal(ask(&db, "SELECT x FROM kept"), 7);
    assert_int_equal(ask(&db, "PRAGMA synchronous"), 2);
    db_close(&db);
}

static void commits_are_synced_and_the_log_is_written_ahead(void **state) {
    only_in_a_file();
    struct db db;
    open_good(&db, state);
    assert_int_equal(ask(&db, "PRAGMA synchronous"), 2);
    assert_int_equal(ask(&db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(ask(&db, "PRAGMA foreign_keys"), 1);
    db_close(&db);
}

/* Changes the database behind our back and expects the next opening to refuse it with a word. */
static void expect_refusal(void **state, const char *change, enum err expected, const char *word) {
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    run_good(&db, change);
    db_close(&db);
    assert_int_equal(db_open(&db, engine_address(database(state)), &why), expected);
    if (!strstr(why.text, word)) {
        fail_msg("\"%s\" is not in: %s", word, why.text);
    }
    assert_null(db.link);
}

static void a_database_of_a_later_program_is_refused(void **state) {
    expect_refusal(state, "INSERT INTO migration VALUES (1000, 'later', 'FF', 0)", ERR_CONFLICT,
        "later program");
}

static void a_migration_that_is_not_ours_is_refused(void **state) {
    expect_refusal(state, "UPDATE migration SET digest = 'FF' WHERE number = 2", ERR_CONFLICT,
        "migration 2, issuance");
}

static void a_database_of_another_program_is_refused(void **state) {
    only_in_a_file();
    expect_refusal(state, "PRAGMA application_id = 1", ERR_INVALID, "another program");
}

static void a_file_that_is_no_database_is_refused(void **state) {
    only_in_a_file();
    struct db db;
    struct why why = {""};
    FILE *file = fopen(database(state), "wb");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("no database, ", file);
    }
    (void)fclose(file);
    assert_int_equal(db_open(&db, engine_address(database(state)), &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "no database"));
}

static void a_directory_that_is_not_there_is_told(void **state) {
    only_in_a_file();
    struct db db;
    struct why why = {""};
    char path[512];
    assert_int_equal(
        db_open(&db, engine_address(below(state, "no/city.db", path)), &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "check that the directory exists"));
}

/* Another process that says on *told when it begins to write, holds each transaction for hold_us, and
 * goes on until it is killed. */
static pid_t writer_beside(void **state, useconds_t hold_us, int told[2]) {
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0) {
        char byte = 0;
        assert_int_equal(read(told[0], &byte, 1), 1);
        return pid;
    }
    struct db db;
    struct why why = {""};
    enum err err = db_open(&db, engine_address(database(state)), &why);
    for (bool first = true; !err; first = false) {
        TX_SCOPE(tx);
        err = tx_begin(&tx, &db, &why);
        err = err ? err : db_run(&db, "INSERT INTO turn VALUES (2)", &why);
        if (first && !err && write(told[1], "w", 1) != 1) {
            _exit(1);
        }
        (void)usleep(hold_us);
        err = err ? err : tx_commit(&tx, &why);
    }
    _exit(1);
}

static void writer_end(pid_t pid, const int told[2]) {
    int status = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* and had not ended by itself */
    (void)close(told[0]);
    (void)close(told[1]);
}

static int64_t milliseconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The other process writes without a pause, 5 ms at a time. Whoever waits comes next. What others run on
 * this machine may hold one back for a while; without turns it would be for 600 of its transactions,
 * which are the three seconds after which a writer gives up. */
static void writers_take_turns(void **state) {
    enum { TURNS = 40 };
    struct db db;
    struct why why = {""};
    int told[2];
    open_good(&db, state);
    run_good(&db, "CREATE TABLE turn (who INTEGER) STRICT");
    pid_t other = writer_beside(state, 5000, told);
    for (int i = 0; i < TURNS; i++) {
        TX_SCOPE(tx);
        int64_t theirs = ask(&db, "SELECT count(*) FROM turn WHERE who = 2");
        assert_int_equal(tx_begin(&tx, &db, &why), OK);
        assert_true(ask(&db, "SELECT count(*) FROM turn WHERE who = 2") - theirs <= 200);
        run_good(&db, "INSERT INTO turn VALUES (1)");
        assert_int_equal(tx_commit(&tx, &why), OK);
    }
    writer_end(other, told);
    assert_int_equal(ask(&db, "SELECT count(*) FROM turn WHERE who = 1"), TURNS);
    db_close(&db);
}

/* Seconds of waiting are no turn any more: the sentence says so, and nothing was begun. Whoever is killed
 * in the middle leaves the way free. */
static void a_writer_that_holds_on_is_told_of(void **state) {
    struct db db;
    struct why why = {""};
    int told[2];
    open_good(&db, state);
    run_good(&db, "CREATE TABLE turn (who INTEGER) STRICT");
    pid_t other = writer_beside(state, 60 * 1000 * 1000, told);
    TX_SCOPE(tx);
    int64_t began = milliseconds();
    assert_int_equal(tx_begin(&tx, &db, &why), ERR_OUTSIDE);
    assert_true(milliseconds() - began >= 2500);
    assert_non_null(strstr(why.text, "another process"));
    assert_int_equal(db.depth, 0);
    writer_end(other, told);
    assert_int_equal(tx_begin(&tx, &db, &why), OK);
    assert_int_equal(ask(&db, "SELECT count(*) FROM turn"), 0);
    assert_int_equal(tx_commit(&tx, &why), OK);
    db_close(&db);
}

static void left_without_commit_is_rolled_back(void **state) {
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    {
        TX_SCOPE(tx);
        assert_int_equal(tx_begin(&tx, &db, &why), OK);
        run_good(&db, "INSERT INTO officer VALUES ('a', 'A', 1)");
    }
    assert_int_equal(ask(&db, "SELECT count(*) FROM officer"), 0);
    {
        TX_SCOPE(tx);
        assert_int_equal(tx_begin(&tx, &db, &why), OK);
        run_good(&db, "INSERT INTO officer VALUES ('a', 'A', 1)");
        assert_int_equal(tx_commit(&tx, &why), OK);
    }
    assert_int_equal(ask(&db, "SELECT count(*) FROM officer"), 1);
    assert_int_equal(db.depth, 0);
    db_close(&db);
}

/* Eight ways through three nested scopes: each commits or is left. A row stays when its scope and
 * all around it committed. */
static void nested_scopes_keep_what_all_around_them_commit(void **state) {
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    for (unsigned ways = 0; ways < 8; ways++) {
        run_good(&db, "DELETE FROM officer");
        {
            TX_SCOPE(outer);
            assert_int_equal(tx_begin(&outer, &db, &why), OK);
            run_good(&db, "INSERT INTO officer VALUES ('outer', '', 1)");
            {
                TX_SCOPE(middle);
                assert_int_equal(tx_begin(&middle, &db, &why), OK);
                run_good(&db, "INSERT INTO officer VALUES ('middle', '', 1)");
                {
                    TX_SCOPE(inner);
                    assert_int_equal(tx_begin(&inner, &db, &why), OK);
                    run_good(&db, "INSERT INTO officer VALUES ('inner', '', 1)");
                    assert_int_equal((ways & 1) ? tx_commit(&inner, &why) : OK, OK);
                }
                assert_int_equal((ways & 2) ? tx_commit(&middle, &why) : OK, OK);
            }
            assert_int_equal((ways & 4) ? tx_commit(&outer, &why) : OK, OK);
        }
        int64_t expected = !(ways & 4) ? 0 : !(ways & 2) ? 1 : !(ways & 1) ? 2 : 3;
        assert_int_equal(ask(&db, "SELECT count(*) FROM officer"), expected);
        assert_int_equal(db.depth, 0);
    }
    db_close(&db);
}

/* The disk ends at every page in turn: the step is told to be impossible, takes nothing along, and
 * succeeds when there is room again. */
static void a_full_disk_is_told_and_keeps_nothing_of_the_step(void **state) {
    only_in_a_file();
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    int64_t pages = ask(&db, "PRAGMA page_count");
    int refused = 0;
    for (int64_t more = 0; more < 20; more++) {
        char limit[64];
        (void)snprintf(
            limit, sizeof limit, "PRAGMA max_page_count = %lld", (long long)(pages + more));
        (void)ask(&db, limit);
        TX_SCOPE(tx);
        assert_int_equal(tx_begin(&tx, &db, &why), OK);
        enum err err = db_run(&db, "INSERT INTO officer VALUES ('a', zeroblob(0) || 'A', 1)", &why);
        err = err ? err
                  : db_run(&db,
                      "INSERT INTO import (name, day, moment) VALUES (hex(zeroblob(50000)), 0, 0)",
                      &why);
        err = err ? err : tx_commit(&tx, &why);
        tx_leave(&tx);
        if (err) {
            refused++;
            assert_int_equal(err, ERR_OUTSIDE);
            assert_non_null(strstr(why.text, "disk is full"));
            assert_int_equal(ask(&db, "SELECT count(*) FROM officer"), 0);
        }
        run_good(&db, "DELETE FROM officer; DELETE FROM import");
        assert_int_equal(db.depth, 0);
    }
    assert_true(refused > 5 && refused < 20);
    assert_int_equal(ask(&db, "SELECT count(*) FROM pragma_integrity_check "
                              "WHERE integrity_check = 'ok'"),
        1);
    db_close(&db);
}

/* After the engine took the transaction back by itself, a commit must not look as if it had
 * worked. */
static void a_commit_after_the_engine_gave_up_is_refused(void **state) {
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    TX_SCOPE(tx);
    assert_int_equal(tx_begin(&tx, &db, &why), OK);
    run_good(&db, "INSERT INTO officer VALUES ('a', 'A', 1)");
    run_good(&db, "ROLLBACK");
    assert_int_equal(tx_commit(&tx, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "took the whole step back"));
    tx_leave(&tx);
    assert_int_equal(db.depth, 0);
    db_close(&db);
}

static void a_typo_stops_the_preparation_and_leaves_nothing(void **state) {
    struct db db;
    struct why why = {""};
    static const char *const sentences[] = {"SELECT 1", "SELEKT 2", "SELECT 3"};
    struct prepared *prepared[3];
    open_good(&db, state);
    assert_int_not_equal(db_prepare(&db, sentences, 3, prepared, &why), OK);
    assert_non_null(strstr(why.text, "sentence 1 (SELEKT 2)"));
    assert_null(prepared[0]);
    db_close(&db);
}

static void what_contradicts_the_rows_is_a_conflict(void **state) {
    struct db db;
    struct why why = {""};
    open_good(&db, state);
    run_good(&db, "INSERT INTO officer VALUES ('a', 'A', 1)");
    assert_int_equal(db_run(&db, "INSERT INTO officer VALUES ('a', 'B', 2)", &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, on_a_server() ? "officer_pkey" : "officer.code"));
    assert_int_equal(db_run(&db, "INSERT INTO officer VALUES ('b', 'B', 'x')", &why), ERR_CONFLICT);
    db_close(&db);
}

static void words_numbers_and_bytes_come_back_as_they_went(void **state) {
    struct db db;
    struct why why = {""};
    static const char *const sentence = "SELECT CAST(?1 AS INTEGER), CAST(?2 AS TEXT), "
                                        "CAST(?3 AS TEXT), CAST(?4 AS BLOB), CAST(?5 AS BLOB)";
    static const uint8_t bytes[] = {0, 1, 0xFF};
    struct prepared *stmt[1];
    char text[8];
    open_good(&db, state);
    assert_int_equal(db_prepare(&db, &sentence, 1, stmt, &why), OK);
    struct say s = say(stmt[0]);
    say_int(&s, INT64_MIN);
    say_text(&s, "梁思");
    say_words(&s, bytes_of("abcdef", 3));
    say_blob(&s, bytes_of(bytes, sizeof bytes));
    say_blob(&s, (struct bytes){0});
    assert_true(say_next(&s));
    assert_true(row_int(&s) == INT64_MIN);
    row_text(&s, text, sizeof text);
    assert_string_equal(text, "梁思");
    row_text(&s, text, sizeof text);
    assert_string_equal(text, "abc");
    assert_true(bytes_equal(row_blob(&s), bytes_of(bytes, sizeof bytes)));
    assert_int_equal(row_blob(&s).len, 0);
    assert_false(say_next(&s));
    assert_int_equal(say_end(&s, &why), OK);
    db_finalize(stmt, 1);
    db_close(&db);
}

static void text_that_does_not_fit_is_told(void **state) {
    struct db db;
    struct why why = {""};
    static const char *const sentence = "SELECT 'abcd'";
    struct prepared *stmt[1];
    open_good(&db, state);
    assert_int_equal(db_prepare(&db, &sentence, 1, stmt, &why), OK);
    for (size_t room = 1; room <= 5; room++) {
        char text[8];
        struct say s = say(stmt[0]);
        assert_true(say_next(&s));
        row_text(&s, text, room);
        assert_int_equal(say_end(&s, &why), room == 5 ? OK : ERR_OUTSIDE);
        assert_string_equal(text, room == 5 ? "abcd" : "");
    }
    db_finalize(stmt, 1);
    db_close(&db);
}

/* A walk over many rows, others said in its middle, and one left before its end. */
static void a_walk_goes_on_whatever_is_said_in_its_middle(void **state) {
    static const char *const sentences[] = {"SELECT id FROM import ORDER BY id",
        "SELECT count(*) FROM import WHERE id <= ?1",
        "INSERT INTO import (name, day, moment) VALUES ('x', 0, 0) RETURNING id"};
    struct db db;
    struct why why = {""};
    struct prepared *stmt[3];
    int64_t id = 0;
    open_good(&db, state);
    assert_int_equal(db_prepare(&db, sentences, 3, stmt, &why), OK);
    TX_SCOPE(tx);
    assert_int_equal(tx_begin(&tx, &db, &why), OK);
    for (int64_t i = 1; i <= 700; i++) {
        struct say s = say(stmt[2]);
        assert_int_equal(say_added(&s, &id, &why), OK);
        assert_int_equal(id, i);
        assert_int_equal(db_changed(&db), 1);
    }
    for (int turn = 0; turn < 2; turn++) { /* the second walk begins where the first was left */
        struct say walk = say(stmt[0]);
        for (int64_t i = 1; i <= (turn ? 700 : 300); i++) {
            assert_true(say_next(&walk));
            assert_int_equal(row_int(&walk), i);
            if (i % 100 == 0) {
                struct say s = say(stmt[1]);
                say_int(&s, i);
                assert_true(say_next(&s));
                assert_int_equal(row_int(&s), i);
                assert_int_equal(say_end(&s, &why), OK);
            }
        }
        assert_int_equal(!say_next(&walk), turn);
        assert_int_equal(say_end(&walk, &why), OK);
    }
    assert_int_equal(tx_commit(&tx, &why), OK);
    db_finalize(stmt, 3);
    db_close(&db);
}

/* A child is killed in the middle of a transaction: what was committed is there, the rest is
 * not. */
static void a_killed_process_leaves_only_whole_steps(void **state) {
    struct why why = {""};
    pid_t pid = fork();
    if (pid == 0) {
        struct db db;
        enum err err = db_open(&db, engine_address(database(state)), &why);
        err = err ? err : db_run(&db, "INSERT INTO officer VALUES ('kept', '', 1)", &why);
        err = err ? err : db_run(&db, "BEGIN IMMEDIATE", &why);
        err = err ? err : db_run(&db, "INSERT INTO officer VALUES ('lost', '', 1)", &why);
        (void)raise(err ? SIGTERM : SIGKILL);
    }
    int status = 0;
    assert_true(waitpid(pid, &status, 0) == pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct db db;
    open_good(&db, state);
    assert_int_equal(ask(&db, "SELECT count(*) FROM officer"), 1);
    db_close(&db);
}

/* --- the audit chain
 * --------------------------------------------------------------------------------- */

static void audit_three(struct db *db) {
    struct why why = {""};
    assert_int_equal(db_audit(db, "maker", "batch made", "batch 1", &why), OK);
    assert_int_equal(db_audit(db, "approver", "batch approved", "batch 1", &why), OK);
    assert_int_equal(db_audit(db, "system", "day closed", "day 20031008", &why), OK);
}

static void a_chain_that_nobody_touched_is_whole(void **state) {
    struct db db;
    struct why why = {""};
    int64_t count = -1;
    open_good(&db, state);
    assert_int_equal(db_audit_verify(&db, &count, &why), OK);
    assert_int_equal(count, 0);
    audit_three(&db);
    db_close(&db);
    open_good(&db, state);
    audit_three(&db); /* goes on where the other process ended */
    assert_int_equal(db_audit_verify(&db, &count, &why), OK);
    assert_int_equal(count, 6);
    assert_int_equal(db_audit_verify(&db, NULL, &why), OK);
    db_close(&db);
}

static void every_touch_breaks_the_chain_where_it_was(void **state) {
    static const struct {
        const char *touch;
        int64_t good;
    } cases[] = {
        {"UPDATE audit SET who = 'other' WHERE id = 2",                                           1},
        {"UPDATE audit SET what = 'batch refused' WHERE id = 2",                                  1},
        {"UPDATE audit SET subject = 'batch 2' WHERE id = 1",                                     0},
        {"UPDATE audit SET moment = moment + 1 WHERE id = 3",                                     2},
        {"UPDATE audit SET chain = zeroblob(32) WHERE id = 2",                                    1},
        {"UPDATE audit SET chain = zeroblob(31) WHERE id = 2",                                    1},
        {"UPDATE audit SET who = 'approverbatch', what = ' approved' WHERE id = 2",               1},
        {"DELETE FROM audit WHERE id = 1",                                                        0},
        {"DELETE FROM audit WHERE id = 2",                                                        1},
        {"UPDATE audit SET id = 9 WHERE id = 3",                                                  2},
        {"INSERT INTO audit SELECT 4, moment, who, what, subject, chain FROM audit WHERE id = 3",
         3                                                                                         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db db;
        struct why why = {""};
        int64_t count = -1;
        open_good(&db, state);
        audit_three(&db);
        run_good(&db, cases[i].touch);
        assert_int_equal(db_audit_verify(&db, &count, &why), ERR_CONFLICT);
        assert_int_equal(count, cases[i].good);
        run_good(&db, "DELETE FROM audit");
        db_close(&db);
    }
}

static void an_audit_row_goes_with_its_transaction(void **state) {
    struct db db;
    struct why why = {""};
    int64_t count = 0;
    open_good(&db, state);
    audit_three(&db);
    {
        TX_SCOPE(tx);
        assert_int_equal(tx_begin(&tx, &db, &why), OK);
        audit_three(&db);
    }
    assert_int_equal(db_audit_verify(&db, &count, &why), OK);
    assert_int_equal(count, 3);
    db_close(&db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_new_database_has_all_tables_and_opens_again),
        CASE(commits_are_synced_and_the_log_is_written_ahead),
        CASE(a_rehearsal_syncs_seldom_and_keeps_through_a_kill),
        CASE(a_database_of_a_later_program_is_refused),
        CASE(a_migration_that_is_not_ours_is_refused),
        CASE(a_database_of_another_program_is_refused),
        CASE(a_file_that_is_no_database_is_refused),
        CASE(a_directory_that_is_not_there_is_told),
        CASE(writers_take_turns),
        CASE(a_writer_that_holds_on_is_told_of),
        CASE(left_without_commit_is_rolled_back),
        CASE(nested_scopes_keep_what_all_around_them_commit),
        CASE(a_full_disk_is_told_and_keeps_nothing_of_the_step),
        CASE(a_commit_after_the_engine_gave_up_is_refused),
        CASE(a_typo_stops_the_preparation_and_leaves_nothing),
        CASE(what_contradicts_the_rows_is_a_conflict),
        CASE(words_numbers_and_bytes_come_back_as_they_went),
        CASE(text_that_does_not_fit_is_told),
        CASE(a_walk_goes_on_whatever_is_said_in_its_middle),
        CASE(a_killed_process_leaves_only_whole_steps),
        CASE(a_chain_that_nobody_touched_is_whole),
        CASE(every_touch_breaks_the_chain_where_it_was),
        CASE(an_audit_row_goes_with_its_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

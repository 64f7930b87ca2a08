/* Savepoints of SQLite: what they may have to bring back costs no file for who says so. */
#include "host/scratch.h"
#include "stores/engine_address.h"

#include <dirent.h>

enum { PAGES = 40, PAGE = 8192 };

/* Files of this process that have no name any more: SQLite's own, for savepoints that are large. */
static unsigned nameless_files(void) {
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[300], name[512] = "";
        (void)snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
        ssize_t len = readlink(path, name, sizeof name - 1);
        count += len > 0 && strstr(name, "etilqs_") != NULL;
    }
    (void)closedir(dir);
    return count;
}

static void open_pages(void **state, struct db *db, bool small, int pages) {
    char path[512], sentence[256];
    struct why why;
    (void)snprintf(sentence, sizeof sentence,
        "CREATE TABLE leaf (id INTEGER PRIMARY KEY, room BLOB); "
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
        "INSERT INTO leaf SELECT i, zeroblob(%d) FROM n",
        pages, PAGE * 3 / 4);
    assert_int_equal(db_open(db, below(state, "city.db", path), &why), OK);
    assert_int_equal(small ? db_save_in_memory(db, &why) : OK, OK);
    assert_int_equal(db_run(db, sentence, &why), OK);
}

static int64_t changed_rows(struct db *db) {
    const char *sentences[1] = {"SELECT count(*) FROM leaf WHERE room <> zeroblob(6144)"};
    struct prepared *stmt[1];
    struct why why;
    assert_int_equal(db_prepare(db, sentences, 1, stmt, &why), OK);
    struct say s = say(stmt[0]);
    assert_true(say_next(&s));
    int64_t rows = row_int(&s);
    assert_int_equal(say_end(&s, &why), OK);
    db_finalize(stmt, 1);
    return rows;
}

/* So many savepoints in a transaction, each of which changes so many pages; every second one is
 * taken back. How many files there are before it ends. */
static unsigned change(struct db *db, int savepoints, int pages) {
    char sentence[128];
    struct why why;
    TX_SCOPE(outer);
    assert_int_equal(tx_begin(&outer, db, &why), OK);
    for (int i = 0; i < savepoints; i++) {
        TX_SCOPE(inner);
        (void)snprintf(sentence, sizeof sentence,
            "UPDATE leaf SET room = CAST(zeroblob(6143) || x'01' AS BLOB) WHERE id > %d AND id <= "
            "%d",
            i * pages, (i + 1) * pages);
        assert_int_equal(tx_begin(&inner, db, &why), OK);
        assert_int_equal(db_run(db, sentence, &why), OK);
        if (i % 2 == 0) {
            assert_int_equal(tx_commit(&inner, &why), OK);
        }
    }
    unsigned files = nameless_files();
    assert_int_equal(tx_commit(&outer, &why), OK);
    assert_int_equal(nameless_files(), 0);
    return files;
}

static void a_group_of_savepoints_needs_no_file(void **state) {
    only_in_a_file();
    struct db db;
    open_pages(state, &db, true, 64 * PAGES);
    assert_int_equal(change(&db, 64, PAGES), 0);
    assert_int_equal(changed_rows(&db), 32 * PAGES);
    db_close(&db);
}

/* Who did not say so has a file; what is taken back is right all the same. */
static void without_a_word_a_large_savepoint_has_a_file(void **state) {
    only_in_a_file();
    struct db db;
    open_pages(state, &db, false, 2 * 40);
    assert_int_equal(change(&db, 2, 40), 1);
    assert_int_equal(changed_rows(&db), 40);
    db_close(&db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_group_of_savepoints_needs_no_file, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            without_a_word_a_large_savepoint_has_a_file, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

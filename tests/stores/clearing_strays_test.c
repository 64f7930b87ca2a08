/* What a node may have kept alone is removed when the clearing's rows are opened, and noted; on a server
 * (SHEBAO_TEST_DATABASE), for a file has one commit. tests/strangers/postgres_cluster.sh has nodes. */
#include "stores/parts_town.h"
#include "stores/sql/audit.h"
#include "stores/sql/clearing_strays.h"

static int64_t asked(struct town *t, const char *sentence) {
    struct prepared *prepared[1];
    struct why why = {{0}};
    must(db_prepare(&t->city->db, &sentence, 1, prepared, &why), &why);
    struct say s = say(prepared[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    must(say_end(&s, &why), &why);
    db_finalize(prepared, 1);
    return answer;
}

/* A town in which three records came with a file. */
static struct town *new_shop(void) {
    struct town *t = new_town(":memory:");
    struct upload_record r[3];
    for (unsigned i = 0; i < 3; i++) {
        r[i] = purchase(1 + i, 1, 1 + i, 0, 60000, 500);
    }
    sell(&t->city->clearing, "P0000001", 1, r, 3);
    return t;
}

static void what_belongs_to_no_file_is_removed_and_noted(void **state) {
    (void)state;
    if (!on_a_server()) {
        skip();
    }
    struct town *t = new_shop();
    struct why why = {{0}};
    char subject[AUDIT_SUBJECT_MAX + 1] = "";
    must(db_run(&t->city->db,
             "ALTER TABLE record DROP CONSTRAINT record_upload_fkey;"
             "UPDATE record SET upload = upload + 1000 WHERE place > 1",
             &why),
        &why);
    must(clearing_strays_remove(&t->city->db, &why), &why);
    assert_int_equal(asked(t, "SELECT count(*) FROM record"), 1);
    must(db_audit_last(&t->city->db, "strays-removed", subject, &why), &why);
    assert_string_equal(subject, "2 records, 0 entries");
    must(clearing_strays_remove(&t->city->db, &why), &why);
    assert_int_equal(asked(t, "SELECT count(*) FROM audit WHERE what = 'strays-removed'"), 1);
    must(db_audit_verify(&t->city->db, NULL, &why), &why);
    drop_town(t);
}

/* Whatever has its file and its posting stays, in a file as on a server. */
static void what_is_whole_stays(void **state) {
    (void)state;
    struct town *t = new_shop();
    struct why why = {{0}};
    int64_t records = asked(t, "SELECT count(*) FROM record");
    int64_t entries = asked(t, "SELECT count(*) FROM entry");
    assert_int_equal(records, 3);
    assert_true(entries > 0);
    for (size_t i = 0; i < 2; i++) {
        must(clearing_strays_remove(&t->city->db, &why), &why);
        assert_int_equal(asked(t, "SELECT count(*) FROM record"), records);
        assert_int_equal(asked(t, "SELECT count(*) FROM entry"), entries);
    }
    assert_int_equal(asked(t, "SELECT count(*) FROM audit WHERE what = 'strays-removed'"), 0);
    assert_books_even(&t->city->clearing);
    drop_town(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_belongs_to_no_file_is_removed_and_noted),
        cmocka_unit_test(what_is_whole_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

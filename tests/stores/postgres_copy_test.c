/* Rows by COPY into partitions of a server's tables; without a server (SHEBAO_TEST_DATABASE) all
 * of it is skipped, and tests/strangers/postgres_stores.sh has one. */
#include "host/scratch.h"
#include "stores/engine_address.h"
#include "stores/postgres/postgres_copy.h"

enum { ROWS = 3000, DAY = 20031008 };

struct office {
    struct db db;
    char address[512];
    struct why why;
};

static const struct copy_plan plan = {
    .parent = "posting",
    .partition = "posting_of_a_day",
    .columns = "id, number, day",
    .bounds = "FOR VALUES FROM (20031008) TO (20031009)",
    .keys = {"ALTER TABLE posting_of_a_day ADD PRIMARY KEY (id, day)",
             "CREATE INDEX ON posting_of_a_day (number)", "CREATE INDEX ON posting_of_a_day (day, id)"},
};

static void office_open(struct office *o, void **state) {
    char path[512];
    if (!on_a_server()) {
        skip();
    }
    (void)memset(o, 0, sizeof *o);
    (void)snprintf(
        o->address, sizeof o->address, "%s", engine_address(below(state, "city.db", path)));
    assert_int_equal(db_open(&o->db, o->address, &o->why), OK);
}

static int64_t ask(struct office *o, const char *sentence) {
    struct prepared *stmt[1];
    assert_int_equal(db_prepare(&o->db, &sentence, 1, stmt, &o->why), OK);
    struct say s = say(stmt[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    assert_int_equal(say_end(&s, &o->why), OK);
    db_finalize(stmt, 1);
    return answer;
}

static void put_posting(struct builder *b, int64_t id, int64_t day) {
    char number[24];
    (void)snprintf(number, sizeof number, "record %lld", (long long)id);
    copy_row(b, 3);
    copy_number(b, id);
    copy_bytes(b, bytes_text(number));
    copy_number(b, day);
}

/* Rows 1 to ROWS, in pieces; the one at `odd` has another day, or another row's number. */
static enum err fill(struct copy *copy, int64_t odd, int64_t odd_day, struct why *why) {
    uint8_t room[64 * 100];
    enum err err = OK;
    for (int64_t id = 1; id <= ROWS && !err;) {
        struct builder b = builder_in(room, sizeof room);
        for (int i = 0; i < 100; i++, id++) {
            bool other = id == odd;
            put_posting(&b, other && odd_day == DAY ? 1 : id, other ? odd_day : DAY);
        }
        assert_false(b.overflowed);
        err = copy_rows(copy, builder_bytes(&b), why);
    }
    return err;
}

static void a_partition_is_filled_keyed_and_attached(void **state) {
    struct office o;
    struct copy *copy = NULL;
    office_open(&o, state);
    assert_int_equal(copy_begin(&copy, o.address, &plan, &o.why), OK);
    enum err err = fill(copy, 0, DAY, &o.why);
    assert_int_equal(copy_end(copy, err, &o.why), OK);
    assert_int_equal(ask(&o, "SELECT count(*) FROM posting"), ROWS);
    assert_int_equal(ask(&o, "SELECT id FROM posting WHERE number = 'record 17'"), 17);
    /* The parent's keys were found there and not built again: each index of it has one on the
     * partition. */
    assert_int_equal(ask(&o, "SELECT count(*) FROM pg_index WHERE indrelid = "
                             "'posting_of_a_day'::regclass"),
        ask(&o, "SELECT count(*) FROM pg_index WHERE indrelid = 'posting'::regclass"));
    /* A second time it is there already. */
    assert_int_equal(copy_begin(&copy, o.address, &plan, &o.why), ERR_CONFLICT);
    assert_non_null(strstr(o.why.text, "is there already"));
    assert_null(copy);
    db_close(&o.db);
}

/* A row of another day, a number twice, rows that end in the middle, and a caller who gives up. */
static void what_does_not_fit_leaves_nothing(void **state) {
    static const struct {
        const char *title;
        int64_t odd, odd_day;
        bool torn, given_up;
        enum err expected;
    } cases[] = {
        {"another day", 2500, DAY + 1, false, false, ERR_CONFLICT},
        {"twice",       2500, DAY,     false, false, ERR_CONFLICT},
        {"torn",        0,    DAY,     true,  false, ERR_CONFLICT},
        {"given up",    0,    DAY,     false, true,  ERR_DENIED  },
    };
    struct office o;
    office_open(&o, state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copy *copy = NULL;
        assert_int_equal(copy_begin(&copy, o.address, &plan, &o.why), OK);
        enum err err = fill(copy, cases[i].odd, cases[i].odd_day, &o.why);
        if (cases[i].torn) {
            err = err ? err : copy_rows(copy, bytes_of("\0\3\0\0", 4), &o.why);
        }
        err = copy_end(copy, cases[i].given_up ? ERR_DENIED : err, &o.why);
        if (err != cases[i].expected) {
            fail_msg("%s: %d, %s", cases[i].title, (int)err, o.why.text);
        }
        assert_int_equal(ask(&o, "SELECT count(*) FROM posting"), 0);
        assert_int_equal(
            ask(&o, "SELECT count(*) FROM pg_class WHERE relname = 'posting_of_a_day' AND "
                    "relnamespace = current_schema()::regnamespace"),
            0);
    }
    assert_int_equal(copy_end(NULL, OK, &o.why), OK);
    db_close(&o.db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_partition_is_filled_keyed_and_attached),
        CASE(what_does_not_fit_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "counter.h"
#include "issuance/stock.h"
#include "stores/sql/issuance_stock.h"

#define POINT  "440100-01"
#define CENTRE "440100"

/* A counter with the stock over it. */
struct vault_room {
    struct counter *c;
    struct stock_store stock;
    struct why why;
};

static struct vault_room room_open(void) {
    struct vault_room r = {.c = counter_open(0)};
    counter_expect(r.c, stock_rows_open(&r.c->db, &r.c->store, &r.stock, &r.c->why));
    return r;
}

static void room_close(struct vault_room *r) {
    stock_rows_close(&r->stock);
    counter_close(r->c);
}

static struct stock_order order_of(
    enum stock_step step, const char *request, int64_t first, int64_t count) {
    struct stock_order o = {.step = step, .first = first, .count = count, .day = 20031008};
    (void)snprintf(o.request, sizeof o.request, "%s", request);
    (void)snprintf(o.point, sizeof o.point, "%s", CENTRE);
    (void)snprintf(o.officer, sizeof o.officer, "%s", "maker");
    (void)snprintf(o.note, sizeof o.note, "%s", "note");
    return o;
}

static enum err make(
    struct vault_room *r, enum stock_step step, const char *request, int64_t first, int64_t count) {
    struct stock_order o = order_of(step, request, first, count);
    return stock_order_make(&r->stock, &r->c->registry, &o, &r->why);
}

static void must(struct vault_room *r, enum err err) {
    if (err) {
        print_error("%s\n", r->why.text);
    }
    assert_int_equal(err, OK);
}

static enum err sign(struct vault_room *r, const char *request, const char *officer) {
    struct stock_order o;
    return stock_sign(&r->stock, &r->c->registry, request, officer, &o, &r->why);
}

/* A run of a hundred that has come in. */
static void stock_up(struct vault_room *r) {
    must(r, make(r, STOCK_PURCHASE, "buy", 1001, 100));
    must(r, make(r, STOCK_RECEIVE, "in", 1001, 100));
}

/* The same with a part of it in production. */
static void take_out(struct vault_room *r, int64_t count) {
    must(r, make(r, STOCK_REQUISITION, "out", 1001, count));
    must(r, sign(r, "out", "approver"));
}

static struct stock_balance balance_at(struct vault_room *r, const char *point) {
    struct stock_balance b;
    must(r, stock_balance_read(&r->stock, point, &b, &r->why));
    return b;
}

static int64_t blanks_in(struct vault_room *r, enum blank_state state) {
    char sql[80];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM blank WHERE state = %d", (int)state);
    return counter_ask(r->c, sql);
}

static void a_blank_goes_from_purchase_to_destruction(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    assert_int_equal(blanks_in(&r, BLANK_STORED), 100);
    take_out(&r, 40);
    must(&r, make(&r, STOCK_MAKE, "good", 1001, 35));
    must(&r, make(&r, STOCK_SPOIL, "bad", 1036, 3));
    must(&r, make(&r, STOCK_RETURN, "back", 1039, 2));
    must(&r, make(&r, STOCK_DESTROY, "shred", 1036, 2));
    assert_int_equal(blanks_in(&r, BLANK_DESTROYED), 0); /* before the second signature */
    must(&r, sign(&r, "shred", "approver"));
    struct stock_balance b = balance_at(&r, CENTRE);
    assert_int_equal(b.received, 100);
    assert_int_equal(b.stored, 62);
    assert_int_equal(b.good, 35);
    assert_int_equal(b.spoiled, 1);
    assert_int_equal(b.destroyed, 2);
    assert_int_equal(b.out, 0);
    must(&r, stock_balance_check(&b, CENTRE, &r.why));
    room_close(&r);
}

/* Stock 4. */
static void nothing_leaves_the_store_before_the_second_signature(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    must(&r, make(&r, STOCK_REQUISITION, "out", 1001, 40));
    assert_int_equal(blanks_in(&r, BLANK_STORED), 100);
    assert_int_equal(sign(&r, "out", "maker"), ERR_DENIED);
    assert_non_null(strstr(r.why.text, "second officer"));
    assert_int_equal(sign(&r, "out", "clearer"), ERR_DENIED);
    assert_int_equal(sign(&r, "out", "nobody"), ERR_DENIED);
    assert_int_equal(sign(&r, "none", "approver"), ERR_NOT_FOUND);
    assert_int_equal(sign(&r, "in", "approver"), ERR_CONFLICT);
    assert_int_equal(blanks_in(&r, BLANK_STORED), 100);
    must(&r, sign(&r, "out", "approver"));
    assert_int_equal(blanks_in(&r, BLANK_OUT), 40);
    room_close(&r);
}

/* What a first officer asked for may have gone elsewhere by the time a second one signs. */
static void a_late_signature_finds_what_has_changed(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    must(&r, make(&r, STOCK_REQUISITION, "a", 1001, 40));
    must(&r, make(&r, STOCK_REQUISITION, "b", 1040, 10));
    must(&r, sign(&r, "a", "approver"));
    assert_int_equal(sign(&r, "b", "approver"), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "chip 1040 is in production"));
    assert_int_equal(blanks_in(&r, BLANK_OUT), 40);
    assert_int_equal(counter_ask(r.c, "SELECT done FROM stock_order WHERE request = 'b'"), 0);
    room_close(&r);
}

/* Stock 3: the answer may have been lost, so every request is sent twice. */
static void a_request_sent_again_changes_nothing(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    stock_up(&r);
    take_out(&r, 40);
    take_out(&r, 40);
    assert_int_equal(blanks_in(&r, BLANK_OUT), 40);
    assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM stock_order"), 3);
    assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM audit WHERE what LIKE '%stock%'"), 4);
    assert_int_equal(sign(&r, "out", "maker"), ERR_DENIED);
    room_close(&r);
}

static void a_request_of_other_words_is_refused(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    static const struct {
        enum stock_step step;
        int64_t first, count;
        const char *point, *note, *officer, *says;
    } cases[] = {
        {STOCK_RETURN,  1001, 100, CENTRE, "note",  "maker", "another step"           },
        {STOCK_RECEIVE, 1002, 100, CENTRE, "note",  "maker", "other chips"            },
        {STOCK_RECEIVE, 1001, 99,  CENTRE, "note",  "maker", "another number of chips"},
        {STOCK_RECEIVE, 1001, 100, POINT,  "note",  "maker", "another point"          },
        {STOCK_RECEIVE, 1001, 100, CENTRE, "other", "maker", "another note"           },
        {STOCK_RECEIVE, 1001, 100, CENTRE, "note",  "point", "another officer"        },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stock_order o = order_of(cases[i].step, "in", cases[i].first, cases[i].count);
        (void)snprintf(o.point, sizeof o.point, "%s", cases[i].point);
        (void)snprintf(o.note, sizeof o.note, "%s", cases[i].note);
        (void)snprintf(o.officer, sizeof o.officer, "%s", cases[i].officer);
        assert_int_equal(stock_order_make(&r.stock, &r.c->registry, &o, &r.why), ERR_CONFLICT);
        assert_non_null(strstr(r.why.text, cases[i].says));
    }
    assert_int_equal(blanks_in(&r, BLANK_STORED), 100);
    room_close(&r);
}

/* Every step from every state: only what stock.def holds moves anything. */
static void a_blank_moves_only_as_the_table_says(void **state) {
    (void)state;
    static const struct {
        enum blank_state from;
        enum stock_step allowed[3];
        size_t count;
    } table[] = {
        {BLANK_COMING,    {STOCK_RECEIVE},                         1},
        {BLANK_STORED,    {STOCK_SEND, STOCK_REQUISITION},         2},
        {BLANK_OUT,       {STOCK_RETURN, STOCK_MAKE, STOCK_SPOIL}, 3},
        {BLANK_GOOD,      {STOCK_STEPS},                           0},
        {BLANK_SPOILED,   {STOCK_DESTROY},                         1},
        {BLANK_DESTROYED, {STOCK_STEPS},                           0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (int step = 0; step < STOCK_STEPS; step++) {
            struct vault_room r = room_open();
            char sql[80];
            (void)snprintf(sql, sizeof sql, "INSERT INTO blank VALUES (7, %d, '" CENTRE "')",
                (int)table[i].from);
            counter_expect(r.c, db_run(&r.c->db, sql, &r.c->why));
            struct stock_order o = order_of((enum stock_step)step, "r", 7, 1);
            (void)snprintf(o.other, sizeof o.other, "%s", step == STOCK_SEND ? POINT : "");
            bool allowed = false;
            for (size_t k = 0; k < table[i].count; k++) {
                allowed = allowed || table[i].allowed[k] == (enum stock_step)step;
            }
            enum err err = stock_order_make(&r.stock, &r.c->registry, &o, &r.why);
            assert_int_equal(err, allowed ? OK : ERR_CONFLICT);
            assert_true(allowed || blanks_in(&r, table[i].from) == 1);
            room_close(&r);
        }
    }
}

static void a_refusal_names_the_first_chip_that_differs(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    take_out(&r, 10);
    assert_int_equal(make(&r, STOCK_MAKE, "m", 1005, 10), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "chip 1011 is in store (在库) at 440100"));
    assert_int_equal(make(&r, STOCK_REQUISITION, "q", 1095, 10), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "only 6 of them were ever bought"));
    assert_int_equal(make(&r, STOCK_PURCHASE, "p", 991, 20), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "chip 1001 was bought before"));
    assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM blank"), 100);
    assert_int_equal(blanks_in(&r, BLANK_OUT), 10);
    room_close(&r);
}

static void an_order_that_is_none_is_refused(void **state) {
    (void)state;
    struct vault_room r = room_open();
    static const struct {
        enum stock_step step;
        const char *request, *point, *other, *note;
        int64_t first, count;
    } cases[] = {
        {STOCK_PURCHASE,    "r", CENTRE, "",     "n", 1,                0                },
        {STOCK_PURCHASE,    "r", CENTRE, "",     "n", 1,                STOCK_RUN_MAX + 1},
        {STOCK_PURCHASE,    "r", CENTRE, "",     "n", 0,                1                },
        {STOCK_PURCHASE,    "r", CENTRE, "",     "n", STOCK_SERIAL_MAX, 2                },
        {STOCK_PURCHASE,    "",  CENTRE, "",     "n", 1,                1                },
        {STOCK_PURCHASE,    "r", "",     "",     "n", 1,                1                },
        {STOCK_PURCHASE,    "r", CENTRE, "",     "",  1,                1                },
        {STOCK_PURCHASE,    "r", CENTRE, POINT,  "n", 1,                1                },
        {STOCK_SEND,        "r", CENTRE, "",     "n", 1,                1                },
        {STOCK_SEND,        "r", CENTRE, CENTRE, "n", 1,                1                },
        {STOCK_SPOIL,       "r", CENTRE, "",     "",  1,                1                },
        {STOCK_REQUISITION, "r", CENTRE, "",     "",  1,                1                },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stock_order o = order_of(
            cases[i].step, cases[i].request, cases[i].first, cases[i].count);
        (void)snprintf(o.point, sizeof o.point, "%s", cases[i].point);
        (void)snprintf(o.other, sizeof o.other, "%s", cases[i].other);
        (void)snprintf(o.note, sizeof o.note, "%s", cases[i].note);
        assert_int_equal(stock_order_make(&r.stock, &r.c->registry, &o, &r.why), ERR_INVALID);
    }
    struct stock_order o = order_of(STOCK_PURCHASE, "r", 1, 1);
    (void)snprintf(o.officer, sizeof o.officer, "%s", "clearer");
    assert_int_equal(stock_order_make(&r.stock, &r.c->registry, &o, &r.why), ERR_DENIED);
    char word[4];
    assert_int_equal(stock_word(word, sizeof word, "four", "a word", &r.why), ERR_INVALID);
    assert_int_equal(stock_word(word, sizeof word, "two", "a word", &r.why), OK);
    assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM blank"), 0);
    room_close(&r);
}

/* Stock 5, by point: what is sent on is the next point's only once it was counted in there. */
static void each_point_answers_for_what_it_received(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    struct stock_order o = order_of(STOCK_SEND, "send", 1061, 40);
    (void)snprintf(o.other, sizeof o.other, "%s", POINT);
    must(&r, stock_order_make(&r.stock, &r.c->registry, &o, &r.why));
    struct stock_balance here = balance_at(&r, CENTRE);
    struct stock_balance there = balance_at(&r, POINT);
    assert_int_equal(here.received, 60);
    assert_int_equal(here.stored, 60);
    assert_int_equal(there.received, 0);
    assert_int_equal(there.coming, 40);
    must(&r, stock_balance_check(&there, POINT, &r.why));
    o = order_of(STOCK_RECEIVE, "arrived", 1061, 40);
    (void)snprintf(o.point, sizeof o.point, "%s", POINT);
    (void)snprintf(o.officer, sizeof o.officer, "%s", "point");
    must(&r, stock_order_make(&r.stock, &r.c->registry, &o, &r.why));
    there = balance_at(&r, POINT);
    assert_int_equal(there.received, 40);
    assert_int_equal(there.stored, 40);
    struct stock_balance all = balance_at(&r, NULL);
    assert_int_equal(all.received, 100);
    assert_int_equal(all.stored, 100);
    char point[POINT_MAX + 1] = "";
    must(&r, r.stock.point_after(r.stock.self, point, point, &r.why));
    assert_string_equal(point, CENTRE);
    must(&r, r.stock.point_after(r.stock.self, point, point, &r.why));
    assert_string_equal(point, POINT);
    assert_int_equal(r.stock.point_after(r.stock.self, point, point, &r.why), ERR_NOT_FOUND);
    room_close(&r);
}

static void a_night_with_blanks_in_production_is_refused(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    take_out(&r, 7);
    struct stock_balance b = balance_at(&r, CENTRE);
    assert_int_equal(stock_balance_check(&b, CENTRE, &r.why), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "7 blanks in production"));
    room_close(&r);
}

/* A row that was slipped in, taken out, or changed behind the ledger's back. */
static void a_row_without_its_order_is_found(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"DELETE FROM blank WHERE serial = 1050",                  "1 are missing"},
        {"INSERT INTO blank VALUES (9, 20, '440100')",             "1 too many"   },
        {"UPDATE blank SET point = 'x' WHERE serial > 1098",       "2 are missing"},
        {"UPDATE stock_order SET count = 90 WHERE request = 'in'", "10 too many"  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vault_room r = room_open();
        stock_up(&r);
        counter_expect(r.c, db_run(&r.c->db, cases[i].sql, &r.c->why));
        struct stock_balance b = balance_at(&r, CENTRE);
        assert_int_equal(stock_balance_check(&b, CENTRE, &r.why), ERR_CONFLICT);
        assert_non_null(strstr(r.why.text, cases[i].says));
        room_close(&r);
    }
}

static void a_state_that_nobody_wrote_is_refused(void **state) {
    (void)state;
    struct vault_room r = room_open();
    struct stock_balance b;
    counter_expect(r.c, db_run(&r.c->db, "INSERT INTO blank VALUES (9, 33, '440100')", &r.c->why));
    assert_int_equal(stock_balance_read(&r.stock, CENTRE, &b, &r.why), ERR_CONFLICT);
    assert_string_equal(blank_state_en((enum blank_state)33), "in an unknown state");
    room_close(&r);
}

static void a_stock_take_is_kept_even_when_it_differs(void **state) {
    (void)state;
    struct vault_room r = room_open();
    stock_up(&r);
    must(&r, stock_take(&r.stock, CENTRE, 100, "maker", &r.why));
    assert_int_equal(stock_take(&r.stock, CENTRE, 98, "maker", &r.why), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "2 are missing"));
    assert_int_equal(stock_take(&r.stock, CENTRE, 101, "maker", &r.why), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "1 too many"));
    assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM audit WHERE what = 'stock take'"), 3);
    room_close(&r);
}

/* The n-th row that the database is to write is refused, for every n: then all is as before, and the
 * same request goes through afterwards. */
static void an_order_that_fails_anywhere_changes_nothing(void **state) {
    (void)state;
    static const char *const events[] = {"INSERT ON stock_order", "INSERT ON audit"};
    for (size_t i = 0; i < 2; i++) {
        struct vault_room r = room_open();
        stock_up(&r);
        trap_set(&r.c->db, events[i]);
        struct stock_order o = order_of(STOCK_SEND, "send", 1001, 5);
        (void)snprintf(o.other, sizeof o.other, "%s", POINT);
        assert_int_not_equal(stock_order_make(&r.stock, &r.c->registry, &o, &r.why), OK);
        assert_int_equal(blanks_in(&r, BLANK_STORED), 100);
        assert_int_equal(counter_ask(r.c, "SELECT count(*) FROM stock_order"), 2);
        trap_open(&r.c->db);
        must(&r, stock_order_make(&r.stock, &r.c->registry, &o, &r.why));
        assert_int_equal(blanks_in(&r, BLANK_COMING), 5);
        room_close(&r);
    }
}

/* Three thousand orders of a seeded die: whatever is refused, the equation holds after each. */
static void a_random_walk_never_loses_a_blank(void **state) {
    (void)state;
    struct vault_room r = room_open();
    uint32_t die = 20031008;
    stock_up(&r);
    for (int i = 0; i < 3000; i++) {
        die = die * 1664525U + 1013904223U;
        char request[16];
        (void)snprintf(request, sizeof request, "w%d", i);
        struct stock_order o = order_of((enum stock_step)(die >> 28) % STOCK_STEPS, request,
            1001 + (die >> 16) % 100, 1 + (die >> 8) % 5);
        (void)snprintf(o.point, sizeof o.point, "%s", die & 0x80 ? CENTRE : POINT);
        (void)snprintf(o.other, sizeof o.other, "%s",
            o.step != STOCK_SEND ? ""
            : die & 0x80         ? POINT
                                 : CENTRE);
        bool made = stock_order_make(&r.stock, &r.c->registry, &o, &r.why) == OK;
        if (made && stock_needs_second(o.step)) {
            (void)sign(&r, request, "approver");
        }
        struct stock_balance all = balance_at(&r, NULL);
        assert_int_equal(
            all.received, all.stored + all.out + all.good + all.spoiled + all.destroyed);
        assert_true(all.coming + all.received >= 100);
    }
    assert_true(blanks_in(&r, BLANK_DESTROYED) + blanks_in(&r, BLANK_GOOD) > 0);
    room_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_goes_from_purchase_to_destruction),
        cmocka_unit_test(nothing_leaves_the_store_before_the_second_signature),
        cmocka_unit_test(a_late_signature_finds_what_has_changed),
        cmocka_unit_test(a_request_sent_again_changes_nothing),
        cmocka_unit_test(a_request_of_other_words_is_refused),
        cmocka_unit_test(a_blank_moves_only_as_the_table_says),
        cmocka_unit_test(a_refusal_names_the_first_chip_that_differs),
        cmocka_unit_test(an_order_that_is_none_is_refused),
        cmocka_unit_test(each_point_answers_for_what_it_received),
        cmocka_unit_test(a_night_with_blanks_in_production_is_refused),
        cmocka_unit_test(a_row_without_its_order_is_found),
        cmocka_unit_test(a_state_that_nobody_wrote_is_refused),
        cmocka_unit_test(a_stock_take_is_kept_even_when_it_differs),
        cmocka_unit_test(an_order_that_fails_anywhere_changes_nothing),
        cmocka_unit_test(a_random_walk_never_loses_a_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

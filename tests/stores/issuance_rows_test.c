#include "../issuance/counter.h"

/* Each row function of the store, asked for what is not there and moved from the wrong state: the
 * rules above it are tested with the rules. */

static void what_is_not_there_is_not_found(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct issuance_store *s = &c->store;
    struct application a;
    struct batch b;
    struct batch_line line;
    enum number_state number;
    int64_t batch;
    assert_int_equal(s->application_get(s->self, 1, &a, &c->why), ERR_NOT_FOUND);
    assert_int_equal(s->batch_get(s->self, 1, &b, &c->why), ERR_NOT_FOUND);
    assert_int_equal(s->batch_open(s->self, "GZ01", &b, &c->why), ERR_NOT_FOUND);
    assert_int_equal(s->line_get(s->self, 1, 1, &line, &c->why), ERR_NOT_FOUND);
    assert_int_equal(s->line_of_card(s->self, "B00000019", &line, &c->why), ERR_NOT_FOUND);
    assert_int_equal(s->number_get(s->self, 1, &number, &batch, &c->why), ERR_NOT_FOUND);
    counter_close(c);
}

static void lists_of_nothing_are_empty(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct issuance_store *s = &c->store;
    struct application list[2];
    struct batch_line lines[2];
    struct line_count counts[LINE_STATES_MAX];
    size_t count = 9;
    counter_expect(c, s->applications_waiting(s->self, "GZ01", list, 2, &count, &c->why));
    assert_int_equal(count, 0);
    count = 2;
    counter_expect(c, s->lines_after(s->self, 1, 0, lines, &count, &c->why));
    assert_int_equal(count, 0);
    counter_expect(c, s->line_counts(s->self, 1, counts, &count, &c->why));
    assert_int_equal(count, 0);
    counter_close(c);
}

static void a_state_moves_only_from_where_it_is(void **state) {
    (void)state;
    struct counter *c = counter_open(2);
    const struct issuance_store *s = &c->store;
    int32_t lines = 0;
    uint32_t serial = 0;
    counter_apply(c, 2);
    struct batch b = counter_batch(c, &lines);
    struct batch_line line;
    assert_int_equal(
        s->application_move(s->self, 1, APPLICATION_APPLIED, APPLICATION_FAILED, &c->why),
        ERR_CONFLICT);
    assert_int_equal(
        s->batch_move(s->self, b.id, BATCH_APPROVED, BATCH_MAKER_OUT, &c->why), ERR_CONFLICT);
    assert_int_equal(s->number_move(s->self, 1, NUMBER_FREE, NUMBER_USED, &c->why), ERR_CONFLICT);
    counter_expect(c, s->line_get(s->self, b.id, 1, &line, &c->why));
    line.state = LINE_MADE;
    assert_int_equal(s->line_move(s->self, &line, LINE_FINISHED, "", &c->why), ERR_CONFLICT);
    line.state = LINE_IN_BATCH;
    counter_expect(c, s->line_move(s->self, &line, LINE_FAILED, "bent", &c->why));
    counter_expect(c, s->line_get(s->self, b.id, 1, &line, &c->why));
    assert_int_equal(line.state, LINE_FAILED);
    assert_string_equal(line.reason, "bent");
    counter_expect(c, s->number_reserve(s->self, b.id, &serial, &c->why));
    assert_int_equal(serial, 3);
    counter_close(c);
}

static void rows_come_back_as_they_went(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct issuance_store *s = &c->store;
    int32_t lines = 0;
    counter_apply(c, 1);
    struct application a;
    counter_expect(c, s->application_get(s->self, 1, &a, &c->why));
    assert_int_equal(a.person, 1);
    assert_int_equal(a.kind, APPLY_NEW);
    assert_int_equal(a.audit, AUDIT_PASSED);
    assert_int_equal(a.day, 20031008);
    assert_string_equal(a.point, "GZ01");
    struct batch b = counter_batch(c, &lines);
    const uint8_t factor[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t id[CARD_ID_LEN] = {0x44, 0x01, 0x00, 0xD1};
    struct batch_line line;
    counter_expect(c, s->line_get(s->self, b.id, 1, &line, &c->why));
    assert_int_equal(line.card_factor[0], 0); /* no chip yet */
    counter_expect(c, s->line_chip(s->self, b.id, 1, factor, id, &c->why));
    counter_expect(c, s->line_place(s->self, b.id, 1, 3, 17, &c->why));
    counter_expect(c, s->line_get(s->self, b.id, 1, &line, &c->why));
    assert_memory_equal(line.card_factor, factor, sizeof factor);
    assert_memory_equal(line.card_id, id, sizeof id);
    assert_int_equal(line.box, 3);
    assert_int_equal(line.position, 17);
    counter_close(c);
}

static void lines_come_in_order_and_in_pieces(void **state) {
    (void)state;
    enum { LINES = 7, ROOM = 3 };
    struct counter *c = counter_open(LINES);
    const struct issuance_store *s = &c->store;
    struct batch_line list[ROOM];
    int32_t lines = 0;
    int32_t after = 0;
    size_t count = 0;
    counter_apply(c, LINES);
    struct batch b = counter_batch(c, &lines);
    do {
        count = ROOM;
        counter_expect(c, s->lines_after(s->self, b.id, after, list, &count, &c->why));
        assert_true(count <= ROOM);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(list[i].seq, ++after);
        }
    } while (count > 0);
    assert_int_equal(after, LINES);
    counter_close(c);
}

/* A scope that is left takes its own part back, an inner one only its own, and an outer one all. */
static void scopes_nest(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct issuance_store *s = &c->store;
    struct batch b = {.state = BATCH_MADE, .day = 20031008, .point = "GZ01", .maker = "maker"};
    counter_expect(c, s->begin(s->self, &c->why));
    counter_expect(c, s->batch_add(s->self, &b, &c->why));
    counter_expect(c, s->begin(s->self, &c->why));
    counter_expect(c, s->batch_add(s->self, &b, &c->why));
    s->abandon(s->self);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 1);
    counter_expect(c, s->begin(s->self, &c->why));
    counter_expect(c, s->batch_add(s->self, &b, &c->why));
    counter_expect(c, s->commit(s->self, &c->why));
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 2);
    s->abandon(s->self);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 0);
    assert_int_equal(c->db.depth, 0);
    counter_close(c);
}

/* A batch that was taken back leaves a gap on a server; the others are found all the same. */
static void batches_come_in_order_whatever_was_taken_back(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct issuance_store *s = &c->store;
    int64_t made[3];
    struct batch b = {.state = BATCH_MADE, .day = 20031008, .point = "GZ01", .maker = "maker"};
    for (size_t i = 0; i < 3; i++) {
        counter_expect(c, s->begin(s->self, &c->why));
        counter_expect(c, s->batch_add(s->self, &b, &c->why));
        s->abandon(s->self);
        counter_expect(c, s->batch_add(s->self, &b, &c->why));
        made[i] = b.id;
    }
    struct batch found = {0};
    for (size_t i = 0; i < 3; i++) {
        counter_expect(c, s->batch_after(s->self, found.id, &found, &c->why));
        assert_int_equal(found.id, made[i]);
        assert_string_equal(found.point, "GZ01");
    }
    assert_int_equal(s->batch_after(s->self, found.id, &found, &c->why), ERR_NOT_FOUND);
    assert_int_equal(found.id, made[2]);
    counter_close(c);
}

/* The tables themselves refuse what no rule should ever ask. */
static void the_tables_hold_the_invariants(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "UPDATE batch SET approver = 'maker'",
        "UPDATE batch_line SET card_number = 'B00000019'",
        "UPDATE batch_line SET application = 1",
        "UPDATE batch_line SET card_factor = x'0102030405060708'",
        "INSERT INTO application (person, kind, state, audit, day, point) VALUES (1, 1, 0, 0, 0, "
        "'')",
        "INSERT INTO application (person, kind, state, audit, day, point) VALUES (9, 1, 0, 0, 0, "
        "'')",
        "UPDATE card_number SET state = 'used'",
    };
    struct counter *c = counter_open(2);
    int32_t lines = 0;
    counter_apply(c, 2);
    (void)counter_batch(c, &lines);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_not_equal(db_run(&c->db, wrong[i], &c->why), OK);
    }
    counter_close(c);
}

static void closing_twice_does_no_harm(void **state) {
    (void)state;
    struct counter *c = counter_open(0);
    issuance_rows_close(&c->store);
    assert_null(c->store.self);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(lists_of_nothing_are_empty),
        cmocka_unit_test(batches_come_in_order_whatever_was_taken_back),
        cmocka_unit_test(a_state_moves_only_from_where_it_is),
        cmocka_unit_test(rows_come_back_as_they_went),
        cmocka_unit_test(lines_come_in_order_and_in_pieces),
        cmocka_unit_test(scopes_nest),
        cmocka_unit_test(the_tables_hold_the_invariants),
        cmocka_unit_test(closing_twice_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

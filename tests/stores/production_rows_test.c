#include "../issuance/counter.h"
#include "stores/sql/production_rows.h"

struct rows {
    struct counter *c;
    struct production_store store;
};

/* A centre with one batch. */
static struct rows rows_open(void) {
    struct rows r = {.c = counter_open(1)};
    int32_t lines = 0;
    counter_apply(r.c, 1);
    assert_int_equal(counter_batch(r.c, &lines).id, 1);
    counter_expect(r.c, production_rows_open(&r.c->db, &r.store, &r.c->why));
    return r;
}

static void rows_close(struct rows *r) {
    production_rows_close(&r->store);
    production_rows_close(&r->store); /* closed is closed */
    counter_close(r->c);
}

static const struct piece_question all = {.run = 1, .only = PIECE_STATES};

static struct production_run a_run(void) {
    return (struct production_run){.batch = 1,
        .machine = "cell-1",
        .officer = "maker",
        .second = "approver",
        .first = 501,
        .count = 10,
        .profile = 2,
        .key_version = 3,
        .day = 20031008};
}

static struct production_piece a_piece(int64_t serial, int32_t seq) {
    return (struct production_piece){
        .run = 1,
        .serial = serial,
        .batch = 1,
        .seq = seq,
        .seat = 1,
        .atr = {0x3B, 0x6D},
        .atr_len = 2,
        .key_version = 3,
        .commands = 516,
        .micros = 980,
        .reason = "测试"
    };
}

/* Field by field: what lies between them is nobody's. */
static void same_run(const struct production_run *a, const struct production_run *b) {
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->batch, b->batch);
    assert_string_equal(a->machine, b->machine);
    assert_string_equal(a->officer, b->officer);
    assert_string_equal(a->second, b->second);
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->profile, b->profile);
    assert_int_equal(a->key_version, b->key_version);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->tested, b->tested);
    assert_int_equal(a->ended, b->ended);
}

static void same_piece(const struct production_piece *a, const struct production_piece *b) {
    assert_int_equal(a->run, b->run);
    assert_int_equal(a->serial, b->serial);
    assert_int_equal(a->batch, b->batch);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->seat, b->seat);
    assert_int_equal(a->atr_len, b->atr_len);
    assert_memory_equal(a->atr, b->atr, a->atr_len);
    assert_int_equal(a->key_version, b->key_version);
    assert_int_equal(a->commands, b->commands);
    assert_int_equal(a->micros, b->micros);
    assert_string_equal(a->reason, b->reason);
}

static void a_run_comes_back_as_it_went(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_run run = a_run();
    struct production_run back;
    counter_expect(r.c, r.store.run_add(r.store.self, &run, &r.c->why));
    assert_int_equal(run.id, 1);
    counter_expect(r.c, r.store.run_get(r.store.self, 1, &back, &r.c->why));
    same_run(&back, &run);
    run.tested = run.ended = true;
    run.first = 7;
    run.count = 8;
    counter_expect(r.c, r.store.run_change(r.store.self, &run, &r.c->why));
    counter_expect(r.c, r.store.run_of_batch(r.store.self, 1, &back, &r.c->why));
    same_run(&back, &run);
    rows_close(&r);
}

static void a_batch_has_one_open_run(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_run run = a_run();
    struct production_run second = a_run();
    counter_expect(r.c, r.store.run_add(r.store.self, &run, &r.c->why));
    assert_int_equal(r.store.run_add(r.store.self, &second, &r.c->why), ERR_CONFLICT);
    run.ended = true;
    counter_expect(r.c, r.store.run_change(r.store.self, &run, &r.c->why));
    counter_expect(r.c, r.store.run_add(r.store.self, &second, &r.c->why));
    counter_expect(r.c, r.store.run_of_batch(r.store.self, 1, &run, &r.c->why));
    assert_int_equal(run.id, second.id);
    rows_close(&r);
}

static void what_is_not_there_is_not_found(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_run run = a_run();
    struct production_face face;
    struct production_piece piece = a_piece(501, 1);
    struct production_piece list[1];
    size_t count = 1;
    int64_t serial = 9;
    assert_int_equal(r.store.run_get(r.store.self, 1, &run, &r.c->why), ERR_NOT_FOUND);
    assert_int_equal(r.store.run_of_batch(r.store.self, 1, &run, &r.c->why), ERR_NOT_FOUND);
    run.id = 1;
    assert_int_equal(r.store.run_change(r.store.self, &run, &r.c->why), ERR_CONFLICT);
    assert_int_equal(r.store.piece_settle(r.store.self, &piece, &r.c->why), ERR_CONFLICT);
    assert_int_equal(r.store.face_get(r.store.self, 1, 1, &face, &r.c->why), ERR_NOT_FOUND);
    counter_expect(r.c, r.store.pieces_after(r.store.self, &all, list, &count, &r.c->why));
    assert_int_equal(count, 0);
    counter_expect(r.c, r.store.serial_last(r.store.self, 1, 0, 9999, &serial, &r.c->why));
    assert_int_equal(serial, 0);
    rows_close(&r);
}

static void a_piece_is_settled_once(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_piece piece = a_piece(501, 1);
    struct production_piece list[2];
    size_t count = 2;
    counter_expect(r.c, r.store.piece_add(r.store.self, &piece, &r.c->why));
    assert_int_equal(r.store.piece_add(r.store.self, &piece, &r.c->why), ERR_CONFLICT);
    piece.state = PIECE_PASSED;
    counter_expect(r.c, r.store.piece_settle(r.store.self, &piece, &r.c->why));
    assert_int_equal(r.store.piece_settle(r.store.self, &piece, &r.c->why), ERR_CONFLICT);
    counter_expect(r.c, r.store.pieces_after(r.store.self, &all, list, &count, &r.c->why));
    assert_int_equal(count, 1);
    same_piece(&list[0], &piece);
    rows_close(&r);
}

static void pieces_are_counted_and_listed_by_state(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_counts counts;
    struct production_piece list[2];
    int64_t number = 0;
    for (int32_t i = 0; i < 8; i++) { /* 500 is the test card; then two of each state but one */
        struct production_piece piece = a_piece(500 + i, i);
        piece.state = (enum piece_state)(i % PIECE_STATES);
        counter_expect(r.c, r.store.piece_add(r.store.self, &piece, &r.c->why));
    }
    counter_expect(r.c, r.store.counts(r.store.self, 1, &counts, &r.c->why));
    assert_int_equal(counts.received, 7);
    assert_int_equal(counts.by[PIECE_TAKEN], 1);
    assert_int_equal(counts.by[PIECE_PASSED], 2);
    assert_int_equal(counts.by[PIECE_REJECTED], 2);
    assert_int_equal(counts.by[PIECE_RETURNED], 2);
    struct piece_question bad = {.run = 1, .only = PIECE_REJECTED};
    size_t count = 1;
    int found = 0;
    while (count > 0) {
        count = 1;
        counter_expect(r.c, r.store.pieces_after(r.store.self, &bad, list, &count, &r.c->why));
        bad.after = count ? list[0].serial : bad.after;
        found += (int)count;
    }
    assert_int_equal(found, 2);
    counter_expect(r.c, r.store.serial_last(r.store.self, 1, 0, 503, &number, &r.c->why));
    assert_int_equal(number, 503);
    counter_expect(r.c, r.store.tries(r.store.self, 1, 2, &number, &r.c->why));
    assert_int_equal(number, 1);
    rows_close(&r);
}

static void faces_and_quality_come_back_as_they_went(void **state) {
    (void)state;
    struct rows r = rows_open();
    struct production_face face = {.batch = 1, .seq = 2, .card_number = "B00000019", .digest = {7}};
    struct production_face face_back;
    struct production_quality line = {.batch = 1,
        .seq = 2,
        .faults = 5,
        .face_number = "B00000019",
        .chip_number = "B00000027",
        .day = 20031008,
        .officer = "approver"};
    struct production_quality list[2];
    size_t count = 2;
    counter_expect(r.c, r.store.face_add(r.store.self, &face, &r.c->why));
    assert_int_equal(r.store.face_add(r.store.self, &face, &r.c->why), ERR_CONFLICT);
    counter_expect(r.c, r.store.face_get(r.store.self, 1, 2, &face_back, &r.c->why));
    assert_memory_equal(face_back.digest, face.digest, sizeof face.digest);
    assert_string_equal(face_back.card_number, face.card_number);
    counter_expect(r.c, r.store.quality_add(r.store.self, &line, &r.c->why));
    assert_int_equal(r.store.quality_add(r.store.self, &line, &r.c->why), ERR_CONFLICT);
    counter_expect(r.c, r.store.quality_after(r.store.self, 1, 0, list, &count, &r.c->why));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].faults, 5);
    assert_string_equal(list[0].face_number, line.face_number);
    assert_string_equal(list[0].chip_number, line.chip_number);
    assert_string_equal(list[0].officer, line.officer);
    rows_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_back_as_it_went),
        cmocka_unit_test(a_batch_has_one_open_run),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(a_piece_is_settled_once),
        cmocka_unit_test(pieces_are_counted_and_listed_by_state),
        cmocka_unit_test(faces_and_quality_come_back_as_they_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

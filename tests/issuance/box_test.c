#include "issuance/box.h"

#include "issuance/taking_back.h"
#include "points.h"

static void card_of(struct points *p, int32_t seq, char number[CARD_NUMBER_LEN + 1]) {
    struct batch_line line;
    points_expect(p, p->c->store.line_get(p->c->store.self, p->batch.id, seq, &line, &p->why));
    (void)memcpy(number, line.card_number, CARD_NUMBER_LEN + 1);
}

static void a_label_is_read_as_it_is_written(void **state) {
    (void)state;
    for (int32_t number = 1; number <= 1000; number += 37) {
        struct box box = {.batch = 1 + number * 3, .number = number};
        char label[BOX_LABEL_MAX];
        int64_t batch = 0;
        int32_t read = 0;
        box_label_write(&box, label);
        assert_true(box_label_read(label, &batch, &read));
        assert_int_equal(batch, box.batch);
        assert_int_equal(read, number);
        for (size_t len = 0; len < strlen(label); len++) { /* no prefix is that label */
            char cut[BOX_LABEL_MAX];
            (void)snprintf(cut, sizeof cut, "%.*s", (int)len, label);
            assert_true(!box_label_read(cut, &batch, &read) || read != number);
        }
    }
}

static void what_is_no_label_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", "1", "1-1", "1-1-", "-1-1", "1-1-1-1", "0-1-1", "1-0-1",
        "1-1-0", "1-2-1", "1-1-11", "01-1-1", "1-1-1 ", " 1-1-1", "a-1-1", "1--1",
        "1-1-99999999999", "1-1-1-", "1234567890123-1-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t batch = 77;
        int32_t number = 78;
        assert_false(box_label_read(bad[i], &batch, &number));
        assert_int_equal(batch, 77);
        assert_int_equal(number, 78);
    }
}

/* Persons 1 to 9: units B, A, none, ... ; within a unit by name. */
static void cards_of_a_unit_lie_together(void **state) {
    (void)state;
    struct points *p = points_made(9);
    int32_t boxes = 0;
    struct box_card card = {.position = 0};
    static const int order[] = {2, 5, 8, 1, 4, 7, 9, 3, 6};
    counter_expect(
        p->c, db_run(&p->c->db,
                  "UPDATE person SET employer = CASE id % 3 WHEN 1 THEN 'B' WHEN 2 THEN 'A' "
                  "ELSE '' END, region = CASE id WHEN 9 THEN 440102 ELSE 440111 END",
                  &p->c->why));
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    assert_int_equal(boxes, 3);
    for (int i = 0; i < 9; i++) {
        char wanted[CARD_NUMBER_LEN + 1];
        struct box box = points_box(p, i / 4 + 1);
        points_expect(p, p->store.card_after(p->store.self, box.id, i % 4, &card, &p->why));
        card_of(p, order[i], wanted);
        assert_string_equal(card.card, wanted);
        assert_int_equal(card.position, i % 4 + 1);
    }
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    assert_int_equal(boxes, 3); /* packing again moves nothing */
    points_hold(p);
    points_close(p);
}

static void a_remade_card_goes_behind_the_last_one(void **state) {
    (void)state;
    struct points *p = points_made(5);
    int32_t boxes = 0;
    counter_expect(
        p->c, db_run(&p->c->db, "UPDATE batch_line SET state = 31 WHERE seq = 2", &p->c->why));
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    assert_int_equal(boxes, 1);
    counter_expect(
        p->c, db_run(&p->c->db, "UPDATE batch_line SET state = 40 WHERE seq = 2", &p->c->why));
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    assert_int_equal(boxes, 2);
    assert_int_equal(points_ask(p, "SELECT box * 10 + position FROM batch_line WHERE seq = 2"), 21);
    points_close(p);
}

static void a_batch_is_stored_when_every_box_was_counted(void **state) {
    (void)state;
    struct points *p = points_sent(9);
    struct box box = points_box(p, 1);
    assert_int_equal(box.state, BOX_SENT);
    assert_string_equal(box.point, "GZ01");
    assert_int_equal(boxes_store(&p->desk, p->batch.id, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "point receive"));
    for (int32_t n = 1; n <= 3; n++) {
        box = points_box(p, n);
        points_expect(p, box_receive(&p->desk, box.id, n == 3 ? 1 : 4, &box, &p->why));
        assert_int_equal(box.state, BOX_STORED);
    }
    points_expect(p, boxes_store(&p->desk, p->batch.id, &p->why));
    assert_int_equal(points_ask(p, "SELECT state FROM batch"), BATCH_STORED);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box_card WHERE stored = 20031010"), 9);
    points_hold(p);
    points_close(p);
}

static void a_count_sent_again_is_answered_as_before(void **state) {
    (void)state;
    struct points *p = points_sent(8);
    struct box box = points_box(p, 1);
    struct box odd = points_box(p, 2);
    for (int i = 0; i < 2; i++) {
        points_expect(p, box_receive(&p->desk, box.id, 4, &box, &p->why));
        assert_int_equal(box.state, BOX_STORED);
        points_expect(p, box_receive(&p->desk, odd.id, 3, &odd, &p->why));
        assert_int_equal(odd.state, BOX_QUARANTINED);
    }
    assert_int_equal(box_receive(&p->desk, box.id, 3, &box, &p->why), ERR_CONFLICT);
    assert_int_equal(box_receive(&p->desk, odd.id, 4, &odd, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "recount"));
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box_entry WHERE kind IN (2, 3)"), 2);
    points_hold(p);
    points_close(p);
}

/* Box 2: nothing leaves it, one officer cannot release it. */
static void a_box_that_differs_is_in_quarantine(void **state) {
    (void)state;
    struct points *p = points_sent(4);
    struct box box = points_box(p, 1);
    char number[CARD_NUMBER_LEN + 1];
    char point[POINT_MAX + 1];
    card_of(p, 1, number);
    points_expect(p, box_receive(&p->desk, box.id, 3, &box, &p->why));
    assert_int_equal(box.state, BOX_QUARANTINED);
    assert_int_equal(
        points_ask(p, "SELECT expected * 10 + counted FROM box_entry WHERE kind = 3"), 43);
    assert_int_equal(box_take_out(&p->desk, number, ENTRY_HANDED, point, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "quarantine"));
    struct point_desk alone = p->desk;
    alone.second = NULL;
    assert_int_equal(box_recount(&alone, box.id, 4, &box, &p->why), ERR_DENIED);
    alone.second = "point";
    assert_int_equal(box_recount(&alone, box.id, 4, &box, &p->why), ERR_DENIED);
    alone.second = "maker";
    assert_int_equal(box_recount(&alone, box.id, 4, &box, &p->why), ERR_DENIED);
    points_expect(p, box_recount(&p->desk, box.id, 2, &box, &p->why));
    assert_int_equal(box.state, BOX_QUARANTINED); /* a second difference note */
    points_expect(p, box_recount(&p->desk, box.id, 4, &box, &p->why));
    assert_int_equal(box.state, BOX_STORED);
    assert_int_equal(box_recount(&p->desk, box.id, 4, &box, &p->why), ERR_CONFLICT);
    points_hold(p);
    points_close(p);
}

static void a_missing_card_is_cancelled_and_the_box_agrees(void **state) {
    (void)state;
    struct points *p = points_sent(4);
    struct box box = points_box(p, 1);
    char number[CARD_NUMBER_LEN + 1];
    card_of(p, 3, number);
    assert_int_equal(box_card_missing(&p->desk, number, "police 17", &p->why), ERR_CONFLICT);
    points_expect(p, box_receive(&p->desk, box.id, 3, &box, &p->why));
    assert_int_equal(box_card_missing(&p->desk, number, "", &p->why), ERR_INVALID);
    points_expect(p, box_card_missing(&p->desk, number, "police 17", &p->why));
    assert_int_equal(box_card_missing(&p->desk, number, "police 17", &p->why), ERR_NOT_FOUND);
    points_expect(p, box_recount(&p->desk, box.id, 3, &box, &p->why));
    assert_int_equal(box.state, BOX_STORED);
    assert_int_equal(points_ask(p, "SELECT sub_reason FROM card WHERE life = 9"), 95);
    assert_int_equal(points_ask(p, "SELECT state FROM batch_line WHERE seq = 3"), LINE_MISSING);
    assert_int_equal(
        points_ask(p, "SELECT state FROM application WHERE id = 3"), APPLICATION_TROUBLED);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM blacklist WHERE added = 1"), 1);
    points_hold(p);
    points_close(p);
}

static void a_box_whose_cards_are_all_missing_is_empty(void **state) {
    (void)state;
    struct points *p = points_sent(2);
    struct box box = points_box(p, 1);
    char number[CARD_NUMBER_LEN + 1];
    points_expect(p, box_receive(&p->desk, box.id, 0, &box, &p->why));
    for (int32_t seq = 1; seq <= 2; seq++) {
        card_of(p, seq, number);
        points_expect(p, box_card_missing(&p->desk, number, "parcel lost", &p->why));
    }
    assert_int_equal(points_box(p, 1).state, BOX_EMPTY);
    points_expect(p, boxes_store(&p->desk, p->batch.id, &p->why));
    points_step(p, BATCH_CLOSE); /* a gap that two officers wrote off is none */
    points_hold(p);
    points_close(p);
}

/* [system.md 4.3: take the card out of its box and renumber the rest] */
static void the_rest_moves_up_when_a_card_is_taken_out(void **state) {
    (void)state;
    struct points *p = points_stored(4);
    struct box_card place;
    char number[CARD_NUMBER_LEN + 1];
    char point[POINT_MAX + 1];
    card_of(p, 2, number);
    points_expect(p, box_take_out(&p->desk, number, ENTRY_HANDED, point, &p->why));
    assert_string_equal(point, "GZ01");
    card_of(p, 4, number);
    points_expect(p, p->store.card_place(p->store.self, number, &place, &p->why));
    assert_int_equal(place.position, 3);
    points_hold(p);
    for (int32_t seq = 1; seq <= 4; seq++) {
        card_of(p, seq, number);
        points_expect(p, box_take_out(&p->desk, number, ENTRY_HANDED, point, &p->why));
        points_hold(p);
    }
    assert_int_equal(points_box(p, 1).state, BOX_EMPTY);
    points_close(p);
}

static void boxes_of_one_point_are_merged_as_far_as_they_have_room(void **state) {
    (void)state;
    struct points *p = points_stored(8);
    struct box a = points_box(p, 1);
    struct box b = points_box(p, 2);
    struct box_card place;
    char number[CARD_NUMBER_LEN + 1];
    char point[POINT_MAX + 1];
    assert_int_equal(box_merge(&p->desk, a.id, b.id, 4, &p->why), ERR_CONFLICT);
    assert_int_equal(box_merge(&p->desk, a.id, a.id, 99, &p->why), ERR_CONFLICT);
    for (int32_t seq = 1; seq <= 6; seq++) {
        if (seq != 2) {
            card_of(p, seq, number);
            points_expect(p, box_take_out(&p->desk, number, ENTRY_HANDED, point, &p->why));
        }
    }
    points_expect(p, box_merge(&p->desk, a.id, b.id, 4, &p->why));
    assert_int_equal(points_box(p, 1).state, BOX_EMPTY);
    assert_int_equal(points_box(p, 2).cards, 3);
    card_of(p, 2, number);
    points_expect(p, p->store.card_place(p->store.self, number, &place, &p->why));
    assert_int_equal(place.box, b.id);
    assert_int_equal(place.position, 3);
    assert_int_equal(box_merge(&p->desk, a.id, b.id, 4, &p->why), ERR_CONFLICT);
    points_hold(p);
    points_close(p);
}

static void a_box_moves_to_another_point(void **state) {
    (void)state;
    struct points *p = points_stored(8);
    struct box box = points_box(p, 1);
    struct point_count count;
    assert_int_equal(box_send(&p->desk, box.id, "GZ01", &p->why), ERR_INVALID);
    assert_int_equal(box_send(&p->desk, box.id, "", &p->why), ERR_INVALID);
    assert_int_equal(box_send(&p->desk, box.id, "A-POINT-OF-TOO-MANY", &p->why), ERR_INVALID);
    points_expect(p, box_send(&p->desk, box.id, "GZ02", &p->why));
    assert_int_equal(box_send(&p->desk, box.id, "GZ02", &p->why), ERR_CONFLICT);
    points_expect(p, point_count_read(&p->desk, "GZ01", &count, &p->why));
    assert_int_equal(count.closing, 4);
    assert_int_equal(count.lying, 4);
    points_expect(p, box_receive(&p->desk, box.id, 4, &box, &p->why));
    points_expect(p, point_count_read(&p->desk, "GZ02", &count, &p->why));
    assert_int_equal(count.closing, 4);
    points_hold(p);
    points_close(p);
}

static void a_card_that_came_back_finds_a_place(void **state) {
    (void)state;
    struct points *p = points_stored(4);
    char number[CARD_NUMBER_LEN + 1];
    char point[POINT_MAX + 1];
    for (int32_t seq = 1; seq <= 4; seq++) {
        card_of(p, seq, number);
        points_expect(p, box_take_out(&p->desk, number, ENTRY_HANDED, point, &p->why));
    }
    points_expect(p, box_put_back(&p->desk, number, "GZ01", 4, &p->why)); /* its own, empty */
    assert_int_equal(points_box(p, 1).state, BOX_STORED);
    card_of(p, 1, number);
    points_expect(p, box_put_back(&p->desk, number, "GZ01", 4, &p->why)); /* one with room */
    assert_int_equal(points_box(p, 1).cards, 2);
    assert_int_not_equal(box_put_back(&p->desk, number, "GZ01", 4, &p->why), OK); /* twice */
    card_of(p, 2, number);
    assert_int_not_equal(box_put_back(&p->desk, number, "GZ01", 2, &p->why), OK); /* no room */
    points_close(p);
}

static void boxes_that_were_never_sent_are_unpacked(void **state) {
    (void)state;
    struct points *p = points_made(6);
    int32_t boxes = 0;
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    points_expect(p, boxes_unpack(&p->maker, p->batch.id, &p->why));
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box"), 0);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box_card"), 0);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM batch_line WHERE box <> 0"), 0);
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    assert_int_equal(boxes, 2);
    points_step(p, BATCH_PACK);
    points_expect(p, boxes_deliver(&p->maker, p->batch.id, &p->why));
    assert_int_equal(boxes_unpack(&p->maker, p->batch.id, &p->why), ERR_CONFLICT);
    points_close(p);
}

static void who_may_not_touch_boxes_is_refused(void **state) {
    (void)state;
    struct points *p = points_sent(4);
    struct box box = points_box(p, 1);
    int32_t boxes = 0;
    assert_int_equal(boxes_pack(&p->desk, &points_rules, p->batch.id, &boxes, &p->why), ERR_DENIED);
    assert_int_equal(boxes_deliver(&p->desk, p->batch.id, &p->why), ERR_DENIED);
    assert_int_equal(boxes_store(&p->maker, p->batch.id, &p->why), ERR_DENIED);
    assert_int_equal(box_receive(&p->maker, box.id, 4, &box, &p->why), ERR_DENIED);
    assert_int_equal(box_send(&p->maker, box.id, "GZ02", &p->why), ERR_DENIED);
    assert_int_equal(box_receive(&p->desk, 99, 4, &box, &p->why), ERR_NOT_FOUND);
    assert_int_equal(box_receive(&p->desk, 1, -1, &box, &p->why), ERR_INVALID);
    points_hold(p);
    points_close(p);
}

/* Each row that a receipt, a merging or a loss writes fails in turn, and nothing has moved. */
static void what_fails_anywhere_changes_nothing(void **state) {
    (void)state;
    static const char *const events[] = {"UPDATE ON box", "INSERT ON box_entry",
        "UPDATE ON box_card", "DELETE ON box_card", "UPDATE ON card", "UPDATE ON batch_line",
        "INSERT ON audit"};
    struct points *p = points_sent(8);
    struct box box = points_box(p, 1);
    struct box other = points_box(p, 2);
    char number[CARD_NUMBER_LEN + 1];
    card_of(p, 5, number);
    points_expect(p, box_receive(&p->desk, other.id, 3, &other, &p->why));
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        int64_t entries = points_ask(p, "SELECT count(*) FROM box_entry");
        trap_set(&p->c->db, events[i]);
        bool taken = i >= 3 && i <= 5;
        assert_true(taken || box_receive(&p->desk, box.id, 4, &box, &p->why) != OK);
        assert_true(i == 0 || box_card_missing(&p->desk, number, "police", &p->why) != OK);
        trap_open(&p->c->db);
        assert_int_equal(points_ask(p, "SELECT count(*) FROM box_entry"), entries);
        assert_int_equal(points_box(p, 1).state, BOX_SENT);
        assert_int_equal(points_box(p, 2).cards, 4);
        points_hold(p);
    }
    points_expect(p, box_receive(&p->desk, box.id, 4, &box, &p->why));
    points_close(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_read_as_it_is_written),
        cmocka_unit_test(what_is_no_label_is_refused),
        cmocka_unit_test(cards_of_a_unit_lie_together),
        cmocka_unit_test(a_remade_card_goes_behind_the_last_one),
        cmocka_unit_test(a_batch_is_stored_when_every_box_was_counted),
        cmocka_unit_test(a_count_sent_again_is_answered_as_before),
        cmocka_unit_test(a_box_that_differs_is_in_quarantine),
        cmocka_unit_test(a_missing_card_is_cancelled_and_the_box_agrees),
        cmocka_unit_test(a_box_whose_cards_are_all_missing_is_empty),
        cmocka_unit_test(the_rest_moves_up_when_a_card_is_taken_out),
        cmocka_unit_test(boxes_of_one_point_are_merged_as_far_as_they_have_room),
        cmocka_unit_test(a_box_moves_to_another_point),
        cmocka_unit_test(a_card_that_came_back_finds_a_place),
        cmocka_unit_test(boxes_that_were_never_sent_are_unpacked),
        cmocka_unit_test(who_may_not_touch_boxes_is_refused),
        cmocka_unit_test(what_fails_anywhere_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

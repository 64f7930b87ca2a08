#include "issuance/point_day.h"

#include "points.h"

static void take_out(struct points *p, const char *where) {
    struct box_card card = {.position = 0};
    struct box box = points_box(p, 1);
    char point[POINT_MAX + 1];
    points_expect(p, p->store.card_after(p->store.self, box.id, 0, &card, &p->why));
    points_expect(p, box_take_out(&p->desk, card.card, ENTRY_HANDED, point, &p->why));
    assert_string_equal(point, where);
}

/* opening + received - handed out - returned = closing, from day to day. */
static void a_day_adds_up_and_the_next_begins_with_it(void **state) {
    (void)state;
    struct points *p = points_stored(8);
    struct point_count count;
    take_out(p, "GZ01");
    points_expect(p, point_close(&p->desk, "GZ01", 7, &count, &p->why));
    assert_int_equal(count.opening, 0);
    assert_int_equal(count.received, 8);
    assert_int_equal(count.handed, 1);
    assert_int_equal(count.closing, 7);
    p->desk.day = 20031011;
    take_out(p, "GZ01");
    take_out(p, "GZ01");
    points_expect(p, point_close(&p->desk, "GZ01", 5, &count, &p->why));
    assert_int_equal(count.opening, 7);
    assert_int_equal(count.received, 0);
    assert_int_equal(count.handed, 2);
    assert_int_equal(count.closing, 5);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM point_day"), 2);
    points_close(p);
}

static void a_difference_blocks_the_closing_and_is_kept(void **state) {
    (void)state;
    struct points *p = points_stored(8);
    struct point_count count;
    assert_int_equal(point_close(&p->desk, "GZ01", 7, &count, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "1 are missing"));
    assert_int_equal(point_close(&p->desk, "GZ01", 10, &count, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "2 too many"));
    assert_int_equal(points_ask(p, "SELECT count(*) FROM point_day"), 0);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM audit WHERE what = 'count a point'"), 2);
    points_expect(p, point_close(&p->desk, "GZ01", 8, &count, &p->why));
    points_close(p);
}

/* A row behind the ledger's back shows on the other side. */
static void rows_that_do_not_agree_with_the_ledger_block_it_too(void **state) {
    (void)state;
    struct points *p = points_stored(8);
    struct point_count count;
    counter_expect(p->c, db_run(&p->c->db, "DELETE FROM box_card WHERE position = 4", &p->c->why));
    assert_int_equal(point_close(&p->desk, "GZ01", 8, &count, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "8 cards by its ledger"));
    assert_int_equal(point_close(&p->desk, "GZ01", 6, &count, &p->why), ERR_CONFLICT);
    points_close(p);
}

static void a_closed_day_takes_no_more_rows(void **state) {
    (void)state;
    struct points *p = points_stored(4);
    struct point_count count;
    struct box_card card = {.position = 0};
    char point[POINT_MAX + 1];
    points_expect(p, point_close(&p->desk, "GZ01", 4, &count, &p->why));
    points_expect(p, point_close(&p->desk, "GZ01", 4, &count, &p->why)); /* once more */
    assert_int_equal(point_close(&p->desk, "GZ01", 3, &count, &p->why), ERR_CONFLICT);
    points_expect(p, p->store.card_after(p->store.self, points_box(p, 1).id, 0, &card, &p->why));
    assert_int_equal(box_take_out(&p->desk, card.card, ENTRY_HANDED, point, &p->why), ERR_CONFLICT);
    assert_non_null(strstr(p->why.text, "has closed 20031010"));
    p->desk.day = 20031009;
    assert_int_equal(point_close(&p->desk, "GZ01", 4, &count, &p->why), ERR_CONFLICT);
    points_close(p);
}

static void a_box_in_quarantine_counts_nowhere(void **state) {
    (void)state;
    struct points *p = points_sent(8);
    struct point_count count;
    struct box box = points_box(p, 1);
    points_expect(p, box_receive(&p->desk, box.id, 3, &box, &p->why));
    box = points_box(p, 2);
    points_expect(p, box_receive(&p->desk, box.id, 4, &box, &p->why));
    points_expect(p, point_close(&p->desk, "GZ01", 4, &count, &p->why));
    p->desk.day = 20031011;
    box = points_box(p, 1);
    points_expect(p, box_recount(&p->desk, box.id, 4, &box, &p->why));
    points_expect(p, point_close(&p->desk, "GZ01", 8, &count, &p->why));
    assert_int_equal(count.received, 4);
    points_close(p);
}

static void only_an_officer_of_a_point_closes_it(void **state) {
    (void)state;
    struct points *p = points_stored(4);
    struct point_count count;
    assert_int_equal(point_close(&p->maker, "GZ01", 4, &count, &p->why), ERR_DENIED);
    points_expect(p, point_close(&p->desk, "GZ99", 0, &count, &p->why)); /* a point without cards */
    points_close(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_adds_up_and_the_next_begins_with_it),
        cmocka_unit_test(a_difference_blocks_the_closing_and_is_kept),
        cmocka_unit_test(rows_that_do_not_agree_with_the_ledger_block_it_too),
        cmocka_unit_test(a_closed_day_takes_no_more_rows),
        cmocka_unit_test(a_box_in_quarantine_counts_nowhere),
        cmocka_unit_test(only_an_officer_of_a_point_closes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

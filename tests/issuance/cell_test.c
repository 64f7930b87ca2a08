#include "cell_floor.h"

/* Every blank that was bought is somewhere, no chip is in two lines, no card lacks an owner, and
 * what was received is what came out: cell 4 and stock 5. */
static void assert_whole(struct floor *f) {
    assert_int_equal(floor_ask(f, "SELECT count(*) - count(DISTINCT card_factor) FROM batch_line "
                                  "WHERE card_factor IS NOT NULL"),
        0);
    assert_int_equal(
        floor_ask(f, "SELECT count(*) FROM card WHERE person NOT IN (SELECT id FROM person)"), 0);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM batch_line WHERE state = 40"),
        floor_ask(f, "SELECT count(*) FROM card"));
    counter_expect(f->c, db_audit_verify(&f->c->db, NULL, &f->c->why));
}

/* After the end of a run nothing is in production any more. */
static void assert_ended(struct floor *f) {
    struct stock_balance balance;
    assert_true(f->run.ended);
    assert_int_equal(f->counts.by[PIECE_TAKEN], 0);
    assert_int_equal(f->counts.received,
        f->counts.by[PIECE_PASSED] + f->counts.by[PIECE_REJECTED] + f->counts.by[PIECE_RETURNED]);
    if (f->cell.stock) {
        counter_expect(f->c, stock_balance_read(&f->stock, "440100", &balance, &f->c->why));
        counter_expect(f->c, stock_balance_check(&balance, "440100", &f->c->why));
    }
    assert_whole(f);
}

static void make_and_end(struct floor *f) {
    counter_expect(f->c, cell_make(&f->cell, &f->run, &f->c->why));
    counter_expect(f->c, cell_end(&f->cell, &f->run, &f->counts, &f->c->why));
    assert_ended(f);
}

static void a_batch_is_made_and_everything_is_written_down(void **state) {
    (void)state;
    struct floor *f = floor_open(70, 75);
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.received, 70);
    assert_int_equal(f->counts.by[PIECE_PASSED], 70);
    assert_int_equal(f->moved, 70);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 40"), 70);
    assert_int_equal(
        floor_ask(f, "SELECT count(*) FROM blank WHERE state = 50"), 1); /* test card */
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 20"), 4);
    assert_int_equal(
        floor_ask(f, "SELECT count(*) FROM production_piece WHERE length(atr) = 17 AND "
                     "key_version = 1 AND commands > 400 AND micros > 0 AND seat < 16"),
        71);
    /* Ended is ended, and says the same again. */
    struct production_counts again;
    counter_expect(f->c, cell_end(&f->cell, &f->run, &again, &f->c->why));
    assert_memory_equal(&again, &f->counts, sizeof again);
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
    floor_end(f);
}

static void without_a_ledger_each_number_has_its_blank(void **state) {
    (void)state;
    struct floor *f = floor_open(3, 0);
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 3);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM production_piece WHERE serial <= 3"), 3);
    floor_end(f);
}

/* The second person reviews, and is a second person. */
static void one_officer_is_not_enough(void **state) {
    static const struct {
        const char *officer, *second;
    } cases[] = {
        {"maker",    "maker"   },
        {"approver", "approver"},
        {"approver", "maker"   },
        {"maker",    "point"   },
        {"nobody",   "approver"},
    };
    (void)state;
    struct floor *f = floor_open(1, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct production_run run = f->run;
        (void)snprintf(run.officer, sizeof run.officer, "%s", cases[i].officer);
        (void)snprintf(run.second, sizeof run.second, "%s", cases[i].second);
        assert_int_equal(cell_begin(&f->cell, &run, &f->c->why), ERR_DENIED);
    }
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM production_run"), 0);
    floor_end(f);
}

static void a_batch_must_be_with_its_maker_and_blanks_in_production(void **state) {
    (void)state;
    struct floor *f = floor_open(1, 3);
    struct production_run run = f->run;
    run.count = 4; /* 504 was never bought */
    assert_int_equal(cell_begin(&f->cell, &run, &f->c->why), ERR_CONFLICT);
    assert_non_null(strstr(f->c->why.text, "1 of the blanks 501 to 504"));
    run = f->run;
    run.batch = 9;
    assert_int_equal(cell_begin(&f->cell, &run, &f->c->why), ERR_NOT_FOUND);
    floor_begin(f);
    make_and_end(f);
    counter_expect(f->c, batch_step(&f->c->store, 1, BATCH_FROM_MAKER, "maker", &f->c->why));
    assert_int_equal(cell_begin(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
    floor_end(f);
}

static void nothing_is_made_before_a_good_test_card(void **state) {
    static const enum fault faults[] = {FAULT_MUTE, FAULT_LIES, FAULT_REFUSES, FAULT_DIES};
    (void)state;
    struct floor *f = floor_open(2, 12);
    counter_expect(f->c, cell_begin(&f->cell, &f->run, &f->c->why));
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        f->faults[(FLOOR_FIRST + i) % FLOOR_CHIPS] = faults[i];
        f->after[(FLOOR_FIRST + i) % FLOOR_CHIPS] = 40;
        assert_int_equal(cell_test(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
        assert_false(f->run.tested);
    }
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM card"), 0);
    counter_expect(f->c, cell_test(&f->cell, &f->run, &f->c->why));
    counter_expect(f->c, cell_test(&f->cell, &f->run, &f->c->why)); /* done is done */
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM production_piece WHERE seq = 0"), 5);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 50"), 5);
    make_and_end(f);
    floor_end(f);
}

/* A spoiled blank costs a blank, and the same number gets another one. */
static void a_bad_chip_is_spoiled_and_its_line_made_again(void **state) {
    static const enum fault faults[] = {FAULT_MUTE, FAULT_DIES, FAULT_REFUSES};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct floor *f = floor_open(5, 10);
        f->faults[(FLOOR_FIRST + 3) % FLOOR_CHIPS] = faults[i];
        f->after[(FLOOR_FIRST + 3) % FLOOR_CHIPS] = 100;
        floor_begin(f);
        make_and_end(f);
        assert_int_equal(f->counts.received, 6);
        assert_int_equal(f->counts.by[PIECE_PASSED], 5);
        assert_int_equal(f->counts.by[PIECE_REJECTED], 1);
        assert_int_equal(floor_ask(f, "SELECT count(*) FROM card_number WHERE state = 2"), 5);
        assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 50"), 2);
        assert_int_equal(
            floor_ask(f, "SELECT count(*) FROM production_piece WHERE state = 2 AND seq > 0 AND "
                         "length(reason) > 5"),
            1);
        floor_end(f);
    }
}

/* What reads back differently is a card with keys in it: it is destroyed as a card. */
static void a_card_that_reads_back_wrong_ends_its_line(void **state) {
    (void)state;
    struct floor *f = floor_open(3, 6);
    f->faults[(FLOOR_FIRST + 2) % FLOOR_CHIPS] = FAULT_LIES;
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 2);
    assert_int_equal(f->counts.by[PIECE_REJECTED], 1);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM batch_line WHERE state = 41"), 1);
    floor_end(f);
}

static void three_bad_blanks_leave_a_line_failed(void **state) {
    (void)state;
    struct floor *f = floor_open(1, 8);
    for (size_t i = 1; i < 8; i++) {
        f->faults[(FLOOR_FIRST + i) % FLOOR_CHIPS] = FAULT_MUTE;
    }
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_REJECTED], CELL_TRIES_MAX);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM batch_line WHERE state = 31"), 1);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 20"), 4);
    floor_end(f);
}

/* The feeder slipped: that chip is nobody's here, and the blank that was due goes back untouched.
 */
static void another_chip_than_the_one_that_was_due_is_not_touched(void **state) {
    (void)state;
    struct floor *f = floor_open(3, 8);
    f->faults[(FLOOR_FIRST + 2) % FLOOR_CHIPS] = FAULT_OTHER;
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 3);
    assert_int_equal(f->counts.by[PIECE_RETURNED], 1);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 20"), 4);
    floor_end(f);
}

static void who_does_not_fit_a_card_costs_no_blank(void **state) {
    (void)state;
    struct floor *f = floor_open(3, 8);
    counter_expect(
        f->c, db_run(&f->c->db,
                  "UPDATE person SET name = '一二三四五六七八九十一二三四五六' WHERE id = 2",
                  &f->c->why));
    floor_begin(f);
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 2);
    assert_int_equal(f->counts.by[PIECE_RETURNED], 1);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM batch_line WHERE state = 31"), 1);
    floor_end(f);
}

/* One reader goes in the middle of a card, the other goes on; then it is mended, and what was in
 * doubt is found out: the chip is half made, so it is spoiled. */
static void a_reader_that_dies_leaves_one_piece_in_doubt(void **state) {
    (void)state;
    struct floor *f = floor_open(6, 12);
    size_t at = (FLOOR_FIRST + 2) % FLOOR_CHIPS;
    f->faults[at] = FAULT_READER;
    f->after[at] = 100;
    floor_begin(f);
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_OUTSIDE);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM production_piece WHERE state = 0"), 1);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM card"), 5);
    assert_int_equal(cell_end(&f->cell, &f->run, &f->counts, &f->c->why), ERR_CONFLICT);
    assert_whole(f);
    f->faults[at] = FAULT_NONE;
    counter_expect(f->c, cell_begin(&f->cell, &f->run, &f->c->why)); /* the next shift goes on */
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 6);
    assert_int_equal(f->counts.by[PIECE_REJECTED], 1);
    floor_end(f);
}

/* Cell 5: the card was finished, but its row never said so. It is read, and counts. */
static void a_finished_card_that_was_not_written_down_is_found(void **state) {
    (void)state;
    struct floor *f = floor_open(3, 8);
    size_t at = (FLOOR_FIRST + 2) % FLOOR_CHIPS;
    f->faults[at] = FAULT_JAM;
    floor_begin(f);
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_OUTSIDE);
    f->faults[at] = FAULT_NONE;
    make_and_end(f);
    assert_int_equal(f->counts.received, 3);
    assert_int_equal(f->counts.by[PIECE_PASSED], 3);
    floor_end(f);
}

/* All seats at once: nothing is lost, and nothing is made twice. */
static void all_readers_may_die_and_come_back(void **state) {
    (void)state;
    struct floor *f = floor_open(20, 30);
    for (size_t i = 1; i < 8; i++) {
        f->faults[(FLOOR_FIRST + i) % FLOOR_CHIPS] = FAULT_READER;
        f->after[(FLOOR_FIRST + i) % FLOOR_CHIPS] = (unsigned)(50 * i);
    }
    floor_begin(f);
    int turns = 0;
    while (cell_make(&f->cell, &f->run, &f->c->why) == ERR_OUTSIDE) {
        assert_whole(f);
        for (size_t i = 1; i < 8; i++) {
            bool tried = f->touched[(FLOOR_FIRST + i) % FLOOR_CHIPS];
            f->faults[(FLOOR_FIRST + i) % FLOOR_CHIPS] = tried ? FAULT_NONE : FAULT_READER;
        }
        assert_true(++turns < 10);
    }
    make_and_end(f);
    assert_true(
        turns > (floor_seats == FLOOR_HANDS ? 1 : 0)); /* with many seats the others go on */
    assert_int_equal(f->counts.by[PIECE_PASSED], 20);
    floor_end(f);
}

/* Blanks run out in the middle: what could be made is made, and more are drawn for the rest. */
static void a_run_that_lacks_blanks_goes_on_with_more(void **state) {
    (void)state;
    struct floor *f = floor_open(6, 4);
    floor_begin(f);
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_CONFLICT);
    assert_non_null(strstr(f->c->why.text, "used up"));
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM card"), 3);
    floor_blanks(f, 401, 10, 2);
    f->run.first = 401; /* below those before: order of serials is nobody's promise */
    f->run.count = 8;
    counter_expect(f->c, cell_begin(&f->cell, &f->run, &f->c->why));
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], 6);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 20"), 7);
    floor_end(f);
}

static void a_run_is_gone_on_with_at_its_own_machine_only(void **state) {
    (void)state;
    struct floor *f = floor_open(1, 3);
    floor_begin(f);
    struct production_run other = f->run;
    (void)snprintf(other.machine, sizeof other.machine, "cell-2");
    assert_int_equal(cell_begin(&f->cell, &other, &f->c->why), ERR_CONFLICT);
    assert_non_null(strstr(f->c->why.text, "cell-1"));
    make_and_end(f);
    floor_end(f);
}

/* The store refuses a row in the middle of writing a group down: nothing of the group is half there, the
 * chips are found out afterwards, and every card is made once. */
static void a_group_is_written_down_whole_or_not_at_all(void **state) {
    static const char *const events[] = {"INSERT ON card", "UPDATE ON batch_line",
        "UPDATE ON production_piece", "INSERT ON stock_order", "UPDATE ON card_number",
        "INSERT ON audit", "UPDATE ON blank"};
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct floor *f = floor_open(4, 6);
        floor_begin(f);
        trap_set(&f->c->db, events[i]);
        assert_int_not_equal(cell_make(&f->cell, &f->run, &f->c->why), OK);
        trap_open(&f->c->db);
        assert_int_equal(floor_ask(f, "SELECT count(*) FROM card"), 0);
        assert_int_equal(floor_ask(f, "SELECT count(*) FROM production_piece WHERE state = 0"), 4);
        assert_int_equal(floor_ask(f, "SELECT count(*) FROM blank WHERE state = 40"), 0);
        assert_whole(f);
        make_and_end(f);
        assert_int_equal(f->counts.received, 4);
        assert_int_equal(f->counts.by[PIECE_PASSED], 4);
        floor_end(f);
    }
}

/* The last group cannot be written down while the next is in the seats already: both are found out, and
 * every card is made once. */
static void two_groups_in_the_machine_are_both_found_out(void **state) {
    enum { TWO_GROUPS = CELL_CARDS_AT_ONCE + 20 };
    (void)state;
    struct floor *f = floor_open(TWO_GROUPS, TWO_GROUPS + 2);
    floor_begin(f);
    trap_set(&f->c->db, "INSERT ON card");
    assert_int_not_equal(cell_make(&f->cell, &f->run, &f->c->why), OK);
    trap_open(&f->c->db);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM card"), 0);
    assert_int_equal(
        floor_ask(f, "SELECT count(*) FROM production_piece WHERE state = 0"), TWO_GROUPS);
    assert_whole(f);
    make_and_end(f);
    assert_int_equal(f->counts.received, TWO_GROUPS);
    assert_int_equal(f->counts.by[PIECE_PASSED], TWO_GROUPS);
    floor_end(f);
}

/* With a piece in doubt nothing else goes into the machine: the next group waits, untouched. */
static void a_dead_reader_gets_no_next_group(void **state) {
    enum { TWO_GROUPS = CELL_CARDS_AT_ONCE + 20 };
    (void)state;
    struct floor *f = floor_open(TWO_GROUPS, TWO_GROUPS + 3);
    size_t at = (FLOOR_FIRST + 2) % FLOOR_CHIPS;
    f->faults[at] = FAULT_READER;
    f->after[at] = 100;
    floor_begin(f);
    assert_int_equal(cell_make(&f->cell, &f->run, &f->c->why), ERR_OUTSIDE);
    assert_true(floor_ask(f, "SELECT count(*) FROM card") < CELL_CARDS_AT_ONCE);
    assert_int_equal(floor_ask(f, "SELECT count(*) FROM card")
                         + floor_ask(f, "SELECT count(*) FROM production_piece WHERE state = 0"),
        TWO_GROUPS);
    assert_whole(f);
    f->faults[at] = FAULT_NONE;
    make_and_end(f);
    assert_int_equal(f->counts.by[PIECE_PASSED], TWO_GROUPS);
    floor_end(f);
}

/* All of this once more, with hands that attend to eight seats each. */
static int many_seats(void **state) {
    (void)state;
    floor_seats = FLOOR_SEATS;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_made_and_everything_is_written_down),
        cmocka_unit_test(without_a_ledger_each_number_has_its_blank),
        cmocka_unit_test(one_officer_is_not_enough),
        cmocka_unit_test(a_batch_must_be_with_its_maker_and_blanks_in_production),
        cmocka_unit_test(nothing_is_made_before_a_good_test_card),
        cmocka_unit_test(a_bad_chip_is_spoiled_and_its_line_made_again),
        cmocka_unit_test(a_card_that_reads_back_wrong_ends_its_line),
        cmocka_unit_test(three_bad_blanks_leave_a_line_failed),
        cmocka_unit_test(another_chip_than_the_one_that_was_due_is_not_touched),
        cmocka_unit_test(who_does_not_fit_a_card_costs_no_blank),
        cmocka_unit_test(a_reader_that_dies_leaves_one_piece_in_doubt),
        cmocka_unit_test(a_finished_card_that_was_not_written_down_is_found),
        cmocka_unit_test(all_readers_may_die_and_come_back),
        cmocka_unit_test(a_run_that_lacks_blanks_goes_on_with_more),
        cmocka_unit_test(a_run_is_gone_on_with_at_its_own_machine_only),
        cmocka_unit_test(a_group_is_written_down_whole_or_not_at_all),
        cmocka_unit_test(two_groups_in_the_machine_are_both_found_out),
        cmocka_unit_test(a_dead_reader_gets_no_next_group),
    };
    int failed = cmocka_run_group_tests_name("a hand for each seat", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("many seats", tests, many_seats, NULL);
}

/* Ranges of card numbers: entered, let pass, used up, locked. */
#include "issuance/number_range.h"

#include "orders.h"

static struct range_request grant_of(char letter, uint32_t last) {
    return (struct range_request){.letter = letter, .last = last, .letter_no = "YLSZ-2003-9"};
}

/* Entered by the maker and let pass by the approver. */
static void granted(struct orders *o, char letter, uint32_t last) {
    struct range_request r = grant_of(letter, last);
    o->desk.officer = "maker";
    counter_expect(o->c, range_ask(&o->desk, &r, &o->c->why));
    o->desk.officer = "approver";
    counter_expect(o->c, range_decide(&o->desk, r.id, true, &r, &o->c->why));
}

static void two_numbers_of_b_are_left(struct orders *o) {
    counter_expect(
        o->c, db_run(&o->c->db, "UPDATE number_range SET last = 2 WHERE prefix = 'B'", &o->c->why));
}

static int64_t batch_of(struct orders *o, enum err expected) {
    struct batch b = {.day = 20031008, .point = "GZ01"};
    int32_t lines = 0;
    assert_int_equal(
        batch_make(&o->c->store, &counter_rules, "maker", &b, &lines, &o->c->why), expected);
    return b.id;
}

static void the_next_letter_follows_when_one_is_used_up(void **state) {
    (void)state;
    struct orders *o = orders_open(4);
    counter_apply(o->c, 4);
    two_numbers_of_b_are_left(o);
    (void)batch_of(o, ERR_NOT_FOUND);
    assert_non_null(strstr(o->c->why.text, "number ask"));
    granted(o, 'D', 100);
    (void)batch_of(o, OK);
    assert_int_equal(
        orders_ask(o, "SELECT count(*) FROM batch_line WHERE card_number LIKE 'B%'"), 2);
    assert_int_equal(
        orders_ask(o, "SELECT count(*) FROM batch_line WHERE card_number LIKE 'D000000%'"), 2);
    assert_int_equal(orders_ask(o, "SELECT next FROM number_range WHERE prefix = 'D'"), 3);
    orders_close(o);
}

/* range 1 */
static void what_was_granted_only_grows(void **state) {
    (void)state;
    struct orders *o = orders_open(1);
    granted(o, 'C', 100);
    o->desk.officer = "maker";
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    struct range_request less = grant_of('C', 99);
    orders_refused(o, range_ask(&o->desk, &less, &o->c->why), ERR_CONFLICT, "only adds", audited);
    struct range_request all = grant_of('B', 9999999);
    orders_refused(o, range_ask(&o->desk, &all, &o->c->why), ERR_CONFLICT, "only adds", audited);
    granted(o, 'C', 200);
    assert_int_equal(orders_ask(o, "SELECT last FROM number_range WHERE prefix = 'C'"), 200);
    orders_close(o);
}

static void two_that_wait_for_one_letter_cannot_take_it_back(void **state) {
    (void)state;
    struct orders *o = orders_open(1);
    struct range_request small = grant_of('C', 100), large = grant_of('C', 200);
    o->desk.officer = "maker";
    counter_expect(o->c, range_ask(&o->desk, &small, &o->c->why));
    counter_expect(o->c, range_ask(&o->desk, &large, &o->c->why));
    o->desk.officer = "approver";
    counter_expect(o->c, range_decide(&o->desk, large.id, true, &large, &o->c->why));
    assert_int_equal(range_decide(&o->desk, small.id, true, &small, &o->c->why), ERR_CONFLICT);
    assert_int_equal(orders_ask(o, "SELECT last FROM number_range WHERE prefix = 'C'"), 200);
    counter_expect(o->c, range_decide(&o->desk, small.id, false, &small, &o->c->why));
    orders_close(o);
}

static void the_same_again_is_found_again(void **state) {
    (void)state;
    struct orders *o = orders_open(1);
    struct range_request one = grant_of('C', 100), again = grant_of('C', 100);
    o->desk.officer = "maker";
    counter_expect(o->c, range_ask(&o->desk, &one, &o->c->why));
    counter_expect(o->c, range_ask(&o->desk, &again, &o->c->why));
    assert_int_equal(again.id, one.id);
    o->desk.officer = "approver";
    counter_expect(o->c, range_decide(&o->desk, one.id, true, &one, &o->c->why));
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    counter_expect(o->c, range_decide(&o->desk, one.id, true, &one, &o->c->why));
    orders_refused(o, range_decide(&o->desk, one.id, false, &one, &o->c->why), ERR_CONFLICT,
        "let pass by approver", audited);
    orders_close(o);
}

static void a_range_takes_a_maker_and_an_approver(void **state) {
    (void)state;
    struct orders *o = orders_open(1);
    struct range_request one = grant_of('C', 100);
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    orders_refused(o, range_ask(&o->desk, &one, &o->c->why), ERR_DENIED, "point", audited);
    o->desk.officer = "maker";
    counter_expect(o->c, range_ask(&o->desk, &one, &o->c->why));
    orders_refused(o, range_decide(&o->desk, one.id, true, &one, &o->c->why), ERR_DENIED, "maker",
        audited + 1);
    o->desk.officer = "approver";
    orders_refused(
        o, range_decide(&o->desk, 77, true, &one, &o->c->why), ERR_NOT_FOUND, "range", audited + 1);
    assert_int_equal(orders_ask(o, "SELECT count(*) FROM number_range"), 1);
    orders_close(o);
}

static void what_is_no_range_is_refused(void **state) {
    static const struct {
        char letter;
        uint32_t last;
        const char *paper, *says;
    } wrong[] = {
        {'A', 100,      "P", "letter from B to J"},
        {'K', 100,      "P", "letter from B to J"},
        {'b', 100,      "P", "letter from B to J"},
        {'C', 0,        "P", "1 to 9999999"      },
        {'C', 10000000, "P", "1 to 9999999"      },
        {'C', 100,      "",  "name the paper"    },
    };
    (void)state;
    struct orders *o = orders_open(1);
    o->desk.officer = "maker";
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct range_request r = {.letter = wrong[i].letter, .last = wrong[i].last};
        (void)snprintf(r.letter_no, sizeof r.letter_no, "%s", wrong[i].paper);
        orders_refused(o, range_ask(&o->desk, &r, &o->c->why), ERR_INVALID, wrong[i].says, audited);
    }
    orders_close(o);
}

/* range 2 */
static void a_released_number_can_be_locked_and_a_reserved_one_cannot(void **state) {
    char number[CARD_NUMBER_LEN + 1];
    (void)state;
    struct orders *o = orders_open(2);
    counter_apply(o->c, 1);
    int64_t batch = batch_of(o, OK);
    o->desk.officer = "approver";
    card_number_write(1, number);
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    orders_refused(o, number_lock(&o->desk, number, true, &o->c->why), ERR_CONFLICT,
        "is reserved for batch 1", audited);
    counter_expect(o->c, batch_step(&o->c->store, batch, BATCH_CANCEL, "maker", &o->c->why));
    counter_expect(o->c, number_lock(&o->desk, number, true, &o->c->why));
    counter_expect(o->c, number_lock(&o->desk, number, true, &o->c->why));
    (void)batch_of(o, OK);
    assert_int_equal(
        orders_ask(o, "SELECT count(*) FROM batch_line WHERE card_number LIKE 'B0000002%'"), 1);
    counter_expect(o->c, number_lock(&o->desk, number, false, &o->c->why));
    assert_int_equal(orders_ask(o, "SELECT state FROM card_number WHERE serial = 1"), NUMBER_FREE);
    assert_int_equal(number_lock(&o->desk, "B00000018", true, &o->c->why), ERR_INVALID);
    card_number_write(99, number);
    assert_int_equal(number_lock(&o->desk, number, true, &o->c->why), ERR_NOT_FOUND);
    o->desk.officer = "maker";
    assert_int_equal(number_lock(&o->desk, number, true, &o->c->why), ERR_DENIED);
    orders_close(o);
}

static void every_number_is_counted_under_its_letter(void **state) {
    struct number_counts b, d;
    struct number_range range = {.letter = '\0'};
    (void)state;
    struct orders *o = orders_open(3);
    counter_apply(o->c, 3);
    two_numbers_of_b_are_left(o);
    granted(o, 'D', 100);
    int64_t batch = batch_of(o, OK);
    counter_expect(o->c, o->store.range_counts(o->store.self, 'B', &b, &o->c->why));
    counter_expect(o->c, o->store.range_counts(o->store.self, 'D', &d, &o->c->why));
    assert_int_equal(b.reserved, 2);
    assert_int_equal(d.reserved, 1);
    counter_expect(o->c, batch_step(&o->c->store, batch, BATCH_CANCEL, "maker", &o->c->why));
    counter_expect(o->c, o->store.range_counts(o->store.self, 'B', &b, &o->c->why));
    assert_int_equal(b.released, 2);
    assert_int_equal(b.reserved + b.used + b.locked, 0);
    counter_expect(o->c, o->store.range_after(o->store.self, 'B', &range, &o->c->why));
    assert_int_equal(range.letter, 'D');
    assert_int_equal(range.next, 2);
    assert_int_equal(o->store.range_after(o->store.self, 'D', &range, &o->c->why), ERR_NOT_FOUND);
    orders_close(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_letter_follows_when_one_is_used_up),
        cmocka_unit_test(what_was_granted_only_grows),
        cmocka_unit_test(two_that_wait_for_one_letter_cannot_take_it_back),
        cmocka_unit_test(the_same_again_is_found_again),
        cmocka_unit_test(a_range_takes_a_maker_and_an_approver),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(a_released_number_can_be_locked_and_a_reserved_one_cannot),
        cmocka_unit_test(every_number_is_counted_under_its_letter),
    };
    return cmocka_run_group_tests_name("number_range", tests, NULL, NULL);
}

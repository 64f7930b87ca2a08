#include "issuance/taking_back.h"

#include "counter.h"

/* A city of three with a batch: line 1 finished with its card, line 2 failed, line 3 in the batch. */
struct desk {
    struct counter *c;
    struct taking_back t;
    struct batch batch;
    char number[CARD_NUMBER_LEN + 1];
};

static struct desk desk_open(void) {
    struct desk d = {.c = counter_open(3)};
    struct batch_line line;
    int32_t lines = 0;
    counter_apply(d.c, 3);
    d.batch = counter_batch(d.c, &lines);
    counter_expect(d.c, counter_line(d.c, d.batch.id, 1, LINE_MAKE));
    counter_expect(d.c, counter_line(d.c, d.batch.id, 1, LINE_PASS));
    counter_expect(d.c, counter_line(d.c, d.batch.id, 2, LINE_FAIL));
    counter_expect(d.c, d.c->store.line_get(d.c->store.self, d.batch.id, 1, &line, &d.c->why));
    struct card_record card = {.person = line.person,
        .batch = d.batch.id,
        .issued = 20031008,
        .valid_until = 20131008,
        .identification = "440100D1560000050000000000000501"};
    (void)memcpy(card.number, line.card_number, sizeof card.number);
    (void)memcpy(card.factor, line.card_factor, sizeof card.factor);
    (void)memcpy(d.number, line.card_number, sizeof d.number);
    counter_expect(d.c, card_add(&d.c->registry, &card, "maker", &d.c->why));
    d.t = (struct taking_back){.store = &d.c->store,
        .registry = &d.c->registry,
        .officer = "point",
        .second = "approver",
        .day = 20040501,
        .time = 90000};
    return d;
}

static int64_t ask(struct desk *d, const char *sql) {
    return counter_ask(d->c, sql);
}

static void expect_untouched(struct desk *d) {
    assert_int_equal(ask(d, "SELECT state FROM batch_line WHERE seq = 1"), LINE_FINISHED);
    assert_int_equal(ask(d, "SELECT life FROM card"), LIFE_SEALED);
    assert_int_equal(ask(d, "SELECT state FROM application WHERE id = 1"), APPLICATION_IN_WORK);
    assert_int_equal(ask(d, "SELECT count(*) FROM blacklist"), 0);
}

static void an_unfetched_card_is_taken_back_and_destroyed(void **state) {
    (void)state;
    struct desk d = desk_open();
    counter_expect(d.c, card_take_back(&d.t, d.number, 96, &d.c->why));
    assert_int_equal(ask(&d, "SELECT state FROM batch_line WHERE seq = 1"), LINE_RECOVERED);
    assert_int_equal(ask(&d, "SELECT life FROM card"), LIFE_CANCELLED);
    assert_int_equal(ask(&d, "SELECT sub_reason FROM card"), 96);
    assert_int_equal(ask(&d, "SELECT count(*) FROM blacklist WHERE added = 1"), 1);
    assert_int_equal(ask(&d, "SELECT state FROM application WHERE id = 1"), APPLICATION_TROUBLED);
    d.t.officer = "maker";
    counter_expect(d.c, line_destroy(&d.t, d.batch.id, 1, &d.c->why));
    assert_int_equal(ask(&d, "SELECT state FROM batch_line WHERE seq = 1"), LINE_DESTROYED);
    assert_int_equal(line_destroy(&d.t, d.batch.id, 1, &d.c->why), ERR_CONFLICT);
    counter_close(d.c);
}

static void what_failed_is_destroyed_and_its_person_is_not_forgotten(void **state) {
    (void)state;
    struct desk d = desk_open();
    d.t.officer = "maker";
    counter_expect(d.c, line_destroy(&d.t, d.batch.id, 2, &d.c->why));
    assert_int_equal(ask(&d, "SELECT state FROM batch_line WHERE seq = 2"), LINE_DESTROYED);
    assert_int_equal(ask(&d, "SELECT state FROM application WHERE id = 2"), APPLICATION_TROUBLED);
    assert_int_equal(line_destroy(&d.t, d.batch.id, 1, &d.c->why), ERR_CONFLICT);
    assert_int_equal(line_destroy(&d.t, d.batch.id, 3, &d.c->why), ERR_CONFLICT);
    assert_int_equal(line_destroy(&d.t, d.batch.id, 9, &d.c->why), ERR_NOT_FOUND);
    counter_close(d.c);
}

static void it_takes_two_of_the_right_kind(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"approver", "approver"},
        {"point",    "point"   },
        {"point",    "maker"   },
        {"maker",    "approver"},
        {"point",    "clearer" },
        {"nobody",   "approver"}
    };
    struct desk d = desk_open();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        d.t.officer = pairs[i][0];
        d.t.second = pairs[i][1];
        assert_int_equal(card_take_back(&d.t, d.number, 96, &d.c->why), ERR_DENIED);
        expect_untouched(&d);
    }
    d.t.officer = "point";
    d.t.second = "approver";
    assert_int_equal(line_destroy(&d.t, d.batch.id, 2, &d.c->why), ERR_DENIED);
    assert_int_equal(card_take_back(&d.t, d.number, 93, &d.c->why), ERR_INVALID);
    assert_int_equal(card_take_back(&d.t, "B99999999", 96, &d.c->why), ERR_NOT_FOUND);
    expect_untouched(&d);
    counter_close(d.c);
}

static void a_card_is_taken_back_once(void **state) {
    (void)state;
    struct desk d = desk_open();
    counter_expect(d.c, card_take_back(&d.t, d.number, 98, &d.c->why));
    assert_int_equal(card_take_back(&d.t, d.number, 98, &d.c->why), ERR_CONFLICT);
    assert_non_null(strstr(d.c->why.text, "taken back"));
    assert_int_equal(ask(&d, "SELECT count(*) FROM blacklist"), 1);
    counter_close(d.c);
}

/* Each row that it writes fails in turn. */
static void a_taking_back_that_fails_anywhere_changes_nothing(void **state) {
    (void)state;
    static const char *const events[] = {"UPDATE ON batch_line", "UPDATE ON application",
        "UPDATE ON card", "INSERT ON card_event", "INSERT ON blacklist", "INSERT ON audit"};
    struct desk d = desk_open();
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        trap_set(&d.c->db, events[i]);
        assert_int_not_equal(card_take_back(&d.t, d.number, 96, &d.c->why), OK);
        expect_untouched(&d);
        trap_open(&d.c->db);
    }
    counter_expect(d.c, card_take_back(&d.t, d.number, 96, &d.c->why));
    counter_close(d.c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unfetched_card_is_taken_back_and_destroyed),
        cmocka_unit_test(what_failed_is_destroyed_and_its_person_is_not_forgotten),
        cmocka_unit_test(it_takes_two_of_the_right_kind),
        cmocka_unit_test(a_card_is_taken_back_once),
        cmocka_unit_test(a_taking_back_that_fails_anywhere_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "registry/card_service.h"

#include "base/checkdigit.h"
#include "issuance/counter.h"

enum { TODAY = 20031008 };

/* Card i, of person i % 3 + 1, brought into the state by a way that the table allows. */
static struct card_record card_in(struct counter *c, int i, enum card_life life) {
    struct card_record card = {
        .person = i % 3 + 1,
        .batch = 1,
        .issued = TODAY,
        .valid_until = 20131008,
        .factor = {0x86, 0x84, 0x44, 0x01, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}
    };
    static const int way[] = {[LIFE_NORMAL] = -1,
        [LIFE_LOST] = EVENT_REPORT_LOSS,
        [LIFE_LOCKED] = EVENT_LOCK,
        [LIFE_LOST_FOR_NOW] = EVENT_REPORT_LOSS_FOR_NOW,
        [LIFE_CANCELLED] = EVENT_CANCEL};
    card_number_write((uint32_t)i + 1, card.number);
    (void)snprintf(card.identification, sizeof card.identification, "%032d", i);
    counter_expect(c, card_add(&c->registry, &card, "maker", &c->why));
    struct card_order order = {.card = card.number,
        .event = EVENT_HAND_OVER,
        .who = "point",
        .request = "1",
        .day = TODAY};
    if (life != LIFE_SEALED) {
        counter_expect(c, card_step(&c->registry, &order, &c->why));
    }
    if (life != LIFE_SEALED && way[life] >= 0) {
        order.request = "2";
        order.event = (enum card_event)way[life];
        counter_expect(c, card_step(&c->registry, &order, &c->why));
    }
    return card;
}

static enum card_life life_of(struct counter *c, const char *number) {
    struct card_record card;
    counter_expect(c, c->registry.card_by_number(c->registry.self, number, &card, &c->why));
    return card.life;
}

static struct card_order order_of(const struct card_record *card, enum card_event event) {
    return (struct card_order){.card = card->number,
        .event = event,
        .who = "point",
        .request = "counter 1",
        .day = TODAY,
        .time = 90000};
}

static enum err serve(
    struct counter *c, const struct card_order *order, struct card_receipt *receipt) {
    return card_serve(&c->registry, order, receipt, &c->why);
}

static void a_slip_says_what_was_written(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_record card = card_in(c, 0, LIFE_NORMAL);
    struct card_order order = order_of(&card, EVENT_REPORT_LOSS_FOR_NOW);
    struct card_receipt r;
    counter_expect(c, serve(c, &order, &r));
    assert_string_equal(r.card, card.number);
    assert_string_equal(r.request, "counter 1");
    assert_string_equal(r.who, "point");
    assert_int_equal(r.event, EVENT_REPORT_LOSS_FOR_NOW);
    assert_int_equal(r.was, LIFE_NORMAL);
    assert_int_equal(r.became, LIFE_LOST_FOR_NOW);
    assert_int_equal(r.until, 20031023);
    assert_int_equal(r.day, TODAY);
    assert_int_equal(r.time, 90000);
    assert_int_equal(r.version, counter_ask(c, "SELECT max(version) FROM blacklist"));
    counter_close(c);
}

/* Long after the card has moved on, the same number gets the same slip, and nothing happens. */
static void the_same_order_gets_the_same_slip(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_record card = card_in(c, 0, LIFE_NORMAL);
    struct card_order order = order_of(&card, EVENT_REPORT_LOSS_FOR_NOW);
    struct card_order lift = order_of(&card, EVENT_LIFT);
    struct card_receipt first, again;
    (void)memset(&first, 0, sizeof first);
    (void)memset(&again, 0, sizeof again);
    lift.request = "counter 2";
    counter_expect(c, serve(c, &order, &first));
    counter_expect(c, serve(c, &lift, &again));
    int64_t audits = counter_ask(c, "SELECT count(*) FROM audit");
    (void)memset(&again, 0, sizeof again);
    counter_expect(c, serve(c, &order, &again));
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(life_of(c, card.number), LIFE_NORMAL);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit"), audits);
    lift.request = "counter 1"; /* another order under a number that was used */
    assert_int_equal(serve(c, &lift, &again), ERR_CONFLICT);
    counter_close(c);
}

/* Who may order what: each case is one order about a card in a state that allows it. */
static void who_may_order_a_step_is_what_the_table_says(void **state) {
    (void)state;
    static const struct {
        enum card_life life;
        enum card_event event;
        const char *who, *second;
        int sub_reason;
        enum err expected;
    } cases[] = {
        {LIFE_NORMAL,       EVENT_REPORT_LOSS, "point",    NULL,       0,  OK          },
        {LIFE_NORMAL,       EVENT_REPORT_LOSS, "maker",    NULL,       0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_REPORT_LOSS, "nobody",   NULL,       0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_REPORT_LOSS, "system",   NULL,       0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "point",    NULL,       0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "point",    "point",    0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "point",    "maker",    0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "approver", "approver", 0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "clearer",  "approver", 0,  ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_LOCK,        "point",    "approver", 0,  OK          },
        {LIFE_NORMAL,       EVENT_LOCK,        "maker",    "approver", 0,  OK          },
        {LIFE_NORMAL,       EVENT_LOCK,        "maker",    "approver", 93, ERR_INVALID },
        {LIFE_SEALED,       EVENT_SPOIL,       "maker",    "approver", 95, OK          },
        {LIFE_SEALED,       EVENT_SPOIL,       "maker",    "approver", 0,  ERR_INVALID },
        {LIFE_SEALED,       EVENT_SPOIL,       "maker",    "approver", 93, ERR_INVALID },
        {LIFE_SEALED,       EVENT_SPOIL,       "maker",    NULL,       95, ERR_DENIED  },
        {LIFE_NORMAL,       EVENT_CANCEL,      "point",    NULL,       93, OK          },
        {LIFE_NORMAL,       EVENT_CANCEL,      "point",    NULL,       0,  ERR_INVALID },
        {LIFE_LOST_FOR_NOW, EVENT_TERM_OVER,   "point",    NULL,       0,  ERR_DENIED  },
        {LIFE_LOST_FOR_NOW, EVENT_TERM_OVER,   "system",   NULL,       0,  OK          },
        {LIFE_SEALED,       EVENT_REPORT_LOSS, "point",    NULL,       0,  ERR_CONFLICT},
    };
    struct counter *c = counter_open(3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct card_record card = card_in(c, (int)i, cases[i].life);
        struct card_order order = order_of(&card, cases[i].event);
        struct card_receipt r;
        int64_t audits = counter_ask(c, "SELECT count(*) FROM audit");
        order.who = cases[i].who;
        order.second = cases[i].second;
        order.sub_reason = cases[i].sub_reason;
        order.day = 20040101; /* every term of a loss has passed */
        enum err err = serve(c, &order, &r);
        if (err != cases[i].expected) {
            fail_msg("case %zu: %d %s", i, (int)err, c->why.text);
        }
        assert_int_equal(life_of(c, card.number) == cases[i].life, err != OK);
        assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit"), audits + (err == OK));
    }
    counter_close(c);
}

static void two_hands_stand_in_history_and_audit(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_record card = card_in(c, 0, LIFE_NORMAL);
    struct card_order order = order_of(&card, EVENT_LOCK);
    struct card_receipt r;
    order.second = "approver";
    counter_expect(c, serve(c, &order, &r));
    assert_string_equal(r.who, "point+approver");
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit WHERE who = 'point+approver'"), 1);
    counter_close(c);
}

static void a_death_says_so_on_the_blacklist(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_record card = card_in(c, 0, LIFE_NORMAL);
    struct card_order order = order_of(&card, EVENT_CANCEL);
    struct card_receipt r;
    order.sub_reason = 93;
    counter_expect(c, serve(c, &order, &r));
    assert_int_equal(counter_ask(c, "SELECT reason FROM blacklist"), LIST_DEATH);
    assert_int_equal(counter_ask(c, "SELECT sub_reason FROM card"), 93);
    counter_close(c);
}

/* A number with one wrong character is told from one that nobody has. */
static void a_number_that_is_none_is_told_from_an_unknown_one(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct card_record card;
    char number[CARD_NUMBER_LEN + 1];
    card_number_write(77, number);
    assert_int_equal(card_find(&c->registry, number, &card, &c->why), ERR_NOT_FOUND);
    number[3] = '9';
    assert_int_equal(card_find(&c->registry, number, &card, &c->why), ERR_INVALID);
    assert_int_equal(card_find(&c->registry, "", &card, &c->why), ERR_INVALID);
    assert_int_equal(card_find(&c->registry, "B0000001", &card, &c->why), ERR_INVALID);
    counter_close(c);
}

/* Unlocks are counted; the last one is the last. [system.md 4.0.1 T11] */
static void a_card_is_unlocked_so_often_and_no_more(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_record card = card_in(c, 0, LIFE_NORMAL);
    for (int i = 0; i <= 10; i++) {
        char request[16];
        struct card_receipt r;
        struct card_order order = order_of(&card, EVENT_LOCK);
        order.request = request;
        order.second = "approver";
        (void)snprintf(request, sizeof request, "lock %d", i);
        counter_expect(c, serve(c, &order, &r));
        order = order_of(&card, EVENT_UNLOCK);
        order.request = request;
        (void)snprintf(request, sizeof request, "unlock %d", i);
        assert_int_equal(serve(c, &order, &r), i < 10 ? OK : ERR_CONFLICT);
    }
    assert_int_equal(life_of(c, card.number), LIFE_LOCKED);
    counter_close(c);
}

/* --- the old card ends as the new one begins --------------------------------------------------------- */

/* From every state in which an old card may be when its replacement comes. */
static void the_old_card_ends_whatever_became_of_it(void **state) {
    (void)state;
    static const struct {
        enum card_life life;
        int sub_reason;
        int steps; /* that the ending takes */
    } cases[] = {
        {LIFE_NORMAL,       92, 1},
        {LIFE_LOCKED,       92, 1},
        {LIFE_LOST,         91, 1},
        {LIFE_LOST_FOR_NOW, 91, 2},
        {LIFE_CANCELLED,    0,  0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct counter *c = counter_open(3);
        struct card_record old = card_in(c, 0, cases[i].life);
        struct card_record young = card_in(c, 3, LIFE_NORMAL);
        struct card_order order = order_of(&young, EVENT_HAND_OVER);
        counter_expect(
            c, db_run(&c->db, "UPDATE card SET replacement = 7 WHERE number LIKE 'B0000001%'",
                   &c->why));
        int64_t events = counter_ask(c, "SELECT count(*) FROM card_event");
        counter_expect(c, card_end_replaced(&c->registry, 8, &order, &c->why)); /* nobody's */
        counter_expect(c, card_end_replaced(&c->registry, 7, &order, &c->why));
        counter_expect(c, card_end_replaced(&c->registry, 7, &order, &c->why)); /* again */
        assert_int_equal(life_of(c, old.number), LIFE_CANCELLED);
        assert_int_equal(
            counter_ask(c, "SELECT count(*) FROM card_event"), events + cases[i].steps);
        assert_int_equal(counter_ask(c, "SELECT sub_reason FROM card WHERE replacement = 7"),
            cases[i].sub_reason);
        assert_int_equal(
            counter_ask(c, "SELECT count(*) FROM card WHERE replaced_by LIKE 'B0000004%'"),
            cases[i].steps > 0);
        counter_close(c);
    }
}

/* --- the timer ----------------------------------------------------------------------------------------- */

static void the_night_ends_what_is_over_and_nothing_else(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct card_timer done;
    for (int i = 0; i < 12; i++) {
        static const enum card_life lives[] = {
            LIFE_NORMAL, LIFE_LOST_FOR_NOW, LIFE_LOST, LIFE_SEALED};
        (void)card_in(c, i, lives[i % 4]);
    }
    counter_expect(c, card_timer_run(&c->registry, 20031023, 0, &done, &c->why));
    assert_int_equal(done.lifted, 0); /* the last day of the report */
    counter_expect(c, card_timer_run(&c->registry, 20031024, 0, &done, &c->why));
    assert_int_equal(done.lifted, 3);
    assert_int_equal(done.expired, 0);
    counter_expect(c, card_timer_run(&c->registry, 20131009, 0, &done, &c->why));
    assert_int_equal(done.lifted, 0);
    assert_int_equal(done.expired, 6);
    counter_expect(c, card_timer_run(&c->registry, 20131009, 0, &done, &c->why));
    assert_int_equal(done.lifted + done.expired, 0);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM card WHERE life IN (0, 2)"), 6);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_says_what_was_written),
        cmocka_unit_test(the_same_order_gets_the_same_slip),
        cmocka_unit_test(who_may_order_a_step_is_what_the_table_says),
        cmocka_unit_test(two_hands_stand_in_history_and_audit),
        cmocka_unit_test(a_death_says_so_on_the_blacklist),
        cmocka_unit_test(a_number_that_is_none_is_told_from_an_unknown_one),
        cmocka_unit_test(a_card_is_unlocked_so_often_and_no_more),
        cmocka_unit_test(the_old_card_ends_whatever_became_of_it),
        cmocka_unit_test(the_night_ends_what_is_over_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How much may be done without the centre, and what a declared outage changes. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"

#include "clearing/day_proof.h"
#include "clearing/offline_limit.h"

/* The city's figures: 100.00 each, 300.00 a card and day, 5 in a row, 5,000.00 a terminal, 24 h. */
static struct city *limited_city(void) {
    struct city *city = new_city();
    city->rows->limits.card_day_fen = 30000;
    city->rows->limits.terminal_day_fen = 500000;
    city->rows->limits.in_row = 5;
    city->rows->limits.list_hours = 24;
    return city;
}

/* Purchases of one card one behind the other, each of so much. */
struct buyer {
    unsigned card, terminal;
    uint32_t seq, on_card;
    uint16_t number;
};

static enum reason buy(struct city *city, struct buyer *b, uint32_t fen) {
    struct upload_record r = purchase(b->card, b->terminal, ++b->seq, b->number++, b->on_card, fen);
    b->on_card -= fen;
    return end_of(&city->clearing, &r);
}

static void a_card_may_buy_so_much_offline_a_day(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct buyer b = {.card = 1, .terminal = 1, .on_card = 50000};
    assert_int_equal(buy(city, &b, 10000), REASON_NONE);
    assert_int_equal(buy(city, &b, 10000), REASON_NONE);
    assert_int_equal(buy(city, &b, 9999), REASON_NONE);
    assert_int_equal(buy(city, &b, 2), REASON_LIMIT_DAY);
    assert_int_equal(buy(city, &b, 1), REASON_LIMIT_DAY); /* what is held was bought, too */
    assert_int_equal(fen_in_suspense(&city->clearing), 3);
    drop_city(city);
}

static void exactly_the_limit_of_a_day_is_allowed(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct buyer b = {.card = 1, .terminal = 1, .on_card = 50000};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(buy(city, &b, 10000), REASON_NONE);
    }
    drop_city(city);
}

static void another_days_trades_and_another_cards_do_not_count(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 10000);
    for (uint16_t i = 0; i < 4; i++) {
        r = purchase(1, 1, 1u + i, i, 50000 - i * 10000u, 10000);
        moment_at(i < 2 ? 20030930 : TODAY, 90000 + i, r.moment);
        sign_record(&r);
        assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    }
    r = purchase(2, 1, 9, 0, 50000, 10000);
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

static void the_sixth_in_a_row_waits_for_the_centre(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct buyer b = {.card = 1, .terminal = 1, .on_card = 50000};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(buy(city, &b, 100), REASON_NONE);
    }
    assert_int_equal(buy(city, &b, 100), REASON_LIMIT_ROW);
    drop_city(city);
}

/* A purchase that the centre approved ends the row. */
static void an_online_purchase_ends_the_row(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct buyer b = {.card = 1, .terminal = 1, .on_card = 50000};
    struct approval yes = {.amount = 100};
    struct why why = {{0}};
    uint8_t now[MOMENT_LEN];
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(buy(city, &b, 100), REASON_NONE);
    }
    struct upload_record r = purchase(1, 1, ++b.seq, b.number++, b.on_card, 100);
    r.flag = UPLOAD_ONLINE;
    (void)memcpy(yes.ticket, r.ticket, TICKET_LEN);
    card_factor(1, yes.factor);
    terminal_no(1, yes.terminal);
    moment_at(TODAY, 90000, now);
    must(purchase_approve(&city->clearing, &yes, now, &why), &why);
    b.on_card -= 100;
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(buy(city, &b, 100), REASON_NONE);
    }
    assert_int_equal(buy(city, &b, 100), REASON_LIMIT_ROW);
    drop_city(city);
}

static void a_load_in_the_row_ends_it(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct buyer b = {.card = 1, .terminal = 1, .on_card = 50000};
    struct why why = {{0}};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(buy(city, &b, 100), REASON_NONE);
    }
    struct load_request q = load_of(1, 77, 2, b.on_card, 2000);
    must(load_whole(&city->clearing, &q, 90004, &why), &why);
    b.on_card += 2000;
    b.number += 2; /* a gap of the chain explains nothing; the moment is behind the load */
    struct upload_record r = purchase(1, 1, ++b.seq, 5, b.on_card, 100);
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

static void a_terminal_may_sell_so_much_offline_a_day(void **state) {
    (void)state;
    struct city *city = limited_city();
    city->rows->limits.terminal_day_fen = 20000;
    for (unsigned card = 1; card <= 2; card++) {
        struct buyer b = {.card = card, .terminal = 1, .seq = card * 10, .on_card = 50000};
        assert_int_equal(buy(city, &b, 10000), REASON_NONE);
    }
    struct upload_record r = purchase(3, 1, 50, 0, 50000, 1);
    assert_int_equal(end_of(&city->clearing, &r), REASON_LIMIT_TILL);
    drop_city(city);
}

static void an_old_blacklist_holds_what_was_sold_with_it(void **state) {
    (void)state;
    static const struct {
        uint64_t list;
        enum reason reason;
    } cases[] = {
        {0,              REASON_NONE    }, /* nobody knows which list it has */
        {20031007090000, REASON_NONE    }, /* 24 hours to the second */
        {20031007085959, REASON_LIST_OLD},
        {20030901000000, REASON_LIST_OLD},
        {20031008120000, REASON_NONE    }, /* younger than the trade */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = limited_city();
        struct upload_record r = purchase(1, 1, 1, 0, 50000, 100);
        city->rows->list_moment = cases[i].list;
        terminal_no(1, city->rows->list_terminal);
        assert_int_equal(end_of(&city->clearing, &r), cases[i].reason);
        drop_city(city);
    }
}

/* --- outages ------------------------------------------------------------------------------- */

static const struct outage_order storm = {.number = "2003-17",
    .from = 20031008080000,
    .to = 20031008120000,
    .reason = "线路中断",
    .officer = "clearer",
    .approver = "approver"};

static void what_is_over_a_limit_in_an_outage_waits_under_its_number(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = limited_city();
    const struct clearing *c = &city->clearing;
    struct outage_figures figures;
    struct day_proof proof;
    struct move_row move;
    struct why why = {{0}};
    must(outage_declare(c, &storm, &why), &why);
    must(outage_declare(c, &storm, &why), &why);
    struct upload_record large = purchase(1, 1, 1, 0, 50000, 20000);
    struct upload_record after = purchase(2, 1, 2, 0, 50000, 20000);
    struct upload_record small = purchase(3, 1, 3, 0, 50000, 100);
    moment_at(TODAY, 120001, after.moment);
    sign_record(&after);
    assert_int_equal(end_of(c, &large), REASON_OUTAGE);
    assert_int_equal(end_of(c, &after), REASON_LIMIT);
    assert_int_equal(end_of(c, &small), REASON_NONE);
    must(outage_settle(c, "2003-17", "clearer", "approver", &figures, &why), &why);
    assert_int_equal(figures.records, 1);
    assert_int_equal(figures.fen, 20000);
    assert_int_equal(fen_of_institution(c, "P0000001"), 20100);
    must(c->store->move_find(c->store->self, "2003-17/1/1", &move, &why), &why);
    assert_string_equal(move.reference, "outage 2003-17");
    must(outage_settle(c, "2003-17", "clearer", "approver", &figures, &why), &why);
    assert_int_equal(figures.records, 0);
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        step_to(c, &bank, (enum day_state)to);
    }
    must(day_prove(c, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    drop_bank(&bank);
    drop_city(city);
}

static void an_outage_of_one_institution_is_not_anothers(void **state) {
    (void)state;
    struct city *city = limited_city();
    struct outage_order order = storm;
    struct why why = {{0}};
    order.institution = "H0000002";
    must(outage_declare(&city->clearing, &order, &why), &why);
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 20000);
    assert_int_equal(end_of(&city->clearing, &r), REASON_LIMIT);
    drop_city(city);
}

static void an_outage_is_declared_by_two_and_in_form(void **state) {
    (void)state;
    static const struct {
        const char *number, *institution, *reason, *officer, *approver;
        uint64_t from, to;
        enum err err;
    } cases[] = {
        {"",               NULL,       "x", "clearer", "approver", 20031008080000, 20031008120000, ERR_INVALID },
        {"2003-17-123456", NULL,       "x", "clearer", "approver", 20031008080000, 20031008120000,
         ERR_INVALID                                                                                           },
        {"a b",            NULL,       "x", "clearer", "approver", 20031008080000, 20031008120000, ERR_INVALID },
        {"1",              NULL,       "",  "clearer", "approver", 20031008080000, 20031008120000, ERR_INVALID },
        {"1",              NULL,       "x", "clearer", "approver", 20031008120000, 20031008080000, ERR_INVALID },
        {"1",              NULL,       "x", "clearer", "approver", 20031308080000, 20031408120000, ERR_INVALID },
        {"1",              NULL,       "x", "clearer", "approver", 20031008080000, 20031008240000, ERR_INVALID },
        {"1",              NULL,       "x", "clearer", "approver", 0,              20031008120000, ERR_INVALID },
        {"1",              "X0000009", "x", "clearer", "approver", 20031008080000, 20031008120000,
         ERR_NOT_FOUND                                                                                         },
        {"1",              NULL,       "x", "clearer", "clearer",  20031008080000, 20031008120000, ERR_DENIED  },
        {"1",              NULL,       "x", "nobody",  "approver", 20031008080000, 20031008120000, ERR_DENIED  },
        {"2003-17",        NULL,       "x", "clearer", "approver", 20031008080000, 20031008120000, ERR_CONFLICT},
        {"1",              NULL,       "x", "clearer", "approver", 20031008080000, 20031008080000, OK          },
    };
    struct city *city = limited_city();
    struct why why = {{0}};
    must(outage_declare(&city->clearing, &storm, &why), &why);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct outage_order order = {.number = cases[i].number,
            .institution = cases[i].institution,
            .from = cases[i].from,
            .to = cases[i].to,
            .reason = cases[i].reason,
            .officer = cases[i].officer,
            .approver = cases[i].approver};
        assert_int_equal(outage_declare(&city->clearing, &order, &why), cases[i].err);
    }
    drop_city(city);
}

static void only_ends_that_an_outage_may_excuse_are_excused(void **state) {
    (void)state;
    static const enum reason excused[] = {REASON_LATE, REASON_LIMIT, REASON_LIMIT_DAY,
        REASON_LIMIT_ROW, REASON_LIMIT_TILL, REASON_LIST_OLD};
    unsigned count = 0;
    for (int i = 0; i < REASON_COUNT; i++) {
        count += outage_excuses((enum reason)i) ? 1 : 0;
    }
    assert_int_equal(count, sizeof excused / sizeof excused[0]);
    for (size_t i = 0; i < count; i++) {
        assert_true(outage_excuses(excused[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_may_buy_so_much_offline_a_day),
        cmocka_unit_test(exactly_the_limit_of_a_day_is_allowed),
        cmocka_unit_test(another_days_trades_and_another_cards_do_not_count),
        cmocka_unit_test(the_sixth_in_a_row_waits_for_the_centre),
        cmocka_unit_test(an_online_purchase_ends_the_row),
        cmocka_unit_test(a_load_in_the_row_ends_it),
        cmocka_unit_test(a_terminal_may_sell_so_much_offline_a_day),
        cmocka_unit_test(an_old_blacklist_holds_what_was_sold_with_it),
        cmocka_unit_test(what_is_over_a_limit_in_an_outage_waits_under_its_number),
        cmocka_unit_test(an_outage_of_one_institution_is_not_anothers),
        cmocka_unit_test(an_outage_is_declared_by_two_and_in_form),
        cmocka_unit_test(only_ends_that_an_outage_may_excuse_are_excused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Stays in hospital, their sheet, and the claims of a month up to the payout. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"

#include "clearing/day_proof.h"
#include "clearing/month.h"
#include "clearing/stay_sheet.h"

/* The worked case of system.md 5.2.2: 18,640.00, of which the fund pays 12,400.00. */
static struct stay_order worked_stay(const char *number, int64_t person) {
    return (struct stay_order){
        .number = number,
        .institution = "H0000002",
        .person = person,
        .bill = {.admitted = 20030915,
                 .level = 3,
                 .person = CLASS_EMPLOYED,
                 .total_fen = 1864000,
                 .own_paid_fen = 64000,
                 .class_b_fen = 50000},
        .discharged = TODAY,
        .account_pays = true,
        .account_fen = 220000,
    };
}

/* The business days up to that one are cut over; the last is open. */
static void open_until(const struct clearing *c, uint32_t until) {
    struct why why = {{0}};
    uint32_t day = 0;
    must(day_open(c->store, &day, &why), &why);
    for (; day < until; day = day_plus(day, 1)) {
        const struct day_order order = {day, "clearer", NULL};
        must(day_step(c, &order, DAY_CUT, &why), &why);
    }
}

/* --- stays --------------------------------------------------------------------------------- */

static void the_worked_stay_is_settled_to_the_fen(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct stay_order order = worked_stay("Z-1", 17);
    struct stay_row row;
    struct why why = {{0}};
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    assert_int_equal(row.split.pooled_fen, 1240000);
    assert_int_equal(row.split.account_fen, 220000);
    assert_int_equal(row.split.cash_fen, 404000);
    assert_int_equal(row.bill.days, 23);
    assert_int_equal(row.year.ceiling_fen, NO_CEILING);
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    assert_int_equal(city->rows->now.settle.stay_count, 1);
    drop_city(city);
}

static void a_year_has_one_ceiling_for_all_its_stays(void **state) {
    (void)state;
    struct city *city = new_city();
    struct stay_order order = worked_stay("Z-1", 17);
    struct stay_row row;
    struct why why = {{0}};
    city->rows->limits.fee_ceiling_fen = 2000000;
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    order.number = "Z-2";
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    assert_int_equal(row.year.pooled_fen, 1240000);
    assert_int_equal(row.split.pooled_fen, 760000);
    order = worked_stay("Z-3", 18); /* another person's year */
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    assert_int_equal(row.split.pooled_fen, 1240000);
    drop_city(city);
}

static void change_nothing(struct stay_order *o) {
    (void)o;
}
static void no_number(struct stay_order *o) {
    o->number = "";
}
static void odd_number(struct stay_order *o) {
    o->number = "z/1";
}
static void long_number(struct stay_order *o) {
    o->number = "1234567890123456789012345";
}
static void nobody(struct stay_order *o) {
    o->person = 0;
}
static void nowhere(struct stay_order *o) {
    o->institution = "H0000009";
}
static void backwards(struct stay_order *o) {
    o->discharged = 20030914;
}
static void for_ever(struct stay_order *o) {
    o->bill.admitted = 19900101;
}
static void no_day(struct stay_order *o) {
    o->bill.admitted = 20030931;
}
static void tomorrow(struct stay_order *o) {
    o->discharged = TODAY + 1;
}
static void parts_above_total(struct stay_order *o) {
    o->bill.own_paid_fen = o->bill.total_fen;
}
static void level_four(struct stay_order *o) {
    o->bill.level = 4;
}
static void below_zero(struct stay_order *o) {
    o->account_fen = -1;
}

static void a_stay_that_cannot_be_is_refused_in_words(void **state) {
    (void)state;
    static const struct {
        void (*change)(struct stay_order *o);
        const char *officer;
        enum err err;
    } cases[] = {
        {no_number,         "clearer",  ERR_INVALID  },
        {odd_number,        "clearer",  ERR_INVALID  },
        {long_number,       "clearer",  ERR_INVALID  },
        {nobody,            "clearer",  ERR_INVALID  },
        {nowhere,           "clearer",  ERR_NOT_FOUND},
        {backwards,         "clearer",  ERR_INVALID  },
        {for_ever,          "clearer",  ERR_INVALID  },
        {no_day,            "clearer",  ERR_INVALID  },
        {tomorrow,          "clearer",  ERR_CONFLICT },
        {parts_above_total, "clearer",  ERR_INVALID  },
        {level_four,        "clearer",  ERR_INVALID  },
        {below_zero,        "clearer",  ERR_INVALID  },
        {change_nothing,    "approver", ERR_DENIED   },
    };
    struct city *city = new_city();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stay_order order = worked_stay("Z-1", 17);
        struct stay_row row;
        struct why why = {{0}};
        cases[i].change(&order);
        assert_int_equal(
            stay_settle(&city->clearing, &order, cases[i].officer, &row, &why), cases[i].err);
        assert_true(why.text[0] != '\0');
        assert_int_equal(city->rows->now.settle.stay_count, 0);
    }
    drop_city(city);
}

static void a_number_names_one_stay(void **state) {
    (void)state;
    static void (*const changes[])(struct stay_order *) = {
        level_four, parts_above_total, below_zero, no_day, for_ever};
    struct city *city = new_city();
    struct stay_order order = worked_stay("Z-1", 17);
    struct stay_row row;
    struct why why = {{0}};
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        order = worked_stay("Z-1", 17);
        changes[i](&order);
        assert_int_not_equal(stay_settle(&city->clearing, &order, "clearer", &row, &why), OK);
    }
    order = worked_stay("Z-1", 18);
    assert_int_equal(stay_settle(&city->clearing, &order, "clearer", &row, &why), ERR_CONFLICT);
    assert_int_equal(city->rows->now.settle.stay_count, 1);
    drop_city(city);
}

static void the_sheet_says_every_figure_of_the_stay(void **state) {
    (void)state;
    static const char *const said[] = {"广州市医疗保险费用结算单", "Z-1", "陈示例",
        "440101********1234", "H0000002 市第一人民医院", "2003-09-15", "2003-10-08", "18,640.00",
        "640.00", "500.00", "17,500.00", "2,000.00", "80.0%", "12,400.00", "6,240.00", "2,200.00",
        "4,040.00", "clearer"};
    static const struct stay_names names = {"陈示例", "440101********1234", "市第一人民医院"};
    struct city *city = new_city();
    const struct stay_order order = worked_stay("Z-1", 17);
    struct stay_sheet sheet;
    struct stay_row row;
    struct why why = {{0}};
    char *text = NULL;
    size_t len = 0;
    must(stay_settle(&city->clearing, &order, "clearer", &row, &why), &why);
    stay_sheet_make(&row, &names, &sheet);
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    assert_true(stay_sheet_print(&sheet, to));
    assert_int_equal(fclose(to), 0);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (!strstr(text, said[i])) {
            fail_msg("%s is not on the sheet", said[i]);
        }
    }
    free(text);
    to = fopen("/dev/full", "w");
    assert_non_null(to);
    assert_false(stay_sheet_print(&sheet, to));
    (void)fclose(to);
    drop_city(city);
}

/* --- months -------------------------------------------------------------------------------- */

/* Ten stays of which the fund owes 124,000.00 each: 1,240,000.00, as in system.md 5.2.3. */
static void ten_stays(const struct clearing *c) {
    for (int i = 0; i < 10; i++) {
        char number[16];
        struct stay_row row;
        struct why why = {{0}};
        (void)snprintf(number, sizeof number, "Z-%d", i);
        struct stay_order order = worked_stay(number, 100 + i);
        order.bill.total_fen = 15700000;
        order.bill.own_paid_fen = order.bill.class_b_fen = 0;
        must(stay_settle(c, &order, "clearer", &row, &why), &why);
        assert_int_equal(row.split.pooled_fen, 12400000);
    }
}

static const struct month_order october = {
    .month = 200310, .institution = "H0000002", .cut_fen = 1860000, .reason = "重复收费"};

static void the_worked_month_is_audited_twice_and_paid(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct claim_row row;
    struct move_row move;
    struct payout payout;
    struct day_proof proof;
    struct why why = {{0}};
    city->rows->limits.retention = 50;
    ten_stays(c);
    assert_int_equal(month_opinion(c, &october, "clearer", &row, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "not over"));
    open_until(c, 20031101);
    assert_int_equal(month_decision(c, &october, "approver", &row, &why), ERR_CONFLICT);
    must(month_opinion(c, &october, "other", &row, &why), &why);
    assert_int_equal(month_decision(c, &october, "other", &row, &why), ERR_DENIED);
    must(month_decision(c, &october, "approver", &row, &why), &why);
    assert_int_equal(row.stays, 10);
    assert_int_equal(row.claim.claimed_fen, 124000000);
    assert_int_equal(row.claim.granted_fen, 122140000);
    assert_int_equal(row.claim.kept_fen, 6107000);
    assert_int_equal(row.claim.paid_fen, 116033000);
    must(month_decision(c, &october, "approver", &row, &why), &why);
    must(c->store->move_find(c->store->self, "month 200310 H0000002", &move, &why), &why);
    assert_string_equal(move.reference, "granted 1,221,400.00, cut 18,600.00");
    assert_int_equal(fen_of_institution(c, "H0000002"), 116033000);
    struct day_order order = {20031101, "clearer", bank.dir};
    must(day_run(c, &order, "approver", &why), &why);
    must(c->store->payout_next(c->store->self, 20031101, 0, &payout, &why), &why);
    assert_int_equal(payout.fen, 116033000);
    must(day_prove(c, 20031101, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/20031101.pay", bank.dir);
    assert_int_equal(unlink(path), 0);
    drop_bank(&bank);
    drop_city(city);
}

static void the_second_level_may_cut_otherwise_and_decides_once(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct month_order order = october;
    struct claim_row row;
    struct stay_row stay;
    struct why why = {{0}};
    ten_stays(c);
    open_until(c, 20031101);
    must(month_opinion(c, &october, "clearer", &row, &why), &why);
    order.cut_fen = 0;
    order.reason = NULL;
    must(month_opinion(c, &order, "clearer", &row, &why), &why); /* thought again */
    assert_int_equal(row.claim.granted_fen, 124000000);
    order.cut_fen = 124000000;
    order.reason = "全部退回";
    must(month_decision(c, &order, "approver", &row, &why), &why);
    assert_int_equal(row.claim.paid_fen, 0);
    assert_int_equal(fen_of_institution(c, "H0000002"), 0);
    assert_int_equal(month_decision(c, &october, "approver", &row, &why), ERR_CONFLICT);
    assert_int_equal(month_opinion(c, &october, "clearer", &row, &why), ERR_CONFLICT);
    const struct stay_order late = worked_stay("Z-99", 99);
    assert_int_equal(stay_settle(c, &late, "clearer", &stay, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "decided"));
    drop_city(city);
}

static void a_claim_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        struct month_order order;
        const char *officer;
        enum err err;
    } cases[] = {
        {{200313, "H0000002", 0, NULL},        "clearer",  ERR_INVALID },
        {{0, "H0000002", 0, NULL},             "clearer",  ERR_INVALID },
        {{4294967295u, "H0000002", 0, NULL},   "clearer",  ERR_INVALID },
        {{200310, "H0000009", 0, NULL},        "clearer",  ERR_INVALID },
        {{200310, "P0000001", 0, NULL},        "clearer",  ERR_CONFLICT},
        {{200311, "H0000002", 0, NULL},        "clearer",  ERR_CONFLICT},
        {{200310, "H0000002", 1, NULL},        "clearer",  ERR_INVALID },
        {{200310, "H0000002", -1, "x"},        "clearer",  ERR_INVALID },
        {{200310, "H0000002", 124000001, "x"}, "clearer",  ERR_INVALID },
        {{200310, "H0000002", 0, NULL},        "approver", ERR_DENIED  },
    };
    struct city *city = new_city();
    ten_stays(&city->clearing);
    open_until(&city->clearing, 20031101);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct claim_row row;
        struct why why = {{0}};
        assert_int_equal(
            month_opinion(&city->clearing, &cases[i].order, cases[i].officer, &row, &why),
            cases[i].err);
        assert_int_equal(city->rows->now.settle.claim_count, 0);
    }
    drop_city(city);
}

/* The n-th call to the store fails while a claim is decided, for every n. */
static void a_failing_store_leaves_no_half_decision(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct claim_row row;
    struct why why = {{0}};
    unsigned long n = 0;
    ten_stays(c);
    open_until(c, 20031101);
    must(month_opinion(c, &october, "clearer", &row, &why), &why);
    for (enum err err = ERR_OUTSIDE; err == ERR_OUTSIDE; n++) {
        fail_call(city, n);
        err = month_decision(c, &october, "approver", &row, &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_int_equal(city->rows->now.move_count, err == OK ? 1 : 0);
        assert_int_equal(
            city->rows->now.settle.claims[0].state, err == OK ? CLAIM_DECIDED : CLAIM_OPINION);
    }
    city->rows->fail_at = ~0UL;
    assert_true(n > 10);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_stay_is_settled_to_the_fen),
        cmocka_unit_test(a_year_has_one_ceiling_for_all_its_stays),
        cmocka_unit_test(a_stay_that_cannot_be_is_refused_in_words),
        cmocka_unit_test(a_number_names_one_stay),
        cmocka_unit_test(the_sheet_says_every_figure_of_the_stay),
        cmocka_unit_test(the_worked_month_is_audited_twice_and_paid),
        cmocka_unit_test(the_second_level_may_cut_otherwise_and_decides_once),
        cmocka_unit_test(a_claim_that_cannot_be_is_refused),
        cmocka_unit_test(a_failing_store_leaves_no_half_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

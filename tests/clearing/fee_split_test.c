/* Fee split: the worked cases of system.md 5.2.2, every border, and a walk of random bills whose
 * parts must add up. */
#include "check.h"

#include "clearing/fee_split.h"
#include "host/rng.h"

enum { OLD = 20031008, NEW = 20100401 };

static struct fee_bill worked_bill(uint32_t day, enum person_class person) {
    return (struct fee_bill){.admitted = day,
        .days = 12,
        .level = 3,
        .person = person,
        .total_fen = 1864000,
        .own_paid_fen = 64000,
        .class_b_fen = 50000};
}

static struct fee_year plain_year(int64_t account_fen) {
    return (struct fee_year){
        .ceiling_fen = NO_CEILING, .account_pays = true, .account_fen = account_fen};
}

static struct fee_split split_of(const struct fee_bill *bill, const struct fee_year *year) {
    struct fee_split split = {0};
    struct why why;
    assert_int_equal(fee_split(bill, year, &split, &why), OK);
    return split;
}

static void the_worked_stay_is_split_as_the_book_does(void **state) {
    (void)state;
    struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_year year = plain_year(220000);
    struct fee_split s = split_of(&bill, &year);
    assert_int_equal(s.eligible_fen, 1750000);
    assert_int_equal(s.deductible_fen, 200000);
    assert_int_equal(s.pooled_fen, 1240000);
    assert_int_equal(s.own_fen, 624000);
    assert_int_equal(s.account_fen, 220000);
    assert_int_equal(s.cash_fen, 404000);
}

static void a_retired_person_and_the_later_schedule_get_their_own_figures(void **state) {
    (void)state;
    static const struct {
        uint32_t day;
        enum person_class person;
        int64_t pooled_fen;
    } cases[] = {
        {OLD, CLASS_EMPLOYED, 1240000},
        {OLD, CLASS_RETIRED,  1384600},
        {NEW, CLASS_EMPLOYED, 1272000},
        {NEW, CLASS_RETIRED,  1408680},
    };
    struct fee_year year = plain_year(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fee_bill bill = worked_bill(cases[i].day, cases[i].person);
        struct fee_split s = split_of(&bill, &year);
        assert_int_equal(s.pooled_fen, cases[i].pooled_fen);
        assert_int_equal(s.cash_fen, bill.total_fen - cases[i].pooled_fen);
    }
}

/* The newest schedule that has begun holds, from its first day on. */
static void a_schedule_holds_from_its_first_day(void **state) {
    (void)state;
    struct fee_year year = plain_year(0);
    struct fee_bill bill = worked_bill(20081231, CLASS_EMPLOYED);
    assert_int_equal(split_of(&bill, &year).deductible_fen, 200000);
    bill.admitted = 20090101;
    assert_int_equal(split_of(&bill, &year).deductible_fen, 160000);
}

static void every_ninety_days_bring_a_new_deductible(void **state) {
    (void)state;
    static const struct {
        enum stay_kind kind;
        uint32_t days;
        int64_t times;
    } cases[] = {
        {STAY_ORDINARY,     1,   1},
        {STAY_ORDINARY,     90,  1},
        {STAY_ORDINARY,     91,  2},
        {STAY_ORDINARY,     180, 2},
        {STAY_ORDINARY,     181, 3},
        {STAY_TUBERCULOSIS, 180, 1},
        {STAY_TUBERCULOSIS, 181, 2},
        {STAY_PSYCHIATRIC,  365, 0},
    };
    struct fee_year year = plain_year(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
        bill.kind = cases[i].kind;
        bill.days = cases[i].days;
        assert_int_equal(split_of(&bill, &year).deductible_fen, cases[i].times * 200000);
    }
}

static void a_small_bill_stays_below_the_deductible(void **state) {
    (void)state;
    struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_year year = plain_year(1000000);
    bill.total_fen = 150000;
    bill.own_paid_fen = 0;
    bill.class_b_fen = 0;
    struct fee_split s = split_of(&bill, &year);
    assert_int_equal(s.deductible_fen, 150000);
    assert_int_equal(s.pooled_fen, 0);
    assert_int_equal(s.account_fen, 150000);
    assert_int_equal(s.cash_fen, 0);
}

static void the_ceiling_cuts_and_a_scheme_may_take_over(void **state) {
    (void)state;
    struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_year year = plain_year(0);
    year.ceiling_fen = 5000000;
    year.pooled_fen = 4000000;
    struct fee_split s = split_of(&bill, &year);
    assert_int_equal(s.pooled_fen, 1000000);
    assert_int_equal(s.supplementary_fen, 0);
    assert_int_equal(s.cash_fen, 864000);
    year.supplementary = true;
    s = split_of(&bill, &year);
    assert_int_equal(s.supplementary_fen, 240000);
    assert_int_equal(s.cash_fen, 624000);
    year.pooled_fen = 6000000; /* more than the ceiling: nothing is left, and nothing owed */
    s = split_of(&bill, &year);
    assert_int_equal(s.pooled_fen, 0);
    assert_int_equal(s.supplementary_fen, 1240000);
}

static void the_account_pays_only_where_the_policy_lets_it(void **state) {
    (void)state;
    struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_year year = plain_year(220000);
    year.account_pays = false;
    struct fee_split s = split_of(&bill, &year);
    assert_int_equal(s.account_fen, 0);
    assert_int_equal(s.cash_fen, 624000);
}

/* 89.5 % of one fen is 0.895: one fen. Half a fen goes up. */
static void shares_are_rounded_half_up_and_the_rest_is_the_persons(void **state) {
    (void)state;
    static const struct {
        int64_t above_fen, pooled_fen;
    } cases[] = {
        {1,    1  },
        {2,    2  },
        {3,    3  },
        {4,    4  },
        {5,    4  },
        {100,  90 },
        {1000, 895},
        {1001, 896},
    };
    struct fee_year year = plain_year(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fee_bill bill = {.admitted = OLD,
            .days = 1,
            .level = 2,
            .person = CLASS_RETIRED,
            .total_fen = 70000 + cases[i].above_fen};
        struct fee_split s = split_of(&bill, &year);
        assert_int_equal(s.pooled_fen, cases[i].pooled_fen);
        assert_int_equal(s.pooled_fen + s.cash_fen, bill.total_fen);
    }
}

static void refused(const struct fee_bill *bill, const struct fee_year *year, const char *says) {
    struct fee_split split = {.pooled_fen = 77};
    struct why why;
    assert_int_equal(fee_split(bill, year, &split, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, says));
    assert_int_equal(split.pooled_fen, 77);
}

static void a_bill_that_cannot_be_is_refused_with_its_reason(void **state) {
    (void)state;
    struct fee_year year = plain_year(0);
    struct fee_bill good = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_bill bad = good;
    bad.admitted = 20030231;
    refused(&bad, &year, "20030231");
    bad = good;
    bad.admitted = 20011231;
    refused(&bad, &year, "no schedule");
    bad = good;
    bad.days = 0;
    refused(&bad, &year, "at least one day");
    bad = good;
    bad.level = 4;
    refused(&bad, &year, "level 4");
    bad = good;
    bad.person = CLASS_COUNT;
    refused(&bad, &year, "class 3");
    bad = good;
    bad.kind = STAY_KINDS;
    refused(&bad, &year, "kind of stay");
    bad = good;
    bad.total_fen = -1;
    refused(&bad, &year, "below zero");
    bad = good;
    bad.total_fen = FEE_MAX_FEN + 1LL;
    refused(&bad, &year, "above 10,000,000.00");
    bad = good;
    bad.own_paid_fen = good.total_fen;
    refused(&bad, &year, "of only 18,640.00");
}

static void a_year_that_cannot_be_is_refused(void **state) {
    (void)state;
    struct fee_bill bill = worked_bill(OLD, CLASS_EMPLOYED);
    struct fee_year bad = plain_year(-1);
    refused(&bill, &bad, "look the person up");
    bad = plain_year(0);
    bad.pooled_fen = -5;
    refused(&bill, &bad, "paid so far -5");
    bad = plain_year(0);
    bad.ceiling_fen = -2;
    refused(&bill, &bad, "ceiling -2");
}

static void random_bills_always_add_up(void **state) {
    (void)state;
    struct rng rng = rng_stream(20031008, "bills", 0);
    for (int i = 0; i < 200000; i++) {
        struct fee_bill bill = {.admitted = rng_below(&rng, 2) ? OLD : NEW,
            .days = 1 + (uint32_t)rng_below(&rng, 400),
            .level = (uint8_t)(1 + rng_below(&rng, 3)),
            .person = (enum person_class)rng_below(&rng, CLASS_COUNT),
            .kind = (enum stay_kind)rng_below(&rng, STAY_KINDS),
            .total_fen = (int64_t)rng_below(&rng, FEE_MAX_FEN + 1u)};
        bill.own_paid_fen = (int64_t)rng_below(&rng, (uint64_t)bill.total_fen + 1) / 2;
        bill.class_b_fen = (int64_t)rng_below(&rng, (uint64_t)bill.total_fen + 1) / 2;
        struct fee_year year = {.pooled_fen = (int64_t)rng_below(&rng, 20000000),
            .ceiling_fen = (int64_t)rng_below(&rng, 20000000) - 1,
            .supplementary = rng_below(&rng, 2),
            .account_pays = rng_below(&rng, 2),
            .account_fen = (int64_t)rng_below(&rng, 5000000)};
        struct fee_split s = split_of(&bill, &year);
        assert_int_equal(
            s.pooled_fen + s.supplementary_fen + s.account_fen + s.cash_fen, bill.total_fen);
        assert_true(s.cash_fen >= 0 && s.account_fen >= 0 && s.supplementary_fen >= 0);
        assert_true(s.account_fen <= year.account_fen);
        assert_true(s.own_fen >= bill.own_paid_fen + bill.class_b_fen + s.deductible_fen);
        assert_true(year.ceiling_fen == NO_CEILING || s.pooled_fen == 0
                    || s.pooled_fen + year.pooled_fen <= year.ceiling_fen);
    }
}

static void a_months_claim_is_cut_kept_from_and_paid(void **state) {
    (void)state;
    struct month_claim claim = {.claimed_fen = 124000000, .cut_fen = 1860000, .retention = 50};
    struct why why;
    assert_int_equal(month_claim_settle(&claim, &why), OK);
    assert_int_equal(claim.granted_fen, 122140000);
    assert_int_equal(claim.kept_fen, 6107000);
    assert_int_equal(claim.paid_fen, 116033000);
}

static void a_claim_that_cannot_be_is_refused(void **state) {
    (void)state;
    struct why why;
    struct month_claim claim = {.claimed_fen = 100, .cut_fen = 101};
    assert_int_equal(month_claim_settle(&claim, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "1.01"));
    claim = (struct month_claim){.claimed_fen = -1};
    assert_int_equal(month_claim_settle(&claim, &why), ERR_INVALID);
    claim = (struct month_claim){.claimed_fen = 100, .cut_fen = -1};
    assert_int_equal(month_claim_settle(&claim, &why), ERR_INVALID);
    claim = (struct month_claim){.claimed_fen = INT64_MAX};
    assert_int_equal(month_claim_settle(&claim, &why), ERR_INVALID);
    claim = (struct month_claim){.claimed_fen = 100, .retention = 1001};
    assert_int_equal(month_claim_settle(&claim, &why), ERR_INVALID);
    assert_int_equal(claim.paid_fen, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_stay_is_split_as_the_book_does),
        cmocka_unit_test(a_retired_person_and_the_later_schedule_get_their_own_figures),
        cmocka_unit_test(a_schedule_holds_from_its_first_day),
        cmocka_unit_test(every_ninety_days_bring_a_new_deductible),
        cmocka_unit_test(a_small_bill_stays_below_the_deductible),
        cmocka_unit_test(the_ceiling_cuts_and_a_scheme_may_take_over),
        cmocka_unit_test(the_account_pays_only_where_the_policy_lets_it),
        cmocka_unit_test(shares_are_rounded_half_up_and_the_rest_is_the_persons),
        cmocka_unit_test(a_bill_that_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(a_year_that_cannot_be_is_refused),
        cmocka_unit_test(random_bills_always_add_up),
        cmocka_unit_test(a_months_claim_is_cut_kept_from_and_paid),
        cmocka_unit_test(a_claim_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The proof: it holds when everything is the same, and names whatever is not. */
#include "clearing/memory_city.h"

#include <unistd.h>

/* Feeds the nine cards, with what their chips would say, and ends. */
static void prove(struct city *city, const uint32_t chips[9], struct balance_proof *p) {
    struct why why = {{0}};
    proof_begin(p, &city->clearing);
    for (unsigned n = 1; n <= 9; n++) {
        uint8_t factor[FACTOR_LEN];
        card_factor(n, factor);
        must(proof_card(p, factor, chips[n - 1], &why), &why);
    }
    must(proof_end(p, &why), &why);
}

static struct city *city_after_a_sale(uint32_t chips[9]) {
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1250);
    for (unsigned i = 0; i < 9; i++) {
        chips[i] = 50000;
    }
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    chips[0] -= 1250;
    return city;
}

static void the_proof_holds_when_every_fen_is_there(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    prove(city, chips, &p);
    assert_true(proof_holds(&p));
    assert_int_equal(p.cards, 9);
    assert_int_equal(p.accounts, 9);
    assert_int_equal(p.cards_balance_fen, 9 * 50000 - 1250);
    assert_int_equal(p.books_balance_fen, 9 * 50000 - 1250);
    assert_int_equal(p.loaded_fen, 9 * 50000);
    assert_int_equal(p.spent_fen, 1250);
    assert_int_equal(p.trial.difference_fen, 0);
    assert_int_equal(p.payout_fen, 0); /* nothing is paid before the day is */
    drop_city(city);
}

static void the_proof_holds_after_the_payout(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    char dir[] = "/tmp/clearing-proof-XXXXXX", path[64];
    struct why why = {{0}};
    assert_non_null(mkdtemp(dir));
    struct day_order order = {TODAY, "clearer", dir};
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    prove(city, chips, &p);
    assert_true(proof_holds(&p));
    assert_int_equal(p.payout_fen, 1250);
    assert_int_equal(p.cleared_fen, 1250);
    city->rows->now.payouts[0].fen -= 1; /* a fen was kept back */
    prove(city, chips, &p);
    assert_false(proof_holds(&p));
    (void)snprintf(path, sizeof path, "%s/20031008.pay", dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    drop_city(city);
}

static void a_card_without_an_account_must_be_empty(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(44, factor);
    proof_begin(&p, &city->clearing);
    must(proof_card(&p, factor, 0, &why), &why);
    assert_true(proof_holds(&p));
    must(proof_card(&p, factor, 1, &why), &why);
    assert_int_equal(p.difference_count, 1);
    assert_non_null(strstr(p.differences[0], "868444010000002C"));
    drop_city(city);
}

/* Each chip in turn says a fen more or less than the books. */
static void every_card_that_is_off_is_named(void **state) {
    (void)state;
    uint32_t chips[9];
    struct city *city = city_after_a_sale(chips);
    for (unsigned i = 0; i < 18; i++) {
        struct balance_proof p;
        uint32_t off[9];
        char hex[24];
        (void)memcpy(off, chips, sizeof off);
        off[i / 2] += i % 2 ? 1u : (uint32_t)-1;
        prove(city, off, &p);
        assert_int_equal(p.difference_count, 2); /* the card, and the sum */
        (void)snprintf(hex, sizeof hex, "868444010000%04X", i / 2 + 1);
        assert_non_null(strstr(p.differences[0], hex));
    }
    drop_city(city);
}

/* Two errors that cancel each other in the sum are still seen. */
static void errors_that_cancel_each_other_are_seen(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    chips[3] += 100;
    chips[4] -= 100;
    prove(city, chips, &p);
    assert_int_equal(p.cards_balance_fen, p.books_balance_fen);
    assert_int_equal(p.difference_count, 2);
    drop_city(city);
}

static void a_card_left_out_is_seen(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    struct why why = {{0}};
    proof_begin(&p, &city->clearing);
    for (unsigned n = 1; n <= 8; n++) {
        uint8_t factor[FACTOR_LEN];
        card_factor(n, factor);
        must(proof_card(&p, factor, chips[n - 1], &why), &why);
    }
    must(proof_end(&p, &why), &why);
    assert_int_equal(p.difference_count, 2);
    assert_non_null(strstr(p.differences[1], "9 card accounts"));
    drop_city(city);
}

/* Only the first few are told, and all are counted. */
static void many_differences_are_counted(void **state) {
    (void)state;
    uint32_t chips[9] = {0};
    struct balance_proof p;
    struct city *city = new_city();
    prove(city, chips, &p);
    assert_int_equal(p.difference_count, 10);
    for (unsigned i = 0; i < 5; i++) {
        struct why why = {{0}};
        uint8_t factor[FACTOR_LEN];
        card_factor(1, factor);
        must(proof_card(&p, factor, 7, &why), &why);
    }
    assert_int_equal(p.difference_count, 15);
    assert_non_null(strstr(p.differences[DIFFERENCES_MAX - 1], "sum of the chips"));
    drop_city(city);
}

static void books_that_are_off_do_not_pass(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    for (unsigned i = 0; i < 4; i++) {
        struct memory_rows *now = &city->rows->now;
        int64_t *fen = i == 0   ? &now->accounts[0].fen
                       : i == 1 ? &now->accounts[1].fen
                       : i == 2 ? &now->postings[0].entries[0].fen
                                : &now->postings[0].entries[1].fen;
        *fen += 1;
        prove(city, chips, &p);
        assert_false(proof_holds(&p));
        *fen -= 1;
    }
    prove(city, chips, &p);
    assert_true(proof_holds(&p));
    drop_city(city);
}

static void a_failing_store_is_told_and_proves_nothing(void **state) {
    (void)state;
    uint32_t chips[9];
    struct balance_proof p;
    struct city *city = city_after_a_sale(chips);
    uint8_t factor[FACTOR_LEN];
    card_factor(1, factor);
    for (unsigned long n = 0; n < 4; n++) {
        struct why why = {{0}};
        fail_call(city, n);
        proof_begin(&p, &city->clearing);
        enum err err = proof_card(&p, factor, chips[0], &why);
        err = err ? err : proof_end(&p, &why);
        assert_int_equal(err, ERR_OUTSIDE);
    }
    city->rows->fail_at = ~0UL;
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_proof_holds_when_every_fen_is_there),
        cmocka_unit_test(the_proof_holds_after_the_payout),
        cmocka_unit_test(a_card_without_an_account_must_be_empty),
        cmocka_unit_test(every_card_that_is_off_is_named),
        cmocka_unit_test(errors_that_cancel_each_other_are_seen),
        cmocka_unit_test(a_card_left_out_is_seen),
        cmocka_unit_test(many_differences_are_counted),
        cmocka_unit_test(books_that_are_off_do_not_pass),
        cmocka_unit_test(a_failing_store_is_told_and_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

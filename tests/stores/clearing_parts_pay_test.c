/* Postings of a day in parts, many at once, against the same ones by ledger_post(), each by itself. */
#include "stores/parts_town.h"

enum { POSTINGS = 400, PAYEES = 150 };

/* Posting n: a card pays some of many payees. */
static struct posting drawn(struct rng *rng, unsigned n) {
    struct posting p = {.day = TODAY, .count = 2 + rng_below(rng, ENTRIES_MAX - 1)};
    uint8_t factor[FACTOR_LEN];
    card_factor(1 + n % (CARDS - 1), factor);
    p.entries[0].account = account_of_card(factor);
    (void)snprintf(p.number, sizeof p.number, "parts 20031008/%s/%u", p.entries[0].account.of, n);
    for (size_t i = 1; i < p.count; i++) {
        char of[INSTITUTION_LEN + 1];
        uint64_t payee = rng_below(rng, PAYEES);
        (void)snprintf(of, sizeof of, "Q%07u", (unsigned)payee);
        enum account_kind kind = payee % 7 == 3 ? ACCOUNT_CITY : ACCOUNT_INSTITUTION;
        p.entries[i].account = account_named(
            payee == 0 ? ACCOUNT_SUSPENSE : kind, payee == 0 ? NULL : of);
        p.entries[i].fen = (int64_t)(1 + rng_below(rng, 200));
        p.entries[0].fen -= p.entries[i].fen;
    }
    return p;
}

static void pay_all(struct town *t, uint64_t seed) {
    struct rng rng = rng_stream(seed, "pay", 0);
    struct why why = {{0}};
    TX_SCOPE(tx);
    must(tx_begin(&tx, &t->city->db, &why), &why);
    t->parts.pay_begin(t->rows);
    for (unsigned n = 0; n < POSTINGS; n++) {
        struct posting p = drawn(&rng, n);
        must(t->parts.pay(t->rows, &p, &why), &why);
    }
    must(t->parts.pay_end(t->rows, &why), &why);
    must(tx_commit(&tx, &why), &why);
}

static void post_all(struct town *t, uint64_t seed) {
    struct rng rng = rng_stream(seed, "pay", 0);
    struct why why = {{0}};
    for (unsigned n = 0; n < POSTINGS; n++) {
        struct posting p = drawn(&rng, n);
        must(ledger_post(&t->city->store, &p, NULL, &why), &why);
    }
}

/* What an account holds; none is nothing. */
static int64_t held(struct town *t, enum account_kind kind, const char *of) {
    struct account_name name = account_named(kind, of);
    struct account account = {.fen = 0};
    struct why why = {{0}};
    (void)t->city->store.account_find(t->city->store.self, &name, &account, &why);
    return account.fen;
}

static void many_at_once_come_to_what_each_by_itself_comes_to(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct town *one = new_town(":memory:"), *two = new_town(":memory:");
        struct rng rng = rng_stream(seed, "pay", 0);
        post_all(one, seed);
        pay_all(two, seed);
        for (unsigned n = 0; n < POSTINGS; n++) {
            struct posting p = drawn(&rng, n), a, b;
            struct why why = {{0}};
            must(one->city->store.posting_find(one->city->store.self, p.number, &a, &why), &why);
            must(two->city->store.posting_find(two->city->store.self, p.number, &b, &why), &why);
            assert_int_equal(a.count, b.count);
            assert_int_equal(a.count, p.count);
            assert_int_equal(a.day, b.day);
            for (size_t i = 0; i < a.count; i++) {
                assert_int_equal(a.entries[i].fen, b.entries[i].fen);
                assert_string_equal(a.entries[i].account.of, b.entries[i].account.of);
            }
        }
        for (unsigned payee = 0; payee < PAYEES; payee++) {
            char of[INSTITUTION_LEN + 1];
            (void)snprintf(of, sizeof of, "Q%07u", payee);
            assert_int_equal(
                held(one, ACCOUNT_INSTITUTION, of), held(two, ACCOUNT_INSTITUTION, of));
            assert_int_equal(held(one, ACCOUNT_CITY, of), held(two, ACCOUNT_CITY, of));
        }
        assert_int_equal(held(one, ACCOUNT_SUSPENSE, NULL), held(two, ACCOUNT_SUSPENSE, NULL));
        assert_true(held(two, ACCOUNT_SUSPENSE, NULL) > 0);
        for (unsigned n = 1; n < CARDS; n++) {
            assert_int_equal(
                fen_on_card(&one->city->clearing, n), fen_on_card(&two->city->clearing, n));
        }
        assert_books_even(&two->city->clearing);
        drop_town(one);
        drop_town(two);
    }
}

/* ledger 3: to the last fen, and not one more; ledger 4: a number stands once. */
static void a_card_pays_what_it_holds_and_a_number_stands_once(void **state) {
    (void)state;
    struct town *t = new_town(":memory:");
    struct account_name to = account_named(ACCOUNT_INSTITUTION, "P0000001"), from;
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(3, factor);
    from = account_of_card(factor);
    for (int64_t fen = 60001; fen >= 60000; fen--) {
        TX_SCOPE(tx);
        struct posting p = posting_between(&from, &to, fen, TODAY);
        (void)snprintf(p.number, sizeof p.number, "parts 20031008/%s/1", from.of);
        must(tx_begin(&tx, &t->city->db, &why), &why);
        t->parts.pay_begin(t->rows);
        enum err err = t->parts.pay(t->rows, &p, &why);
        assert_int_equal(err, fen > 60000 ? ERR_CONFLICT : OK);
        if (err) {
            assert_non_null(strstr(why.text, "holds less"));
            continue; /* what was begun is dropped by the next beginning */
        }
        must(t->parts.pay_end(t->rows, &why), &why);
        must(tx_commit(&tx, &why), &why);
    }
    assert_int_equal(fen_on_card(&t->city->clearing, 3), 0);
    assert_int_equal(held(t, ACCOUNT_INSTITUTION, "P0000001"), 60000);
    card_factor(4, factor);
    struct account_name other = account_of_card(factor);
    struct posting again = posting_between(&other, &to, 5, TODAY);
    (void)snprintf(again.number, sizeof again.number, "parts 20031008/%s/1", from.of);
    {
        TX_SCOPE(tx);
        must(tx_begin(&tx, &t->city->db, &why), &why);
        t->parts.pay_begin(t->rows);
        assert_int_not_equal(t->parts.pay(t->rows, &again, &why), OK);
    }
    assert_int_equal(fen_on_card(&t->city->clearing, 4), 60000);
    assert_books_even(&t->city->clearing);
    drop_town(t);
}

/* A card without an account has paid nothing; payees that were looked up are forgotten with a day that
 * failed, for their rows may be gone. */
static void a_day_that_failed_leaves_nothing_behind(void **state) {
    (void)state;
    struct town *t = new_town(":memory:");
    struct account_name from, to = account_named(ACCOUNT_INSTITUTION, "N0000009");
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    for (unsigned card = 5; card < 7; card++) {
        TX_SCOPE(tx);
        card_factor(card, factor);
        from = account_of_card(factor);
        struct posting p = posting_between(&from, &to, 7, TODAY);
        (void)snprintf(p.number, sizeof p.number, "parts 20031008/%s/1", from.of);
        must(tx_begin(&tx, &t->city->db, &why), &why);
        t->parts.pay_begin(t->rows);
        must(t->parts.pay(t->rows, &p, &why), &why);
        if (card == 5) {
            continue; /* taken back, with the account that it opened */
        }
        must(t->parts.pay_end(t->rows, &why), &why);
        must(tx_commit(&tx, &why), &why);
    }
    assert_int_equal(fen_on_card(&t->city->clearing, 5), 60000);
    assert_int_equal(fen_on_card(&t->city->clearing, 6), 59993);
    assert_int_equal(held(t, ACCOUNT_INSTITUTION, "N0000009"), 7);
    assert_books_even(&t->city->clearing);
    drop_town(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once_come_to_what_each_by_itself_comes_to),
        cmocka_unit_test(a_card_pays_what_it_holds_and_a_number_stands_once),
        cmocka_unit_test(a_day_that_failed_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

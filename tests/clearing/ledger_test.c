/* The books: tables, replays, overflow, a walk beside a model, failing stores. */
#include "clearing/memory_store.h"

#include <inttypes.h>

#include "base/money.h"
#include "clearing/ledger.h"

enum { DAY = 20031008 };

static struct account_name pool(void) {
    return account_named(ACCOUNT_POOL, NULL);
}
static struct account_name funding(void) {
    return account_named(ACCOUNT_FUNDING, NULL);
}
static struct account_name card(unsigned n) {
    const uint8_t factor[8] = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, (uint8_t)n};
    return account_of_card(factor);
}

/* What an account holds; -1 when it is not there. */
static int64_t held(const struct clearing_store *store, struct account_name name) {
    struct account account;
    struct why why;
    return store->account_find(store->self, &name, &account, &why) == OK ? account.fen : -1;
}

static enum err move(const struct clearing_store *store, const char *number,
    struct account_name from, struct account_name to, int64_t fen) {
    struct posting p = posting_between(&from, &to, fen, DAY);
    struct why why;
    (void)snprintf(p.number, sizeof p.number, "%s", number);
    return ledger_post(store, &p, NULL, &why);
}

static void assert_even(const struct clearing_store *store) {
    struct trial_balance trial;
    struct why why;
    assert_int_equal(ledger_trial(store, &trial, &why), OK);
    assert_true(trial_even(&trial));
    assert_int_equal(trial.debit_fen, trial.credit_fen);
}

static void accounts_are_named_by_kind_and_owner(void **state) {
    (void)state;
    assert_string_equal(card(0x21).of, "8684440100000021");
    assert_string_equal(account_named(ACCOUNT_INSTITUTION, "P0000001").of, "P0000001");
    assert_string_equal(pool().of, "");
    for (int kind = 0; kind < ACCOUNT_KIND_COUNT; kind++) {
        assert_non_null(account_kind_word((enum account_kind)kind));
    }
}

static void money_flows_from_the_fund_to_the_card(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct why why;
    assert_int_equal(ledger_fund(&store, "fund 1", 50000, DAY, &why), OK);
    assert_int_equal(move(&store, "load 1", pool(), card(1), 20000), OK);
    assert_int_equal(held(&store, funding()), -50000);
    assert_int_equal(held(&store, pool()), 30000);
    assert_int_equal(held(&store, card(1)), 20000);
    assert_even(&store);
    free(m);
}

static void only_the_fund_may_owe(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    for (int kind = 0; kind < ACCOUNT_KIND_COUNT; kind++) {
        struct account_name from = account_named((enum account_kind)kind, "X");
        char number[32];
        (void)snprintf(number, sizeof number, "owe %d", kind);
        enum err err = move(&store, number, from, card(1), 1);
        assert_int_equal(err, kind == ACCOUNT_FUNDING ? OK : ERR_CONFLICT);
    }
    assert_int_equal(held(&store, card(1)), 1);
    assert_even(&store);
    free(m);
}

/* Cases of postings that are none; every one leaves the books as they were. */
static void an_ill_formed_posting_is_refused(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct account_name a = funding(), b = pool(), c = card(1);
    const struct {
        const char *title;
        struct posting posting;
        enum err err;
    } cases[] = {
        {"no entries",       {"1", DAY, 0, {{a, 0}}},                                 ERR_INVALID },
        {"one entry",        {"1", DAY, 1, {{a, -5}}},                                ERR_INVALID },
        {"too many entries", {"1", DAY, ENTRIES_MAX + 1, {{a, -5}, {b, 5}}},          ERR_INVALID },
        {"off by one",       {"1", DAY, 2, {{a, -5}, {b, 4}}},                        ERR_INVALID },
        {"both credits",     {"1", DAY, 2, {{a, 5}, {b, 5}}},                         ERR_INVALID },
        {"an empty entry",   {"1", DAY, 3, {{a, -5}, {b, 5}, {c, 0}}},                ERR_INVALID },
        {"no number",        {"", DAY, 2, {{a, -5}, {b, 5}}},                         ERR_INVALID },
        {"no day",           {"1", 0, 2, {{a, -5}, {b, 5}}},                          ERR_INVALID },
        {"sum overflows",    {"1", DAY, 3, {{a, INT64_MAX}, {b, INT64_MAX}, {c, 2}}}, ERR_INVALID },
        {"sum underflows",   {"1", DAY, 3, {{a, INT64_MIN}, {b, -1}, {c, 5}}},        ERR_INVALID },
        {"from nothing",     {"1", DAY, 2, {{b, -5}, {c, 5}}},                        ERR_CONFLICT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why;
        if (ledger_post(&store, &cases[i].posting, NULL, &why) != cases[i].err) {
            fail_msg("%s: %s", cases[i].title, why.text);
        }
        assert_int_equal(m->now.posting_count, 0);
        assert_int_equal(m->now.account_count, 0);
        assert_int_equal(m->depth, 0);
    }
    free(m);
}

static void a_balance_that_would_overflow_is_refused(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct why why;
    assert_int_equal(ledger_fund(&store, "fund 1", INT64_MAX, DAY, &why), OK);
    assert_int_equal(ledger_fund(&store, "fund 2", 1, DAY, &why), ERR_INVALID);
    assert_int_equal(held(&store, pool()), INT64_MAX);
    assert_int_equal(m->now.posting_count, 1);
    free(m);
}

static void the_same_posting_again_is_answered_and_not_made(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct account_name from = funding(), to = pool();
    struct posting p = posting_between(&from, &to, 700, DAY);
    struct why why;
    bool made = false;
    (void)snprintf(p.number, sizeof p.number, "n");
    assert_int_equal(ledger_post(&store, &p, &made, &why), OK);
    assert_true(made);
    for (int i = 0; i < 3; i++) {
        p.day = DAY + 1; /* the lost answer was asked for again on the next day */
        assert_int_equal(ledger_post(&store, &p, &made, &why), OK);
        assert_false(made);
    }
    assert_int_equal(held(&store, pool()), 700);
    assert_int_equal(m->now.posting_count, 1);
    free(m);
}

static void a_number_stands_for_one_posting_only(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    assert_int_equal(move(&store, "n", funding(), pool(), 700), OK);
    assert_int_equal(move(&store, "n", funding(), pool(), 701), ERR_CONFLICT);
    assert_int_equal(move(&store, "n", funding(), card(1), 700), ERR_CONFLICT);
    assert_int_equal(move(&store, "n", funding(), card(2), 700), ERR_CONFLICT);
    assert_int_equal(held(&store, pool()), 700);
    free(m);
}

/* All entries of an account count together: what leaves may come back within one posting. */
static void an_account_may_appear_more_than_once(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct why why;
    struct posting p = {
        "n", DAY, 4, {{funding(), -100}, {card(1), -30}, {card(1), 80}, {card(2), 50}}
    };
    assert_int_equal(ledger_post(&store, &p, NULL, &why), OK);
    assert_int_equal(held(&store, card(1)), 50);
    assert_int_equal(held(&store, card(2)), 50);
    struct posting short_of = {
        "o", DAY, 4, {{card(1), -30}, {card(1), -30}, {card(2), 50}, {pool(), 10}}
    };
    assert_int_equal(ledger_post(&store, &short_of, NULL, &why), ERR_CONFLICT);
    assert_even(&store);
    free(m);
}

static void funding_takes_only_amounts_above_zero(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct why why;
    assert_int_equal(ledger_fund(&store, "f", 0, DAY, &why), ERR_INVALID);
    assert_int_equal(ledger_fund(&store, "f", -5, DAY, &why), ERR_INVALID);
    assert_int_equal(ledger_fund(&store, "f", INT64_MIN, DAY, &why), ERR_INVALID);
    assert_int_equal(m->now.posting_count, 0);
    free(m);
}

/* ledger 4 for the fund: the same number again is answered and not paid again, whatever the day; it
 * needs a number, and one that fits. */
static void the_fund_pays_once_for_each_number(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct account_name pool = account_named(ACCOUNT_POOL, NULL);
    struct account account;
    struct why why;
    char longest[POSTING_NUMBER_LEN + 2] = {0};
    (void)memset(longest, 'n', POSTING_NUMBER_LEN);
    assert_int_equal(ledger_fund(&store, longest, 500, DAY, &why), OK);
    assert_int_equal(ledger_fund(&store, longest, 500, DAY, &why), OK);
    assert_int_equal(ledger_fund(&store, longest, 500, DAY + 1, &why), OK);
    assert_int_equal(ledger_fund(&store, longest, 501, DAY, &why), ERR_CONFLICT);
    longest[POSTING_NUMBER_LEN] = 'n';
    assert_int_equal(ledger_fund(&store, longest, 500, DAY, &why), ERR_INVALID);
    assert_int_equal(ledger_fund(&store, "", 500, DAY, &why), ERR_INVALID);
    assert_int_equal(store.account_find(store.self, &pool, &account, &why), OK);
    assert_int_equal(account.fen, 500);
    assert_int_equal(m->now.posting_count, 1);
    free(m);
}

/* A trial balance that is off in each way it can be. */
static void a_trial_balance_tells_every_fault(void **state) {
    (void)state;
    struct trial_balance good = {
        .debit_fen = 5, .credit_fen = 5, .kind_fen = {-5, 5}
    };
    assert_true(trial_even(&good));
    struct trial_balance t = good;
    t.difference_fen = 1;
    assert_false(trial_even(&t));
    t = good;
    t.astray = 1;
    assert_false(trial_even(&t));
    t = good;
    t.kind_fen[ACCOUNT_BANK] = 1;
    assert_false(trial_even(&t));
    t = good;
    t.kind_fen[0] = INT64_MAX;
    assert_false(trial_even(&t));
}

static void a_balance_changed_behind_the_books_is_seen(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    struct trial_balance trial;
    struct why why;
    assert_int_equal(ledger_fund(&store, "f", 500, DAY, &why), OK);
    m->now.accounts[1].fen += 1;
    assert_int_equal(ledger_trial(&store, &trial, &why), OK);
    assert_int_equal(trial.astray, 1);
    assert_false(trial_even(&trial));
    free(m);
}

/* The n-th call to the store fails, for every n: the books stay even, nothing is half made, and the
 * same posting sent again afterwards is made once. */
static void every_failing_call_leaves_nothing_half_done(void **state) {
    (void)state;
    unsigned long n = 0;
    bool done = false;
    for (; !done; n++) {
        struct memory *m = memory_new();
        struct clearing_store store = memory_store(m);
        struct why why;
        struct posting p = {
            "n", DAY, 3, {{funding(), -100}, {card(1), 60}, {card(2), 40}}
        };
        m->fail_at = n;
        enum err err = ledger_post(&store, &p, NULL, &why);
        done = err == OK;
        m->fail_at = ~0UL;
        assert_int_equal(m->depth, 0);
        assert_int_equal(m->now.posting_count, done ? 1 : 0);
        assert_int_equal(m->now.account_count, done ? 3 : 0);
        assert_true(done || err == ERR_OUTSIDE);
        assert_int_equal(ledger_post(&store, &p, NULL, &why), OK);
        assert_int_equal(held(&store, card(1)), 60);
        assert_int_equal(m->now.posting_count, 1);
        assert_even(&store);
        free(m);
    }
    assert_true(n > 6);
}

/* --- a walk beside a model ----------------------------------------------------------------- */

enum { WALKERS = 6, WALK_STEPS = 900 };

static uint64_t next_random(uint64_t *seed) { /* SplitMix64 */
    uint64_t z = (*seed += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Account 0 is the fund, the others are cards. The model: move if there is enough. */
static bool model_move(int64_t model[WALKERS], size_t from, size_t to, int64_t fen) {
    if (fen <= 0 || (from != 0 && from != to && model[from] < fen)) {
        return false;
    }
    model[from] -= fen;
    model[to] += fen;
    return true;
}

static void a_random_walk_agrees_with_the_model(void **state) {
    (void)state;
    struct memory *m = memory_new();
    struct clearing_store store = memory_store(m);
    int64_t model[WALKERS] = {0};
    uint64_t seed = 20031008;
    print_message("walk: seed %" PRIu64 "\n", seed);
    for (unsigned step = 0; step < WALK_STEPS; step++) {
        size_t from = next_random(&seed) % WALKERS, to = next_random(&seed) % WALKERS;
        int64_t fen = (int64_t)(next_random(&seed) % 500);
        bool replay = step > 0 && next_random(&seed) % 8 == 0;
        struct account_name a = from ? card((unsigned)from) : funding();
        struct account_name b = to ? card((unsigned)to) : funding();
        char number[16];
        (void)snprintf(number, sizeof number, "step %u", step);
        bool moved = model_move(model, from, to, fen);
        assert_int_equal(move(&store, number, a, b, fen) == OK, moved);
        if (replay && moved) {
            assert_int_equal(move(&store, number, a, b, fen), OK);
            assert_int_equal(move(&store, number, a, b, fen + 1), ERR_CONFLICT);
        }
        for (size_t i = 1; i < WALKERS; i++) {
            int64_t fen_held = held(&store, card((unsigned)i));
            assert_int_equal(fen_held < 0 ? 0 : fen_held, model[i]);
        }
    }
    assert_int_equal(held(&store, funding()), model[0]);
    assert_even(&store);
    free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_named_by_kind_and_owner),
        cmocka_unit_test(money_flows_from_the_fund_to_the_card),
        cmocka_unit_test(only_the_fund_may_owe),
        cmocka_unit_test(an_ill_formed_posting_is_refused),
        cmocka_unit_test(a_balance_that_would_overflow_is_refused),
        cmocka_unit_test(the_same_posting_again_is_answered_and_not_made),
        cmocka_unit_test(a_number_stands_for_one_posting_only),
        cmocka_unit_test(an_account_may_appear_more_than_once),
        cmocka_unit_test(funding_takes_only_amounts_above_zero),
        cmocka_unit_test(the_fund_pays_once_for_each_number),
        cmocka_unit_test(a_trial_balance_tells_every_fault),
        cmocka_unit_test(a_balance_changed_behind_the_books_is_seen),
        cmocka_unit_test(every_failing_call_leaves_nothing_half_done),
        cmocka_unit_test(a_random_walk_agrees_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

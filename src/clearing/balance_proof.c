#include "clearing/balance_proof.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/hex.h"
#include "base/money.h"
#include "clearing/day_cycle.h"

void proof_begin(struct balance_proof *p, const struct clearing *c) {
    *p = (struct balance_proof){.clearing = c};
}

/* Counts a difference, and names it while there is room. */
static void differ(struct balance_proof *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void differ(struct balance_proof *p, const char *format, ...) {
    if (p->difference_count < DIFFERENCES_MAX) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(
            p->differences[p->difference_count], sizeof p->differences[0], format, args);
        va_end(args);
    }
    p->difference_count++;
}

/* Compares two amounts that must be the same. */
static void must_equal(struct balance_proof *p, const char *what, int64_t expected, int64_t found) {
    if (expected != found) {
        char a[FEN_TEXT_MAX], b[FEN_TEXT_MAX];
        differ(p, "%s: %s expected, %s found", what, fen_text(expected, a), fen_text(found, b));
    }
}

/* A sum that does not fit is a difference like any other: the proof does not hold. */
static void add_to(struct balance_proof *p, int64_t *sum, int64_t fen) {
    if (!fen_add(*sum, fen, sum)) {
        differ(p, "a sum of the proof overflows");
    }
}

/* A card that the books do not know has no entries, which is what the zeros say; its chip is
 * compared like any other. */
enum err proof_card(
    struct balance_proof *p, const uint8_t factor[FACTOR_LEN], uint32_t chip_fen, struct why *why) {
    const struct clearing_store *store = p->clearing->store;
    struct card_books books = {0};
    char hex[2 * FACTOR_LEN + 1], what[64];
    hex_write(bytes_of(factor, FACTOR_LEN), hex);
    enum err err = store->card_books(store->self, factor, &books, why);
    if (err && err != ERR_NOT_FOUND) {
        return why_add(why, err, "card %s", hex);
    }
    assert(books.loaded_fen >= 0);
    assert(books.spent_fen >= 0);
    p->cards++;
    p->accounts += err ? 0 : 1;
    add_to(p, &p->cards_balance_fen, chip_fen);
    add_to(p, &p->loaded_fen, books.loaded_fen);
    add_to(p, &p->spent_fen, books.spent_fen);
    (void)snprintf(what, sizeof what, "card %s, chip against books", hex);
    must_equal(p, what, books.balance_fen, chip_fen);
    (void)snprintf(what, sizeof what, "card %s, loads minus purchases", hex);
    must_equal(p, what, books.balance_fen, books.loaded_fen - books.spent_fen);
    return OK;
}

/* Sums over everything: two differences that cancel each other card by card would have been counted
 * there. */
enum err proof_end(struct balance_proof *p, struct why *why) {
    const struct clearing_store *store = p->clearing->store;
    uint64_t accounts = 0;
    assert(p->accounts <= p->cards);
    enum err err = store->card_accounts(store->self, &accounts, &p->books_balance_fen, why);
    err = err ? err : ledger_trial(store, &p->trial, why);
    err = err ? err : store->paid_sums(store->self, DAY_PAID, &p->cleared_fen, &p->payout_fen, why);
    if (err) {
        return why_add(why, err, "balance proof");
    }
    must_equal(p, "sum of the chips against the books", p->books_balance_fen, p->cards_balance_fen);
    if (accounts != p->accounts) {
        differ(p,
            "%" PRIu64 " card accounts in the books, %" PRIu64 " of them were read from chips",
            accounts, p->accounts);
    }
    must_equal(p, "debit against credit", p->trial.credit_fen, p->trial.debit_fen);
    if (!trial_even(&p->trial)) {
        differ(p, "the trial balance is not even: %" PRId64 " accounts astray", p->trial.astray);
    }
    must_equal(p, "payouts against cleared purchases", p->cleared_fen, p->payout_fen);
    must_equal(p, "the bank's account against the payouts", p->payout_fen,
        p->trial.kind_fen[ACCOUNT_BANK]);
    return OK;
}

#include "clearing/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/money.h"
#include "clearing/clearing.h"

/* What each kind of account is called, and whether it may be below zero (ledger 3). */
static const struct kind {
    const char *word;
    bool may_owe;
} kinds[ACCOUNT_KIND_COUNT] = {
    [ACCOUNT_FUNDING] = {"funding",     true },
    [ACCOUNT_POOL] = {"pool",        false},
    [ACCOUNT_CARD] = {"card",        false},
    [ACCOUNT_INSTITUTION] = {"institution", false},
    [ACCOUNT_SUSPENSE] = {"suspense",    false},
    [ACCOUNT_BANK] = {"bank",        false},
    [ACCOUNT_CITY] = {"city",        false},
    [ACCOUNT_HOLDER] = {"holder",      false},
    [ACCOUNT_INSURANCE] = {"insurance",   false},
    [ACCOUNT_MEDICAL] = {"medical",     false},
    [ACCOUNT_RETENTION] = {"retention",   false},
};

const char *account_kind_word(enum account_kind kind) {
    assert((unsigned)kind < ACCOUNT_KIND_COUNT);
    return kinds[kind].word;
}

/* An owner that does not fit would be somebody else's name: that is our own mistake. */
struct account_name account_named(enum account_kind kind, const char *of) {
    struct account_name name = {.kind = kind};
    assert((unsigned)kind < ACCOUNT_KIND_COUNT);
    assert(!of || strlen(of) <= ACCOUNT_OF_LEN);
    (void)snprintf(name.of, sizeof name.of, "%s", of ? of : "");
    return name;
}

/* Sixteen letters, just as many as a name has room for. */
struct account_name account_of_card(const uint8_t factor[8]) {
    struct account_name name = {.kind = ACCOUNT_CARD};
    _Static_assert(ACCOUNT_OF_LEN == 2 * FACTOR_LEN, "a factor in hexadecimal fits");
    hex_write(bytes_of(factor, FACTOR_LEN), name.of);
    return name;
}

struct account_name account_of_medical(const uint8_t factor[8]) {
    struct account_name name = account_of_card(factor);
    name.kind = ACCOUNT_MEDICAL;
    return name;
}

/* The payer's side first, as the books are read. */
struct posting posting_between(
    const struct account_name *from, const struct account_name *to, int64_t fen, uint32_t day) {
    return (struct posting){
        .day = day, .count = 2, .entries = {{*from, -fen}, {*to, fen}}
    };
}

/* Two names of one account. */
static bool same_account(const struct account_name *a, const struct account_name *b) {
    return a->kind == b->kind && strcmp(a->of, b->of) == 0;
}

/* The day is no part of it: a request that is sent again may come on another day. */
static bool same_posting(const struct posting *a, const struct posting *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = same_account(&a->entries[i].account, &b->entries[i].account)
               && a->entries[i].fen == b->entries[i].fen;
    }
    return same;
}

/* What can be seen from the posting alone (ledger 2 and 5). */
static enum err shape_check(const struct posting *p, struct why *why) {
    int64_t sum = 0;
    if (p->number[0] == '\0' || p->day == 0) {
        return why_say(why, ERR_INVALID, "a posting needs a number and a day");
    }
    if (p->count < 2 || p->count > ENTRIES_MAX) {
        return why_say(why, ERR_INVALID, "%zu entries, where 2 to %d are possible", p->count,
            (int)ENTRIES_MAX);
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->entries[i].fen == 0) {
            return why_say(why, ERR_INVALID, "entry %zu moves nothing", i + 1);
        }
        if (!fen_add(sum, p->entries[i].fen, &sum)) {
            return why_say(why, ERR_INVALID, "the sum of the entries overflows");
        }
    }
    return sum == 0 ? OK : why_say(why, ERR_INVALID, "off by %" PRId64 " fen", sum);
}

/* The accounts that a posting touches, and what it leaves on each. id 0: not there yet. */
struct touched {
    struct account accounts[ENTRIES_MAX];
    int64_t after[ENTRIES_MAX];
};

/* Reads the accounts; one that is not there yet begins at nothing. */
static enum err find_accounts(const struct clearing_store *store, const struct posting *p,
    struct touched *t, struct why *why) {
    for (size_t i = 0; i < p->count; i++) {
        enum err err = store->account_find(
            store->self, &p->entries[i].account, &t->accounts[i], why);
        if (err && err != ERR_NOT_FOUND) {
            return why_add(why, ERR_OUTSIDE, "account %s", kinds[p->entries[i].account.kind].word);
        }
        if (err == ERR_NOT_FOUND) {
            t->accounts[i] = (struct account){.name = p->entries[i].account};
        }
    }
    return OK;
}

/* What the posting would leave on the account of one entry, all its entries together. */
static enum err balance_after(
    const struct posting *p, const struct account *account, int64_t *after, struct why *why) {
    *after = account->fen;
    assert(account->fen >= 0 || kinds[account->name.kind].may_owe); /* ledger 3 */
    for (size_t i = 0; i < p->count; i++) {
        if (same_account(&p->entries[i].account, &account->name)
            && !fen_add(*after, p->entries[i].fen, after)) {
            return why_say(why, ERR_INVALID, "account %s %s would overflow",
                kinds[account->name.kind].word, account->name.of);
        }
    }
    if (*after < 0 && !kinds[account->name.kind].may_owe) {
        return why_say(why, ERR_CONFLICT, "account %s %s would be at %" PRId64 " fen",
            kinds[account->name.kind].word, account->name.of, *after);
    }
    return OK;
}

/* Everything that can be wrong is found here, and nothing is changed. */
static enum err posting_check(const struct clearing_store *store, const struct posting *p,
    struct touched *t, struct why *why) {
    enum err err = find_accounts(store, p, t, why);
    for (size_t i = 0; !err && i < p->count; i++) {
        err = balance_after(p, &t->accounts[i], &t->after[i], why);
    }
    return err;
}

/* The index of the first entry that names the same account as entry i. */
static size_t first_of_account(const struct posting *p, size_t i) {
    size_t first = 0;
    assert(i < p->count);
    while (!same_account(&p->entries[first].account, &p->entries[i].account)) {
        first++;
    }
    assert(first <= i);
    return first;
}

/* Only the store can fail here, and then the whole transaction is given up. */
static enum err posting_apply(const struct clearing_store *store, const struct posting *p,
    struct touched *t, struct why *why) {
    int64_t ids[ENTRIES_MAX] = {0};
    enum err err = OK;
    assert(p->count >= 2);
    assert(p->count <= ENTRIES_MAX);
    for (size_t i = 0; !err && i < p->count; i++) {
        size_t first = first_of_account(p, i);
        assert(t->after[i] >= 0 || kinds[t->accounts[i].name.kind].may_owe);
        assert(t->after[i] == t->after[first]);
        if (t->accounts[first].id == 0) {
            err = store->account_add(store->self, &t->accounts[first], why);
        }
        ids[i] = t->accounts[first].id;
        assert(err || ids[i] > 0);
    }
    err = err ? err : store->posting_add(store->self, p, ids, t->after, why);
    return err ? ERR_OUTSIDE : OK;
}

/* OK and *known when the number stands for this very posting already (ledger 4). */
static enum err number_check(
    const struct clearing_store *store, const struct posting *p, bool *known, struct why *why) {
    struct posting before;
    *known = false;
    assert(p->number[0] != '\0');
    enum err err = store->posting_find(store->self, p->number, &before, why);
    if (err == ERR_NOT_FOUND) {
        return OK;
    }
    if (err) {
        return ERR_OUTSIDE;
    }
    *known = same_posting(p, &before);
    return *known ? OK : why_say(why, ERR_CONFLICT, "the number stands for another posting");
}

/* Shape, number, balances, and only then the change: what can refuse stands before what cannot. */
enum err ledger_post_within(
    const struct clearing_store *store, const struct posting *p, bool *made, struct why *why) {
    struct touched touched;
    bool known = false;
    assert(memchr(p->number, '\0', sizeof p->number)); /* a number cut off names another posting */
    enum err err = shape_check(p, why);
    err = err ? err : number_check(store, p, &known, why);
    if (!err && !known) {
        err = posting_check(store, p, &touched, why);
        err = err ? err : posting_apply(store, p, &touched, why);
    }
    if (err) {
        return why_add(why, err, "posting %s", p->number);
    }
    if (made) {
        *made = !known;
    }
    return OK;
}

/* For a posting that is a business of its own. */
enum err ledger_post(
    const struct clearing_store *store, const struct posting *p, bool *made, struct why *why) {
    CLEARING_SCOPE(scope);
    enum err err = clearing_begin(&scope, store, why);
    err = err ? err : ledger_post_within(store, p, made, why);
    return err ? err : clearing_commit(&scope, why);
}

/* The only postings that make money; their other side is what was paid in. */
static enum err pay_in(const struct clearing_store *store, const struct account_name *to,
    const char *number, int64_t fen, uint32_t day, struct why *why) {
    struct account_name funding = account_named(ACCOUNT_FUNDING, NULL);
    assert(to->kind == ACCOUNT_POOL || to->kind == ACCOUNT_INSURANCE);
    if (fen <= 0 || strlen(number) > POSTING_NUMBER_LEN) {
        return why_say(why, ERR_INVALID, "funding takes an amount above zero and a short number");
    }
    struct posting p = posting_between(&funding, to, fen, day);
    (void)snprintf(p.number, sizeof p.number, "%s", number);
    return ledger_post(store, &p, NULL, why);
}

enum err ledger_fund(const struct clearing_store *store, const char *number, int64_t fen,
    uint32_t day, struct why *why) {
    struct account_name pool = account_named(ACCOUNT_POOL, NULL);
    return pay_in(store, &pool, number, fen, day, why);
}

enum err ledger_insure(const struct clearing_store *store, const char *number, int64_t fen,
    uint32_t day, struct why *why) {
    struct account_name insurance = account_named(ACCOUNT_INSURANCE, NULL);
    return pay_in(store, &insurance, number, fen, day, why);
}

/* The store adds up, the difference is taken here. */
enum err ledger_trial(
    const struct clearing_store *store, struct trial_balance *out, struct why *why) {
    *out = (struct trial_balance){0};
    enum err err = store->trial(store->self, out, why);
    out->difference_fen = out->credit_fen - out->debit_fen;
    assert(err || out->debit_fen >= 0);
    assert(err || out->credit_fen >= 0);
    return err ? why_add(why, err, "trial balance") : OK;
}

/* A sum that does not fit is no zero. */
bool trial_even(const struct trial_balance *t) {
    int64_t all = 0;
    for (size_t i = 0; i < ACCOUNT_KIND_COUNT; i++) {
        if (!fen_add(all, t->kind_fen[i], &all)) {
            return false;
        }
    }
    return t->difference_fen == 0 && t->astray == 0 && all == 0;
}

/* Books and loads of the clearing's SQLite store. */
#include <assert.h>
#include <string.h>

#include "stores/sql/clearing_rows.h"

/* --- loads --------------------------------------------------------------------------------- */

/* One order, column by column, or ERR_NOT_FOUND. */
enum err clearing_read_load(struct say *s, struct load_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_bytes(s, out->ticket, TICKET_LEN);
        row_bytes(s, out->factor, FACTOR_LEN);
        out->key_version = (uint8_t)row_int(s);
        row_bytes(s, out->random, RANDOM_LEN);
        out->facts.balance = (uint32_t)row_int(s);
        out->facts.amount = (uint32_t)row_int(s);
        out->facts.number = (uint16_t)row_int(s);
        out->facts.trade = (enum trade)row_int(s);
        row_bytes(s, out->facts.terminal, TERMINAL_LEN);
        bcd_write((uint64_t)row_int(s), out->facts.moment, MOMENT_LEN);
        row_bytes(s, out->mac1, MAC_LEN);
        row_bytes(s, out->mac2, MAC_LEN);
        row_bytes(s, out->tac, MAC_LEN);
        out->state = (enum load_state)row_int(s);
        out->day = (uint32_t)row_int(s);
    }
    return clearing_found(s, there, "load", why);
}

/* By the ticket that the terminal gave it. */
static enum err rows_load_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct load_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_FIND);
    say_blob(&s, bytes_of(ticket, TICKET_LEN));
    return clearing_read_load(&s, out, why);
}

/* load 3: a card has one open order at most; were there two, the youngest counts. */
static enum err rows_load_open(
    void *self, const uint8_t factor[FACTOR_LEN], struct load_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_OPEN);
    say_blob(&s, bytes_of(factor, FACTOR_LEN));
    return clearing_read_load(&s, out, why);
}

/* Every column of the order, in the table's order; seq, which keeps their order, is the
 * sentence's. */
static enum err rows_load_add(void *self, const struct load_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_ADD);
    say_blob(&s, bytes_of(row->ticket, TICKET_LEN));
    say_blob(&s, bytes_of(row->factor, FACTOR_LEN));
    say_int(&s, row->key_version);
    say_blob(&s, bytes_of(row->random, RANDOM_LEN));
    say_int(&s, row->facts.balance);
    say_int(&s, row->facts.amount);
    say_int(&s, row->facts.number);
    say_int(&s, row->facts.trade);
    say_blob(&s, bytes_of(row->facts.terminal, TERMINAL_LEN));
    say_int(&s, (int64_t)moment_number(row->facts.moment));
    say_blob(&s, bytes_of(row->mac1, MAC_LEN));
    say_blob(&s, bytes_of(row->mac2, MAC_LEN));
    say_blob(&s, bytes_of(row->tac, MAC_LEN));
    say_int(&s, row->state);
    say_int(&s, row->day);
    return say_done(&s, why);
}

/* What can change of an order: its facts and its MACs never do. */
static enum err rows_load_update(void *self, const struct load_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_UPDATE);
    assert(row->state < LOAD_STATE_COUNT);
    assert(row->day != 0);
    say_blob(&s, bytes_of(row->ticket, TICKET_LEN));
    say_int(&s, row->state);
    say_blob(&s, bytes_of(row->tac, MAC_LEN));
    say_int(&s, row->day);
    return say_done(&s, why);
}

/* What lies strictly between and is posted is certain; what lies at an edge, or is only
 * authorised, is possible. */
static enum err rows_loads_between(void *self, const struct upload_record *of, uint64_t from,
    uint64_t to, struct chain_loads *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOADS_BETWEEN);
    assert(from <= to);
    say_blob(&s, bytes_of(upload_factor(of), FACTOR_LEN));
    say_int(&s, (int64_t)from);
    say_int(&s, (int64_t)to);
    say_int(&s, trade_is_medical(of->trade) ? TRADE_MEDICAL_LOAD : TRADE_EP_LOAD);
    *out = (struct chain_loads){0};
    while (say_next(&s)) {
        int64_t fen = row_int(&s);
        uint64_t moment = (uint64_t)row_int(&s);
        bool posted = row_int(&s) == LOAD_POSTED;
        out->possible_fen += fen;
        assert(from <= moment && moment <= to);
        out->certain_fen += posted && from < moment && moment < to ? fen : 0;
    }
    return say_end(&s, why);
}

/* A state without orders has no row, so everything begins at nothing. */
static enum err rows_load_sums(
    void *self, uint32_t day, struct reason_sum by_state[LOAD_STATE_COUNT], struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_SUMS);
    (void)memset(by_state, 0, LOAD_STATE_COUNT * sizeof by_state[0]);
    say_int(&s, day);
    while (say_next(&s)) {
        int64_t state = row_int(&s);
        assert(state >= 0 && state < LOAD_STATE_COUNT);
        by_state[state].count = (uint64_t)row_int(&s);
        by_state[state].fen = row_int(&s);
    }
    return say_end(&s, why);
}

/* What the pool has promised and not yet paid to cards. */
static enum err rows_load_reserved(void *self, int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LOAD_RESERVED);
    *fen = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* --- books --------------------------------------------------------------------------------- */

/* By kind and owner, which are unique together. */
static enum err rows_account_find(
    void *self, const struct account_name *name, struct account *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ACCOUNT_FIND);
    say_int(&s, name->kind);
    say_text(&s, name->of);
    bool there = say_next(&s);
    if (there) {
        *out = (struct account){.id = row_int(&s), .name = *name};
        out->fen = row_int(&s);
    }
    return clearing_found(&s, there, "account", why);
}

/* kind and owner are unique: an account is opened once. */
static enum err rows_account_add(void *self, struct account *account, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ACCOUNT_ADD);
    say_int(&s, account->name.kind);
    say_text(&s, account->name.of);
    say_int(&s, account->fen);
    return say_added(&s, &account->id, why);
}

/* The entries in the order in which they were made. */
enum err clearing_read_entries(void *self, int64_t posting, struct posting *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_POSTING_ENTRIES);
    say_int(&s, posting);
    while (say_next(&s) && out->count < ENTRIES_MAX) {
        struct entry *e = &out->entries[out->count++];
        e->account.kind = (enum account_kind)row_int(&s);
        row_text(&s, e->account.of, sizeof e->account.of);
        e->fen = row_int(&s);
    }
    return say_end(&s, why);
}

/* *out is written last and whole: a posting with half its entries would compare as another one. */
static enum err rows_posting_find(
    void *self, const char *number, struct posting *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_POSTING_FIND);
    struct posting found = {0};
    int64_t id = 0;
    say_text(&s, number);
    bool there = say_next(&s);
    if (there) {
        id = row_int(&s);
        found.day = (uint32_t)row_int(&s);
    }
    enum err err = clearing_found(&s, there, "posting", why);
    err = err ? err : clearing_read_entries(self, id, &found, why);
    if (!err) {
        assert(strlen(number) < sizeof found.number);
        (void)memcpy(found.number, number, strlen(number) + 1);
        *out = found;
    }
    return err;
}

/* A posting's entries are counted from 1. */
static enum err entry_add(
    void *self, int64_t posting, size_t place, int64_t account, int64_t fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ENTRY_ADD);
    assert(posting > 0);
    assert(account > 0);
    assert(fen != 0); /* ledger 2 */
    say_int(&s, posting);
    say_int(&s, (int64_t)place);
    say_int(&s, account);
    say_int(&s, fen);
    return say_done(&s, why);
}

/* The balance is kept beside the entries, so that one row answers what an account holds;
 * trial() compares the two. */
static enum err account_set(void *self, int64_t account, int64_t fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ACCOUNT_SET);
    say_int(&s, account);
    say_int(&s, fen);
    return say_done(&s, why);
}

/* Entries and balances together, in the transaction that the ledger holds. */
static enum err rows_posting_add(void *self, const struct posting *p, const int64_t *accounts,
    const int64_t *after, struct why *why) {
    int64_t id = 0;
    struct say s = clearing_say(self, CLEARING_POSTING_ADD);
    assert(p->count >= 2);
    assert(p->count <= ENTRIES_MAX);
    say_text(&s, p->number);
    say_int(&s, p->day);
    enum err err = say_added(&s, &id, why);
    for (size_t i = 0; !err && i < p->count; i++) {
        err = entry_add(self, id, i + 1, accounts[i], p->entries[i].fen, why);
        err = err ? err : account_set(self, accounts[i], after[i], why);
    }
    return err;
}

/* Account by account: its kind, its balance, and what its entries come to. */
static enum err trial_accounts(void *self, struct trial_balance *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_TRIAL_ACCOUNTS);
    while (say_next(&s)) {
        int64_t kind = row_int(&s), fen = row_int(&s), credit = row_int(&s), debit = row_int(&s);
        assert(kind >= 0 && kind < ACCOUNT_KIND_COUNT);
        out->kind_fen[kind] += fen;
        out->credit_fen += credit;
        out->debit_fen += debit;
        out->astray += fen == credit - debit ? 0 : 1;
        out->accounts++;
    }
    return say_end(&s, why);
}

/* Entries without a posting are astray like balances without entries. The postings are counted even
 * when the accounts could not be read: each sentence must be ended. */
static enum err rows_trial(void *self, struct trial_balance *out, struct why *why) {
    *out = (struct trial_balance){0};
    enum err err = trial_accounts(self, out, why);
    struct say s = clearing_say(self, CLEARING_TRIAL_POSTINGS);
    out->postings = say_next(&s) ? row_int(&s) : 0;
    enum err counted = say_end(&s, why);
    err = err ? err : counted;
    s = clearing_say(self, CLEARING_TRIAL_ORPHANS);
    out->astray += say_next(&s) ? row_int(&s) : 0;
    counted = say_end(&s, why);
    return err ? err : counted;
}

/* Credits and debits apart from the balance: the proof compares them. */
static enum err rows_card_books(
    void *self, const uint8_t factor[FACTOR_LEN], struct card_books *out, struct why *why) {
    struct account_name name = account_of_card(factor);
    struct say s = clearing_say(self, CLEARING_CARD_BOOKS);
    say_int(&s, name.kind);
    say_text(&s, name.of);
    bool there = say_next(&s);
    if (there) {
        out->balance_fen = row_int(&s);
        out->loaded_fen = row_int(&s);
        out->spent_fen = row_int(&s);
    }
    return clearing_found(&s, there, "card account", why);
}

/* How many there are, and what they hold together. */
static enum err rows_card_accounts(void *self, uint64_t *count, int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CARD_ACCOUNTS);
    say_int(&s, ACCOUNT_CARD);
    *count = 0;
    *fen = 0;
    if (say_next(&s)) {
        *count = (uint64_t)row_int(&s);
        *fen = row_int(&s);
    }
    return say_end(&s, why);
}

/* The functions of this file, into a store that clearing_store.c has begun. */
void clearing_books_offer(struct clearing_store *store) {
    store->load_find = rows_load_find;
    store->load_open = rows_load_open;
    store->load_add = rows_load_add;
    store->load_update = rows_load_update;
    store->loads_between = rows_loads_between;
    store->load_sums = rows_load_sums;
    store->load_reserved = rows_load_reserved;
    store->account_find = rows_account_find;
    store->account_add = rows_account_add;
    store->posting_find = rows_posting_find;
    store->posting_add = rows_posting_add;
    store->trial = rows_trial;
    store->card_books = rows_card_books;
    store->card_accounts = rows_card_accounts;
}

/* A clearing store in plain arrays, and a vault over the chip's own cryptography, for tests.
 *
 * begin() keeps a copy of everything and rollback() puts it back, so what a transaction promises
 * is true by construction. Every call counts; the call number fail_at answers ERR_OUTSIDE instead,
 * which is how the sweeps let the n-th call fail. */
#pragma once

#include "check.h"

#include "base/hex.h"
#include "clearing/clearing.h"
#include "clearing/day_cycle.h"
#include "crypto/derive.h"
#include "crypto/mac.h"
#include "keys/vault.h"

enum {
    MEMORY_ROWS = 4200, /* records and postings */
    MEMORY_FEW = 40,    /* everything else */
    MEMORY_DEPTH = 4,
};

struct memory_card {
    uint8_t factor[FACTOR_LEN];
    struct card_standing standing;
    uint64_t listed_from; /* 0: never */
};

/* Banks, exceptions, outages, stays and months: memory_settle.h knows them. */
struct memory_settle {
    struct memory_head {
        uint32_t day;
        char officer[OFFICER_NAME_MAX + 1];
    } heads[MEMORY_FEW];
    struct memory_return {
        uint32_t day, taken;
        uint8_t digest[SM3_LEN];
    } returns[MEMORY_FEW];
    uint32_t answer_days[MEMORY_FEW];
    struct bank_answer answers[MEMORY_FEW];
    struct exception_row exceptions[MEMORY_FEW];
    struct outage_row outages[4];
    struct stay_row stays[MEMORY_FEW];
    struct claim_row claims[MEMORY_FEW];
    size_t head_count, return_count, answer_count, exception_count, outage_count;
    size_t stay_count, claim_count;
};

/* Everything that a rollback puts back. */
struct memory_rows {
    struct institution institutions[MEMORY_FEW];
    struct terminal_row terminals[MEMORY_FEW];
    struct upload_row uploads[MEMORY_FEW];
    bool sealed[MEMORY_FEW];
    struct load_row loads[MEMORY_FEW];
    struct approval approvals[MEMORY_FEW];
    struct account accounts[MEMORY_FEW];
    struct day_row days[MEMORY_FEW];
    struct payout payouts[MEMORY_FEW];
    size_t institution_count, terminal_count, upload_count, record_count, load_count;
    size_t approval_count, account_count, posting_count, day_count, payout_count, audit_count;
    struct memory_city {
        char institution[INSTITUTION_LEN + 1];
        uint8_t prefix[CITY_PREFIX_LEN];
    } cities[4];
    struct move_row moves[MEMORY_FEW];
    size_t city_count, move_count;
    struct memory_piece {
        int64_t upload;
        size_t at, len; /* in the pool */
    } pieces[2 * MEMORY_FEW];
    size_t piece_count, pool_used;
    struct memory_event { /* of the audit chain: uploads, and days that were opened */
        bool day;
        char subject[2 * SM3_LEN + 1];
    } events[2 * MEMORY_FEW];
    size_t event_count;
    struct memory_settle settle;
    struct record_row records[MEMORY_ROWS];
    struct posting postings[MEMORY_ROWS];
};

struct memory {
    struct memory_rows now, saved[MEMORY_DEPTH];
    size_t depth;
    struct memory_card cards[MEMORY_FEW];
    size_t card_count;
    struct clearing_limits limits;
    uint64_t list_moment; /* of the blacklist of the one terminal that has one; 0: none has */
    uint8_t list_terminal[TERMINAL_LEN];
    unsigned long calls, fail_at;
    uint8_t pool[8 << 20]; /* the bytes of uploads */
};

/* Copies the rows that are there; the places behind them are of no meaning. */
static inline void memory_copy(struct memory_rows *to, const struct memory_rows *from) {
    (void)memcpy(to, from, offsetof(struct memory_rows, records));
    (void)memcpy(to->records, from->records, from->record_count * sizeof from->records[0]);
    (void)memcpy(to->postings, from->postings, from->posting_count * sizeof from->postings[0]);
}

#define MEMORY_TRIP(m, why)                                                                        \
    do {                                                                                           \
        if ((m)->calls++ == (m)->fail_at) {                                                        \
            return why_say(why, ERR_OUTSIDE, "the store failed");                                  \
        }                                                                                          \
    } while (0)

static inline enum err memory_missing(struct why *why) {
    return why_say(why, ERR_NOT_FOUND, "not there");
}

static inline enum err memory_begin(void *self, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->depth < MEMORY_DEPTH);
    memory_copy(&m->saved[m->depth++], &m->now);
    return OK;
}

static inline enum err memory_commit(void *self, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->depth > 0);
    m->depth--;
    return OK;
}

static inline void memory_rollback(void *self) {
    struct memory *m = self;
    assert_true(m->depth > 0);
    memory_copy(&m->now, &m->saved[--m->depth]);
}

static inline enum err memory_audit(
    void *self, const char *who, const char *what, const char *subject, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(who && what && subject);
    m->now.audit_count++;
    bool day = strcmp(what, "day-open") == 0;
    if (day || strcmp(what, "upload") == 0) {
        assert_true(m->now.event_count < 2 * MEMORY_FEW);
        struct memory_event *event = &m->now.events[m->now.event_count++];
        event->day = day;
        (void)snprintf(event->subject, sizeof event->subject, "%s", subject);
    }
    return OK;
}

static inline enum err memory_institution_put(
    void *self, const struct institution *i, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    size_t at = 0;
    while (at < m->now.institution_count && strcmp(m->now.institutions[at].code, i->code) != 0) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    m->now.institution_count += at == m->now.institution_count ? 1 : 0;
    m->now.institutions[at] = *i;
    return OK;
}

static inline enum err memory_institution_find(
    void *self, const char *code, struct institution *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.institution_count; i++) {
        if (strcmp(m->now.institutions[i].code, code) == 0) {
            *out = m->now.institutions[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_terminal_put(
    void *self, const struct terminal_row *t, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    size_t at = 0;
    while (at < m->now.terminal_count
           && memcmp(m->now.terminals[at].number, t->number, TERMINAL_LEN) != 0) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    m->now.terminal_count += at == m->now.terminal_count ? 1 : 0;
    m->now.terminals[at] = *t;
    return OK;
}

static inline enum err memory_terminal_find(
    void *self, const uint8_t number[TERMINAL_LEN], struct terminal_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.terminal_count; i++) {
        if (memcmp(m->now.terminals[i].number, number, TERMINAL_LEN) == 0) {
            *out = m->now.terminals[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_card_find(void *self, const uint8_t factor[FACTOR_LEN],
    uint64_t moment, struct card_standing *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->card_count; i++) {
        if (memcmp(m->cards[i].factor, factor, FACTOR_LEN) == 0) {
            *out = m->cards[i].standing;
            out->listed = m->cards[i].listed_from != 0 && m->cards[i].listed_from <= moment;
            return OK;
        }
    }
    return memory_missing(why);
}

/* "clearer" and "other" clear, "approver" and "other" approve, "head" is the head. */
static inline enum err memory_officer_check(
    void *self, const char *code, enum clearing_duty duty, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    static const char *const names[] = {"clearer", "approver", "head"};
    bool may = strcmp(code, names[duty]) == 0 || (duty != DUTY_HEAD && strcmp(code, "other") == 0);
    return may ? OK : why_say(why, ERR_DENIED, "%s may not do this", code);
}

static inline enum err memory_limits(
    void *self, uint32_t day, struct clearing_limits *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(day > 0);
    *out = m->limits;
    return OK;
}

/* Every card's medical account has its first TAC key. */
static inline enum err memory_medical_version(
    void *self, const uint8_t factor[FACTOR_LEN], uint8_t *version, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    (void)factor;
    *version = 1;
    return OK;
}

static inline enum err memory_upload_find(
    void *self, const uint8_t digest[SM3_LEN], struct upload_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.upload_count; i++) {
        if (m->now.sealed[i] && memcmp(m->now.uploads[i].digest, digest, SM3_LEN) == 0) {
            *out = m->now.uploads[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_upload_add(void *self, struct upload_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.upload_count < MEMORY_FEW);
    row->id = (int64_t)m->now.upload_count + 1;
    m->now.sealed[m->now.upload_count] = false;
    m->now.uploads[m->now.upload_count++] = *row;
    return OK;
}

static inline enum err memory_upload_seal(
    void *self, const struct upload_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    m->now.uploads[row->id - 1] = *row;
    m->now.sealed[row->id - 1] = true;
    return OK;
}

static inline enum err memory_record_add(void *self, struct record_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.record_count < MEMORY_ROWS);
    row->id = (int64_t)m->now.record_count + 1;
    m->now.records[m->now.record_count++] = *row;
    return OK;
}

/* A record that took its place: proven, and not a copy of another. */
static inline bool memory_stands(const struct record_row *row) {
    return row->tac == TAC_GOOD && row->reason != REASON_DUPLICATE;
}

static inline bool memory_same_card(const struct upload_record *a, const struct upload_record *b) {
    return memcmp(upload_factor(a), upload_factor(b), FACTOR_LEN) == 0;
}

/* Numbers are counted by card and account. */
static inline bool memory_same_count(const struct upload_record *a, const struct upload_record *b) {
    return memory_same_card(a, b) && a->trade == b->trade;
}

static inline enum err memory_record_rivals(
    void *self, const struct upload_record *r, struct record_rivals *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *out = (struct record_rivals){0};
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct upload_record *o = &m->now.records[i].record;
        if (!memory_stands(&m->now.records[i])) {
            continue;
        }
        bool seq = o->terminal_seq == r->terminal_seq
                   && memcmp(o->terminal, r->terminal, TERMINAL_LEN) == 0;
        bool same = seq && memory_same_card(o, r) && o->amount == r->amount && o->trade == r->trade
                    && memcmp(o->moment, r->moment, MOMENT_LEN) == 0;
        out->same |= same;
        out->other_seq |= seq && !same;
        out->other_number |= !same && memory_same_count(o, r) && o->number == r->number;
    }
    return OK;
}

static inline enum err memory_record_neighbours(void *self, const struct upload_record *r,
    struct chain_link *before, struct chain_link *behind, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < 2 * m->now.record_count;
         i++) { /* held ones first, cleared ones over them */
        const struct record_row *row = &m->now.records[i % m->now.record_count];
        const struct upload_record *o = &row->record;
        bool second_round = i >= m->now.record_count;
        struct chain_link link = {true, o->balance_before, o->amount, moment_number(o->moment)};
        if (!memory_stands(row) || !memory_same_count(o, r)
            || second_round != (row->reason == REASON_NONE)) {
            continue;
        }
        *before = o->number + 1 == r->number ? link : *before;
        *behind = o->number == r->number + 1 ? link : *behind;
    }
    return OK;
}

static inline enum err memory_record_sums(void *self, int64_t upload, uint32_t day,
    struct reason_sum by_reason[REASON_COUNT], uint64_t by_tac[3], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        if ((upload == 0 || row->upload == upload) && (day == 0 || row->day == day)) {
            by_reason[row->reason].count++;
            by_reason[row->reason].fen += row->record.amount;
            by_tac[row->tac]++;
        }
    }
    return OK;
}

static inline enum err memory_load_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct load_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.load_count; i++) {
        if (memcmp(m->now.loads[i].ticket, ticket, TICKET_LEN) == 0) {
            *out = m->now.loads[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_load_open(
    void *self, const uint8_t factor[FACTOR_LEN], struct load_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = m->now.load_count; i-- > 0;) {
        if (m->now.loads[i].state == LOAD_AUTHORISED
            && memcmp(m->now.loads[i].factor, factor, FACTOR_LEN) == 0) {
            *out = m->now.loads[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_load_add(void *self, const struct load_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.load_count < MEMORY_FEW);
    m->now.loads[m->now.load_count++] = *row;
    return OK;
}

static inline enum err memory_load_update(void *self, const struct load_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.load_count; i++) {
        if (memcmp(m->now.loads[i].ticket, row->ticket, TICKET_LEN) == 0) {
            m->now.loads[i] = *row;
        }
    }
    return OK;
}

static inline enum err memory_loads_between(void *self, const struct upload_record *of,
    uint64_t from, uint64_t to, struct chain_loads *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.load_count; i++) {
        const struct load_row *row = &m->now.loads[i];
        uint64_t moment = moment_number(row->facts.moment);
        bool inside = from < moment && moment < to && row->state == LOAD_POSTED;
        if (memcmp(row->factor, upload_factor(of), FACTOR_LEN) != 0 || moment < from || moment > to
            || trade_is_medical(row->facts.trade) != trade_is_medical(of->trade)) {
            continue;
        }
        out->certain_fen += inside ? row->facts.amount : 0;
        out->possible_fen += row->state == LOAD_CANCELLED ? 0 : row->facts.amount;
    }
    return OK;
}

static inline enum err memory_load_sums(
    void *self, uint32_t day, struct reason_sum by_state[LOAD_STATE_COUNT], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    (void)memset(by_state, 0, LOAD_STATE_COUNT * sizeof by_state[0]);
    for (size_t i = 0; i < m->now.load_count; i++) {
        const struct load_row *row = &m->now.loads[i];
        if (day == 0 || row->day == day) {
            by_state[row->state].count++;
            by_state[row->state].fen += row->facts.amount;
        }
    }
    return OK;
}

static inline enum err memory_load_reserved(void *self, int64_t *fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *fen = 0;
    for (size_t i = 0; i < m->now.load_count; i++) {
        bool open = m->now.loads[i].state == LOAD_AUTHORISED;
        *fen += open ? m->now.loads[i].facts.amount : 0;
    }
    return OK;
}

static inline enum err memory_approval_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct approval *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.approval_count; i++) {
        if (memcmp(m->now.approvals[i].ticket, ticket, TICKET_LEN) == 0) {
            *out = m->now.approvals[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_approval_add(void *self, const struct approval *a, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.approval_count < MEMORY_FEW);
    m->now.approvals[m->now.approval_count++] = *a;
    return OK;
}

static inline enum err memory_approval_use(
    void *self, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.approval_count; i++) {
        if (memcmp(m->now.approvals[i].ticket, ticket, TICKET_LEN) == 0) {
            m->now.approvals[i].used = true;
        }
    }
    return OK;
}

static inline bool memory_same_name(const struct account_name *a, const struct account_name *b) {
    return a->kind == b->kind && strcmp(a->of, b->of) == 0;
}

static inline enum err memory_account_find(
    void *self, const struct account_name *name, struct account *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.account_count; i++) {
        if (memory_same_name(&m->now.accounts[i].name, name)) {
            *out = m->now.accounts[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_account_add(void *self, struct account *account, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.account_count < MEMORY_FEW);
    account->id = (int64_t)m->now.account_count + 1;
    m->now.accounts[m->now.account_count++] = *account;
    return OK;
}

static inline enum err memory_posting_find(
    void *self, const char *number, struct posting *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.posting_count; i++) {
        if (strcmp(m->now.postings[i].number, number) == 0) {
            *out = m->now.postings[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_posting_add(void *self, const struct posting *p,
    const int64_t *accounts, const int64_t *after, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.posting_count < MEMORY_ROWS);
    m->now.postings[m->now.posting_count++] = *p;
    for (size_t i = 0; i < p->count; i++) {
        assert_true(accounts[i] > 0 && (size_t)accounts[i] <= m->now.account_count);
        m->now.accounts[accounts[i] - 1].fen = after[i];
    }
    return OK;
}

/* Sum of the entries of one account, on one day or (0) on all: credits, debits. */
static inline void memory_entries(const struct memory *m, const struct account_name *name,
    uint32_t day, int64_t *credit, int64_t *debit) {
    *credit = *debit = 0;
    for (size_t i = 0; i < m->now.posting_count; i++) {
        const struct posting *p = &m->now.postings[i];
        for (size_t e = 0; e < p->count && (day == 0 || p->day == day); e++) {
            int64_t fen = memory_same_name(&p->entries[e].account, name) ? p->entries[e].fen : 0;
            *credit += fen > 0 ? fen : 0;
            *debit -= fen < 0 ? fen : 0;
        }
    }
}

static inline enum err memory_trial(void *self, struct trial_balance *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.account_count; i++) {
        const struct account *a = &m->now.accounts[i];
        int64_t credit, debit;
        memory_entries(m, &a->name, 0, &credit, &debit);
        out->credit_fen += credit;
        out->debit_fen += debit;
        out->kind_fen[a->name.kind] += a->fen;
        out->astray += credit - debit != a->fen ? 1 : 0;
    }
    out->accounts = (int64_t)m->now.account_count;
    out->postings = (int64_t)m->now.posting_count;
    return OK;
}

static inline enum err memory_card_books(
    void *self, const uint8_t factor[FACTOR_LEN], struct card_books *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct account_name name = account_of_card(factor);
    for (size_t i = 0; i < m->now.account_count; i++) {
        if (memory_same_name(&m->now.accounts[i].name, &name)) {
            memory_entries(m, &name, 0, &out->loaded_fen, &out->spent_fen);
            out->balance_fen = m->now.accounts[i].fen;
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_card_accounts(
    void *self, uint64_t *count, int64_t *fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *count = 0;
    *fen = 0;
    for (size_t i = 0; i < m->now.account_count; i++) {
        bool card = m->now.accounts[i].name.kind == ACCOUNT_CARD;
        *count += card ? 1 : 0;
        *fen += card ? m->now.accounts[i].fen : 0;
    }
    return OK;
}

static inline enum err memory_day_find(
    void *self, uint32_t day, struct day_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.day_count; i++) {
        if (m->now.days[i].day == day) {
            *out = m->now.days[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_day_last(void *self, struct day_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    if (m->now.day_count == 0) {
        return memory_missing(why);
    }
    *out = m->now.days[m->now.day_count - 1]; /* they are put in their order */
    return OK;
}

static inline enum err memory_day_put(void *self, const struct day_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    size_t at = 0;
    while (at < m->now.day_count && m->now.days[at].day != row->day) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    m->now.day_count += at == m->now.day_count ? 1 : 0;
    m->now.days[at] = *row;
    return OK;
}

/* The institution that a record's upload came from. */
static inline const char *memory_sender(const struct memory *m, const struct record_row *row) {
    return m->now.uploads[row->upload - 1].header.institution;
}

/* What a move does to what is due to its institution. */
static inline int64_t memory_due(const struct move_row *move) {
    static const int signs[MOVE_KIND_COUNT] = {1, 0, -1, 1, -1, 0, 1};
    return move->done ? signs[move->kind] * move->fen : 0;
}

static inline enum err memory_booked(
    void *self, const char *institution, uint32_t day, int64_t *fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *fen = 0;
    for (size_t i = 0; i < m->now.posting_count; i++) {
        const struct posting *p = &m->now.postings[i];
        bool counts = p->day == day && strncmp(p->number, "payout ", 7) != 0
                      && strncmp(p->number, "advance ", 8) != 0;
        for (size_t e = 0; counts && e < p->count; e++) {
            const struct account_name *a = &p->entries[e].account;
            bool its = (a->kind == ACCOUNT_INSTITUTION || a->kind == ACCOUNT_CITY)
                       && strcmp(a->of, institution) == 0;
            *fen += its ? p->entries[e].fen : 0;
        }
    }
    return OK;
}

/* Adds to the line of the smallest code behind another. */
static inline void memory_net(
    struct net_row *net, const char *behind, const char *code, int64_t fen) {
    if (strcmp(code, behind) > 0 && (net->trades == 0 || strcmp(code, net->institution) < 0)) {
        *net = (struct net_row){0};
        (void)snprintf(net->institution, sizeof net->institution, "%s", code);
    }
    if (strcmp(code, net->institution) == 0) {
        net->trades++;
        net->fen += fen;
    }
}

static inline enum err memory_net_next(
    void *self, uint32_t day, const char *behind, struct net_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct net_row net = {0};
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        if (row->reason == REASON_NONE && row->day == day) {
            memory_net(&net, behind, memory_sender(m, row), row->record.amount);
        }
    }
    for (size_t i = 0; i < m->now.move_count; i++) {
        const struct move_row *move = &m->now.moves[i];
        if (move->day == day && memory_due(move) != 0) {
            memory_net(&net, behind, move->institution, memory_due(move));
        }
    }
    if (net.trades == 0) {
        return memory_missing(why);
    }
    enum err err = memory_booked(self, net.institution, day, &net.booked_fen, why);
    *out = err ? *out : net;
    return err;
}

static inline enum err memory_payout_add(void *self, const struct payout *p, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.payout_count < MEMORY_FEW);
    m->now.payouts[m->now.payout_count++] = *p;
    return OK;
}

static inline enum err memory_payout_next(
    void *self, uint32_t day, uint32_t behind, struct payout *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.payout_count; i++) {
        if (m->now.payouts[i].day == day && m->now.payouts[i].seq == behind + 1) {
            *out = m->now.payouts[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_paid_sums(
    void *self, int state, int64_t *cleared_fen, int64_t *payout_fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *cleared_fen = *payout_fen = 0;
    for (size_t d = 0; d < m->now.day_count; d++) {
        const struct day_row *day = &m->now.days[d];
        struct net_row net = {0};
        unsigned long fails = m->fail_at;
        m->fail_at = ~0UL; /* one question of the clearing's, one failure */
        while (day->state >= state && !memory_net_next(m, day->day, net.institution, &net, why)) {
            *cleared_fen += net.fen > 0 ? net.fen : 0;
        }
        m->fail_at = fails;
        for (size_t i = 0; day->state >= state && i < m->now.payout_count; i++) {
            *payout_fen += m->now.payouts[i].day == day->day ? m->now.payouts[i].fen : 0;
        }
    }
    return OK;
}

/* --- cities and moves ---------------------------------------------------------------------- */

static inline enum err memory_city_put(
    void *self, const char *institution, const uint8_t prefix[CITY_PREFIX_LEN], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    size_t at = 0;
    while (at < m->now.city_count && strcmp(m->now.cities[at].institution, institution) != 0) {
        at++;
    }
    assert_true(at < 4);
    m->now.city_count += at == m->now.city_count ? 1 : 0;
    (void)snprintf(m->now.cities[at].institution, INSTITUTION_LEN + 1, "%s", institution);
    (void)memcpy(m->now.cities[at].prefix, prefix, CITY_PREFIX_LEN);
    return OK;
}

static inline enum err memory_city_of_card(void *self, const uint8_t factor[FACTOR_LEN],
    char institution[INSTITUTION_LEN + 1], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.city_count; i++) {
        if (memcmp(m->now.cities[i].prefix, factor, CITY_PREFIX_LEN) == 0) {
            (void)memcpy(institution, m->now.cities[i].institution, INSTITUTION_LEN + 1);
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_city_check(void *self, const char *institution, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.city_count; i++) {
        if (strcmp(m->now.cities[i].institution, institution) == 0) {
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_move_find(
    void *self, const char *number, struct move_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.move_count; i++) {
        if (strcmp(m->now.moves[i].number, number) == 0) {
            *out = m->now.moves[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_move_put(void *self, const struct move_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    size_t at = 0;
    while (at < m->now.move_count && strcmp(m->now.moves[at].number, row->number) != 0) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    m->now.move_count += at == m->now.move_count ? 1 : 0;
    m->now.moves[at] = *row;
    return OK;
}

static inline enum err memory_move_next(
    void *self, uint32_t day, const char *behind, struct move_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    const struct move_row *next = NULL;
    for (size_t i = 0; i < m->now.move_count; i++) {
        const struct move_row *move = &m->now.moves[i];
        bool nearer = !next || strcmp(move->number, next->number) < 0;
        next = move->day == day && strcmp(move->number, behind) > 0 && nearer ? move : next;
    }
    if (!next) {
        return memory_missing(why);
    }
    *out = *next;
    return OK;
}

static inline enum err memory_move_sums(
    void *self, int64_t upload, uint32_t place, int64_t by_kind[MOVE_KIND_COUNT], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    (void)memset(by_kind, 0, MOVE_KIND_COUNT * sizeof by_kind[0]);
    for (size_t i = 0; i < m->now.move_count; i++) {
        const struct move_row *move = &m->now.moves[i];
        by_kind[move->kind] += move->upload == upload && move->place == place ? move->fen : 0;
    }
    return OK;
}

static inline enum err memory_record_waiting(void *self, uint32_t day, int64_t upload,
    uint32_t place, struct record_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        bool behind = row->upload > upload || (row->upload == upload && row->place > place);
        bool waits = row->reason == REASON_TAC || row->reason > REASON_DUPLICATE;
        for (size_t n = 0; n < m->now.move_count; n++) {
            const struct move_row *move = &m->now.moves[n];
            waits = waits
                    && !(move->done && move->upload == row->upload && move->place == row->place
                         && move->kind <= MOVE_REFUSE);
        }
        if (behind && waits && row->day <= day) {
            *out = *row;
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_upload_numbered(
    void *self, int64_t upload, struct upload_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    if (upload < 1 || (size_t)upload > m->now.upload_count) {
        return memory_missing(why);
    }
    *out = m->now.uploads[upload - 1];
    return OK;
}

/* --- what a proof asks --------------------------------------------------------------------- */

static inline enum err memory_upload_keep(
    void *self, int64_t upload, uint32_t piece, struct bytes bytes, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(piece > 0);
    assert_true(m->now.piece_count < 2 * MEMORY_FEW);
    struct memory_piece *kept = &m->now.pieces[m->now.piece_count++];
    *kept = (struct memory_piece){upload, m->now.pool_used, bytes.len};
    assert_true(bytes.len <= sizeof m->pool - kept->at);
    (void)memcpy(m->pool + kept->at, bytes.at, bytes.len);
    m->now.pool_used += bytes.len;
    return OK;
}

static inline enum err memory_upload_kept(
    void *self, int64_t upload, uint32_t piece, uint8_t *to, size_t *len, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.piece_count; i++) {
        const struct memory_piece *kept = &m->now.pieces[i];
        if (kept->upload == upload && --piece == 0) {
            (void)memcpy(to, m->pool + kept->at, kept->len);
            *len = kept->len;
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_upload_next(
    void *self, uint32_t day, int64_t behind, struct upload_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = (size_t)behind; i < m->now.upload_count; i++) {
        if (m->now.uploads[i].day == day) {
            *out = m->now.uploads[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_upload_witness(
    void *self, const uint8_t digest[SM3_LEN], uint32_t *day, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    char hex[2 * SM3_LEN + 1];
    hex_write(bytes_of(digest, SM3_LEN), hex);
    for (size_t i = 0; i < m->now.event_count; i++) {
        const struct memory_event *event = &m->now.events[i];
        *day = event->day ? (uint32_t)strtoul(event->subject, NULL, 10) : *day;
        if (!event->day && strcmp(event->subject, hex) == 0) {
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_uploads_witnessed(
    void *self, uint32_t day, uint32_t *count, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    uint32_t open = 0;
    *count = 0;
    for (size_t i = 0; i < m->now.event_count; i++) {
        const struct memory_event *event = &m->now.events[i];
        open = event->day ? (uint32_t)strtoul(event->subject, NULL, 10) : open;
        *count += !event->day && open == day ? 1 : 0;
    }
    return OK;
}

static inline enum err memory_record_at(
    void *self, int64_t upload, uint32_t place, struct record_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.record_count; i++) {
        if (m->now.records[i].upload == upload && m->now.records[i].place == place) {
            *out = m->now.records[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_posting_next(
    void *self, uint32_t day, int64_t behind, int64_t *id, struct posting *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = (size_t)behind; i < m->now.posting_count; i++) {
        if (m->now.postings[i].day == day) {
            *id = (int64_t)i + 1;
            *out = m->now.postings[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_posting_touching(void *self, const struct account_name *name,
    int64_t behind, int64_t *id, struct posting *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = (size_t)behind; i < m->now.posting_count; i++) {
        const struct posting *p = &m->now.postings[i];
        for (size_t e = 0; e < p->count; e++) {
            if (memory_same_name(&p->entries[e].account, name)) {
                *id = (int64_t)i + 1;
                *out = *p;
                return OK;
            }
        }
    }
    return memory_missing(why);
}

static inline enum err memory_load_numbered(void *self, const struct account_name *account,
    uint16_t number, struct load_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.load_count; i++) {
        const struct load_row *row = &m->now.loads[i];
        bool medical = trade_is_medical(row->facts.trade);
        struct account_name own = medical ? account_of_medical(row->factor)
                                          : account_of_card(row->factor);
        if (row->state == LOAD_POSTED && row->facts.number == number
            && memory_same_name(&own, account)) {
            *out = *row;
            return OK;
        }
    }
    return memory_missing(why);
}

#include "clearing/memory_settle.h"

static inline struct clearing_store memory_store(struct memory *m) {
    struct clearing_store store = {
        .self = m,
        .begin = memory_begin,
        .commit = memory_commit,
        .rollback = memory_rollback,
        .audit = memory_audit,
        .institution_put = memory_institution_put,
        .institution_find = memory_institution_find,
        .terminal_put = memory_terminal_put,
        .terminal_find = memory_terminal_find,
        .card_find = memory_card_find,
        .officer_check = memory_officer_check,
        .limits = memory_limits,
        .medical_version = memory_medical_version,
        .upload_find = memory_upload_find,
        .upload_add = memory_upload_add,
        .upload_seal = memory_upload_seal,
        .record_add = memory_record_add,
        .record_rivals = memory_record_rivals,
        .record_neighbours = memory_record_neighbours,
        .record_sums = memory_record_sums,
        .load_find = memory_load_find,
        .load_open = memory_load_open,
        .load_add = memory_load_add,
        .load_update = memory_load_update,
        .loads_between = memory_loads_between,
        .load_sums = memory_load_sums,
        .load_reserved = memory_load_reserved,
        .approval_find = memory_approval_find,
        .approval_add = memory_approval_add,
        .approval_use = memory_approval_use,
        .account_find = memory_account_find,
        .account_add = memory_account_add,
        .posting_find = memory_posting_find,
        .posting_add = memory_posting_add,
        .trial = memory_trial,
        .card_books = memory_card_books,
        .card_accounts = memory_card_accounts,
        .day_find = memory_day_find,
        .day_last = memory_day_last,
        .day_put = memory_day_put,
        .net_next = memory_net_next,
        .payout_add = memory_payout_add,
        .payout_next = memory_payout_next,
        .paid_sums = memory_paid_sums,
        .booked = memory_booked,
        .city_put = memory_city_put,
        .city_of_card = memory_city_of_card,
        .city_check = memory_city_check,
        .move_find = memory_move_find,
        .move_put = memory_move_put,
        .move_next = memory_move_next,
        .move_sums = memory_move_sums,
        .record_waiting = memory_record_waiting,
        .upload_numbered = memory_upload_numbered,
        .upload_keep = memory_upload_keep,
        .upload_kept = memory_upload_kept,
        .upload_next = memory_upload_next,
        .upload_witness = memory_upload_witness,
        .uploads_witnessed = memory_uploads_witnessed,
        .record_at = memory_record_at,
        .posting_next = memory_posting_next,
        .posting_touching = memory_posting_touching,
        .load_numbered = memory_load_numbered,
    };
    memory_settle_offer(&store);
    return store;
}

/* Everything fresh; nothing fails until fail_at is set. */
static inline struct memory *memory_new(void) {
    struct memory *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->fail_at = ~0UL;
    m->limits = (struct clearing_limits){.offline_fen = 10000,
        .load_fen = 100000,
        .balance_fen = 500000,
        .late_days = 3,
        .key_version_first = 1,
        .key_version_last = 2};
    return m;
}

/* The part of the store in arrays that knows banks, exceptions, limits, stays and months. Included by
 * memory_store.h alone, behind its rows. */
#pragma once

/* --- the head and the bank ----------------------------------------------------------------- */

static inline enum err memory_day_number(
    void *self, uint32_t day, uint32_t *number, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *number = 0;
    for (size_t i = 0; i < m->now.day_count; i++) {
        *number += m->now.days[i].day <= day ? 1 : 0;
    }
    return OK;
}

static inline enum err memory_head_find(
    void *self, uint32_t day, char officer[OFFICER_NAME_MAX + 1], struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.head_count; i++) {
        if (m->now.settle.heads[i].day == day) {
            (void)memcpy(officer, m->now.settle.heads[i].officer, OFFICER_NAME_MAX + 1);
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_head_put(
    void *self, uint32_t day, const char *officer, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.head_count; i++) {
        if (m->now.settle.heads[i].day == day) {
            return OK;
        }
    }
    assert_true(m->now.settle.head_count < MEMORY_FEW);
    struct memory_head *head = &m->now.settle.heads[m->now.settle.head_count++];
    head->day = day;
    (void)snprintf(head->officer, sizeof head->officer, "%s", officer);
    return OK;
}

static inline enum err memory_bank_return_put(
    void *self, uint32_t day, const uint8_t digest[SM3_LEN], uint32_t taken, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.settle.return_count < MEMORY_FEW);
    struct memory_return *row = &m->now.settle.returns[m->now.settle.return_count++];
    row->day = day;
    row->taken = taken;
    (void)memcpy(row->digest, digest, SM3_LEN);
    return OK;
}

static inline enum err memory_bank_return_find(
    void *self, uint32_t day, uint8_t digest[SM3_LEN], uint32_t *taken, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.return_count; i++) {
        const struct memory_return *row = &m->now.settle.returns[i];
        if (row->day == day) {
            (void)memcpy(digest, row->digest, SM3_LEN);
            *taken = row->taken;
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_bank_answer_put(
    void *self, uint32_t day, const struct bank_answer *answer, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.settle.answer_count < MEMORY_FEW);
    m->now.settle.answer_days[m->now.settle.answer_count] = day;
    m->now.settle.answers[m->now.settle.answer_count++] = *answer;
    return OK;
}

static inline enum err memory_bank_answer_find(
    void *self, uint32_t day, uint32_t seq, struct bank_answer *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.answer_count; i++) {
        if (m->now.settle.answer_days[i] == day && m->now.settle.answers[i].seq == seq) {
            *out = m->now.settle.answers[i];
            return OK;
        }
    }
    return memory_missing(why);
}

/* --- exceptions ---------------------------------------------------------------------------- */

/* Day, kind, subject: below zero when a comes before b. */
static inline int memory_exception_order(
    const struct exception_row *a, const struct exception_row *b) {
    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->subject, b->subject);
}

static inline enum err memory_exception_put(
    void *self, const struct exception_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct memory_settle *s = &m->now.settle;
    size_t at = 0;
    while (at < s->exception_count && memory_exception_order(&s->exceptions[at], row) != 0) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    s->exception_count += at == s->exception_count ? 1 : 0;
    s->exceptions[at] = *row;
    return OK;
}

static inline enum err memory_exception_next(
    void *self, uint32_t day, struct exception_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    const struct exception_row *next = NULL;
    struct exception_row behind = *out;
    behind.day = day != 0 ? day : behind.day;
    for (size_t i = 0; i < m->now.settle.exception_count; i++) {
        const struct exception_row *row = &m->now.settle.exceptions[i];
        bool asked = day != 0 ? row->day == day : row->settled == 0;
        bool later = memory_exception_order(row, &behind) > 0;
        next = asked && later && (!next || memory_exception_order(row, next) < 0) ? row : next;
    }
    if (!next) {
        return memory_missing(why);
    }
    *out = *next;
    return OK;
}

/* --- limits and outages -------------------------------------------------------------------- */

static inline enum err memory_offline_sums(void *self, const struct upload_record *r,
    const struct clearing_limits *limits, struct offline_sums *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    out->card_fen = out->terminal_fen = 0;
    uint64_t day = moment_number(r->moment) / 1000000;
    assert_true(limits->card_day_fen != 0 || limits->terminal_day_fen != 0);
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        const struct upload_record *o = &row->record;
        if (memory_stands(row) && o->flag != UPLOAD_ONLINE
            && moment_number(o->moment) / 1000000 == day) {
            bool same_terminal = memcmp(o->terminal, r->terminal, TERMINAL_LEN) == 0;
            out->card_fen += memory_same_card(o, r) ? o->amount : 0;
            out->terminal_fen += same_terminal ? o->amount : 0;
        }
    }
    return OK;
}

static inline enum err memory_offline_row(void *self, const struct upload_record *r,
    uint32_t row_max, struct offline_sums *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    out->in_row = 0;
    out->row_began = 0;
    const struct record_row *before[1024] = {0}; /* by number, few are used */
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        const struct upload_record *o = &row->record;
        if (memory_stands(row) && memory_same_count(o, r) && o->number < r->number
            && o->number < 1024) {
            before[o->number] = row;
        }
    }
    for (unsigned n = r->number; n-- > 0 && n < 1024 && before[n] && out->in_row < row_max;) {
        if (before[n]->record.flag == UPLOAD_ONLINE) {
            break;
        }
        out->in_row++;
        out->row_began = moment_number(before[n]->record.moment);
    }
    return OK;
}

static inline enum err memory_terminal_list_moment(void *self, const uint8_t terminal[TERMINAL_LEN],
    uint64_t at, uint64_t *moment, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    if (m->list_moment == 0 || m->list_moment > at
        || memcmp(terminal, m->list_terminal, TERMINAL_LEN) != 0) {
        return memory_missing(why);
    }
    *moment = m->list_moment;
    return OK;
}

static inline enum err memory_late_next(
    void *self, uint32_t day, uint64_t before, struct net_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct net_row next = {.institution = ""};
    for (size_t i = 0; i < m->now.record_count; i++) {
        const struct record_row *row = &m->now.records[i];
        const char *of = m->now.uploads[row->upload - 1].header.institution;
        bool late = row->day == day && memory_stands(row)
                    && moment_number(row->record.moment) < before;
        if (!late || strcmp(of, out->institution) <= 0
            || (next.trades > 0 && strcmp(of, next.institution) > 0)) {
            continue;
        }
        next = strcmp(of, next.institution) == 0 ? next : (struct net_row){0};
        (void)snprintf(next.institution, sizeof next.institution, "%s", of);
        next.trades++;
        next.fen += row->record.amount;
    }
    *out = next.trades > 0 ? next : *out;
    return next.trades > 0 ? OK : memory_missing(why);
}

static inline enum err memory_outage_find(
    void *self, const char *number, struct outage_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.outage_count; i++) {
        if (strcmp(m->now.settle.outages[i].number, number) == 0) {
            *out = m->now.settle.outages[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_outage_put(
    void *self, const struct outage_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct memory_settle *s = &m->now.settle;
    size_t at = 0;
    while (at < s->outage_count && strcmp(s->outages[at].number, row->number) != 0) {
        at++;
    }
    assert_true(at < 4);
    s->outage_count += at == s->outage_count ? 1 : 0;
    s->outages[at] = *row;
    return OK;
}

static inline enum err memory_outage_at(
    void *self, const char *institution, uint64_t moment, struct outage_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.outage_count; i++) {
        const struct outage_row *row = &m->now.settle.outages[i];
        bool here = row->institution[0] == '\0' || strcmp(row->institution, institution) == 0;
        if (here && row->from <= moment && moment <= row->to) {
            *out = *row;
            return OK;
        }
    }
    return memory_missing(why);
}

/* --- stays and months ---------------------------------------------------------------------- */

static inline enum err memory_stay_find(
    void *self, const char *number, struct stay_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.stay_count; i++) {
        if (strcmp(m->now.settle.stays[i].number, number) == 0) {
            *out = m->now.settle.stays[i];
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_stay_put(void *self, const struct stay_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    assert_true(m->now.settle.stay_count < MEMORY_FEW);
    m->now.settle.stays[m->now.settle.stay_count++] = *row;
    return OK;
}

static inline enum err memory_stay_pooled(
    void *self, int64_t person, uint32_t year, int64_t *fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *fen = 0;
    for (size_t i = 0; i < m->now.settle.stay_count; i++) {
        const struct stay_row *row = &m->now.settle.stays[i];
        *fen += row->person == person && row->day / 10000 == year ? row->split.pooled_fen : 0;
    }
    return OK;
}

static inline enum err memory_stay_sums(void *self, const char *institution, uint32_t month,
    uint32_t *count, int64_t *fen, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    *count = 0;
    *fen = 0;
    for (size_t i = 0; i < m->now.settle.stay_count; i++) {
        const struct stay_row *row = &m->now.settle.stays[i];
        bool its = strcmp(row->institution, institution) == 0 && row->day / 100 == month;
        *count += its ? 1 : 0;
        *fen += its ? row->split.pooled_fen : 0;
    }
    return OK;
}

static inline enum err memory_claim_find(
    void *self, uint32_t month, const char *institution, struct claim_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    for (size_t i = 0; i < m->now.settle.claim_count; i++) {
        const struct claim_row *row = &m->now.settle.claims[i];
        if (row->month == month && strcmp(row->institution, institution) == 0) {
            *out = *row;
            return OK;
        }
    }
    return memory_missing(why);
}

static inline enum err memory_claim_put(void *self, const struct claim_row *row, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    struct memory_settle *s = &m->now.settle;
    size_t at = 0;
    while (at < s->claim_count
           && (s->claims[at].month != row->month
               || strcmp(s->claims[at].institution, row->institution) != 0)) {
        at++;
    }
    assert_true(at < MEMORY_FEW);
    s->claim_count += at == s->claim_count ? 1 : 0;
    s->claims[at] = *row;
    return OK;
}

static inline enum err memory_claim_next(
    void *self, uint32_t month, const char *behind, struct claim_row *out, struct why *why) {
    struct memory *m = self;
    MEMORY_TRIP(m, why);
    const struct claim_row *next = NULL;
    for (size_t i = 0; i < m->now.settle.claim_count; i++) {
        const struct claim_row *row = &m->now.settle.claims[i];
        bool nearer = !next || strcmp(row->institution, next->institution) < 0;
        next = row->month == month && strcmp(row->institution, behind) > 0 && nearer ? row : next;
    }
    if (!next) {
        return memory_missing(why);
    }
    *out = *next;
    return OK;
}

/* These functions, into a store that memory_store() has begun. */
static inline void memory_settle_offer(struct clearing_store *store) {
    store->day_number = memory_day_number;
    store->head_put = memory_head_put;
    store->head_find = memory_head_find;
    store->bank_return_put = memory_bank_return_put;
    store->bank_return_find = memory_bank_return_find;
    store->bank_answer_put = memory_bank_answer_put;
    store->bank_answer_find = memory_bank_answer_find;
    store->exception_put = memory_exception_put;
    store->exception_next = memory_exception_next;
    store->offline_row = memory_offline_row;
    store->offline_sums = memory_offline_sums;
    store->terminal_list_moment = memory_terminal_list_moment;
    store->late_next = memory_late_next;
    store->outage_put = memory_outage_put;
    store->outage_find = memory_outage_find;
    store->outage_at = memory_outage_at;
    store->stay_put = memory_stay_put;
    store->stay_find = memory_stay_find;
    store->stay_pooled = memory_stay_pooled;
    store->stay_sums = memory_stay_sums;
    store->claim_put = memory_claim_put;
    store->claim_find = memory_claim_find;
    store->claim_next = memory_claim_next;
}

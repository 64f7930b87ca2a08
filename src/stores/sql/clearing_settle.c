/* Banks, exceptions, limits, stays and months of the clearing's SQL store. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "stores/sql/clearing_rows.h"

/* A whole day of trade, as moments. */
enum { MOMENTS_OF_DAY = 1000000 };

/* --- the head and the bank ----------------------------------------------------------------- */

static enum err rows_day_number(void *self, uint32_t day, uint32_t *number, struct why *why) {
    struct say s = clearing_say(self, CLEARING_DAY_NUMBER);
    say_int(&s, day);
    *number = say_next(&s) ? (uint32_t)row_int(&s) : 0;
    return say_end(&s, why);
}

/* The first yes stays. */
static enum err rows_head_put(void *self, uint32_t day, const char *officer, struct why *why) {
    struct say s = clearing_say(self, CLEARING_HEAD_PUT);
    say_int(&s, day);
    say_text(&s, officer);
    return say_done(&s, why);
}

static enum err rows_head_find(
    void *self, uint32_t day, char officer[OFFICER_NAME_MAX + 1], struct why *why) {
    struct say s = clearing_say(self, CLEARING_HEAD_FIND);
    say_int(&s, day);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, officer, OFFICER_NAME_MAX + 1);
    }
    return clearing_found(&s, there, "yes of the head", why);
}

static enum err rows_bank_return_put(
    void *self, uint32_t day, const uint8_t digest[SM3_LEN], uint32_t taken, struct why *why) {
    struct say s = clearing_say(self, CLEARING_RETURN_PUT);
    say_int(&s, day);
    say_blob(&s, bytes_of(digest, SM3_LEN));
    say_int(&s, taken);
    return say_done(&s, why);
}

static enum err rows_bank_return_find(
    void *self, uint32_t day, uint8_t digest[SM3_LEN], uint32_t *taken, struct why *why) {
    struct say s = clearing_say(self, CLEARING_RETURN_FIND);
    say_int(&s, day);
    bool there = say_next(&s);
    if (there) {
        row_bytes(&s, digest, SM3_LEN);
        *taken = (uint32_t)row_int(&s);
    }
    return clearing_found(&s, there, "answer of the bank", why);
}

static enum err rows_bank_answer_put(
    void *self, uint32_t day, const struct bank_answer *answer, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ANSWER_PUT);
    assert(answer->returned == (answer->reason[0] != '\0'));
    say_int(&s, day);
    say_int(&s, answer->seq);
    say_int(&s, answer->returned);
    say_text(&s, answer->reason);
    return say_done(&s, why);
}

static enum err rows_bank_answer_find(
    void *self, uint32_t day, uint32_t seq, struct bank_answer *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ANSWER_FIND);
    say_int(&s, day);
    say_int(&s, seq);
    bool there = say_next(&s);
    if (there) {
        out->seq = (uint32_t)row_int(&s);
        out->returned = row_int(&s) != 0;
        row_text(&s, out->reason, sizeof out->reason);
    }
    return clearing_found(&s, there, "answer of the bank", why);
}

/* --- exceptions ---------------------------------------------------------------------------- */

static enum err rows_exception_put(void *self, const struct exception_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_EXCEPTION_PUT);
    assert(row->subject[0] != '\0');
    say_int(&s, row->day);
    say_int(&s, row->kind);
    say_text(&s, row->subject);
    say_int(&s, (int64_t)row->count);
    say_int(&s, row->fen);
    say_int(&s, row->settled);
    return say_done(&s, why);
}

/* *out says where the walk is until the next row is read. */
static enum err rows_exception_next(
    void *self, uint32_t day, struct exception_row *out, struct why *why) {
    struct say s = clearing_say(self, day != 0 ? CLEARING_EXCEPTION_NEXT : CLEARING_EXCEPTION_OPEN);
    say_int(&s, day != 0 ? day : out->day);
    say_int(&s, out->kind);
    say_text(&s, out->subject);
    bool there = say_next(&s);
    if (there) {
        out->day = (uint32_t)row_int(&s);
        int64_t kind = row_int(&s);
        if (kind < 0 || kind >= EXCEPTION_KIND_COUNT) {
            row_odd(&s);
            kind = 0;
        }
        out->kind = (enum exception_kind)kind;
        row_text(&s, out->subject, sizeof out->subject);
        out->count = (uint64_t)row_int(&s);
        out->fen = row_int(&s);
        out->settled = (uint32_t)row_int(&s);
    }
    return clearing_found(&s, there, "exception", why);
}

/* --- limits and outages -------------------------------------------------------------------- */

/* A sum on its way to a limit. */
struct limit_sum {
    int64_t *fen;
    int64_t most;
};

/* What one owner sold or bought on a day, without the centre, until it passes the limit. */
static enum err sum_of_day(void *self, enum clearing_sentence which, struct bytes owner,
    const struct upload_record *r, struct limit_sum *sum, struct why *why) {
    uint64_t day = moment_number(r->moment) / MOMENTS_OF_DAY;
    struct say s = clearing_say(self, which);
    assert(day != 0);
    say_blob(&s, owner);
    say_int(&s, (int64_t)(day * MOMENTS_OF_DAY));
    say_int(&s, (int64_t)(day * MOMENTS_OF_DAY + MOMENTS_OF_DAY - 1));
    while (*sum->fen <= sum->most && say_next(&s)) {
        *sum->fen += row_int(&s);
    }
    return say_end(&s, why);
}

/* Backwards from the record's number while the numbers follow each other and none was online. Two
 * records of one number (one of them held) count once. */
static enum err rows_offline_row(void *self, const struct upload_record *r, uint32_t row_max,
    struct offline_sums *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_ROW_BEFORE);
    int64_t expected = (int64_t)r->number - 1;
    out->in_row = 0;
    out->row_began = 0;
    say_blob(&s, bytes_of(upload_factor(r), FACTOR_LEN));
    say_int(&s, r->number);
    say_int(&s, r->trade);
    while (out->in_row < row_max && say_next(&s)) {
        int64_t number = row_int(&s);
        int64_t flag = row_int(&s);
        int64_t moment = row_int(&s);
        if (number < expected || flag == UPLOAD_ONLINE) {
            break;
        }
        out->in_row += number == expected ? 1 : 0;
        out->row_began = (uint64_t)moment;
        expected -= number == expected ? 1 : 0;
    }
    return say_end(&s, why);
}

/* A sum without a limit is not asked for, nor the terminal's when the card's decides. */
static enum err rows_offline_sums(void *self, const struct upload_record *r,
    const struct clearing_limits *limits, struct offline_sums *out, struct why *why) {
    struct limit_sum card = {&out->card_fen, limits->card_day_fen};
    struct limit_sum terminal = {&out->terminal_fen, limits->terminal_day_fen};
    struct bytes factor = bytes_of(upload_factor(r), FACTOR_LEN);
    enum err err = OK;
    out->card_fen = out->terminal_fen = 0;
    if (card.most != 0) {
        err = sum_of_day(self, CLEARING_SUM_CARD_DAY, factor, r, &card, why);
    }
    bool decided = card.most != 0 && out->card_fen > card.most - r->amount;
    if (err || decided || terminal.most == 0) {
        return err;
    }
    return sum_of_day(
        self, CLEARING_SUM_TERMINAL_DAY, bytes_of(r->terminal, TERMINAL_LEN), r, &terminal, why);
}

/* The registry names terminals by their digits. */
static enum err rows_terminal_list_moment(void *self, const uint8_t terminal[TERMINAL_LEN],
    uint64_t at, uint64_t *moment, struct why *why) {
    char number[2 * TERMINAL_LEN + 1];
    struct say s = clearing_say(self, CLEARING_LIST_MOMENT);
    hex_write(bytes_of(terminal, TERMINAL_LEN), number);
    say_text(&s, number);
    say_int(&s, (int64_t)at);
    bool there = say_next(&s);
    *moment = there ? (uint64_t)row_int(&s) : *moment;
    return clearing_found(&s, there, "blacklist of this terminal", why);
}

/* Only records that stand: a copy was uploaded in time once. */
static enum err rows_late_next(
    void *self, uint32_t day, uint64_t before, struct net_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_LATE_NEXT);
    say_int(&s, day);
    say_int(&s, (int64_t)before);
    say_text(&s, out->institution);
    bool there = say_next(&s);
    if (there) {
        *out = (struct net_row){0};
        row_text(&s, out->institution, sizeof out->institution);
        out->trades = (uint32_t)row_int(&s);
        out->fen = row_int(&s);
    }
    return clearing_found(&s, there, "late upload", why);
}

static enum err rows_outage_put(void *self, const struct outage_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_OUTAGE_PUT);
    assert(row->from <= row->to);
    say_text(&s, row->number);
    say_text(&s, row->institution);
    say_int(&s, (int64_t)row->from);
    say_int(&s, (int64_t)row->to);
    say_text(&s, row->reason);
    say_text(&s, row->maker);
    say_text(&s, row->approver);
    return say_done(&s, why);
}

static enum err read_outage(struct say *s, struct outage_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_text(s, out->number, sizeof out->number);
        row_text(s, out->institution, sizeof out->institution);
        out->from = (uint64_t)row_int(s);
        out->to = (uint64_t)row_int(s);
        row_text(s, out->reason, sizeof out->reason);
        row_text(s, out->maker, sizeof out->maker);
        row_text(s, out->approver, sizeof out->approver);
    }
    return clearing_found(s, there, "outage", why);
}

static enum err rows_outage_find(
    void *self, const char *number, struct outage_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_OUTAGE_FIND);
    say_text(&s, number);
    return read_outage(&s, out, why);
}

static enum err rows_outage_at(
    void *self, const char *institution, uint64_t moment, struct outage_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_OUTAGE_AT);
    say_text(&s, institution);
    say_int(&s, (int64_t)moment);
    return read_outage(&s, out, why);
}

/* --- stays and months ---------------------------------------------------------------------- */

static void say_split(struct say *s, const struct fee_split *split) {
    say_int(s, split->eligible_fen);
    say_int(s, split->deductible_fen);
    say_int(s, split->rate);
    say_int(s, split->pooled_fen);
    say_int(s, split->supplementary_fen);
    say_int(s, split->own_fen);
    say_int(s, split->account_fen);
    say_int(s, split->cash_fen);
}

static enum err rows_stay_put(void *self, const struct stay_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_STAY_PUT);
    const struct fee_bill *bill = &row->bill;
    const struct fee_year *year = &row->year;
    say_text(&s, row->number);
    say_text(&s, row->institution);
    say_int(&s, row->person);
    say_int(&s, bill->admitted);
    say_int(&s, bill->days);
    say_int(&s, bill->level);
    say_int(&s, bill->person);
    say_int(&s, bill->kind);
    say_int(&s, bill->total_fen);
    say_int(&s, bill->own_paid_fen);
    say_int(&s, bill->class_b_fen);
    say_int(&s, year->pooled_fen);
    say_int(&s, year->ceiling_fen);
    say_int(&s, year->supplementary);
    say_int(&s, year->account_pays);
    say_int(&s, year->account_fen);
    say_split(&s, &row->split);
    say_int(&s, row->day);
    say_text(&s, row->officer);
    return say_done(&s, why);
}

static void read_split(struct say *s, struct fee_split *split) {
    split->eligible_fen = row_int(s);
    split->deductible_fen = row_int(s);
    split->rate = (uint16_t)row_int(s);
    split->pooled_fen = row_int(s);
    split->supplementary_fen = row_int(s);
    split->own_fen = row_int(s);
    split->account_fen = row_int(s);
    split->cash_fen = row_int(s);
}

/* Column by column, in the table's order. */
static void read_stay(struct say *s, struct stay_row *out) {
    row_text(s, out->number, sizeof out->number);
    row_text(s, out->institution, sizeof out->institution);
    out->person = row_int(s);
    out->bill.admitted = (uint32_t)row_int(s);
    out->bill.days = (uint32_t)row_int(s);
    out->bill.level = (uint8_t)row_int(s);
    out->bill.person = (enum person_class)row_int(s);
    out->bill.kind = (enum stay_kind)row_int(s);
    out->bill.total_fen = row_int(s);
    out->bill.own_paid_fen = row_int(s);
    out->bill.class_b_fen = row_int(s);
    out->year.pooled_fen = row_int(s);
    out->year.ceiling_fen = row_int(s);
    out->year.supplementary = row_int(s) != 0;
    out->year.account_pays = row_int(s) != 0;
    out->year.account_fen = row_int(s);
    read_split(s, &out->split);
    out->day = (uint32_t)row_int(s);
    row_text(s, out->officer, sizeof out->officer);
}

static enum err rows_stay_find(
    void *self, const char *number, struct stay_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_STAY_FIND);
    say_text(&s, number);
    bool there = say_next(&s);
    if (there) {
        read_stay(&s, out);
    }
    return clearing_found(&s, there, "stay", why);
}

static enum err rows_stay_pooled(
    void *self, int64_t person, uint32_t year, int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_STAY_POOLED);
    say_int(&s, person);
    say_int(&s, (int64_t)year * 10000);
    say_int(&s, (int64_t)year * 10000 + 9999);
    *fen = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

static enum err rows_stay_sums(void *self, const char *institution, uint32_t month, uint32_t *count,
    int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_STAY_SUMS);
    say_text(&s, institution);
    say_int(&s, (int64_t)month * 100);
    say_int(&s, (int64_t)month * 100 + 99);
    bool there = say_next(&s);
    *count = there ? (uint32_t)row_int(&s) : 0;
    *fen = there ? row_int(&s) : 0;
    return say_end(&s, why);
}

static enum err rows_claim_put(void *self, const struct claim_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CLAIM_PUT);
    assert(row->claim.kept_fen + row->claim.paid_fen == row->claim.granted_fen);
    say_int(&s, row->month);
    say_text(&s, row->institution);
    say_int(&s, row->stays);
    say_int(&s, row->claim.claimed_fen);
    say_int(&s, row->claim.cut_fen);
    say_int(&s, row->claim.retention);
    say_int(&s, row->claim.granted_fen);
    say_int(&s, row->claim.kept_fen);
    say_int(&s, row->claim.paid_fen);
    say_int(&s, row->state);
    say_text(&s, row->reason);
    say_text(&s, row->first);
    say_text(&s, row->second);
    return say_done(&s, why);
}

/* The claim that a sentence finds, or ERR_NOT_FOUND. */
static enum err read_claim(struct say *s, struct claim_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        out->month = (uint32_t)row_int(s);
        row_text(s, out->institution, sizeof out->institution);
        out->stays = (uint32_t)row_int(s);
        out->claim.claimed_fen = row_int(s);
        out->claim.cut_fen = row_int(s);
        out->claim.retention = (uint16_t)row_int(s);
        out->claim.granted_fen = row_int(s);
        out->claim.kept_fen = row_int(s);
        out->claim.paid_fen = row_int(s);
        out->state = row_int(s) != 0 ? CLAIM_DECIDED : CLAIM_OPINION;
        row_text(s, out->reason, sizeof out->reason);
        row_text(s, out->first, sizeof out->first);
        row_text(s, out->second, sizeof out->second);
    }
    return clearing_found(s, there, "claim", why);
}

static enum err rows_claim_find(
    void *self, uint32_t month, const char *institution, struct claim_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CLAIM_FIND);
    say_int(&s, month);
    say_text(&s, institution);
    return read_claim(&s, out, why);
}

/* behind may be a part of *out, which is written after it was read. */
static enum err rows_claim_next(
    void *self, uint32_t month, const char *behind, struct claim_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CLAIM_NEXT);
    struct claim_row found;
    say_int(&s, month);
    say_text(&s, behind);
    enum err err = read_claim(&s, &found, why);
    *out = err ? *out : found;
    return err;
}

/* The functions of this file, into a store that clearing_store.c has begun. */
void clearing_settle_offer(struct clearing_store *store) {
    store->day_number = rows_day_number;
    store->head_put = rows_head_put;
    store->head_find = rows_head_find;
    store->bank_return_put = rows_bank_return_put;
    store->bank_return_find = rows_bank_return_find;
    store->bank_answer_put = rows_bank_answer_put;
    store->bank_answer_find = rows_bank_answer_find;
    store->exception_put = rows_exception_put;
    store->exception_next = rows_exception_next;
    store->offline_row = rows_offline_row;
    store->offline_sums = rows_offline_sums;
    store->terminal_list_moment = rows_terminal_list_moment;
    store->late_next = rows_late_next;
    store->outage_put = rows_outage_put;
    store->outage_find = rows_outage_find;
    store->outage_at = rows_outage_at;
    store->stay_put = rows_stay_put;
    store->stay_find = rows_stay_find;
    store->stay_pooled = rows_stay_pooled;
    store->stay_sums = rows_stay_sums;
    store->claim_put = rows_claim_put;
    store->claim_find = rows_claim_find;
    store->claim_next = rows_claim_next;
}

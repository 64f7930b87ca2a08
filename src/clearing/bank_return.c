#include "clearing/bank_return.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "base/money.h"
#include "clearing/day_cycle.h"
#include "clearing/exception.h"
#include "clearing/move.h"
#include "clearing/text_line.h"
#include "clearing/text_out.h"
#include "host/gb18030.h"

enum { HEAD_FIELDS = 5, LINE_FIELDS = 5, END_FIELDS = 5 };

/* A file being read: once to look at every line, and once to act on it. */
struct reading {
    const struct clearing *c;
    const struct bank_officers *who;
    struct text_lines lines;
    struct day_row day;
    uint32_t open; /* the business day that what comes back belongs to */
    struct bank_figures *out;
};

/* --- the head ------------------------------------------------------------------------------ */

/* The first line: which day's file it answers, by number and digest. */
static enum err read_head(
    struct reading *r, uint32_t *number, uint8_t pay_digest[SM3_LEN], struct why *why) {
    struct bytes field[HEAD_FIELDS];
    uint64_t day = 0, count = 0;
    bool good = text_line(&r->lines, field, HEAD_FIELDS) && bytes_equal(field[0], bytes_text("RET"))
                && bytes_equal(field[1], bytes_text("1")) && field[2].len <= 9
                && digits_read(field[2], &count) && field[3].len == 8 && digits_read(field[3], &day)
                && day_exists((uint32_t)day) && hex_read(field[4], pay_digest, SM3_LEN);
    if (!good) {
        return why_say(why, ERR_INVALID,
            "line 1 is no head of a bank's answer (RET|1|number|day|digest); ask the bank for the "
            "file again");
    }
    *number = (uint32_t)count;
    r->out->day = (uint32_t)day;
    return OK;
}

/* bank 4: the day before has its answer, had nothing to answer, or was closed without. */
static enum err sequence_check(const struct reading *r, struct why *why) {
    const struct clearing_store *store = r->c->store;
    uint32_t before = day_plus(r->out->day, -1), taken = 0;
    struct day_row row;
    struct payout payout;
    uint8_t digest[SM3_LEN];
    enum err err = store->day_find(store->self, before, &row, why);
    bool waits = !err && row.state == DAY_PAID;
    err = err == ERR_NOT_FOUND ? OK : err;
    if (err || !waits) {
        return err;
    }
    err = store->payout_next(store->self, before, 0, &payout, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    err = store->bank_return_find(store->self, before, digest, &taken, why);
    return err != ERR_NOT_FOUND
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the answer to day %" PRIu32
                   " comes first, and has not come; take it in, or close that day without it",
                   before);
}

/* The day is paid, and this is the answer to the file that was sent. */
static enum err head_check(
    struct reading *r, uint32_t number, const uint8_t pay_digest[SM3_LEN], struct why *why) {
    const struct clearing_store *store = r->c->store;
    uint32_t ours = 0;
    enum err err = store->day_find(store->self, r->out->day, &r->day, why);
    if (err == ERR_NOT_FOUND || (!err && r->day.state < DAY_PAID)) {
        return why_say(why, ERR_CONFLICT,
            "day %" PRIu32 " is not paid, so the bank cannot have answered it; name its own file",
            r->out->day);
    }
    err = err ? err : store->day_number(store->self, r->out->day, &ours, why);
    if (!err && (number != ours || memcmp(pay_digest, r->day.pay_digest, SM3_LEN) != 0)) {
        return why_say(why, ERR_CONFLICT,
            "it answers file %" PRIu32 " of day %" PRIu32
            " with another content than ours, which is file %" PRIu32
            "; send the bank our file again",
            number, r->out->day, ours);
    }
    return err ? err : sequence_check(r, why);
}

/* --- the lines ----------------------------------------------------------------------------- */

/* The bank's reason as we keep it: given when money came back, and only then. */
static bool read_reason(struct bytes field, struct bank_answer *answer) {
    struct builder b = builder_in(answer->reason, SETTLE_REASON_MAX);
    size_t bad_at = 0;
    bool good = gb18030_to_utf8(field, &b, &bad_at) && !b.overflowed;
    answer->reason[good ? b.len : 0] = '\0';
    for (const char *s = answer->reason; good && *s; s++) {
        good = (unsigned char)*s >= 0x20 && *s != 0x7F;
    }
    return good && answer->returned == (answer->reason[0] != '\0');
}

/* The line that answers one payout. bank 1: it says of it what our list does. */
static enum err read_line(
    struct reading *r, const struct payout *payout, struct bank_answer *answer, struct why *why) {
    struct bytes field[LINE_FIELDS];
    uint64_t seq = 0;
    int64_t fen = 0;
    char due[FEN_TEXT_MAX];
    bool formed = text_line(&r->lines, field, LINE_FIELDS) && field[0].len == 6
                  && digits_read(field[0], &seq) && text_yuan(field[2], &fen);
    answer->seq = payout->seq;
    answer->returned = formed && bytes_equal(field[3], bytes_text("BACK"));
    formed = formed && (answer->returned || bytes_equal(field[3], bytes_text("PAID")))
             && read_reason(field[4], answer);
    if (!formed) {
        return why_say(why, ERR_INVALID,
            "line %" PRIu32
            " is no answer to a payout (number|institution|yuan|PAID or BACK|reason)",
            r->lines.number);
    }
    if (seq != payout->seq || fen != payout->fen
        || !bytes_equal(field[1], bytes_text(payout->to.code))) {
        return why_say(why, ERR_INVALID,
            "line %" PRIu32 " is not ours: payout %" PRIu32 " is %s yuan to %s", r->lines.number,
            payout->seq, fen_text(payout->fen, due), payout->to.code);
    }
    return OK;
}

/* The last line: totals and seal. */
static enum err read_end(struct reading *r, struct why *why) {
    struct bytes before = text_behind(&r->lines), field[END_FIELDS];
    uint8_t digest[SM3_LEN], said[SM3_LEN];
    uint64_t count = 0;
    int64_t paid = 0, returned = 0;
    text_digest(before, digest);
    bool formed = text_line(&r->lines, field, END_FIELDS)
                  && bytes_equal(field[0], bytes_text("END")) && field[1].len <= 9
                  && digits_read(field[1], &count) && text_yuan(field[2], &paid)
                  && text_yuan(field[3], &returned) && hex_read(field[4], said, SM3_LEN);
    if (!formed || r->lines.rest.len > 0) {
        return why_say(why, ERR_INVALID,
            "line %" PRIu32 " is not the end: the file is torn, longer, or has a line too many",
            r->lines.number);
    }
    if (count != r->out->paid + r->out->returned || paid != r->out->paid_fen
        || returned != r->out->returned_fen) {
        return why_say(why, ERR_INVALID,
            "line %" PRIu32 ": the totals are not what the lines add up to", r->lines.number);
    }
    return memcmp(digest, said, SM3_LEN) == 0
               ? OK
               : why_say(why, ERR_INVALID,
                   "line %" PRIu32 ": the seal is not that of the bytes before it; the file was "
                   "altered on its way",
                   r->lines.number);
}

/* bank 2: the money is the institution's again, and the move says why. */
static enum err give_back(struct reading *r, const struct payout *payout,
    const struct bank_answer *answer, struct why *why) {
    const struct clearing_store *store = r->c->store;
    struct move_row row = {
        .kind = MOVE_RETURN, .fen = payout->fen, .done = true, .asked = r->open, .day = r->open};
    struct posting posting;
    (void)snprintf(
        row.number, sizeof row.number, "return %" PRIu32 "/%" PRIu32, payout->day, payout->seq);
    (void)memcpy(row.institution, payout->to.code, sizeof row.institution);
    (void)snprintf(row.reference, sizeof row.reference, "%s", answer->reason);
    (void)snprintf(row.maker, sizeof row.maker, "%s", r->who->officer);
    (void)snprintf(row.approver, sizeof row.approver, "%s", r->who->approver);
    enum err err = move_posting(r->c, &row, &posting, why);
    assert(err || posting.count == 2);
    err = err ? err : ledger_post_within(store, &posting, NULL, why);
    return err ? err : store->move_put(store->self, &row, why);
}

/* Adds an answer to the figures, and keeps it when its file was found whole. */
static enum err take_line(struct reading *r, const struct payout *payout,
    const struct bank_answer *answer, bool keep, struct why *why) {
    const struct clearing_store *store = r->c->store;
    uint32_t *count = answer->returned ? &r->out->returned : &r->out->paid;
    int64_t *fen = answer->returned ? &r->out->returned_fen : &r->out->paid_fen;
    ++*count;
    *fen += payout->fen;
    if (!keep) {
        return OK;
    }
    enum err err = store->bank_answer_put(store->self, r->out->day, answer, why);
    return err || !answer->returned ? err : give_back(r, payout, answer, why);
}

/* All payouts of the day against the lines behind the head. */
static enum err walk(struct reading *r, struct text_lines lines, bool keep, struct why *why) {
    const struct clearing_store *store = r->c->store;
    struct payout payout = {0};
    struct bank_answer answer;
    enum err err = OK;
    r->lines = lines;
    *r->out = (struct bank_figures){.day = r->out->day};
    while (!(err = store->payout_next(store->self, r->out->day, payout.seq, &payout, why))) {
        err = read_line(r, &payout, &answer, why);
        err = err ? err : take_line(r, &payout, &answer, keep, why);
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? read_end(r, why) : err;
}

/* --- the whole ----------------------------------------------------------------------------- */

/* bank 5. */
static enum err officers_check(
    const struct clearing_store *store, const struct bank_officers *who, struct why *why) {
    if (strcmp(who->officer, who->approver) == 0) {
        return why_say(
            why, ERR_DENIED, "%s cannot be both officers; another one must approve", who->officer);
    }
    enum err err = store->officer_check(store->self, who->officer, DUTY_CLEAR, why);
    return err ? err : store->officer_check(store->self, who->approver, DUTY_APPROVE, why);
}

/* A paid day's answer: all lines looked at before the first is kept. */
static enum err take_fresh(struct reading *r, const uint8_t digest[SM3_LEN], uint32_t number,
    const uint8_t pay_digest[SM3_LEN], struct why *why) {
    const struct clearing_store *store = r->c->store;
    struct text_lines lines = r->lines;
    char subject[16];
    enum err err = head_check(r, number, pay_digest, why);
    err = err ? err : walk(r, lines, false, why);
    err = err ? err : day_open(store, &r->open, why);
    err = err ? err : walk(r, lines, true, why);
    err = err ? err : store->bank_return_put(store->self, r->out->day, digest, r->open, why);
    err = err ? err : exception_answered(r->c, r->out->day, r->open, why);
    (void)snprintf(subject, sizeof subject, "%08" PRIu32, r->out->day);
    err = err ? err : store->audit(store->self, r->who->officer, "bank-return", subject, why);
    return err ? err
               : store->audit(store->self, r->who->approver, "bank-return-agree", subject, why);
}

/* bank 3 first, in the transaction of the change. */
static enum err take(struct reading *r, const uint8_t digest[SM3_LEN], struct why *why) {
    const struct clearing_store *store = r->c->store;
    CLEARING_SCOPE(scope);
    uint8_t before[SM3_LEN], pay_digest[SM3_LEN];
    uint32_t number = 0, taken = 0;
    enum err err = read_head(r, &number, pay_digest, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->bank_return_find(store->self, r->out->day, before, &taken, why);
    if (err == OK) {
        return memcmp(before, digest, SM3_LEN) == 0
                   ? bank_return_figures(r->c, r->out->day, r->out, why)
                   : why_say(why, ERR_CONFLICT,
                       "day %" PRIu32 " was answered before, by another file; ask the bank which "
                       "one holds",
                       r->out->day);
    }
    err = err == ERR_NOT_FOUND ? take_fresh(r, digest, number, pay_digest, why) : err;
    return err ? err : clearing_commit(&scope, why);
}

enum err bank_return_take(const struct clearing *c, struct bytes file,
    const struct bank_officers *who, struct bank_figures *out, struct why *why) {
    struct reading r = {.c = c, .who = who, .lines = text_lines_of(file), .out = out};
    uint8_t digest[SM3_LEN];
    assert(who->officer);
    assert(who->approver);
    *out = (struct bank_figures){0};
    text_digest(file, digest);
    enum err err = officers_check(c->store, who, why);
    err = err ? err : take(&r, digest, why);
    return err ? why_add(why, err, "bank's answer") : OK;
}

enum err bank_return_figures(
    const struct clearing *c, uint32_t day, struct bank_figures *out, struct why *why) {
    const struct clearing_store *store = c->store;
    struct payout payout = {0};
    struct bank_answer answer;
    uint8_t digest[SM3_LEN];
    uint32_t taken = 0;
    enum err err = store->bank_return_find(store->self, day, digest, &taken, why);
    if (err) {
        return err;
    }
    *out = (struct bank_figures){.day = day, .again = true};
    while (!(err = store->payout_next(store->self, day, payout.seq, &payout, why))) {
        err = store->bank_answer_find(store->self, day, payout.seq, &answer, why);
        if (err) {
            return err == ERR_NOT_FOUND ? why_say(why, ERR_CONFLICT,
                       "the bank's answer to payout %" PRIu32 " is missing", payout.seq)
                                        : err;
        }
        *(answer.returned ? &out->returned : &out->paid) += 1;
        *(answer.returned ? &out->returned_fen : &out->paid_fen) += payout.fen;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

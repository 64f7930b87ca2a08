#include "clearing/intake.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "base/working_day.h"
#include "clearing/day_cycle.h"
#include "clearing/offline_limit.h"
#include "clearing/tac_question.h"

/* A record on its way through the checks. */
struct line {
    struct record_row row;
    struct card_standing standing;
    uint64_t moment;
};

/* One file being taken in. */
struct intake {
    const struct clearing *c;
    const struct clearing_store *store;
    struct upload_reader reader;
    struct upload_row upload;
    struct clearing_limits limits;
    uint32_t in_time_from;        /* the earliest day of trade that is not late */
    struct terminal_row terminal; /* the one looked up last, and whether it was there */
    bool terminal_looked_up, terminal_known;
    bool from_city;              /* another city's centre sends what our cards bought there */
    struct upload_source source; /* the caller's; what it gives is kept on the way */
    uint8_t kept[KEPT_PIECE_MAX];
    size_t kept_len;
    uint32_t pieces; /* of the file, kept so far */
    uint32_t place;  /* of the last record read */
    size_t count, question_count;
    struct line lines[INTAKE_AT_ONCE];
    struct tac_question questions[INTAKE_AT_ONCE];
    struct tac_job jobs[INTAKE_AT_ONCE];
    size_t question_line[INTAKE_AT_ONCE]; /* which line each question is of */
};

/* The records of a file are no secrets; freeing is enough. */
static void intake_free(struct intake **in) {
    free(*in);
}

/* --- the bytes as they came ---------------------------------------------------------------- */

_Static_assert((int)KEPT_PIECE_MAX > (int)INTAKE_AT_ONCE * UPLOAD_PIECE_MAX + UPLOAD_HEADER_LEN
                                         + UPLOAD_TRAILER_LEN,
    "a piece holds all that is read between two times of keeping, and the byte behind the end");

/* Hands the caller's bytes on and notes them. */
static long keep_read(void *self, uint8_t *to, size_t len) {
    struct intake *in = self;
    long got = in->source.read(in->source.self, to, len);
    if (got > 0 && (size_t)got <= len) {
        assert((size_t)got <= sizeof in->kept - in->kept_len);
        (void)memcpy(in->kept + in->kept_len, to, (size_t)got);
        in->kept_len += (size_t)got;
    }
    return got;
}

/* intake 6: in the transaction of the records that were made of them. */
static enum err keep_piece(struct intake *in, struct why *why) {
    if (in->kept_len == 0) {
        return OK;
    }
    enum err err = in->store->upload_keep(
        in->store->self, in->upload.id, ++in->pieces, bytes_of(in->kept, in->kept_len), why);
    in->kept_len = 0;
    return err;
}

/* --- before the proof ---------------------------------------------------------------------- */

/* What a terminal of ours sends, at a moment of the calendar, in the batch that the file is. */
static bool well_formed(const struct intake *in, const struct line *line) {
    const struct upload_record *r = &line->row.record;
    return purchase_formed(r) && r->batch == in->reader.header.batch && line->moment != 0;
}

/* Keys that were never in use, or are no longer, prove nothing. The medical account's purchase keys are
 * between card and module; which TAC key it has, the register knows. */
static bool version_in_use(const struct intake *in, const struct upload_record *r) {
    return trade_is_medical(r->trade)
           || (r->key_version >= in->limits.key_version_first
               && r->key_version <= in->limits.key_version_last);
}

/* Puts the record's TAC on the list of those to be made. */
static enum err ask_for_tac(struct intake *in, size_t index, struct why *why) {
    assert(in->question_count < INTAKE_AT_ONCE);
    assert(index < in->count);
    const struct upload_record *record = &in->lines[index].row.record;
    struct tac_question *question = &in->questions[in->question_count];
    *question = (struct tac_question){.record = record};
    enum err err = tac_version(in->c, record, &question->version, why);
    in->question_line[in->question_count] = index;
    in->question_count += err ? 0 : 1;
    return err;
}

/* A card that is not ours is another city's, or nobody's. */
static enum err judge_stranger(struct intake *in, struct line *line, struct why *why) {
    char city[INSTITUTION_LEN + 1];
    enum err err = in->store->city_of_card(
        in->store->self, upload_factor(&line->row.record), city, why);
    line->row.reason = err == OK ? REASON_FOREIGN : REASON_CARD_UNKNOWN;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The reasons up to KEY_VERSION; what passes them gets its TAC made. */
static enum err judge_before(struct intake *in, size_t index, struct why *why) {
    struct line *line = &in->lines[index];
    const struct upload_record *r = &line->row.record;
    assert(line->row.tac == TAC_NOT_CHECKED);
    line->moment = moment_number(r->moment);
    if (!well_formed(in, line)) {
        line->row.reason = REASON_FORM;
        return OK;
    }
    enum err err = in->store->card_find(
        in->store->self, upload_factor(r), line->moment, &line->standing, why);
    if (err == ERR_NOT_FOUND) {
        return judge_stranger(in, line, why);
    }
    if (!err && !version_in_use(in, r)) {
        line->row.reason = REASON_KEY_VERSION;
        return OK;
    }
    return err ? err : ask_for_tac(in, index, why);
}

/* Has the TACs made, all at once, and compares. */
static enum err check_tacs(struct intake *in, struct why *why) {
    enum err err = tac_questions(in->c, in->questions, in->question_count, in->jobs, why);
    for (size_t i = 0; !err && i < in->question_count; i++) {
        struct record_row *row = &in->lines[in->question_line[i]].row;
        bool good = in->questions[i].good;
        assert(row->tac == TAC_NOT_CHECKED);
        assert(row->reason == REASON_NONE);
        row->tac = good ? TAC_GOOD : TAC_BAD;
        row->reason = good ? REASON_NONE : REASON_TAC;
    }
    return err;
}

/* --- after the proof ----------------------------------------------------------------------- */
/* Each of these answers REASON_NONE, or why a proven record is not cleared. */

/* Who was there first: the trade itself, or another one in its place. */
static enum err judge_rivals(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    struct record_rivals rivals = {0};
    assert(line->row.upload > 0);
    enum err err = in->store->record_rivals(in->store->self, &line->row.record, &rivals, why);
    *reason = rivals.same           ? REASON_DUPLICATE
              : rivals.other_seq    ? REASON_CONFLICT_SEQ
              : rivals.other_number ? REASON_CONFLICT_NO
                                    : REASON_NONE;
    return err;
}

/* Files hold the records of one terminal, as a rule: the row is kept from one to the next. */
static enum err find_terminal(struct intake *in, const uint8_t *number, struct why *why) {
    if (in->terminal_looked_up && memcmp(in->terminal.number, number, TERMINAL_LEN) == 0) {
        return OK;
    }
    enum err err = in->store->terminal_find(in->store->self, number, &in->terminal, why);
    in->terminal_known = err == OK;
    assert(err || memcmp(in->terminal.number, number, TERMINAL_LEN) == 0);
    in->terminal_looked_up = true;
    (void)memcpy(in->terminal.number, number, TERMINAL_LEN);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A terminal of ours, selling for the institution whose file this is; another city's centre answers for
 * the terminals there. */
static enum err judge_terminal(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    const struct upload_header *h = &in->reader.header;
    const struct upload_record *r = &line->row.record;
    enum err err = in->from_city ? OK : find_terminal(in, r->terminal, why);
    if (err || in->from_city) {
        return err;
    }
    if (!in->terminal_known || in->terminal.stopped) {
        *reason = REASON_TERMINAL;
    } else if (memcmp(r->terminal, h->terminal, TERMINAL_LEN) != 0
               || strcmp(in->terminal.institution, h->institution) != 0) {
        *reason = REASON_UNBOUND;
    }
    return OK;
}

/* Not after the business day, and not so long before it that people must decide. */
static enum err judge_date(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    uint32_t day = (uint32_t)(line->moment / 1000000);
    assert(day_exists(day)); /* or its form was refused */
    assert(day_exists(in->upload.day));
    (void)why;
    if (day > in->upload.day) {
        *reason = REASON_CLOCK;
    } else if (day < in->in_time_from) {
        *reason = REASON_LATE;
    }
    return OK;
}

/* The centre said yes to this very purchase, and no other record came with the same yes. */
static enum err judge_approval(
    struct intake *in, const struct upload_record *r, enum reason *reason, struct why *why) {
    struct approval a = {0};
    enum err err = in->store->approval_find(in->store->self, r->ticket, &a, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    bool fits = !err && !a.used && a.amount == r->amount
                && memcmp(a.factor, upload_factor(r), FACTOR_LEN) == 0
                && memcmp(a.terminal, r->terminal, TERMINAL_LEN) == 0;
    if (!fits) {
        *reason = REASON_NOT_APPROVED;
        return OK;
    }
    return in->store->approval_use(in->store->self, r->ticket, why);
}

/* Without asking, up to the limit; above it, what the centre said yes to. */
static enum err judge_limit(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    const struct upload_record *r = &line->row.record;
    if (r->flag == UPLOAD_ONLINE) {
        return judge_approval(in, r, reason, why);
    }
    return offline_judge(in->store, &in->limits, r, reason, why);
}

/* On the blacklist at the moment of the trade: the registry has said so with the card. */
static enum err judge_listed(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    (void)in;
    (void)why;
    if (line->standing.listed) {
        *reason = REASON_LISTED;
    }
    return OK;
}

/* The balance may rise from one purchase to the next by the loads between them, and by nothing
 * else. Clocks of terminals differ, so a load at the edge may or may not count. */
static enum err gap_explained(struct intake *in, const struct upload_record *r,
    const struct chain_link *from, const struct chain_link *to, bool *explained, struct why *why) {
    int64_t gap = (int64_t)to->balance_before - ((int64_t)from->balance_before - from->amount);
    struct chain_loads loads = {0};
    assert(from->known);
    assert(to->known);
    *explained = gap == 0;
    if (gap <= 0) {
        return OK; /* nothing takes money off a wallet between two purchases */
    }
    bool in_order = from->moment <= to->moment;
    uint64_t first = in_order ? from->moment : to->moment;
    uint64_t last = in_order ? to->moment : from->moment;
    enum err err = in->store->loads_between(in->store->self, r, first, last, &loads, why);
    assert(err || loads.certain_fen <= loads.possible_fen);
    *explained = gap <= loads.possible_fen && gap >= (in_order ? loads.certain_fen : 0);
    return err;
}

/* What the card's other records say of its balance before and after this trade. */
static enum err judge_chain(
    struct intake *in, const struct line *line, enum reason *reason, struct why *why) {
    const struct upload_record *r = &line->row.record;
    struct chain_link before = {0}, behind = {0};
    struct chain_link self = {true, r->balance_before, r->amount, line->moment};
    bool good = r->balance_before >= r->amount;
    enum err err = in->store->record_neighbours(in->store->self, r, &before, &behind, why);
    if (!err && good && before.known) {
        err = gap_explained(in, r, &before, &self, &good, why);
    }
    if (!err && good && behind.known) {
        err = gap_explained(in, r, &self, &behind, &good, why);
    }
    if (!good) {
        *reason = REASON_CHAIN;
    }
    return err;
}

/* The checks of a proven record, in the order of reason.def; the first reason counts. */
static enum err judge_after(struct intake *in, struct line *line, struct why *why) {
    static enum err (*const checks[])(
        struct intake *, const struct line *, enum reason *, struct why *) = {
        judge_rivals,
        judge_terminal,
        judge_date,
        judge_limit,
        judge_listed,
        judge_chain,
    };
    enum err err = OK;
    assert(line->row.tac == TAC_GOOD);
    assert(line->row.reason == REASON_NONE);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (err || line->row.reason != REASON_NONE) {
            break;
        }
        err = checks[i](in, line, &line->row.reason, why);
    }
    return err ? err
               : outage_judge(
                   in->store, in->reader.header.institution, line->moment, &line->row.reason, why);
}

/* --- money and rows ------------------------------------------------------------------------ */

/* intake 5: a proven trade leaves the card's account, to the institution or into suspense. When the
 * books do not cover it, nothing moves and the record waits. */
static enum err move_money(struct intake *in, struct line *line, struct why *why) {
    struct record_row *row = &line->row;
    bool cleared = row->reason == REASON_NONE;
    struct account_name card = account_of_record(&row->record);
    struct account_name to = cleared
                                 ? account_named(in->from_city ? ACCOUNT_CITY : ACCOUNT_INSTITUTION,
                                     in->reader.header.institution)
                                 : account_named(ACCOUNT_SUSPENSE, NULL);
    struct posting p = posting_between(&card, &to, row->record.amount, row->day);
    (void)snprintf(
        p.number, sizeof p.number, "record %" PRId64 "/%" PRIu32, row->upload, row->place);
    bool made = false;
    assert(row->tac == TAC_GOOD); /* intake 5 */
    assert(!row->posted);
    enum err err = ledger_post_within(in->store, &p, &made, why);
    if (err == ERR_CONFLICT) {
        row->reason = cleared ? REASON_NO_COVER : row->reason;
        return OK;
    }
    assert(err || made); /* the number is of this file's own row */
    row->posted = err == OK;
    return err;
}

/* The end of one record: judged, its money moved, its row written. */
static enum err finish_line(struct intake *in, struct line *line, struct why *why) {
    enum err err = OK;
    if (line->row.tac == TAC_GOOD) {
        err = judge_after(in, line, why);
        if (!err && reason_line(line->row.reason)->ruling != RULING_REFUSED) {
            err = move_money(in, line, why);
        }
    }
    assert(line->row.reason != REASON_NONE || line->row.posted || err);
    err = err ? err : in->store->record_add(in->store->self, &line->row, why);
    return err ? why_add(why, err, "record %" PRIu32, line->row.place) : OK;
}

/* All records that were read so far: first those that need no proof, then the proofs of the others
 * at once, then each to its end, in the order of the file. */
static enum err finish_lines(struct intake *in, struct why *why) {
    enum err err = OK;
    in->question_count = 0;
    for (size_t i = 0; !err && i < in->count; i++) {
        err = judge_before(in, i, why);
    }
    err = err ? err : check_tacs(in, why);
    for (size_t i = 0; !err && i < in->count; i++) {
        err = finish_line(in, &in->lines[i], why);
    }
    in->count = 0;
    return err ? err : keep_piece(in, why);
}

/* A fresh line of the file, in its order; nothing is known of it yet. */
static void add_line(struct intake *in, const struct upload_record *r) {
    assert(in->count < INTAKE_AT_ONCE);
    in->lines[in->count++] = (struct line){
        .row = {.upload = in->upload.id,
                .place = ++in->place,
                .record = *r,
                .tac = TAC_NOT_CHECKED,
                .reason = REASON_NONE,
                .day = in->upload.day}
    };
}

/* The sentence names the place, so that whoever made the file finds it. */
static enum err file_is_bad(const struct intake *in, struct why *why) {
    return why_say(why, ERR_INVALID, "upload refused at byte %" PRIu64 " (record %" PRIu32 "): %s",
        in->reader.offset, in->reader.tally.count + 1, upload_fault_text(in->reader.fault));
}

/* Reads to the end of the file; its seal is checked there, and what was done before is taken back
 * by the caller's transaction when it is broken. */
static enum err take_records(struct intake *in, struct why *why) {
    struct upload_record record;
    enum upload_step step = UPLOAD_RECORD;
    enum err err = OK;
    while (!err && step == UPLOAD_RECORD) {
        step = upload_next(&in->reader, &record);
        if (step == UPLOAD_RECORD) {
            add_line(in, &record);
        }
        if (step != UPLOAD_RECORD || in->count == INTAKE_AT_ONCE) {
            err = step == UPLOAD_BAD ? file_is_bad(in, why) : finish_lines(in, why);
        }
    }
    return err;
}

/* --- the file ------------------------------------------------------------------------------ */

/* Figures are never counted on the way: they are what the rows say, today as on the day. */
static enum err figures_of(const struct clearing *c, int64_t upload, uint32_t day,
    struct intake_figures *out, struct why *why) {
    uint64_t by_tac[3] = {0};
    *out = (struct intake_figures){0};
    enum err err = c->store->record_sums(c->store->self, upload, day, out->by_reason, by_tac, why);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        struct reason_sum *sum = &out->by_ruling[reason_line((enum reason)i)->ruling];
        sum->count += out->by_reason[i].count;
        sum->fen += out->by_reason[i].fen;
        out->records += out->by_reason[i].count;
    }
    out->tac_good = by_tac[TAC_GOOD];
    out->tac_bad = by_tac[TAC_BAD];
    out->duplicates = out->by_reason[REASON_DUPLICATE].count;
    assert(err || out->tac_good + out->tac_bad <= out->records);
    assert(err || out->by_reason[REASON_TAC].count == out->tac_bad);
    return err;
}

/* The rows answer for a day as they do for a file. */
enum err intake_figures_of(
    const struct clearing *c, uint32_t day, struct intake_figures *out, struct why *why) {
    return figures_of(c, 0, day, out, why);
}

/* Writes the row of the file and its records, all in the transaction that the caller holds. *known
 * when a file with this digest is there already: then everything is to be taken back. */
static enum err take_file(struct intake *in, bool *known, struct why *why) {
    const struct clearing_store *store = in->store;
    struct upload_row before;
    char digest[2 * SM3_LEN + 1];
    assert(in->place == 0 && in->count == 0);
    enum err err = store->upload_add(store->self, &in->upload, why);
    err = err ? err : take_records(in, why);
    if (err) {
        return err;
    }
    assert(in->count == 0);
    assert(in->place == in->reader.trailer.count);
    (void)memcpy(in->upload.digest, in->reader.trailer.digest, SM3_LEN);
    in->upload.count = in->reader.trailer.count;
    in->upload.total_fen = in->reader.trailer.total_fen;
    err = store->upload_find(store->self, in->upload.digest, &before, why);
    if (err != ERR_NOT_FOUND) {
        *known = err == OK;
        in->upload.id = err ? 0 : before.id;
        return err;
    }
    hex_write(bytes_of(in->upload.digest, SM3_LEN), digest);
    err = store->upload_seal(store->self, &in->upload, why);
    return err ? err : store->audit(store->self, "system", "upload", digest, why);
}

/* A file that is known leaves no trace: the scope takes its second reading back. */
static enum err take_in_transaction(struct intake *in, bool *known, struct why *why) {
    CLEARING_SCOPE(scope);
    enum err err = clearing_begin(&scope, in->store, why);
    err = err ? err : take_file(in, known, why);
    return err || *known ? err : clearing_commit(&scope, why);
}

/* The header, the business day and what holds on it. */
static enum err intake_begin(struct intake *in, struct upload_source source, struct why *why) {
    in->source = source;
    if (!upload_open(&in->reader, (struct upload_source){.self = in, .read = keep_read})) {
        return file_is_bad(in, why);
    }
    in->upload.header = in->reader.header;
    assert(strlen(in->upload.header.institution) == INSTITUTION_LEN);
    enum err err = in->store->city_check(in->store->self, in->upload.header.institution, why);
    in->from_city = err == OK;
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : day_open(in->store, &in->upload.day, why);
    err = err ? err : in->store->limits(in->store->self, in->upload.day, &in->limits, why);
    in->in_time_from = err ? 0 : in_time_from(in->upload.day, in->limits.late_days);
    return err;
}

/* The figures are read back from the rows, for a known file those of its first time. */
enum err intake_file(const struct clearing *c, struct upload_source source,
    struct intake_figures *out, bool *again, struct why *why) {
    __attribute__((cleanup(intake_free))) struct intake *in = calloc(1, sizeof *in);
    bool known = false;
    if (!in) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    in->c = c;
    in->store = c->store;
    enum err err = intake_begin(in, source, why);
    err = err ? err : take_in_transaction(in, &known, why);
    err = err ? err : figures_of(c, in->upload.id, 0, out, why);
    if (!err && again) {
        *again = known;
    }
    return err;
}

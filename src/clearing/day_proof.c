#include "clearing/day_proof.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "clearing/kept_upload.h"
#include "clearing/load_order.h"
#include "clearing/month.h"
#include "clearing/move.h"
#include "clearing/pay_file.h"
#include "clearing/record_proof.h"
#include "clearing/sale_list.h"

/* As many records at a time as keep a vault's engine busy for much longer than a request to its process
 * takes. */
enum { PROOF_AT_ONCE = 4096, LIST_AT_ONCE = 1024 };

/* What is due to one institution. */
struct due {
    char institution[INSTITUTION_LEN + 1];
    uint32_t trades;
    int64_t fen;
};

/* A proof under way. Both lists grow and are freed in the end. */
struct proving {
    const struct clearing *c;
    const struct proof_listener *listener;
    struct day_proof *out;
    struct day_row day;
    struct clearing_limits limits;
    struct sale_list sales;
    struct due *dues; /* in the order of the codes */
    size_t due_count;
    uint64_t postings; /* of records: how many there must be */
    int64_t moves;     /* postings of moves that were not met yet */
    struct proven_record batch[PROOF_AT_ONCE];
};

static void proving_free(struct proving **p) {
    if (*p) {
        sale_list_free(&(*p)->sales);
        free((*p)->dues);
        free(*p);
    }
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
}

/* Room for one more of a list that grows LIST_AT_ONCE at a time; NULL when there is none. */
static void *grown(void *list, size_t count, size_t size) {
    return count % LIST_AT_ONCE != 0 ? list : realloc(list, (count + LIST_AT_ONCE) * size);
}

/* --- what is due --------------------------------------------------------------------------- */

/* The institution's line, made at its place when it is new; NULL without memory. */
static struct due *due_to(struct proving *p, const char *institution) {
    size_t at = 0;
    while (at < p->due_count && strcmp(p->dues[at].institution, institution) < 0) {
        at++;
    }
    if (at < p->due_count && strcmp(p->dues[at].institution, institution) == 0) {
        return &p->dues[at];
    }
    struct due *list = grown(p->dues, p->due_count, sizeof *list);
    if (!list) {
        return NULL;
    }
    p->dues = list;
    (void)memmove(list + at + 1, list + at, (p->due_count - at) * sizeof *list);
    p->due_count++;
    list[at] = (struct due){0};
    (void)snprintf(list[at].institution, sizeof list[at].institution, "%s", institution);
    return &list[at];
}

/* Adds to what is due, and tells who listens. */
static enum err add_due(struct proving *p, const struct proof_line *line, struct why *why) {
    struct due *due = due_to(p, line->institution);
    if (!due) {
        return no_memory(why);
    }
    if (!fen_add(due->fen, line->fen, &due->fen)) {
        differ(&p->out->differences, "what is due to %s overflows", line->institution);
    }
    due->trades++;
    if (p->listener && p->listener->told) {
        p->listener->told(p->listener->cookie, line);
    }
    return OK;
}

/* --- uploads ------------------------------------------------------------------------------- */

/* What a proven record adds to the figures and to what is due. */
static enum err count_record(struct proving *p, const struct record_judge *judge,
    const struct proven_record *r, struct why *why) {
    struct day_proof *out = p->out;
    enum ruling ruling = reason_line(r->row.reason)->ruling;
    out->records++;
    out->tac_good += r->tac_asked && r->tac_good ? 1 : 0;
    if (ruling == RULING_SUSPENSE) {
        out->held++;
        out->held_fen += r->record.amount;
    }
    if (ruling != RULING_CLEARED) {
        return OK;
    }
    out->cleared++;
    out->cleared_fen += r->record.amount;
    const struct proof_line line = {
        judge->header->institution, r->record.amount, &r->record, r->upload, r->place, r->rule};
    enum err err = sale_list_add(&p->sales, r, why);
    return err ? err : add_due(p, &line, why);
}

/* The records that were read so far, to the end of their proof. */
static enum err prove_batch(
    struct proving *p, const struct record_judge *judge, size_t count, struct why *why) {
    enum err err = record_tacs(judge, p->batch, count, why);
    for (size_t i = 0; !err && i < count; i++) {
        bool posting = false;
        err = record_proof(judge, &p->batch[i], &posting, why);
        p->postings += posting ? 1 : 0;
        err = err ? err : count_record(p, judge, &p->batch[i], why);
    }
    return err;
}

/* All records of one kept file; bytes that are not whole are a difference. */
static enum err prove_records(struct proving *p, const struct record_judge *judge,
    struct kept_upload *kept, struct why *why) {
    struct upload_record record;
    enum upload_step step = UPLOAD_RECORD;
    enum err err = OK;
    size_t count = 0;
    uint32_t place = 0;
    while (!err && step == UPLOAD_RECORD) {
        step = upload_next(&kept->reader, &record);
        if (step == UPLOAD_RECORD) {
            place++;
            p->batch[count++] = (struct proven_record){
                .record = record, .upload = kept->upload, .place = place};
        }
        if (step != UPLOAD_RECORD || count == PROOF_AT_ONCE) {
            err = prove_batch(p, judge, count, why);
            count = 0;
        }
    }
    if (!err && step == UPLOAD_BAD) {
        err = kept_fault(kept, why);
    }
    return err;
}

/* proof 1 and 2: the row of the file against its bytes, and one row for each record. */
static enum err compare_upload(
    struct proving *p, const struct upload_row *row, struct kept_upload *kept, struct why *why) {
    const struct upload_reader *r = &kept->reader;
    struct reason_sum sums[REASON_COUNT] = {{0}};
    uint64_t by_tac[3] = {0}, rows = 0;
    bool same = memcmp(row->digest, r->trailer.digest, SM3_LEN) == 0
                && row->count == r->trailer.count && row->total_fen == r->trailer.total_fen
                && strcmp(row->header.institution, r->header.institution) == 0
                && memcmp(row->header.terminal, r->header.terminal, TERMINAL_LEN) == 0
                && row->header.batch == r->header.batch
                && row->header.business_day == r->header.business_day;
    enum err err = p->c->store->record_sums(p->c->store->self, row->id, 0, sums, by_tac, why);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        rows += sums[i].count;
    }
    if (!err && !same) {
        differ(
            &p->out->differences, "upload %" PRId64 ": its row is not what its bytes say", row->id);
    }
    if (!err && rows != r->trailer.count) {
        differ(&p->out->differences,
            "upload %" PRId64 ": %" PRIu32 " records were sent, %" PRIu64 " have rows", row->id,
            r->trailer.count, rows);
    }
    return err;
}

/* proof 1: the audit chain saw this file while this day was open. */
static enum err witness_upload(struct proving *p, const struct upload_row *row, struct why *why) {
    uint32_t day = 0;
    enum err err = p->c->store->upload_witness(p->c->store->self, row->digest, &day, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (err || day != p->day.day) {
        differ(&p->out->differences,
            "upload %" PRId64 ": the audit chain does not know it on this day", row->id);
    }
    return OK;
}

/* One file, from its bytes to its rows. */
static enum err prove_upload(struct proving *p, const struct upload_row *row, struct why *why) {
    struct kept_upload *kept = NULL;
    enum err err = witness_upload(p, row, why);
    err = err ? err : kept_open(p->c->store, row->id, &kept, why);
    if (!err) {
        struct record_judge judge = {.c = p->c,
            .header = &kept->reader.header,
            .limits = &p->limits,
            .day = p->day.day,
            .differences = &p->out->differences};
        err = p->c->store->city_check(p->c->store->self, judge.header->institution, why);
        judge.from_city = err == OK;
        err = err == ERR_NOT_FOUND ? OK : err;
        err = err ? err : prove_records(p, &judge, kept, why);
        err = err ? err : compare_upload(p, row, kept, why);
    }
    kept_close(kept);
    if (err == ERR_CONFLICT) {
        differ(&p->out->differences, "upload %" PRId64 ": %.150s", row->id, why->text);
        return OK;
    }
    return err;
}

/* All files of the day, and as many as the audit chain has noted. */
static enum err prove_uploads(struct proving *p, struct why *why) {
    const struct clearing_store *store = p->c->store;
    struct upload_row row = {0};
    uint32_t witnessed = 0;
    enum err err = OK;
    while (!(err = store->upload_next(store->self, p->day.day, row.id, &row, why))) {
        p->out->uploads++;
        err = prove_upload(p, &row, why);
        if (err) {
            return why_add(why, err, "upload %" PRId64, row.id);
        }
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : store->uploads_witnessed(store->self, p->day.day, &witnessed, why);
    if (!err && witnessed != p->out->uploads) {
        differ(&p->out->differences,
            "the audit chain notes %" PRIu32 " files of this day, %" PRIu32 " are here", witnessed,
            p->out->uploads);
    }
    return err;
}

/* --- moves --------------------------------------------------------------------------------- */

/* The posting that is there against the one that the move calls for. */
static enum err move_posted(struct proving *p, const struct move_row *row, struct why *why) {
    struct posting expected, found = {0};
    char number[POSTING_NUMBER_LEN + 1];
    (void)snprintf(number, sizeof number, "move %s", row->number);
    enum err err = move_posting(p->c, row, &expected, why);
    if (!err || err == ERR_NOT_FOUND) {
        err = p->c->store->posting_find(p->c->store->self, number, &found, why);
    }
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    p->moves += found.count > 0 && found.day == p->day.day ? 1 : 0;
    if (!same_entries(&expected, &found) && (expected.count > 0 || found.count > 0)) {
        differ(&p->out->differences, "move %s: its posting is not what it calls for", row->number);
    }
    return OK;
}

/* A decision of two officers adds to what is due, or takes from it. */
static enum err prove_move(struct proving *p, const struct move_row *row, struct why *why) {
    char rule[MOVE_REFERENCE_MAX + 2 * MOVE_NUMBER_MAX + 8];
    (void)snprintf(
        rule, sizeof rule, "%s %s: %s", move_word(row->kind), row->number, row->reference);
    const struct proof_line line = {
        row->institution, move_sign(row->kind) * row->fen, NULL, row->upload, row->place, rule};
    if (!row->done || row->approver[0] == '\0' || strcmp(row->maker, row->approver) == 0) {
        differ(
            &p->out->differences, "move %s: it was not agreed to by a second officer", row->number);
    }
    enum err err = move_posted(p, row, why);
    return err || line.fen == 0 ? err : add_due(p, &line, why);
}

/* proof 5: all moves that belong to the day. */
static enum err prove_moves(struct proving *p, struct why *why) {
    const struct clearing_store *store = p->c->store;
    struct move_row row = {.number = ""};
    enum err err = OK;
    while (!(err = store->move_next(store->self, p->day.day, row.number, &row, why))) {
        err = prove_move(p, &row, why);
        if (err) {
            return why_add(why, err, "move %s", row.number);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* What is due by the proof against what the books moved. */
static enum err prove_dues(struct proving *p, struct why *why) {
    char due[FEN_TEXT_MAX], moved[FEN_TEXT_MAX];
    for (size_t i = 0; i < p->due_count; i++) {
        int64_t fen = 0;
        enum err err = p->c->store->booked(
            p->c->store->self, p->dues[i].institution, p->day.day, &fen, why);
        if (err) {
            return err;
        }
        if (fen != p->dues[i].fen) {
            differ(&p->out->differences, "%s: %s yuan are proven, the books moved %s",
                p->dues[i].institution, fen_text(p->dues[i].fen, due), fen_text(fen, moved));
        }
        p->out->due_fen += p->dues[i].fen > 0 ? p->dues[i].fen : 0;
    }
    return OK;
}

/* --- postings ------------------------------------------------------------------------------ */

/* Two entries, from an account of one kind to one of another. */
static bool moves_between(const struct posting *p, enum account_kind from, enum account_kind to) {
    return p->count == 2 && p->entries[0].account.kind == from && p->entries[1].account.kind == to
           && p->entries[0].fen == -p->entries[1].fen && p->entries[1].fen > 0;
}

/* The number behind the last of a mark in a posting's number, or -1: "load FACTOR 12" is 12. */
static int64_t number_behind(const struct posting *posting, char mark) {
    const char *at = strrchr(posting->number, mark);
    size_t digits = at ? strspn(at + 1, "0123456789") : 0;
    bool number = digits > 0 && digits < 10 && at[1 + digits] == '\0';
    return number ? (int64_t)strtoul(at + 1, NULL, 10) : -1;
}

/* The order that a posting speaks of; ERR_NOT_FOUND when there is none. */
static enum err load_of_posting(
    struct proving *p, const struct posting *posting, struct load_row *row, struct why *why) {
    char number[POSTING_NUMBER_LEN + 1];
    const struct account_name *to = &posting->entries[1].account;
    int64_t online = number_behind(posting, ' ');
    (void)snprintf(number, sizeof number, "%s %s %" PRId64, load_word(to->kind), to->of, online);
    bool formed = (moves_between(posting, ACCOUNT_POOL, ACCOUNT_CARD)
                      || moves_between(posting, ACCOUNT_INSURANCE, ACCOUNT_MEDICAL))
                  && online >= 0 && online <= UINT16_MAX && strcmp(number, posting->number) == 0;
    return formed ? p->c->store->load_numbered(p->c->store->self, to, (uint16_t)online, row, why)
                  : ERR_NOT_FOUND;
}

/* A load is proven by the card's TAC, which speaks of its amount and its moment. */
static enum err prove_load(struct proving *p, const struct posting *posting, struct why *why) {
    struct load_row row = {0};
    bool proven = false;
    enum err err = load_of_posting(p, posting, &row, why);
    err = err ? err : load_proven(p->c, &row, &proven, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (!proven || (int64_t)row.facts.amount != posting->entries[1].fen
        || row.day != posting->day) {
        differ(&p->out->differences, "posting %s: no load of that amount was proven by its card",
            posting->number);
    }
    p->out->loaded_fen += posting->entries[1].fen;
    return OK;
}

/* A payout is on the list; what is due is compared there. */
static enum err prove_payout(struct proving *p, const struct posting *posting, struct why *why) {
    const struct clearing_store *store = p->c->store;
    struct payout payout = {0};
    int64_t seq = number_behind(posting, '/');
    enum err err = ERR_NOT_FOUND;
    if (seq > 0 && seq <= INT32_MAX) {
        err = store->payout_next(store->self, p->day.day, (uint32_t)seq - 1, &payout, why);
    }
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    char number[POSTING_NUMBER_LEN + 1];
    (void)snprintf(number, sizeof number, "payout %" PRIu32 "/%" PRIu32, p->day.day, payout.seq);
    bool good = !err && p->day.state >= DAY_PAID && strcmp(number, posting->number) == 0
                && (moves_between(posting, ACCOUNT_INSTITUTION, ACCOUNT_BANK)
                    || moves_between(posting, ACCOUNT_CITY, ACCOUNT_BANK))
                && strcmp(posting->entries[0].account.of, payout.to.code) == 0
                && posting->entries[1].fen == payout.fen;
    if (!good) {
        differ(
            &p->out->differences, "posting %s: the payout list does not say so", posting->number);
    }
    return OK;
}

/* What is kept of a month must be what its decided claim says. */
static enum err prove_retention(struct proving *p, const struct posting *posting, struct why *why) {
    bool proven = false;
    enum err err = retention_proven(p->c, posting, &proven, why);
    if (!err && !proven) {
        differ(&p->out->differences, "posting %s: no decided claim keeps so much", posting->number);
    }
    return err;
}

/* proof 5: the causes that a posting can have, by how its number begins. */
static enum err prove_posting(
    struct proving *p, const struct posting *posting, uint64_t *records, struct why *why) {
    if (strncmp(posting->number, "record ", 7) == 0) {
        ++*records; /* each was compared with its record */
        return OK;
    }
    if (strncmp(posting->number, "load ", 5) == 0
        || strncmp(posting->number, "medical-load ", 13) == 0) {
        return prove_load(p, posting, why);
    }
    if (strncmp(posting->number, "payout ", 7) == 0) {
        return prove_payout(p, posting, why);
    }
    if (strncmp(posting->number, "retention ", 10) == 0) {
        return prove_retention(p, posting, why);
    }
    if (strncmp(posting->number, "move ", 5) == 0) {
        p->moves--; /* each was compared with its move */
        return OK;
    }
    if (!moves_between(posting, ACCOUNT_FUNDING, ACCOUNT_POOL)
        && !moves_between(posting, ACCOUNT_FUNDING, ACCOUNT_INSURANCE)
        && !moves_between(posting, ACCOUNT_FUNDING, ACCOUNT_CITY)) {
        differ(&p->out->differences, "posting %s: it has no cause", posting->number);
    }
    return OK;
}

/* Every posting of the day, one behind the other. */
static enum err prove_postings(struct proving *p, struct why *why) {
    const struct clearing_store *store = p->c->store;
    struct posting posting;
    uint64_t records = 0;
    int64_t id = 0;
    enum err err = OK;
    while (!(err = store->posting_next(store->self, p->day.day, id, &id, &posting, why))) {
        err = prove_posting(p, &posting, &records, why);
        if (err) {
            return why_add(why, err, "posting %s", posting.number);
        }
    }
    if (err == ERR_NOT_FOUND && records != p->postings) {
        differ(&p->out->differences,
            "%" PRIu64 " postings of records on this day, %" PRIu64 " records that call for one",
            records, p->postings);
    }
    if (err == ERR_NOT_FOUND && p->moves != 0) {
        differ(&p->out->differences, "a posting of a move on this day has no move");
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- payouts and the bank file ------------------------------------------------------------- */

/* The list's next line against the next institution that something is due to. */
static void compare_payout(struct proving *p, const struct payout *payout, const struct due *due) {
    char said[FEN_TEXT_MAX], owed[FEN_TEXT_MAX];
    if (!due || strcmp(due->institution, payout->to.code) != 0) {
        differ(&p->out->differences,
            "payout %" PRIu32 ": %s yuan to %s, to whom nothing is due here", payout->seq,
            fen_text(payout->fen, said), payout->to.code);
    } else if (due->fen != payout->fen || due->trades != payout->trades) {
        differ(&p->out->differences,
            "payout %" PRIu32 " to %s: %s yuan for %" PRIu32 " trades, proven are %s for %" PRIu32,
            payout->seq, payout->to.code, fen_text(payout->fen, said), payout->trades,
            fen_text(due->fen, owed), due->trades);
    }
}

/* What is posted for a payout that is on the list of a paid day. */
static enum err payout_posted(struct proving *p, const struct payout *payout, struct why *why) {
    struct posting posting;
    char number[POSTING_NUMBER_LEN + 1];
    if (p->day.state < DAY_PAID) {
        return OK;
    }
    (void)snprintf(number, sizeof number, "payout %" PRIu32 "/%" PRIu32, payout->day, payout->seq);
    enum err err = p->c->store->posting_find(p->c->store->self, number, &posting, why);
    if (err == ERR_NOT_FOUND) {
        differ(&p->out->differences, "payout %" PRIu32 ": its posting is missing", payout->seq);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Who owes gets nothing: only a city may. */
static size_t next_due(const struct proving *p, size_t at) {
    while (at < p->due_count && p->dues[at].fen <= 0) {
        at++;
    }
    return at;
}

/* proof 6: line by line, in the order of the institutions' codes. */
static enum err prove_payouts(struct proving *p, struct why *why) {
    const struct clearing_store *store = p->c->store;
    struct payout payout = {0};
    size_t at = 0;
    enum err err = OK;
    while (!(err = store->payout_next(store->self, p->day.day, payout.seq, &payout, why))) {
        at = next_due(p, at);
        compare_payout(p, &payout, at < p->due_count ? &p->dues[at] : NULL);
        at += at < p->due_count ? 1 : 0;
        p->out->payout_fen += payout.fen;
        err = payout_posted(p, &payout, why);
        if (err) {
            return err;
        }
    }
    at = next_due(p, at);
    if (err == ERR_NOT_FOUND && p->day.state >= DAY_LISTED && at < p->due_count) {
        differ(&p->out->differences, "the payout to %s is missing", p->dues[at].institution);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The bank file is a function of the list and the two officers. */
static enum err prove_pay_file(struct proving *p, struct why *why) {
    uint8_t digest[SM3_LEN];
    if (p->day.state < DAY_PAID) {
        return OK;
    }
    enum err err = pay_file_digest(p->c, &p->day, digest, why);
    if (!err && memcmp(digest, p->day.pay_digest, SM3_LEN) != 0) {
        differ(&p->out->differences,
            "the bank file that follows from the payout list is not the one that was paid");
    }
    return err;
}

/* proof 5, the other way round: every load of the day that is posted has its posting. */
static enum err prove_loads(struct proving *p, struct why *why) {
    struct reason_sum loads[LOAD_STATE_COUNT];
    char posted[FEN_TEXT_MAX], proven[FEN_TEXT_MAX];
    enum err err = load_figures_of(p->c, p->day.day, loads, why);
    if (!err && loads[LOAD_POSTED].fen != p->out->loaded_fen) {
        differ(&p->out->differences, "loads of %s yuan on this day, proven are %s",
            fen_text(loads[LOAD_POSTED].fen, posted), fen_text(p->out->loaded_fen, proven));
    }
    return err;
}

/* proof 7. */
static enum err prove_books(struct proving *p, struct why *why) {
    struct trial_balance trial;
    enum err err = ledger_trial(p->c->store, &trial, why);
    if (!err && !trial_even(&trial)) {
        differ(&p->out->differences,
            "the books are not even: off by %" PRId64 " fen, %" PRId64 " accounts astray",
            trial.difference_fen, trial.astray);
    }
    return err;
}

/* --- the whole ----------------------------------------------------------------------------- */

/* From the bytes outward; each part goes on from what the one before it has proven. */
static enum err prove(struct proving *p, struct why *why) {
    enum err err = prove_uploads(p, why);
    if (!err) {
        sale_list_check(&p->sales, &p->out->differences);
    }
    err = err ? err : prove_moves(p, why);
    err = err ? err : prove_postings(p, why);
    err = err ? err : prove_loads(p, why);
    err = err ? err : prove_dues(p, why);
    err = err ? err : prove_payouts(p, why);
    err = err ? err : prove_pay_file(p, why);
    return err ? err : prove_books(p, why);
}

enum err day_prove(const struct clearing *c, uint32_t day, const struct proof_listener *listener,
    struct day_proof *out, struct why *why) {
    __attribute__((cleanup(proving_free))) struct proving *p = calloc(1, sizeof *p);
    *out = (struct day_proof){.day = day};
    if (!p) {
        return no_memory(why);
    }
    p->c = c;
    p->listener = listener;
    p->out = out;
    enum err err = c->store->day_find(c->store->self, day, &p->day, why);
    err = err ? err : c->store->limits(c->store->self, day, &p->limits, why);
    if (!err) {
        out->state = (enum day_state)p->day.state;
        err = prove(p, why);
    }
    return err ? why_add(why, err, "proof of day %" PRIu32, day) : OK;
}

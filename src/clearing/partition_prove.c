#include "clearing/partition_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "keys/vault.h"

enum { JOBS_AT_ONCE = 4096 };

/* One worker's walk through a segment. */
struct prover {
    struct parts_day *day;
    struct part_sums *sums;
    const struct vault *vault;
    uint64_t rows;
    struct tac_job jobs[JOBS_AT_ONCE];
    uint8_t said[JOBS_AT_ONCE][MAC_LEN];
    enum tac_finding findings[JOBS_AT_ONCE];
    size_t job_count;
};

static enum err disagrees(const struct segment_row *row, const char *what, struct why *why) {
    return why_say(why, ERR_CONFLICT,
        "file %" PRIu32 ", record %" PRIu32 ": %s; stop and call the chief", row->file + 1,
        row->place, what);
}

/* What the row says of its TAC must be what the vault says. */
static enum err check_tacs(struct prover *p, struct why *why) {
    enum err err = p->job_count > 0 ? p->vault->tacs(p->vault->self, p->jobs, p->job_count, why)
                                    : OK;
    for (size_t i = 0; !err && i < p->job_count; i++) {
        bool good = crypto_equal(p->jobs[i].tac, p->said[i], MAC_LEN);
        if (good != (p->findings[i] == TAC_GOOD)) {
            err = why_say(why, ERR_CONFLICT, "a TAC is not what its segment says; call the chief");
        }
    }
    p->job_count = 0;
    return err;
}

static enum err ask_for_tac(struct prover *p, const struct segment_row *row,
    const struct upload_record *r, struct why *why) {
    if (row->tac == TAC_NOT_CHECKED) {
        return OK;
    }
    parts_tac_job(r, &p->jobs[p->job_count]);
    (void)memcpy(p->said[p->job_count], r->tac, MAC_LEN);
    p->findings[p->job_count++] = (enum tac_finding)row->tac;
    return p->job_count == JOBS_AT_ONCE ? check_tacs(p, why) : OK;
}

/* What a posted row moved; its card must have had it. */
static enum err move_again(struct prover *p, const struct segment_row *row,
    const struct upload_record *r, struct why *why) {
    const struct day_register *city = p->day->city;
    const struct register_terminal *t = register_terminal_of(city, r->terminal);
    uint32_t card = 0;
    if (!register_card_at(city, upload_factor(r), &card) || p->day->after[card] < r->amount) {
        return disagrees(row, "its card had no such money", why);
    }
    p->day->after[card] -= r->amount;
    p->sums->posted_fen += r->amount;
    if (row->reason != REASON_NONE) {
        p->sums->suspense_fen += r->amount;
        return OK;
    }
    if (!t) {
        return disagrees(row, "its terminal is nobody's", why);
    }
    p->sums->nets[t->institution].trades++;
    p->sums->nets[t->institution].fen += r->amount;
    uint32_t bank = city->institutions[t->institution].bank;
    p->sums->fund_bank[(size_t)city->cards[card].fund * city->banks + bank] += r->amount;
    return OK;
}

/* True when reason, TAC and posting fit one another. */
static bool row_fits(const struct parts_day *day, const struct segment_row *row) {
    if (row->reason >= REASON_COUNT || row->tac > TAC_BAD || row->posted > 1
        || row->file >= day->file_count) {
        return false;
    }
    enum ruling ruling = reason_line((enum reason)row->reason)->ruling;
    bool proven = row->tac == TAC_GOOD;
    return (row->reason == REASON_TAC) == (row->tac == TAC_BAD)
           && proven == (row->reason == REASON_NONE || row->reason > REASON_TAC)
           && !(row->posted && ruling == RULING_REFUSED)
           && (row->posted || ruling != RULING_CLEARED);
}

static enum err prove_rows(
    void *self, const struct segment_row *rows, size_t count, struct why *why) {
    struct prover *p = self;
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        struct upload_record r;
        if (!row_fits(p->day, &rows[i]) || !segment_record(&rows[i], &r)) {
            return disagrees(&rows[i], "its row contradicts itself", why);
        }
        struct part_file *file = &p->day->files[rows[i].file];
        (void)atomic_fetch_add(&file->rows_seen, 1);
        (void)atomic_fetch_add(&file->fen_seen, (int64_t)r.amount);
        sums_add(p->sums, (enum reason)rows[i].reason, rows[i].tac, r.amount);
        err = rows[i].posted ? move_again(p, &rows[i], &r, why) : OK;
        err = err ? err : ask_for_tac(p, &rows[i], &r, why);
    }
    p->rows += count;
    return err;
}

/* A segment from its header to its seal. */
static enum err prove_part(struct prover *p, size_t part, struct why *why) {
    struct parts_day *day = p->day;
    struct segment_head head = {
        .day = day->order->day, .part = (uint32_t)part, .parts = (uint32_t)day->parts};
    uint8_t seal[SEGMENT_SEAL_LEN];
    char path[PATH_ROOM];
    p->rows = 0;
    if (!parts_path(path, day->order, part, day->parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_read(path, &head, prove_rows, p, seal, why);
    err = err ? err : check_tacs(p, why);
    if (!err
        && (memcmp(seal, day->seals[part], sizeof seal) != 0 || p->rows != day->part_rows[part])) {
        err = why_say(
            why, ERR_CONFLICT, "segment %s is not the one that the day's page names", path);
    }
    return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

enum err parts_recount(struct parts_day *day, size_t worker, struct why *why) {
    struct prover *p = calloc(1, sizeof *p);
    size_t part = 0;
    enum err err = OK;
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a proof; end other programs");
    }
    p->day = day;
    p->sums = &day->sums[worker];
    p->vault = &day->order->vaults[worker];
    while (!err && parts_next(day, day->parts, &part)) {
        err = prove_part(p, part, why);
    }
    free(p);
    return err;
}

enum err parts_files_agree(const struct parts_day *day, struct why *why) {
    for (size_t i = 0; i < day->file_count; i++) {
        const struct part_file *f = &day->files[i];
        if (f->rows_seen != f->count || f->fen_seen != f->fen) {
            return why_say(why, ERR_CONFLICT,
                "file %zu had %" PRIu32 " records over %" PRId64 " fen, the segments have %" PRIu64
                " over %" PRId64,
                i + 1, f->count, f->fen, (uint64_t)f->rows_seen, (int64_t)f->fen_seen);
        }
    }
    return OK;
}

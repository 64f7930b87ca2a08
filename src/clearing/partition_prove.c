#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_parts.h"
#include "clearing/partition_piece.h"

/* One worker's walk through a segment. */
struct prover {
    struct parts_day *day;
    struct part_sums *sums;
    struct segment_image image;
    uint32_t card; /* of the row before, in the register */
    uint64_t terminal_number;
    const struct register_terminal *terminal; /* the one looked up last */
    bool looked_up;
    struct tac_desk desk;
    const struct segment_row *job_row[JOBS_AT_ONCE]; /* of which row each job is */
};

static enum err disagrees(const struct segment_row *row, const char *what, struct why *why) {
    return why_say(why, ERR_CONFLICT,
        "file %" PRIu32 ", record %" PRIu32 ": %s; stop and call the chief", row->file + 1,
        row->place, what);
}

/* What the row says of its TAC must be what the vault says. */
static enum err check_tacs(struct prover *p, struct why *why) {
    enum err err = tac_desk_make(&p->desk, why);
    for (size_t i = 0; !err && i < p->desk.count; i++) {
        const struct segment_row *row = p->job_row[i];
        if (piece_tac_is(row->piece, p->desk.jobs[i].tac) != (row->tac == TAC_GOOD)) {
            err = disagrees(row, "its TAC is not what its segment says", why);
        }
    }
    p->desk.count = 0;
    return err;
}

static enum err ask_for_tac(struct prover *p, const struct segment_row *row, struct why *why) {
    if (row->tac == TAC_NOT_CHECKED) {
        return OK;
    }
    size_t job = p->desk.count++;
    piece_tac_job(row->piece, p->day->city->purse, &p->desk.jobs[job]);
    p->job_row[job] = row;
    return p->desk.count == p->desk.room ? check_tacs(p, why) : OK;
}

/* The card of a row. Rows come in the order of the register: as a rule it is that of the row before,
 * or the next one. */
static bool find_card(struct prover *p, const uint8_t *factor) {
    const struct day_register *city = p->day->city;
    for (uint32_t at = p->card; at < city->card_count && at < p->card + 2; at++) {
        if (piece_u64(city->cards[at].factor) == piece_u64(factor)) {
            p->card = at;
            return true;
        }
    }
    return register_card_at(city, factor, &p->card);
}

/* The institution of a row's terminal, or NULL. */
static const struct register_terminal *find_terminal(struct prover *p, const uint8_t *piece) {
    uint64_t number = piece_terminal(piece);
    if (!p->looked_up || number != p->terminal_number) {
        p->terminal = register_terminal_of(p->day->city, piece + AT_TERMINAL);
        p->terminal_number = number;
        p->looked_up = true;
    }
    return p->terminal;
}

/* Whom a cleared row was paid to: its terminal's institution, or the city whose centre sent it. */
static bool find_institution(
    struct prover *p, const struct segment_row *row, uint32_t *institution) {
    const struct day_register *city = p->day->city;
    const char *sender = p->day->files[row->file].city;
    if (sender[0] != '\0') {
        const struct register_institution *of = register_institution_of(city, sender);
        *institution = of ? (uint32_t)(of - city->institutions) : 0;
        return of != NULL;
    }
    const struct register_terminal *t = find_terminal(p, row->piece);
    *institution = t ? t->institution : 0;
    return t != NULL;
}

/* What a posted row moved; its card must have had it. */
static enum err move_again(struct prover *p, const struct segment_row *row, struct why *why) {
    const struct day_register *city = p->day->city;
    uint32_t fen = piece_amount(row->piece);
    if (!find_card(p, row->piece + AT_FACTOR) || p->day->after[p->card] < fen) {
        return disagrees(row, "its card had no such money", why);
    }
    p->day->after[p->card] -= fen;
    p->sums->posted_fen += fen;
    if (row->reason != REASON_NONE) {
        p->sums->suspense_fen += fen;
        return OK;
    }
    uint32_t institution = 0;
    if (!find_institution(p, row, &institution)) {
        return disagrees(row, "its terminal is nobody's", why);
    }
    p->sums->nets[institution].trades++;
    p->sums->nets[institution].fen += fen;
    uint32_t bank = city->institutions[institution].bank;
    p->sums->fund_bank[(size_t)city->cards[p->card].fund * city->banks + bank] += fen;
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

/* A purchase of the usual kind, or a record that was never one and moved nothing. */
static bool record_fits(const struct segment_row *row, uint32_t *fen) {
    struct upload_record r;
    if (piece_good(row->piece)) {
        *fen = piece_amount(row->piece);
        return true;
    }
    bool medical = row->tac == TAC_NOT_CHECKED && !row->posted && segment_record(row, &r);
    *fen = medical ? r.amount : 0;
    return medical;
}

static enum err prove_rows(
    struct prover *p, const struct segment_row *rows, uint64_t count, struct why *why) {
    enum err err = OK;
    for (uint64_t i = 0; !err && i < count; i++) {
        const struct segment_row *row = &rows[i];
        uint32_t fen = 0;
        if (!row_fits(p->day, row) || !record_fits(row, &fen)) {
            return disagrees(row, "its row contradicts itself", why);
        }
        struct file_seen *seen = &p->sums->seen[row->file];
        seen->rows++;
        seen->fen += fen;
        sums_add(p->sums, (enum reason)row->reason, row->tac, fen);
        err = row->posted ? move_again(p, row, why) : OK;
        err = err ? err : ask_for_tac(p, row, why);
    }
    return err ? err : check_tacs(p, why);
}

/* A segment from its header to its seal. */
static enum err prove_part(struct prover *p, size_t part, struct why *why) {
    struct parts_day *day = p->day;
    struct segment_head head = {
        .day = day->order->day, .part = (uint32_t)part, .parts = (uint32_t)day->parts};
    uint8_t seal[SEGMENT_SEAL_LEN];
    char path[PATH_ROOM];
    if (!parts_path(path, day->order, part, day->parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_load(path, &head, &p->image, seal, why);
    if (!err
        && (memcmp(seal, day->seals[part], sizeof seal) != 0
            || head.rows != day->part_rows[part])) {
        err = why_say(
            why, ERR_CONFLICT, "segment %s is not the one that the day's page names", path);
    }
    p->card = (uint32_t)part * day->cards_each;
    err = err ? err : prove_rows(p, segment_rows(&p->image), head.rows, why);
    return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

static enum err prove_parts(struct prover *p, size_t worker, struct why *why) {
    struct parts_day *day = p->day;
    size_t part = 0;
    p->sums->seen = calloc(day->file_count + 1, sizeof *p->sums->seen);
    enum err err = p->sums->seen
                       ? OK
                       : why_say(why, ERR_OUTSIDE, "no memory for a proof; end other programs");
    err = err ? err : tac_desk_open(&p->desk, day->order, worker, why);
    while (!err && parts_next(day, day->parts, 1, &part) > 0) {
        err = prove_part(p, part, why);
    }
    return err;
}

enum err parts_recount(struct parts_day *day, size_t worker, struct why *why) {
    struct prover *p = calloc(1, sizeof *p);
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a proof; end other programs");
    }
    p->day = day;
    p->sums = &day->sums[worker];
    enum err err = prove_parts(p, worker, why);
    segment_image_free(&p->image);
    tac_desk_close(&p->desk);
    free(p);
    return err;
}

enum err parts_files_agree(const struct parts_day *day, struct why *why) {
    for (size_t i = 0; i < day->file_count; i++) {
        const struct part_file *f = &day->files[i];
        uint64_t rows = 0;
        int64_t fen = 0;
        for (size_t w = 0; w < day->order->workers; w++) {
            assert(day->sums[w].seen);
            rows += day->sums[w].seen[i].rows;
            fen += day->sums[w].seen[i].fen;
        }
        if (rows != f->count || fen != f->fen) {
            return why_say(why, ERR_CONFLICT,
                "file %zu had %" PRIu32 " records over %" PRId64 " fen, the segments have %" PRIu64
                " over %" PRId64,
                i + 1, f->count, f->fen, rows, fen);
        }
    }
    return OK;
}

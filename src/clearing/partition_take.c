#include "clearing/partition_take.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "base/working_day.h"
#include "clearing/day_cycle.h"
#include "clearing/move.h"
#include "clearing/partition_books.h"
#include "clearing/partition_down.h"
#include "host/clock.h"

/* --- the files ----------------------------------------------------------------------------- */

/* What a file says of itself, at both of its ends; whether it is whole is seen later. */
struct claim {
    const char *path;
    bool headed; /* it has a header that is one */
    struct upload_header header;
    uint8_t digest[SM3_LEN];
};

/* A day on its way. The claims are of the files that are for this day, in their order. */
struct taking {
    const struct parts_taking *order;
    const struct clearing_store *store;
    struct clearing_limits limits;
    uint32_t day, from; /* trades before it are late */
    struct claim *claims;
    const char **paths;
    size_t count;
    uint32_t earlier[PARTS_EARLIER_MAX];
    bool plain[PARTS_EARLIER_MAX]; /* its files came one by one */
    size_t earlier_count;
    struct day_register city;
    struct approval *approvals; /* as they were */
    struct parts_result result;
    struct parts_taken *out;
};

static long stream_read(void *self, uint8_t *to, size_t len) {
    FILE *file = self;
    size_t got = fread(to, 1, len, file);
    return ferror(file) ? -1 : (long)got;
}

/* A file that cannot be read has no header, and is told as bad by whoever reads it whole. */
static void read_claim(const char *path, struct claim *claim) {
    struct upload_reader reader;
    FILE *file = fopen(path, "rb");
    *claim = (struct claim){.path = path};
    if (!file) {
        return;
    }
    (void)setvbuf(file, NULL, _IOFBF, 128);
    claim->headed = upload_open(&reader, (struct upload_source){.self = file, .read = stream_read});
    claim->header = reader.header;
    claim->headed = claim->headed && fseek(file, -(long)SM3_LEN, SEEK_END) == 0
                    && fread(claim->digest, 1, SM3_LEN, file) == SM3_LEN;
    (void)fclose(file);
}

/* take 3: of the files that are given those which no other day took. */
static enum err claim_file(struct taking *t, const char *path, struct why *why) {
    const struct clearing_store *store = t->store;
    struct claim *claim = &t->claims[t->count];
    struct upload_row before = {0};
    read_claim(path, claim);
    enum err err = claim->headed ? store->upload_find(store->self, claim->digest, &before, why)
                                 : ERR_NOT_FOUND;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (!err && before.day != t->day) {
        t->out->files_known++;
        return OK;
    }
    t->paths[t->count++] = path;
    return OK;
}

static enum err claim_files(struct taking *t, struct why *why) {
    const struct parts_taking *order = t->order;
    enum err err = OK;
    if (order->file_count == 0) {
        return why_say(
            why, ERR_INVALID, "there are no upload files; name a folder that holds some");
    }
    t->claims = calloc(order->file_count, sizeof *t->claims);
    t->paths = calloc(order->file_count, sizeof *t->paths);
    if (!t->claims || !t->paths) {
        return why_say(why, ERR_OUTSIDE, "no memory for the names of files; end other programs");
    }
    for (size_t i = 0; !err && i < order->file_count; i++) {
        err = claim_file(t, order->files[i], why);
    }
    return err;
}

/* --- what was there before ----------------------------------------------------------------- */

/* The open day and what is late on it. */
static enum err window_of(const struct clearing *c, uint32_t *day, struct clearing_limits *limits,
    uint32_t *from, struct why *why) {
    enum err err = day_open(c->store, day, why);
    err = err ? err : c->store->limits(c->store->self, *day, limits, why);
    *from = err ? 0 : in_time_from(*day, limits->late_days);
    assert(err || *from <= *day);
    return err;
}

/* take 4: of one day nothing may stand in rows alone. */
static enum err refuse_plain(const struct taking *t, struct why *why) {
    uint32_t plain = 0;
    enum err err = t->order->parts->plain_day(t->order->parts->self, t->day, &plain, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return why_say(why, ERR_CONFLICT,
        "files came one by one into day %08" PRIu32
        "; end it so (day take), cut over (day cut), and begin the next day with day intake",
        plain);
}

/* A day that a record of today may belong to: in parts, one by one, or without any file. */
static enum err find_earlier_day(struct taking *t, uint32_t day, struct why *why) {
    const struct parts_store *parts = t->order->parts;
    struct parts_row row;
    struct upload_row upload;
    enum err err = parts->day_find(parts->self, day, &row, why);
    bool in_parts = err == OK;
    if (err == ERR_NOT_FOUND) {
        err = t->store->upload_next(t->store->self, day, 0, &upload, why);
    }
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    if (t->earlier_count == PARTS_EARLIER_MAX) {
        return why_say(why, ERR_CONFLICT,
            "more than %d days may get late records; set upload-late-days lower",
            (int)PARTS_EARLIER_MAX);
    }
    t->plain[t->earlier_count] = !in_parts;
    t->earlier[t->earlier_count++] = day;
    return in_parts ? OK : parts_write_down(t->order->c, t->order->folder, day, &t->city, why);
}

static enum err find_earlier(struct taking *t, struct why *why) {
    enum err err = OK;
    for (uint32_t day = t->from; !err && day < t->day; day = day_plus(day, 1)) {
        err = find_earlier_day(t, day, why);
    }
    return err;
}

enum err parts_allow_file(
    const struct clearing *c, const struct parts_store *parts, struct why *why) {
    struct clearing_limits limits;
    struct parts_row row = {0};
    uint32_t day = 0, from = 0;
    enum err err = window_of(c, &day, &limits, &from, why);
    err = err ? err : parts->day_next(parts->self, day_plus(from, -1), &row, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return why_say(why, ERR_CONFLICT,
        "day %08" PRIu32
        " was taken in parts, and records of that time are not late yet; take this file with its "
        "whole day (day intake)",
        row.day);
}

/* --- the books ----------------------------------------------------------------------------- */

static enum err book_segment(struct books_walk *w, const struct segment_head *head,
    const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    return w->order->parts->segment_add(w->order->parts->self, head, seal, why);
}

static enum err book_record(
    struct books_walk *w, struct record_row *row, bool waiting, struct why *why) {
    const struct clearing_store *store = w->order->c->store;
    return waiting ? store->record_add(store->self, row, why) : OK;
}

/* In the order of the cards, and payees' balances at the end: the day was not taken before, so no number
 * is known yet. */
static enum err book_posting(struct books_walk *w, const struct posting *p, struct why *why) {
    const struct parts_store *parts = w->order->parts;
    assert(p->day == w->day);
    return parts->pay(parts->self, p, why);
}

static const struct books_steps booking = {book_segment, book_record, book_posting};

/* A file of the page that was taken gets its row. */
static enum err book_file(struct taking *t, const struct part_file *f, const struct claim *claim,
    struct upload_row *row, struct why *why) {
    const struct clearing_store *store = t->store;
    char digest[2 * SM3_LEN + 1];
    if (f->end != FILE_TAKEN) {
        return OK;
    }
    if (!claim->headed || memcmp(claim->digest, f->digest, SM3_LEN) != 0) {
        return why_say(
            why, ERR_CONFLICT, "%s changed while the day was taken; begin again", claim->path);
    }
    *row = (struct upload_row){
        .header = claim->header, .count = f->count, .total_fen = f->fen, .day = t->day};
    (void)memcpy(row->digest, f->digest, SM3_LEN);
    hex_write(bytes_of(f->digest, SM3_LEN), digest);
    enum err err = store->upload_add(store->self, row, why);
    err = err ? err : store->upload_seal(store->self, row, why);
    return err ? err : store->audit(store->self, "system", "upload", digest, why);
}

/* The sums of one file that have no rows of their own. */
static enum err book_sums(struct books_walk *w, size_t file, struct why *why) {
    const struct parts_store *parts = w->order->parts;
    const struct reason_sum *sums = &w->sums[file * REASON_COUNT * FINDINGS];
    enum err err = OK;
    for (size_t i = 0; !err && i < (size_t)REASON_COUNT * FINDINGS; i++) {
        enum reason reason = (enum reason)(i / FINDINGS);
        if (!reason_waits(reason) && sums[i].count > 0) {
            err = parts->sum_add(parts->self, &w->uploads[file], reason,
                (enum tac_finding)(i % FINDINGS), &sums[i], why);
        }
    }
    return err;
}

/* The yes of the centre to a purchase is used up. */
static enum err book_approvals(struct taking *t, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < t->city.approval_count; i++) {
        if (t->city.approvals[i].used && !t->approvals[i].used) {
            err = t->store->approval_use(t->store->self, t->city.approvals[i].ticket, why);
        }
    }
    return err;
}

/* What the cards hold by the books is what the day says that they hold. */
static enum err cards_agree(struct taking *t, struct why *why) {
    uint64_t accounts = 0;
    int64_t booked = 0, after = 0;
    enum err err = t->store->card_accounts(t->store->self, &accounts, &booked, why);
    for (size_t i = 0; i < t->city.card_count; i++) {
        after += t->result.after[i];
    }
    return err || booked == after ? err
                                  : why_say(why, ERR_CONFLICT,
                                      "cards hold %" PRId64 " fen by the books and %" PRId64
                                      " by the day; stop and call the chief",
                                      booked, after);
}

static enum err book_all(struct taking *t, struct books_walk *w, struct why *why) {
    const struct parts_store *parts = t->order->parts;
    char subject[16 + 2 * SEGMENT_SEAL_LEN];
    enum err err = OK;
    assert(w->page.file_count == t->count);
    for (size_t i = 0; !err && i < t->count; i++) {
        err = book_file(t, &w->page.files[i], &t->claims[i], &w->uploads[i], why);
        err = err || w->uploads[i].id == 0 ? err : books_whose(w, i, why);
    }
    parts->pay_begin(parts->self);
    err = err ? err : books_walk(w, why);
    err = err ? err : parts->pay_end(parts->self, why);
    for (size_t i = 0; !err && i < t->count; i++) {
        err = book_sums(w, i, why);
    }
    err = err ? err : book_approvals(t, why);
    err = err ? err : cards_agree(t, why);
    err = err ? err : parts->day_add(parts->self, &w->row, why);
    int len = snprintf(subject, sizeof subject, "%08" PRIu32 " ", t->day);
    hex_write(bytes_of(w->row.page, SEGMENT_SEAL_LEN), subject + len);
    return err ? err : t->store->audit(t->store->self, "system", "day-parts", subject, why);
}

static enum err book(struct taking *t, struct why *why) {
    struct books_walk w = {.order = t->order, .day = t->day, .steps = &booking};
    enum err err = books_open(&w, why);
    err = err ? err : book_all(t, &w, why);
    books_close(&w);
    return err;
}

/* --- the day ------------------------------------------------------------------------------- */

/* Whatever lies there of a day. The page goes first. */
static enum err sweep_day(const struct taking *t, uint32_t day, struct why *why) {
    const struct parts_order lying = {.day = day, .folder = t->order->folder};
    char path[PATH_ROOM];
    enum err err = parts_path(path, &lying, 1, 1) ? files_remove(path, why) : OK;
    for (size_t part = 0; !err && part < SPOOL_HEAPS_MAX; part++) {
        err = parts_path(path, &lying, part, SPOOL_HEAPS_MAX) ? files_remove(path, why) : OK;
    }
    return err;
}

/* take 1: the store does not know the day. */
static enum err sweep(const struct taking *t, struct why *why) {
    return sweep_day(t, t->day, why);
}

/* A dry run leaves nothing behind, of days that were written down for it neither. */
static enum err sweep_all(const struct taking *t, struct why *why) {
    enum err err = sweep(t, why);
    for (size_t i = 0; !err && i < t->earlier_count; i++) {
        err = t->plain[i] ? sweep_day(t, t->earlier[i], why) : OK;
    }
    return err;
}

static enum err draw(struct taking *t, struct why *why) {
    const struct parts_store *parts = t->order->parts;
    enum err err = parts->draw(parts->self, t->store, &t->limits, t->from, &t->city, why);
    if (err) {
        return err;
    }
    t->city.purse = t->order->c->purse;
    t->approvals = malloc((t->city.approval_count + 1) * sizeof *t->approvals);
    if (!t->approvals) {
        return why_say(why, ERR_OUTSIDE, "no memory for approvals; end other programs");
    }
    if (t->city.approval_count > 0) {
        (void)memcpy(
            t->approvals, t->city.approvals, t->city.approval_count * sizeof *t->approvals);
    }
    return OK;
}

static enum err run(struct taking *t, struct why *why) {
    const struct parts_order order = {.day = t->day,
        .files = t->paths,
        .file_count = t->count,
        .folder = t->order->folder,
        .earlier = t->earlier,
        .earlier_count = t->earlier_count,
        .city = &t->city,
        .vaults = t->order->vaults,
        .workers = t->order->workers};
    enum err err = parts_run(&order, &t->result, why);
    if (!err) {
        t->out->files_taken = t->result.files_taken;
        t->out->files_known += t->result.files_again;
        t->out->files_bad = t->result.files_bad;
        (void)memcpy(t->out->first_bad, t->result.first_bad, sizeof t->out->first_bad);
    }
    return err;
}

/* take 1, in one transaction; a dry run leaves it without keeping it. */
static enum err take_day(struct taking *t, struct why *why) {
    CLEARING_SCOPE(scope);
    uint64_t began_ns = clock_ns();
    enum err err = clearing_begin(&scope, t->store, why);
    err = err ? err : refuse_plain(t, why);
    err = err ? err : draw(t, why);
    err = err ? err : find_earlier(t, why);
    t->out->seconds[0] = clock_seconds_since(began_ns);
    began_ns = clock_ns();
    err = err ? err : sweep(t, why);
    err = err ? err : run(t, why);
    t->out->seconds[1] = clock_seconds_since(began_ns);
    began_ns = clock_ns();
    err = err ? err : book(t, why);
    err = err ? err : intake_figures_of(t->order->c, t->day, &t->out->figures, why);
    err = err || t->order->dry_run ? err : clearing_commit(&scope, why);
    t->out->seconds[2] = clock_seconds_since(began_ns);
    return err;
}

/* take 2: the files of the page are those that are given now. */
static enum err same_files(struct taking *t, const struct books_walk *w, struct why *why) {
    bool same = w->page.file_count == t->count;
    for (size_t i = 0; same && i < t->count; i++) {
        const struct part_file *f = &w->page.files[i];
        same = f->end == FILE_BAD
               || (t->claims[i].headed && memcmp(t->claims[i].digest, f->digest, SM3_LEN) == 0);
        t->out->files_bad += f->end == FILE_BAD;
        t->out->files_known += f->end != FILE_BAD;
    }
    return same ? OK
                : why_say(why, ERR_CONFLICT,
                    "day %08" PRIu32
                    " was taken with other files; what comes late belongs to the next day",
                    t->day);
}

static enum err take_again(struct taking *t, struct why *why) {
    struct books_walk w = {.order = t->order, .day = t->day};
    enum err err = books_open(&w, why);
    err = err ? err : same_files(t, &w, why);
    books_close(&w);
    t->out->again = err == OK;
    return err ? err : intake_figures_of(t->order->c, t->day, &t->out->figures, why);
}

static void taking_end(struct taking *t) {
    t->order->parts->drop(&t->city);
    parts_result_free(&t->result);
    free(t->approvals);
    free(t->claims);
    free(t->paths);
}

/* take 3: nothing is left of the folder for today. */
static enum err nothing_new(struct taking *t, struct why *why) {
    t->out->again = true;
    return intake_figures_of(t->order->c, t->day, &t->out->figures, why);
}

/* A day that the store knows, one that it does not, or none at all. */
static enum err take_claimed(struct taking *t, struct why *why) {
    const struct parts_store *parts = t->order->parts;
    struct parts_row row;
    if (t->count == 0) {
        return nothing_new(t, why);
    }
    enum err err = parts->day_find(parts->self, t->day, &row, why);
    if (err != ERR_NOT_FOUND) {
        return err ? err : take_again(t, why);
    }
    err = take_day(t, why);
    /* After a failure the next one sweeps: the store may have kept the day that it could not
     * answer for. */
    return err || !t->order->dry_run ? err : sweep_all(t, why);
}

enum err parts_take(const struct parts_taking *order, struct parts_taken *out, struct why *why) {
    struct taking t = {.order = order, .store = order->c->store, .out = out};
    *out = (struct parts_taken){0};
    enum err err = window_of(order->c, &t.day, &t.limits, &t.from, why);
    out->day = t.day;
    err = err ? err : claim_files(&t, why);
    err = err ? err : take_claimed(&t, why);
    taking_end(&t);
    return err;
}

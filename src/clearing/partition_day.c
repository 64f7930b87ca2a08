#include "clearing/partition_day.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/day.h"
#include "base/working_day.h"
#include "clearing/partition_page.h"
#include "host/clock.h"
#include "host/direct_file.h"
#include "host/lockfile.h"

enum {
    PART_BYTES = 16 * 1024 * 1024, /* of files to a part: some 210,000 records */
    PAGE_MAX = 1 << 30,
};

/* --- workers ------------------------------------------------------------------------------- */

size_t parts_next(struct parts_day *day, size_t count, size_t most, size_t *at) {
    assert(most > 0);
    if (day->failed) {
        return 0;
    }
    *at = atomic_fetch_add(&day->next, most);
    size_t left = *at < count ? count - *at : 0;
    return left < most ? left : most;
}

/* One worker's call. */
struct share {
    struct parts_day *day;
    enum err (*step)(struct parts_day *day, size_t worker, struct why *why);
    size_t worker;
    enum err err;
    struct why why;
};

static void *share_run(void *self) {
    struct share *share = self;
    share->err = share->step(share->day, share->worker, &share->why);
    if (share->err) {
        share->day->failed = true;
    }
    return NULL;
}

/* A thread that the system does not grant is none: the caller does its share, after its own. */
enum err parts_team(struct parts_day *day,
    enum err (*step)(struct parts_day *day, size_t worker, struct why *why), struct why *why) {
    static _Thread_local struct share shares[PARTS_WORKERS_MAX];
    pthread_t threads[PARTS_WORKERS_MAX];
    bool started[PARTS_WORKERS_MAX] = {false};
    size_t workers = day->order->workers;
    day->next = 0;
    for (size_t i = 0; i < workers; i++) {
        shares[i] = (struct share){.day = day, .step = step, .worker = i};
        started[i] = i > 0 && pthread_create(&threads[i], NULL, share_run, &shares[i]) == 0;
    }
    for (size_t i = 0; i < workers; i++) {
        if (!started[i]) {
            (void)share_run(&shares[i]);
        }
    }
    for (size_t i = 0; i < workers; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        }
    }
    for (size_t i = 0; i < workers; i++) {
        if (shares[i].err) {
            *why = shares[i].why;
            return shares[i].err;
        }
    }
    return OK;
}

/* --- a day's room -------------------------------------------------------------------------- */

bool parts_path(char path[PATH_ROOM], const struct parts_order *order, size_t part, size_t parts) {
    char name[48];
    if (part < parts) {
        (void)snprintf(name, sizeof name, "%08" PRIu32 "-%03zu.seg", order->day, part);
    } else {
        (void)snprintf(name, sizeof name, "%08" PRIu32 ".day", order->day);
    }
    return files_join(path, order->folder, name);
}

static void day_free(struct parts_day *day) {
    for (size_t i = 0; day->sums && i < day->order->workers; i++) {
        free(day->sums[i].nets);
        free(day->sums[i].fund_bank);
        free(day->sums[i].seen);
    }
    spool_close(day->rows);
    spool_close(day->places);
    spool_close(day->tills);
    free(day->over);
    for (size_t i = 0; day->pages && i < day->earlier_count; i++) {
        parts_free_page(&day->pages[i]);
    }
    free(day->pages);
    free(day->first_bits);
    free(day->late);
    free(day->used);
    free(day->sums);
    free(day->after);
    parts_free_page(day);
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for a day; end other programs");
}

/* Room for each worker's sums and for what the cards hold afterwards. */
static enum err make_sums(struct parts_day *day, struct why *why) {
    const struct day_register *city = day->city;
    day->sums = calloc(day->order->workers, sizeof *day->sums);
    day->after = calloc(city->card_count + 1, sizeof *day->after);
    day->used = calloc(city->approval_count + 1, sizeof *day->used);
    bool good = day->sums && day->after && day->used;
    for (size_t i = 0; good && i < day->order->workers; i++) {
        day->sums[i].nets = calloc(city->institution_count + 1, sizeof *day->sums[i].nets);
        day->sums[i].fund_bank = calloc(
            (size_t)city->funds * city->banks + 1, sizeof *day->sums[i].fund_bank);
        good = day->sums[i].nets && day->sums[i].fund_bank;
    }
    for (size_t i = 0; good && i < city->card_count; i++) {
        day->after[i] = city->cards[i].fen;
    }
    for (size_t i = 0; good && i < city->approval_count; i++) {
        day->used[i] = city->approvals[i].used;
    }
    return good ? OK : no_memory(why);
}

/* As many parts as let two of them lie in memory, by the size of the files. */
static size_t parts_for(const struct parts_order *order) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < order->file_count; i++) {
        struct stat st;
        bytes += stat(order->files[i], &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    }
    uint64_t parts = order->parts > 0 ? order->parts : bytes / PART_BYTES + 1;
    return parts < SPOOL_HEAPS_MAX ? (size_t)parts : SPOOL_HEAPS_MAX;
}

/* Cards of a part: the same number for each, but for the last. */
static uint32_t cards_each(const struct parts_day *day) {
    return (uint32_t)(day->city->card_count / day->parts + 1);
}

/* What reading needs. */
static enum err make_room(struct parts_day *day, struct why *why) {
    const struct parts_order *order = day->order;
    day->parts = parts_for(order);
    day->cards_each = cards_each(day);
    day->file_count = order->file_count;
    day->files = calloc(order->file_count + 1, sizeof *day->files);
    day->part_rows = calloc(day->parts, sizeof *day->part_rows);
    day->seals = calloc(day->parts, sizeof *day->seals);
    if (!day->files || !day->part_rows || !day->seals) {
        return no_memory(why);
    }
    struct spool_order rows = {
        order->folder, sizeof(struct segment_row), ROWS_EACH, day->parts, order->workers};
    struct spool_order places = {
        order->folder, sizeof(struct place_row), PLACES_EACH, day->parts, order->workers};
    enum err err = spool_open(&rows, &day->rows, why);
    return err ? err : spool_open(&places, &day->places, why);
}

/* A bit for each record that was taken, file by file. */
static enum err make_bits(struct parts_day *day, struct why *why) {
    day->first_bits = calloc(day->file_count + 1, sizeof *day->first_bits);
    for (size_t i = 0; day->first_bits && i < day->file_count; i++) {
        day->first_bits[i] = day->bits;
        day->bits += day->files[i].end == FILE_TAKEN ? day->files[i].count : 0;
    }
    day->late = calloc(day->bits / 64 + 1, sizeof *day->late);
    day->over = day->tills ? calloc(day->bits / 64 + 1, sizeof *day->over) : NULL;
    bool good = day->late && day->first_bits && (day->over || !day->tills);
    return good ? OK : no_memory(why);
}

/* --- what came of it ----------------------------------------------------------------------- */

/* All workers' sums in the first one's. */
static void sums_join(struct parts_day *day) {
    struct part_sums *all = &day->sums[0];
    assert(all->nets);
    const struct day_register *city = day->city;
    for (size_t w = 1; w < day->order->workers; w++) {
        const struct part_sums *s = &day->sums[w];
        for (size_t i = 0; i < REASON_COUNT; i++) {
            all->by_reason[i].count += s->by_reason[i].count;
            all->by_reason[i].fen += s->by_reason[i].fen;
        }
        for (size_t i = 0; i < 3; i++) {
            all->by_tac[i] += s->by_tac[i];
        }
        all->posted_fen += s->posted_fen;
        all->suspense_fen += s->suspense_fen;
        for (size_t i = 0; i < city->institution_count; i++) {
            all->nets[i].trades += s->nets[i].trades;
            all->nets[i].fen += s->nets[i].fen;
        }
        for (size_t i = 0; i < (size_t)city->funds * city->banks; i++) {
            all->fund_bank[i] += s->fund_bank[i];
        }
    }
}

/* The figures as intake.h has them. */
static struct intake_figures figures_of(const struct part_sums *all) {
    struct intake_figures f = {.tac_good = all->by_tac[TAC_GOOD], .tac_bad = all->by_tac[TAC_BAD]};
    for (size_t i = 0; i < REASON_COUNT; i++) {
        struct reason_sum *ruling = &f.by_ruling[reason_line((enum reason)i)->ruling];
        f.by_reason[i] = all->by_reason[i];
        ruling->count += all->by_reason[i].count;
        ruling->fen += all->by_reason[i].fen;
        f.records += all->by_reason[i].count;
    }
    f.duplicates = f.by_reason[REASON_DUPLICATE].count;
    return f;
}

/* What left the cards is what the institutions and suspense got, to the fen and by every way of
 * adding up. */
static enum err sums_even(const struct parts_day *day, struct why *why) {
    const struct part_sums *all = &day->sums[0];
    const struct day_register *city = day->city;
    int64_t nets = 0, funds = 0, before = 0, after = 0;
    for (size_t i = 0; i < city->institution_count; i++) {
        nets += all->nets[i].fen;
    }
    for (size_t i = 0; i < (size_t)city->funds * city->banks; i++) {
        funds += all->fund_bank[i];
    }
    for (size_t i = 0; i < city->card_count; i++) {
        before += city->cards[i].fen;
        after += day->after[i];
    }
    bool even = nets == funds && nets == all->by_reason[REASON_NONE].fen
                && all->posted_fen == nets + all->suspense_fen && before - after == all->posted_fen;
    return even ? OK
                : why_say(why, ERR_CONFLICT,
                    "the cards paid %" PRId64 " fen, the institutions got %" PRId64
                    ", the banks %" PRId64 ", suspense %" PRId64 "; stop and call the chief",
                    before - after, nets, funds, all->suspense_fen);
}

/* Hands the arrays over. */
static void tell(struct parts_day *day, struct parts_result *out) {
    struct part_sums *all = &day->sums[0];
    out->figures = figures_of(all);
    out->posted_fen = all->posted_fen;
    out->suspense_fen = all->suspense_fen;
    out->nets = all->nets;
    out->fund_bank = all->fund_bank;
    out->after = day->after;
    all->nets = NULL;
    all->fund_bank = NULL;
    day->after = NULL;
    for (size_t i = 0; i < day->file_count; i++) {
        const struct part_file *f = &day->files[i];
        out->files_taken += f->end == FILE_TAKEN;
        out->files_again += f->end == FILE_AGAIN;
        out->files_bad += f->end == FILE_BAD;
        if (f->end == FILE_BAD && out->first_bad[0] == '\0') {
            (void)snprintf(out->first_bad, sizeof out->first_bad, "file %zu: %s", i + 1,
                f->why_bad ? f->why_bad : "it was bad when the day was cleared");
        }
    }
}

void parts_result_free(struct parts_result *r) {
    free(r->nets);
    free(r->fund_bank);
    free(r->after);
    r->nets = NULL;
    r->fund_bank = NULL;
    r->after = NULL;
}

/* --- proving ------------------------------------------------------------------------------- */

/* The page as it lies there, and all segments behind it, added up anew. */
static enum err prove(struct parts_day *day, struct parts_result *out, struct why *why) {
    FILE_CONTENT_SCOPE(page);
    char path[PATH_ROOM];
    size_t len = 0;
    if (!parts_path(path, day->order, 1, 1)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = files_read(path, PAGE_MAX, &page, why);
    err = err ? err : page_read(day, (const char *)page.at, page.len, why);
    if (!err && day->page_cards != day->city->card_count) {
        err = why_say(why, ERR_CONFLICT,
            "the page of day %08" PRIu32 " speaks of %" PRIu64
            " cards and the register of %zu; draw the register as it was on that day",
            day->order->day, day->page_cards, day->city->card_count);
    }
    day->cards_each = err ? 1 : cards_each(day);
    err = err ? err : make_sums(day, why);
    err = err ? err : parts_team(day, parts_recount, why);
    err = err ? err : parts_files_agree(day, why);
    if (err) {
        return err;
    }
    sums_join(day);
    err = sums_even(day, why);
    char *text = err ? NULL : page_text(day, &day->sums[0], &len);
    if (!err && (!text || len != page.len || memcmp(text, page.at, len) != 0)) {
        err = text ? why_say(why, ERR_CONFLICT, "%s says other sums than the segments", path)
                   : no_memory(why);
    }
    free(text);
    if (!err) {
        tell(day, out);
    }
    return err;
}

static enum err check_order(const struct parts_order *order, struct why *why) {
    bool good = day_exists(order->day) && order->workers >= 1 && order->workers <= PARTS_WORKERS_MAX
                && order->parts <= SPOOL_HEAPS_MAX && order->vaults && order->folder && order->city
                && order->file_count < UINT32_MAX >> 4;
    return good
               ? OK
               : why_say(why, ERR_INVALID,
                   "a partitioned day needs a day, a folder, 1 to %d workers with a vault each and "
                   "at most %d parts",
                   (int)PARTS_WORKERS_MAX, (int)SPOOL_HEAPS_MAX);
}

/* Heaps for terminals' days, when these have a limit. */
static enum err open_tills(struct parts_day *day, struct why *why) {
    const struct spool_order tills = {
        day->order->folder, sizeof(struct till_row), TILLS_EACH, day->parts, day->order->workers};
    return day->city->limits.terminal_day_fen != 0 ? spool_open(&tills, &day->tills, why) : OK;
}

enum err parts_prove(const struct parts_order *order, struct parts_result *out, struct why *why) {
    struct parts_day day = {.order = order, .city = order->city};
    *out = (struct parts_result){0};
    enum err err = check_order(order, why);
    err = err ? err : prove(&day, out, why);
    day_free(&day);
    return err;
}

/* --- making -------------------------------------------------------------------------------- */

/* The step, and how long it took. */
static enum err timed(struct parts_day *day,
    enum err (*step)(struct parts_day *day, size_t worker, struct why *why), double *seconds,
    struct why *why) {
    uint64_t began_ns = clock_ns();
    enum err err = parts_team(day, step, why);
    *seconds += clock_seconds_since(began_ns);
    return err;
}

/* parts 1: the page is last, when all segments and their names are on the disk. */
static enum err write_page(struct parts_day *day, struct why *why) {
    char path[PATH_ROOM];
    size_t len = 0;
    if (!parts_path(path, day->order, 1, 1)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = direct_force_folder(day->order->folder, why);
    if (err) {
        return err;
    }
    char *text = page_text(day, &day->sums[0], &len);
    err = text ? files_write(path, bytes_of(text, len), why) : no_memory(why);
    free(text);
    return err;
}

static enum err make(struct parts_day *day, struct parts_result *out, struct why *why) {
    enum err err = make_room(day, why);
    err = err ? err : open_tills(day, why);
    day->in_time_from = in_time_from(day->order->day, day->city->limits.late_days);
    err = err ? err : make_sums(day, why);
    err = err ? err : parts_open_earlier(day, why);
    err = err ? err : timed(day, parts_earlier, &out->seconds[0], why);
    err = err ? err : timed(day, parts_digests, &out->seconds[0], why);
    err = err ? err : parts_claims(day, why);
    err = err ? err : timed(day, parts_read, &out->seconds[0], why);
    err = err ? err : make_bits(day, why);
    err = err ? err : timed(day, parts_places, &out->seconds[1], why);
    if (!err && day->tills) {
        err = timed(day, parts_tills, &out->seconds[1], why);
    }
    err = err ? err : timed(day, parts_cards, &out->seconds[2], why);
    if (err) {
        return err;
    }
    uint64_t began_ns = clock_ns();
    sums_join(day);
    err = sums_even(day, why);
    err = err ? err : write_page(day, why);
    for (size_t i = 0; !err && i < day->city->approval_count; i++) {
        day->city->approvals[i].used = day->used[i];
    }
    if (!err) {
        tell(day, out);
    }
    out->seconds[3] = clock_seconds_since(began_ns);
    return err;
}

/* The files that the page names, in their order, are those that are given now. */
static enum err same_files(
    const struct parts_order *order, const struct parts_day *proven, struct why *why) {
    struct parts_day now = {.order = order, .file_count = order->file_count};
    now.files = calloc(order->file_count + 1, sizeof *now.files);
    if (!now.files) {
        return no_memory(why);
    }
    enum err err = parts_team(&now, parts_digests, why);
    bool same = order->file_count == proven->file_count;
    for (size_t i = 0; !err && same && i < order->file_count; i++) {
        const struct part_file *f = &proven->files[i];
        same = f->end == FILE_BAD
               || (now.files[i].has_digest && memcmp(now.files[i].digest, f->digest, SM3_LEN) == 0);
    }
    free(now.files);
    return err || same ? err
                       : why_say(why, ERR_CONFLICT,
                           "day %08" PRIu32
                           " is closed with other files; late files belong to the next day",
                           order->day);
}

/* The page stands on the earlier days that are named now. */
static enum err same_earlier(
    const struct parts_order *order, const struct parts_day *proven, struct why *why) {
    bool same = order->earlier_count == proven->earlier_count;
    for (size_t i = 0; same && i < order->earlier_count; i++) {
        same = order->earlier[i] == proven->earlier[i].day;
    }
    return same ? OK
                : why_say(why, ERR_CONFLICT,
                    "day %08" PRIu32 " is closed and stands on %zu other earlier days", order->day,
                    proven->earlier_count);
}

/* parts 2: a day that has its page is proven. */
static enum err make_or_prove(struct parts_day *day, struct parts_result *out, struct why *why) {
    char path[PATH_ROOM];
    if (!parts_path(path, day->order, 1, 1) || !files_exist(path)) {
        return make(day, out, why);
    }
    enum err err = prove(day, out, why);
    err = err ? err : same_files(day->order, day, why);
    err = err ? err : same_earlier(day->order, day, why);
    out->again = err == OK;
    return err;
}

enum err parts_run(const struct parts_order *order, struct parts_result *out, struct why *why) {
    struct parts_day day = {.order = order, .city = order->city};
    struct lockfile lock;
    char path[PATH_ROOM];
    *out = (struct parts_result){0};
    enum err err = check_order(order, why);
    if (!err && !files_join(path, order->folder, "parts.lock")) {
        err = why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    err = err ? err : lockfile_take(&lock, path, why);
    if (err) {
        return err;
    }
    err = make_or_prove(&day, out, why);
    day_free(&day);
    lockfile_release(&lock);
    if (err) {
        parts_result_free(out);
    }
    return err;
}

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/bench_centre.h"
#include "apps/bench_day.h"
#include "apps/bench_figure.h"
#include "apps/bench_postgres.h"
#include "apps/bench_sqlite.h"
#include "apps/bench_through.h"
#include "apps/command.h"
#include "clearing/partition_day.h"
#include "clearing/segment.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "vaults/line/vault_process.h"
#include "vaults/soft/soft_vault.h"

/* How the bench is fair: the day goes from files on disk to sealed segments that were forced to the
 * disk and read back, TACs made twice by the vault's process. The yardsticks take the rows that came
 * of it: SQLite in the order of its key, PostgreSQL in the order of the uploads, with the two unique
 * keys that the rules need. They take --rows of them, which favours them: their trees stay small. */

struct bench_options {
    int64_t purchases, cards, seed, rows;
    const char *folder, *leave, *through;
    bool centre, json;
};

static const struct option options[] = {
    {"--purchases", OPTION_NUMBER, offsetof(struct bench_options, purchases), NULL,    "20000000",
     "purchases of the day, a thousand to a file",                    false},
    {"--cards",     OPTION_NUMBER, offsetof(struct bench_options, cards),     NULL,    NULL,
     "cards that buy; a fifth of the purchases when nothing is said", true },
    {"--seed",      OPTION_NUMBER, offsetof(struct bench_options, seed),      NULL,    "1",
     "what keys, cards and purchases are drawn from",                 false},
    {"--rows",      OPTION_NUMBER, offsetof(struct bench_options, rows),      NULL,    "1000000",
     "rows that the yardsticks take, at most those of the day",       false},
    {"--folder",    OPTION_PATH,   offsetof(struct bench_options, folder),    "DIR",   "/tmp",
     "where a folder for the day is made and removed again",          false},
    {"--centre",    OPTION_FLAG,   offsetof(struct bench_options, centre),    NULL,    NULL,
     "take the day into the books of a centre, closed and proven",    false},
    {"--leave",     OPTION_PATH,   offsetof(struct bench_options, leave),     "DIR",   NULL,
     "make that centre in DIR, with the day's files in DIR/uploads",  true },
    {"--through",   OPTION_TEXT,   offsetof(struct bench_options, through),   "STORE", NULL,
     "postgresql: the day's records into its partitions, too",        true },
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench clear",
    .help =
        "Times a nation's day, from upload files to sealed and proven segments, against SQLite\n"
        "and (where it is installed) PostgreSQL 15. With --centre through day intake, one posting "
        "a\n"
        "card, the bank's file and day prove; --leave leaves such a centre for trying that by "
        "hand.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    REGION = 440100,
    WORKERS = 4, /* twice the cores that are promised: half of them may wait for the disk */
    PURCHASES_LEAST = 10000,
    PURCHASES_MOST = 200000000,
    ROWS_LEAST = 1000,
    ROOM_JOBS = 16384, /* of a line's room: a megabyte */
};
static const double rate_target = 1000000; /* purchases a second, from upload to proof */
static const double sqlite_target = 0.8;   /* ours : bare sorted inserts */
static const double postgres_target = 4;   /* ours : COPY with two keys */
static const double through_target = 1;    /* through PostgreSQL : its own COPY and keys after */
static const double memory_target = 1.25;  /* the whole day : a tenth of it */

/* One run of the day. */
struct run {
    double seconds, prove_seconds;
    double steps[4];
    double core_seconds; /* that cores worked for it, here and in the vault */
    int64_t memory_kb;
};

struct clear_bench {
    const struct bench_options *given;
    struct bench_day day;
    struct vault lines[WORKERS]; /* of one vault's process */
    struct tac_job *rooms[WORKERS];
    size_t line_count;
    char folder[256], first[288], second[288], tenth[288];
    struct run whole, again, part;
    double sqlite_rate, postgres_rate;
    struct through_figures through;
};

/* --- the day ------------------------------------------------------------------------------- */

static struct parts_order order_of(struct clear_bench *b, const char *folder, size_t files) {
    return (struct parts_order){.day = BENCH_DAY,
        .files = b->day.files,
        .file_count = files,
        .folder = folder,
        .city = &b->day.city,
        .vaults = b->lines,
        .rooms = b->rooms,
        .room_jobs = ROOM_JOBS,
        .workers = WORKERS};
}

static int64_t memory_now_kb(void) {
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

/* Seconds that cores worked so far, here and in the vault's process. */
static double core_seconds(const struct clear_bench *b) {
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec here = {0}, vault = {0};
    (void)clock_gettime(clock, &here);
    if (clock_getcpuclockid(vault_process_id(&b->lines[0]), &clock) == 0) {
        (void)clock_gettime(clock, &vault);
    }
    return (double)(here.tv_sec + vault.tv_sec) + 1e-9 * (double)(here.tv_nsec + vault.tv_nsec);
}

/* From the files to the closed day, and then its proof. */
static enum err run_day(
    struct clear_bench *b, const char *folder, size_t files, struct run *run, struct why *why) {
    struct parts_order order = order_of(b, folder, files);
    struct parts_result made, proven;
    double worked = core_seconds(b);
    uint64_t began_ns = clock_ns();
    enum err err = files_make_folder(folder, why);
    err = err ? err : parts_run(&order, &made, why);
    run->seconds = clock_seconds_since(began_ns);
    if (err) {
        return err;
    }
    (void)memcpy(run->steps, made.seconds, sizeof run->steps);
    err = parts_prove(&order, &proven, why);
    run->prove_seconds = clock_seconds_since(began_ns) - run->seconds;
    run->core_seconds = core_seconds(b) - worked;
    run->memory_kb = memory_now_kb();
    const struct intake_figures *f = &made.figures;
    if (!err
        && (memcmp(f, &proven.figures, sizeof *f) != 0 || made.files_bad > 0
            || f->by_ruling[RULING_CLEARED].count < f->records - f->records / 100
            || f->by_ruling[RULING_CLEARED].count == f->records)) {
        err = why_say(why, ERR_CONFLICT,
            "the day came to other figures than it should: %" PRIu64 " of %" PRIu64
            " cleared; tell the makers",
            f->by_ruling[RULING_CLEARED].count, f->records);
    }
    parts_result_free(&made);
    if (!err) {
        parts_result_free(&proven);
    }
    return err;
}

/* The page names every segment by its seal: equal pages, equal files. */
static enum err same_pages(const struct clear_bench *b, struct why *why) {
    FILE_CONTENT_SCOPE(one);
    FILE_CONTENT_SCOPE(two);
    char path[PATH_ROOM];
    (void)snprintf(path, sizeof path, "%s/%d.day", b->first, (int)BENCH_DAY);
    enum err err = files_read(path, 1 << 30, &one, why);
    (void)snprintf(path, sizeof path, "%s/%d.day", b->second, (int)BENCH_DAY);
    err = err ? err : files_read(path, 1 << 30, &two, why);
    bool same = !err && one.len == two.len && memcmp(one.at, two.at, one.len) == 0;
    return err || same ? err
                       : why_say(why, ERR_CONFLICT,
                           "the same files came to other bytes the second time; tell the makers");
}

/* Removes what a day left. */
static void sweep(const char *folder) {
    char path[PATH_ROOM];
    for (int i = 0; i < 256; i++) {
        (void)snprintf(path, sizeof path, "%s/%d-%03d.seg", folder, (int)BENCH_DAY, i);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/%d.day", folder, (int)BENCH_DAY);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/parts.lock", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

/* --- the figures --------------------------------------------------------------------------- */

static enum err through_postgres(struct clear_bench *b, int64_t rows, struct why *why) {
    const struct through_order order = {.folder = b->folder,
        .segments = b->first,
        .day = BENCH_DAY,
        .purchases = b->day.purchases,
        .rows = rows};
    return bench_through(&order, &b->through, why);
}

static enum err measure(struct clear_bench *b, struct why *why) {
    const struct bench_options *given = b->given;
    int64_t rows = given->rows < given->purchases ? given->rows : given->purchases;
    char path[PATH_ROOM];
    enum err err = bench_day_make(&b->day, b->lines, WORKERS, why);
    size_t files = b->day.file_count;
    err = err ? err : run_day(b, b->tenth, files / 10, &b->part, why);
    sweep(b->tenth);
    err = err ? err : run_day(b, b->first, files, &b->whole, why);
    err = err ? err : run_day(b, b->second, files, &b->again, why);
    err = err ? err : same_pages(b, why);
    err = err || !given->through ? err : through_postgres(b, rows, why);
    sweep(b->first);
    sweep(b->second);
    if (!err) {
        (void)snprintf(path, sizeof path, "%s/yardstick.db", b->folder);
        err = bench_sqlite_rate(path, rows, &b->sqlite_rate, why);
    }
    return err ? err : postgres_rate(b->folder, rows, &b->postgres_rate, why);
}

static void tell_steps(const struct clear_bench *b) {
    const struct run *r = &b->whole;
    (void)fprintf(stderr,
        "bench clear: read %.2f s, places %.2f s, cards and segments %.2f s, page %.2f s, "
        "proof %.2f s; %.2f s of cores' work; %" PRId64 " MiB at most\n",
        r->steps[0], r->steps[1], r->steps[2], r->steps[3], r->prove_seconds, r->core_seconds,
        r->memory_kb / 1024);
}

/* The day with its records in the server's partitions, against the server's own way. */
static struct bench_figure through_figure(const struct clear_bench *b) {
    double total = b->whole.seconds + b->through.seconds + b->whole.prove_seconds;
    return (struct bench_figure){.name = "purchases from upload to proof, through PostgreSQL",
        .unit = "rows/s",
        .yardstick = "its own COPY, unsorted, into a table without keys, two unique keys after",
        .value = (double)b->given->purchases / total,
        .yardstick_value = b->through.yardstick_rate,
        .least_ratio = through_target};
}

static int report(const struct clear_bench *b) {
    double total = b->whole.seconds + b->whole.prove_seconds;
    double rate = (double)b->given->purchases / total;
    struct bench_figure figures[] = {
        {.name = "purchases from upload to proof",
         .unit = "purchases/s",
         .value = rate,
         .least_value = rate_target},
        {.name = "purchases from upload to proof, against sorted inserts",
         .unit = "rows/s",
         .yardstick = "bare SQLite, rows in the order of the key",
         .value = rate,
         .yardstick_value = b->sqlite_rate,
         .least_ratio = sqlite_target},
        {.name = "memory of a day",
         .unit = "KB",
         .yardstick = "the same city with a tenth of the day",
         .value = (double)b->whole.memory_kb,
         .yardstick_value = (double)b->part.memory_kb,
         .most_ratio = memory_target},
        {.name = "purchases from upload to proof, against COPY",
         .unit = "rows/s",
         .yardstick = "PostgreSQL's binary COPY, unsorted, two unique keys",
         .value = rate,
         .yardstick_value = b->postgres_rate,
         .least_ratio = postgres_target},
        {.name = NULL                           },
    };
    size_t count = sizeof figures / sizeof figures[0] - (b->postgres_rate > 0 ? 1 : 2);
    if (b->through.yardstick_rate > 0) {
        (void)fprintf(
            stderr, "bench clear: %.2f s into PostgreSQL's partitions\n", b->through.seconds);
        figures[count++] = through_figure(b);
    }
    tell_steps(b);
    return bench_report("clear", figures, count, b->given->json);
}

static enum err check_options(struct bench_options *given, struct why *why) {
    given->cards = given->cards > 0 ? given->cards : given->purchases / 5;
    bool good = given->purchases >= PURCHASES_LEAST && given->purchases <= PURCHASES_MOST
                && given->cards >= given->purchases / 50 && given->cards <= given->purchases
                && given->rows >= ROWS_LEAST
                && (!given->through || strcmp(given->through, "postgresql") == 0);
    return good ? OK
                : why_say(why, ERR_CONFLICT,
                    "--purchases is %d to %d, --cards a fiftieth of them to all, --rows at least "
                    "%d, "
                    "--through postgresql or nothing",
                    (int)PURCHASES_LEAST, (int)PURCHASES_MOST, (int)ROWS_LEAST);
}

/* The folder of the bench and those of its days. */
static enum err make_folder(struct clear_bench *b, struct why *why) {
    int len = snprintf(b->folder, sizeof b->folder, "%s/shebao-bench-XXXXXX", b->given->folder);
    if (len < 0 || (size_t)len >= sizeof b->folder || !mkdtemp(b->folder)) {
        return files_trouble(why, "make a folder in", b->given->folder);
    }
    (void)snprintf(b->first, sizeof b->first, "%s/first", b->folder);
    (void)snprintf(b->second, sizeof b->second, "%s/second", b->folder);
    (void)snprintf(b->tenth, sizeof b->tenth, "%s/tenth", b->folder);
    (void)snprintf(b->day.folder, sizeof b->day.folder, "%s", b->folder);
    b->day.purchases = (uint64_t)b->given->purchases;
    b->day.cards = (uint64_t)b->given->cards;
    b->day.seed = (uint64_t)b->given->seed;
    return OK;
}

/* In the child: a vault for each line, with the keys of the seed and an engine of one thread. */
static enum err open_vaults(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct bench_options *given = self;
    char seed[32];
    size_t opened = 0;
    enum err err = OK;
    (void)snprintf(seed, sizeof seed, "%" PRId64, given->seed);
    while (!err && opened < count) {
        err = soft_vault_open_rehearsal(seed, REGION, &vaults[opened], why);
        opened += err == OK;
        if (!err) {
            err = soft_vault_spread(&vaults[opened - 1], BULK_BEST, 1, why);
        }
    }
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

/* The vault's process, and the memory that it shares with each worker. */
static enum err open_lines(struct clear_bench *b, struct bench_options *given, struct why *why) {
    const struct vault_keeper keeper = {given, open_vaults, CAGE_SOFT};
    enum err err = vault_process_open(&keeper, NULL, b->lines, WORKERS, why);
    b->line_count = err ? 0 : WORKERS;
    for (size_t i = 0; i < b->line_count; i++) {
        size_t len = 0;
        b->rooms[i] = vault_process_room(&b->lines[i], &len);
        assert(len >= ROOM_JOBS * sizeof(struct tac_job));
    }
    return err;
}

int bench_clear_command(int argc, char **argv) {
    static struct clear_bench bench; /* too large for a stack */
    static struct bench_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    bench.given = &given;
    enum err err = check_options(&given, &why);
    if (!err && (given.centre || given.leave)) {
        const struct bench_centre_order order = {.purchases = given.purchases,
            .cards = given.cards,
            .seed = given.seed,
            .rows = given.rows,
            .folder = given.folder,
            .leave = given.leave,
            .json = given.json};
        return bench_centre(&order);
    }
    err = err ? err : open_lines(&bench, &given, &why);
    err = err ? err : make_folder(&bench, &why);
    err = err ? err : measure(&bench, &why);
    status = err ? (int)ending_tell(err, &why) : report(&bench);
    if (bench.folder[0] != '\0') {
        sweep(bench.tenth);
        sweep(bench.first);
        sweep(bench.second);
        bench_day_free(&bench.day);
        (void)rmdir(bench.folder);
    }
    for (size_t i = 0; i < bench.line_count; i++) {
        bench.lines[i].close(bench.lines[i].self);
    }
    return status;
}

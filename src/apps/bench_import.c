#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "apps/bench_figure.h"
#include "apps/command.h"
#include "base/checkdigit.h"
#include "base/day.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/gb18030.h"
#include "host/options.h"
#include "host/progress.h"
#include "host/rng.h"
#include "registry/import.h"
#include "stores/sql/registry_store.h"

/* How the bench is fair: both sides read the same file, which both find in the system's memory; both
 * begin with an empty database in the same directory and end when theirs is on the disk; each runs in
 * a process of its own, in turn, `rounds` times, and the faster round counts. */

extern char **environ;

struct bench_options {
    int64_t lines, seed, rounds;
    const char *folder;
    bool json;
};

static const struct option options[] = {
    {"--lines",  OPTION_NUMBER, offsetof(struct bench_options, lines),  NULL,  "1000000",
     "lines of the file, one invented person each",                     false},
    {"--seed",   OPTION_NUMBER, offsetof(struct bench_options, seed),   NULL,  "1",
     "what the persons are drawn from",                                 false},
    {"--rounds", OPTION_NUMBER, offsetof(struct bench_options, rounds), NULL,  "2",
     "how often each side runs; the faster time counts",                false},
    {"--folder", OPTION_PATH,   offsetof(struct bench_options, folder), "DIR", "/tmp",
     "where a folder for file and databases is made and removed again", false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench import",
    .help = "Times an import of people against sqlite3's own .import of the same file.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    LINES_LEAST = 10,
    LINES_MOST = 50000000,
    ROUNDS_MOST = 20,
    BIRTH_DAYS = 36525, /* the days of which people are born, from 1903-01-01 */
    SEQUENCES = 1000,
    BUSINESS_DAY = 20031008,
};
static const double rate_target = 0.5;    /* ours : sqlite3's */
static const double memory_target = 1.25; /* the whole file : a tenth of it */

/* --- invented people ------------------------------------------------------------------------------- */

static const char *const surnames[] = {
    "陈", "李", "黄", "张", "梁", "林", "刘", "吴", "罗", "欧阳"};
static const char *const given_names[] = {
    "志强", "伟", "丽红", "梅", "建国", "华", "芳", "敏静", "杰", "明", "𪝆", "㛃", "子涵", "娣镕"};
static const uint32_t regions[] = {
    440102, 440103, 440104, 440105, 440106, 440107, 440111, 440112, 440113, 440114, 440183, 440184};
#define PICK(rng, list) ((list)[rng_below((rng), sizeof(list) / sizeof((list)[0]))])

/* The days of birth in a table: adding days one by one is slow. */
static uint32_t *birth_days(void) {
    uint32_t *days = calloc(BIRTH_DAYS, sizeof *days);
    uint32_t day = 19030101;
    for (size_t i = 0; days && i < BIRTH_DAYS; i++) {
        days[i] = day;
        day = day_plus(day, 1);
    }
    return days;
}

/* The person of a place: a step through all combinations of region, day and sequence that meets none
 * twice, because the step shares no factor with their number. Regions 990101 and on do not exist. */
static uint64_t place_number(uint64_t i, uint64_t start, const uint32_t *days) {
    const uint64_t all = (uint64_t)9 * BIRTH_DAYS * SEQUENCES;
    const uint64_t stride = UINT64_C(123456791);
    uint64_t place = (start + i % all * stride) % all;
    uint64_t region = 990101 + place % 9;
    uint64_t day = days[place / 9 % BIRTH_DAYS];
    return (region * 100000000 + day) * SEQUENCES + place / 9 / BIRTH_DAYS;
}

static int person_line(struct rng *rng, uint64_t number17, char *line, size_t room) {
    char number[NUMBER_LEN + 1];
    number_write((int64_t)number17, number);
    return snprintf(line, room,
        "%s,%s%s,%d,01,%08u,%u,11,广州市白云区同福中路%u号%u房,510%03u,020-0%07u,100%08u,"
        "GZ%07u,荔湾区第三小学\r\n",
        number, PICK(rng, surnames), PICK(rng, given_names), number17 % 2 ? 1 : 2,
        (unsigned)(number17 / SEQUENCES % 100000000), (unsigned)PICK(rng, regions),
        (unsigned)rng_below(rng, 500), (unsigned)rng_below(rng, 2000),
        (unsigned)rng_below(rng, 1000), (unsigned)rng_below(rng, 10000000),
        (unsigned)rng_below(rng, 100000000), (unsigned)rng_below(rng, 10000));
}

static bool write_line(FILE *stream, const char *line, size_t len) {
    uint8_t gb[512];
    size_t bad_at = 0;
    struct builder b = builder_in(gb, sizeof gb);
    return utf8_to_gb18030(bytes_of(line, len), &b, &bad_at) && !b.overflowed
           && fwrite(gb, 1, b.len, stream) == b.len;
}

static bool write_people(FILE *stream, uint64_t lines, uint64_t seed, const uint32_t *days) {
    static const char heading[] =
        "AAC002,AAC003,AAC004,AAC005,AAC006,AAB301,AAC009,AAE006,AAE007,AAE005,AAE004,AAB001,"
        "AAB004\r\n";
    struct rng rng = rng_stream(seed, "bench import", 0);
    uint64_t start = rng_next(&rng) >> 20;
    bool good = write_line(stream, heading, sizeof heading - 1);
    for (uint64_t i = 0; good && i < lines; i++) {
        char line[384];
        int len = person_line(&rng, place_number(i, start, days), line, sizeof line);
        good = len > 0 && (size_t)len < sizeof line && write_line(stream, line, (size_t)len);
    }
    return good;
}

static enum err make_people(const char *path, uint64_t lines, uint64_t seed, struct why *why) {
    NEW_FILE_SCOPE(file);
    uint32_t *days = birth_days();
    if (!days) {
        return why_say(why, ERR_OUTSIDE, "no memory for the calendar; end other programs");
    }
    enum err err = new_file_begin(&file, path, why);
    if (!err && !write_people(file.stream, lines, seed, days)) {
        err = files_trouble(why, "write", path);
    }
    free(days);
    return err ? err : new_file_keep(&file, why);
}

/* --- one run of each side ------------------------------------------------------------------------------ */

struct run {
    double seconds;
    int64_t memory_kb; /* the most the process held */
};

/* Waits for the process that began at began_ns; false when it failed. */
static bool run_end(pid_t pid, uint64_t began_ns, struct run *run) {
    int status = 0;
    struct rusage used;
    while (wait4(pid, &status, 0, &used) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    run->seconds = clock_seconds_since(began_ns);
    run->memory_kb = used.ru_maxrss;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The program's own import, as `person import` makes it, without the printing. */
static enum err import_here(const char *database, const char *people, struct why *why) {
    struct db db;
    REGISTRY_ROWS_SCOPE(rows);
    struct import_result result;
    const struct import_order order = {.path = people, .business_day = BUSINESS_DAY};
    enum err err = db_open(&db, database, why);
    if (err) {
        return err;
    }
    err = registry_rows_open(&rows, &db, why);
    if (!err) {
        struct registry_store store = registry_store_of(rows);
        err = people_import(&store, &order, &result, why);
        registry_rows_close(rows);
        rows = NULL;
    }
    db_close(&db);
    if (!err && result.verdicts[ACCEPTED] != result.lines) {
        err = why_say(why, ERR_CONFLICT, "not every invented person was accepted");
    }
    return err;
}

static bool run_ours(const char *folder, const char *people, struct run *run) {
    char database[PATH_ROOM];
    if (!files_join(database, folder, "ours.db")) {
        return false;
    }
    uint64_t began_ns = clock_ns();
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct why why = {0};
        enum err err = import_here(database, people, &why);
        _exit((int)ending_tell(err, &why));
    }
    return pid > 0 && run_end(pid, began_ns, run);
}

static bool run_sqlite(const char *folder, const char *people, struct run *run) {
    static char table[] = "CREATE TABLE person (AAC002 TEXT, AAC003 TEXT, AAC004 TEXT, AAC005 TEXT,"
                          " AAC006 TEXT, AAB301 TEXT, AAC009 TEXT, AAE006 TEXT, AAE007 TEXT,"
                          " AAE005 TEXT, AAE004 TEXT, AAB001 TEXT, AAB004 TEXT);";
    static char program[] = "sqlite3";
    char database[PATH_ROOM];
    char import[PATH_ROOM + 64];
    if (!files_join(database, folder, "yardstick.db")) {
        return false;
    }
    (void)snprintf(import, sizeof import, ".import --csv --skip 1 '%s' person", people);
    char *arguments[] = {program, database, table, import, NULL};
    pid_t pid = 0;
    uint64_t began_ns = clock_ns();
    return posix_spawnp(&pid, program, NULL, NULL, arguments, environ) == 0
           && run_end(pid, began_ns, run);
}

static const char *const leavings[] = {"people.csv", "tenth.csv", "ours.db", "ours.db-wal",
    "ours.db-shm", "ours.db-journal", "ours.db-door", "yardstick.db", "yardstick.db-journal",
    "people.csv.new", "tenth.csv.new"};

/* Removes what the runs left; with the databases only, so that the next run begins anew. */
static void sweep(const char *folder, bool databases_only) {
    for (size_t i = 0; i < sizeof leavings / sizeof leavings[0]; i++) {
        char path[PATH_ROOM];
        bool kept = databases_only && strstr(leavings[i], ".csv");
        if (!kept && files_join(path, folder, leavings[i])) {
            (void)unlink(path);
        }
    }
}

/* --- the figures ----------------------------------------------------------------------------------------- */

struct measured {
    struct run ours, yardstick, tenth; /* the faster rounds; ours with a tenth of the lines */
};

static void keep_faster(struct run *best, const struct run *run) {
    if (best->seconds <= 0 || run->seconds < best->seconds) {
        best->seconds = run->seconds;
    }
    if (run->memory_kb > best->memory_kb) {
        best->memory_kb = run->memory_kb;
    }
}

static enum err one_round(
    const char *folder, const char *people, struct measured *m, struct why *why) {
    struct run run = {0};
    sweep(folder, true);
    if (!run_sqlite(folder, people, &run)) {
        return why_say(why, ERR_OUTSIDE,
            "sqlite3 could not import the file; install the package sqlite3 and see that %s has "
            "room",
            folder);
    }
    keep_faster(&m->yardstick, &run);
    sweep(folder, true);
    if (!run_ours(folder, people, &run)) {
        return why_say(
            why, ERR_OUTSIDE, "the import failed; see above, and that %s has room", folder);
    }
    keep_faster(&m->ours, &run);
    return OK;
}

static enum err measure(
    const struct bench_options *given, const char *folder, struct measured *m, struct why *why) {
    char people[PATH_ROOM];
    char tenth[PATH_ROOM];
    uint64_t lines = (uint64_t)given->lines;
    if (!files_join(people, folder, "people.csv") || !files_join(tenth, folder, "tenth.csv")) {
        return why_say(why, ERR_CONFLICT, "--folder is too long; name another");
    }
    struct progress progress = progress_begin(
        "bench import", "runs", (uint64_t)given->rounds, given->json);
    enum err err = make_people(people, lines, (uint64_t)given->seed, why);
    err = err ? err : make_people(tenth, lines / 10, (uint64_t)given->seed, why);
    for (int64_t i = 0; !err && i < given->rounds; i++) {
        err = one_round(folder, people, m, why);
        progress_at(&progress, (uint64_t)i + 1);
    }
    sweep(folder, true);
    if (!err && !run_ours(folder, tenth, &m->tenth)) {
        err = why_say(why, ERR_OUTSIDE, "the import of a tenth failed; see above");
    }
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err;
}

static int report(const struct bench_options *given, const struct measured *m) {
    double lines = (double)given->lines;
    const struct bench_figure figures[] = {
        {
         .name = "import rate",
         .unit = "lines/s",
         .yardstick = "sqlite3 .import of the same file",
         .value = lines / m->ours.seconds,
         .yardstick_value = lines / m->yardstick.seconds,
         .least_ratio = rate_target,
         },
        {
         .name = "import memory",
         .unit = "KB",
         .yardstick = "the same with a tenth of the lines",
         .value = (double)m->ours.memory_kb,
         .yardstick_value = (double)m->tenth.memory_kb,
         .most_ratio = memory_target,
         },
    };
    return bench_report("import", figures, sizeof figures / sizeof figures[0], given->json);
}

static enum err check_options(const struct bench_options *given, struct why *why) {
    bool good = given->lines >= LINES_LEAST && given->lines <= LINES_MOST && given->rounds >= 1
                && given->rounds <= ROUNDS_MOST;
    return good ? OK
                : why_say(why, ERR_CONFLICT, "--lines is %d to %d, --rounds 1 to %d",
                    (int)LINES_LEAST, (int)LINES_MOST, (int)ROUNDS_MOST);
}

int bench_import_command(int argc, char **argv) {
    struct bench_options given;
    struct measured measured = {0};
    struct why why = {0};
    char folder[PATH_ROOM];
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = check_options(&given, &why);
    if (!err && (!files_join(folder, given.folder, "shebao-bench-XXXXXX") || !mkdtemp(folder))) {
        err = files_trouble(&why, "make a folder in", given.folder);
    }
    if (err) {
        return (int)ending_tell(err, &why);
    }
    err = measure(&given, folder, &measured, &why);
    sweep(folder, false);
    (void)rmdir(folder);
    return err ? (int)ending_tell(err, &why) : report(&given, &measured);
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "apps/bench_figure.h"
#include "apps/bench_registry_fill.h"
#include "apps/bench_registry_reports.h"
#include "apps/command.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "host/progress.h"
#include "host/rng.h"
#include "host/signer.h"
#include "registry/card_service.h"
#include "registry/duplicate.h"
#include "registry/list_service.h"
#include "registry/person_find.h"
#include "registry/sound.h"
#include "stores/sql/registry_person.h"
#include "stores/sql/registry_store.h"

/* How the bench is fair: what stands beside a question of ours is the bare sentence, prepared, asked of
 * SQLite about the same rows of the same file, turn and turn about, so that both meet the same caches
 * and the same neighbours. Of questions the 99th hundredth counts, of everything else the whole. The
 * search for doubles runs in a process of its own, whose memory the system counts. */

struct bench_options {
    int64_t persons, questions, reports, seed;
    const char *folder;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"--persons", OPTION_NUMBER, offsetof(struct bench_options, persons), NULL, "10000000",
        "invented persons; cards are a fifth more, the blacklist a fiftieth", false},
    {"--questions", OPTION_NUMBER, offsetof(struct bench_options, questions), NULL, "20000",
        "of each kind; a tenth of them by name", false},
    {"--reports", OPTION_NUMBER, offsetof(struct bench_options, reports), NULL, "20000",
        "of lost cards", false},
    {"--seed", OPTION_NUMBER, offsetof(struct bench_options, seed), NULL, "1",
        "what the persons are drawn from", false},
    {"--folder", OPTION_PATH, offsetof(struct bench_options, folder), "DIR", "/tmp",
        "where a folder is made and removed again; a person takes some 900 bytes", false},
    OPTION_JSON(struct bench_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "bench registry",
    .help =
        "Times questions, loss reports, the blacklist and the search for doubles in a registry of\n"
        "millions, against the bare sentences asked of SQLite.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    PERSONS_LEAST = 1000,
    PERSONS_MOST = 50000000,
    QUESTIONS_LEAST = 100,
    QUESTIONS_MOST = 10000000,
    ANSWERS = 50, /* that a clerk sees of a name */
    GROUP = 32,   /* loss reports that reach the disk together */
    LEAST_POINTS = 50,
    LIST_TIME = 235959,
};
static const double bitmap_bytes_per_card = 0.131072; /* 1.5 MB (1.5 * 2^20) for 12 million */

struct bench {
    const struct bench_options *given;
    struct registry_size size;
    char folder[PATH_ROOM], database[PATH_ROOM];
    struct db db;
    struct registry_rows *rows;
    struct person_rows *person_rows;
    struct registry_store registry;
    struct person_store store;
    struct person_desk desk;
    struct rng rng;
    sqlite3 *plain; /* the yardstick's own connexion */
    struct why *why;
};

/* What was measured. */
struct measured {
    double person_ms, person_plain_ms, card_ms, card_plain_ms, name_ms, name_plain_ms,
        name_alone_ms;
    double reports, reports_plain, one_report;
    double list_s, list_plain_s, bitmap_bytes, listed;
    double find_s, find_plain_s, find_kb, fill_s, index_s;
    struct report_times whole; /* reports over everybody */
};

/* --- the centre ------------------------------------------------------------------------------------ */

static enum err bench_open(struct bench *b) {
    enum err err = db_open(&b->db, b->database, b->why);
    err = err ? err : registry_rows_open(&b->rows, &b->db, b->why);
    err = err ? err : person_rows_open(&b->person_rows, &b->db, b->why);
    if (!err) {
        b->registry = registry_store_of(b->rows);
        b->store = person_store_of(b->person_rows);
        b->desk = (struct person_desk){&b->registry, &b->store};
        err = registry_found(&b->registry, true, b->why);
    }
    if (!err && sqlite3_open(b->database, &b->plain) != SQLITE_OK) {
        err = why_say(b->why, ERR_OUTSIDE, "sqlite3 cannot open the database of the bench");
    }
    return err;
}

static void bench_close(struct bench *b) {
    (void)sqlite3_close(b->plain);
    b->plain = NULL;
    person_rows_close(b->person_rows);
    b->person_rows = NULL;
    registry_rows_close(b->rows);
    b->rows = NULL;
    db_close(&b->db);
}

static void tell_progress(void *cookie, uint64_t done, uint64_t of) {
    struct progress *progress = cookie;
    progress->total = of;
    progress_at(progress, done);
}

static enum err fill(struct bench *b, struct measured *m) {
    struct progress progress = progress_begin("fill", "rows", 0, b->given->json);
    b->size.moved = tell_progress;
    b->size.cookie = &progress;
    enum err err = registry_fill(&b->db, &b->size, b->why);
    m->fill_s = progress_end(&progress);
    progress = progress_begin("index", "persons", 0, b->given->json);
    err = err ? err : person_index(&b->desk, tell_progress, &progress, b->why);
    m->index_s = progress_end(&progress);
    return err;
}

/* --- questions --------------------------------------------------------------------------------------- */

static int double_order(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A question of ours and the yardstick's, about the same thing. */
struct pair {
    enum err (*ours)(struct bench *b, int64_t place);
    const char *sentence;
    void (*bind)(struct bench *b, sqlite3_stmt *stmt, int64_t place);
};

static bool plain_ask(sqlite3_stmt *stmt) {
    int rc = SQLITE_ROW;
    for (int rows = 0; rc == SQLITE_ROW && rows < ANSWERS; rows++) {
        rc = sqlite3_step(stmt);
    }
    return sqlite3_reset(stmt) == SQLITE_OK && (rc == SQLITE_DONE || rc == SQLITE_ROW);
}

/* The 99th hundredth of each, in milliseconds. */
static enum err ask_pairs(
    struct bench *b, const struct pair *pair, size_t count, double *ours_ms, double *plain_ms) {
    double *times = calloc(2 * count, sizeof *times);
    sqlite3_stmt *stmt = NULL;
    if (!times || sqlite3_prepare_v2(b->plain, pair->sentence, -1, &stmt, NULL) != SQLITE_OK) {
        free(times);
        return why_say(b->why, ERR_OUTSIDE, "the yardstick cannot be asked: no memory or no table");
    }
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        int64_t place = (int64_t)rng_below(&b->rng, (uint64_t)b->size.persons);
        uint64_t began_ns = clock_ns();
        err = pair->ours(b, place);
        times[i] = clock_seconds_since(began_ns) * 1000;
        place = (int64_t)rng_below(&b->rng, (uint64_t)b->size.persons);
        pair->bind(b, stmt, place);
        began_ns = clock_ns();
        if (!err && !plain_ask(stmt)) {
            err = why_say(
                b->why, ERR_OUTSIDE, "the yardstick failed: %s", sqlite3_errmsg(b->plain));
        }
        times[count + i] = clock_seconds_since(began_ns) * 1000;
    }
    (void)sqlite3_finalize(stmt);
    qsort(times, count, sizeof *times, double_order);
    qsort(times + count, count, sizeof *times, double_order);
    *ours_ms = times[count * 99 / 100];
    *plain_ms = times[count + count * 99 / 100];
    free(times);
    return err;
}

static enum err ask_person(struct bench *b, int64_t place) {
    struct person person;
    char number[NUMBER_LEN + 1];
    number_write(fill_number17(&b->size, place), number);
    return person_find(&b->registry, number, &person, b->why);
}

static void bind_person(struct bench *b, sqlite3_stmt *stmt, int64_t place) {
    (void)sqlite3_bind_int64(stmt, 1, fill_number17(&b->size, place));
}

static enum err ask_card(struct bench *b, int64_t place) {
    struct card_record card;
    char number[CARD_NUMBER_LEN + 1];
    fill_card_number(place, number);
    return card_find(&b->registry, number, &card, b->why);
}

static void bind_card(struct bench *b, sqlite3_stmt *stmt, int64_t place) {
    char number[CARD_NUMBER_LEN + 1];
    (void)b;
    fill_card_number(place, number);
    (void)sqlite3_bind_text(stmt, 1, number, -1, SQLITE_TRANSIENT);
}

static bool count_person(void *cookie, const struct person *person) {
    (void)person;
    ++*(uint64_t *)cookie;
    return true;
}

/* With its row in the audit chain. */
static enum err ask_name(struct bench *b, int64_t place) {
    char name[PERSON_NAME_ROOM];
    uint64_t told = 0;
    uint64_t found = 0;
    bool more = false;
    fill_name(&b->size, place, name);
    const struct find_order order = {.by = place % 2 ? FIND_NAME : FIND_SOUND,
        .what = name,
        .limit = ANSWERS,
        .who = "system",
        .reason = "bench",
        .told = count_person,
        .cookie = &told};
    enum err err = persons_find(&b->desk, &order, &found, &more, b->why);
    return !err && found == 0 ? why_say(b->why, ERR_CONFLICT, "a name was not found") : err;
}

static void bind_name(struct bench *b, sqlite3_stmt *stmt, int64_t place) {
    char name[PERSON_NAME_ROOM];
    char sound[SOUND_ROOM];
    fill_name(&b->size, place, name);
    (void)sound_of(bytes_text(name), sound);
    (void)sqlite3_bind_text(stmt, 1, sound, -1, SQLITE_TRANSIENT);
}

/* Rows of the chain reach the disk together, as those of a busy centre do: what a search takes, and
 * apart from it, what it takes with the disk to itself. */
static enum err ask_names(struct bench *b, const struct pair *pair, struct measured *m) {
    enum { ALONE = 100 };
    double unheard_ms = 0;
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, &b->store, b->why);
    err = err ? err
              : ask_pairs(
                  b, pair, (size_t)b->given->questions / 10, &m->name_ms, &m->name_plain_ms);
    err = err ? err : person_work_commit(&work, b->why);
    return err ? err : ask_pairs(b, pair, ALONE, &m->name_alone_ms, &unheard_ms);
}

static enum err ask_all(struct bench *b, struct measured *m) {
    static const struct pair by_person = {ask_person,
        "SELECT * FROM person WHERE id = (SELECT person FROM person_number WHERE number17 = ?1)",
        bind_person};
    static const struct pair by_card = {
        ask_card, "SELECT * FROM card WHERE number = ?1", bind_card};
    static const struct pair by_name = {ask_name,
        "SELECT p.* FROM person_name n JOIN person p ON p.id = n.person WHERE n.sound = ?1",
        bind_name};
    size_t count = (size_t)b->given->questions;
    enum err err = ask_pairs(b, &by_person, count, &m->person_ms, &m->person_plain_ms);
    err = err ? err : ask_pairs(b, &by_card, count, &m->card_ms, &m->card_plain_ms);
    return err ? err : ask_names(b, &by_name, m);
}

/* --- the blacklist -------------------------------------------------------------------------------------- */

/* Built, and signed with a key of the bench's own. */
static enum err build_list(struct bench *b, struct builder *list, double *seconds) {
    char path[PATH_ROOM];
    uint8_t signature[SIGNER_SIGNATURE_LEN];
    SIGNER_SCOPE(signer);
    if (!files_join(path, b->folder, "bench.key")) {
        return why_say(b->why, ERR_CONFLICT, "--folder is too long; name another");
    }
    enum err err = signer_open(&signer, path, b->why);
    uint64_t began_ns = clock_ns();
    err = err ? err : registry_blacklist(&b->registry, FILL_DAY, LIST_TIME, list, b->why);
    err = err ? err : signer_sign(&signer, builder_bytes(list), signature, b->why);
    *seconds = clock_seconds_since(began_ns);
    return err;
}

static enum err plain_list(struct bench *b, double *seconds) {
    uint64_t began_ns = clock_ns();
    int rc = sqlite3_exec(
        b->plain, "SELECT factor, reason FROM blacklist ORDER BY factor", NULL, NULL, NULL);
    *seconds = clock_seconds_since(began_ns);
    return rc == SQLITE_OK ? OK : why_say(b->why, ERR_OUTSIDE, "the yardstick's list failed");
}

static enum err list_all(struct bench *b, struct measured *m) {
    size_t room = 0;
    enum err err = list_room(&b->registry, FILL_DAY, LIST_TIME, &room, b->why);
    uint8_t *at = err ? NULL : malloc(room);
    if (!err && !at) {
        err = why_say(b->why, ERR_OUTSIDE, "no memory for a blacklist; end other programs");
    }
    struct builder list = builder_in(at, err ? 0 : room);
    err = err ? err : build_list(b, &list, &m->list_s);
    m->listed = (double)b->size.listed;
    err = err ? err : plain_list(b, &m->list_plain_s);
    list = builder_in(at, err ? 0 : room);
    err = err ? err : list_bitmap(&b->registry, FILL_DAY, LIST_TIME, &list, b->why);
    m->bitmap_bytes = (double)list.len;
    free(at);
    return err;
}

/* --- loss reports ---------------------------------------------------------------------------------------- */

/* Spread over all cards that are in use; ours and the yardstick's take other ones. */
static void reported_card(
    const struct bench *b, int64_t i, bool plain, char number[CARD_NUMBER_LEN + 1]) {
    int64_t step = b->size.persons / (2 * b->given->reports + 2);
    fill_card_number((2 * i + plain) * step, number);
}

static enum err report_loss(struct bench *b, int64_t i) {
    char number[CARD_NUMBER_LEN + 1];
    struct card_receipt receipt;
    reported_card(b, i, false, number);
    const struct card_order order = {.card = number,
        .event = EVENT_REPORT_LOSS,
        .who = "point",
        .request = "bench",
        .day = FILL_DAY,
        .time = FILL_TIME};
    return card_serve(&b->registry, &order, &receipt, b->why);
}

/* Reports from..to - 1, which reach the disk together. */
static enum err report_group(struct bench *b, int64_t from, int64_t to) {
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, &b->store, b->why);
    for (int64_t i = from; !err && i < to; i++) {
        err = report_loss(b, i);
    }
    return err ? err : person_work_commit(&work, b->why);
}

/* The four rows of a report, bare. */
static const char *const plain_report[] = {
    "UPDATE card SET life = 2 WHERE number = ?1",
    "INSERT INTO card_event (card, event, was, became, sub_reason, who, request, day, time) VALUES "
    "(?1, 4, 1, 2, 0, 'point', 'plain', 20031008, 80000)",
    "INSERT INTO blacklist (card, factor, added, reason, day, time) SELECT number, factor, 1, 2, "
    "20031008, 80000 FROM card WHERE number = ?1",
    "INSERT INTO bench_audit (what) VALUES (?1)",
};
enum { PLAIN_SENTENCES = sizeof plain_report / sizeof plain_report[0] };

static bool plain_group(struct bench *b, sqlite3_stmt *const *stmts, int64_t from, int64_t to) {
    bool good = sqlite3_exec(b->plain, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (int64_t i = from; good && i < to; i++) {
        char number[CARD_NUMBER_LEN + 1];
        reported_card(b, i, true, number);
        for (size_t k = 0; good && k < PLAIN_SENTENCES; k++) {
            (void)sqlite3_bind_text(stmts[k], 1, number, -1, SQLITE_TRANSIENT);
            good = sqlite3_step(stmts[k]) == SQLITE_DONE && sqlite3_reset(stmts[k]) == SQLITE_OK;
        }
    }
    return good && sqlite3_exec(b->plain, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

/* Group by group, ours and theirs in turn. */
static enum err report_turns(
    struct bench *b, sqlite3_stmt *const *stmts, struct measured *m, int64_t grouped) {
    uint64_t ours_ns = 0;
    uint64_t plain_ns = 0;
    enum err err = OK;
    for (int64_t from = 0; !err && from < grouped; from += GROUP) {
        int64_t to = from + GROUP < grouped ? from + GROUP : grouped;
        uint64_t began_ns = clock_ns();
        err = report_group(b, from, to);
        ours_ns += clock_ns() - began_ns;
        began_ns = clock_ns();
        if (!err && !plain_group(b, stmts, from, to)) {
            err = why_say(
                b->why, ERR_OUTSIDE, "the yardstick failed: %s", sqlite3_errmsg(b->plain));
        }
        plain_ns += clock_ns() - began_ns;
    }
    m->reports = (double)grouped / ((double)ours_ns / 1e9);
    m->reports_plain = (double)grouped / ((double)plain_ns / 1e9);
    return err;
}

/* Ninety of a hundred in groups, the rest one by one, as they come from a single counter. */
static enum err report_all(struct bench *b, struct measured *m) {
    sqlite3_stmt *stmts[PLAIN_SENTENCES] = {NULL};
    int64_t grouped = b->given->reports * 9 / 10;
    bool good = sqlite3_exec(b->plain,
                    "PRAGMA synchronous = FULL; CREATE TABLE bench_audit (id INTEGER PRIMARY KEY, "
                    "what TEXT)",
                    NULL, NULL, NULL)
                == SQLITE_OK;
    for (size_t i = 0; good && i < PLAIN_SENTENCES; i++) {
        good = sqlite3_prepare_v2(b->plain, plain_report[i], -1, &stmts[i], NULL) == SQLITE_OK;
    }
    enum err err = good ? report_turns(b, stmts, m, grouped)
                        : why_say(b->why, ERR_OUTSIDE, "the yardstick's tables cannot be made");
    for (size_t i = 0; i < PLAIN_SENTENCES; i++) {
        (void)sqlite3_finalize(stmts[i]);
    }
    uint64_t began_ns = clock_ns();
    for (int64_t i = grouped; !err && i < b->given->reports; i++) {
        err = report_group(b, i, i + 1);
    }
    m->one_report = (double)(b->given->reports - grouped) / clock_seconds_since(began_ns);
    return err;
}

/* --- doubles ---------------------------------------------------------------------------------------------- */

static enum err find_here(struct bench *b) {
    struct duplicate_found found;
    struct progress progress = progress_begin("doubles", "persons", 0, b->given->json);
    const struct duplicate_order order = {.day = FILL_DAY,
        .least = LEAST_POINTS,
        .folder = b->folder,
        .moved = tell_progress,
        .cookie = &progress};
    enum err err = bench_open(b);
    err = err ? err : duplicate_find(&b->desk, &order, &found, b->why);
    (void)progress_end(&progress);
    bench_close(b);
    if (!err && found.persons != (uint64_t)b->size.persons) {
        err = why_say(b->why, ERR_CONFLICT, "the search did not see everybody");
    }
    return err;
}

/* No database is open while the process divides. */
static enum err find_all(struct bench *b, struct measured *m) {
    int status = 0;
    struct rusage used = {0};
    bench_close(b);
    (void)fflush(NULL);
    uint64_t began_ns = clock_ns();
    pid_t pid = fork();
    if (pid == 0) {
        _exit((int)ending_tell(find_here(b), b->why));
    }
    while (pid > 0 && wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {}
    m->find_s = clock_seconds_since(began_ns);
    m->find_kb = (double)used.ru_maxrss;
    if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return why_say(b->why, ERR_OUTSIDE, "the search for doubles failed; see above");
    }
    enum err err = bench_open(b);
    began_ns = clock_ns();
    if (!err
        && sqlite3_exec(b->plain,
               "SELECT count(*) FROM (SELECT 1 FROM person GROUP BY birth, sex, name HAVING "
               "count(*) > 1)",
               NULL, NULL, NULL)
               != SQLITE_OK) {
        err = why_say(b->why, ERR_OUTSIDE, "the yardstick's search for doubles failed");
    }
    m->find_plain_s = clock_seconds_since(began_ns);
    return err;
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static int tell(const struct bench *b, const struct measured *m) {
    /* clang-format off */
    const struct bench_figure figures[] = {
        {.name = "person by number, 99th hundredth", .unit = "ms", .value = m->person_ms,
            .yardstick = "the bare sentence", .yardstick_value = m->person_plain_ms, .most_value = 1},
        {.name = "card by number, 99th hundredth", .unit = "ms", .value = m->card_ms,
            .yardstick = "the bare sentence", .yardstick_value = m->card_plain_ms, .most_value = 1},
        {.name = "name search, 99th hundredth", .unit = "ms", .value = m->name_ms,
            .yardstick = "the bare sentence, without a row in the audit chain",
            .yardstick_value = m->name_plain_ms, .most_value = 20},
        {.name = "name search that waits for the disk alone, 99th hundredth", .unit = "ms",
            .value = m->name_alone_ms},
        {.name = "loss reports, 32 to a commit, durable", .unit = "reports/s", .value = m->reports,
            .yardstick = "the four bare rows, 32 to a commit", .yardstick_value = m->reports_plain,
            .least_value = 2000},
        {.name = "loss reports, one to a commit, durable", .unit = "reports/s", .value = m->one_report},
        {.name = "full blacklist, built and signed", .unit = "s", .value = m->list_s,
            .yardstick = "the bare rows in order", .yardstick_value = m->list_plain_s, .most_value = 2},
        {.name = "bitmap", .unit = "bytes", .value = m->bitmap_bytes,
            .yardstick = "eight bytes for each listed card", .yardstick_value = 8 * m->listed,
            .most_value = bitmap_bytes_per_card * (double)b->size.cards + BITMAP_HEADER_LEN},
        {.name = "search for doubles, all", .unit = "s", .value = m->find_s,
            .yardstick = "GROUP BY name, sex and birth alone", .yardstick_value = m->find_plain_s,
            .most_value = 600},
        {.name = "search for doubles, memory", .unit = "KB", .value = m->find_kb,
            .most_value = 4194304},
        {.name = "cards by district and coverage, all", .unit = "s", .value = m->whole.whole_s,
            .yardstick = "the bare sentences", .yardstick_value = m->whole.plain_s, .most_ratio = 3},
        {.name = "cards by district and coverage, memory", .unit = "KB", .value = m->whole.kb,
            .most_value = 131072},
        {.name = "filling", .unit = "s", .value = m->fill_s},
        {.name = "index of names and telephones", .unit = "s", .value = m->index_s},
    };
    /* clang-format on */
    return bench_report("registry", figures, sizeof figures / sizeof figures[0], b->given->json);
}

static enum err measure(struct bench *b, struct measured *m) {
    enum err err = bench_open(b);
    err = err ? err : fill(b, m);
    err = err ? err : ask_all(b, m);
    err = err ? err : list_all(b, m);
    err = err ? err : report_all(b, m);
    err = err ? err : find_all(b, m);
    bench_close(b);
    err = err ? err : bench_registry_reports(b->database, &m->whole, b->why);
    return err;
}

static void sweep(const struct bench *b) {
    static const char *const leavings[] = {"bench.db", "bench.db-wal", "bench.db-shm",
        "bench.db-journal", "bench.db-door", "bench.key", "bench.key.pub"};
    for (size_t i = 0; i < sizeof leavings / sizeof leavings[0]; i++) {
        char path[PATH_ROOM];
        if (files_join(path, b->folder, leavings[i])) {
            (void)unlink(path);
        }
    }
    (void)rmdir(b->folder);
}

static enum err check_options(const struct bench_options *given, struct why *why) {
    bool good = given->persons >= PERSONS_LEAST && given->persons <= PERSONS_MOST
                && given->questions >= QUESTIONS_LEAST && given->questions <= QUESTIONS_MOST
                && given->reports >= QUESTIONS_LEAST && given->reports <= given->persons / 4;
    return good ? OK
                : why_say(why, ERR_CONFLICT,
                    "--persons is %d to %d, --questions %d to %d, --reports %d to a quarter of the "
                    "persons",
                    PERSONS_LEAST, PERSONS_MOST, QUESTIONS_LEAST, QUESTIONS_MOST, QUESTIONS_LEAST);
}

int bench_registry_command(int argc, char **argv) {
    struct bench_options given;
    struct measured measured = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    struct bench b = {.given = &given, .why = &why};
    b.size = (struct registry_size){.persons = given.persons,
        .cards = given.persons + given.persons / 5,
        .listed = given.persons / 50,
        .seed = (uint64_t)given.seed};
    b.rng = rng_stream(b.size.seed, "bench registry", 0);
    enum err err = check_options(&given, &why);
    if (!err
        && (!files_join(b.folder, given.folder, "shebao-bench-XXXXXX") || !mkdtemp(b.folder)
            || !files_join(b.database, b.folder, "bench.db"))) {
        err = files_trouble(&why, "make a folder in", given.folder);
    }
    if (err) {
        return (int)ending_tell(err, &why);
    }
    err = measure(&b, &measured);
    sweep(&b);
    return err ? (int)ending_tell(err, &why) : tell(&b, &measured);
}

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/bench_figure.h"
#include "apps/cell_feed.h"
#include "apps/command.h"
#include "apps/rack.h"
#include "apps/vault_desk.h"
#include "card/loop/card.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "host/progress.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "ports/sim/workpiece.h"
#include "stores/sql/issuance_rows.h"
#include "stores/sql/production_rows.h"
#include "stores/sql/registry_store.h"
#include "vaults/line/vault_process.h"
#include "vaults/soft/soft_vault.h"

/* How the bench is fair: a turn is a whole run of a cell, with its test card, over a batch of its
 * own: every command of making and reading back goes through the chip's own code, every line,
 * number, card, piece and audit row is in the database, every chip is an image, and all of it is on
 * the disk at the end. The yardstick's turn writes as many images and rows of that size, and syncs
 * them, and does nothing else. Turns alternate; of each the middle one counts. CPU time is that of
 * all threads. */

struct bench_options {
    int64_t cards, rounds;
    const char *folder;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"--cards", OPTION_NUMBER, offsetof(struct bench_options, cards), NULL, "2000",
        "P10 cards of one turn", false},
    {"--rounds", OPTION_NUMBER, offsetof(struct bench_options, rounds), NULL, "3",
        "how often each side has its turn; the middle one counts", false},
    {"--folder", OPTION_PATH, offsetof(struct bench_options, folder), "DIR", "/tmp",
        "where a folder for the centre is made and removed again", false},
    OPTION_JSON(struct bench_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "bench issue",
    .help =
        "Times a production cell: P10 chips personalised and read back, with everything recorded,\n"
        "against the bare writing of as many chip images and rows.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    CARDS_LEAST = 10,
    CARDS_MOST = 100000,
    ROUNDS_MOST = 15,
    SEATS = 32, /* readers, */
    HANDS = 2,  /* and threads that attend to them, one for each core */
    REGION = 440100,
    DAY = 20031008,
    YEARS = 10,
    OPEN_FOLDERS = 16,
    ROWS_OF_A_CARD = 6, /* line, number, piece, card, its audit row, its place in the indexes */
    BARE_GROUP = CELL_CARDS_AT_ONCE,
    NAME_ROOM = 64,
};
#define POINT "440100-01"
static const double cards_target = 2000; /* a second, on two cores */
static const char seed[] = "1";

struct bench {
    const struct bench_options *given;
    char folder[PATH_ROOM], database[PATH_ROOM], chips[PATH_ROOM];
    struct db db;
    struct registry_rows *rows;
    struct registry_store registry;
    struct issuance_store issuance;
    struct production_store production;
    struct vault here[HANDS];  /* in this process */
    struct vault lines[HANDS]; /* to the vault's own */
    struct issuer issuer;
    struct why *why;
};

/* One turn. */
struct turn {
    double seconds, cpu;
};

struct measured {
    struct turn cell[ROUNDS_MOST], line[ROUNDS_MOST], bare[ROUNDS_MOST];
};

/* --- the centre ------------------------------------------------------------------------------ */

/* Vaults first: the process is made by fork(). */
static enum err bench_open(struct bench *b) {
    enum err err = vault_desk_seed(1, REGION, b->lines, HANDS, b->why);
    for (unsigned i = 0; !err && i < HANDS; i++) {
        err = soft_vault_open_rehearsal(seed, REGION, &b->here[i], b->why);
    }
    err = err ? err : db_open(&b->db, b->database, b->why);
    err = err ? err : db_sync_seldom(&b->db, b->why);
    err = err ? err : registry_rows_open(&b->rows, &b->db, b->why);
    if (!err) {
        b->registry = registry_store_of(b->rows);
        err = registry_found(&b->registry, true, b->why);
    }
    err = err ? err : issuance_rows_open(&b->db, &b->issuance, b->why);
    err = err ? err : production_rows_open(&b->db, &b->production, b->why);
    return err ? err
               : db_run(&b->db, "CREATE TABLE bare (id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
                   b->why);
}

/* Those that were opened. */
static void vaults_close(struct vault vaults[HANDS]) {
    for (unsigned i = 0; i < HANDS; i++) {
        if (vaults[i].close) {
            vaults[i].close(vaults[i].self);
        }
    }
}

/* Sentences before the database that they were prepared on. */
static void bench_close(struct bench *b) {
    vaults_close(b->here);
    vaults_close(b->lines);
    production_rows_close(&b->production);
    issuance_rows_close(&b->issuance);
    registry_rows_close(b->rows);
    db_close(&b->db);
}

/* Invented people, with numbers of regions that do not exist. */
static enum err add_people(struct bench *b, int64_t first, int64_t count) {
    static const char *const sentence[1] = {
        "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, address, "
        "postcode, phone, mobile, employer, employer_name) VALUES (?1, ?2, '样本持卡人', 2, 1, "
        "19800101, 440102, '11', '广州市越秀区', '510030', '020-80000000', '', '', '')"};
    struct prepared *add[1] = {NULL};
    enum err err = db_prepare(&b->db, sentence, 1, add, b->why);
    for (int64_t id = first; !err && id < first + count; id++) {
        struct say s = say(add[0]);
        say_int(&s, id);
        say_int(&s,
            (990101 + id / 1000) * INT64_C(100000000000) + INT64_C(19800101) * 1000 + id % 1000);
        err = say_done(&s, b->why);
    }
    db_finalize(add, 1);
    return err;
}

/* Made and audited, one for each person. */
static enum err add_applications(struct bench *b, int64_t first, int64_t count) {
    enum err err = OK;
    for (int64_t id = first; !err && id < first + count; id++) {
        struct application a = {.person = id, .kind = APPLY_NEW, .day = DAY, .point = POINT};
        err = application_make(&b->issuance, &a, "point", b->why);
        err = err ? err : application_answer(&b->issuance, a.id, AUDIT_PASSED, "approver", b->why);
    }
    return err;
}

/* A batch of its own for each turn, with its maker. */
static enum err make_batch(struct bench *b, int64_t turn, int64_t *batch) {
    int64_t first = turn * b->given->cards + 1;
    struct batch_rules rules = {.lines_max = (int32_t)b->given->cards, .box_cards = 250};
    struct batch made = {.point = POINT, .day = DAY};
    int32_t lines = 0;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, &b->issuance, b->why);
    err = err ? err : add_people(b, first, b->given->cards);
    err = err ? err : add_applications(b, first, b->given->cards);
    err = err ? err : batch_make(&b->issuance, &rules, "maker", &made, &lines, b->why);
    err = err ? err : batch_step(&b->issuance, made.id, BATCH_APPROVE, "approver", b->why);
    err = err ? err : batch_step(&b->issuance, made.id, BATCH_TO_MAKER, "maker", b->why);
    *batch = made.id;
    return err ? err : work_commit(&work, b->why);
}

/* --- a turn ---------------------------------------------------------------------------------- */

/* Seconds of processor, of this process with its threads and of the vault's. */
static double cpu_now(const struct bench *b) {
    struct rusage used;
    struct timespec vault = {.tv_sec = 0};
    clockid_t of_vault;
    (void)getrusage(RUSAGE_SELF, &used);
    if (clock_getcpuclockid(vault_process_id(&b->lines[0]), &of_vault) == 0) {
        (void)clock_gettime(of_vault, &vault);
    }
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + vault.tv_sec)
           + 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)
           + 1e-9 * (double)vault.tv_nsec;
}

/* Everything of this folder's disk is on it. */
static enum err settle(const struct bench *b) {
    int fd = open(b->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = fd >= 0 && syncfs(fd) == 0 ? OK : files_trouble(b->why, "sync", b->folder);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* Both clocks, now. */
static void turn_began(const struct bench *b, struct turn *t) {
    *t = (struct turn){.seconds = (double)clock_ns() * 1e-9, .cpu = cpu_now(b)};
}

/* What they say more than at the beginning. */
static void turn_ended(const struct bench *b, struct turn *t) {
    *t = (struct turn){
        .seconds = (double)clock_ns() * 1e-9 - t->seconds, .cpu = cpu_now(b) - t->cpu};
}

/* A run as production start and production run make it. */
static enum err run_cell(struct bench *b, struct cell *cell, int64_t batch) {
    struct production_run run = {
        .batch = batch, .machine = "bench", .officer = "maker", .second = "approver"};
    struct production_counts counts = {.received = 0};
    enum err err = cell_begin(cell, &run, b->why);
    err = err ? err : cell_test(cell, &run, b->why);
    err = err ? err : cell_make(cell, &run, b->why);
    err = err ? err : cell_end(cell, &run, &counts, b->why);
    if (!err && counts.by[PIECE_PASSED] != b->given->cards) {
        err = why_say(b->why, ERR_CONFLICT, "%" PRId64 " of %" PRId64 " cards are good",
            counts.by[PIECE_PASSED], b->given->cards);
    }
    return err;
}

/* The batch is made before the clock runs. */
static enum err cell_turn(
    struct bench *b, const struct vault vaults[HANDS], int64_t turn, struct turn *t) {
    const struct cell_feed_order order = {.dir = b->folder, .region = REGION, .seats = SEATS};
    struct cell_feed feed = {.self = NULL};
    struct cell cell = {.store = &b->issuance,
        .registry = &b->registry,
        .production = &b->production,
        .feed = &feed,
        .issuer = &b->issuer,
        .seats = SEATS,
        .hands = HANDS};
    int64_t batch = 0;
    for (unsigned i = 0; i < HANDS; i++) {
        cell.vaults[i] = &vaults[i];
    }
    enum err err = make_batch(b, turn, &batch);
    err = err ? err : cell_feed_open(&order, &feed, b->why);
    err = err ? err : settle(b); /* what the batch left to write is not the cell's */
    turn_began(b, t);
    err = err ? err : run_cell(b, &cell, batch);
    err = err ? err : settle(b);
    turn_ended(b, t);
    cell_feed_close(&feed);
    return err;
}

/* As many rows as a card has, each as long as those of a cell. */
static enum err bare_rows(struct bench *b, struct prepared *add, int64_t from, int64_t count) {
    static const char words[] =
        "B00000019 8684440100000001 4401000000000000000000000000000 maker 20031008 20131008 line 1";
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, &b->db, b->why);
    for (int64_t i = 0; !err && i < count * ROWS_OF_A_CARD; i++) {
        struct say s = say(add);
        say_int(&s, from * ROWS_OF_A_CARD + i);
        say_text(&s, words);
        err = say_done(&s, b->why);
    }
    return err ? err : tx_commit(&tx, b->why);
}

/* Empty chips, written as the cell writes cards. */
static enum err bare_images(struct bench *b, struct workpiece *piece, int64_t from, int64_t count) {
    enum err err = OK;
    for (int64_t i = from; !err && i < from + count; i++) {
        char path[PATH_ROOM];
        char name[NAME_ROOM];
        (void)snprintf(name, sizeof name, "bare-%" PRId64 ".chip", i);
        bool fits = files_join(path, b->chips, name);
        err = fits ? workpiece_keep(piece, path, b->why)
                   : why_say(b->why, ERR_INVALID, "the path of %s is too long", name);
    }
    return err;
}

/* In groups as large as the cell's. */
static enum err bare_turn(struct bench *b, int64_t turn, struct turn *t) {
    static const char *const sentence[1] = {"INSERT INTO bare (id, words) VALUES (?1, ?2)"};
    struct prepared *add[1] = {NULL};
    struct workpiece *piece = NULL;
    const int64_t first = turn * b->given->cards;
    enum err err = workpiece_open(RACK_CHIP_SIZE, &piece, b->why);
    err = err ? err : db_prepare(&b->db, sentence, 1, add, b->why);
    turn_began(b, t);
    for (int64_t done = 0; !err && done < b->given->cards; done += BARE_GROUP) {
        int64_t left = b->given->cards - done;
        int64_t part = left < BARE_GROUP ? left : BARE_GROUP;
        err = bare_images(b, piece, first + done, part);
        err = err ? err : bare_rows(b, add[0], first + done, part);
    }
    err = err ? err : settle(b);
    turn_ended(b, t);
    db_finalize(add, 1);
    workpiece_close(piece);
    return err;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Turn and turn about, so that all meet the same neighbours. */
static enum err measure(struct bench *b, struct measured *m) {
    struct progress progress = progress_begin(
        "turns", "turns", 3 * (uint64_t)b->given->rounds, b->given->json);
    enum err err = OK;
    int64_t turn = 0;
    for (int64_t i = 0; !err && i < b->given->rounds; i++) {
        err = cell_turn(b, b->here, turn++, &m->cell[i]);
        err = err ? err : bare_turn(b, i, &m->bare[i]);
        err = err ? err : cell_turn(b, b->lines, turn++, &m->line[i]);
        progress_at(&progress, 3 * (uint64_t)(i + 1));
    }
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

/* For the middle one by the clock. */
static int by_seconds(const void *a, const void *b) {
    const struct turn *x = a;
    const struct turn *y = b;
    return x->seconds < y->seconds ? -1 : x->seconds > y->seconds;
}

/* ... and by the processor. */
static int by_cpu(const void *a, const void *b) {
    const struct turn *x = a;
    const struct turn *y = b;
    return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* The middle turn's cards a second of the clock, or a second of one core. */
static double middle(const struct bench *b, struct turn *turns, bool cpu) {
    qsort(turns, (size_t)b->given->rounds, sizeof *turns, cpu ? by_cpu : by_seconds);
    const struct turn *t = &turns[b->given->rounds / 2];
    double seconds = cpu ? t->cpu : t->seconds;
    return seconds > 0 ? (double)b->given->cards / seconds : 0;
}

/* Only the first figure has a target. */
static int report(const struct bench *b, struct measured *m) {
    static const char yardstick[] = "bare writing of as many images and rows, synced";
    const struct bench_figure figures[] = {
        {.name = "P10 cards made, read back and recorded, 32 seats in two threads",
         .unit = "cards/s",
         .yardstick = yardstick,
         .value = middle(b,      m->cell, false),
         .yardstick_value = middle(b,                      m->bare, false),
         .least_value = cards_target},
        {.name = "the same for each second of a core",
         .unit = "cards/s",
         .yardstick = yardstick,
         .value = middle(b, m->cell,               true),
         .yardstick_value = middle(b,  m->bare,                               true)                            },
        {.name = "the same with the vault in a process of its own",
         .unit = "cards/s",
         .yardstick = yardstick,
         .value = middle(b, m->line,               false),
         .yardstick_value = middle(b, m->bare,                               false)                             },
        {.name = "that for each second of a core, the vault's among them",
         .unit = "cards/s",
         .yardstick = yardstick,
         .value = middle(b, m->line,               true),
         .yardstick_value = middle(b,  m->bare,                               true)                            },
    };
    return bench_report("issue", figures, sizeof figures / sizeof figures[0], b->given->json);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* A bench that measures nothing, or for ever, is refused. */
static enum err check_options(const struct bench_options *given, struct why *why) {
    if (given->cards < CARDS_LEAST || given->cards > CARDS_MOST) {
        return why_say(why, ERR_CONFLICT, "--cards is %d to %d", CARDS_LEAST, CARDS_MOST);
    }
    return given->rounds >= 1 && given->rounds <= ROUNDS_MOST
               ? OK
               : why_say(why, ERR_CONFLICT, "--rounds is 1 to %d", ROUNDS_MOST);
}

/* A folder of its own, with the folder of chips that a centre has. */
static enum err make_folder(struct bench *b) {
    if (!files_join(b->folder, b->given->folder, "shebao-bench-XXXXXX") || !mkdtemp(b->folder)) {
        return files_trouble(b->why, "make a folder in", b->given->folder);
    }
    bool good = files_join(b->database, b->folder, "city.db");
    (void)centre_path(b->chips, b->folder, CENTRE_CHIPS);
    return good && mkdir(b->chips, S_IRWXU) == 0 ? OK : files_trouble(b->why, "make", b->chips);
}

int bench_issue_command(int argc, char **argv) {
    struct bench_options given;
    struct why why = {0};
    struct measured m = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    struct bench b = {.given = &given, .issuer = issuer_of(REGION, DAY, YEARS), .why = &why};
    enum err err = check_options(&given, &why);
    err = err ? err : make_folder(&b);
    err = err ? err : bench_open(&b);
    err = err ? err : measure(&b, &m);
    bench_close(&b);
    if (b.folder[0]) {
        (void)nftw(b.folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    }
    return err ? (int)ending_tell(err, &why) : report(&b, &m);
}

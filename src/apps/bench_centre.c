#include "apps/bench_centre.h"

#include <assert.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/bench_day.h"
#include "apps/bench_figure.h"
#include "apps/bench_sqlite.h"
#include "apps/day_parts.h"
#include "apps/vault_desk.h"
#include "base/hex.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/progress.h"

/* How it is fair: everything that a centre's day needs is in the time, from the files in their folder to
 * a closed and proven day: the register drawn from the store, every rule, one posting a card, sums, audit,
 * payout list, bank file, and the proof, which makes each TAC a second time. */

enum { REGION = 440100, WORKERS = 4, BANK_DIGITS = 16 };

struct centre_bench {
    const struct bench_centre_order *given;
    struct bench_day day;
    struct vault lines[WORKERS];
    char folder[256], dir[288];
    struct parts_taken taken;
    struct parts_proof proof;
    double take_seconds, close_seconds, prove_seconds, sqlite_rate;
};

/* --- the centre ---------------------------------------------------------------------------- */

enum sentence { CARD, ACCOUNT, POSTING, ENTRY, LISTED, SENTENCES };
static const char *const sentences[SENTENCES] = {
    [CARD] = "INSERT INTO card (number, factor, identification, person, life, batch, issued, "
             "valid_until) VALUES (?1, ?2, ?3, 1, 1, 1, 20030901, 20130901)",
    [ACCOUNT] = "INSERT INTO account (kind, owner, fen) VALUES (?1, ?2, ?3) RETURNING id",
    [POSTING] = "INSERT INTO posting (number, day) VALUES (?1, 20031007) RETURNING id",
    [ENTRY] = "INSERT INTO entry (posting, place, account, fen) VALUES (?1, ?2, ?3, ?4)",
    [LISTED] = "INSERT INTO blacklist (card, factor, added, reason, day, time) "
               "VALUES (?1, ?2, 1, 1, 20031008, 120000)",
};

/* Somebody who has all cards, and limits that an honest day of the bench keeps. */
static const char beginning[] =
    "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, address, "
    "postcode, phone, mobile, employer, employer_name) VALUES "
    "(1, 44010119900101001, '示例', 1, 1, 19900101, 440104, '', '', '', '', '', '', '');"
    "INSERT INTO parameter (name, valid_from, value, who) VALUES "
    "('offline-purchase-fen', 20031002, 100000, 'head'), "
    "('offline-day-fen', 20031002, 5000000, 'head'), "
    "('offline-card-day-fen', 20031002, 400000, 'head'), "
    "('offline-in-row', 20031002, 100, 'head')";

static enum err add_account(struct prepared **prepared, enum account_kind kind, const char *of,
    int64_t fen, int64_t *id, struct why *why) {
    struct say s = say(prepared[ACCOUNT]);
    say_int(&s, kind);
    say_text(&s, of);
    say_int(&s, fen);
    return say_added(&s, id, why);
}

static enum err add_entry(struct prepared **prepared, int64_t posting, const struct account *of,
    int64_t place, struct why *why) {
    struct say s = say(prepared[ENTRY]);
    say_int(&s, posting);
    say_int(&s, place);
    say_int(&s, of->id);
    say_int(&s, of->fen);
    return say_done(&s, why);
}

/* What was paid in from outside on the day before. */
static enum err add_money(struct prepared **prepared, const struct register_card *card,
    int64_t funding, struct why *why) {
    struct account_name name = account_of_card(card->factor);
    struct account from = {.id = funding, .fen = -card->fen}, to = {.fen = card->fen};
    char number[POSTING_NUMBER_LEN + 1];
    int64_t posting = 0;
    enum err err = add_account(prepared, ACCOUNT_CARD, name.of, card->fen, &to.id, why);
    if (err || card->fen == 0) {
        return err;
    }
    struct say s = say(prepared[POSTING]);
    (void)snprintf(number, sizeof number, "opening %s", name.of);
    say_text(&s, number);
    err = say_added(&s, &posting, why);
    err = err ? err : add_entry(prepared, posting, &from, 1, why);
    return err ? err : add_entry(prepared, posting, &to, 2, why);
}

static enum err add_card(struct prepared **prepared, uint64_t n, const struct register_card *card,
    int64_t funding, struct why *why) {
    char number[24], identification[40];
    struct bytes factor = bytes_of(card->factor, FACTOR_LEN);
    struct say s = say(prepared[CARD]);
    (void)snprintf(number, sizeof number, "B%08" PRIu64, n);
    (void)snprintf(identification, sizeof identification, "%032" PRIu64, n);
    say_text(&s, number);
    say_blob(&s, factor);
    say_text(&s, identification);
    enum err err = say_done(&s, why);
    if (!err && card->listed_from != 0) {
        s = say(prepared[LISTED]);
        say_text(&s, number);
        say_blob(&s, factor);
        err = say_done(&s, why);
    }
    return err ? err : add_money(prepared, card, funding, why);
}

static enum err add_cards(
    struct centre_bench *b, struct day_desk *desk, struct prepared **prepared, struct why *why) {
    const struct bench_day *day = &b->day;
    struct progress bar = progress_begin("centre", "cards", day->cards, b->given->json);
    int64_t funding = 0, all = 0;
    for (uint64_t i = 0; i < day->cards; i++) {
        all += day->city.cards[i].fen;
    }
    enum err err = db_run(&desk->city.db, beginning, why);
    err = err ? err : add_account(prepared, ACCOUNT_FUNDING, "", -all, &funding, why);
    for (uint64_t i = 0; !err && i < day->cards; i++) {
        err = add_card(prepared, i, &day->city.cards[i], funding, why);
        progress_at(&bar, i);
    }
    progress_abandon(&bar);
    return err;
}

static enum err add_sellers(struct centre_bench *b, struct day_desk *desk, struct why *why) {
    const struct day_register *city = &b->day.city;
    const struct clearing *c = &desk->clearing;
    enum err err = OK;
    for (size_t i = 0; !err && i < city->institution_count; i++) {
        struct institution of = {.name = "演练机构"};
        (void)snprintf(of.code, sizeof of.code, "%s", city->institutions[i].code);
        (void)snprintf(of.bank_account, sizeof of.bank_account, "%0*zu", (int)BANK_DIGITS, i);
        err = institution_register(c, &of, "clearer", why);
    }
    for (size_t i = 0; !err && i < city->terminal_count; i++) {
        const struct register_terminal *t = &city->terminals[i];
        struct terminal_row row = {.stopped = false};
        (void)memcpy(row.number, t->number, TERMINAL_LEN);
        (void)snprintf(
            row.institution, sizeof row.institution, "%s", city->institutions[t->institution].code);
        err = terminal_register(c, &row, "clearer", why);
    }
    return err;
}

/* Everything but the day itself, in one transaction. */
static enum err fill(struct centre_bench *b, struct day_desk *desk, struct why *why) {
    struct prepared *prepared[SENTENCES] = {NULL};
    CLEARING_SCOPE(scope);
    enum err err = db_prepare(&desk->city.db, sentences, SENTENCES, prepared, why);
    err = err ? err : clearing_begin(&scope, &desk->store, why);
    err = err ? err : add_cards(b, desk, prepared, why);
    err = err ? err : add_sellers(b, desk, why);
    err = err ? err : day_begin(&desk->clearing, BENCH_DAY, why);
    err = err ? err : clearing_commit(&scope, why);
    db_finalize(prepared, SENTENCES);
    return err;
}

/* The directory and its database first: a centre that has files and no database is a broken one. */
static enum err make(struct centre_bench *b, struct why *why) {
    struct centre_file file = {.name = "测速",
        .region = "440100",
        .rehearsal = true,
        .keys = KEYS_IN_SEED,
        .seed = (uint64_t)b->given->seed,
        .date = BENCH_DAY};
    DAY_DESK_SCOPE(desk);
    (void)snprintf(b->day.folder, sizeof b->day.folder, "%.240s/uploads", b->dir);
    b->day.purchases = (uint64_t)b->given->purchases;
    b->day.cards = (uint64_t)b->given->cards;
    b->day.seed = (uint64_t)b->given->seed;
    enum err err = centre_make(b->dir, &file, why);
    err = err ? err : day_desk_open(&desk, b->dir, false, why);
    err = err ? err : bench_day_make(&b->day, b->lines, WORKERS, why);
    return err ? err : fill(b, &desk, why);
}

/* --- the day ------------------------------------------------------------------------------- */

static void tell_progress(void *cookie, uint64_t records) {
    progress_at(cookie, records);
}

static enum err take(struct centre_bench *b, struct day_desk *desk, struct why *why) {
    struct progress bar = progress_begin("books", "records", b->day.purchases, b->given->json);
    const struct parts_taking order = {.c = &desk->clearing,
        .parts = &desk->parts,
        .folder = desk->segment_dir,
        .files = b->day.files,
        .file_count = b->day.file_count,
        .vaults = b->lines,
        .workers = WORKERS,
        .cookie = &bar,
        .told = tell_progress};
    uint64_t began_ns = clock_ns();
    enum err err = day_parts_begin(desk, why);
    err = err ? err : parts_take(&order, &b->taken, why);
    b->take_seconds = clock_seconds_since(began_ns);
    progress_abandon(&bar);
    return err;
}

static enum err close_and_prove(struct centre_bench *b, struct day_desk *desk, struct why *why) {
    const struct day_order order = {BENCH_DAY, "clearer", desk->bank_dir};
    struct day_proof proof;
    uint64_t began_ns = clock_ns();
    enum err err = day_run(&desk->clearing, &order, "approver", why);
    b->close_seconds = clock_seconds_since(began_ns);
    err = err ? err : day_parts_prove(desk, BENCH_DAY, NULL, &proof, why);
    b->prove_seconds = clock_seconds_since(began_ns) - b->close_seconds;
    if (!err && (proof.differences.count > 0 || proof.records != (uint64_t)b->given->purchases)) {
        return why_say(why, ERR_CONFLICT, "the day is not proven: %s; tell the makers",
            proof.differences.count > 0 ? proof.differences.named[0] : "records are missing");
    }
    return err;
}

static enum err measure(struct centre_bench *b, struct why *why) {
    char path[PATH_ROOM];
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, b->dir, false, why);
    desk.clearing.vault = b->lines;
    err = err ? err : take(b, &desk, why);
    err = err ? err : close_and_prove(b, &desk, why);
    (void)snprintf(path, sizeof path, "%s/yardstick.db", b->folder);
    return err ? err : bench_sqlite_rate(path, b->given->rows, &b->sqlite_rate, why);
}

static int report(const struct centre_bench *b) {
    double total = b->take_seconds + b->close_seconds + b->prove_seconds;
    double rate = (double)b->given->purchases / total;
    const struct bench_figure figures[] = {
        {.name = "purchases from upload to a centre's closed and proven day",
         .unit = "purchases/s",
         .yardstick = "bare SQLite, rows in the order of the key",
         .value = rate,
         .yardstick_value = b->sqlite_rate},
        {.name = "purchases from upload into a centre's books",
         .unit = "purchases/s",
         .yardstick = "bare SQLite, rows in the order of the key",
         .value = (double)b->given->purchases / b->take_seconds,
         .yardstick_value = b->sqlite_rate},
    };
    (void)fprintf(stderr,
        "bench clear --centre: taken in %.2f s (register %.2f, day %.2f, books %.2f), closed in "
        "%.2f s, proven in %.2f s\n",
        b->take_seconds, b->taken.seconds[0], b->taken.seconds[1], b->taken.seconds[2],
        b->close_seconds, b->prove_seconds);
    return bench_report("clear", figures, sizeof figures / sizeof figures[0], b->given->json);
}

/* --- the bench ----------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)at;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static enum err make_folder(struct centre_bench *b, struct why *why) {
    if (b->given->leave) {
        bool fits = strlen(b->given->leave) < sizeof b->folder - 16;
        (void)snprintf(b->dir, sizeof b->dir, "%s", fits ? b->given->leave : "");
        return fits ? OK : why_say(why, ERR_CONFLICT, "--leave has too long a name");
    }
    int len = snprintf(b->folder, sizeof b->folder, "%s/shebao-bench-XXXXXX", b->given->folder);
    if (len < 0 || (size_t)len >= sizeof b->folder || !mkdtemp(b->folder)) {
        b->folder[0] = '\0';
        return files_trouble(why, "make a folder in", b->given->folder);
    }
    (void)snprintf(b->dir, sizeof b->dir, "%s/centre", b->folder);
    return OK;
}

/* Everything of the day but its files. */
static void leave_day(struct bench_day *day) {
    for (size_t i = 0; day->paths && i < day->file_count; i++) {
        day->paths[i][0] = '\0'; /* a name that removes nothing */
    }
    bench_day_free(day);
}

static enum err run(struct centre_bench *b, struct why *why) {
    enum err err = vault_desk_seed((uint64_t)b->given->seed, REGION, b->lines, WORKERS, why);
    err = err ? err : make_folder(b, why);
    err = err ? err : make(b, why);
    return err || b->given->leave ? err : measure(b, why);
}

int bench_centre(const struct bench_centre_order *given) {
    enum { OPEN_FILES = 16 };
    struct centre_bench *b = calloc(1, sizeof *b);
    struct why why = {0};
    int status = 0;
    assert(given->purchases > 0);
    if (!b) {
        return (int)ending_tell(why_say(&why, ERR_OUTSIDE, "no memory for a bench"), &why);
    }
    b->given = given;
    enum err err = run(b, &why);
    leave_day(&b->day);
    for (size_t i = 0; i < WORKERS; i++) {
        if (b->lines[i].close) {
            b->lines[i].close(b->lines[i].self);
        }
    }
    if (b->folder[0] != '\0') {
        (void)nftw(b->folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    }
    if (err) {
        status = (int)ending_tell(err, &why);
    } else if (given->leave) {
        (void)printf("%s is a centre with %" PRId64 " purchases in %s/uploads.\nNext: shebao day "
                     "intake %s/uploads --data %s\n",
            given->leave, given->purchases, given->leave, given->leave, given->leave);
    } else {
        status = report(b);
    }
    free(b);
    return status;
}

/* bench chip: how fast the chip of this program is, alone and in a reader, and what it wears. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apps/bench_chip_cards.h"
#include "apps/bench_chip_line.h"
#include "apps/bench_chip_wear.h"
#include "apps/bench_figure.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "ports/sim/engine_openssl.h"

/* How the bench is fair: all sides run in turns and the fastest turn of each counts, for other
 * programs can only slow a turn down. What is promised for one core is measured in the time that a
 * core gave to this program. Cards are renewed between turns, off the clock. Whatever a card
 * answers is looked at: one refusal ends the bench. */

enum { ROUNDS_MOST = 1000, BURST = 500, FIGURES_MOST = 32, NAME_ROOM = 96 };
static const double turn_seconds = 0.25;
static const double purchases_target = 100000, pairs_target = 2000000, line_target = 0.9;
static const double years_target = 10; /* as long as a card is valid */

struct bench_options {
    int64_t seed, rounds;
    bool no_line, json;
};

static const struct option options[] = {
    {"--seed",    OPTION_NUMBER, offsetof(struct bench_options, seed),    NULL, "1",
     "what the test keys come from",                                                   false},
    {"--rounds",  OPTION_NUMBER, offsetof(struct bench_options, rounds),  NULL, "5",
     "turns of each side; the fastest counts",                                         false},
    {"--no-line", OPTION_FLAG,   offsetof(struct bench_options, no_line), NULL, NULL,
     "leaves the PC/SC reader out, which needs pcscd, vsmartcard-vpcd and namespaces", false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench chip",
    .help = "Times purchases and reads of the chip in this program, and its commands through a "
            "pcscd of its own beside a card that answers 9000 to everything; counts the pages that "
            "each command programs, its time on a 3 ms page at 38,400 bit/s, and the years until "
            "500,000 cycles.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* --- turns ------------------------------------------------------------------------------------- */

/* One deed that is done again and again. */
struct side {
    const struct engine *engine;
    enum err (*enter)(struct bench_cards *cards, struct why *why); /* before each turn */
    enum err (*deed)(struct bench_cards *cards, struct why *why);
    double best; /* deeds a second */
};

/* One line to the card that must end with 9000 and bring `expected` bytes. */
static enum err say(
    struct bench_cards *cards, struct bytes line, size_t expected, struct why *why) {
    struct reply reply;
    const struct reader *card = &cards->card.reader;
    enum err err = card->exchange(card->self, line, &reply, why);
    if (!err && (reply.sw != SW_OK || reply.len != expected)) {
        return why_say(why, ERR_CONFLICT, "%02X%02X: card answered %zu bytes and %04X", line.at[0],
            line.at[1], reply.len, (unsigned)reply.sw);
    }
    return err;
}

/* SELECT EF05 of DF01, READ RECORD 2: 64 bytes that only the holder's PIN opens. */
static enum err read_pair(struct bench_cards *cards, struct why *why) {
    static const uint8_t select[] = {0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x05};
    static const uint8_t read[] = {0x00, 0xB2, 0x02, 0x04, 0x40};
    enum err err = say(cards, bytes_of(select, sizeof select), 0, why);
    return err ? err : say(cards, bytes_of(read, sizeof read), 0x40, why);
}

/* The same with the way there in front of it: SELECT DF01 by its identifier. Whoever comes from
 * there has lost nothing, for the PIN is that of the directory above. */
static enum err read_from_afar(struct bench_cards *cards, struct why *why) {
    static const uint8_t select[] = {
        0x00, 0xA4, 0x04, 0x0C, 0x06, 0xD1, 0x56, 0x00, 0x00, 0x05, 0x00};
    static const uint8_t read[] = {0x00, 0xB2, 0x02, 0x2C, 0x40};
    enum err err = say(cards, bytes_of(select, sizeof select), 0, why);
    return err ? err : say(cards, bytes_of(read, sizeof read), 0x40, why);
}

enum side_name { SIDE_BUY, SIDE_BUY_PLAIN, SIDE_READ, SIDE_READ_AFAR, SIDES };

/* Seconds that a core has worked for this thread. */
static double core_seconds(void) {
    struct timespec now = {0};
    int rc = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    assert(rc == 0);
    (void)rc;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum err take_turn(struct side *side, struct bench_cards *cards, struct why *why) {
    unsigned done = 0;
    double seconds = 0;
    engine_use(side->engine);
    enum err err = side->enter(cards, why);
    double began = core_seconds();
    while (
        !err && seconds < turn_seconds && cards->bought < BENCH_PURCHASES_MOST - (unsigned)BURST) {
        for (unsigned i = 0; i < BURST && !err; i++) {
            err = side->deed(cards, why);
        }
        done += BURST;
        seconds = core_seconds() - began;
    }
    double rate = seconds > 0 ? done / seconds : 0;
    side->best = rate > side->best ? rate : side->best;
    return err;
}

static enum err enter_df01(struct bench_cards *cards, struct why *why) {
    enum err err = bench_cards_renew(cards, why);
    return err ? err : bench_enter_df01(cards, why);
}

static enum err take_turns(const struct bench_options *given, struct bench_cards *cards,
    struct side sides[SIDES], struct why *why) {
    uint64_t turns = (uint64_t)given->rounds * SIDES;
    struct progress progress = progress_begin("bench chip", "turns", turns, given->json);
    enum err err = OK;
    for (uint64_t i = 0; !err && i < turns; i++) {
        err = take_turn(&sides[i % SIDES], cards, why);
        progress_at(&progress, i + 1);
    }
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err;
}

/* --- the figures ------------------------------------------------------------------------------- */

struct figures {
    struct bench_figure list[FIGURES_MOST];
    size_t count;
    char names[FIGURES_MOST][NAME_ROOM];
};

/* A figure of one deed; what it promises is the caller's to say. */
static struct bench_figure *add_of(
    struct figures *f, const char *deed, const char *what, const char *unit, double value) {
    assert(f->count < FIGURES_MOST);
    char *name = f->names[f->count];
    struct bench_figure *figure = &f->list[f->count++];
    (void)snprintf(name, NAME_ROOM, "%s: %s", deed, what);
    *figure = (struct bench_figure){.name = name, .unit = unit, .value = value};
    return figure;
}

static void add_wear(struct figures *f, const struct bench_wear_row rows[BENCH_WEAR_ROWS]) {
    for (size_t i = 0; i < BENCH_WEAR_ROWS; i++) {
        const struct bench_wear_row *row = &rows[i];
        struct bench_figure *most = add_of(
            f, row->name, "pages programmed at most", "pages", row->most);
        most->yardstick = "on average";
        most->yardstick_value = row->programs;
        most->most_value = row->limit;
        (void)add_of(f, row->name, "line and memory", "ms", row->ms);
        if (row->years > 0) {
            struct bench_figure *years = add_of(
                f, row->name, "until 500,000 cycles at 20 a day", "years", row->years);
            years->least_value = years_target;
        }
    }
}

static void add_speed(struct figures *f, const struct side sides[SIDES]) {
    f->list[f->count++] = (struct bench_figure){
        .name = "whole purchases with the host's DES, one core",
        .unit = "purchases/s",
        .yardstick = "the same with the chip's own DES",
        .value = sides[SIDE_BUY].best,
        .yardstick_value = sides[SIDE_BUY_PLAIN].best,
        .least_value = purchases_target,
    };
    f->list[f->count++] = (struct bench_figure){
        .name = "SELECT and READ RECORD of a file behind the PIN, one core",
        .unit = "pairs/s",
        .yardstick = "SELECT of the directory by name instead of the file",
        .value = sides[SIDE_READ].best,
        .yardstick_value = sides[SIDE_READ_AFAR].best,
        .least_value = pairs_target,
    };
}

static enum err add_line(const struct bench_options *given, struct figures *f, struct why *why) {
    struct bench_line line = {0};
    enum err err = bench_line_measure((unsigned)given->rounds, &line, why);
    f->list[f->count++] = (struct bench_figure){
        .name = "SELECT and READ RECORD through pcscd",
        .unit = "commands/s",
        .yardstick = "a card that answers 9000 to everything",
        .value = line.chip,
        .yardstick_value = line.echo,
        .least_ratio = line_target,
    };
    return err;
}

static enum err measure(const struct bench_options *given, struct figures *f, struct why *why) {
    struct side sides[SIDES] = {
        [SIDE_BUY] = {&engine_openssl, bench_cards_renew, bench_buy,      0},
        [SIDE_BUY_PLAIN] = {&engine_plain,   bench_cards_renew, bench_buy,      0},
        [SIDE_READ] = {&engine_plain,   enter_df01,        read_pair,      0},
        [SIDE_READ_AFAR] = {&engine_plain,   enter_df01,        read_from_afar, 0},
    };
    struct bench_wear_row rows[BENCH_WEAR_ROWS] = {{0}};
    struct bench_cards *cards = calloc(1, sizeof *cards);
    if (!cards) {
        return why_say(why, ERR_OUTSIDE, "no memory for two chips; end other programs");
    }
    enum err err = bench_cards_open((uint64_t)given->seed, cards, why);
    err = err ? err : take_turns(given, cards, sides, why);
    err = err ? err : bench_wear_measure(cards, rows, why);
    bench_cards_close(cards);
    free(cards);
    add_speed(f, sides);
    add_wear(f, rows);
    return err || given->no_line ? err : add_line(given, f, why);
}

int bench_chip_command(int argc, char **argv) {
    struct bench_options given;
    struct figures figures = {.count = 0};
    struct why why = {{0}};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = given.rounds >= 1 && given.rounds <= ROUNDS_MOST
                       ? OK
                       : why_say(&why, ERR_CONFLICT, "--rounds is 1 to %d", (int)ROUNDS_MOST);
    err = err ? err : measure(&given, &figures, &why);
    return err ? (int)ending_tell(err, &why)
               : bench_report("chip", figures.list, figures.count, given.json);
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/bench_figure.h"
#include "apps/bench_plain.h"
#include "apps/bench_turns.h"
#include "apps/bench_ways.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/rng.h"

/* How the bench is fair: all sides check the TACs of the same purchases, of as many cards, and know
 * the city's key alone: the card's key from its factor (under 3DES its halves folded) and the MAC of
 * the padded message. OpenSSL has the city's key schedules ready; ours go through the vault's
 * process as the clearing's do. What the vaults made in the end is compared with what single
 * requests give. */

struct bench_options {
    int64_t records, rounds, wait, seed;
    bool json;
};

static const struct option options[] = {
    {"--records", OPTION_NUMBER, offsetof(struct bench_options, records), NULL, "32768",
     "purchases in one batch, of a card each",                       false},
    {"--rounds",  OPTION_NUMBER, offsetof(struct bench_options, rounds),  NULL, "21",
     "how often each side has a turn; the third fastest counts",     false},
    {"--wait",    OPTION_NUMBER, offsetof(struct bench_options, wait),    NULL, "20",
     "seconds to wait at most for turns in which nobody else works", false},
    {"--seed",    OPTION_NUMBER, offsetof(struct bench_options, seed),    NULL, "1",
     "what keys, cards and purchases are drawn from",                false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench tac",
    .help = "Times the checking of TACs from the city's key against OpenSSL's fastest way.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    RECORDS_LEAST = 1000,
    RECORDS_MOST = 500000,
    ROUNDS_MOST = 1000,
    WAIT_MOST = 3600,
    MESSAGE_LEN = 22, /* of a purchase */
    KEY_VERSION = 1,
    BOTH_REPEATS = 8, /* of the batch for one start of threads */
    SAMPLE_STEP = 97, /* every so many TACs are made again one by one */
    ALGORITHMS = KEY_SM4 + 1,
    SIDES = BENCH_WAYS + 1, /* the ways, and OpenSSL behind them */
    FIGURES_MOST = ALGORITHMS * BENCH_WAYS,
};
static const double best_target = 40;      /* AVX-512 : OpenSSL */
static const double cores_target = 1.9;    /* two cores : one */
static const double avx2_target = 0.4;     /* AVX2 : AVX-512, 3DES */
static const double portable_target = 1.0; /* AVX2 (SM4) and 64-bit words : OpenSSL */

/* A purchase as OpenSSL takes it: padded for the longer of the two ciphers. */
struct purchase {
    uint8_t factor[8], message[PLAIN_SM4_LEN], tac[4];
};

/* One side of the bench: OpenSSL over the purchases, or a way over its jobs, all of them on each of its
 * lines. */
struct tac_side {
    struct plain *plain;
    struct purchase *purchases;
    const struct way_lines *way;
    struct tac_job *jobs[WAY_LINES_MAX];
    size_t count;   /* on each line */
    size_t repeats; /* of the batch in one run */
    enum key_algorithm algorithm;
};

struct tac_bench {
    size_t records;
    struct purchase *purchases;
    struct plain *plain;
    struct way_lines ways[BENCH_WAYS];
    struct tac_side sides[ALGORITHMS][SIDES];
    struct bench_side turns[ALGORITHMS * SIDES];
};

static enum err purchases_new(
    const struct bench_options *given, struct tac_bench *bench, struct why *why) {
    struct rng rng = rng_stream((uint64_t)given->seed, "bench tac", 0);
    bench->records = (size_t)given->records;
    bench->purchases = calloc(bench->records, sizeof *bench->purchases);
    bench->plain = plain_new((uint64_t)given->seed);
    if (!bench->purchases || !bench->plain) {
        return why_say(why, ERR_OUTSIDE,
            "no memory for %zu purchases, or no SM4 in OpenSSL; give fewer --records",
            bench->records);
    }
    for (size_t i = 0; i < bench->records; i++) {
        struct purchase *p = &bench->purchases[i];
        for (size_t j = 0; j < sizeof p->factor + MESSAGE_LEN; j++) {
            uint8_t *to = j < sizeof p->factor ? &p->factor[j] : &p->message[j - sizeof p->factor];
            *to = (uint8_t)rng_next(&rng);
        }
        p->message[MESSAGE_LEN] = 0x80;
    }
    return OK;
}

/* --- runs ----------------------------------------------------------------------------------------- */

static enum err run_plain(void *self, struct why *why) {
    struct tac_side *side = self;
    bool good = true;
    for (size_t i = 0; i < side->count; i++) {
        struct purchase *p = &side->purchases[i];
        good &= side->algorithm == KEY_SM4
                    ? plain_tac_sm4(side->plain, p->factor, p->message, p->tac)
                    : plain_tac_des(side->plain, p->factor, p->message, p->tac);
    }
    return good ? OK : why_say(why, ERR_OUTSIDE, "OpenSSL refused a computation; try again");
}

/* The jobs name their algorithm, and both algorithms share them: the side whose turn it is sets it. */
static enum err run_line(void *self, size_t i, struct why *why) {
    const struct tac_side *side = self;
    const struct vault *line = &side->way->lines[i];
    enum err err = OK;
    for (size_t r = 0; !err && r < side->repeats; r++) {
        err = line->tacs(line->self, side->jobs[i], side->count, why);
    }
    return err;
}

static enum err run_way(void *self, struct why *why) {
    struct tac_side *side = self;
    return way_run(side->way, run_line, side, why);
}

/* --- sides ---------------------------------------------------------------------------------------- */

/* The purchases as jobs. */
static void fill_jobs(const struct purchase *purchases, size_t count, enum key_algorithm algorithm,
    struct tac_job *jobs) {
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct tac_job){
            .version = KEY_VERSION, .algorithm = (uint8_t)algorithm, .data_len = MESSAGE_LEN};
        (void)memcpy(jobs[i].card_factor, purchases[i].factor, sizeof purchases[i].factor);
        (void)memcpy(jobs[i].data, purchases[i].message, MESSAGE_LEN);
    }
}

/* Jobs of both algorithms lie in the room of each line, one behind the other; the first place stays
 * free, for a line puts a job from elsewhere there. */
static enum err side_open(
    struct tac_bench *bench, enum key_algorithm algorithm, size_t s, struct why *why) {
    struct tac_side *side = &bench->sides[algorithm][s];
    struct bench_side *turns = &bench->turns[(size_t)algorithm * SIDES + s];
    *side = (struct tac_side){.plain = bench->plain,
        .purchases = bench->purchases,
        .count = bench->records,
        .repeats = s == WAY_CORES ? BOTH_REPEATS : 1,
        .algorithm = algorithm};
    *turns = (struct bench_side){.run = run_plain,
        .self = side,
        .items = bench->records,
        .wants_peace = s == WAY_BEST || s == WAY_CORES};
    if (s == BENCH_WAYS) {
        return OK;
    }
    side->way = &bench->ways[s];
    turns->helper = way_process(side->way);
    turns->run = side->way->count > 0 ? run_way : NULL;
    turns->items = side->count * side->way->count * side->repeats;
    enum err err = OK;
    for (size_t i = 0; !err && i < side->way->count; i++) {
        void *room = NULL;
        err = way_room(&side->way->lines[i], (ALGORITHMS * side->count + 1) * sizeof *side->jobs[i],
            &room, why);
        if (!err) {
            side->jobs[i] = (struct tac_job *)room + 1 + (size_t)algorithm * side->count;
            fill_jobs(bench->purchases, side->count, algorithm, side->jobs[i]);
        }
    }
    return err;
}

/* Every so many TACs of a way, made again one by one. */
static enum err check_side(const struct tac_side *side, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < side->count; i += SAMPLE_STEP) {
        const struct vault *line = &side->way->lines[0];
        struct tac_job alone = side->jobs[0][i];
        err = line->tacs(line->self, &alone, 1, why);
        if (!err && memcmp(alone.tac, side->jobs[0][i].tac, sizeof alone.tac) != 0) {
            err = why_say(why, ERR_CONFLICT,
                "TAC %zu is another when it is made alone; tell the makers", i + 1);
        }
    }
    return err;
}

static enum err same_tacs(
    const struct tac_side *side, const struct tac_side *best, struct why *why) {
    for (size_t i = 0; side->way->count > 0 && i < side->count; i++) {
        if (memcmp(side->jobs[0][i].tac, best->jobs[0][i].tac, sizeof best->jobs[0][i].tac) != 0) {
            return why_say(
                why, ERR_CONFLICT, "TAC %zu is another in another way; tell the makers", i + 1);
        }
    }
    return OK;
}

/* All ways made the same, and those of the best way are what single requests give. */
static enum err compare_sides(const struct tac_bench *bench, size_t a, struct why *why) {
    const struct tac_side *best = &bench->sides[a][WAY_BEST];
    enum err err = check_side(best, why);
    for (size_t s = WAY_BEST + 1; !err && s < BENCH_WAYS; s++) {
        err = same_tacs(&bench->sides[a][s], best, why);
    }
    return err;
}

static enum err measure(
    const struct bench_options *given, struct tac_bench *bench, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < (size_t)ALGORITHMS * SIDES; i++) {
        err = side_open(bench, (enum key_algorithm)(i / SIDES), i % SIDES, why);
    }
    err = err ? err
              : bench_take_turns("bench tac", bench->turns, (size_t)ALGORITHMS * SIDES,
                  (size_t)given->rounds, given->json, why);
    err = err ? err
              : bench_take_turns_in_peace("bench tac", bench->turns, (size_t)ALGORITHMS * SIDES,
                  (double)given->wait, given->json, why);
    for (size_t a = 0; !err && a < ALGORITHMS; a++) {
        err = compare_sides(bench, a, why);
    }
    return err;
}

/* --- the figures ---------------------------------------------------------------------------------- */

static const char openssl[] = "OpenSSL's plain way, city's schedules cached, one core";

/* What is measured of each way; ways that this machine does not have are left out. */
static const struct {
    enum key_algorithm algorithm;
    enum bench_way way;
    size_t against; /* a way, or BENCH_WAYS for OpenSSL */
    const char *name, *yardstick;
    const double *target;
} lines[] = {
    {KEY_TDES, WAY_BEST,  BENCH_WAYS, "3DES TACs in the best way, one core",  openssl,                &best_target    },
    {KEY_TDES, WAY_CORES, WAY_BEST,   "3DES TACs in the best way, two cores", "the same on one core",
     &cores_target                                                                                                    },
    {KEY_TDES, WAY_AVX2,  WAY_BEST,   "3DES TACs by AVX2, one core",          "the best way",         &avx2_target    },
    {KEY_TDES, WAY_WORDS, BENCH_WAYS, "3DES TACs by 64-bit words, one core",  openssl,
     &portable_target                                                                                                 },
    {KEY_SM4,  WAY_BEST,  BENCH_WAYS, "SM4 TACs in the best way, one core",   openssl,                &best_target    },
    {KEY_SM4,  WAY_CORES, WAY_BEST,   "SM4 TACs in the best way, two cores",  "the same on one core",
     &cores_target                                                                                                    },
    {KEY_SM4,  WAY_AVX2,  BENCH_WAYS, "SM4 TACs by AVX2, one core",           openssl,                &portable_target},
    {KEY_SM4,  WAY_WORDS, BENCH_WAYS, "SM4 TACs by 64-bit words, one core",   openssl,
     &portable_target                                                                                                 },
};

/* Both at the same time: the wall's clock tells, in peace. */
static void fill_both(
    const struct bench_side *both, const struct bench_side *one, struct bench_figure *figure) {
    figure->disturbed = !bench_both_rates(both, one, &figure->value, &figure->yardstick_value);
    figure->others = both->others > one->others ? both->others : one->others;
    figure->by_work = one->rate > 0 ? WAY_LINES_MAX * both->rate / one->rate : 0;
}

static int report(const struct bench_options *given, const struct tac_bench *bench) {
    struct bench_figure figures[FIGURES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct bench_side *of = &bench->turns[(size_t)lines[i].algorithm * SIDES];
        if (!of[lines[i].way].run) {
            (void)fprintf(stderr, "bench tac: not on this machine: %s\n", lines[i].name);
            continue;
        }
        struct bench_figure *figure = &figures[count++];
        *figure = (struct bench_figure){.name = lines[i].name,
            .unit = "TACs/s",
            .yardstick = lines[i].yardstick,
            .value = of[lines[i].way].rate,
            .yardstick_value = of[lines[i].against].rate,
            .least_ratio = *lines[i].target};
        if (lines[i].way == WAY_CORES) {
            fill_both(&of[WAY_CORES], &of[lines[i].against], figure);
        }
    }
    return bench_report("tac", figures, count, given->json);
}

static enum err check_options(const struct bench_options *given, struct why *why) {
    bool good = given->records >= RECORDS_LEAST && given->records <= RECORDS_MOST
                && given->rounds >= 1 && given->rounds <= ROUNDS_MOST && given->wait >= 0
                && given->wait <= WAIT_MOST;
    return good ? OK
                : why_say(why, ERR_CONFLICT,
                    "--records is %d to %d, --rounds 1 to %d, --wait 0 to %d seconds",
                    (int)RECORDS_LEAST, (int)RECORDS_MOST, (int)ROUNDS_MOST, (int)WAIT_MOST);
}

int bench_tac_command(int argc, char **argv) {
    struct bench_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    static struct tac_bench bench; /* too large for a stack */
    enum err err = check_options(&given, &why);
    err = err ? err : ways_open((uint64_t)given.seed, bench.ways, &why);
    err = err ? err : purchases_new(&given, &bench, &why);
    err = err ? err : measure(&given, &bench, &why);
    status = err ? (int)ending_tell(err, &why) : report(&given, &bench);
    ways_close(bench.ways);
    plain_free(bench.plain);
    free(bench.purchases);
    return status;
}

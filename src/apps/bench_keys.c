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
#include "keys/permit.h"

/* How the bench is fair: all sides make the same forty keys of the same cards: each derived from the
 * city's key, wrapped under the card's transport key, with its check value. OpenSSL has the schedules
 * of the city's keys and of the batch's transport key ready and makes those of a card once; ours go
 * through the vault's process as the issuing does. Keys of a full sixteen bytes alone are taken. Some
 * cards are made again one by one, and must come out the same. */

struct bench_options {
    int64_t cards, rounds, wait, seed;
    bool json;
};

static const struct option options[] = {
    {"--cards",  OPTION_NUMBER, offsetof(struct bench_options, cards),  NULL, "4096",
     "cards in one batch",                                           false},
    {"--rounds", OPTION_NUMBER, offsetof(struct bench_options, rounds), NULL, "21",
     "how often each side has a turn; the third fastest counts",     false},
    {"--wait",   OPTION_NUMBER, offsetof(struct bench_options, wait),   NULL, "20",
     "seconds to wait at most for turns in which nobody else works", false},
    {"--seed",   OPTION_NUMBER, offsetof(struct bench_options, seed),   NULL, "1",
     "what keys and cards are drawn from",                           false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench keys",
    .help = "Times the making of whole key sets of cards against OpenSSL's fastest way.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum {
    CARDS_LEAST = 64,
    CARDS_MOST = 65536,
    ROUNDS_MOST = 1000,
    WAIT_MOST = 3600,
    SET_KEYS = 40, /* of a card, as a city issues it */
    FACTOR_LEN = 8,
    ALGORITHMS = KEY_SM4 + 1,
    SIDES = BENCH_WAYS + 1, /* the ways, and OpenSSL behind them */
    FIGURES_MOST = ALGORITHMS * BENCH_WAYS,
    SAMPLE_STEP = 509, /* every so many cards are made again one by one */
    BOTH_REPEATS = 8,  /* of the batch for one start of threads */
    VERSION_FIRST = 1,
    VERSION_LAST = 3,
};
static const double best_target = 40;      /* AVX-512 : OpenSSL */
static const double cores_target = 1.9;    /* two cores : one */
static const double avx2_target = 0.4;     /* AVX2 : AVX-512, 3DES */
static const double portable_target = 1.0; /* AVX2 (SM4) and 64-bit words : OpenSSL */

/* One side of the bench: OpenSSL, or a way with all cards on each of its lines. */
struct keys_side {
    struct plain *plain;
    const struct key_set *set;
    const struct way_lines *way;
    const uint8_t *factors;                 /* of all cards */
    size_t cards;                           /* on each line */
    uint8_t *there[WAY_LINES_MAX];          /* their factors, in the room of the line */
    struct wrapped_key *out[WAY_LINES_MAX]; /* SET_KEYS for each card, there too */
    enum key_algorithm algorithm;
    size_t repeats; /* of the batch in one run */
};

struct keys_bench {
    size_t cards;
    uint8_t *factors;
    struct key_set sets[ALGORITHMS];
    struct plain *plain;
    struct way_lines ways[BENCH_WAYS];
    struct keys_side sides[ALGORITHMS][SIDES];
    struct bench_side turns[ALGORITHMS * SIDES];
};

/* --- what is made --------------------------------------------------------------------------------- */

static bool in_sets(enum key_name name, enum key_algorithm algorithm) {
    struct why why;
    const struct key_set alone = {.count = 1,
        .transport_version = VERSION_FIRST,
        .keys = {{(uint8_t)name, (uint8_t)algorithm, VERSION_FIRST}}};
    return key_kind(name)->length == KEY128_LEN && key_permit_set(&alone, &why) == OK;
}

/* Adds the keys of the catalogue that a card holds under the algorithm, in one version, until the set
 * has forty. */
static void add_version(enum key_algorithm algorithm, uint8_t version, struct key_set *set) {
    for (unsigned n = 0; n < KEY_COUNT && set->count < SET_KEYS; n++) {
        if (in_sets((enum key_name)n, algorithm)) {
            set->keys[set->count++] = (struct key_of_set){(uint8_t)n, (uint8_t)algorithm, version};
        }
    }
}

/* Where the catalogue has fewer than forty, in as many versions as are in the field at once. */
static enum err choose_set(enum key_algorithm algorithm, struct key_set *set, struct why *why) {
    *set = (struct key_set){.transport_version = VERSION_FIRST};
    for (unsigned version = VERSION_FIRST; version <= VERSION_LAST; version++) {
        add_version(algorithm, (uint8_t)version, set);
    }
    return set->count == SET_KEYS ? OK
                                  : why_say(why, ERR_CONFLICT,
                                      "the catalogue has %u keys for cards under algorithm %u",
                                      set->count, (unsigned)algorithm);
}

static enum err bench_begin(
    const struct bench_options *given, struct keys_bench *bench, struct why *why) {
    struct rng rng = rng_stream((uint64_t)given->seed, "bench keys", 0);
    bench->cards = (size_t)given->cards;
    bench->factors = calloc(bench->cards, FACTOR_LEN);
    bench->plain = plain_new((uint64_t)given->seed);
    if (!bench->factors || !bench->plain) {
        return why_say(why, ERR_OUTSIDE,
            "no memory for %zu cards, or no SM4 in OpenSSL; give fewer --cards", bench->cards);
    }
    for (size_t i = 0; i < bench->cards * FACTOR_LEN; i++) {
        bench->factors[i] = (uint8_t)rng_next(&rng);
    }
    enum err err = choose_set(KEY_TDES, &bench->sets[KEY_TDES], why);
    return err ? err : choose_set(KEY_SM4, &bench->sets[KEY_SM4], why);
}

/* --- runs ----------------------------------------------------------------------------------------- */

/* OpenSSL makes the set of one card where it lies, and keeps the last: writing them out would cost
 * it more. */
static enum err run_plain(void *self, struct why *why) {
    struct keys_side *side = self;
    struct plain_key keys[SET_KEYS];
    bool good = true;
    for (size_t c = 0; c < side->cards; c++) {
        const uint8_t *factor = side->factors + c * FACTOR_LEN;
        good &= side->algorithm == KEY_SM4 ? plain_card_sm4(side->plain, factor, SET_KEYS, keys)
                                           : plain_card_des(side->plain, factor, SET_KEYS, keys);
    }
    return good ? OK : why_say(why, ERR_OUTSIDE, "OpenSSL refused a computation; try again");
}

static enum err run_line(void *self, size_t i, struct why *why) {
    const struct keys_side *side = self;
    const struct vault *line = &side->way->lines[i];
    enum err err = OK;
    for (size_t r = 0; !err && r < side->repeats; r++) {
        err = line->key_sets(line->self, side->set, side->there[i], side->cards, side->out[i], why);
    }
    return err;
}

static enum err run_way(void *self, struct why *why) {
    struct keys_side *side = self;
    return way_run(side->way, run_line, side, why);
}

/* Both algorithms have sets of one size, so that their arrays lie in the same places. */
static enum err side_furnish(struct keys_side *side, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < side->way->count; i++) {
        err = way_sets(
            &side->way->lines[i], SET_KEYS, side->cards, &side->there[i], &side->out[i], why);
        if (!err) {
            (void)memcpy(side->there[i], side->factors, side->cards * FACTOR_LEN);
        }
    }
    return err;
}

static enum err side_open(
    struct keys_bench *bench, enum key_algorithm algorithm, size_t s, struct why *why) {
    struct keys_side *side = &bench->sides[algorithm][s];
    struct bench_side *turns = &bench->turns[(size_t)algorithm * SIDES + s];
    size_t line_count = s < BENCH_WAYS ? bench->ways[s].count : 1;
    *side = (struct keys_side){.plain = bench->plain,
        .set = &bench->sets[algorithm],
        .factors = bench->factors,
        .cards = bench->cards,
        .algorithm = algorithm,
        .repeats = s == WAY_CORES ? BOTH_REPEATS : 1};
    *turns = (struct bench_side){.self = side,
        .items = side->cards * line_count * side->repeats,
        .wants_peace = s == WAY_BEST || s == WAY_CORES};
    if (s == BENCH_WAYS) {
        turns->run = run_plain;
        return OK;
    }
    side->way = &bench->ways[s];
    turns->helper = way_process(side->way);
    turns->run = line_count > 0 ? run_way : NULL;
    return side_furnish(side, why);
}

/* --- what came out -------------------------------------------------------------------------------- */

/* One card of a batch that was made, again by a request of its own. */
static enum err check_card(
    const struct keys_side *side, size_t c, const struct wrapped_key *batch, struct why *why) {
    const struct vault *line = &side->way->lines[0];
    struct wrapped_key alone[SET_KEYS];
    enum err err = line->key_sets(
        line->self, side->set, side->factors + c * FACTOR_LEN, 1, alone, why);
    for (size_t k = 0; !err && k < SET_KEYS; k++) {
        if (memcmp(&alone[k], &batch[k * side->cards + c], sizeof alone[k]) != 0) {
            err = why_say(why, ERR_CONFLICT,
                "key %zu of card %zu is another when it is made alone; tell the makers", k + 1,
                c + 1);
        }
    }
    return err;
}

/* A line puts single requests into its room, too: the batch is copied first, and the factors stand
 * there anew afterwards. */
static enum err check_side(struct keys_side *side, struct why *why) {
    size_t len = side->cards * SET_KEYS * sizeof(struct wrapped_key);
    struct wrapped_key *batch = malloc(len);
    if (!batch) {
        return why_say(why, ERR_OUTSIDE, "no memory for the keys; give fewer --cards");
    }
    enum err err = run_way(side, why);
    (void)memcpy(batch, side->out[0], len);
    for (size_t c = 0; !err && c < side->cards; c += SAMPLE_STEP) {
        err = check_card(side, c, batch, why);
    }
    free(batch);
    return err ? err : side_furnish(side, why);
}

static enum err measure(
    const struct bench_options *given, struct keys_bench *bench, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < (size_t)ALGORITHMS * SIDES; i++) {
        err = side_open(bench, (enum key_algorithm)(i / SIDES), i % SIDES, why);
    }
    for (size_t i = 0; !err && i < (size_t)ALGORITHMS * SIDES; i++) {
        struct keys_side *side = &bench->sides[i / SIDES][i % SIDES];
        err = side->way && side->way->count > 0 ? check_side(side, why) : OK;
    }
    err = err ? err
              : bench_take_turns("bench keys", bench->turns, (size_t)ALGORITHMS * SIDES,
                  (size_t)given->rounds, given->json, why);
    return err ? err
               : bench_take_turns_in_peace("bench keys", bench->turns, (size_t)ALGORITHMS * SIDES,
                   (double)given->wait, given->json, why);
}

static const char openssl[] = "OpenSSL's plain way, city's schedules cached, one core";

/* What is measured of each way; ways that this machine does not have are left out. */
static const struct {
    enum key_algorithm algorithm;
    enum bench_way way;
    size_t against; /* a way, or BENCH_WAYS for OpenSSL */
    const char *name, *yardstick;
    const double *target;
} lines[] = {
    {KEY_TDES, WAY_BEST,  BENCH_WAYS, "3DES sets of 40 keys in the best way, one core",  openssl,
     &best_target                                                                                                     },
    {KEY_TDES, WAY_CORES, WAY_BEST,   "3DES sets of 40 keys in the best way, two cores",
     "the same on one core",                                                                             &cores_target},
    {KEY_TDES, WAY_AVX2,  WAY_BEST,   "3DES sets of 40 keys by AVX2, one core",          "the best way",
     &avx2_target                                                                                                     },
    {KEY_TDES, WAY_WORDS, BENCH_WAYS, "3DES sets of 40 keys by 64-bit words, one core",  openssl,
     &portable_target                                                                                                 },
    {KEY_SM4,  WAY_BEST,  BENCH_WAYS, "SM4 sets of 40 keys in the best way, one core",   openssl,
     &best_target                                                                                                     },
    {KEY_SM4,  WAY_CORES, WAY_BEST,   "SM4 sets of 40 keys in the best way, two cores",
     "the same on one core",                                                                             &cores_target},
    {KEY_SM4,  WAY_AVX2,  BENCH_WAYS, "SM4 sets of 40 keys by AVX2, one core",           openssl,
     &portable_target                                                                                                 },
    {KEY_SM4,  WAY_WORDS, BENCH_WAYS, "SM4 sets of 40 keys by 64-bit words, one core",   openssl,
     &portable_target                                                                                                 },
};

/* Both at the same time: the wall's clock tells, in peace. */
static void fill_both(
    const struct bench_side *both, const struct bench_side *one, struct bench_figure *figure) {
    figure->disturbed = !bench_both_rates(both, one, &figure->value, &figure->yardstick_value);
    figure->others = both->others > one->others ? both->others : one->others;
    figure->by_work = one->rate > 0 ? WAY_LINES_MAX * both->rate / one->rate : 0;
}

static int report(const struct bench_options *given, const struct keys_bench *bench) {
    struct bench_figure figures[FIGURES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct bench_side *of = &bench->turns[(size_t)lines[i].algorithm * SIDES];
        if (!of[lines[i].way].run) {
            (void)fprintf(stderr, "bench keys: not on this machine: %s\n", lines[i].name);
            continue;
        }
        struct bench_figure *figure = &figures[count++];
        *figure = (struct bench_figure){.name = lines[i].name,
            .unit = "cards/s",
            .yardstick = lines[i].yardstick,
            .value = of[lines[i].way].rate,
            .yardstick_value = of[lines[i].against].rate,
            .least_ratio = *lines[i].target};
        if (lines[i].way == WAY_CORES) {
            fill_both(&of[WAY_CORES], &of[lines[i].against], figure);
        }
    }
    return bench_report("keys", figures, count, given->json);
}

static enum err check_options(const struct bench_options *given, struct why *why) {
    bool good = given->cards >= CARDS_LEAST && given->cards <= CARDS_MOST && given->rounds >= 1
                && given->rounds <= ROUNDS_MOST && given->wait >= 0 && given->wait <= WAIT_MOST;
    return good ? OK
                : why_say(why, ERR_CONFLICT,
                    "--cards is %d to %d, --rounds 1 to %d, --wait 0 to %d seconds",
                    (int)CARDS_LEAST, (int)CARDS_MOST, (int)ROUNDS_MOST, (int)WAIT_MOST);
}

int bench_keys_command(int argc, char **argv) {
    struct bench_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    static struct keys_bench bench; /* too large for a stack */
    enum err err = check_options(&given, &why);
    err = err ? err : ways_open((uint64_t)given.seed, bench.ways, &why);
    err = err ? err : bench_begin(&given, &bench, &why);
    err = err ? err : measure(&given, &bench, &why);
    status = err ? (int)ending_tell(err, &why) : report(&given, &bench);
    ways_close(bench.ways);
    plain_free(bench.plain);
    free(bench.factors);
    return status;
}

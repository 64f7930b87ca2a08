/* The low-level functions for DES, the fastest that OpenSSL has for many keys, count as deprecated
 * since version 3. They are the yardstick, in this file and nowhere else. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/des.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/bench_figure.h"
#include "apps/command.h"
#include "crypto/secret.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "host/rng.h"
#include "vaults/soft/soft_vault.h"

/* How the bench is fair: all sides check the TACs of the same purchases, of as many cards, and know
 * the city's key alone: the card's key from its factor, its halves folded, the MAC of three blocks.
 * OpenSSL has the city's key schedules ready; ours go through the vault's interface as the clearing's
 * do. Sides take turns, and of each the fastest turn counts. After each turn of ours, outside the
 * stopwatch, all TACs are compared with those of the records. */

struct bench_options {
    int64_t records, rounds, seed;
    bool json;
};

static const struct option options[] = {
    {"--records", OPTION_NUMBER, offsetof(struct bench_options, records), NULL, "262144",
     "purchases in one batch, of a card each",           false},
    {"--rounds",  OPTION_NUMBER, offsetof(struct bench_options, rounds),  NULL, "5",
     "how often each side runs; the faster time counts", false},
    {"--seed",    OPTION_NUMBER, offsetof(struct bench_options, seed),    NULL, "1",
     "what keys, cards and purchases are drawn from",    false},
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
    RECORDS_MOST = 10000000,
    ROUNDS_MOST = 100,
    MESSAGE_LEN = 22, /* of a purchase */
    PADDED_LEN = 24,
    TAC_LEN = 4,
    KEY_VERSION = 1,
    REGION = 440100,
    SAMPLE_STEP = 97, /* every so many TACs are made again one by one */
    FIGURES_MOST = 4,
};
static const double turn_seconds = 0.2;
static const double best_target = 40;      /* AVX-512 : OpenSSL */
static const double cores_target = 1.9;    /* two cores : one */
static const double avx2_target = 0.4;     /* AVX2 : AVX-512 */
static const double portable_target = 1.0; /* 64-bit words : OpenSSL */

struct purchases {
    size_t count;
    struct tac_job *jobs;
    uint8_t (*messages)[PADDED_LEN]; /* padded for OpenSSL; a job has the first 22 bytes */
    uint8_t (*tacs)[TAC_LEN];        /* what the records say */
};

static void purchases_free(struct purchases *p) {
    free(p->jobs);
    free(p->messages);
    free(p->tacs);
}

static void draw(struct rng *rng, uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)rng_next(rng);
    }
}

static enum err purchases_new(
    const struct bench_options *given, struct purchases *p, struct why *why) {
    struct rng rng = rng_stream((uint64_t)given->seed, "bench tac", 0);
    p->count = (size_t)given->records;
    p->jobs = calloc(p->count, sizeof *p->jobs);
    p->messages = calloc(p->count, sizeof *p->messages);
    p->tacs = calloc(p->count, sizeof *p->tacs);
    if (!p->jobs || !p->messages || !p->tacs) {
        return why_say(
            why, ERR_OUTSIDE, "no memory for %zu purchases; give fewer --records", p->count);
    }
    for (size_t i = 0; i < p->count; i++) {
        draw(&rng, p->messages[i], MESSAGE_LEN);
        p->messages[i][MESSAGE_LEN] = 0x80;
        p->jobs[i] = (struct tac_job){.version = KEY_VERSION, .data_len = MESSAGE_LEN};
        (void)memcpy(p->jobs[i].data, p->messages[i], MESSAGE_LEN);
        draw(&rng, p->jobs[i].card_factor, sizeof p->jobs[i].card_factor);
    }
    return OK;
}

/* --- the yardstick ----------------------------------------------------------------------------- */

struct openssl_key {
    DES_key_schedule left, right;
};

/* Any key will do: the time is the same for all. */
static void openssl_key_draw(uint64_t seed, struct openssl_key *key) {
    struct rng rng = rng_stream(seed, "bench tac yardstick", 0);
    DES_cblock half = {0};
    draw(&rng, half, sizeof half);
    DES_set_key_unchecked(&half, &key->left);
    draw(&rng, half, sizeof half);
    DES_set_key_unchecked(&half, &key->right);
}

static void openssl_tac(struct openssl_key *city, const struct tac_job *job,
    const uint8_t message[PADDED_LEN], uint8_t tac[TAC_LEN]) {
    DES_cblock factor;
    DES_cblock inverted;
    DES_cblock halves[2];
    DES_cblock chain = {0};
    DES_key_schedule folded;
    uint8_t blocks[PADDED_LEN];
    for (size_t i = 0; i < sizeof factor; i++) {
        factor[i] = job->card_factor[i];
        inverted[i] = (uint8_t)~factor[i];
    }
    DES_ecb2_encrypt(&factor, &halves[0], &city->left, &city->right, DES_ENCRYPT);
    DES_ecb2_encrypt(&inverted, &halves[1], &city->left, &city->right, DES_ENCRYPT);
    for (size_t i = 0; i < sizeof halves[0]; i++) {
        halves[0][i] ^= halves[1][i];
    }
    DES_set_key_unchecked(&halves[0], &folded);
    DES_ncbc_encrypt(message, blocks, PADDED_LEN, &folded, &chain, DES_ENCRYPT);
    (void)memcpy(tac, blocks + PADDED_LEN - DES_BLOCK, TAC_LEN);
}

/* --- turns ------------------------------------------------------------------------------------- */

/* One side of the bench. */
struct side {
    struct vault vault; /* empty for OpenSSL */
    struct openssl_key key;
    double best; /* TACs a second */
    bool there;
};

static size_t count_good(const struct purchases *p) {
    size_t good = 0;
    for (size_t i = 0; i < p->count; i++) {
        good += memcmp(p->jobs[i].tac, p->tacs[i], TAC_LEN) == 0;
    }
    return good;
}

/* Makes the TACs of the whole batch once. */
static enum err run_batch(struct side *side, struct purchases *p, struct why *why) {
    if (side->vault.tacs) {
        return side->vault.tacs(side->vault.self, p->jobs, p->count, why);
    }
    for (size_t i = 0; i < p->count; i++) {
        openssl_tac(&side->key, &p->jobs[i], p->messages[i], p->jobs[i].tac);
    }
    return OK;
}

/* A turn: the batch again and again for a fifth of a second. */
static enum err take_turn(struct side *side, struct purchases *p, struct why *why) {
    size_t batches = 0;
    double seconds = 0;
    uint64_t began_ns = clock_ns();
    while (seconds < turn_seconds) {
        enum err err = run_batch(side, p, why);
        if (err) {
            return err;
        }
        batches++;
        seconds = clock_seconds_since(began_ns);
    }
    double rate = (double)(batches * p->count) / seconds;
    side->best = rate > side->best ? rate : side->best;
    size_t bad = side->vault.tacs ? p->count - count_good(p) : 0;
    return bad == 0 ? OK
                    : why_say(why, ERR_CONFLICT,
                        "%zu of %zu TACs are not those that the vault made before; tell the makers",
                        bad, p->count);
}

enum side_name { SIDE_OPENSSL, SIDE_BEST, SIDE_CORES, SIDE_AVX2, SIDE_WORDS, SIDES };

static const struct {
    enum bulk_way way;
    unsigned threads;
} ways[SIDES] = {
    [SIDE_BEST] = {BULK_BEST,  1},
    [SIDE_CORES] = {BULK_BEST,  2},
    [SIDE_AVX2] = {BULK_AVX2,  1},
    [SIDE_WORDS] = {BULK_WORDS, 1},
};

static bool side_possible(enum side_name name) {
    return name == SIDE_CORES ? sysconf(_SC_NPROCESSORS_ONLN) >= 2
                              : name == SIDE_OPENSSL || bulk_way_here(ways[name].way);
}

static enum err side_open(
    struct side *side, enum side_name name, const struct bench_options *given, struct why *why) {
    char seed[32];
    side->there = true;
    if (name == SIDE_OPENSSL) {
        openssl_key_draw((uint64_t)given->seed, &side->key);
        return OK;
    }
    (void)snprintf(seed, sizeof seed, "%lld", (long long)given->seed);
    enum err err = soft_vault_open_rehearsal(seed, REGION, &side->vault, why);
    return err ? err : soft_vault_spread(&side->vault, ways[name].way, ways[name].threads, why);
}

static void sides_close(struct side sides[SIDES]) {
    for (size_t i = 0; i < SIDES; i++) {
        if (sides[i].vault.close) {
            sides[i].vault.close(sides[i].vault.self);
        }
        crypto_wipe(&sides[i].key, sizeof sides[i].key);
    }
}

/* What the records say: made by the vault's batch, and a sample of them one by one. */
static enum err make_records(struct side *side, struct purchases *p, struct why *why) {
    enum err err = side->vault.tacs(side->vault.self, p->jobs, p->count, why);
    for (size_t i = 0; !err && i < p->count; i++) {
        (void)memcpy(p->tacs[i], p->jobs[i].tac, TAC_LEN);
    }
    for (size_t i = 0; !err && i < p->count; i += SAMPLE_STEP) {
        struct tac_job alone = p->jobs[i];
        err = side->vault.tacs(side->vault.self, &alone, 1, why);
        if (!err && memcmp(alone.tac, p->tacs[i], TAC_LEN) != 0) {
            err = why_say(why, ERR_CONFLICT,
                "TAC %zu is another when it is made alone; tell the makers", i + 1);
        }
    }
    return err;
}

static enum err measure(const struct bench_options *given, struct purchases *p,
    struct side sides[SIDES], struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < SIDES; i++) {
        if (side_possible((enum side_name)i)) {
            err = side_open(&sides[i], (enum side_name)i, given, why);
        }
    }
    err = err ? err : make_records(&sides[SIDE_BEST], p, why);
    struct progress progress = progress_begin(
        "bench tac", "turns", (uint64_t)given->rounds * SIDES, given->json);
    for (uint64_t i = 0; !err && i < (uint64_t)given->rounds * SIDES; i++) {
        if (sides[i % SIDES].there) {
            err = take_turn(&sides[i % SIDES], p, why);
        }
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

static struct bench_figure figure_of(const char *name, const char *yardstick,
    const struct side *side, const struct side *against, double target) {
    return (struct bench_figure){
        .name = name,
        .unit = "TACs/s",
        .yardstick = yardstick,
        .value = side->best,
        .yardstick_value = against->best,
        .least_ratio = target,
    };
}

/* Figures whose sides this machine does not have are left out; standard error says which. */
static int report(const struct bench_options *given, const struct side sides[SIDES]) {
    static const char openssl[] = "OpenSSL's low-level DES, city's schedules cached, one core";
    struct bench_figure figures[FIGURES_MOST];
    size_t count = 0;
    bool avx512 = bulk_way_here(BULK_AVX512);
    if (avx512) {
        figures[count++] = figure_of("TACs by AVX-512, one core", openssl, &sides[SIDE_BEST],
            &sides[SIDE_OPENSSL], best_target);
    } else {
        (void)fprintf(stderr, "bench tac: no AVX-512 here; what is promised for it is left out\n");
    }
    if (sides[SIDE_CORES].there) {
        figures[count++] = figure_of("TACs in the best way, two cores", "the same on one core",
            &sides[SIDE_CORES], &sides[SIDE_BEST], cores_target);
    }
    if (sides[SIDE_AVX2].there) {
        figures[count++] = figure_of("TACs by AVX2, one core",
            avx512 ? "AVX-512, one core" : openssl, &sides[SIDE_AVX2],
            avx512 ? &sides[SIDE_BEST] : &sides[SIDE_OPENSSL],
            avx512 ? avx2_target : avx2_target * best_target);
    }
    figures[count++] = figure_of("TACs by 64-bit words, one core", openssl, &sides[SIDE_WORDS],
        &sides[SIDE_OPENSSL], portable_target);
    return bench_report("tac", figures, count, given->json);
}

static enum err check_options(const struct bench_options *given, struct why *why) {
    bool good = given->records >= RECORDS_LEAST && given->records <= RECORDS_MOST
                && given->rounds >= 1 && given->rounds <= ROUNDS_MOST;
    return good ? OK
                : why_say(why, ERR_CONFLICT, "--records is %d to %d, --rounds 1 to %d",
                    (int)RECORDS_LEAST, (int)RECORDS_MOST, (int)ROUNDS_MOST);
}

int bench_tac_command(int argc, char **argv) {
    struct bench_options given;
    struct purchases purchases = {0};
    struct side sides[SIDES] = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = check_options(&given, &why);
    err = err ? err : purchases_new(&given, &purchases, &why);
    err = err ? err : measure(&given, &purchases, sides, &why);
    sides_close(sides);
    purchases_free(&purchases);
    return err ? (int)ending_tell(err, &why) : report(&given, sides);
}

#include "apps/bench_ways.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "vaults/line/vault_process.h"
#include "vaults/soft/soft_vault.h"

enum { REGION = 440100 };

static const struct {
    enum bulk_way way;
    size_t lines;
} kinds[BENCH_WAYS] = {
    [WAY_BEST] = {BULK_BEST,  1},
    [WAY_CORES] = {BULK_BEST,  2},
    [WAY_AVX2] = {BULK_AVX2,  1},
    [WAY_WORDS] = {BULK_WORDS, 1},
};

struct way_order {
    char seed[32];
    enum bulk_way way;
};

/* In the child: as many vaults as lines, each with an engine of one thread. */
static enum err open_way(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct way_order *order = self;
    enum err err = OK;
    size_t opened = 0;
    while (!err && opened < count) {
        err = soft_vault_open_rehearsal(order->seed, REGION, &vaults[opened], why);
        opened += err == OK;
        if (!err) {
            err = soft_vault_spread(&vaults[opened - 1], order->way, 1, why);
        }
    }
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

static bool way_possible(enum bench_way way) {
    return bulk_way_here(kinds[way].way) && (long)kinds[way].lines <= sysconf(_SC_NPROCESSORS_ONLN);
}

enum err ways_open(uint64_t seed, struct way_lines ways[BENCH_WAYS], struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < BENCH_WAYS; i++) {
        struct way_order order = {.way = kinds[i].way};
        const struct vault_keeper keeper = {&order, open_way, CAGE_SOFT};
        (void)snprintf(order.seed, sizeof order.seed, "%" PRIu64, seed);
        if (way_possible((enum bench_way)i)) {
            err = vault_process_open(&keeper, NULL, ways[i].lines, kinds[i].lines, why);
            ways[i].count = err ? 0 : kinds[i].lines;
        }
    }
    return err;
}

void ways_close(struct way_lines ways[BENCH_WAYS]) {
    for (size_t i = 0; i < BENCH_WAYS; i++) {
        for (size_t l = 0; l < ways[i].count; l++) {
            ways[i].lines[l].close(ways[i].lines[l].self);
        }
        ways[i].count = 0;
    }
}

pid_t way_process(const struct way_lines *way) {
    return way->count > 0 ? vault_process_id(&way->lines[0]) : 0;
}

enum err way_room(const struct vault *line, size_t len, void **room, struct why *why) {
    size_t there = 0;
    *room = vault_process_room(line, &there);
    return len <= there ? OK
                        : why_say(why, ERR_INVALID,
                            "%zu bytes do not fit into the %zu that a line shares with its vault; "
                            "ask for a smaller batch",
                            len, there);
}

enum err way_sets(const struct vault *line, size_t keys, size_t cards, uint8_t **factors,
    struct wrapped_key **out, struct why *why) {
    return vault_process_sets(line, keys, cards, factors, out)
               ? OK
               : why_say(why, ERR_INVALID,
                   "sets of %zu cards do not fit into what a line shares with its vault; ask for a "
                   "smaller batch",
                   cards);
}

/* One line's part of a run. */
struct part {
    enum err (*work)(void *self, size_t i, struct why *why);
    void *self;
    size_t index;
    enum err err;
    struct why why;
};

static void *run_part(void *self) {
    struct part *part = self;
    part->err = part->work(part->self, part->index, &part->why);
    return NULL;
}

/* A thread that the system does not grant is none: its part is done here, afterwards. */
enum err way_run(const struct way_lines *way,
    enum err (*work)(void *self, size_t i, struct why *why), void *self, struct why *why) {
    struct part parts[WAY_LINES_MAX] = {{0}};
    pthread_t threads[WAY_LINES_MAX];
    bool started[WAY_LINES_MAX] = {false};
    assert(way->count >= 1);
    assert(way->count <= WAY_LINES_MAX);
    for (size_t i = 0; i < way->count; i++) {
        parts[i] = (struct part){.work = work, .self = self, .index = i};
        started[i] = i > 0 && pthread_create(&threads[i], NULL, run_part, &parts[i]) == 0;
    }
    for (size_t i = 0; i < way->count; i++) {
        if (!started[i]) {
            (void)run_part(&parts[i]);
        }
    }
    for (size_t i = 0; i < way->count; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        }
    }
    for (size_t i = 0; i < way->count; i++) {
        if (parts[i].err) {
            *why = parts[i].why;
            return parts[i].err;
        }
    }
    return OK;
}

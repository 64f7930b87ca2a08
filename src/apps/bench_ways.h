/* The sides of the benches for keys that are ours: vaults in processes of their own, each with an
 * engine for one way to compute, asked over lines as clearing and issuance ask, with arrays in the
 * memory that line and process share. One line keeps one core at work; for both there is a process
 * with two lines. */
#pragma once

#include "bulk/bulk.h"
#include "keys/vault.h"

#include <sys/types.h>

enum bench_way { WAY_BEST, WAY_CORES, WAY_AVX2, WAY_WORDS, BENCH_WAYS };

enum { WAY_LINES_MAX = 2 };

struct way_lines {
    struct vault lines[WAY_LINES_MAX];
    size_t count; /* 0: this machine has no such way */
};

/* Starts the processes of all ways that this machine has, with the rehearsal keys of that seed. Call
 * it before threads are started. Close them whether it succeeds or not. */
enum err ways_open(uint64_t seed, struct way_lines ways[BENCH_WAYS], struct why *why);
void ways_close(struct way_lines ways[BENCH_WAYS]);

/* The process behind a way's lines; 0 when there is none. */
pid_t way_process(const struct way_lines *way);

/* Memory that line and process share: at least len bytes, or ERR_INVALID with how many there are. */
enum err way_room(const struct vault *line, size_t len, void **room, struct why *why);

/* The same for the factors and answers of key sets: arrays that need not be carried. */
enum err way_sets(const struct vault *line, size_t keys, size_t cards, uint8_t **factors,
    struct wrapped_key **out, struct why *why);

/* Runs work(self, i) for each line, side by side when there are several, and returns what went wrong
 * with the first that failed. */
enum err way_run(const struct way_lines *way,
    enum err (*work)(void *self, size_t i, struct why *why), void *self, struct why *why);

/* Chance for rehearsals: the same seed gives the same city, on any machine and in any order.
 *
 * Each purpose draws from a stream of its own, named by a word and a number ("purchase", 17), so
 * that one more draw in one place moves nothing elsewhere. xoshiro256** seeded through SplitMix64
 * [Blackman and Vigna]. Never for keys or challenges of a real centre. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* The stream of that name and number under that seed. */
struct rng rng_stream(uint64_t seed, const char *name, uint64_t number);

/* 64 bits of chance. */
uint64_t rng_next(struct rng *rng);

/* A number from 0 to limit - 1, each as likely; limit is at least 1. */
uint64_t rng_below(struct rng *rng, uint64_t limit);

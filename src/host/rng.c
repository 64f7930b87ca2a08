#include "host/rng.h"

#include <assert.h>
#include <string.h>

/* SplitMix64: spreads any 64 bits, however alike, over all 64 bits. */
static uint64_t splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* FNV-1a of the stream's name. */
static uint64_t hash_of(const char *name) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (; *name; name++) {
        hash = (hash ^ (uint8_t)*name) * 0x100000001B3u;
    }
    return hash;
}

struct rng rng_stream(uint64_t seed, const char *name, uint64_t number) {
    uint64_t state = seed;
    state = splitmix(&state) ^ hash_of(name);
    state = splitmix(&state) ^ number;
    struct rng rng;
    for (size_t i = 0; i < 4; i++) {
        rng.state[i] = splitmix(&state);
    }
    return rng;
}

static uint64_t rotate_left(uint64_t x, unsigned by) {
    return x << by | x >> (64 - by);
}

uint64_t rng_next(struct rng *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t limit) {
    assert(limit > 0);
    /* Draws below this would make the small numbers likelier, and are thrown away. */
    uint64_t unfair = (UINT64_MAX - limit + 1) % limit;
    uint64_t drawn = rng_next(rng);
    while (drawn < unfair) {
        drawn = rng_next(rng);
    }
    return drawn % limit;
}

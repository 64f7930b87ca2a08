#include "keys/chain.h"

#include <assert.h>

/* The upper two factors are written at any depth: they cost nothing and need no case. */
size_t key_chain(uint32_t region, enum key_depth depth, const uint8_t *card_factor,
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN]) {
    assert(depth >= KEY_ROOT);
    assert(depth <= KEY_CARD);
    assert(depth < KEY_CARD || card_factor);
    key_province_factor(region, factors[0]);
    key_city_factor(region, factors[1]);
    if (depth == KEY_CARD) {
        (void)memcpy(factors[2], card_factor, KEY_FACTOR_LEN);
    }
    return (size_t)depth; /* the levels are counted from the root */
}

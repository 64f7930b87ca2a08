/* How far a key is derived, and with what: the factors of each step, in the order they are used.
 *
 * root --province--> province --city--> city --card--> card [card.md 3.7, 5.3]. This is the one
 * place that knows the order; a vault derives with its own cipher, tests with the chip's. */
#pragma once

#include "keys/vault.h"

/* Steps of the longest chain, and bytes of a factor. */
enum { KEY_CHAIN_MAX = 3, KEY_FACTOR_LEN = 8 };

/* Writes the factors that lead from the root to depth and returns how many: 0 for KEY_ROOT, 3 for
 * KEY_CARD. card_factor (8 bytes) is read for KEY_CARD only and may be NULL otherwise. The factors
 * behind those that count are not to be looked at. */
size_t key_chain(uint32_t region, enum key_depth depth, const uint8_t *card_factor,
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN]);

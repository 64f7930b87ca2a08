/* The key sets of many cards at once, by the bulk engine.
 *
 * A set may mix 3DES and SM4; each algorithm takes one call of the engine, with the batch's transport
 * key of that algorithm. Results are those of one card and key at a time. */
#pragma once

#include "bulk/bulk.h"
#include "keys/permit.h"

enum { SET_BATCH_LEAST = 16 /* fewer cards are faster one by one */ };

/* What key_sets of keys/vault.h takes, permitted, and the keys that stand behind it. */
struct set_batch {
    const struct key_set *set;
    const uint8_t *factors; /* eight bytes for each card */
    size_t cards;
    struct wrapped_key *out;
    const struct key128
        *transports[2]; /* BTK of the city, by enum key_algorithm; NULL when no key of
                                           the set has it */
    const struct key128 *cities[KEY_SET_MAX]; /* the city's key of each line of the set */
};

/* Fills out. ERR_OUTSIDE when the engine has no memory for the keys; then nothing in out counts. */
enum err set_batch_compute(struct bulk *bulk, const struct set_batch *batch, struct why *why);

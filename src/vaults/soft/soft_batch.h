/* What a soft vault computes for many cards at once: TACs and whole key sets. Used by this folder alone.
 *
 * Large batches go through the engine of src/bulk, what is left over goes one by one; the results are
 * the same. Permission is asked before anything is computed, once for each key and version. */
#pragma once

#include "bulk/bulk.h"
#include "vaults/soft/soft_keys.h"

/* How a vault's batches are computed. */
struct soft_batch {
    struct bulk *bulk; /* made when the first large batch comes */
    enum bulk_way way;
    unsigned threads;
};

/* The tacs of keys/vault.h. A batch that is refused, wherever its bad job stands, has no TACs. */
enum err soft_batch_tacs(struct soft_keys *keys, struct soft_batch *batch, struct tac_job *jobs,
    size_t count, struct why *why);

/* What key_sets of keys/vault.h takes. */
struct key_sets_order {
    const struct key_set *set;
    const uint8_t *factors; /* eight bytes for each card */
    size_t cards;
    struct wrapped_key *out;
};

/* The key_sets of keys/vault.h. */
enum err soft_batch_key_sets(struct soft_keys *keys, struct soft_batch *batch,
    const struct key_sets_order *order, struct why *why);

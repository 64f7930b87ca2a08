/* What a soft vault computes for many cards at once: TACs and whole key sets. Used by this folder alone.
 *
 * Large batches go through the engine of src/bulk, what is left over goes one by one; the results are
 * the same. Permission is asked before anything is computed, once for each key and version. */
#pragma once

#include "bulk/bulk.h"
#include "vaults/soft/soft_keys.h"

struct tac_rest;

/* How a vault's batches are computed. */
struct soft_batch {
    struct bulk *bulk; /* made when the first large batch comes */
    enum bulk_way way;
    unsigned threads;
    struct tac_rest *rest; /* copies of the jobs that a batch's first pass left, made when needed */
};

/* Ends the engine and frees what was made; the batch can be used again. */
void soft_batch_end(struct soft_batch *batch);

/* The tacs of keys/vault.h. A batch that is refused, wherever its bad job stands, has no TACs.
 *
 * The jobs may lie in memory that another process writes at the same moment. What decides about a job
 * is read once: the engine's pass takes algorithm, version and length, and what it computes, from one
 * look; a job that the pass leaves is copied before anything else is asked of it. Whoever changes a
 * job in between has asked for a TAC of the one or of the other job, or of a mixture of their data,
 * each of which this vault would have made. Nothing but tac is written. */
enum err soft_batch_tacs(struct soft_keys *keys, struct soft_batch *batch, struct tac_job *jobs,
    size_t count, struct why *why);

/* What key_sets of keys/vault.h takes. */
struct key_sets_order {
    const struct key_set *set;
    const uint8_t *factors; /* eight bytes for each card */
    size_t cards;
    struct wrapped_key *out;
};

/* The key_sets of keys/vault.h. The factors may change meanwhile, as jobs may: a key and the transport
 * key above it are always those of one factor. The set must not; whoever serves it to others copies
 * it. Nothing but wrapped keys and check values is ever written to out. */
enum err soft_batch_key_sets(struct soft_keys *keys, struct soft_batch *batch,
    const struct key_sets_order *order, struct why *why);

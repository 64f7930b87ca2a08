/* The TACs of many purchases at once, by the bulk engine.
 *
 * Each version of the key takes one pass over the whole batch, which computes the jobs that have it
 * and the form of a purchase, 22 bytes, and leaves the others alone. Most batches are done after one
 * pass. What is left is tallied: versions of which there are enough take a pass, too; all other jobs
 * are the caller's, few of a version and messages of another length. Results are the same either
 * way. */
#pragma once

#include "bulk/bulk.h"
#include "keys/permit.h"

enum {
    TAC_BATCH_MESSAGE_LEN = 22, /* what put_purchase_tac() writes: with its padding three blocks */
    TAC_BATCH_LEAST = 32        /* fewer are faster one by one */
};

/* How many jobs of each version have the form, and which versions had their pass. */
struct tac_tally {
    size_t by_version[KEY_VERSION_MAX + 1];
    bool done[KEY_VERSION_MAX + 1];
};

/* True when the engine can compute the job at all. */
static inline bool tac_batch_fits(const struct tac_job *job) {
    return job->data_len == TAC_BATCH_MESSAGE_LEN && job->version <= KEY_VERSION_MAX;
}

/* Computes tac of the jobs that fit and have this version, under the city's DTK of it. Returns how
 * many they were. */
size_t tac_batch_compute(struct bulk *bulk, const struct key128 *city, uint8_t version,
    struct tac_job *jobs, size_t count);

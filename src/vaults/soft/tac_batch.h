/* The TACs of many purchases at once, by the bulk engine.
 *
 * A batch is tallied first: which jobs have the form of a purchase, 22 bytes, and how many there are
 * of each version of the key. Versions of which there are enough go through the engine, each in one
 * pass over the whole batch that leaves the other jobs alone. All other jobs are the caller's: few
 * of a version, and messages of another length. Results are the same either way. */
#pragma once

#include "bulk/bulk.h"
#include "keys/permit.h"

enum {
    TAC_BATCH_MESSAGE_LEN = 22, /* what put_purchase_tac() writes: with its padding three blocks */
    TAC_BATCH_LEAST = 32        /* fewer are faster one by one */
};

/* How many jobs of each version have the form. */
struct tac_tally {
    size_t by_version[KEY_VERSION_MAX + 1];
};

/* True when the engine can compute the job at all. */
static inline bool tac_batch_fits(const struct tac_job *job) {
    return job->data.len == TAC_BATCH_MESSAGE_LEN && job->version <= KEY_VERSION_MAX;
}

/* True when the tally sends this job through the engine. */
bool tac_batch_takes(const struct tac_tally *tally, const struct tac_job *job);

/* Computes tac of the jobs that fit and have this version, under the city's DTK of it. */
void tac_batch_compute(struct bulk *bulk, const struct key128 *city, uint8_t version,
    struct tac_job *jobs, size_t count);

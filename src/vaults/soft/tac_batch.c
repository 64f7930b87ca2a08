#include "vaults/soft/tac_batch.h"

#include <assert.h>
#include <stdatomic.h>

/* One pass through the engine. */
struct pass {
    struct tac_job *jobs;
    uint8_t version;
    atomic_size_t taken; /* by all threads */
};

static bool of_this_pass(const struct pass *pass, const struct tac_job *job) {
    return job->data_len == TAC_BATCH_MESSAGE_LEN && job->version == pass->version;
}

/* The lane of another job keeps what it had: its MAC is computed and not taken. The padding is
 * written first and then the rest of the message over it, so that nothing is read back. */
static void give_jobs(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    enum { REST_AT = 2 * DES_BLOCK, REST = TAC_BATCH_MESSAGE_LEN - REST_AT };
    static const uint8_t padding[DES_BLOCK] = {[REST] = 0x80};
    const struct pass *pass = self;
    for (size_t i = 0; i < count; i++) {
        const struct tac_job *job = &pass->jobs[first + i];
        if (of_this_pass(pass, job)) {
            const uint8_t *message = job->data;
            (void)memcpy(lanes->factor[i], job->card_factor, DES_BLOCK);
            (void)memcpy(lanes->data[0][i], message, DES_BLOCK);
            (void)memcpy(lanes->data[1][i], message + DES_BLOCK, DES_BLOCK);
            (void)memcpy(lanes->data[2][i], padding, DES_BLOCK);
            (void)memcpy(lanes->data[2][i], message + REST_AT, REST);
        }
    }
}

/* Lanes of other jobs are thrown away. */
static void take_jobs(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    struct pass *pass = self;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        struct tac_job *job = &pass->jobs[first + i];
        if (of_this_pass(pass, job)) {
            (void)memcpy(job->tac, lanes->mac[i], sizeof job->tac);
            taken++;
        }
    }
    (void)atomic_fetch_add(&pass->taken, taken);
}

size_t tac_batch_compute(struct bulk *bulk, const struct key128 *city, uint8_t version,
    struct tac_job *jobs, size_t count) {
    struct pass pass = {.jobs = jobs, .version = version};
    const struct bulk_records records = {&pass, give_jobs, take_jobs};
    assert(version <= KEY_VERSION_MAX);
    bulk_tacs(bulk, city, &records, count);
    return atomic_load(&pass.taken);
}

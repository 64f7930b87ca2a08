/* The TACs of many records at once, by the bulk engine.
 *
 * Jobs of one kind, that is of one account, one algorithm, one version of the key and one length of
 * message, take one pass over the whole batch, which computes them and leaves the others alone. Most batches are
 * done after one pass. What is left is the caller's: the next kind, when there are enough of it, or one
 * by one. Results are the same either way. */
#pragma once

#include "bulk/bulk.h"
#include "keys/permit.h"

enum { TAC_BATCH_LEAST = 32 /* fewer of a kind are faster one by one */ };

struct tac_kind {
    uint8_t algorithm; /* enum key_algorithm */
    uint8_t version;
    uint8_t data_len;
    uint8_t account; /* enum tac_account */
};

/* Looks at the job once: it may lie in memory that another process writes at this moment. */
static inline struct tac_kind tac_kind_of(const struct tac_job *job) {
    return (struct tac_kind){__atomic_load_n(&job->algorithm, __ATOMIC_RELAXED),
        __atomic_load_n(&job->version, __ATOMIC_RELAXED),
        __atomic_load_n(&job->data_len, __ATOMIC_RELAXED),
        __atomic_load_n(&job->account, __ATOMIC_RELAXED)};
}

static inline bool tac_kind_same(struct tac_kind a, struct tac_kind b) {
    unsigned differ = (unsigned)(a.algorithm ^ b.algorithm) | (unsigned)(a.version ^ b.version)
                      | (unsigned)(a.data_len ^ b.data_len) | (unsigned)(a.account ^ b.account);
    return differ == 0;
}

/* How many jobs of each kind a batch has, and which kinds had their pass. */
enum { TAC_ALGORITHMS = KEY_SM4 + 1, TAC_VERSIONS = KEY_VERSION_MAX + 1 };
struct tac_tally {
    size_t by_kind[TAC_ACCOUNTS][TAC_ALGORITHMS][TAC_VERSIONS][TAC_MESSAGE_MAX + 1];
};

/* One more of a kind, unless it had its pass. The kind is permitted and no longer than
 * TAC_MESSAGE_MAX. */
void tac_tally_add(struct tac_tally *tally, struct tac_kind kind);

/* What a job of this kind, which was added, needs: a pass for its whole kind, which then counts as
 * finished; to be made by itself; or nothing any more. */
enum tac_turn { TAC_PASS, TAC_ALONE, TAC_DONE };
enum tac_turn tac_tally_turn(struct tac_tally *tally, struct tac_kind kind);

/* A mark for each of `count` jobs: job i has bit i % 64 of word i / 64. */
enum { TAC_MARKS = 64 };
static inline bool tac_marked(const uint64_t *marks, size_t i) {
    return marks[i / TAC_MARKS] >> (i % TAC_MARKS) & 1;
}

/* Computes tac of the jobs of this kind, which is permitted and no longer than TAC_MESSAGE_MAX, under
 * the city's TAC key of its account, algorithm and version. Marks in `done` which they were, and returns how many.
 * The jobs may lie in memory that somebody else writes: each is looked at once, nothing is read or
 * written beyond them, and nothing is written but the tac of those that are marked. What a job became
 * meanwhile changes its own TAC and nothing else. */
size_t tac_batch_compute(struct bulk *bulk, const struct key128 *city, struct tac_kind kind,
    struct tac_job *jobs, size_t count, uint64_t *done);

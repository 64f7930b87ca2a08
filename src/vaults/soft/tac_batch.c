#include "vaults/soft/tac_batch.h"

#include <assert.h>
#include <stdatomic.h>

enum { PURCHASE_WHOLE = 2 }; /* words of a purchase's 22 bytes that hold nothing but data */

/* One pass through the engine. */
struct pass {
    struct tac_job *jobs;
    size_t count;
    struct tac_kind kind;
    size_t words, whole; /* of a padded message; of them, words of data alone */
    uint64_t mask, end;  /* what the word behind those keeps of the data, and its padding */
    uint64_t *done;      /* marks: what was of the kind when it was looked at */
    atomic_size_t taken; /* by all threads */
};

static uint64_t word_at(const uint8_t *at) {
    uint64_t word = 0;
    (void)memcpy(&word, at, sizeof word);
    return word;
}

/* Data, 80 and zeros, in words of eight bytes; behind a job's data is memory of the job itself, so
 * that whole words may be read. [ISO/IEC 9797-1, padding method 2] */
static inline __attribute__((always_inline)) void give_job(const struct pass *pass, size_t whole,
    const struct tac_job *job, size_t lane, struct bulk_lanes *lanes) {
    (void)memcpy(lanes->factor[lane], job->card_factor, BULK_WORD_LEN);
    for (size_t w = 0; w < whole; w++) {
        (void)memcpy(lanes->data[w][lane], job->data + BULK_WORD_LEN * w, BULK_WORD_LEN);
    }
    uint64_t last = pass->end;
    last |= pass->mask != 0 ? word_at(job->data + BULK_WORD_LEN * whole) & pass->mask : 0;
    (void)memcpy(lanes->data[whole][lane], &last, sizeof last);
}

/* Up to 64 jobs and their marks. The lane of another job keeps what it had: its MAC is computed and not
 * taken. */
static inline __attribute__((always_inline)) uint64_t give_marked(const struct pass *pass,
    size_t whole, size_t first, size_t count, struct bulk_lanes *lanes, size_t lane) {
    const struct tac_job *jobs = &pass->jobs[first];
    const size_t ahead = pass->count - first; /* they come while this group is computed */
    uint64_t marks = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + BULK_LANES_MAX < ahead) {
            __builtin_prefetch(&jobs[i + BULK_LANES_MAX], 1, 2);
        }
        bool mine = tac_kind_same(tac_kind_of(&jobs[i]), pass->kind);
        marks |= (uint64_t)mine << i;
        if (mine) {
            give_job(pass, whole, &jobs[i], lane + i, lanes);
        }
    }
    return marks;
}

static inline __attribute__((always_inline)) void give_all(
    struct pass *pass, size_t whole, size_t first, size_t count, struct bulk_lanes *lanes) {
    size_t taken = 0;
    assert(first % TAC_MARKS == 0);
    for (size_t at = 0; at < count; at += TAC_MARKS) {
        size_t some = count - at < TAC_MARKS ? count - at : TAC_MARKS;
        uint64_t marks = give_marked(pass, whole, first + at, some, lanes, at);
        pass->done[(first + at) / TAC_MARKS] = marks;
        taken += (size_t)__builtin_popcountll(marks);
    }
    (void)atomic_fetch_add(&pass->taken, taken);
}

/* The words of a purchase, known when this is compiled, and those of any other message. */
static void give_jobs(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    struct pass *pass = self;
    assert(pass->whole < BULK_WORDS_MAX);
    if (pass->whole == PURCHASE_WHOLE) {
        give_all(pass, PURCHASE_WHOLE, first, count, lanes);
    } else {
        give_all(pass, pass->whole, first, count, lanes);
    }
    if (pass->words > pass->whole + 1) {
        (void)memset(lanes->data[pass->whole + 1], 0, count * BULK_WORD_LEN);
    }
}

/* Lanes of other jobs are thrown away. What a job is was decided when it was given. */
static void take_jobs(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    const struct pass *pass = self;
    struct tac_job *jobs = &pass->jobs[first];
    for (size_t i = 0; i < count; i++) {
        if (tac_marked(pass->done, first + i)) {
            (void)memcpy(jobs[i].tac, lanes->mac[i], sizeof jobs[i].tac);
        }
    }
}

/* How a message of that length is cut into words and padded. */
static void cut_words(struct pass *pass) {
    size_t block_words = pass->kind.algorithm == KEY_SM4 ? 2 : 1;
    size_t rest = pass->kind.data_len % BULK_WORD_LEN;
    uint8_t mask[BULK_WORD_LEN] = {0};
    uint8_t end[BULK_WORD_LEN] = {0};
    (void)memset(mask, 0xFF, rest);
    end[rest] = 0x80;
    pass->whole = pass->kind.data_len / BULK_WORD_LEN;
    pass->words = (pass->whole + block_words) / block_words * block_words;
    pass->mask = word_at(mask);
    pass->end = word_at(end);
    assert(pass->words <= pass->whole + 2);
    assert(pass->words <= BULK_WORDS_MAX);
}

size_t tac_batch_compute(struct bulk *bulk, const struct key128 *city, struct tac_kind kind,
    struct tac_job *jobs, size_t count, uint64_t *done) {
    struct pass pass = {.jobs = jobs, .count = count, .kind = kind, .done = done};
    const struct bulk_records records = {&pass, give_jobs, take_jobs};
    assert(kind.version <= KEY_VERSION_MAX);
    assert(kind.data_len <= TAC_MESSAGE_MAX);
    (void)memset(done, 0, (count + TAC_MARKS - 1) / TAC_MARKS * sizeof *done);
    cut_words(&pass);
    bulk_tacs(
        bulk, kind.algorithm == KEY_SM4 ? BULK_SM4 : BULK_TDES, city, pass.words, &records, count);
    return atomic_load(&pass.taken);
}

/* --- the tally ----------------------------------------------------------------------------------- */

enum { FINISHED = -1 }; /* more than there can be */

static size_t *place_of(struct tac_tally *tally, struct tac_kind kind) {
    assert(kind.account < TAC_ACCOUNTS);
    assert(kind.algorithm < TAC_ALGORITHMS);
    assert(kind.version < TAC_VERSIONS);
    assert(kind.data_len <= TAC_MESSAGE_MAX);
    return &tally->by_kind[kind.account][kind.algorithm][kind.version][kind.data_len];
}

void tac_tally_add(struct tac_tally *tally, struct tac_kind kind) {
    size_t *place = place_of(tally, kind);
    *place += *place != (size_t)FINISHED;
}

enum tac_turn tac_tally_turn(struct tac_tally *tally, struct tac_kind kind) {
    size_t *place = place_of(tally, kind);
    if (*place == (size_t)FINISHED) {
        return TAC_DONE;
    }
    if (*place < TAC_BATCH_LEAST) {
        return TAC_ALONE;
    }
    *place = (size_t)FINISHED;
    return TAC_PASS;
}

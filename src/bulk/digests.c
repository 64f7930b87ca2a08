#include "bulk/digests.h"

#include <assert.h>

#include "bulk/digest_path.h"

static const struct digest_path *path_of(enum bulk_way way) {
    static const struct digest_path *const paths[BULK_WAYS] = {
        [BULK_AVX512] = &digest_path_avx512,
        [BULK_AVX2] = &digest_path_avx2,
        [BULK_WORDS] = &digest_path_words,
    };
    assert((unsigned)way < BULK_WAYS);
    if (way != BULK_BEST) {
        return paths[way];
    }
    return digest_path_avx512.here() ? &digest_path_avx512
           : digest_path_avx2.here() ? &digest_path_avx2
                                     : &digest_path_words;
}

bool digests_way_here(enum bulk_way way) {
    return path_of(way)->here();
}

size_t digests_lanes(enum bulk_way way) {
    return path_of(way)->lanes;
}

/* --- SM3 ----------------------------------------------------------------------------------------- */

enum { TAIL_MAX = 2 * SM3_BLOCK };

/* A lane and its message: the whole blocks where the caller has them, then a tail of our own with what
 * is left, the bit 1, zeros and the length. [GB/T 32905-2016 5.2] */
struct lane {
    struct digest_job *job; /* NULL: idle */
    size_t blocks;          /* left of the piece at hand */
    bool in_tail;
    size_t tail_blocks;
    uint8_t tail[TAIL_MAX];
};

struct hashing {
    const struct digest_path *path;
    struct digest_states states;
    const uint8_t *at[DIGEST_LANES_MAX];
    struct lane lanes[DIGEST_LANES_MAX];
    struct digest_job *next, *end;
};

static void begin_tail(struct hashing *h, size_t l) {
    h->lanes[l].in_tail = true;
    h->lanes[l].blocks = h->lanes[l].tail_blocks;
    h->at[l] = h->lanes[l].tail;
}

static void make_tail(struct lane *lane) {
    size_t len = lane->job->data.len, rest = len % SM3_BLOCK;
    uint64_t bits = 8 * (uint64_t)len;
    lane->tail_blocks = rest < SM3_BLOCK - 8 ? 1 : 2;
    (void)memset(lane->tail, 0, sizeof lane->tail);
    if (rest > 0) {
        (void)memcpy(lane->tail, lane->job->data.at + len - rest, rest);
    }
    lane->tail[rest] = 0x80;
    for (unsigned i = 0; i < 8; i++) {
        lane->tail[lane->tail_blocks * SM3_BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
    }
}

/* The next message, or none. */
static void begin_message(struct hashing *h, size_t l) {
    struct lane *lane = &h->lanes[l];
    struct sm3 initial;
    lane->job = h->next < h->end ? h->next++ : NULL;
    lane->blocks = 0;
    if (!lane->job) {
        return;
    }
    sm3_begin(&initial);
    for (size_t w = 0; w < 8; w++) {
        h->states.at[w * h->path->lanes + l] = initial.state[w];
    }
    make_tail(lane);
    lane->in_tail = false;
    lane->blocks = lane->job->data.len / SM3_BLOCK;
    h->at[l] = lane->job->data.at;
    if (lane->blocks == 0) {
        begin_tail(h, l);
    }
}

static void end_message(struct hashing *h, size_t l) {
    uint8_t *digest = h->lanes[l].job->digest;
    for (size_t w = 0; w < 8; w++) {
        uint32_t word = h->states.at[w * h->path->lanes + l];
        for (size_t i = 0; i < 4; i++) {
            digest[4 * w + i] = (uint8_t)(word >> (24 - 8 * i));
        }
    }
}

/* So many blocks are done; a lane whose piece is at its end goes on with its tail, or with another
 * message. */
static void go_on(struct hashing *h, size_t l, size_t blocks) {
    struct lane *lane = &h->lanes[l];
    if (!lane->job) {
        return;
    }
    assert(lane->blocks >= blocks);
    lane->blocks -= blocks;
    h->at[l] += blocks * SM3_BLOCK;
    if (lane->blocks > 0) {
        return;
    }
    if (!lane->in_tail) {
        begin_tail(h, l);
        return;
    }
    end_message(h, l);
    begin_message(h, l);
}

/* As many blocks as every busy lane has; idle ones hash what a busy one does, for nothing. 0: done. */
static size_t stretch_of(struct hashing *h) {
    size_t blocks = 0;
    const uint8_t *some = NULL;
    for (size_t l = 0; l < h->path->lanes; l++) {
        const struct lane *lane = &h->lanes[l];
        if (lane->job) {
            assert(lane->blocks > 0);
            some = h->at[l];
            blocks = blocks == 0 || lane->blocks < blocks ? lane->blocks : blocks;
        }
    }
    for (size_t l = 0; l < h->path->lanes; l++) {
        h->at[l] = h->lanes[l].job ? h->at[l] : some;
    }
    return blocks;
}

void digests_make(enum bulk_way way, struct digest_job *jobs, size_t count) {
    if (count == 0) {
        return; /* jobs may be NULL then */
    }
    struct hashing h = {.path = path_of(way), .next = jobs, .end = jobs + count};
    assert(h.path->here());
    assert(h.path->lanes <= DIGEST_LANES_MAX);
    for (size_t l = 0; l < h.path->lanes; l++) {
        begin_message(&h, l);
    }
    for (size_t blocks = stretch_of(&h); blocks > 0; blocks = stretch_of(&h)) {
        h.path->compress(&h.states, h.at, blocks);
        for (size_t l = 0; l < h.path->lanes; l++) {
            go_on(&h, l, blocks);
        }
    }
    assert(h.next == h.end);
}

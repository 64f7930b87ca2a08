/* SM4 in slices, for registers of any width: the one source of the paths for SM4 that need nothing
 * but "and" and "xor".
 *
 * A word of a block is 32 slices, lowest bit first; a block has four words. After 32 rounds they
 * stand in the opposite order, last word first. [GB/T 32907-2016, 7.1] */
#pragma once

#include <assert.h>

#include "bulk/sliced.h"

enum { SM4_BITS = 32 };

struct sm4_word {
    slice bits[SM4_BITS];
};

/* What one thread computes in. */
struct sm4_room {
    struct bulk_lanes lanes;
    slice rows[WORD_BITS];
    struct sm4_word block[SM4_WORDS]; /* at work */
    struct sm4_word chain[SM4_WORDS];
    struct sm4_word card[SM4_ROUNDS], transport[SM4_ROUNDS]; /* round keys, SM4_ENTRY in them */
};

/* --- rounds -------------------------------------------------------------------------------------- */

/* The S-box for one byte of each lane, lowest bit first, in place. */
SLICE_INLINE void sm4_box(slice b[8]) {
    const slice w0 = b[0], w1 = b[1], w2 = b[2], w3 = b[3], w4 = b[4], w5 = b[5], w6 = b[6],
                w7 = b[7]
#define XOR(n, p, q) , w##n = w##p ^ w##q
#define AND(n, p, q) , w##n = w##p & w##q
#define NOT(n, p)    , w##n = ~w##p
#define ENDS(n0, n1, n2, n3, n4, n5, n6, n7)                                                       \
    ;                                                                                              \
    b[0] = w##n0, b[1] = w##n1, b[2] = w##n2, b[3] = w##n3;                                        \
    b[4] = w##n4, b[5] = w##n5, b[6] = w##n6, b[7] = w##n7;
#include "bulk/sm4_gates.def"
}

/* The four words of a block, the one that a round changes first. */
struct sm4_turn {
    struct sm4_word *x0;
    const struct sm4_word *x1, *x2, *x3;
};

SLICE_INLINE struct sm4_turn sm4_turn_of(struct sm4_word block[SM4_WORDS], size_t round) {
    return (struct sm4_turn){&block[round % 4], &block[(round + 1) % 4], &block[(round + 2) % 4],
        &block[(round + 3) % 4]};
}

/* S-boxes of the sum of three words and of what is added: a word of each lane, and one for all. The
 * result stands twice, so that what turns round it need not ask where it ends. */
SLICE_INLINE void sm4_substitute(const struct sm4_turn *turn, const struct sm4_word *lanes,
    uint32_t shared, slice twice[2 * SM4_BITS]) {
    for (size_t i = 0; i < SM4_BITS; i++) {
        slice sum = turn->x1->bits[i] ^ turn->x2->bits[i] ^ turn->x3->bits[i];
        twice[i] = sum ^ (lanes ? lanes->bits[i] : spread(0 - (uint64_t)(shared >> i & 1)));
    }
    for (size_t i = 0; i < SM4_BITS; i += 8) {
        sm4_box(twice + i);
    }
    for (size_t i = 0; i < SM4_BITS; i++) {
        twice[SM4_BITS + i] = twice[i];
    }
}

/* A round of a block, under keys of the lanes, or under one for all when lanes is NULL. */
SLICE_INLINE void sm4_round(
    struct sm4_word block[SM4_WORDS], size_t round, const struct sm4_word *lanes, uint32_t shared) {
    slice twice[2 * SM4_BITS];
    struct sm4_turn turn = sm4_turn_of(block, round);
    sm4_substitute(&turn, lanes, shared, twice);
    const slice *s = twice + SM4_BITS;
    for (size_t i = 0; i < SM4_BITS; i++, s++) {
        turn.x0->bits[i] ^= s[0] ^ s[-2] ^ s[-10] ^ s[-18] ^ s[-24];
    }
}

/* The words in the order of bytes, after the last round. */
SLICE_INLINE void sm4_turn_round(struct sm4_word block[SM4_WORDS]) {
    for (size_t i = 0; i < SM4_WORDS / 2; i++) {
        struct sm4_word first = block[i];
        block[i] = block[SM4_WORDS - 1 - i];
        block[SM4_WORDS - 1 - i] = first;
    }
}

SLICE_CALL void sm4_shared(struct sm4_word block[SM4_WORDS], const struct shared_sm4 *key) {
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        sm4_round(block, r, NULL, key->rounds[r]);
    }
    sm4_turn_round(block);
}

SLICE_CALL void sm4_lanes(
    struct sm4_word block[SM4_WORDS], const struct sm4_word rounds[SM4_ROUNDS]) {
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        sm4_round(block, r, &rounds[r], 0);
    }
    sm4_turn_round(block);
}

SLICE_INLINE void sm4_add_word(struct sm4_word *word, uint32_t shared) {
    for (size_t i = 0; i < SM4_BITS; i++) {
        word->bits[i] ^= spread(0 - (uint64_t)(shared >> i & 1));
    }
}

/* The round keys of each lane's own key, which is used up. */
SLICE_CALL void sm4_schedule(struct sm4_word key[SM4_WORDS], struct sm4_word rounds[SM4_ROUNDS]) {
    slice twice[2 * SM4_BITS];
    for (size_t i = 0; i < SM4_WORDS; i++) {
        sm4_add_word(&key[i], sm4_family[i]);
    }
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        struct sm4_turn turn = sm4_turn_of(key, r);
        sm4_substitute(&turn, NULL, sm4_constants[r] ^ SM4_ENTRY, twice);
        const slice *s = twice + SM4_BITS;
        for (size_t i = 0; i < SM4_BITS; i++, s++) {
            turn.x0->bits[i] ^= s[0] ^ s[-13] ^ s[-23];
        }
        rounds[r] = *turn.x0;
        sm4_add_word(&rounds[r], SM4_ENTRY);
    }
}

/* --- between bytes and slices -------------------------------------------------------------------- */

/* The slice that is bit i, from the lowest, of the first or second word of four bytes. */
static inline size_t word_row(size_t word, size_t i) {
    return 8 * (4 * word + 3 - i / 8) + i % 8;
}

/* Adds eight bytes of each lane to two words. */
SLICE_INLINE void add_bytes(struct sm4_room *room, const void *bytes, struct sm4_word pair[2]) {
    load(room->rows, bytes);
    for (size_t i = 0; i < (size_t)2 * SM4_BITS; i++) {
        pair[i / SM4_BITS].bits[i % SM4_BITS] ^= room->rows[word_row(i / SM4_BITS, i % SM4_BITS)];
    }
}

SLICE_INLINE void store_bytes(
    struct sm4_room *room, const struct sm4_word pair[2], uint8_t (*bytes)[BULK_WORD_LEN]) {
    for (size_t i = 0; i < (size_t)2 * SM4_BITS; i++) {
        room->rows[word_row(i / SM4_BITS, i % SM4_BITS)] = pair[i / SM4_BITS].bits[i % SM4_BITS];
    }
    turn_over(room->rows);
    (void)memcpy(bytes, room->rows, sizeof room->rows);
}

/* --- what a path offers -------------------------------------------------------------------------- */

/* The card's key in block: the factor and its complement, enciphered. */
SLICE_CALL void derive_block(struct sm4_room *room, const struct shared_sm4 *city) {
    (void)memset(room->block, 0, sizeof room->block);
    add_bytes(room, room->lanes.factor, room->block);
    for (size_t i = 0; i < (size_t)2 * SM4_BITS; i++) {
        room->block[2 + i / SM4_BITS].bits[i % SM4_BITS] = ~room->block[i / SM4_BITS]
                                                                .bits[i % SM4_BITS];
    }
    sm4_shared(room->block, city);
}

SLICE_CALL void sm4_tacs(void *at, const union shared_key *city, size_t words) {
    struct sm4_room *room = at;
    derive_block(room, &city->sm4);
    sm4_schedule(room->block, room->card);
    (void)memset(room->chain, 0, sizeof room->chain);
    for (size_t w = 0; w + 1 < words; w += 2) {
        add_bytes(room, room->lanes.data[w], room->chain);
        add_bytes(room, room->lanes.data[w + 1], room->chain + 2);
        sm4_lanes(room->chain, room->card);
    }
    store_bytes(room, room->chain, room->lanes.mac);
}

SLICE_INLINE void store_block(struct sm4_room *room) {
    store_bytes(room, room->block, room->lanes.data[0]);
    store_bytes(room, room->block + 2, room->lanes.data[1]);
}

SLICE_CALL void sm4_derive(void *at, const union shared_key *city) {
    struct sm4_room *room = at;
    derive_block(room, &city->sm4);
    store_block(room);
}

SLICE_CALL void sm4_transport(void *at, const union shared_key *batch) {
    struct sm4_room *room = at;
    derive_block(room, &batch->sm4);
    sm4_schedule(room->block, room->transport);
}

SLICE_CALL void sm4_wrap(void *at, const union shared_key *city, bool half) {
    struct sm4_room *room = at;
    assert(!half);
    derive_block(room, &city->sm4);
    (void)memcpy(room->chain, room->block, sizeof room->chain);
    sm4_schedule(room->chain, room->card);
    sm4_lanes(room->block, room->transport);
    store_block(room);
    (void)memset(room->chain, 0, sizeof room->chain);
    sm4_lanes(room->chain, room->card);
    store_bytes(room, room->chain, room->lanes.mac);
}

/* Nothing has to be made ready. */
SLICE_CALL void sm4_begin(void *at, const struct lane_order *order) {
    (void)at;
    (void)order;
}

/* What each file of a register puts into its struct path. */
#define SLICED_SM4                                                                                 \
    .lanes = LANES, .room_len = sizeof(struct sm4_room), .secret_len = sizeof(struct sm4_room),    \
    .begin = sm4_begin, .tacs = sm4_tacs, .derive = sm4_derive, .transport = sm4_transport,        \
    .wrap = sm4_wrap

/* DES in slices, for registers of any width: the one source of the paths for DES.
 *
 * Conventions: a block is 64 slices after IP, left half first. IP and its inverse cost nothing: they
 * say which slice is which. After sixteen rounds the halves have changed places, and functions say
 * so by handing pointers over in the other order. [FIPS 46-3] */
#pragma once

#include <assert.h>

#include "bulk/sliced.h"

/* The round keys when each lane has its own: where each bit of it stands. */
struct lane_rounds {
    const slice *bits[DES_ROUNDS][ROUND_BITS];
};

/* Half a key of each lane in the order of IP, and inverted where S-boxes have inputs that want it. */
struct lane_half {
    slice bits[WORD_BITS];
#ifndef SLICE_TERNARY
    slice inverted[WORD_BITS];
#endif
};

/* A key of each lane. */
struct lane_tdes {
    struct lane_half halves[2];
};

/* What one thread computes in. The round keys, which are places and no secret, stay from call to
 * call. */
struct des_room {
    struct bulk_lanes lanes;
    slice factor[WORD_BITS], data[WORD_BITS];
    slice block[WORD_BITS]; /* at work */
    struct lane_tdes card, transport;
    struct lane_rounds card_rounds[2], transport_rounds[2]; /* of each half */
};

/* --- gates ------------------------------------------------------------------------------------- */

struct box_in {
    slice a, b, c, d, e, f;
};
struct box_out {
    slice w, x, y, z;
};

/* box_1() to box_8(): each is one long declaration of wires, of which each is made from those before. */
#define BOX(number)                                                                                \
    SLICE_INLINE struct box_out box_##number(struct box_in in) {                                   \
        const slice w0 = in.a, w1 = in.b, w2 = in.c, w3 = in.d, w4 = in.e, w5 = in.f
#define ENDS(n0, n1, n2, n3)                                                                       \
    ;                                                                                              \
    return (struct box_out){w##n0, w##n1, w##n2, w##n3};                                           \
    }
#ifdef SLICE_TERNARY
#define SLICE_FLIPS           flips_of_none
#define GATE(n, p, q, r, lut) , w##n = SLICE_TERNARY(w##p, w##q, w##r, lut)
#include "bulk/sbox_gates.def"
#define SLICE_XOR3(a, b, c) SLICE_TERNARY(a, b, c, 96)
#else
#define SLICE_FLIPS             flips_of_pairs
#define FLIPS(a, b, c, d, e, f) /* they entered so: the key has seen to it */
#define AND(n, p, q)            , w##n = w##p & w##q
#define OR(n, p, q)             , w##n = w##p | w##q
#define XOR(n, p, q)            , w##n = w##p ^ w##q
#define CLEAR(n, p, q)          , w##n = w##p & ~w##q
#include "bulk/sbox_pairs.def"
#define SLICE_XOR3(a, b, c) ((a) ^ (b) ^ (c))
#endif

/* --- rounds ------------------------------------------------------------------------------------ */

/* One key for all lanes; round_keys.h says what the six words of a box are. */
SLICE_INLINE void round_shared(slice *left, const slice *right, const uint64_t *words){
#define WIRE(box, i0, i1, i2, i3, i4, i5, o0, o1, o2, o3)                                          \
    {                                                                                              \
        const uint64_t *six = words + (size_t)BOX_INPUTS * ((box)-1);                              \
        struct box_out out = box_##box((struct box_in){right[i0] ^ spread(six[0]), right[i1],      \
            right[i2], right[i3], right[i4], right[i5] ^ spread(six[1])});                         \
        left[o0] = SLICE_XOR3(left[o0], out.w, spread(six[2]));                                    \
        left[o1] = SLICE_XOR3(left[o1], out.x, spread(six[3]));                                    \
        left[o2] = SLICE_XOR3(left[o2], out.y, spread(six[4]));                                    \
        left[o3] = SLICE_XOR3(left[o3], out.z, spread(six[5]));                                    \
    }
#include "bulk/sbox_wiring.def"
}

/* A key of its own for each lane. */
SLICE_INLINE void round_lanes(slice *left, const slice *right, const slice *const *key){
#define WIRE(box, i0, i1, i2, i3, i4, i5, o0, o1, o2, o3)                                          \
    {                                                                                              \
        const slice *const *six = key + (size_t)BOX_INPUTS * ((box)-1);                            \
        struct box_out out = box_##box((struct box_in){right[i0] ^ *six[0], right[i1] ^ *six[1],   \
            right[i2] ^ *six[2], right[i3] ^ *six[3], right[i4] ^ *six[4], right[i5] ^ *six[5]});  \
        left[o0] ^= out.w;                                                                         \
        left[o1] ^= out.x;                                                                         \
        left[o2] ^= out.y;                                                                         \
        left[o3] ^= out.z;                                                                         \
    }
#include "bulk/sbox_wiring.def"
}

/* DES of a block in place; then `right` is its left half and `left` its right half. */
SLICE_CALL void des_shared(slice *left, slice *right, const struct shared_rounds *key) {
    for (size_t i = 0; i < HALF_BITS; i++) {
        right[i] ^= spread(key->opening[i]);
    }
    for (size_t r = 0; r < DES_ROUNDS; r += 2) {
        round_shared(left, right, key->words[r]);
        round_shared(right, left, key->words[r + 1]);
    }
    for (size_t i = 0; i < HALF_BITS; i++) {
        left[i] ^= spread(key->closing[i]);
    }
}

/* With the rounds in their order, or in the opposite one to decrypt. */
SLICE_CALL void des_lanes(slice *left, slice *right, const struct lane_rounds *key, bool forward) {
    size_t turned = forward ? 0 : DES_ROUNDS - 1;
    for (size_t r = 0; r < DES_ROUNDS; r += 2) {
        round_lanes(left, right, key->bits[r ^ turned]);
        round_lanes(right, left, key->bits[(r + 1) ^ turned]);
    }
}

/* --- between bytes and slices ------------------------------------------------------------------- */

/* The slice that is bit i of the left or right half after IP, in words read from memory and turned
 * over. [FIPS 46-3, IP] */
static inline size_t left_row(size_t i) {
    return 8 * (7 - i % 8) + 6 - 2 * (i / 8);
}

static inline size_t right_row(size_t i) {
    return left_row(i) + 1;
}

/* Blocks after IP to bytes; rows is room to work in. */
SLICE_INLINE void store(
    const slice *left, const slice *right, slice rows[WORD_BITS], uint8_t (*blocks)[DES_BLOCK]) {
    for (size_t i = 0; i < HALF_BITS; i++) {
        rows[left_row(i)] = left[i];
        rows[right_row(i)] = right[i];
    }
    turn_over(rows);
    (void)memcpy(blocks, rows, sizeof(slice) * WORD_BITS);
}

/* --- keys ---------------------------------------------------------------------------------------- */

/* 3DES of the factor, or of its complement, into block, whose right half is then the first. */
SLICE_INLINE void derive_half(
    struct des_room *room, const struct shared_tdes *city, bool inverted) {
    slice *left = room->block;
    slice *right = room->block + HALF_BITS;
    slice flip = spread(inverted ? ~UINT64_C(0) : 0);
    for (size_t i = 0; i < HALF_BITS; i++) {
        left[i] = room->factor[left_row(i)] ^ flip;
        right[i] = room->factor[right_row(i)] ^ flip;
    }
    des_shared(left, right, &city->left);
    des_shared(right, left, &city->right);
    des_shared(left, right, &city->left);
}

/* A derived half where keys lie, or added to what lies there. */
SLICE_INLINE void keep_half(const struct des_room *room, struct lane_half *half, bool added) {
    for (size_t i = 0; i < WORD_BITS; i++) {
        slice before = added ? half->bits[i] : spread(0);
        half->bits[i] = before ^ room->block[i ^ HALF_BITS];
#ifndef SLICE_TERNARY
        half->inverted[i] = ~half->bits[i];
#endif
    }
}

/* The whole key of each lane; of a half key the left half, twice. */
SLICE_INLINE void derive_key_of(
    struct des_room *room, const struct shared_tdes *city, bool half, struct lane_tdes *key) {
    derive_half(room, city, false);
    keep_half(room, &key->halves[0], false);
    if (!half) {
        derive_half(room, city, true);
    }
    keep_half(room, &key->halves[1], false);
}

/* 3DES of block in place under a key of each lane; its right half is then the first. */
SLICE_CALL void tdes_lanes(slice block[WORD_BITS], const struct lane_rounds key[2]) {
    slice *left = block;
    slice *right = block + HALF_BITS;
    des_lanes(left, right, &key[0], true);
    des_lanes(right, left, &key[1], false);
    des_lanes(left, right, &key[0], true);
}

/* --- what a path offers -------------------------------------------------------------------------- */

SLICE_CALL void des_tacs(void *at, const union shared_key *city, size_t words) {
    struct des_room *room = at;
    slice *left = room->block;
    slice *right = room->block + HALF_BITS;
    load(room->factor, room->lanes.factor);
    derive_half(room, &city->tdes, false);
    keep_half(room, &room->card.halves[0], false);
    derive_half(room, &city->tdes, true);
    keep_half(room, &room->card.halves[0], true); /* folded */
    (void)memset(room->block, 0, sizeof room->block);
    for (size_t w = 0; w < words; w++) {
        load(room->data, room->lanes.data[w]);
        for (size_t i = 0; i < HALF_BITS; i++) {
            left[i] ^= room->data[left_row(i)];
            right[i] ^= room->data[right_row(i)];
        }
        des_lanes(left, right, &room->card_rounds[0], true);
        slice *first = right;
        right = left;
        left = first;
    }
    store(left, right, room->data, room->lanes.mac);
}

SLICE_CALL void des_derive(void *at, const union shared_key *city) {
    struct des_room *room = at;
    load(room->factor, room->lanes.factor);
    for (size_t half = 0; half < 2; half++) {
        derive_half(room, &city->tdes, half == 1);
        store(room->block + HALF_BITS, room->block, room->data, room->lanes.data[half]);
    }
}

SLICE_CALL void des_transport(void *at, const union shared_key *batch) {
    struct des_room *room = at;
    load(room->factor, room->lanes.factor);
    derive_key_of(room, &batch->tdes, false, &room->transport);
}

SLICE_CALL void des_wrap(void *at, const union shared_key *city, bool half) {
    struct des_room *room = at;
    derive_key_of(room, &city->tdes, half, &room->card);
    for (size_t i = 0; i < 2; i++) {
        (void)memcpy(room->block, room->card.halves[i].bits, sizeof room->block);
        tdes_lanes(room->block, room->transport_rounds);
        store(room->block + HALF_BITS, room->block, room->data, room->lanes.data[i]);
    }
    (void)memset(room->block, 0, sizeof room->block);
    tdes_lanes(room->block, room->card_rounds);
    store(room->block + HALF_BITS, room->block, room->data, room->lanes.mac);
}

/* Bit j of what a round adds, inverted or not. */
SLICE_INLINE const slice *bits_for(const struct lane_half *half, size_t j) {
#ifndef SLICE_TERNARY
    return SLICE_FLIPS.inverted[j] ? half->inverted : half->bits;
#else
    assert(!SLICE_FLIPS.inverted[j]);
    return half->bits;
#endif
}

/* Bit b of a key is the slice of its half where IP puts it. */
SLICE_INLINE void point_rounds(const struct lane_half *half, const struct lane_order *order,
    const size_t place[WORD_BITS], struct lane_rounds *rounds) {
    for (size_t r = 0; r < DES_ROUNDS; r++) {
        for (size_t j = 0; j < ROUND_BITS; j++) {
            rounds->bits[r][j] = &bits_for(half, j)[place[order->order[r][j]]];
        }
    }
}

SLICE_CALL void des_begin(void *at, const struct lane_order *order) {
    struct des_room *room = at;
    size_t place[WORD_BITS] = {0};
    for (size_t i = 0; i < HALF_BITS; i++) {
        size_t left = left_row(i);
        place[left / 8 * 8 + 7 - left % 8] = i;
        place[left / 8 * 8 + 7 - left % 8 - 1] = HALF_BITS + i;
    }
    for (size_t i = 0; i < 2; i++) {
        point_rounds(&room->card.halves[i], order, place, &room->card_rounds[i]);
        point_rounds(&room->transport.halves[i], order, place, &room->transport_rounds[i]);
    }
}

/* What each file of a register puts into its struct path. */
#define SLICED_DES                                                                                 \
    .lanes = LANES, .room_len = sizeof(struct des_room),                                           \
    .secret_len = offsetof(struct des_room, card_rounds), .flips = &SLICE_FLIPS,                   \
    .begin = des_begin, .tacs = des_tacs, .derive = des_derive, .transport = des_transport,        \
    .wrap = des_wrap

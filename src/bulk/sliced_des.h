/* DES in slices, for registers of any width: the one source of all paths.
 *
 * A slice holds one bit of each lane. path_*.c include this page once, each with its own register:
 *     SLICE_WORDS          64-bit words of a slice (1 when nothing is said)
 *     SLICE_TARGET         the attribute that lets the compiler use the processor's instructions
 *     SLICE_TERNARY(a, b, c, lut)   any function of three slices, if there is such an instruction
 * Everything here is static and inline, so that each path has its own copy for its own processor.
 *
 * Conventions: a block is 64 slices after IP, left half first. IP and its inverse cost nothing: they
 * say which slice is which. After sixteen rounds the halves have changed places, and functions say
 * so by handing pointers over in the other order. [FIPS 46-3] */
#pragma once

#include "bulk/path.h"

#ifndef SLICE_WORDS
#define SLICE_WORDS 1
#define SLICE_TARGET
#endif

enum { BLOCK_BITS = 64, LANES = 64 * SLICE_WORDS };

#if SLICE_WORDS == 1
typedef uint64_t slice;
#else
typedef uint64_t slice __attribute__((vector_size(8 * SLICE_WORDS)));
#endif

#define SLICE_INLINE static inline __attribute__((always_inline)) SLICE_TARGET
#define SLICE_CALL   static __attribute__((noinline, unused)) SLICE_TARGET

/* The round keys when each lane has its own: where each bit of it stands. */
struct lane_rounds {
    const slice *bits[DES_ROUNDS][ROUND_BITS];
};

/* What one thread computes in. */
struct sliced_room {
    struct bulk_lanes lanes;
    slice factor[BLOCK_BITS], data[BLOCK_BITS];
    slice block[BLOCK_BITS];    /* at work */
    slice card_key[BLOCK_BITS]; /* in the order of IP */
    struct lane_rounds rounds;  /* into card_key */
};

/* --- gates ------------------------------------------------------------------------------------- */

#ifndef SLICE_TERNARY
#define FORM(lut, form)                                                                            \
    SLICE_INLINE slice form_##lut(slice a, slice b, slice c) {                                     \
        (void)a, (void)b, (void)c;                                                                 \
        return form;                                                                               \
    }
#include "bulk/ternary_forms.def"
#define SLICE_TERNARY(a, b, c, lut) form_##lut(a, b, c)
#define SLICE_XOR3(a, b, c)         ((a) ^ (b) ^ (c))
#else
#define SLICE_XOR3(a, b, c) SLICE_TERNARY(a, b, c, 96)
#endif

struct box_in {
    slice a, b, c, d, e, f;
};
struct box_out {
    slice w, x, y, z;
};

/* box_1() to box_8(). */
#define BOX(number)                                                                                \
    SLICE_INLINE struct box_out box_##number(struct box_in in) {                                   \
        const slice w0 = in.a, w1 = in.b, w2 = in.c, w3 = in.d, w4 = in.e, w5 = in.f;
#define GATE(n, p, q, r, lut) const slice w##n = SLICE_TERNARY(w##p, w##q, w##r, lut);
#define ENDS(n0, n1, n2, n3)                                                                       \
    return (struct box_out){w##n0, w##n1, w##n2, w##n3};                                           \
    }
#include "bulk/sbox_gates.def"

/* --- rounds ------------------------------------------------------------------------------------ */

/* A word of zeros or ones in every lane's word. */
SLICE_INLINE slice spread(uint64_t word) {
#if SLICE_WORDS == 1
    return word;
#else
    return word - (slice){0};
#endif
}

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

SLICE_CALL void des_lanes(slice *left, slice *right, const struct lane_rounds *key) {
    for (size_t r = 0; r < DES_ROUNDS; r += 2) {
        round_lanes(left, right, key->bits[r]);
        round_lanes(right, left, key->bits[r + 1]);
    }
}

/* --- between bytes and slices ------------------------------------------------------------------- */

/* Exchanges the bits of *low that stand under the mask, moved down by shift, with those of *high. */
SLICE_INLINE void trade(slice *low, slice *high, size_t shift, uint64_t mask) {
    slice differ = ((*low >> (unsigned)shift) ^ *high) & spread(mask);
    *high ^= differ;
    *low ^= differ << (unsigned)shift;
}

/* Eight rows, `apart` from one another, that stay in registers for three levels of trading. The three
 * shifts are 1, 2 and 4 times apart. */
SLICE_INLINE void trade_eight(slice *rows, size_t apart, const uint64_t masks[3]) {
    slice a = rows[0], b = rows[apart], c = rows[2 * apart], d = rows[3 * apart];
    slice e = rows[4 * apart], f = rows[5 * apart], g = rows[6 * apart], h = rows[7 * apart];
    trade(&a, &b, apart, masks[0]);
    trade(&c, &d, apart, masks[0]);
    trade(&e, &f, apart, masks[0]);
    trade(&g, &h, apart, masks[0]);
    trade(&a, &c, 2 * apart, masks[1]);
    trade(&b, &d, 2 * apart, masks[1]);
    trade(&e, &g, 2 * apart, masks[1]);
    trade(&f, &h, 2 * apart, masks[1]);
    trade(&a, &e, 4 * apart, masks[2]);
    trade(&b, &f, 4 * apart, masks[2]);
    trade(&c, &g, 4 * apart, masks[2]);
    trade(&d, &h, 4 * apart, masks[2]);
    rows[0] = a, rows[apart] = b, rows[2 * apart] = c, rows[3 * apart] = d;
    rows[4 * apart] = e, rows[5 * apart] = f, rows[6 * apart] = g, rows[7 * apart] = h;
}

/* Turns a matrix of 64 times 64 bits over, in each word of the slices: bit b of row i becomes bit i
 * of row b. Turned twice it is as before. */
SLICE_CALL void turn_over(slice rows[BLOCK_BITS]) {
    static const uint64_t bits[3] = {0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F};
    static const uint64_t bytes[3] = {0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF};
    for (size_t i = 0; i < BLOCK_BITS; i += 8) {
        trade_eight(rows + i, 1, bits);
    }
    for (size_t i = 0; i < 8; i++) {
        trade_eight(rows + i, 8, bytes);
    }
}

/* The slice that is bit i of the left or right half after IP, in rows read from memory and turned
 * over: bytes count upwards there and bits downwards. [FIPS 46-3, IP] */
static inline size_t left_row(size_t i) {
    return 8 * (7 - i % 8) + 6 - 2 * (i / 8);
}

static inline size_t right_row(size_t i) {
    return left_row(i) + 1;
}

SLICE_INLINE void load(slice rows[BLOCK_BITS], const void *blocks) {
    (void)memcpy(rows, blocks, sizeof(slice) * BLOCK_BITS);
    turn_over(rows);
}

/* Blocks after IP to bytes; rows is room to work in. */
SLICE_INLINE void store(
    const slice *left, const slice *right, slice rows[BLOCK_BITS], uint8_t (*blocks)[DES_BLOCK]) {
    for (size_t i = 0; i < HALF_BITS; i++) {
        rows[left_row(i)] = left[i];
        rows[right_row(i)] = right[i];
    }
    turn_over(rows);
    (void)memcpy(blocks, rows, sizeof(slice) * BLOCK_BITS);
}

/* --- keys and TACs ------------------------------------------------------------------------------ */

/* 3DES of the factor, or of its complement, into block, whose right half is then the first. */
SLICE_INLINE void derive_half(
    struct sliced_room *room, const struct shared_tdes *city, bool inverted) {
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

/* The card's two halves folded into one, in the order of IP. */
SLICE_INLINE void fold_card_key(struct sliced_room *room, const struct shared_tdes *city) {
    derive_half(room, city, false);
    for (size_t i = 0; i < BLOCK_BITS; i++) {
        room->card_key[i] = room->block[i ^ HALF_BITS];
    }
    derive_half(room, city, true);
    for (size_t i = 0; i < BLOCK_BITS; i++) {
        room->card_key[i] ^= room->block[i ^ HALF_BITS];
    }
}

SLICE_CALL void sliced_tacs(void *at, const struct shared_tdes *city) {
    struct sliced_room *room = at;
    slice *left = room->block;
    slice *right = room->block + HALF_BITS;
    load(room->factor, room->lanes.factor);
    fold_card_key(room, city);
    (void)memset(room->block, 0, sizeof room->block);
    for (size_t b = 0; b < BULK_TAC_BLOCKS; b++) {
        load(room->data, room->lanes.data[b]);
        for (size_t i = 0; i < HALF_BITS; i++) {
            left[i] ^= room->data[left_row(i)];
            right[i] ^= room->data[right_row(i)];
        }
        des_lanes(left, right, &room->rounds);
        slice *first = right;
        right = left;
        left = first;
    }
    store(left, right, room->data, room->lanes.mac);
}

SLICE_CALL void sliced_derive(void *at, const struct shared_tdes *city) {
    struct sliced_room *room = at;
    load(room->factor, room->lanes.factor);
    for (size_t half = 0; half < 2; half++) {
        derive_half(room, city, half == 1);
        store(room->block + HALF_BITS, room->block, room->data, room->lanes.data[half]);
    }
}

/* Bit b of a key is the slice of the card key where IP puts it. */
SLICE_CALL void sliced_begin(void *at, const struct lane_order *order) {
    struct sliced_room *room = at;
    size_t place[BLOCK_BITS] = {0};
    for (size_t i = 0; i < HALF_BITS; i++) {
        size_t left = left_row(i);
        place[left / 8 * 8 + 7 - left % 8] = i;
        place[left / 8 * 8 + 7 - left % 8 - 1] = HALF_BITS + i;
    }
    for (size_t i = 0; i < (size_t)DES_ROUNDS * ROUND_BITS; i++) {
        size_t bit = order->order[i / ROUND_BITS][i % ROUND_BITS];
        room->rounds.bits[i / ROUND_BITS][i % ROUND_BITS] = &room->card_key[place[bit]];
    }
}

SLICE_CALL struct bulk_lanes *sliced_lanes(void *at) {
    struct sliced_room *room = at;
    return &room->lanes;
}

/* Slices, for registers of any width: what sliced_des.h and sliced_sm4.h are made of.
 *
 * A slice holds one bit of each lane. path_*.c include this page once, each with its own register:
 *     SLICE_WORDS          64-bit words of a slice (1 when nothing is said)
 *     SLICE_TARGET         the attribute that lets the compiler use the processor's instructions
 *     SLICE_TERNARY(a, b, c, lut)   any function of three slices, if there is such an instruction
 * Everything here is static and inline, so that each path has its own copy for its own processor. */
#pragma once

#include "bulk/path.h"

#ifndef SLICE_WORDS
#define SLICE_WORDS 1
#define SLICE_TARGET
#endif

enum { WORD_BITS = 64, LANES = 64 * SLICE_WORDS };

#if SLICE_WORDS == 1
typedef uint64_t slice;
#else
typedef uint64_t slice __attribute__((vector_size(8 * SLICE_WORDS)));
#endif

#define SLICE_INLINE static inline __attribute__((always_inline)) SLICE_TARGET
#define SLICE_CALL   static __attribute__((noinline, unused)) SLICE_TARGET

/* A word of zeros or ones in every lane's word. */
SLICE_INLINE slice spread(uint64_t word) {
#if SLICE_WORDS == 1
    return word;
#else
    return word - (slice){0};
#endif
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
SLICE_CALL void turn_over(slice rows[WORD_BITS]) {
    static const uint64_t bits[3] = {0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F};
    static const uint64_t bytes[3] = {0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF};
    for (size_t i = 0; i < WORD_BITS; i += 8) {
        trade_eight(rows + i, 1, bits);
    }
    for (size_t i = 0; i < 8; i++) {
        trade_eight(rows + i, 8, bytes);
    }
}

/* Words of eight bytes, one of each lane, into slices: bytes count upwards there and bits downwards,
 * slice 8 b + 7 - m is bit m from the left of byte b. */
SLICE_INLINE void load(slice rows[WORD_BITS], const void *words) {
    (void)memcpy(rows, words, sizeof(slice) * WORD_BITS);
    turn_over(rows);
}

/* SM3's compression for LANES messages at once, in vectors of LANES words. [GB/T 32905-2016 5.3]
 *
 * A file defines LANES and LANES_TARGET (the attribute of its functions) unless it wants the least, and
 * includes this once. The compiler makes the instructions; functions of three inputs are given as truth
 * tables where LANES_TERNARY is defined. The message words of a block are laid out word by word first,
 * then 64 rounds run on registers. */
#include "bulk/digest_path.h"

#ifndef LANES
#define LANES 4
#define LANES_TARGET
#endif

typedef uint32_t words __attribute__((vector_size(4 * LANES)));

#define LANES_CALL static inline __attribute__((always_inline)) LANES_TARGET

#ifndef LANES_TERNARY
LANES_CALL words xor3(words x, words y, words z) {
    return x ^ y ^ z;
}
LANES_CALL words majority(words x, words y, words z) {
    return (x & y) | ((x | y) & z);
}
LANES_CALL words choose(words x, words y, words z) {
    return ((y ^ z) & x) ^ z;
}
#else
LANES_CALL words xor3(words x, words y, words z) {
    return LANES_TERNARY(x, y, z, 96);
}
LANES_CALL words majority(words x, words y, words z) {
    return LANES_TERNARY(x, y, z, E8);
}
LANES_CALL words choose(words x, words y, words z) {
    return LANES_TERNARY(x, y, z, CA);
}
#endif

LANES_CALL words turn(words x, unsigned by) {
    return x << by | x >> (32 - by);
}

LANES_CALL words spread0(words x) { /* P0, 4.4 */
    return xor3(x, turn(x, 9), turn(x, 17));
}

LANES_CALL words spread1(words x) { /* P1, 4.4 */
    return xor3(x, turn(x, 15), turn(x, 23));
}

/* The words of one block of each lane, word by word. */
LANES_CALL void lay_out(const uint8_t *const lanes_at[], size_t offset, words w[16]) {
    _Alignas(64) uint32_t raw[16][LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        const uint8_t *at = lanes_at[lane] + offset;
        for (size_t i = 0; i < 16; i++) {
            uint32_t word = 0;
            (void)memcpy(&word, at + 4 * i, sizeof word);
            raw[i][lane] = __builtin_bswap32(word); /* of a little-endian processor */
        }
    }
    (void)memcpy(w, raw, sizeof raw);
}

/* 5.3.2, sixteen words held in a ring. */
LANES_CALL words next_word(words w[16], size_t i) {
    words x = xor3(w[i & 15], w[(i + 7) & 15], turn(w[(i + 13) & 15], 15));
    return w[i & 15] = xor3(spread1(x), turn(w[(i + 3) & 15], 7), w[(i + 10) & 15]);
}

/* T of 4.2, each turned by the number of its round. */
/* clang-format off */
static const uint32_t constants[64] = {
#define TURNED(t, j) ((t) << ((j)&31) | (uint32_t)((uint64_t)(t) >> (32 - ((j)&31))))
#define EARLY(j)     TURNED(0x79CC4519U, j)
#define LATE(j)      TURNED(0x7A879D8AU, j)
#define EIGHT(of, j)                                                                               \
    of(j), of((j) + 1), of((j) + 2), of((j) + 3), of((j) + 4), of((j) + 5), of((j) + 6), of((j) + 7)
    EIGHT(EARLY, 0),
    EIGHT(EARLY, 8),
    EIGHT(LATE, 16),
    EIGHT(LATE, 24),
    EIGHT(LATE, 32),
    EIGHT(LATE, 40),
    EIGHT(LATE, 48),
    EIGHT(LATE, 56),
};
/* clang-format on */

/* Round first + step of 5.3.3: early says which shape FF and GG have. What "moves" in the standard stays
 * and changes its name instead, which comes round after four rounds; step is 0 to 15 and known when this
 * is compiled, first a multiple of 16. */
LANES_CALL void one_round(bool early, words s[8], words w[16], size_t first, size_t step) {
    words *a = &s[(16 - step) & 3], *b = &s[(17 - step) & 3];
    words *c = &s[(18 - step) & 3], *d = &s[(19 - step) & 3];
    words *e = a + 4, *f = b + 4, *g = c + 4, *h = d + 4;
    words turned = turn(*a, 12);
    words ss1 = turn(turned + *e + constants[first + step], 7);
    words now = w[step];
    words later = early && step < 12 ? w[step + 4] : next_word(w, step + 4);
    *d += (early ? xor3(*a, *b, *c) : majority(*a, *b, *c)) + (ss1 ^ turned) + (now ^ later);
    *h += (early ? xor3(*e, *f, *g) : choose(*e, *f, *g)) + ss1 + now;
    *b = turn(*b, 9);
    *f = turn(*f, 19);
    *h = spread0(*h);
}

LANES_CALL void four_rounds(bool early, words s[8], words w[16], size_t first, size_t step) {
    one_round(early, s, w, first, step);
    one_round(early, s, w, first, step + 1);
    one_round(early, s, w, first, step + 2);
    one_round(early, s, w, first, step + 3);
}

LANES_CALL void sixteen_rounds(bool early, words s[8], words w[16], size_t first) {
    four_rounds(early, s, w, first, 0);
    four_rounds(early, s, w, first, 4);
    four_rounds(early, s, w, first, 8);
    four_rounds(early, s, w, first, 12);
}

/* 5.3.3 for one block of each lane. */
LANES_CALL void take_block(words s[8], words w[16]) {
    words now[8];
    (void)memcpy(now, s, sizeof now);
    sixteen_rounds(true, now, w, 0);
    sixteen_rounds(false, now, w, 16);
    sixteen_rounds(false, now, w, 32);
    sixteen_rounds(false, now, w, 48);
    for (size_t i = 0; i < 8; i++) {
        s[i] ^= now[i];
    }
}

static LANES_TARGET __attribute__((unused)) void compress_lanes(
    struct digest_states *states, const uint8_t *const lanes_at[], size_t blocks) {
    words s[8], w[16];
    (void)memcpy(s, states->at, sizeof s);
    for (size_t i = 0; i < blocks; i++) {
        lay_out(lanes_at, i * SM3_BLOCK, w);
        take_block(s, w);
    }
    (void)memcpy(states->at, s, sizeof s);
}

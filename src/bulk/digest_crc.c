/* CRC-32 (IEEE 802.3, reflected) of long data. [decision 0036]
 *
 * Folding: four sums of 16 bytes stand for everything read so far; a carry-less multiplication by
 * x^512 modulo the polynomial moves each over the next 64 bytes. What is left is folded to 16 bytes,
 * then by tables. The constants are x^(n) mod P in reflected form, as Intel's paper "Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ" derives them. */
#include "bulk/digests.h"

enum { STEP = 8 };

/* table[k][b]: what byte b does k bytes before the end of a step. Made once from the plain way. */
static uint32_t table[STEP][256];

static __attribute__((constructor)) void make_table(void) {
    for (unsigned b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
        }
        table[0][b] = crc;
    }
    for (unsigned k = 1; k < STEP; k++) {
        for (unsigned b = 0; b < 256; b++) {
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
        }
    }
}

/* Eight bytes a step; crc is the state without its complement. */
static uint32_t crc_by_tables(uint32_t crc, struct bytes data) {
    const uint8_t *at = data.at;
    size_t len = data.len;
    for (; len >= STEP; len -= STEP, at += STEP) {
        uint32_t next = 0;
        for (size_t i = 0; i < 4; i++) {
            next ^= table[7 - i][at[i] ^ (crc >> 8 * i & 255)];
            next ^= table[3 - i][at[4 + i]];
        }
        crc = next;
    }
    for (; len > 0; len--, at++) {
        crc = table[0][(crc ^ *at) & 255] ^ crc >> 8;
    }
    return crc;
}

#if defined(__x86_64__)

#include <immintrin.h>

enum { FOLD = 64, LANE = 16 };

#define FOLD_CALL static inline __attribute__((always_inline, target("pclmul,sse4.1")))

FOLD_CALL __m128i load(const uint8_t *at) {
    __m128i x;
    (void)memcpy(&x, at, sizeof x);
    return x;
}

/* The sum moved on by the distance that k stands for, and what stands there. */
FOLD_CALL __m128i fold(__m128i sum, __m128i k, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(sum, k, 0x00);
    __m128i high = _mm_clmulepi64_si128(sum, k, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* The 16 bytes that remain have the CRC of everything; tables say it. data.len is at least FOLD. */
static __attribute__((target("pclmul,sse4.1"))) uint32_t crc_by_folding(
    uint32_t crc, struct bytes data) {
    const __m128i by_64 = _mm_set_epi64x(0x01C6E41596, 0x0154442BD4);
    const __m128i by_16 = _mm_set_epi64x(0x00CCAA009E, 0x01751997D0);
    const uint8_t *at = data.at;
    size_t len = data.len;
    uint8_t rest[LANE];
    __m128i sums[4];
    for (size_t i = 0; i < 4; i++) {
        sums[i] = load(at + i * LANE);
    }
    sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)crc));
    for (at += FOLD, len -= FOLD; len >= FOLD; at += FOLD, len -= FOLD) {
        for (size_t i = 0; i < 4; i++) {
            sums[i] = fold(sums[i], by_64, load(at + i * LANE));
        }
    }
    for (size_t i = 1; i < 4; i++) {
        sums[i] = fold(sums[i - 1], by_16, sums[i]);
    }
    for (; len >= LANE; at += LANE, len -= LANE) {
        sums[3] = fold(sums[3], by_16, load(at));
    }
    (void)memcpy(rest, &sums[3], sizeof rest);
    return crc_by_tables(crc_by_tables(0, bytes_of(rest, sizeof rest)), bytes_of(at, len));
}

static bool folding_here(void) {
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

#else

enum { FOLD = 64 };

static uint32_t crc_by_folding(uint32_t crc, struct bytes data) {
    return crc_by_tables(crc, data);
}

static bool folding_here(void) {
    return false;
}

#endif

uint32_t digests_crc32(enum bulk_way way, struct bytes data) {
    bool folding = way != BULK_WORDS && data.len >= FOLD && folding_here();
    uint32_t crc = 0xFFFFFFFFU;
    return ~(folding ? crc_by_folding(crc, data) : crc_by_tables(crc, data));
}

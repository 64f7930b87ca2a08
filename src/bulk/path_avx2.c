/* AVX2: 256 lanes, and a gate of three inputs is two or three instructions. */
#include "bulk/path.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* gcc puts gates in order before it hands out registers only where it is told to: then all but five of
 * the stores of a round are those that must be. clang does so by itself. */
#if !defined(__clang__)
#pragma GCC optimize("schedule-insns", "sched-pressure")
#endif

#define SLICE_WORDS  4
#define SLICE_TARGET __attribute__((target("avx2")))
#include "bulk/sliced_des.h"
#include "bulk/sliced_sm4.h"

static bool avx2_here(void) {
    return __builtin_cpu_supports("avx2");
}

SLICE_CALL void avx2_forget(void) {
    _mm256_zeroall();
}

const struct path path_des_avx2 = {
    .name = "AVX2", .here = avx2_here, .forget = avx2_forget, SLICED_DES};
const struct path path_sm4_avx2 = {
    .name = "AVX2", .here = avx2_here, .forget = avx2_forget, SLICED_SM4};

#else

static bool avx2_here(void) {
    return false;
}

const struct path path_des_avx2 = {.name = "AVX2", .here = avx2_here};
const struct path path_sm4_avx2 = {.name = "AVX2", .here = avx2_here};

#endif

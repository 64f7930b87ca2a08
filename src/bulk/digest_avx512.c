/* AVX-512: 16 lanes, rotations and functions of three inputs are one instruction each. */
#include "bulk/digest_path.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES        16
#define LANES_TARGET __attribute__((target("avx512f,avx512bw")))
#define LANES_TERNARY(a, b, c, lut)                                                                \
    ((words)_mm512_ternarylogic_epi32((__m512i)(a), (__m512i)(b), (__m512i)(c), 0x##lut))
#include "bulk/digest_lanes.h"

static bool avx512_here(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct digest_path digest_path_avx512 = {LANES, avx512_here, compress_lanes};

#else

static bool avx512_here(void) {
    return false;
}

const struct digest_path digest_path_avx512 = {16, avx512_here, NULL};

#endif

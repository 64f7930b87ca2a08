/* AVX-512: 512 lanes, and a gate of three inputs is one instruction. */
#include "bulk/path.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SLICE_WORDS  8
#define SLICE_TARGET __attribute__((target("avx512f,avx512bw")))
#define SLICE_TERNARY(a, b, c, lut)                                                                \
    ((slice)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), 0x##lut))
#include "bulk/sliced_des.h"

static bool avx512_here(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct path path_avx512 = {
    .name = "AVX-512",
    .lanes = LANES,
    .room_len = sizeof(struct sliced_room),
    .here = avx512_here,
    .lanes_of = sliced_lanes,
    .begin = sliced_begin,
    .tacs = sliced_tacs,
    .derive = sliced_derive,
};

#else

static bool avx512_here(void) {
    return false;
}

const struct path path_avx512 = {.name = "AVX-512", .here = avx512_here};

#endif

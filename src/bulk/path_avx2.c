/* AVX2: 256 lanes, and a gate of three inputs is two or three instructions. */
#include "bulk/path.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SLICE_WORDS  4
#define SLICE_TARGET __attribute__((target("avx2")))
#include "bulk/sliced_des.h"

static bool avx2_here(void) {
    return __builtin_cpu_supports("avx2");
}

SLICE_CALL void avx2_forget(void) {
    _mm256_zeroall();
}

const struct path path_avx2 = {
    .name = "AVX2",
    .lanes = LANES,
    .room_len = sizeof(struct sliced_room),
    .here = avx2_here,
    .lanes_of = sliced_lanes,
    .begin = sliced_begin,
    .tacs = sliced_tacs,
    .derive = sliced_derive,
    .forget = avx2_forget,
};

#else

static bool avx2_here(void) {
    return false;
}

const struct path path_avx2 = {.name = "AVX2", .here = avx2_here};

#endif

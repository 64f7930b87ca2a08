/* AVX2: 8 lanes. */
#include "bulk/digest_path.h"

#if defined(__x86_64__)

#define LANES        8
#define LANES_TARGET __attribute__((target("avx2")))
#include "bulk/digest_lanes.h"

static bool avx2_here(void) {
    return __builtin_cpu_supports("avx2");
}

const struct digest_path digest_path_avx2 = {LANES, avx2_here, compress_lanes};

#else

static bool avx2_here(void) {
    return false;
}

const struct digest_path digest_path_avx2 = {8, avx2_here, NULL};

#endif

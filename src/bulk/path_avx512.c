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

/* The first sixteen registers have an instruction of their own, the others go one by one. */
SLICE_CALL void avx512_forget(void) {
    _mm256_zeroall();
#define EMPTY(n) "vpxorq %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n\t"
    __asm__ volatile(EMPTY(16) EMPTY(17) EMPTY(18) EMPTY(19) EMPTY(20) EMPTY(21) EMPTY(22) EMPTY(
        23) EMPTY(24) EMPTY(25) EMPTY(26) EMPTY(27) EMPTY(28) EMPTY(29) EMPTY(30) EMPTY(31)::
                         : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
                     "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
#undef EMPTY
}

const struct path path_des_avx512 = {
    .name = "AVX-512", .here = avx512_here, .forget = avx512_forget, SLICED_DES};

#else

static bool avx512_here(void) {
    return false;
}

const struct path path_des_avx512 = {.name = "AVX-512", .here = avx512_here};

#endif

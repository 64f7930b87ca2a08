/* SM4 by the instructions for its field: 64 lanes as they are, a word of 16 of them in a register.
 *
 * The S-box is an inversion between two affine maps. GFNI inverts in the field of AES, which is that
 * of SM4 in another basis: the change of basis stands in the two matrices, found by trying the eight
 * ways there are. The first map's constant stands in the round keys (SM4_ENTRY). */
#include "bulk/path.h"

#if defined(__x86_64__)

#include <assert.h>
#include <immintrin.h>

#define GFNI_TARGET __attribute__((target("avx512f,avx512bw,gfni")))
#define GFNI_INLINE static inline __attribute__((always_inline)) GFNI_TARGET
#define GFNI_CALL   static __attribute__((noinline)) GFNI_TARGET

enum { GFNI_LANES = 64 };

/* A word of all lanes: four registers, so that the processor always has something to do while an
 * instruction's result is on its way. */
struct wide {
    __m512i r[4];
};

struct wide_block {
    struct wide words[SM4_WORDS];
};

/* What one thread computes in. */
struct gfni_room {
    struct bulk_lanes lanes;
    struct wide_block block;
    struct wide card[SM4_ROUNDS], transport[SM4_ROUNDS]; /* round keys, SM4_ENTRY in them */
};

/* --- operations on all lanes --------------------------------------------------------------------- */

/* The same operation on each of the four registers. */
#define FOUR(form)                                                                                 \
    (struct wide) {                                                                                \
        { form(0), form(1), form(2), form(3) }                                                     \
    }

GFNI_INLINE struct wide wide_all(uint32_t word) {
    const __m512i all = _mm512_set1_epi32((int)word);
    return (struct wide){
        {all, all, all, all}
    };
}

GFNI_INLINE struct wide wide_xor(struct wide a, struct wide b) {
#define EACH(i) _mm512_xor_si512(a.r[i], b.r[i])
    return FOUR(EACH);
#undef EACH
}

GFNI_INLINE struct wide wide_xor3(struct wide a, struct wide b, struct wide c) {
#define EACH(i) _mm512_ternarylogic_epi32(a.r[i], b.r[i], c.r[i], 0x96)
    return FOUR(EACH);
#undef EACH
}

GFNI_INLINE struct wide wide_not(struct wide a) {
    return wide_xor(a, wide_all(UINT32_MAX));
}

#define TURNED(a, by)                                                                              \
    (struct wide) {                                                                                \
        {                                                                                          \
            _mm512_rol_epi32((a).r[0], by), _mm512_rol_epi32((a).r[1], by),                        \
                _mm512_rol_epi32((a).r[2], by), _mm512_rol_epi32((a).r[3], by)                     \
        }                                                                                          \
    }

/* The S-box of every byte, SM4_ENTRY already added. */
GFNI_INLINE struct wide wide_box(struct wide a) {
    const __m512i in = _mm512_set1_epi64(0x4C287DB91A22505D);
    const __m512i out = _mm512_set1_epi64((long long)0xF3AB34A974A6B589);
#define EACH(i)                                                                                    \
    _mm512_gf2p8affineinv_epi64_epi8(_mm512_gf2p8affine_epi64_epi8(a.r[i], in, 0), out, 0xD3)
    return FOUR(EACH);
#undef EACH
}

/* --- rounds -------------------------------------------------------------------------------------- */

/* What a round adds to the word it changes: the boxes of a sum, spread over the word. */
GFNI_INLINE struct wide wide_round(struct wide x0, struct wide sum) {
    struct wide s = wide_box(sum);
    struct wide left = wide_xor3(s, TURNED(s, 2), TURNED(s, 10));
    struct wide right = wide_xor3(x0, TURNED(s, 18), TURNED(s, 24));
    return wide_xor(left, right);
}

/* Two rounds change a and b: c + d is the same in both. */
#define TWO_ROUNDS(a, b, c, d, key0, key1)                                                         \
    {                                                                                              \
        struct wide both = wide_xor(c, d);                                                         \
        a = wide_round(a, wide_xor3(b, both, key0));                                               \
        b = wide_round(b, wide_xor3(a, both, key1));                                               \
    }

/* Words in the order of bytes: the opposite of that of the rounds. */
#define TURNED_ROUND(a, b, c, d)                                                                   \
    (struct wide_block) {                                                                          \
        { d, c, b, a }                                                                             \
    }

/* A block of each lane under a key that they share. */
GFNI_INLINE struct wide_block gfni_shared(struct wide_block in, const struct shared_sm4 *key) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        const uint32_t *k = &key->rounds[r];
        TWO_ROUNDS(a, b, c, d, wide_all(k[0]), wide_all(k[1]))
        TWO_ROUNDS(c, d, a, b, wide_all(k[2]), wide_all(k[3]))
    }
    return TURNED_ROUND(a, b, c, d);
}

/* A block of each lane under its own key. */
GFNI_INLINE struct wide_block gfni_lanes(
    struct wide_block in, const struct wide rounds[SM4_ROUNDS]) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        TWO_ROUNDS(a, b, c, d, rounds[r], rounds[r + 1])
        TWO_ROUNDS(c, d, a, b, rounds[r + 2], rounds[r + 3])
    }
    return TURNED_ROUND(a, b, c, d);
}

GFNI_INLINE struct wide wide_schedule(struct wide x0, struct wide sum) {
    struct wide s = wide_box(sum);
    return wide_xor(x0, wide_xor3(s, TURNED(s, 13), TURNED(s, 23)));
}

/* A round of the schedule changes a, which is the round's key. */
#define KEY_ROUND(a, b, c, d, r)                                                                   \
    {                                                                                              \
        struct wide added = wide_xor(d, wide_all(sm4_constants[r] ^ SM4_ENTRY));                   \
        a = wide_schedule(a, wide_xor3(b, c, added));                                              \
        rounds[r] = wide_xor(a, wide_all(SM4_ENTRY));                                              \
    }

GFNI_INLINE void gfni_schedule(struct wide_block key, struct wide rounds[SM4_ROUNDS]) {
    struct wide a = wide_xor(key.words[0], wide_all(sm4_family[0]));
    struct wide b = wide_xor(key.words[1], wide_all(sm4_family[1]));
    struct wide c = wide_xor(key.words[2], wide_all(sm4_family[2]));
    struct wide d = wide_xor(key.words[3], wide_all(sm4_family[3]));
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        KEY_ROUND(a, b, c, d, r)
        KEY_ROUND(b, c, d, a, r + 1)
        KEY_ROUND(c, d, a, b, r + 2)
        KEY_ROUND(d, a, b, c, r + 3)
    }
}

/* --- between bytes and words --------------------------------------------------------------------- */

/* The bytes of each 32-bit word in the opposite order, and back. */
GFNI_INLINE __m512i turn_bytes(__m512i a) {
    return _mm512_shuffle_epi8(
        a, _mm512_set4_epi32(0x0C0D0E0F, 0x08090A0B, 0x04050607, 0x00010203));
}

/* Eight bytes of each lane to two words. */
GFNI_INLINE void load_pair(const uint8_t *bytes, struct wide *first, struct wide *second) {
    const __m512i even = _mm512_set_epi32(
        30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *at = bytes + 2 * i * sizeof(__m512i);
        __m512i low = turn_bytes(_mm512_loadu_si512(at));
        __m512i high = turn_bytes(_mm512_loadu_si512(at + sizeof(__m512i)));
        first->r[i] = _mm512_permutex2var_epi32(low, even, high);
        second->r[i] = _mm512_permutex2var_epi32(low, odd, high);
    }
}

GFNI_INLINE void store_pair(struct wide first, struct wide second, uint8_t *bytes) {
    const __m512i low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512i high = _mm512_set_epi32(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
    for (size_t i = 0; i < 4; i++) {
        uint8_t *at = bytes + 2 * i * sizeof(__m512i);
        __m512i a = first.r[i];
        __m512i b = second.r[i];
        _mm512_storeu_si512(at, turn_bytes(_mm512_permutex2var_epi32(a, low, b)));
        _mm512_storeu_si512(
            at + sizeof(__m512i), turn_bytes(_mm512_permutex2var_epi32(a, high, b)));
    }
}

/* --- what a path offers -------------------------------------------------------------------------- */

/* The card's key: the factor and its complement, enciphered. */
GFNI_INLINE struct wide_block derive_block(
    const struct gfni_room *room, const struct shared_sm4 *city) {
    struct wide_block block;
    load_pair(&room->lanes.factor[0][0], &block.words[0], &block.words[1]);
    block.words[2] = wide_not(block.words[0]);
    block.words[3] = wide_not(block.words[1]);
    return gfni_shared(block, city);
}

GFNI_INLINE void store_block(const struct wide_block *block, struct bulk_lanes *lanes) {
    store_pair(block->words[0], block->words[1], &lanes->data[0][0][0]);
    store_pair(block->words[2], block->words[3], &lanes->data[1][0][0]);
}

GFNI_CALL void gfni_tacs(void *at, const union shared_key *city, size_t words) {
    struct gfni_room *room = at;
    gfni_schedule(derive_block(room, &city->sm4), room->card);
    struct wide_block chain = {
        {wide_all(0), wide_all(0), wide_all(0), wide_all(0)}
    };
    for (size_t w = 0; w + 1 < words; w += 2) {
        struct wide_block data;
        load_pair(&room->lanes.data[w][0][0], &data.words[0], &data.words[1]);
        load_pair(&room->lanes.data[w + 1][0][0], &data.words[2], &data.words[3]);
        for (size_t i = 0; i < SM4_WORDS; i++) {
            chain.words[i] = wide_xor(chain.words[i], data.words[i]);
        }
        chain = gfni_lanes(chain, room->card);
    }
    store_pair(chain.words[0], chain.words[1], &room->lanes.mac[0][0]);
}

GFNI_CALL void gfni_derive(void *at, const union shared_key *city) {
    struct gfni_room *room = at;
    struct wide_block key = derive_block(room, &city->sm4);
    store_block(&key, &room->lanes);
}

GFNI_CALL void gfni_transport(void *at, const union shared_key *batch) {
    struct gfni_room *room = at;
    gfni_schedule(derive_block(room, &batch->sm4), room->transport);
}

GFNI_CALL void gfni_wrap(void *at, const union shared_key *city, bool half) {
    struct gfni_room *room = at;
    assert(!half);
    room->block = derive_block(room, &city->sm4);
    gfni_schedule(room->block, room->card);
    struct wide_block wrapped = gfni_lanes(room->block, room->transport);
    store_block(&wrapped, &room->lanes);
    struct wide_block zeros = {
        {wide_all(0), wide_all(0), wide_all(0), wide_all(0)}
    };
    zeros = gfni_lanes(zeros, room->card);
    store_pair(zeros.words[0], zeros.words[1], &room->lanes.mac[0][0]);
}

/* Nothing has to be made ready. */
static void gfni_begin(void *at, const struct lane_order *order) {
    (void)at;
    (void)order;
}

static bool gfni_here(void) {
    return __builtin_cpu_supports("gfni") && path_des_avx512.here();
}

/* The registers are those of AVX-512. */
static void gfni_forget(void) {
    path_des_avx512.forget();
}

const struct path path_sm4_gfni = {
    .name = "AVX-512 with GFNI",
    .lanes = GFNI_LANES,
    .room_len = sizeof(struct gfni_room),
    .here = gfni_here,
    .begin = gfni_begin,
    .tacs = gfni_tacs,
    .derive = gfni_derive,
    .transport = gfni_transport,
    .wrap = gfni_wrap,
    .forget = gfni_forget,
};

#else

static bool gfni_here(void) {
    return false;
}

const struct path path_sm4_gfni = {.name = "AVX-512 with GFNI", .here = gfni_here};

#endif

/* SM4 by the instructions for its field: 64 lanes as they are, a word of 16 of them in a register.
 *
 * The S-box is an inversion between two affine maps, and GFNI inverts in the field of AES, which is
 * that of SM4 in another basis. So words are kept in that basis all the time, "in the field": the map
 * in front of the inversion is then nothing at all, and the one behind it also does the part of the
 * rotations that stays inside a byte. A round is
 *     x0 += own(s) + turned 8 near(s) + turned 16 near(s) + turned 24 far(s)
 * where s is the inversion of a sum of words, and own, near, far are matrices: turning by 2, 10, 18
 * and 24 bits takes each byte's bits to its own place and to the three that follow.
 * Where the field's zero is, 75 in the standard's basis, stands in the round keys (SM4_ENTRY). */
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

#define TURNED(a, by)                                                                              \
    (struct wide) {                                                                                \
        {                                                                                          \
            _mm512_rol_epi32((a).r[0], by), _mm512_rol_epi32((a).r[1], by),                        \
                _mm512_rol_epi32((a).r[2], by), _mm512_rol_epi32((a).r[3], by)                     \
        }                                                                                          \
    }

/* --- in the field -------------------------------------------------------------------------------- */

#define MAPPED(a, matrix, added)                                                                   \
    (struct wide) {                                                                                \
        {                                                                                          \
            _mm512_gf2p8affine_epi64_epi8(                                                         \
                (a).r[0], _mm512_set1_epi64((long long)(matrix)), added),                          \
                _mm512_gf2p8affine_epi64_epi8(                                                     \
                    (a).r[1], _mm512_set1_epi64((long long)(matrix)), added),                      \
                _mm512_gf2p8affine_epi64_epi8(                                                     \
                    (a).r[2], _mm512_set1_epi64((long long)(matrix)), added),                      \
                _mm512_gf2p8affine_epi64_epi8(                                                     \
                    (a).r[3], _mm512_set1_epi64((long long)(matrix)), added)                       \
        }                                                                                          \
    }
#define INVERTED(a, matrix, added)                                                                 \
    (struct wide) {                                                                                \
        {                                                                                          \
            _mm512_gf2p8affineinv_epi64_epi8(                                                      \
                (a).r[0], _mm512_set1_epi64((long long)(matrix)), added),                          \
                _mm512_gf2p8affineinv_epi64_epi8(                                                  \
                    (a).r[1], _mm512_set1_epi64((long long)(matrix)), added),                      \
                _mm512_gf2p8affineinv_epi64_epi8(                                                  \
                    (a).r[2], _mm512_set1_epi64((long long)(matrix)), added),                      \
                _mm512_gf2p8affineinv_epi64_epi8(                                                  \
                    (a).r[3], _mm512_set1_epi64((long long)(matrix)), added)                       \
        }                                                                                          \
    }

/* A word that all lanes share, in the field. */
GFNI_INLINE struct wide field_all(uint32_t word) {
    const __m512i all = _mm512_gf2p8affine_epi64_epi8(
        _mm512_set1_epi32((int)word), _mm512_set1_epi64((long long)SM4_MATRIX_IN), 0);
    return (struct wide){
        {all, all, all, all}
    };
}

/* --- rounds -------------------------------------------------------------------------------------- */

/* What a round makes of the word it changes, from the sum of the others and the key. */
GFNI_INLINE struct wide field_round(struct wide x0, struct wide sum) {
    struct wide own = INVERTED(sum, SM4_MATRIX_OWN, SM4_OWN_ADDED);
    struct wide near = INVERTED(sum, SM4_MATRIX_NEAR, 0);
    struct wide far = INVERTED(sum, SM4_MATRIX_FAR, 0);
    struct wide first = wide_xor3(x0, own, TURNED(near, 8));
    return wide_xor3(first, TURNED(near, 16), TURNED(far, 24));
}

/* Two rounds change a and b: c + d is the same in both. */
#define TWO_ROUNDS(a, b, c, d, key0, key1)                                                         \
    {                                                                                              \
        struct wide both = wide_xor(c, d);                                                         \
        a = field_round(a, wide_xor3(b, both, key0));                                              \
        b = field_round(b, wide_xor3(a, both, key1));                                              \
    }

/* Words in the order of bytes: the opposite of that of the rounds. */
#define TURNED_ROUND(a, b, c, d)                                                                   \
    (struct wide_block) {                                                                          \
        { d, c, b, a }                                                                             \
    }

/* A block of each lane, in the field, under a key that they share. */
GFNI_INLINE struct wide_block gfni_shared(struct wide_block in, const struct shared_sm4 *key) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        const uint32_t *k = &key->rounds[r];
        TWO_ROUNDS(a, b, c, d, field_all(k[0]), field_all(k[1]))
        TWO_ROUNDS(c, d, a, b, field_all(k[2]), field_all(k[3]))
    }
    return TURNED_ROUND(a, b, c, d);
}

/* A block of each lane, in the field, under its own key. */
GFNI_INLINE struct wide_block gfni_lanes(
    struct wide_block in, const struct wide rounds[SM4_ROUNDS]) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        TWO_ROUNDS(a, b, c, d, rounds[r], rounds[r + 1])
        TWO_ROUNDS(c, d, a, b, rounds[r + 2], rounds[r + 3])
    }
    return TURNED_ROUND(a, b, c, d);
}

/* A word of a key: as the standard has it, and in the field with a byte of SM4_ENTRY added, which is
 * the form of a round key. Three of those add up to one SM4_ENTRY, as an inversion wants it. */
struct key_word {
    struct wide plain, field;
};

GFNI_INLINE struct key_word key_word_of(struct wide field, uint32_t family) {
    struct wide plain = wide_xor(MAPPED(field, SM4_MATRIX_BACK, 0), wide_all(family));
    return (struct key_word){plain, MAPPED(plain, SM4_MATRIX_IN, SM4_ENTRY_ADDED)};
}

/* A round of the schedule changes a, which is the round's key. */
#define KEY_ROUND(a, b, c, d, r)                                                                   \
    {                                                                                              \
        struct wide added = wide_xor(d.field, field_all(sm4_constants[r]));                        \
        struct wide sum = wide_xor3(b.field, c.field, added);                                      \
        struct wide s = INVERTED(sum, SM4_MATRIX_OUT, SM4_OUT_ADDED);                              \
        a.plain = wide_xor(a.plain, wide_xor3(s, TURNED(s, 13), TURNED(s, 23)));                   \
        a.field = MAPPED(a.plain, SM4_MATRIX_IN, SM4_ENTRY_ADDED);                                 \
        rounds[r] = a.field;                                                                       \
    }

/* The round keys of each lane's key, which is given in the field. */
GFNI_INLINE void gfni_schedule(struct wide_block key, struct wide rounds[SM4_ROUNDS]) {
    struct key_word a = key_word_of(key.words[0], sm4_family[0]);
    struct key_word b = key_word_of(key.words[1], sm4_family[1]);
    struct key_word c = key_word_of(key.words[2], sm4_family[2]);
    struct key_word d = key_word_of(key.words[3], sm4_family[3]);
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

/* Eight bytes of each lane to two words in the field. */
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
    *first = MAPPED(*first, SM4_MATRIX_IN, 0);
    *second = MAPPED(*second, SM4_MATRIX_IN, 0);
}

GFNI_INLINE void store_pair(struct wide field0, struct wide field1, uint8_t *bytes) {
    const struct wide first = MAPPED(field0, SM4_MATRIX_BACK, 0);
    const struct wide second = MAPPED(field1, SM4_MATRIX_BACK, 0);
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

/* The card's key in the field: the factor and its complement, enciphered. */
GFNI_INLINE struct wide_block derive_block(
    const struct gfni_room *room, const struct shared_sm4 *city) {
    struct wide_block block;
    load_pair(&room->lanes.factor[0][0], &block.words[0], &block.words[1]);
    block.words[2] = wide_xor(block.words[0], field_all(UINT32_MAX));
    block.words[3] = wide_xor(block.words[1], field_all(UINT32_MAX));
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
    .secret_len = sizeof(struct gfni_room),
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

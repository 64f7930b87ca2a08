/* SM4 by the instructions for its field: 64 lanes, and each register holds the same byte of all of
 * them. A word is four registers, so that turning it by eight bits is taking another register.
 *
 * The S-box is an inversion between two affine maps, and GFNI inverts in the field of AES, which is
 * that of SM4 in another basis. So bytes are kept in that basis all the time, "in the field": the map
 * in front of the inversion is then nothing at all, and the one behind it also does the part of the
 * rotations that stays inside a byte. A round is, for each byte i of the word that it changes,
 *     x0[i] += own(s[i]) + near(s[i + 1]) + near(s[i + 2]) + far(s[i + 3])
 * where s is the inversion of a sum of words, places count around the word, and own, near, far are
 * matrices: turning by 2, 10, 18 and 24 bits takes each byte's bits to its own place and to the three
 * before it. A round of the key schedule is the same with other matrices, for 13 and 23 bits.
 * Where the field's zero is, 75 in the standard's basis, stands in the round keys (SM4_ENTRY). */
#include "bulk/path.h"

#if defined(__x86_64__)

#include <assert.h>
#include <immintrin.h>

#define GFNI_TARGET __attribute__((target("avx512f,avx512bw,gfni")))
#define GFNI_INLINE static inline __attribute__((always_inline)) GFNI_TARGET
#define GFNI_CALL   static __attribute__((noinline)) GFNI_TARGET

enum { GFNI_LANES = 64 };

/* A word of all lanes, its highest byte first. */
struct wide {
    __m512i r[4];
};

struct wide_block {
    struct wide words[SM4_WORDS];
};

/* What does not depend on a key; made once. */
struct field_constants {
    struct field_word family[SM4_WORDS], schedule[SM4_ROUNDS]; /* SM4_ENTRY in the family's */
    struct field_word ones;
};

/* What one thread computes in. */
struct gfni_room {
    struct bulk_lanes lanes;
    struct wide_block block;
    struct wide card[SM4_ROUNDS], transport[SM4_ROUNDS]; /* round keys, SM4_ENTRY in them */
    struct field_constants constants;
};

/* --- operations on all lanes --------------------------------------------------------------------- */

/* The same operation on each of the four registers. */
#define FOUR(form)                                                                                 \
    (struct wide) {                                                                                \
        { form(0), form(1), form(2), form(3) }                                                     \
    }

GFNI_INLINE struct wide wide_zero(void) {
    const __m512i zero = _mm512_setzero_si512();
    return (struct wide){
        {zero, zero, zero, zero}
    };
}

/* A word that all lanes share. */
GFNI_INLINE struct wide wide_all(const struct field_word *word) {
#define EACH(i) _mm512_set1_epi32((int)word->bytes[i])
    return FOUR(EACH);
#undef EACH
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

/* Behind it, a matrix and what is added to a byte; the inversion comes first. */
#define MAPPED(a, matrix, added)                                                                   \
    _mm512_gf2p8affine_epi64_epi8(a, _mm512_set1_epi64((long long)(matrix)), added)
#define INVERTED(a, matrix, added)                                                                 \
    _mm512_gf2p8affineinv_epi64_epi8(a, _mm512_set1_epi64((long long)(matrix)), added)
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)

/* The place that is `by` behind i, around the word. */
#define BEHIND(i, by) (((i) + (by)) % 4)

/* --- rounds -------------------------------------------------------------------------------------- */

/* What a round makes of the word it changes, from the sum of the others and the key. The order
 * keeps few registers busy: there are just enough. */
GFNI_INLINE struct wide field_round(struct wide x0, struct wide sum) {
#define EACH(i) INVERTED(sum.r[i], SM4_MATRIX_NEAR, 0)
    const struct wide near = FOUR(EACH);
#undef EACH
#define EACH(i)                                                                                    \
    XOR3(x0.r[i], INVERTED(sum.r[i], SM4_MATRIX_OWN, SM4_OWN_ADDED), near.r[BEHIND(i, 1)])
    x0 = FOUR(EACH);
#undef EACH
#define EACH(i)                                                                                    \
    XOR3(x0.r[i], near.r[BEHIND(i, 2)], INVERTED(sum.r[BEHIND(i, 3)], SM4_MATRIX_FAR, 0))
    return FOUR(EACH);
#undef EACH
}

/* Keeps a word in the registers that it is in: the compiler would rather move it. */
#define KEPT(a) __asm__("" : "+v"((a).r[0]), "+v"((a).r[1]), "+v"((a).r[2]), "+v"((a).r[3]))

/* A round changes a; d is what the round before it changed, and added last. */
#define ROUND(a, b, c, d, key)                                                                     \
    a = field_round(a, wide_xor(wide_xor3(b, c, key), d));                                         \
    KEPT(a);

/* Words in the order of bytes: the opposite of that of the rounds. */
#define TURNED_ROUND(a, b, c, d)                                                                   \
    (struct wide_block) {                                                                          \
        { d, c, b, a }                                                                             \
    }

/* A block of each lane, in the field, under a key that they share. */
GFNI_INLINE struct wide_block gfni_shared(struct wide_block in, const struct shared_sm4 *key) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        const struct field_word *k = &key->field[r];
        ROUND(a, b, c, d, wide_all(&k[0]))
        ROUND(b, c, d, a, wide_all(&k[1]))
        ROUND(c, d, a, b, wide_all(&k[2]))
        ROUND(d, a, b, c, wide_all(&k[3]))
    }
    return TURNED_ROUND(a, b, c, d);
}

/* A block of each lane, in the field, under its own key. */
GFNI_INLINE struct wide_block gfni_lanes(
    struct wide_block in, const struct wide rounds[SM4_ROUNDS]) {
    struct wide a = in.words[0], b = in.words[1], c = in.words[2], d = in.words[3];
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        ROUND(a, b, c, d, rounds[r])
        ROUND(b, c, d, a, rounds[r + 1])
        ROUND(c, d, a, b, rounds[r + 2])
        ROUND(d, a, b, c, rounds[r + 3])
    }
    return TURNED_ROUND(a, b, c, d);
}

/* What a round of the schedule makes of the word it changes. */
GFNI_INLINE struct wide key_round(struct wide a, struct wide sum) {
#define EACH(i)                                                                                    \
    XOR3(a.r[i], INVERTED(sum.r[i], SM4_MATRIX_KEY_OWN, SM4_KEY_ADDED),                            \
        INVERTED(sum.r[BEHIND(i, 1)], SM4_MATRIX_KEY_NEAR, 0))
    a = FOUR(EACH);
#undef EACH
#define EACH(i)                                                                                    \
    XOR3(a.r[i], INVERTED(sum.r[BEHIND(i, 2)], SM4_MATRIX_KEY_NEXT, 0),                            \
        INVERTED(sum.r[BEHIND(i, 3)], SM4_MATRIX_KEY_FAR, 0))
    return FOUR(EACH);
#undef EACH
}

/* A round of the schedule changes a, which is the round's key. */
#define KEY_ROUND(a, b, c, d, r)                                                                   \
    a = key_round(a, wide_xor(wide_xor3(b, c, wide_all(&k[r])), d));                               \
    KEPT(a);                                                                                       \
    rounds[r] = a;

/* The round keys of each lane's key, which is given in the field. The schedule keeps a word with the
 * standard's constant and SM4_ENTRY added, which makes it a round key; three such words add up to one
 * SM4_ENTRY, as an inversion wants it. */
GFNI_INLINE void gfni_schedule(const struct field_constants *constants, struct wide_block key,
    struct wide rounds[SM4_ROUNDS]) {
    const struct field_word *k = constants->schedule;
    struct wide a = wide_xor(key.words[0], wide_all(&constants->family[0]));
    struct wide b = wide_xor(key.words[1], wide_all(&constants->family[1]));
    struct wide c = wide_xor(key.words[2], wide_all(&constants->family[2]));
    struct wide d = wide_xor(key.words[3], wide_all(&constants->family[3]));
    for (size_t r = 0; r < SM4_ROUNDS; r += 4) {
        KEY_ROUND(a, b, c, d, r)
        KEY_ROUND(b, c, d, a, r + 1)
        KEY_ROUND(c, d, a, b, r + 2)
        KEY_ROUND(d, a, b, c, r + 3)
    }
}

/* --- between bytes and words --------------------------------------------------------------------- */

/* Eight bytes of each lane, or, turned over, eight places of all lanes. */
struct square {
    __m512i r[8];
};

/* One form for each of the eight. */
#define EIGHT(form)                                                                                \
    (struct square) {                                                                              \
        { form(0), form(1), form(2), form(3), form(4), form(5), form(6), form(7) }                 \
    }

GFNI_INLINE struct square turn_step(struct square in) {
#define EACH(i)                                                                                    \
    (i) % 2 ? _mm512_unpackhi_epi16(in.r[(i) / 2], in.r[(i) / 2 + 4])                              \
            : _mm512_unpacklo_epi16(in.r[(i) / 2], in.r[(i) / 2 + 4])
    return EIGHT(EACH);
#undef EACH
}

/* In each quarter of the registers, eight times eight pairs of bytes: rows become columns. One step
 * moves the highest bit of a pair's number of row and column to the end; three exchange the two. */
GFNI_INLINE struct square turn_over(struct square in) {
    return turn_step(turn_step(turn_step(in)));
}

/* In each quarter, which two lanes share, their first bytes side by side, their second bytes ...; and
 * back. */
GFNI_INLINE __m512i pair_lanes(__m512i a) {
    return _mm512_shuffle_epi8(
        a, _mm512_set4_epi32(0x0F070E06, 0x0D050C04, 0x0B030A02, 0x09010800));
}
GFNI_INLINE __m512i part_lanes(__m512i a) {
    return _mm512_shuffle_epi8(
        a, _mm512_set4_epi32(0x0F0D0B09, 0x07050301, 0x0E0C0A08, 0x06040200));
}

/* Eight bytes of each lane to two words in the field, the second behind the first. */
GFNI_INLINE struct square load_pair(const uint8_t *bytes) {
#define EACH(i) pair_lanes(_mm512_loadu_si512(bytes + (i) * sizeof(__m512i)))
    const struct square turned = turn_over(EIGHT(EACH));
#undef EACH
#define EACH(i) MAPPED(turned.r[i], SM4_MATRIX_IN, 0)
    return EIGHT(EACH);
#undef EACH
}

GFNI_INLINE struct wide first_of(struct square pair) {
#define EACH(i) pair.r[i]
    return FOUR(EACH);
#undef EACH
}

GFNI_INLINE struct wide second_of(struct square pair) {
#define EACH(i) pair.r[4 + (i)]
    return FOUR(EACH);
#undef EACH
}

GFNI_INLINE void store_pair(struct wide first, struct wide second, uint8_t *bytes) {
#define EACH(i) MAPPED((i) < 4 ? first.r[(i) % 4] : second.r[(i) % 4], SM4_MATRIX_BACK, 0)
    const struct square turned = turn_over(EIGHT(EACH));
#undef EACH
#define EACH(i) _mm512_storeu_si512(bytes + (i) * sizeof(__m512i), part_lanes(turned.r[i]))
    EACH(0), EACH(1), EACH(2), EACH(3), EACH(4), EACH(5), EACH(6), EACH(7);
#undef EACH
}

/* Sixteen bytes of each lane, eight of them in one place, eight in another. */
GFNI_INLINE struct wide_block load_block(const uint8_t *left, const uint8_t *right) {
    const struct square front = load_pair(left);
    const struct square back = load_pair(right);
    return (struct wide_block){
        {first_of(front), second_of(front), first_of(back), second_of(back)}
    };
}

/* --- what a path offers -------------------------------------------------------------------------- */

/* The card's key in the field: the factor and its complement, enciphered. */
GFNI_INLINE struct wide_block derive_block(
    const struct gfni_room *room, const struct shared_sm4 *city) {
    const struct square factor = load_pair(&room->lanes.factor[0][0]);
    const struct wide ones = wide_all(&room->constants.ones);
    const struct wide_block block = {
        {first_of(factor), second_of(factor), wide_xor(first_of(factor), ones),
         wide_xor(second_of(factor), ones)}
    };
    return gfni_shared(block, city);
}

GFNI_INLINE void store_block(const struct wide_block *block, struct bulk_lanes *lanes) {
    store_pair(block->words[0], block->words[1], &lanes->data[0][0][0]);
    store_pair(block->words[2], block->words[3], &lanes->data[1][0][0]);
}

GFNI_INLINE struct wide_block zero_block(void) {
    return (struct wide_block){
        {wide_zero(), wide_zero(), wide_zero(), wide_zero()}
    };
}

GFNI_INLINE struct wide_block block_xor(struct wide_block a, struct wide_block b) {
#define EACH(i) wide_xor(a.words[i], b.words[i])
    return (struct wide_block){
        {EACH(0), EACH(1), EACH(2), EACH(3)}
    };
#undef EACH
}

GFNI_CALL void gfni_tacs(void *at, const union shared_key *city, size_t words) {
    struct gfni_room *room = at;
    gfni_schedule(&room->constants, derive_block(room, &city->sm4), room->card);
    struct wide_block chain = zero_block();
    for (size_t w = 0; w + 1 < words; w += 2) {
        const uint8_t *left = &room->lanes.data[w][0][0];
        const uint8_t *right = &room->lanes.data[w + 1][0][0];
        chain = gfni_lanes(block_xor(chain, load_block(left, right)), room->card);
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
    gfni_schedule(&room->constants, derive_block(room, &batch->sm4), room->transport);
}

GFNI_CALL void gfni_wrap(void *at, const union shared_key *city, bool half) {
    struct gfni_room *room = at;
    assert(!half);
    room->block = derive_block(room, &city->sm4);
    gfni_schedule(&room->constants, room->block, room->card);
    const struct wide_block wrapped = gfni_lanes(room->block, room->transport);
    store_block(&wrapped, &room->lanes);
    const struct wide_block check = gfni_lanes(zero_block(), room->card);
    store_pair(check.words[0], check.words[1], &room->lanes.mac[0][0]);
}

static void gfni_begin(void *at, const struct lane_order *order) {
    struct gfni_room *room = at;
    (void)order;
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        field_word_of(&room->constants.schedule[r], sm4_constants[r]);
    }
    for (size_t i = 0; i < SM4_WORDS; i++) {
        field_word_of(&room->constants.family[i], sm4_family[i] ^ SM4_ENTRY);
    }
    field_word_of(&room->constants.ones, UINT32_MAX);
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
    .secret_len = offsetof(struct gfni_room, constants),
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

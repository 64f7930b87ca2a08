#include "crypto/engine.h"
#include "crypto/secret.h"

/* How it stays constant in time. A table indexed by secret bits would tell them to whoever watches
 * the cache, so each S-box is kept as the four rows of the standard, a row one 64-bit number: the
 * row is chosen by masking and the column by shifting, which cost the same for every input. Bits
 * of a word are moved by rotating and masking, all those that go equally far at once.
 *
 * A round key is two words that hold its eight groups of six bits, a group to a byte, left to right:
 * one has groups 1, 3, 5, 7, the other groups 2, 4, 6, 8. It is made when its round comes, from the
 * 28 bits of C and of D: sixteen of them would be 128 bytes of a chip's stack for each half key. */

enum { ROUNDS = 16, HALF_KEY_BITS = 28, KEY_BITS_USED = 56 };

/* Row after row as the standard prints it; the first digit is column 0. [FIPS 46-3, appendix 1] */
static const uint64_t boxes[8][4] = {
    {0xE4D12FB83A6C5907, 0x0F74E2D1A6CB9538, 0x41E8D62BFC973A50, 0xFC8249175B3EA06D},
    {0xF18E6B34972DC05A, 0x3D47F28EC01A69B5, 0x0E7BA4D158C6932F, 0xD8A13F42B67C05E9},
    {0xA09E63F51DC7B428, 0xD709346A285ECBF1, 0xD6498F30B12C5AE7, 0x1AD069874FE3B52C},
    {0x7DE3069A1285BC4F, 0xD8B56F03472C1AE9, 0xA690CB7DF13E5284, 0x3F06A1D8945BC72E},
    {0x2C417AB6853FD0E9, 0xEB2C47D150FA3986, 0x421BAD78F9C5630E, 0xB8C71E2D6F09A453},
    {0xC1AF92680D34E75B, 0xAF427C9561DE0B38, 0x9EF528C3704A1DB6, 0x432C95FABE17608D},
    {0x4B2EF08D3C975A61, 0xD0B7491AE35C2F86, 0x14BDC37EAF680592, 0x6BD814A7950FE23C},
    {0xD2846FB1A93E50C7, 0x1FD8A374C56B0E92, 0x7B419CE206ADF358, 0x21E74A8DFC90356B},
};

/* The key bits that count, numbered as the standard does from 1, in the order of C and then D.
 * [FIPS 46-3, PC-1] */
static const uint8_t chosen[KEY_BITS_USED] = {57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
    10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46,
    38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4};

/* Before these rounds C and D turn by one place, before all others by two: bit r for round r. */
static const uint32_t single_turns = 1u << 0 | 1u << 1 | 1u << 8 | 1u << 15;

static inline uint32_t turn(uint32_t x, unsigned places) {
    return x << places | x >> (-places & 31);
}

static inline uint32_t turn_half_key(uint32_t x, unsigned places) {
    return (x << places | x >> (HALF_KEY_BITS - places)) & ((1u << HALF_KEY_BITS) - 1);
}

/* PC-2: C fills the left half of both words, D the right half. [FIPS 46-3, PC-2] */
static inline uint32_t odd_groups(uint32_t c, uint32_t d) {
    return (turn(c, 1) & 0x01000000) | (turn(c, 3) & 0x00080000) | (turn(c, 10) & 0x08000000)
           | (turn(c, 11) & 0x00100000) | (turn(c, 15) & 0x20020000) | (turn(c, 16) & 0x00200000)
           | (turn(c, 17) & 0x10000000) | (turn(c, 22) & 0x04000000) | (turn(c, 26) & 0x00040000)
           | (turn(c, 28) & 0x00010000) | (turn(c, 30) & 0x02000000) | (d & 0x00000200)
           | (turn(d, 2) & 0x00000004) | (turn(d, 7) & 0x00000100) | (turn(d, 8) & 0x00001000)
           | (turn(d, 11) & 0x00000002) | (turn(d, 18) & 0x00000808) | (turn(d, 23) & 0x00000400)
           | (turn(d, 25) & 0x00000020) | (turn(d, 29) & 0x00000011) | (turn(d, 30) & 0x00002000);
}

static inline uint32_t even_groups(uint32_t c, uint32_t d) {
    return (turn(c, 2) & 0x00020000) | (turn(c, 4) & 0x24000000) | (turn(c, 6) & 0x01000000)
           | (turn(c, 9) & 0x00200000) | (turn(c, 10) & 0x00040000) | (turn(c, 14) & 0x08000000)
           | (turn(c, 18) & 0x02080000) | (turn(c, 22) & 0x00010000) | (turn(c, 28) & 0x10000000)
           | (turn(c, 31) & 0x00100000) | (d & 0x00000100) | (turn(d, 6) & 0x00000802)
           | (turn(d, 8) & 0x00000001) | (turn(d, 14) & 0x00000004) | (turn(d, 18) & 0x00000200)
           | (turn(d, 19) & 0x00002000) | (turn(d, 22) & 0x00000010) | (turn(d, 27) & 0x00000020)
           | (turn(d, 28) & 0x00001000) | (turn(d, 29) & 0x00000008) | (turn(d, 31) & 0x00000400);
}

/* C and D of a key, as they stand before the first round and again after the last: the turns of all
 * rounds together are a whole one. */
struct half_keys {
    uint32_t c, d;
};

static struct half_keys choose_bits(const uint8_t key[DES_BLOCK]) {
    uint32_t half[2] = {0};
    for (unsigned i = 0; i < KEY_BITS_USED; i++) {
        unsigned at = chosen[i] - 1u;
        uint32_t bit = (uint32_t)(key[at / 8] >> (7 - at % 8)) & 1;
        half[i / HALF_KEY_BITS] = half[i / HALF_KEY_BITS] << 1 | bit;
    }
    return (struct half_keys){half[0], half[1]};
}

/* Turns C and D to where a round wants them. Backwards the same steps lead from the last round to
 * the first, but that the last key is there before anything turned. */
static void turn_keys(struct half_keys *k, unsigned round, bool backward) {
    unsigned places = 2 - (single_turns >> round & 1);
    if (backward) {
        places = round == 0 ? 0 : HALF_KEY_BITS - places;
    }
    k->c = turn_half_key(k->c, places);
    k->d = turn_half_key(k->d, places);
}

void des_prepare(struct des_key *k, const uint8_t key[DES_BLOCK]) {
    struct half_keys half = choose_bits(key);
    for (size_t round = 0; round < ROUNDS; round++) {
        turn_keys(&half, (unsigned)round, false);
        k->rounds[2 * round] = odd_groups(half.c, half.d);
        k->rounds[2 * round + 1] = even_groups(half.c, half.d);
    }
    crypto_wipe(&half, sizeof half);
}

/* All ones when the bit is 1, all zeros when it is 0. */
static inline uint32_t mask_of(uint32_t bit) {
    return 0u - bit;
}

/* One S-box: the outer two of the six bits choose the row, the inner four the column. */
static inline uint32_t substitute(const uint64_t box[4], uint32_t six) {
    uint64_t last = 0u - (uint64_t)(six & 1);
    uint64_t first = 0u - (uint64_t)(six >> 5 & 1);
    uint64_t upper = box[0] ^ ((box[0] ^ box[1]) & last);
    uint64_t lower = box[2] ^ ((box[2] ^ box[3]) & last);
    uint64_t row = upper ^ ((upper ^ lower) & first);
    /* A 64-bit shift by a secret may be a loop on a small processor; a 32-bit one is not. */
    uint32_t left = (uint32_t)(row >> 32), right = (uint32_t)row;
    uint32_t half = left ^ ((left ^ right) & mask_of(six >> 4 & 1));
    return half >> (28 - 4 * (six >> 1 & 7)) & 15;
}

/* [FIPS 46-3, P] */
static inline uint32_t permute(uint32_t x) {
    return (turn(x, 3) & 0x00000020) | (turn(x, 4) & 0x00040000) | (turn(x, 5) & 0x40402402)
           | (turn(x, 6) & 0x04000000) | (turn(x, 9) & 0x01000000) | (turn(x, 10) & 0x00000010)
           | (turn(x, 11) & 0x00000800) | (turn(x, 12) & 0x00200200) | (turn(x, 13) & 0x00000004)
           | (turn(x, 14) & 0x00100000) | (turn(x, 15) & 0x80000000) | (turn(x, 16) & 0x00020000)
           | (turn(x, 17) & 0x30008100) | (turn(x, 19) & 0x00000040) | (turn(x, 21) & 0x02000000)
           | (turn(x, 22) & 0x00004000) | (turn(x, 24) & 0x08880000) | (turn(x, 25) & 0x00000009)
           | (turn(x, 26) & 0x00011080);
}

/* The cipher function f. E needs no table: its groups overlap by one bit on each side, so a turned
 * word has every other group in a byte of its own. */
static inline uint32_t mix(uint32_t x, const struct half_keys *k) {
    uint32_t odd = turn(x, 29) ^ odd_groups(k->c, k->d);
    uint32_t even = turn(x, 1) ^ even_groups(k->c, k->d);
    uint32_t out = 0;
    for (unsigned i = 0; i < 8; i += 2) {
        uint32_t pair = substitute(boxes[i], odd >> (24 - 4 * i) & 63) << 4
                        | substitute(boxes[i + 1], even >> (24 - 4 * i) & 63);
        out = out << 8 | pair;
    }
    return permute(out);
}

struct halves {
    uint32_t left, right;
};

/* Exchanges the bits of *b under mask with those of *a that stand shift places further left. */
static inline void trade_bits(uint32_t *a, uint32_t *b, unsigned shift, uint32_t mask) {
    uint32_t differ = (*a >> shift ^ *b) & mask;
    *b ^= differ;
    *a ^= differ << shift;
}

static uint32_t word_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_word(uint8_t *at, uint32_t word) {
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(word >> (24 - 8 * i));
    }
}

/* IP and its inverse are a matrix of bits turned over: five exchanges, and the same ones in the
 * opposite order. [FIPS 46-3, IP] */
static struct halves open_block(const uint8_t in[DES_BLOCK]) {
    struct halves h = {word_at(in), word_at(in + 4)};
    trade_bits(&h.left, &h.right, 4, 0x0F0F0F0F);
    trade_bits(&h.left, &h.right, 16, 0x0000FFFF);
    trade_bits(&h.right, &h.left, 2, 0x33333333);
    trade_bits(&h.right, &h.left, 8, 0x00FF00FF);
    trade_bits(&h.left, &h.right, 1, 0x55555555);
    return h;
}

static void close_block(struct halves h, uint8_t out[DES_BLOCK]) {
    trade_bits(&h.left, &h.right, 1, 0x55555555);
    trade_bits(&h.right, &h.left, 8, 0x00FF00FF);
    trade_bits(&h.right, &h.left, 2, 0x33333333);
    trade_bits(&h.left, &h.right, 16, 0x0000FFFF);
    trade_bits(&h.left, &h.right, 4, 0x0F0F0F0F);
    put_word(out, h.left);
    put_word(out + 4, h.right);
}

/* The sixteen rounds, and the exchange of the halves that follows the last. */
static void pass(struct half_keys k, bool backward, struct halves *h) {
    for (unsigned round = 0; round < ROUNDS; round++) {
        turn_keys(&k, round, backward);
        uint32_t right = h->right;
        h->right = h->left ^ mix(right, &k);
        h->left = right;
    }
    *h = (struct halves){h->right, h->left};
}

/* Between the three passes the block stays open: IP would undo what its inverse did. */
static void plain_triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    struct half_keys k[2] = {choose_bits(key->bytes), choose_bits(key->bytes + DES_BLOCK)};
    for (; blocks > 0; blocks--) {
        struct halves h = open_block(in);
        for (unsigned i = 0; i < 3; i++) {
            pass(k[i & 1], decrypt != (i & 1), &h);
        }
        close_block(h, out);
        in += DES_BLOCK;
        out += DES_BLOCK;
    }
    crypto_wipe(k, sizeof k);
}

static void plain_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks) {
    struct half_keys k = choose_bits(key);
    for (; blocks > 0; blocks--) {
        for (size_t i = 0; i < DES_BLOCK; i++) {
            chain[i] ^= data[i];
        }
        struct halves h = open_block(chain);
        pass(k, false, &h);
        close_block(h, chain);
        data += DES_BLOCK;
    }
    crypto_wipe(&k, sizeof k);
}

const struct engine engine_plain = {.triple = plain_triple, .chain = plain_chain};

void tdes_prepare(struct tdes_key *k, const struct key128 *key) {
    k->key = *key;
}

void tdes_prepare_single(struct tdes_key *k, const uint8_t key[DES_BLOCK]) {
    (void)memcpy(k->key.bytes, key, DES_BLOCK);
    (void)memcpy(k->key.bytes + DES_BLOCK, key, DES_BLOCK);
}

void tdes_encrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]) {
    engine_now()->triple(&k->key, false, in, out, 1);
}

void tdes_decrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]) {
    engine_now()->triple(&k->key, true, in, out, 1);
}

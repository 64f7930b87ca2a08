#include "crypto/engine.h"
#include "crypto/secret.h"

/* How it stays constant in time. A table indexed by secret bits would tell them to whoever watches
 * the cache, so each S-box is kept as the four rows of the standard, half a row one word: all eight
 * are looked at and one is chosen by masking, the column by shifting, which cost the same for every
 * input. Bits are moved one after another, by tables of their places: what a table is indexed by is
 * the number of the bit and no secret. That is a third of the code of moving them together, which a
 * chip has no room for, and three times the work; who wants it faster brings an engine.
 *
 * The key of a round is taken bit by bit, when its S-box comes, from the 28 bits of C and of D:
 * sixteen round keys would be 128 bytes of a chip's stack for each half key. */

enum { ROUNDS = 16, BOXES = 8, HALF_KEY_BITS = 28, KEY_BITS_USED = 56 };

/* Row after row as the standard prints it, half a row a word; the first digit is column 0.
 * [FIPS 46-3, appendix 1] */
static const uint32_t boxes[BOXES][8] = {
    {0xE4D12FB8, 0x3A6C5907, 0x0F74E2D1, 0xA6CB9538, 0x41E8D62B, 0xFC973A50, 0xFC824917,
     0x5B3EA06D},
    {0xF18E6B34, 0x972DC05A, 0x3D47F28E, 0xC01A69B5, 0x0E7BA4D1, 0x58C6932F, 0xD8A13F42,
     0xB67C05E9},
    {0xA09E63F5, 0x1DC7B428, 0xD709346A, 0x285ECBF1, 0xD6498F30, 0xB12C5AE7, 0x1AD06987,
     0x4FE3B52C},
    {0x7DE3069A, 0x1285BC4F, 0xD8B56F03, 0x472C1AE9, 0xA690CB7D, 0xF13E5284, 0x3F06A1D8,
     0x945BC72E},
    {0x2C417AB6, 0x853FD0E9, 0xEB2C47D1, 0x50FA3986, 0x421BAD78, 0xF9C5630E, 0xB8C71E2D,
     0x6F09A453},
    {0xC1AF9268, 0x0D34E75B, 0xAF427C95, 0x61DE0B38, 0x9EF528C3, 0x704A1DB6, 0x432C95FA,
     0xBE17608D},
    {0x4B2EF08D, 0x3C975A61, 0xD0B7491A, 0xE35C2F86, 0x14BDC37E, 0xAF680592, 0x6BD814A7,
     0x950FE23C},
    {0xD2846FB1, 0xA93E50C7, 0x1FD8A374, 0xC56B0E92, 0x7B419CE2, 0x06ADF358, 0x21E74A8D,
     0xFC90356B},
};

/* The bits of a key that count, in the order of C and then D. These tables number bits as the
 * standard does, from 1 at the left. [FIPS 46-3, PC-1] */
static const uint8_t chosen[KEY_BITS_USED] = {57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
    10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46,
    38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4};

/* Of C for the first four S-boxes, of D for the others. [FIPS 46-3, PC-2] */
static const uint8_t compressed[BOXES][6] = {
    {14, 17, 11, 24, 1,  5 },
    {3,  28, 15, 6,  21, 10},
    {23, 19, 12, 4,  26, 8 },
    {16, 7,  27, 20, 13, 2 },
    {41, 52, 31, 37, 47, 55},
    {30, 40, 51, 45, 33, 48},
    {44, 49, 39, 56, 34, 53},
    {46, 42, 50, 36, 29, 32},
};

/* [FIPS 46-3, P] */
static const uint8_t spread[32] = {16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2,
    8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25};

/* Before these rounds C and D turn by one place, before all others by two: bit r for round r. */
static const uint32_t single_turns = 1u << 0 | 1u << 1 | 1u << 8 | 1u << 15;

static inline uint32_t turn(uint32_t x, unsigned places) {
    return x << places | x >> (-places & 31);
}

/* Two words, the first one the left: a block, its halves on their way, or C and D of a key, the last
 * as they stand before the first round and again after the last: the turns of all rounds together
 * are a whole one. */
struct pair {
    uint32_t word[2];
};

/* A bit by its place, from 0, the last of the right word, to 63, the first of the left. */
static inline uint32_t bit_of(const struct pair *from, unsigned place) {
    return from->word[place < 32] >> (place & 31) & 1;
}

/* So many bits, one behind the other, by their numbers; the one of number `zero` would have place 0. */
static uint32_t gather(
    const struct pair *from, const uint8_t *numbers, unsigned count, unsigned zero) {
    uint32_t out = 0;
    for (unsigned i = 0; i < count; i++) {
        out = out << 1 | bit_of(from, zero - numbers[i]);
    }
    return out;
}

static struct pair read_pair(const uint8_t at[DES_BLOCK]) {
    struct pair p = {
        {0, 0}
    };
    for (unsigned i = 0; i < DES_BLOCK; i++) {
        p.word[i / 4] = p.word[i / 4] << 8 | at[i];
    }
    return p;
}

static struct pair choose_bits(const uint8_t key[DES_BLOCK]) {
    struct pair all = read_pair(key);
    uint32_t c = gather(&all, chosen, HALF_KEY_BITS, 64);
    return (struct pair){
        {c, gather(&all, chosen + HALF_KEY_BITS, HALF_KEY_BITS, 64)}
    };
}

/* Turns C and D to where a round wants them. Backwards the same steps lead from the last round to
 * the first, but that the last key is there before anything turned. */
static void turn_keys(struct pair *k, unsigned round, bool backward) {
    unsigned places = 2 - (single_turns >> round & 1);
    if (backward) {
        places = round == 0 ? 0 : HALF_KEY_BITS - places;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint32_t x = k->word[i];
        k->word[i] = (x << places | x >> (HALF_KEY_BITS - places)) & ((1u << HALF_KEY_BITS) - 1);
    }
}

/* The six bits of a round's key for one S-box. */
static inline uint32_t key_bits(const struct pair *k, unsigned box) {
    return gather(k, compressed[box], 6, box < BOXES / 2 ? 32 + HALF_KEY_BITS : KEY_BITS_USED);
}

void des_prepare(struct des_key *k, const uint8_t key[DES_BLOCK]) {
    struct pair half = choose_bits(key);
    (void)memset(k, 0, sizeof *k);
    for (unsigned round = 0; round < ROUNDS; round++) {
        turn_keys(&half, round, false);
        for (unsigned box = 0; box < BOXES; box++) {
            uint32_t *groups = &k->rounds[2 * round + box % 2];
            *groups = *groups << 8 | key_bits(&half, box);
        }
    }
    crypto_wipe(&half, sizeof half);
}

/* One S-box: the outer two of the six bits choose the row, the inner four the column. */
static inline uint32_t substitute(const uint32_t box[8], uint32_t six) {
    uint32_t place = (six >> 3 & 4) | (six << 1 & 2) | (six >> 4 & 1);
    uint32_t half = 0;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t is_it = 0u - (((i ^ place) - 1) >> 31); /* all ones where they are equal */
        half |= box[i] & is_it;
    }
    return half >> (28 - 4 * (six >> 1 & 7)) & 15;
}

/* The cipher function f. E needs no table: its groups overlap by one bit on each side, so every turn
 * by four places brings the next group to the end of the word. */
static uint32_t mix(uint32_t x, const struct pair *k) {
    struct pair out = {
        {0, 0}
    };
    x = turn(x, 1);
    for (unsigned box = 0; box < BOXES; box++) {
        x = turn(x, 4);
        out.word[1] = out.word[1] << 4 | substitute(boxes[box], (x & 63) ^ key_bits(k, box));
    }
    return gather(&out, spread, 32, 32);
}

/* IP and its inverse turn a matrix of bits over: bit i of the result comes from a place that is
 * worked out, not looked up. [FIPS 46-3, IP] */
static struct pair turn_over(const struct pair *in, bool closing) {
    struct pair out = {
        {0, 0}
    };
    for (unsigned i = 0; i < 64; i++) {
        unsigned row = i / 8, column = i % 8;
        unsigned from = closing ? 24 + row + 32 * (column & 1) - 8 * (column / 2)
                                : 6 + 8 * column - 2 * (row & 3) + row / 4;
        out.word[i / 32] = out.word[i / 32] << 1 | bit_of(in, from);
    }
    return out;
}

static struct pair open_block(const uint8_t in[DES_BLOCK]) {
    struct pair p = read_pair(in);
    return turn_over(&p, false);
}

static void close_block(const struct pair *h, uint8_t out[DES_BLOCK]) {
    struct pair p = turn_over(h, true);
    for (unsigned i = DES_BLOCK; i > 0; i--) {
        out[i - 1] = (uint8_t)p.word[(i - 1) / 4];
        p.word[(i - 1) / 4] >>= 8;
    }
}

/* The sixteen rounds, and the exchange of the halves that follows the last. */
static void pass(struct pair k, bool backward, struct pair *h) {
    uint32_t left = h->word[0], right = h->word[1];
    for (unsigned round = 0; round < ROUNDS; round++) {
        turn_keys(&k, round, backward);
        uint32_t mixed = left ^ mix(right, &k);
        left = right;
        right = mixed;
    }
    *h = (struct pair){
        {right, left}
    };
}

/* Between the three passes the block stays open: IP would undo what its inverse did. */
static void plain_triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    struct pair k[2] = {choose_bits(key->bytes), choose_bits(key->bytes + DES_BLOCK)};
    for (; blocks > 0; blocks--) {
        struct pair h = open_block(in);
        for (unsigned i = 0; i < 3; i++) {
            pass(k[i & 1], decrypt != (i & 1), &h);
        }
        close_block(&h, out);
        in += DES_BLOCK;
        out += DES_BLOCK;
    }
    crypto_wipe(k, sizeof k);
}

static void plain_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks) {
    struct pair k = choose_bits(key);
    for (; blocks > 0; blocks--) {
        for (size_t i = 0; i < DES_BLOCK; i++) {
            chain[i] ^= data[i];
        }
        struct pair h = open_block(chain);
        pass(k, false, &h);
        close_block(&h, chain);
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

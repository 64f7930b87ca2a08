#include "crypto/sm4.h"

#include "crypto/engine.h"
#include "crypto/secret.h"

/* How it does without tables. The S-box of the standard is an inversion in a field of 256 elements
 * between two equal affine maps, S(x) = A(inverse(A(x))), and a map of that kind is itself a
 * multiplication, by a constant and modulo x^8 + 1. So one multiplication of four bytes at once,
 * with the modulus as a parameter, makes all of the cipher that is not turning and adding. */

enum {
    ROUNDS = 32,
    FIELD = 0xF5,  /* x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1, without its highest term */
    CIRCLE = 0x01, /* x^8 + 1, likewise */
    AFFINE_FACTOR = 0xCB,
    AFFINE_ADD = 0xD3,
};

/* The same byte four times. */
static inline uint32_t four(uint32_t byte) {
    return byte | byte << 8 | byte << 16 | byte << 24;
}

static inline uint32_t turn(uint32_t x, unsigned places) {
    return x << places | x >> (32 - places);
}

/* In each of the four bytes where the lowest bit of x is set: FF, elsewhere 00. */
static inline uint32_t low_bits_spread(uint32_t x) {
    uint32_t bits = x & 0x01010101;
    return (bits << 8) - bits;
}

/* Four products of bytes, a by b, each modulo the polynomial whose lower terms are `modulus`. */
static uint32_t multiply(uint32_t a, uint32_t b, uint32_t modulus) {
    uint32_t product = 0;
    for (unsigned i = 0; i < 8; i++) {
        product ^= a & low_bits_spread(b >> i);
        a = (a << 1 & 0xFEFEFEFE) ^ (low_bits_spread(a >> 7) & four(modulus));
    }
    return product;
}

static uint32_t affine(uint32_t x) {
    return multiply(x, four(AFFINE_FACTOR), CIRCLE) ^ four(AFFINE_ADD);
}

/* x to the power 2^times. */
static uint32_t square(uint32_t x, unsigned times) {
    while (times-- > 0) {
        x = multiply(x, x, FIELD);
    }
    return x;
}

/* Four S-boxes. The inverse is the 254th power; zero stays zero. */
static uint32_t substitute(uint32_t x) {
    uint32_t x1 = affine(x);
    uint32_t x2 = square(x1, 1);
    uint32_t x3 = multiply(x2, x1, FIELD);
    uint32_t x12 = square(x3, 2);
    uint32_t x15 = multiply(x12, x3, FIELD);
    uint32_t x252 = multiply(square(x15, 4), x12, FIELD);
    return affine(multiply(x252, x2, FIELD));
}

/* All four words but one. */
static uint32_t others(const uint32_t w[4], unsigned but) {
    return w[0] ^ w[1] ^ w[2] ^ w[3] ^ w[but];
}

/* Word i of the constants: bytes (4 i + j) * 7, j from the left. [GB/T 32907, 7.3.2] */
static uint32_t key_constant(unsigned i) {
    uint32_t word = 0;
    for (unsigned j = 0; j < 4; j++) {
        word = word << 8 | (uint8_t)((4 * i + j) * 7);
    }
    return word;
}

/* Word i of the round keys becomes word i + 4 in its place; the same step once more undoes it. */
static void turn_key(uint32_t k[4], unsigned i) {
    uint32_t b = substitute(others(k, i & 3) ^ key_constant(i));
    k[i & 3] ^= b ^ turn(b, 13) ^ turn(b, 23);
}

static void turn_data(uint32_t x[4], unsigned i, uint32_t round_key) {
    uint32_t b = substitute(others(x, i & 3) ^ round_key);
    x[i & 3] ^= b ^ turn(b, 2) ^ turn(b, 10) ^ turn(b, 18) ^ turn(b, 24);
}

static void load(uint32_t words[4], const uint8_t *at) {
    for (unsigned i = 0; i < 4; i++, at += 4) {
        words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
}

/* The words go out in the opposite order. */
static void store_reversed(const uint32_t words[4], uint8_t *at) {
    for (unsigned i = 0; i < SM4_BLOCK; i++) {
        at[i] = (uint8_t)(words[3 - i / 4] >> (24 - 8 * (i & 3)));
    }
}

/* Before the first round the key is mixed with the system's own parameter. [GB/T 32907, 7.3.1] */
static void load_key(uint32_t k[4], const struct key128 *key) {
    static const uint32_t parameter[4] = {0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC};
    load(k, key->bytes);
    for (unsigned i = 0; i < 4; i++) {
        k[i] ^= parameter[i];
    }
}

/* Whether the engine of the program has computed the block. */
static bool elsewhere(const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out) {
    const struct engine *engine = engine_now();
    if (engine->sm4) {
        engine->sm4(key, decrypt, in, out);
    }
    return engine->sm4 != NULL;
}

void sm4_encrypt(const struct key128 *key, const uint8_t in[SM4_BLOCK], uint8_t out[SM4_BLOCK]) {
    uint32_t k[4], x[4];
    if (elsewhere(key, false, in, out)) {
        return;
    }
    load_key(k, key);
    load(x, in);
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn_key(k, i);
        turn_data(x, i, k[i & 3]);
    }
    store_reversed(x, out);
    crypto_wipe(k, sizeof k);
}

/* The round keys in the opposite order: all of them forwards first, then each one back. */
void sm4_decrypt(const struct key128 *key, const uint8_t in[SM4_BLOCK], uint8_t out[SM4_BLOCK]) {
    uint32_t k[4], x[4];
    if (elsewhere(key, true, in, out)) {
        return;
    }
    load_key(k, key);
    load(x, in);
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn_key(k, i);
    }
    for (unsigned i = ROUNDS; i-- > 0;) {
        turn_data(x, ROUNDS - 1 - i, k[i & 3]);
        turn_key(k, i);
    }
    store_reversed(x, out);
    crypto_wipe(k, sizeof k);
    crypto_wipe(x, sizeof x);
}

void derive_sm4(const struct key128 *key, const uint8_t factor[8], struct key128 *out) {
    uint8_t both[SM4_BLOCK];
    for (unsigned i = 0; i < 8; i++) {
        both[i] = factor[i];
        both[8 + i] = (uint8_t)~factor[i];
    }
    sm4_encrypt(key, both, out->bytes);
}

void proof_sm4(const struct key128 *session, const uint8_t original[8], uint8_t proof[8]) {
    uint8_t block[SM4_BLOCK] = {0};
    (void)memcpy(block, original, 8);
    block[8] = 0x80;
    sm4_encrypt(session, block, block);
    (void)memcpy(proof, block, 8);
    crypto_wipe(block, sizeof block);
}

void mac_sm4(
    const struct key128 *key, const uint8_t *iv, struct bytes data, uint8_t mac[SM4_BLOCK]) {
    uint8_t chain[SM4_BLOCK] = {0}; /* mac may be where iv or data lie */
    if (iv) {
        (void)memcpy(chain, iv, sizeof chain);
    }
    for (size_t i = 0; i < data.len; i++) {
        chain[i % SM4_BLOCK] ^= data.at[i];
        if (i % SM4_BLOCK == SM4_BLOCK - 1) {
            sm4_encrypt(key, chain, chain);
        }
    }
    chain[data.len % SM4_BLOCK] ^= 0x80; /* and zeros, which change nothing */
    sm4_encrypt(key, chain, mac);
}

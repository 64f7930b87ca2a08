/* The low-level functions for DES, the fastest that OpenSSL has for many keys, count as deprecated
 * since version 3. They are the yardstick, in this file and nowhere else. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "apps/bench_plain.h"

#include <assert.h>
#include <openssl/des.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "host/rng.h"

enum { KEYS = PLAIN_KEYS_MAX + 1, TRANSPORT = PLAIN_KEYS_MAX, SM4_LEN = 16 };

struct des_pair {
    DES_key_schedule left, right;
};

/* The last key of each is the batch's transport key. */
struct plain {
    struct des_pair des[KEYS];
    EVP_CIPHER_CTX *sm4[KEYS];
    EVP_CIPHER_CTX *card, *transport, *chain; /* keys of the card at work */
    EVP_CIPHER *ecb, *cbc;
};

static void draw(struct rng *rng, uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)rng_next(rng);
    }
}

static void des_pair_set(struct des_pair *pair, const uint8_t key[16]) {
    DES_cblock half = {0};
    (void)memcpy(half, key, sizeof half);
    DES_set_key_unchecked(&half, &pair->left);
    (void)memcpy(half, key + sizeof half, sizeof half);
    DES_set_key_unchecked(&half, &pair->right);
}

static bool sm4_set(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *iv) {
    return EVP_EncryptInit_ex2(context, NULL, key, iv, NULL) == 1;
}

static bool sm4_blocks(EVP_CIPHER_CTX *context, const uint8_t *in, uint8_t *out, unsigned len) {
    return EVP_Cipher(context, out, in, len) > 0;
}

static EVP_CIPHER_CTX *context_new(const EVP_CIPHER *cipher) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_set_padding(context, 0) == 1) {
        return context;
    }
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static bool plain_open(struct plain *p, uint64_t seed) {
    struct rng rng = rng_stream(seed, "bench yardstick", 0);
    p->ecb = EVP_CIPHER_fetch(NULL, "SM4-ECB", NULL);
    p->cbc = EVP_CIPHER_fetch(NULL, "SM4-CBC", NULL);
    bool good = p->ecb && p->cbc;
    for (size_t i = 0; good && i < KEYS; i++) {
        uint8_t key[16];
        draw(&rng, key, sizeof key);
        des_pair_set(&p->des[i], key);
        p->sm4[i] = context_new(p->ecb);
        good = p->sm4[i] && sm4_set(p->sm4[i], key, NULL);
    }
    if (good) {
        p->card = context_new(p->ecb);
        p->transport = context_new(p->ecb);
        p->chain = context_new(p->cbc);
    }
    return good && p->card && p->transport && p->chain;
}

struct plain *plain_new(uint64_t seed) {
    struct plain *p = calloc(1, sizeof *p);
    if (p && !plain_open(p, seed)) {
        plain_free(p);
        return NULL;
    }
    return p;
}

void plain_free(struct plain *p) {
    if (!p) {
        return;
    }
    for (size_t i = 0; i < KEYS; i++) {
        EVP_CIPHER_CTX_free(p->sm4[i]);
    }
    EVP_CIPHER_CTX_free(p->card);
    EVP_CIPHER_CTX_free(p->transport);
    EVP_CIPHER_CTX_free(p->chain);
    EVP_CIPHER_free(p->ecb);
    EVP_CIPHER_free(p->cbc);
    crypto_wipe(p, sizeof *p);
    free(p);
}

/* The factor and its complement: what both diversifications encipher. */
static void both_of(const uint8_t factor[8], uint8_t both[16]) {
    for (size_t i = 0; i < 8; i++) {
        both[i] = factor[i];
        both[8 + i] = (uint8_t)~factor[i];
    }
}

/* Two blocks, ECB; the low-level functions want arrays of their own. */
static void des_two_blocks(const uint8_t in[16], struct des_pair *key, uint8_t out[16]) {
    DES_cblock block = {0};
    for (size_t i = 0; i < 16; i += sizeof block) {
        (void)memcpy(block, in + i, sizeof block);
        DES_ecb2_encrypt(&block, &block, &key->left, &key->right, DES_ENCRYPT);
        (void)memcpy(out + i, block, sizeof block);
    }
}

bool plain_tac_des(struct plain *p, const uint8_t factor[8], const uint8_t message[PLAIN_DES_LEN],
    uint8_t tac[4]) {
    uint8_t key[16];
    uint8_t blocks[PLAIN_DES_LEN];
    DES_cblock half;
    DES_cblock chain = {0};
    DES_key_schedule folded;
    both_of(factor, key);
    des_two_blocks(key, &p->des[0], key);
    for (size_t i = 0; i < sizeof half; i++) {
        half[i] = key[i] ^ key[sizeof half + i];
    }
    DES_set_key_unchecked(&half, &folded);
    DES_ncbc_encrypt(message, blocks, PLAIN_DES_LEN, &folded, &chain, DES_ENCRYPT);
    (void)memcpy(tac, blocks + PLAIN_DES_LEN - sizeof half, 4);
    return true;
}

bool plain_tac_sm4(struct plain *p, const uint8_t factor[8], const uint8_t message[PLAIN_SM4_LEN],
    uint8_t tac[4]) {
    static const uint8_t zeros[SM4_LEN];
    uint8_t key[SM4_LEN];
    uint8_t blocks[PLAIN_SM4_LEN];
    both_of(factor, key);
    if (!sm4_blocks(p->sm4[0], key, key, sizeof key) || !sm4_set(p->chain, key, zeros)
        || !sm4_blocks(p->chain, message, blocks, sizeof blocks)) {
        return false;
    }
    (void)memcpy(tac, blocks + PLAIN_SM4_LEN - SM4_LEN, 4);
    return true;
}

bool plain_card_des(
    struct plain *p, const uint8_t factor[8], unsigned count, struct plain_key *keys) {
    uint8_t both[16];
    uint8_t key[16];
    struct des_pair transport;
    struct des_pair card;
    assert(count <= PLAIN_KEYS_MAX);
    both_of(factor, both);
    des_two_blocks(both, &p->des[TRANSPORT], key);
    des_pair_set(&transport, key);
    for (unsigned i = 0; i < count; i++) {
        DES_cblock check = {0};
        des_two_blocks(both, &p->des[i], key);
        des_two_blocks(key, &transport, keys[i].wrapped);
        des_pair_set(&card, key);
        DES_ecb2_encrypt(&check, &check, &card.left, &card.right, DES_ENCRYPT);
        (void)memcpy(keys[i].check, check, sizeof keys[i].check);
    }
    return true;
}

bool plain_card_sm4(
    struct plain *p, const uint8_t factor[8], unsigned count, struct plain_key *keys) {
    static const uint8_t zeros[SM4_LEN];
    uint8_t both[SM4_LEN];
    uint8_t key[SM4_LEN];
    uint8_t check[SM4_LEN];
    assert(count <= PLAIN_KEYS_MAX);
    both_of(factor, both);
    bool good = sm4_blocks(p->sm4[TRANSPORT], both, key, sizeof key)
                && sm4_set(p->transport, key, NULL);
    for (unsigned i = 0; good && i < count; i++) {
        good = sm4_blocks(p->sm4[i], both, key, sizeof key)
               && sm4_blocks(p->transport, key, keys[i].wrapped, sizeof key)
               && sm4_set(p->card, key, NULL) && sm4_blocks(p->card, zeros, check, sizeof check);
        (void)memcpy(keys[i].check, check, sizeof keys[i].check);
    }
    return good;
}

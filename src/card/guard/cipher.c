#include "card/guard/cipher.h"

#include "crypto/engine.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "crypto/sm4.h"

/* False for every key in a build without SM4, and the other branch is gone with it. */
static inline bool speaks_sm4(const struct secret *key) {
    return CARD_SM4 && key->algorithm == ALGORITHM_SM4;
}

/* Sixteen bytes: a key of eight twice, with which triple DES is DES. */
static struct key128 whole_key(const struct secret *key) {
    struct key128 whole;
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    if (key->len == DES_BLOCK) {
        (void)memcpy(whole.bytes + DES_BLOCK, key->bytes, DES_BLOCK);
    }
    return whole;
}

void secret_prepare(const struct secret *key, struct tdes_key *ready) {
    ready->key = whole_key(key);
}

/* Whole blocks in either direction, each by itself. */
static void run_blocks(
    const struct secret *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t len) {
    struct key128 whole = whole_key(key);
    if (!speaks_sm4(key)) {
        engine_now()->triple(&whole, decrypt, in, out, len / DES_BLOCK);
    }
    for (size_t i = 0; speaks_sm4(key) && i < len; i += SM4_BLOCK) {
        if (decrypt) {
            sm4_decrypt(&whole, in + i, out + i);
        } else {
            sm4_encrypt(&whole, in + i, out + i);
        }
    }
    crypto_wipe(&whole, sizeof whole);
}

void secret_encrypt(const struct secret *key, const uint8_t *in, uint8_t *out) {
    run_blocks(key, false, in, out, secret_block(key));
}

void secret_decrypt(const struct secret *key, const uint8_t *in, uint8_t *out) {
    run_blocks(key, true, in, out, secret_block(key));
}

void secret_encrypt_all(const struct secret *key, uint8_t *blocks, size_t len) {
    run_blocks(key, false, blocks, blocks, len);
}

void secret_decrypt_all(const struct secret *key, const uint8_t *in, uint8_t *out, size_t len) {
    run_blocks(key, true, in, out, len);
}

/* A block of eight bytes and what SM4 has behind them. */
static void spread(const uint8_t eight[8], uint8_t block[CIPHER_BLOCK_MAX]) {
    (void)memcpy(block, eight, DES_BLOCK);
    for (unsigned i = 0; CARD_SM4 && i < DES_BLOCK; i++) {
        block[DES_BLOCK + i] = (uint8_t)~eight[i];
    }
}

void secret_session(const struct secret *key, const uint8_t input[8], struct secret *session) {
    uint8_t block[CIPHER_BLOCK_MAX];
    spread(input, block); /* under 3DES the first eight bytes are the whole block */
    secret_encrypt(key, block, block);
    *session = (struct secret){.len = secret_block(key), .algorithm = key->algorithm};
    (void)memcpy(session->bytes, block, session->len);
    crypto_wipe(block, sizeof block);
}

void secret_proof(const struct secret *session, const uint8_t original[8], uint8_t proof[8]) {
    uint8_t block[CIPHER_BLOCK_MAX] = {0};
    (void)memcpy(block, original, DES_BLOCK);
    block[DES_BLOCK] = 0x80; /* never looked at by 3DES */
    secret_encrypt(session, block, block);
    (void)memcpy(proof, block, DES_BLOCK);
    crypto_wipe(block, sizeof block);
}

void secret_mac(
    const struct secret *key, const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]) {
    if (!speaks_sm4(key) && key->len == DES_BLOCK) {
        mac_single(key->bytes, iv, data, mac);
        return;
    }
    struct key128 whole = whole_key(key);
    if (speaks_sm4(key)) {
        uint8_t last[SM4_BLOCK];
        mac_sm4(&whole, iv, data, last);
        (void)memcpy(mac, last, DES_BLOCK);
        crypto_wipe(last, sizeof last);
    } else {
        mac_retail(&whole, iv, data, mac);
    }
    crypto_wipe(&whole, sizeof whole);
}

void secret_fold(const struct secret *key, struct secret *folded) {
    *folded = *key;
    if (speaks_sm4(key) || key->len == DES_BLOCK) {
        return;
    }
    for (unsigned i = 0; i < DES_BLOCK; i++) {
        folded->bytes[i] ^= folded->bytes[DES_BLOCK + i];
        folded->bytes[DES_BLOCK + i] = 0;
    }
    folded->len = DES_BLOCK;
}

#include "vaults/soft/cipher.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "bulk/few_des.h"
#include "vaults/soft/secret_room.h"

enum { MAC_LEN = 4 };

/* Fetched once, because a fetch costs more than the computation that follows it. */
bool cipher_open(struct cipher *c) {
    *c = (struct cipher){.ecb = EVP_CIPHER_fetch(NULL, "SM4-ECB", NULL),
        .cbc = EVP_CIPHER_fetch(NULL, "SM4-CBC", NULL),
        .hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL),
        .blocks = EVP_CIPHER_CTX_new(),
        .chain = EVP_CIPHER_CTX_new()};
    c->kdf = c->hkdf ? EVP_KDF_CTX_new(c->hkdf) : NULL;
    bool good = c->kdf && c->ecb && c->cbc && c->blocks && c->chain
                && EVP_EncryptInit_ex2(c->blocks, c->ecb, NULL, NULL, NULL) == 1
                && EVP_EncryptInit_ex2(c->chain, c->cbc, NULL, NULL, NULL) == 1
                && EVP_CIPHER_CTX_set_padding(c->blocks, 0) == 1
                && EVP_CIPHER_CTX_set_padding(c->chain, 0) == 1;
    if (!good) {
        cipher_close(c);
    }
    return good;
}

void cipher_close(struct cipher *c) {
    EVP_CIPHER_CTX_free(c->blocks);
    EVP_CIPHER_CTX_free(c->chain);
    EVP_CIPHER_free(c->ecb);
    EVP_CIPHER_free(c->cbc);
    EVP_KDF_CTX_free(c->kdf);
    EVP_KDF_free(c->hkdf);
    *c = (struct cipher){0};
}

/* SM4's context keeps its algorithm; only the key is new each time. */
bool cipher_encrypt(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    struct bytes data, uint8_t *out) {
    int out_len = 0;
    assert((unsigned)how < CIPHERS);
    assert(data.len % cipher_block(how) == 0);
    assert(data.len <= CIPHER_MESSAGE_MAX + CIPHER_BLOCK_MAX);
    if (how == KEY_TDES) {
        few_triple(key, false, data.at, out, data.len / DES_BLOCK);
        return true;
    }
    EVP_CIPHER_CTX *blocks = c->blocks;
    return EVP_EncryptInit_ex2(blocks, NULL, key->bytes, NULL, NULL) == 1
           && EVP_EncryptUpdate(blocks, out, &out_len, data.at, (int)data.len) == 1
           && (size_t)out_len == data.len;
}

/* OpenSSL's SM4 leaves the block it computed last on the stack. Where blocks are a key, one of zeros is
 * computed behind them, so that what is left is public: the key's check value. */
static bool make_secret(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    struct bytes blocks, uint8_t *secret) {
    uint8_t room[KEY128_LEN + CIPHER_BLOCK_MAX] = {0};
    assert(blocks.len <= KEY128_LEN);
    if (how == KEY_TDES) {
        few_triple(key, false, blocks.at, secret, blocks.len / DES_BLOCK);
        return true;
    }
    (void)memcpy(room, blocks.at, blocks.len);
    struct bytes all = bytes_of(room, blocks.len + cipher_block(how));
    bool done = cipher_encrypt(c, how, key, all, room);
    (void)memcpy(secret, room, blocks.len);
    crypto_wipe(room, sizeof room);
    return done;
}

/* Two blocks of 3DES or one of SM4. [card.md 5.3; purse.md 5.2; decision 0020] */
bool cipher_derive(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t factor[8], struct key128 *out) {
    uint8_t both[KEY128_LEN];
    for (size_t i = 0; i < DES_BLOCK; i++) {
        both[i] = factor[i];
        both[DES_BLOCK + i] = (uint8_t)~factor[i];
    }
    return make_secret(c, how, key, bytes_of(both, sizeof both), out->bytes);
}

/* Under 3DES eight bytes, twice, so that every function takes the same kind of key. [purse.md 5.3] */
bool cipher_session(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t input[8], struct key128 *out) {
    if (how == KEY_SM4) {
        return cipher_derive(c, how, key, input, out);
    }
    bool done = make_secret(c, how, key, bytes_of(input, DES_BLOCK), out->bytes);
    cipher_double(out->bytes, out);
    return done;
}

void cipher_double(const uint8_t key[8], struct key128 *out) {
    (void)memmove(out->bytes, key, DES_BLOCK);
    (void)memcpy(out->bytes + DES_BLOCK, out->bytes, DES_BLOCK);
}

/* Data, 80 and zeros up to a whole block; returns the length. */
static size_t pad(struct bytes data, size_t block, uint8_t *padded) {
    assert(data.len <= CIPHER_MESSAGE_MAX);
    struct builder b = builder_in(padded, CIPHER_MESSAGE_MAX + CIPHER_BLOCK_MAX);
    put_bytes(&b, data);
    put_u8(&b, 0x80);
    put_fill(&b, 0, (block - b.len % block) % block);
    assert(b.len % block == 0);
    return builder_bytes(&b).len;
}

bool cipher_proof(struct cipher *c, enum key_algorithm how, const struct key128 *session,
    const uint8_t original[8], uint8_t proof[8]) {
    uint8_t block[CIPHER_BLOCK_MAX] = {[DES_BLOCK] = 0x80};
    (void)memcpy(block, original, DES_BLOCK);
    bool done = cipher_encrypt(c, how, session, bytes_of(block, cipher_block(how)), block);
    if (done) {
        (void)memcpy(proof, block, DES_BLOCK);
    }
    return done;
}

/* CBC over whole blocks in place; the last block becomes the end of the chain, the others hold anything.
 * Under 3DES the key is one of equal halves. */
static bool chain_blocks(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t *iv, uint8_t *blocks, size_t len) {
    static const uint8_t zeros[CIPHER_BLOCK_MAX];
    EVP_CIPHER_CTX *chain = c->chain;
    int out_len = 0;
    if (how == KEY_TDES) {
        uint8_t end[DES_BLOCK];
        assert(crypto_equal(key->bytes, key->bytes + DES_BLOCK, DES_BLOCK));
        (void)memcpy(end, iv ? iv : zeros, sizeof end);
        few_chain(key->bytes, end, blocks, len / DES_BLOCK);
        (void)memcpy(blocks + len - DES_BLOCK, end, sizeof end);
        return true;
    }
    return EVP_EncryptInit_ex2(chain, NULL, key->bytes, iv ? iv : zeros, NULL) == 1
           && EVP_EncryptUpdate(chain, blocks, &out_len, blocks, (int)len) == 1
           && (size_t)out_len == len;
}

/* The end of the chain is the MAC. [purse.md 1.3] */
bool cipher_mac(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t *iv, struct bytes data, uint8_t mac[4]) {
    uint8_t padded[CIPHER_MESSAGE_MAX + CIPHER_BLOCK_MAX];
    size_t block = cipher_block(how), len = pad(data, block, padded);
    if (!chain_blocks(c, how, key, iv, padded, len)) {
        return false;
    }
    (void)memcpy(mac, padded + len - block, MAC_LEN);
    return true;
}

/* Decrypting the chain's end with the right half and encrypting it with the left again is the same
 * as encrypting the last block, chained, with the whole key: so the chain stops one block short. */
bool cipher_mac_retail(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t *iv, struct bytes data, uint8_t mac[4]) {
    uint8_t padded[CIPHER_MESSAGE_MAX + CIPHER_BLOCK_MAX];
    SECRET_SCOPE struct key128 left = {0};
    if (how == KEY_SM4) {
        return cipher_mac(c, how, key, iv, data, mac);
    }
    size_t len = pad(data, DES_BLOCK, padded);
    uint8_t *last = padded + len - DES_BLOCK;
    cipher_double(key->bytes, &left);
    const uint8_t *before = iv;
    if (len > DES_BLOCK) {
        if (!chain_blocks(c, how, &left, iv, padded, len - DES_BLOCK)) {
            return false;
        }
        before = last - DES_BLOCK;
    }
    for (size_t i = 0; before && i < DES_BLOCK; i++) {
        last[i] ^= before[i];
    }
    bool done = cipher_encrypt(c, how, key, bytes_of(last, DES_BLOCK), last);
    if (done) {
        (void)memcpy(mac, last, MAC_LEN);
    }
    return done;
}

/* One step of HKDF: mode says which, secret and context are named as OpenSSL's HKDF wants them. */
static bool run_hkdf(struct cipher *c, int mode, struct bytes secret, struct bytes context,
    uint8_t *out, size_t len) {
    char sha256[] = "SHA256";
    uint8_t secret_copy[CIPHER_MESSAGE_MAX], context_copy[CIPHER_MESSAGE_MAX];
    const char *name = mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY ? OSSL_KDF_PARAM_SALT
                                                              : OSSL_KDF_PARAM_INFO;
    assert(secret.len <= sizeof secret_copy);
    assert(context.len <= sizeof context_copy);
    (void)memcpy(secret_copy, secret.at, secret.len); /* parameters are not const there */
    (void)memcpy(context_copy, context.at, context.len);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret_copy, secret.len),
        OSSL_PARAM_construct_octet_string(name, context_copy, context.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX_reset(c->kdf);
    bool done = EVP_KDF_derive(c->kdf, out, len, params) == 1;
    EVP_KDF_CTX_reset(c->kdf); /* wipes the secret that it holds */
    crypto_wipe(secret_copy, sizeof secret_copy);
    return done;
}

/* The salt says what the seed is for, so that the same text elsewhere gives other keys. */
bool cipher_seed_key(struct cipher *c, const char *text, uint8_t seed_key[SEED_KEY_LEN]) {
    return run_hkdf(c, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, bytes_text(text),
        bytes_text("rehearsal keys of a city"), seed_key, SEED_KEY_LEN);
}

bool cipher_expand(struct cipher *c, const uint8_t seed_key[SEED_KEY_LEN], struct bytes info,
    uint8_t *out, size_t len) {
    return run_hkdf(
        c, EVP_KDF_HKDF_MODE_EXPAND_ONLY, bytes_of(seed_key, SEED_KEY_LEN), info, out, len);
}

/* The computations of a vault, by OpenSSL: each algorithm is fetched once, two contexts are used
 * again for every call. Single DES is triple DES with equal halves, for OpenSSL 3 keeps it apart.
 *
 * Functions answer false when OpenSSL fails, which means that it is out of memory. The key used
 * last stays in the contexts until the next one, or until cipher_close() wipes them. */
#pragma once

#include <openssl/evp.h>

#include "base/builder.h"
#include "crypto/des.h"

enum { CIPHER_MESSAGE_MAX = 512, SEED_KEY_LEN = 32 };

/* The caller gives the room; all members belong to cipher.c. */
struct cipher {
    EVP_CIPHER_CTX *blocks, *chain; /* ECB and CBC */
    EVP_KDF_CTX *kdf;
    EVP_CIPHER *ecb, *cbc;
    EVP_KDF *hkdf;
};

/* Fetches everything; after false nothing is left to close, though closing does no harm. */
bool cipher_open(struct cipher *c);

/* Wipes the keys in the contexts and gives everything back; closing twice does no harm. */
void cipher_close(struct cipher *c);

/* 3DES of whole blocks, encrypting, without a chain. out may be the same place as the data. */
bool cipher_encrypt(struct cipher *c, const struct key128 *key, struct bytes data, uint8_t *out);

/* Diversification: 3DES(K, F) || 3DES(K, not F). out may be the same place as key. */
bool cipher_derive(
    struct cipher *c, const struct key128 *key, const uint8_t factor[8], struct key128 *out);

/* Session key 3DES(K, input), doubled. With equal halves in K it is DES. */
bool cipher_session(
    struct cipher *c, const struct key128 *key, const uint8_t input[8], struct key128 *out);

/* A key128 of eight bytes twice: 3DES with it is single DES. */
void cipher_double(const uint8_t key[8], struct key128 *out);

/* CBC-MAC with a key of two equal halves, and the retail MAC with any; data of at most
 * CIPHER_MESSAGE_MAX bytes are padded here. iv NULL means zeros. */
bool cipher_mac_single(struct cipher *c, const struct key128 *doubled, const uint8_t *iv,
    struct bytes data, uint8_t mac[8]);
bool cipher_mac_retail(struct cipher *c, const struct key128 *key, const uint8_t *iv,
    struct bytes data, uint8_t mac[8]);

/* HKDF-SHA-256: from a text to a key of 32 bytes, and from it as many bytes as wanted. [RFC 5869] */
bool cipher_seed_key(struct cipher *c, const char *text, uint8_t seed_key[SEED_KEY_LEN]);
bool cipher_expand(struct cipher *c, const uint8_t seed_key[SEED_KEY_LEN], struct bytes info,
    uint8_t *out, size_t len);

/* The computations of a vault, by OpenSSL: DES by bulk/few_des.h; SM4 is fetched once, and two contexts
 * of it are used again for every call. Single DES is triple DES with equal halves.
 *
 * Which cipher a key is made for is said beside it; the forms are those of decision 0020, and a block
 * has 8 bytes under 3DES and 16 under SM4. Functions answer false when OpenSSL fails, which means
 * that it is out of memory. The SM4 key used last stays in the contexts until the next one, or until
 * cipher_close() wipes them; of DES keys nothing stays. */
#pragma once

#include <openssl/evp.h>

#include "base/builder.h"
#include "crypto/des.h"
#include "keys/catalogue.h"

enum { CIPHER_MESSAGE_MAX = 512, CIPHER_BLOCK_MAX = 16, SEED_KEY_LEN = 32, CIPHERS = KEY_SM4 + 1 };

/* The caller gives the room; all members belong to cipher.c. */
struct cipher {
    EVP_CIPHER_CTX *blocks, *chain; /* SM4, ECB and CBC */
    EVP_CIPHER *ecb, *cbc;
    EVP_KDF_CTX *kdf;
    EVP_KDF *hkdf;
};

/* Fetches everything; after false nothing is left to close, though closing does no harm. */
bool cipher_open(struct cipher *c);

/* Wipes the keys in the contexts and gives everything back; closing twice does no harm. */
void cipher_close(struct cipher *c);

/* Bytes of a block: 8 or 16. */
static inline size_t cipher_block(enum key_algorithm how) {
    return how == KEY_SM4 ? CIPHER_BLOCK_MAX : DES_BLOCK;
}

/* Whole blocks, encrypting, without a chain. out may be the same place as the data. */
bool cipher_encrypt(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    struct bytes data, uint8_t *out);

/* Diversification: the factor and its complement, enciphered: 16 bytes under either cipher. out may
 * be the same place as key. */
bool cipher_derive(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t factor[8], struct key128 *out);

/* Session key: 3DES(K, input) doubled, which is DES when K has equal halves; SM4(K, input || its
 * complement). */
bool cipher_session(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t input[8], struct key128 *out);

/* A key128 of eight bytes twice: 3DES with it is single DES. */
void cipher_double(const uint8_t key[8], struct key128 *out);

/* The proof of an authentication with its session key: DES(SK, original), or the left half of
 * SM4(SK, original || 80 00..). */
bool cipher_proof(struct cipher *c, enum key_algorithm how, const struct key128 *session,
    const uint8_t original[8], uint8_t proof[8]);

/* Left four bytes of a MAC over data of at most CIPHER_MESSAGE_MAX bytes, which are padded here. The
 * plain one is the end of a CBC chain under the key (3DES: one of equal halves); the retail one is for
 * any 3DES key, and under SM4 the same as the plain one. iv has a block's bytes; NULL means zeros. */
bool cipher_mac(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t *iv, struct bytes data, uint8_t mac[4]);
bool cipher_mac_retail(struct cipher *c, enum key_algorithm how, const struct key128 *key,
    const uint8_t *iv, struct bytes data, uint8_t mac[4]);

/* HKDF-SHA-256: from a text to a key of 32 bytes, and from it as many bytes as wanted. [RFC 5869] */
bool cipher_seed_key(struct cipher *c, const char *text, uint8_t seed_key[SEED_KEY_LEN]);
bool cipher_expand(struct cipher *c, const uint8_t seed_key[SEED_KEY_LEN], struct bytes info,
    uint8_t *out, size_t len);

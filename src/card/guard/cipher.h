/* A key as the guard computes with it, and the cipher that it is made for.
 *
 * Which cipher a key speaks is said by the directory that holds it: 3DES (DES where the key has
 * eight bytes, as an STK) or SM4. Everything that authenticates, enciphers or counts money calls
 * the functions below and does not ask which of the two it is; the forms are those of decision
 * 0020, and this is the only place of the card that tells them apart.
 *
 *                      3DES, key of 16         DES, key of 8        SM4
 *   block              8                       8                    16
 *   session of x       3DES(K, x), 8 bytes     DES(K, x), 8 bytes   SM4(K, x || ~x), 16 bytes
 *   proof of x         DES(SK, x)              DES(SK, x)           left 8 of SM4(SK, x || 80..)
 *   MAC                retail                  CBC                  CBC
 *   folded             left XOR right, 8       itself               itself
 *
 * Secrets: a struct secret holds a key. Whoever makes one wipes it with crypto_wipe(). */
#pragma once

#include "base/features.h"
#include "card/files/tree.h"
#include "crypto/des.h"

enum { CIPHER_BLOCK_MAX = 16 };

/* A key as it lies in a key file, or a session key made from one. */
struct secret {
    uint8_t bytes[KEY128_LEN];
    uint8_t len;       /* 8 or 16; always 16 under SM4 */
    uint8_t algorithm; /* enum dir_algorithm */
};

/* Bytes of a cipher's block: 8 or 16. */
static inline uint8_t cipher_block(uint8_t algorithm) {
    return CARD_SM4 && algorithm == ALGORITHM_SM4 ? CIPHER_BLOCK_MAX : DES_BLOCK;
}

/* The same for a key's own. */
static inline uint8_t secret_block(const struct secret *key) {
    return cipher_block(key->algorithm);
}

/* One block; in and out may be the same place. */
void secret_encrypt(const struct secret *key, const uint8_t *in, uint8_t *out);
void secret_decrypt(const struct secret *key, const uint8_t *in, uint8_t *out);

/* Whole blocks, each by itself; len is their bytes. They come to the engine in one call, so that it makes
 * its round keys once. in and out may be the same place. */
void secret_encrypt_all(const struct secret *key, uint8_t *blocks, size_t len);
void secret_decrypt_all(const struct secret *key, const uint8_t *in, uint8_t *out, size_t len);

/* The session key that eight bytes make: a challenge, a factor, the facts of a transaction. session
 * may be the same place as key. [card.md 5.3; purse.md 5.3] */
void secret_session(const struct secret *key, const uint8_t input[8], struct secret *session);

/* What proves that one holds a session key: eight bytes for eight bytes. [card.md 5.3] */
void secret_proof(const struct secret *session, const uint8_t original[8], uint8_t proof[8]);

/* MAC over data, padded with 80 and zeros to whole blocks; left eight bytes, of which users take
 * four. iv has a block's bytes (of CIPHER_BLOCK_MAX, those that count), NULL means zeros. */
void secret_mac(
    const struct secret *key, const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]);

/* The key of a TAC and of RELOAD PIN: both halves together under 3DES, otherwise the key itself.
 * folded may be the same place as key. [purse.md 4.2, 5.4] */
void secret_fold(const struct secret *key, struct secret *folded);

/* Triple DES with a 16-byte key, single DES with one of 8 bytes; for 3DES keys only, where somebody
 * wants the cipher itself. [purse.md 5.1] */
void secret_prepare(const struct secret *key, struct tdes_key *ready);

/* DES and two-key triple DES, one block at a time, in constant time: no branch and no memory
 * address depends on a key or on data. Small enough for the chip; the host uses OpenSSL, and the
 * tests compare the two. [FIPS 46-3; purse.md 5.1] */
#pragma once

#include "base/bytes.h"

enum { DES_BLOCK = 8, KEY128_LEN = 16 };

/* A 16-byte key, KL then KR. A type of its own, so that a secret is seen to be one. */
struct key128 {
    uint8_t bytes[KEY128_LEN];
};

/* A key made ready: the sixteen round keys. Wipe it with crypto_wipe() when done. */
struct des_key {
    uint32_t rounds[32];
};

void des_prepare(struct des_key *k, const uint8_t key[DES_BLOCK]);
/* in and out may be the same place. */
void des_encrypt(const struct des_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);
void des_decrypt(const struct des_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);

/* Encrypt with left, decrypt with right, encrypt with left. */
struct tdes_key {
    struct des_key left, right;
};

void tdes_prepare(struct tdes_key *k, const struct key128 *key);
/* An 8-byte key in both halves: triple DES with it is single DES. */
void tdes_prepare_single(struct tdes_key *k, const uint8_t key[DES_BLOCK]);
void tdes_encrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);
void tdes_decrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);

/* DES as the chip knows it: two-key triple DES, block by block. [FIPS 46-3; purse.md 5.1]
 *
 * The work is done by the engine of the program, see engine.h. The one that is always there, in
 * des.c, takes the same time whatever key and data are: no branch and no memory address depends on
 * them. The tests compare it with OpenSSL.
 *
 * RAM: a key made ready is the key itself and 16 bytes long; the round keys are made while a block
 * passes through and never lie in memory together. */
#pragma once

#include "base/bytes.h"

enum { DES_BLOCK = 8, KEY128_LEN = 16 };

/* A 16-byte key, KL then KR. A type of its own, so that a secret is seen to be one. */
struct key128 {
    uint8_t bytes[KEY128_LEN];
};

/* A key made ready. Wipe it with crypto_wipe() when done. */
struct tdes_key {
    struct key128 key;
};

void tdes_prepare(struct tdes_key *k, const struct key128 *key);
/* An 8-byte key in both halves: triple DES with it is single DES. */
void tdes_prepare_single(struct tdes_key *k, const uint8_t key[DES_BLOCK]);

/* Encrypt with the left half, decrypt with the right, encrypt with the left; and the way back. in
 * and out may be the same place. */
void tdes_encrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);
void tdes_decrypt(const struct tdes_key *k, const uint8_t in[DES_BLOCK], uint8_t out[DES_BLOCK]);

/* The sixteen round keys of a DES key, for code that computes many blocks at once: a round has its
 * eight groups of six bits in two words, a group to a byte, left to right: rounds[2 r] has groups
 * 1, 3, 5, 7 and rounds[2 r + 1] groups 2, 4, 6, 8. Wipe them when done. */
struct des_key {
    uint32_t rounds[32];
};

void des_prepare(struct des_key *k, const uint8_t key[DES_BLOCK]);

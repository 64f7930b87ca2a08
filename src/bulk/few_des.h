/* DES for a block or a few, by OpenSSL's low-level functions: what is asked for one card at a time, where
 * lanes would stand empty. [FIPS 46-3; decision 0058]
 *
 * OpenSSL's contexts (EVP) cost several times what a block does, and have no single DES without the
 * legacy provider. These functions keep nothing: round keys are made anew for each call, and wiped with
 * the stack that the computation used when it is done. A key of equal halves is one of single DES, and
 * takes a third of the time: so the time says whether a key is one, as its kind does anyway, and nothing
 * else of it. They look secrets up in tables, as OpenSSL does everywhere: whoever shares the
 * processor's cache may learn something of them. */
#pragma once

#include "crypto/des.h"

/* Two-key triple DES of each block by itself, or the way back. in and out may be the same place, and
 * may not overlap otherwise. 0 blocks do nothing. */
void few_triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks);

/* DES-CBC that keeps its last block only: chain = DES(key, chain XOR block), block after block. */
void few_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks);

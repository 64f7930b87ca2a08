/* The port of the chip's cipher engine: who computes DES and SM4.
 *
 * A chip may have ciphers in silicon, and a program that simulates a thousand chips has a fast
 * library at hand; both replace the code of des.c and sm4.c by bringing the functions below.
 * Everything above, des.h, sm4.h, mac.h and derive.h, stays as it is. Keys come as the bytes they are and nothing of them
 * stays behind: an engine that needs round keys makes them anew for each call and wipes them.
 *
 * The engine of a program is chosen once, before anything is computed and before there is a second
 * thread; a program that chooses none computes with engine_plain. [FIPS 46-3; GB/T 32907; purse.md
 * 5.1; decision 0023] */
#pragma once

#include "crypto/des.h"

/* What an engine can do. Every length is in blocks of DES_BLOCK bytes; 0 blocks do nothing. */
struct engine {
    /* Two-key triple DES of each block by itself; with equal halves that is DES. in and out may be
     * the same place, and may not overlap otherwise. */
    void (*triple)(
        const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks);
    /* DES-CBC that keeps its last block only: chain = DES(key, chain XOR block), block after
     * block. */
    void (*chain)(
        const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks);
    /* One block of SM4; in and out may be the same place. NULL: sm4.c computes it, so that a chip
     * without SM4 does not carry it. */
    void (*sm4)(const struct key128 *key, bool decrypt, const uint8_t in[16], uint8_t out[16]);
};

/* The code of des.c, and no SM4 of its own: small, without tables that a secret could index, the same time for every key
 * and every block. What a chip without an engine of its own uses. */
extern const struct engine engine_plain;

/* Takes another engine from now on; it must outlive its use. */
void engine_use(const struct engine *engine);

/* The engine that is in use; never NULL. */
const struct engine *engine_now(void);

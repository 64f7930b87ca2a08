/* The port of the chip's cipher engine: who computes DES.
 *
 * A chip may have DES in silicon, and a program that simulates a thousand chips has a fast library
 * at hand; both replace the code of des.c by bringing the two functions below. Everything above,
 * des.h, mac.h and derive.h, stays as it is. Keys come as the bytes they are and nothing of them
 * stays behind: an engine that needs round keys makes them anew for each call and wipes them.
 *
 * The engine of a program is chosen once, before anything is computed and before there is a second
 * thread; a program that chooses none computes with engine_plain. [FIPS 46-3; purse.md 5.1] */
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
};

/* The code of des.c: small, without tables that a secret could index, the same time for every key
 * and every block. What a chip without an engine of its own uses. */
extern const struct engine engine_plain;

/* Takes another engine from now on; it must outlive its use. */
void engine_use(const struct engine *engine);

/* The engine that is in use; never NULL. */
const struct engine *engine_now(void);

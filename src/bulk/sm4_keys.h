/* The round keys of SM4 in the form that all paths share, and the constants of its key schedule.
 * [GB/T 32907-2016, 7.3]
 *
 * The gates of the S-box (sm4_gates.def) and the instructions of path_gfni.c want each byte that
 * enters with 75 added, where the field's zero is. What is added in a round is the round key, so the
 * four bytes 75 stand in it: SM4_ENTRY. */
#pragma once

#include "crypto/des.h"

enum { SM4_ROUNDS = 32, SM4_WORDS = 4 };
#define SM4_ENTRY UINT32_C(0x75757575)

/* One key for all lanes: what each round adds, SM4_ENTRY in it. */
struct shared_sm4 {
    uint32_t rounds[SM4_ROUNDS];
};

/* Constant in time. Wipe it with crypto_wipe() when done. */
void shared_sm4_prepare(struct shared_sm4 *k, const struct key128 *key);

/* What is added to the four words of a key before its schedule. */
extern const uint32_t sm4_family[SM4_WORDS];

/* What the schedule adds in each round, without SM4_ENTRY: bytes 7 (4 round + j), modulo 256. */
extern const uint32_t sm4_constants[SM4_ROUNDS];

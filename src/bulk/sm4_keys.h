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

/* A word in the basis of path_gfni.c: its bytes, the highest first, each four times. */
struct field_word {
    uint32_t bytes[4];
};

/* Constant in time. */
void field_word_of(struct field_word *out, uint32_t word);

/* One key for all lanes: what each round adds, SM4_ENTRY in it, in both bases. */
struct shared_sm4 {
    uint32_t rounds[SM4_ROUNDS];
    struct field_word field[SM4_ROUNDS];
};

/* Constant in time. Wipe it with crypto_wipe() when done. */
void shared_sm4_prepare(struct shared_sm4 *k, const struct key128 *key);

/* What is added to the four words of a key before its schedule. */
extern const uint32_t sm4_family[SM4_WORDS];

/* What the schedule adds in each round, without SM4_ENTRY: bytes 7 (4 round + j), modulo 256. */
extern const uint32_t sm4_constants[SM4_ROUNDS];

/* What path_gfni.c computes with: matrices as the instructions of GFNI take them, the row of the highest
 * bit in the lowest byte, and bytes that are added. "In" and "back" change the basis of a byte between
 * that of SM4 and that of the instructions' field; sm4_box_test.c tries them all. */
#define SM4_MATRIX_IN       0x4C287DB91A22505D
#define SM4_MATRIX_BACK     0xB3A4F5863284728B
/* Behind an inversion: the S-box in the standard's basis; */
#define SM4_MATRIX_OUT      0xF3AB34A974A6B589
/* and in the field, what a byte of the S-box adds in a round to its own place, to the two before it and
 * to the third; */
#define SM4_MATRIX_OWN      0x040DB891E9A481B7
#define SM4_MATRIX_NEAR     0x2C020425162040AD
#define SM4_MATRIX_FAR      0x280FBCB4FF84C11A
/* and what it adds in the key schedule to its own place and to the three before it. */
#define SM4_MATRIX_KEY_OWN  0x280F0901760DC1AF
#define SM4_MATRIX_KEY_NEAR 0xABF358C700F3ABAB
#define SM4_MATRIX_KEY_NEXT 0x13B5336648748933
#define SM4_MATRIX_KEY_FAR  0x54C1ECCCE6812F59
enum {
    SM4_OUT_ADDED = 0xD3,   /* what the S-box adds */
    SM4_OWN_ADDED = 0x63,   /* that, turned and in the field */
    SM4_KEY_ADDED = 0xC5,   /* the same for the key schedule */
    SM4_ENTRY_ADDED = 0x3E, /* a byte of SM4_ENTRY in the field */
};

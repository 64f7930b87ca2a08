/* The round keys of DES in the forms that bit-sliced rounds want.
 *
 * A round XORs 48 key bits to the right half, 16 of whose bits are used twice. When all lanes have
 * the same key, most of that work goes away: a half is kept with the key bits of its inner uses (the
 * middle four of each S-box) already in it. Then a round adds to the bits that it changes the key
 * bits of two rounds at once, where ternary logic needs no further instruction, and only the outer
 * two inputs of each S-box are left to be corrected. `opening` puts the first key bits in, and
 * `closing` takes the last ones out again.
 *
 * Where a key bit enters an S-box, its complement may enter as well: an inverted input costs nothing
 * then, and gates of two inputs need no NOT (sbox_pairs.def). Which inputs a path wants inverted is
 * one of the two tables below. */
#pragma once

#include <stdbool.h>

#include "crypto/des.h"

enum {
    DES_BOXES = 8,
    DES_ROUNDS = 16,
    ROUND_BITS = 48,
    HALF_BITS = 32,
    BOX_INPUTS = 6,
    BOX_OUTPUTS = 4
};

/* Inputs of the S-boxes that enter inverted, six for each box: those of gates with two inputs, and
 * those of gates with three, which are none. The same in every round. */
struct box_flips {
    bool inverted[ROUND_BITS];
};
extern const struct box_flips flips_of_pairs, flips_of_none;

/* One key for all lanes: each bit as a word of zeros or ones. A round has six words for each S-box:
 * what corrects its first and its last input, and what is added with each of its four outputs. */
struct shared_rounds {
    uint64_t opening[HALF_BITS]; /* to the right half before the first round */
    uint64_t words[DES_ROUNDS][ROUND_BITS];
    uint64_t closing[HALF_BITS]; /* to the half that entered the last round */
};

/* Two-key triple DES, encrypting: forward with left, backward with right, forward with left. */
struct shared_tdes {
    struct shared_rounds left, right;
};

/* A key of its own for each lane: order[r][j] is the bit of the key, 0 to 63 from the left, that
 * round r adds to input j of the S-boxes. The same for every key. */
struct lane_order {
    uint8_t order[DES_ROUNDS][ROUND_BITS];
};

void lane_order_prepare(struct lane_order *o);

/* The shared form of a key for S-boxes with these inputs inverted; it takes some microseconds. Wipe it
 * with crypto_wipe() when done. */
void shared_tdes_prepare(struct shared_tdes *k, const struct lane_order *o,
    const struct box_flips *flips, const struct key128 *key);

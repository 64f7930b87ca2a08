#include "bulk/round_keys.h"

#include <assert.h>

#include "crypto/secret.h"

enum { BOXES = 8 };

static const uint8_t inputs[BOXES][BOX_INPUTS] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {a, b, c, d, e, f},
#include "bulk/sbox_wiring.def"
};
static const uint8_t outputs[BOXES][BOX_OUTPUTS] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {w, x, y, z},
#include "bulk/sbox_wiring.def"
};

/* Bit j of the 48 that a round adds, 0 or 1: crypto/des.h keeps six to a byte, odd groups apart. */
static unsigned round_bit(const struct des_key *k, size_t round, size_t j) {
    size_t box = j / BOX_INPUTS;
    uint32_t groups = k->rounds[2 * round + box % 2];
    return groups >> (24 - 8 * (box / 2)) >> (BOX_INPUTS - 1 - j % BOX_INPUTS) & 1;
}

/* The key bits of a round as words, by their place in the half; inner uses only. */
static void inner_words(const struct des_key *k, size_t round, uint64_t inner[HALF_BITS]) {
    for (size_t box = 0; box < BOXES; box++) {
        for (size_t i = 1; i < BOX_INPUTS - 1; i++) {
            inner[inputs[box][i]] = 0 - (uint64_t)round_bit(k, round, BOX_INPUTS * box + i);
        }
    }
}

/* The words of one round. around is the sum of the inner key bits of the rounds before and after it,
 * which use the half that this round changes. */
static void round_words(const struct des_key *k, size_t round, const uint64_t around[HALF_BITS],
    uint64_t words[ROUND_BITS]) {
    uint64_t inner[HALF_BITS];
    inner_words(k, round, inner);
    for (size_t box = 0; box < BOXES; box++) {
        uint64_t *six = words + BOX_INPUTS * box;
        uint64_t first = round_bit(k, round, BOX_INPUTS * box);
        uint64_t last = round_bit(k, round, BOX_INPUTS * box + BOX_INPUTS - 1);
        six[0] = (0 - first) ^ inner[inputs[box][0]];
        six[1] = (0 - last) ^ inner[inputs[box][BOX_INPUTS - 1]];
        for (size_t i = 0; i < BOX_OUTPUTS; i++) {
            six[2 + i] = around[outputs[box][i]];
        }
    }
    crypto_wipe(inner, sizeof inner);
}

/* The rounds in their order, or in the opposite one to decrypt. */
static void shared_rounds_prepare(struct shared_rounds *s, const struct des_key *k, bool forward) {
    uint64_t before[HALF_BITS];
    uint64_t after[HALF_BITS];
    for (size_t r = 0; r < DES_ROUNDS; r++) {
        size_t last = DES_ROUNDS - 1;
        (void)memset(before, 0, sizeof before);
        (void)memset(after, 0, sizeof after);
        if (r > 0) {
            inner_words(k, forward ? r - 1 : last - r + 1, before);
        }
        if (r < last) {
            inner_words(k, forward ? r + 1 : last - r - 1, after);
        }
        for (size_t i = 0; i < HALF_BITS; i++) {
            after[i] ^= before[i];
        }
        round_words(k, forward ? r : last - r, after, s->words[r]);
    }
    inner_words(k, forward ? 0 : DES_ROUNDS - 1, s->opening);
    inner_words(k, forward ? DES_ROUNDS - 1 : 0, s->closing);
    crypto_wipe(before, sizeof before);
    crypto_wipe(after, sizeof after);
}

void shared_tdes_prepare(struct shared_tdes *k, const struct key128 *key) {
    struct des_key plain;
    des_prepare(&plain, key->bytes);
    shared_rounds_prepare(&k->left, &plain, true);
    des_prepare(&plain, key->bytes + DES_BLOCK);
    shared_rounds_prepare(&k->right, &plain, false);
    crypto_wipe(&plain, sizeof plain);
}

/* Enters a bit of the key wherever a round takes it; returns how often. Found by asking: with a key
 * of this bit alone, it is where a round key is not zero. */
static size_t order_bit(struct lane_order *o, size_t bit) {
    uint8_t key[DES_BLOCK] = {0};
    struct des_key k;
    size_t found = 0;
    key[bit / 8] = (uint8_t)(0x80 >> bit % 8);
    des_prepare(&k, key);
    for (size_t i = 0; i < (size_t)DES_ROUNDS * ROUND_BITS; i++) {
        if (round_bit(&k, i / ROUND_BITS, i % ROUND_BITS)) {
            o->order[i / ROUND_BITS][i % ROUND_BITS] = (uint8_t)bit;
            found++;
        }
    }
    return found;
}

void lane_order_prepare(struct lane_order *o) {
    size_t found = 0;
    for (size_t bit = 0; bit < (size_t)8 * DES_BLOCK; bit++) {
        found += order_bit(o, bit);
    }
    assert(found == (size_t)DES_ROUNDS * ROUND_BITS);
}

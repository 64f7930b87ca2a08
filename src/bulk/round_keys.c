#include "bulk/round_keys.h"

#include <assert.h>

#include "crypto/secret.h"

enum { KEY_BITS = 64 };

static const uint8_t inputs[DES_BOXES][BOX_INPUTS] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {a, b, c, d, e, f},
#include "bulk/sbox_wiring.def"
};
static const uint8_t outputs[DES_BOXES][BOX_OUTPUTS] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {w, x, y, z},
#include "bulk/sbox_wiring.def"
};

const struct box_flips flips_of_none = {{false}};

const struct box_flips flips_of_pairs = {{
#define BOX(number)
#define FLIPS(a, b, c, d, e, f) a, b, c, d, e, f,
#define AND(n, a, b)
#define OR(n, a, b)
#define XOR(n, a, b)
#define CLEAR(n, a, b)
#define ENDS(w, x, y, z)
#include "bulk/sbox_pairs.def"
}};

/* Bit j of the 48 that a round adds, 0 or 1: crypto/des.h keeps six to a byte, odd groups apart. */
static unsigned round_bit(const struct des_key *k, size_t round, size_t j) {
    size_t box = j / BOX_INPUTS;
    uint32_t groups = k->rounds[2 * round + box % 2];
    return groups >> (24 - 8 * (box / 2)) >> (BOX_INPUTS - 1 - j % BOX_INPUTS) & 1;
}

/* The bits of a key of eight bytes as words, from the left. */
static void key_words(const uint8_t key[DES_BLOCK], uint64_t bits[KEY_BITS]) {
    for (size_t i = 0; i < KEY_BITS; i++) {
        bits[i] = 0 - (uint64_t)(key[i / 8] >> (7 - i % 8) & 1);
    }
}

/* What a round adds to the inputs of its S-boxes: 48 bits of the key, some of them inverted. */
static void entering_words(const uint8_t order[ROUND_BITS], const struct box_flips *flips,
    const uint64_t bits[KEY_BITS], uint64_t entering[ROUND_BITS]) {
    for (size_t j = 0; j < ROUND_BITS; j++) {
        assert(order[j] < KEY_BITS);
        entering[j] = bits[order[j]] ^ (0 - (uint64_t)flips->inverted[j]);
    }
}

/* Those of the inner inputs, by their place in the half. */
static void inner_words(const uint64_t entering[ROUND_BITS], uint64_t inner[HALF_BITS]) {
    for (size_t box = 0; box < DES_BOXES; box++) {
        for (size_t i = 1; i < BOX_INPUTS - 1; i++) {
            inner[inputs[box][i]] = entering[BOX_INPUTS * box + i];
        }
    }
}

/* The words of one round. inner are the inner words of this round; those of the rounds before and
 * after it, which use the half that this round changes, stand before and behind. */
static void round_words(
    const uint64_t entering[ROUND_BITS], const uint64_t *inner, uint64_t words[ROUND_BITS]) {
    const uint64_t *before = inner - HALF_BITS;
    const uint64_t *after = inner + HALF_BITS;
    for (size_t box = 0; box < DES_BOXES; box++) {
        uint64_t *six = words + BOX_INPUTS * box;
        const uint64_t *taken = entering + BOX_INPUTS * box;
        six[0] = taken[0] ^ inner[inputs[box][0]];
        six[1] = taken[BOX_INPUTS - 1] ^ inner[inputs[box][BOX_INPUTS - 1]];
        for (size_t i = 0; i < BOX_OUTPUTS; i++) {
            six[2 + i] = before[outputs[box][i]] ^ after[outputs[box][i]];
        }
    }
}

/* The rounds in their order, or in the opposite one to decrypt. */
static void shared_rounds_prepare(struct shared_rounds *s, const struct lane_order *o,
    const struct box_flips *flips, const uint8_t key[DES_BLOCK], bool forward) {
    uint64_t bits[KEY_BITS];
    uint64_t entering[DES_ROUNDS][ROUND_BITS];
    uint64_t room[(DES_ROUNDS + 2) * HALF_BITS] = {0}; /* no rounds before the first and behind */
    uint64_t *inner = room + HALF_BITS;
    size_t turned = forward ? 0 : DES_ROUNDS - 1;
    key_words(key, bits);
    for (size_t r = 0; r < DES_ROUNDS; r++) {
        entering_words(o->order[r ^ turned], flips, bits, entering[r]);
        inner_words(entering[r], inner + r * HALF_BITS);
    }
    for (size_t r = 0; r < DES_ROUNDS; r++) {
        round_words(entering[r], inner + r * HALF_BITS, s->words[r]);
    }
    (void)memcpy(s->opening, inner, sizeof s->opening);
    (void)memcpy(s->closing, inner + (size_t)(DES_ROUNDS - 1) * HALF_BITS, sizeof s->closing);
    crypto_wipe(room, sizeof room);
    crypto_wipe(entering, sizeof entering);
    crypto_wipe(bits, sizeof bits);
}

void shared_tdes_prepare(struct shared_tdes *k, const struct lane_order *o,
    const struct box_flips *flips, const struct key128 *key) {
    shared_rounds_prepare(&k->left, o, flips, key->bytes, true);
    shared_rounds_prepare(&k->right, o, flips, key->bytes + DES_BLOCK, false);
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

/* The gates of the S-boxes of DES, those of three inputs and those of two, against the tables of the
 * standard. */
#include "check.h"

#include "bulk/round_keys.h"

/* [FIPS 46-3, appendix 1]: four rows of sixteen for each box. */
static const uint8_t standard[8][4][16] = {
    {{14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7},
     {0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8},
     {4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0},
     {15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13}},
    {{15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10},
     {3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5},
     {0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15},
     {13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9}},
    {{10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8},
     {13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1},
     {13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7},
     {1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12}},
    {{7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15},
     {13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9},
     {10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4},
     {3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14}},
    {{2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9},
     {14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6},
     {4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14},
     {11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3}},
    {{12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11},
     {10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8},
     {9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6},
     {4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13}},
    {{4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1},
     {13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6},
     {1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2},
     {6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12}},
    {{13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7},
     {1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2},
     {7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8},
     {2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11}},
};

enum { WIRES_MAX = 40, GATES_MOST = 29, PAIRS_MOST = 52, PAIRS_IN_ALL = 364, CHAIN_MOST = 23 };

struct gate {
    uint8_t wire, a, b, c, lut;
};
static const struct box {
    struct gate gates[WIRES_MAX];
    uint8_t ends[4];
} boxes[8] = {
#define BOX(number)           [(number)-1] = {.gates = {
#define GATE(n, a, b, c, lut) {n, a, b, c, 0x##lut},
#define ENDS(w, x, y, z)                                                                           \
    }                                                                                              \
    , .ends = {w, x, y, z}                                                                         \
    }                                                                                              \
    ,
#include "bulk/sbox_gates.def"
};

static unsigned ternary(unsigned lut, unsigned a, unsigned b, unsigned c) {
    return lut >> (4 * a + 2 * b + c) & 1;
}

/* What the gates make of six bits. */
static unsigned box_by_gates(const struct box *box, unsigned six) {
    unsigned wires[WIRES_MAX] = {0};
    unsigned four = 0;
    for (unsigned i = 0; i < 6; i++) {
        wires[i] = six >> (5 - i) & 1;
    }
    for (const struct gate *g = box->gates; g->wire != 0; g++) {
        assert_true(g->a < g->wire && g->b < g->wire && g->c < g->wire);
        wires[g->wire] = ternary(g->lut, wires[g->a], wires[g->b], wires[g->c]);
    }
    for (unsigned i = 0; i < 4; i++) {
        four = four << 1 | wires[box->ends[i]];
    }
    return four;
}

static void every_box_is_the_standards_for_all_64_inputs(void **state) {
    (void)state;
    for (unsigned b = 0; b < 8; b++) {
        for (unsigned six = 0; six < 64; six++) {
            unsigned row = (six >> 5) << 1 | (six & 1);
            assert_int_equal(box_by_gates(&boxes[b], six), standard[b][row][six >> 1 & 15]);
        }
    }
}

/* A description that says the same thing twice, or computes what nobody uses, is not compact. */
static void every_gate_of_a_box_is_used(void **state) {
    (void)state;
    for (unsigned b = 0; b < 8; b++) {
        bool used[WIRES_MAX] = {false};
        unsigned count = 0;
        for (unsigned i = 0; i < 4; i++) {
            used[boxes[b].ends[i]] = true;
        }
        for (const struct gate *g = boxes[b].gates; g->wire != 0; g++) {
            used[g->a] = used[g->b] = used[g->c] = true;
            assert_int_equal(g->wire, 6 + count);
            count++;
        }
        assert_true(count <= GATES_MOST);
        for (unsigned i = 0; i < 6 + count; i++) {
            assert_true(used[i]);
        }
    }
}

/* A flipped bit in any gate must not go unseen, or the 64 inputs would prove nothing about it. Where
 * it does, that combination of its inputs never occurs. */
static void a_changed_gate_is_noticed_where_it_matters(void **state) {
    (void)state;
    unsigned noticed = 0, changes = 0;
    for (unsigned b = 0; b < 8; b++) {
        for (unsigned i = 0; boxes[b].gates[i].wire != 0; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct box changed = boxes[b];
                bool differs = false;
                changed.gates[i].lut ^= (uint8_t)(1u << bit);
                for (unsigned six = 0; six < 64; six++) {
                    differs |= box_by_gates(&changed, six) != box_by_gates(&boxes[b], six);
                }
                noticed += differs;
                changes++;
            }
        }
    }
    assert_true(noticed * 10 > changes * 9);
}

/* --- gates of two inputs ------------------------------------------------------------------------- */

/* All 64 inputs at once: bit `six` of a word is what the wire says for that input. */
static uint64_t entering(unsigned wire) {
    uint64_t word = 0;
    for (unsigned six = 0; six < 64; six++) {
        word |= (uint64_t)(six >> (5 - wire) & 1) << six;
    }
    return word;
}

/* Inverted all over or not. */
static uint64_t turned(uint64_t word, bool flip) {
    return flip ? ~word : word;
}

#define BOX(number) static void pairs_##number(const uint64_t in[6], uint64_t out[4]) {
#define FLIPS(a, b, c, d, e, f)                                                                    \
    const uint64_t w0 = turned(in[0], a), w1 = turned(in[1], b), w2 = turned(in[2], c),            \
                   w3 = turned(in[3], d), w4 = turned(in[4], e), w5 = turned(in[5], f);
#define AND(n, a, b)   const uint64_t w##n = w##a & w##b;
#define OR(n, a, b)    const uint64_t w##n = w##a | w##b;
#define XOR(n, a, b)   const uint64_t w##n = w##a ^ w##b;
#define CLEAR(n, a, b) const uint64_t w##n = w##a & ~w##b;
#define ENDS(a, b, c, d)                                                                           \
    out[0] = w##a, out[1] = w##b, out[2] = w##c, out[3] = w##d;                                    \
    }
#include "bulk/sbox_pairs.def"

/* How many gates of two inputs each box has. */
static const unsigned pair_counts[8] = {
#define BOX(number) 0
#define FLIPS(a, b, c, d, e, f)
#define AND(n, a, b)     +1
#define OR(n, a, b)      +1
#define XOR(n, a, b)     +1
#define CLEAR(n, a, b)   +1
#define ENDS(a, b, c, d) ,
#include "bulk/sbox_pairs.def"
};

static void every_box_of_pairs_is_the_standards_for_all_64_inputs(void **state) {
    (void)state;
    static void (*const pairs[8])(const uint64_t in[6], uint64_t out[4]) = {
        pairs_1, pairs_2, pairs_3, pairs_4, pairs_5, pairs_6, pairs_7, pairs_8};
    uint64_t in[6], out[4];
    for (unsigned wire = 0; wire < 6; wire++) {
        in[wire] = entering(wire);
    }
    for (unsigned b = 0; b < 8; b++) {
        pairs[b](in, out);
        for (unsigned six = 0; six < 64; six++) {
            unsigned row = (six >> 5) << 1 | (six & 1);
            unsigned four = 0;
            for (unsigned i = 0; i < 4; i++) {
                four = four << 1 | (unsigned)(out[i] >> six & 1);
            }
            assert_int_equal(four, standard[b][row][six >> 1 & 15]);
        }
    }
}

/* What the paths are told to invert is what the sheet says, and gates of three inputs want nothing. */
static void the_paths_invert_what_the_sheet_says(void **state) {
    (void)state;
    static const bool said[8][6] = {
#define BOX(number)
#define FLIPS(a, b, c, d, e, f) {a, b, c, d, e, f},
#define AND(n, a, b)
#define OR(n, a, b)
#define XOR(n, a, b)
#define CLEAR(n, a, b)
#define ENDS(w, x, y, z)
#include "bulk/sbox_pairs.def"
    };
    for (size_t j = 0; j < ROUND_BITS; j++) {
        assert_int_equal(flips_of_pairs.inverted[j], said[j / 6][j % 6]);
        assert_false(flips_of_none.inverted[j]);
    }
}

/* Why inputs are inverted at all: gates that make no one of zeros fit a box whose inputs make nothing of
 * those that stand for zeros. */
static void inputs_that_stand_for_zeros_make_nothing(void **state) {
    (void)state;
    for (size_t b = 0; b < 8; b++) {
        unsigned six = 0;
        for (size_t i = 0; i < 6; i++) {
            six = six << 1 | flips_of_pairs.inverted[6 * b + i];
        }
        unsigned row = (six >> 5) << 1 | (six & 1);
        assert_int_equal(standard[b][row][six >> 1 & 15], 0);
    }
}

/* AVX2's speed is the number of these gates: whoever changes the sheet must not make it longer. */
static void pairs_are_few(void **state) {
    (void)state;
    unsigned all = 0;
    for (unsigned b = 0; b < 8; b++) {
        assert_true(pair_counts[b] <= PAIRS_MOST);
        all += pair_counts[b];
    }
    assert_true(all <= PAIRS_IN_ALL);
}

/* How many gates stand one behind the other before a wire is made. */
static unsigned behind(unsigned a, unsigned b) {
    return (a > b ? a : b) + 1;
}

#define BOX(number) static unsigned chain_##number(void) {
#define FLIPS(a, b, c, d, e, f)                                                                    \
    const unsigned w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0;                                 \
    unsigned longest = 0;
#define CHAIN(n, a, b)                                                                             \
    const unsigned w##n = behind(w##a, w##b);                                                      \
    longest = w##n > longest ? w##n : longest;
#define AND(n, a, b)   CHAIN(n, a, b)
#define OR(n, a, b)    CHAIN(n, a, b)
#define XOR(n, a, b)   CHAIN(n, a, b)
#define CLEAR(n, a, b) CHAIN(n, a, b)
#define ENDS(a, b, c, d)                                                                           \
    assert_true(w##a <= longest && w##b <= longest && w##c <= longest && w##d <= longest);         \
    return longest;                                                                                \
    }
#include "bulk/sbox_pairs.def"

/* What waits cannot be computed side by side: chains count as well. */
static void chains_of_pairs_are_short(void **state) {
    (void)state;
    static unsigned (*const chains[8])(void) = {
        chain_1, chain_2, chain_3, chain_4, chain_5, chain_6, chain_7, chain_8};
    for (unsigned b = 0; b < 8; b++) {
        assert_in_range(chains[b](), 1, CHAIN_MOST);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_box_is_the_standards_for_all_64_inputs),
        cmocka_unit_test(every_gate_of_a_box_is_used),
        cmocka_unit_test(a_changed_gate_is_noticed_where_it_matters),
        cmocka_unit_test(every_box_of_pairs_is_the_standards_for_all_64_inputs),
        cmocka_unit_test(the_paths_invert_what_the_sheet_says),
        cmocka_unit_test(inputs_that_stand_for_zeros_make_nothing),
        cmocka_unit_test(pairs_are_few),
        cmocka_unit_test(chains_of_pairs_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

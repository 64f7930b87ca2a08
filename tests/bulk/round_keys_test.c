/* The round keys in their sliced forms, against the standard's list and against crypto/des.h. */
#include "check.h"

#include "bulk/round_keys.h"

/* Which bits of the key, counted from 1, make the key of round 1. [FIPS 46-3, PC-1, one place to the
 * left, PC-2] */
static const uint8_t first_round[ROUND_BITS] = {10, 51, 34, 60, 49, 17, 33, 57, 2, 9, 19, 42, 3, 35,
    26, 25, 44, 58, 59, 1, 36, 27, 18, 41, 22, 28, 39, 54, 37, 4, 47, 30, 5, 53, 23, 29, 61, 21, 38,
    63, 15, 20, 45, 14, 13, 62, 55, 31};

static struct lane_order order; /* of every test that wants a key's words */

static int prepare_order(void **state) {
    (void)state;
    lane_order_prepare(&order);
    return 0;
}

static void round_one_takes_the_standards_bits(void **state) {
    (void)state;
    struct lane_order o;
    lane_order_prepare(&o);
    for (size_t j = 0; j < ROUND_BITS; j++) {
        assert_int_equal(o.order[0][j] + 1, first_round[j]);
    }
}

/* 48 different bits of 56 in each round, never one that is for parity, and each bit in 12 to 15
 * rounds. */
static void each_round_takes_48_different_bits(void **state) {
    (void)state;
    struct lane_order o;
    unsigned uses[64] = {0};
    lane_order_prepare(&o);
    for (size_t r = 0; r < DES_ROUNDS; r++) {
        uint64_t seen = 0;
        for (size_t j = 0; j < ROUND_BITS; j++) {
            uint8_t bit = o.order[r][j];
            assert_true(bit < 64 && bit % 8 != 7);
            assert_false(seen >> bit & 1);
            seen |= UINT64_C(1) << bit;
            uses[bit]++;
        }
    }
    for (size_t bit = 0; bit < 64; bit++) {
        assert_true(bit % 8 == 7 ? uses[bit] == 0 : uses[bit] >= 12 && uses[bit] <= 15);
    }
}

/* The half that entered a round, and thus every second one, is corrected as the key demands: what
 * all rounds add to a bit, opening and closing with it, is nothing in the end. */
static void a_half_is_corrected(const struct box_flips *flips) {
    static const uint8_t changed[8][4] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {w, x, y, z},
#include "bulk/sbox_wiring.def"
    };
    const struct key128 key = {
        {0x13, 0x34, 0x57, 0x79, 0x9B, 0xBC, 0xDF, 0xF1, 1, 2, 3, 4, 5, 6, 7, 8}
    };
    struct shared_tdes k;
    shared_tdes_prepare(&k, &order, flips, &key);
    const struct shared_rounds *both[] = {&k.left, &k.right};
    for (size_t way = 0; way < 2; way++) {
        uint64_t halves[2][HALF_BITS] = {{0}};
        (void)memcpy(halves[1], both[way]->opening, sizeof halves[1]);
        for (size_t r = 0; r < DES_ROUNDS; r++) {
            for (size_t i = 0; i < HALF_BITS; i++) {
                halves[r % 2][changed[i / 4][i % 4]] ^= both[way]
                                                            ->words[r][6 * (i / 4) + 2 + i % 4];
            }
        }
        for (size_t i = 0; i < HALF_BITS; i++) {
            assert_true(halves[1][i] == both[way]->closing[i] || halves[1][i] == 0);
            assert_true((halves[0][i] ^ halves[1][i]) == both[way]->closing[i]);
        }
    }
}

static void what_is_put_into_a_half_is_taken_out_again(void **state) {
    (void)state;
    a_half_is_corrected(&flips_of_none);
    a_half_is_corrected(&flips_of_pairs);
}

/* The word that stands in front of input j of a round: what the half has of the key, and what corrects
 * it. */
static uint64_t entering(const struct shared_rounds *s, size_t round, size_t j) {
    static const uint8_t taken[8][6] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {a, b, c, d, e, f},
#include "bulk/sbox_wiring.def"
    };
    static const uint8_t changed[8][4] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {w, x, y, z},
#include "bulk/sbox_wiring.def"
    };
    size_t place = taken[j / 6][j % 6];
    uint64_t word = round % 2 == 0 ? s->opening[place] : 0;
    for (size_t r = 0; r < round; r++) {
        for (size_t i = 0; r % 2 != round % 2 && i < HALF_BITS; i++) {
            word ^= changed[i / 4][i % 4] == place ? s->words[r][6 * (i / 4) + 2 + i % 4] : 0;
        }
    }
    word ^= j % 6 == 0 ? s->words[round][6 * (j / 6)] : 0;
    return word ^ (j % 6 == 5 ? s->words[round][6 * (j / 6) + 1] : 0);
}

/* Each round adds to each input the bit of the key that it should, inverted where the box wants it. */
static void each_input_gets_its_bit_of_the_key_or_the_inverted_bit(void **state) {
    (void)state;
    const struct key128 key = {
        {0x0E, 0x32, 0x92, 0x32, 0xEA, 0x6D, 0x0D, 0x73, 0x87, 0x9A, 0xBC, 0xDE, 0xF0, 0x12, 0x34,
         0x56}
    };
    static const struct box_flips *const flips[] = {&flips_of_none, &flips_of_pairs};
    for (size_t f = 0; f < 2; f++) {
        struct shared_tdes k;
        shared_tdes_prepare(&k, &order, flips[f], &key);
        for (size_t i = 0; i < (size_t)DES_ROUNDS * ROUND_BITS; i++) {
            size_t r = i / ROUND_BITS, j = i % ROUND_BITS;
            uint8_t bit = order.order[r][j];
            bool one = (key.bytes[bit / 8] >> (7 - bit % 8) & 1) ^ flips[f]->inverted[j];
            assert_true(entering(&k.left, r, j) == (one ? ~UINT64_C(0) : 0));
        }
    }
}

static void every_word_is_zeros_or_ones(void **state) {
    (void)state;
    const struct key128 key = {
        {0xA5, 0x5A, 0xC3, 0x3C, 0x96, 0x69, 0x0F, 0xF0, 8, 7, 6, 5, 4, 3, 2, 1}
    };
    struct shared_tdes k;
    shared_tdes_prepare(&k, &order, &flips_of_pairs, &key);
    const uint64_t *words = (const uint64_t *)&k;
    for (size_t i = 0; i < sizeof k / sizeof *words; i++) {
        assert_true(words[i] == 0 || words[i] == ~UINT64_C(0));
    }
}

/* A parity bit changes nothing; any other bit of the key changes the words of its half alone. */
static void each_bit_of_the_key_reaches_its_half_alone(void **state) {
    (void)state;
    struct key128 key = {{0}};
    struct shared_tdes zero, k;
    shared_tdes_prepare(&zero, &order, &flips_of_pairs, &key);
    for (size_t bit = 0; bit < 128; bit++) {
        key.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        shared_tdes_prepare(&k, &order, &flips_of_pairs, &key);
        key.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        bool left = memcmp(&k.left, &zero.left, sizeof k.left) != 0;
        bool right = memcmp(&k.right, &zero.right, sizeof k.right) != 0;
        assert_int_equal(left, bit % 8 != 7 && bit < 64);
        assert_int_equal(right, bit % 8 != 7 && bit >= 64);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_one_takes_the_standards_bits),
        cmocka_unit_test(each_round_takes_48_different_bits),
        cmocka_unit_test(what_is_put_into_a_half_is_taken_out_again),
        cmocka_unit_test(each_input_gets_its_bit_of_the_key_or_the_inverted_bit),
        cmocka_unit_test(every_word_is_zeros_or_ones),
        cmocka_unit_test(each_bit_of_the_key_reaches_its_half_alone),
    };
    return cmocka_run_group_tests(tests, prepare_order, NULL);
}

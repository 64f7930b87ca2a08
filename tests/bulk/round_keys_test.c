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
static void what_is_put_into_a_half_is_taken_out_again(void **state) {
    (void)state;
    static const uint8_t changed[8][4] = {
#define WIRE(box, a, b, c, d, e, f, w, x, y, z) {w, x, y, z},
#include "bulk/sbox_wiring.def"
    };
    const struct key128 key = {
        {0x13, 0x34, 0x57, 0x79, 0x9B, 0xBC, 0xDF, 0xF1, 1, 2, 3, 4, 5, 6, 7, 8}
    };
    struct shared_tdes k;
    shared_tdes_prepare(&k, &order, &key);
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

static void every_word_is_zeros_or_ones(void **state) {
    (void)state;
    const struct key128 key = {
        {0xA5, 0x5A, 0xC3, 0x3C, 0x96, 0x69, 0x0F, 0xF0, 8, 7, 6, 5, 4, 3, 2, 1}
    };
    struct shared_tdes k;
    shared_tdes_prepare(&k, &order, &key);
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
    shared_tdes_prepare(&zero, &order, &key);
    for (size_t bit = 0; bit < 128; bit++) {
        key.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        shared_tdes_prepare(&k, &order, &key);
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
        cmocka_unit_test(every_word_is_zeros_or_ones),
        cmocka_unit_test(each_bit_of_the_key_reaches_its_half_alone),
    };
    return cmocka_run_group_tests(tests, prepare_order, NULL);
}

#include "ceremony/shamir.h"

#include "check.h"
#include "host/rng.h"

static void fill(struct rng *rng, uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)rng_next(rng);
    }
}

/* Every choice of three among five, and every pair. */
static void any_three_of_five_give_it_back_and_no_two_do(void **state) {
    struct rng rng = rng_stream(1, "shamir", 0);
    uint8_t secret[16], chance[32], back[16];
    uint8_t parts[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX];
    (void)state;
    fill(&rng, secret, sizeof secret);
    fill(&rng, chance, sizeof chance);
    shamir_split(secret, sizeof secret, chance, 3, 5, parts);
    for (unsigned set = 1; set < 32; set++) {
        uint8_t places[5];
        uint8_t chosen[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX];
        size_t count = 0;
        for (uint8_t i = 0; i < 5; i++) {
            if ((set >> i & 1U) != 0) {
                places[count] = (uint8_t)(i + 1);
                (void)memcpy(chosen[count++], parts[i], SHAMIR_SECRET_MAX);
            }
        }
        shamir_join(places, chosen, count, sizeof back, back);
        assert_int_equal(memcmp(back, secret, sizeof secret) == 0, count >= 3);
    }
}

/* Random k, n, lengths and secrets. */
static void a_thousand_random_splittings_come_back(void **state) {
    struct rng rng = rng_stream(2, "shamir", 0);
    (void)state;
    for (int turn = 0; turn < 1000; turn++) {
        uint8_t n = (uint8_t)(2 + rng_below(&rng, SHAMIR_PARTS_MAX - 1));
        uint8_t k = (uint8_t)(2 + rng_below(&rng, n - 1U));
        size_t len = 1 + rng_below(&rng, SHAMIR_SECRET_MAX);
        uint8_t secret[SHAMIR_SECRET_MAX], back[SHAMIR_SECRET_MAX];
        uint8_t chance[SHAMIR_PARTS_MAX * SHAMIR_SECRET_MAX];
        uint8_t parts[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX];
        uint8_t places[SHAMIR_PARTS_MAX];
        fill(&rng, secret, len);
        fill(&rng, chance, sizeof chance);
        shamir_split(secret, len, chance, k, n, parts);
        size_t first = rng_below(&rng, n - k + 1U);
        for (size_t i = 0; i < k; i++) {
            places[i] = (uint8_t)(first + i + 1);
        }
        shamir_join(places, parts + first, k, len, back);
        assert_memory_equal(back, secret, len);
    }
}

/* With two of two, for any part there is a second one that makes any secret: one tells nothing. */
static void one_part_of_two_fits_every_secret(void **state) {
    (void)state;
    for (unsigned secret = 0; secret < 256; secret++) {
        unsigned seen = 0;
        for (unsigned chance = 0; chance < 256; chance++) {
            uint8_t s = (uint8_t)secret, c = (uint8_t)chance;
            uint8_t parts[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX];
            shamir_split(&s, 1, &c, 2, 2, parts);
            seen += parts[0][0] == 0x5A;
        }
        assert_int_equal(seen, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_three_of_five_give_it_back_and_no_two_do),
        cmocka_unit_test(a_thousand_random_splittings_come_back),
        cmocka_unit_test(one_part_of_two_fits_every_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

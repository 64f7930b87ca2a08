#include "check.h"

#include "host/rng.h"

/* The generator itself against its authors' reference, run on the state 1, 2, 3, 4. */
static void the_generator_is_the_published_one(void **state) {
    (void)state;
    static const uint64_t expected[] = {
        11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600};
    struct rng rng = {
        {1, 2, 3, 4}
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(rng_next(&rng) == expected[i]);
    }
}

static void streams_repeat_and_differ(void **state) {
    (void)state;
    struct rng a = rng_stream(1, "purchase", 17), b = rng_stream(1, "purchase", 17);
    struct rng others[] = {
        rng_stream(2, "purchase", 17), rng_stream(1, "purchase", 18), rng_stream(1, "load", 17)};
    uint64_t first = rng_next(&a);
    assert_true(first == rng_next(&b));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(first == rng_next(&others[i]));
    }
}

static void below_stays_below_and_reaches_everything(void **state) {
    (void)state;
    struct rng rng = rng_stream(3, "below", 0);
    unsigned seen[6] = {0};
    for (int i = 0; i < 6000; i++) {
        uint64_t drawn = rng_below(&rng, 6);
        assert_true(drawn < 6);
        seen[drawn]++;
    }
    for (size_t i = 0; i < 6; i++) {
        assert_in_range(seen[i], 850, 1150);
    }
    assert_int_equal(rng_below(&rng, 1), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(rng_below(&rng, UINT64_MAX) < UINT64_MAX);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_is_the_published_one),
        cmocka_unit_test(streams_repeat_and_differ),
        cmocka_unit_test(below_stays_below_and_reaches_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

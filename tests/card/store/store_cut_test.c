/* The power goes in every programming of a long walk over the store, and in every programming of
 * the recoveries after it. See torn_store.h. */
#include "torn_store.h"

static struct torn_walk walk;

/* SHEBAO_CUTS=all: some hundred times as many cuts, for the night. */
static bool all_cuts(void) {
    const char *wanted = getenv("SHEBAO_CUTS");
    return wanted && strcmp(wanted, "all") == 0;
}

static void a_cut_in_any_programming_leaves_all_or_nothing(void **state) {
    (void)state;
    uint32_t seeds = all_cuts() ? 120 : 4;
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        torn_run(&walk, seed, 700, MEMORY_TEARS);
    }
    print_message("store: %llu cuts, %llu of the recovery after one, %llu of the one after that\n",
        (unsigned long long)walk.cuts[0], (unsigned long long)walk.cuts[1],
        (unsigned long long)walk.cuts[2]);
    assert_int_equal(walk.violations, 0);
    assert_true(walk.cuts[0] > 40000);
    assert_true(walk.cuts[1] > 1000);
    assert_true(walk.cuts[2] > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_in_any_programming_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A random walk over the store, against a model: an array that knows only whole batches. */
#include "check.h"

#include "card/store/store.h"
#include "ports/sim/memory.h"

enum {
    SIZE = LAYOUT_SIZE_MIN,
    AREA = 1200,   /* bytes of the file space that the walk plays with */
    STEPS = 20000, /* for each seed */
    RANGES_MAX = 6,
    RANGE_MAX = 100,
    SEEDS = 5,
};

static struct memory memory;
static uint8_t model[AREA], staged[AREA];
static uint32_t dice;

/* A small number below n; the same walk for the same seed everywhere. */
static uint32_t roll(uint32_t n) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}

static void assert_area(const struct store *s, const uint8_t expected[AREA]) {
    uint8_t seen[AREA];
    store_read(s, LAYOUT_FILES, seen, AREA);
    assert_memory_equal(seen, expected, AREA);
}

/* Stages some ranges into the store and into the model's copy; false when the store refused. */
static bool stage_some(struct store *s) {
    (void)memcpy(staged, model, AREA);
    store_begin(s);
    for (uint32_t left = roll(RANGES_MAX); left > 0; left--) {
        uint8_t data[RANGE_MAX];
        uint32_t len = roll(RANGE_MAX), at = roll(AREA - len);
        (void)memset(data, (int)roll(256), len);
        if (!store_write(s, LAYOUT_FILES + at, data, len)) {
            return false;
        }
        (void)memcpy(staged + at, data, len);
        assert_area(s, staged);
    }
    return true;
}

/* One step: a batch that is committed, abandoned, or torn somewhere; then perhaps a reset that is
 * torn, too. Afterwards store and model agree again. */
static void step(struct store *s, const struct nvm *nvm) {
    bool torn = roll(2) == 0, abandoned = roll(4) == 0;
    if (torn) {
        memory_cut_after(&memory, roll(12), (uint8_t)roll(256));
    }
    bool done = stage_some(s);
    if (done && abandoned) {
        store_abandon(s);
    } else {
        done = done && store_commit(s);
    }
    if (memory.dark && roll(2) == 0) {
        memory_cut_after(&memory, roll(3), (uint8_t)roll(256));
        (void)store_recover(s, nvm);
    }
    if (memory.dark || roll(3) == 0) {
        memory_power(&memory);
        assert_true(store_recover(s, nvm));
    }
    memory_power(&memory);
    uint8_t seen[AREA];
    store_read(s, LAYOUT_FILES, seen, AREA);
    bool is_new = memcmp(seen, staged, AREA) == 0;
    bool is_old = memcmp(seen, model, AREA) == 0;
    assert_true(is_new || is_old);
    assert_true(!abandoned || is_old);
    assert_true(!done || abandoned || is_new);
    (void)memcpy(model, seen, AREA);
}

static void a_random_walk_never_meets_half_a_batch(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct store s;
        print_message("store walk: seed %u\n", seed);
        dice = seed;
        memory_make(&memory, SIZE, seed);
        struct nvm nvm = memory_nvm(&memory);
        assert_true(store_format(&nvm));
        assert_true(store_recover(&s, &nvm));
        store_read(&s, LAYOUT_FILES, model, AREA);
        for (unsigned i = 0; i < STEPS; i++) {
            step(&s, &nvm);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_walk_never_meets_half_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

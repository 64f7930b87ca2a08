#include "check.h"

/* The firmware's port is no part of the host's archive; it is plain C and compiled here. */
#include "ports/cortex-m0/region.c"

#include "card/store/store.h"

static uint8_t cells[LAYOUT_SIZE_MIN];

static void count_up(void *self, uint8_t *to, uint32_t len) {
    (void)self;
    for (uint32_t i = 0; i < len; i++) {
        to[i] = (uint8_t)i;
    }
}

static void a_region_keeps_what_is_written_and_nothing_beside_it(void **state) {
    (void)state;
    struct region r = {.cells = cells, .size = sizeof cells, .random = count_up};
    struct nvm nvm = region_nvm(&r);
    uint8_t seen[6];
    (void)memset(cells, 0xFF, sizeof cells);
    assert_int_equal(nvm.size, sizeof cells);
    assert_true(nvm.write(nvm.self, 100, "card", 4));
    nvm.read(nvm.self, 99, seen, sizeof seen);
    assert_hex(bytes_of(seen, sizeof seen), "FF63617264FF");
    assert_memory_equal(nvm.cells + 99, seen, sizeof seen);
    assert_true(nvm.write(nvm.self, sizeof cells - 1, "x", 1));
    assert_int_equal(cells[sizeof cells - 1], 'x');
    nvm.random(nvm.self, seen, 3);
    assert_hex(bytes_of(seen, 3), "000102");
}

static void the_store_works_on_a_region(void **state) {
    (void)state;
    struct region r = {.cells = cells, .size = sizeof cells, .random = count_up};
    struct nvm nvm = region_nvm(&r);
    struct store s;
    char seen[5] = {0};
    (void)memset(cells, 0xFF, sizeof cells);
    assert_true(store_format(&nvm));
    assert_true(store_recover(&s, &nvm));
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, "card", 4));
    assert_true(store_commit(&s));
    assert_true(store_recover(&s, &nvm));
    store_read(&s, LAYOUT_FILES, seen, 4);
    assert_string_equal(seen, "card");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_keeps_what_is_written_and_nothing_beside_it),
        cmocka_unit_test(the_store_works_on_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

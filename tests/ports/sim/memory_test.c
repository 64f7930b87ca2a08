#include "check.h"

#include "ports/sim/memory.h"

static struct memory memory;

static void a_memory_is_blank_and_keeps_what_is_written(void **state) {
    (void)state;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    uint8_t seen[4];
    nvm.read(nvm.self, 4092, seen, sizeof seen);
    assert_hex(bytes_of(seen, sizeof seen), "FFFFFFFF");
    assert_true(nvm.write(nvm.self, 4092, "card", 4));
    nvm.read(nvm.self, 4092, seen, sizeof seen);
    assert_memory_equal(seen, "card", 4);
    assert_int_equal(nvm.size, 4096);
}

/* For every length of power: the first part is new, the byte at the edge torn, the rest old. */
static void a_cut_leaves_new_torn_old(void **state) {
    (void)state;
    for (unsigned cut = 0; cut <= 8; cut++) {
        memory_make(&memory, 4096, 1);
        struct nvm nvm = memory_nvm(&memory);
        memory_cut_after(&memory, cut, 0xA5);
        assert_int_equal(nvm.write(nvm.self, 100, "abcdefgh", 8), cut == 8);
        for (unsigned i = 0; i < 8; i++) {
            unsigned expected = i < cut ? (unsigned)"abcdefgh"[i] : i == cut ? 0xA5 : 0xFF;
            assert_int_equal(memory.cells[100 + i], expected);
        }
    }
}

static void a_dark_memory_refuses_until_power_is_back(void **state) {
    (void)state;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    memory_cut_after(&memory, 1, 0);
    assert_false(nvm.write(nvm.self, 0, "ab", 2));
    assert_false(nvm.write(nvm.self, 0, "c", 1));
    assert_int_equal(memory.cells[0], 'a');
    memory_power(&memory);
    assert_true(nvm.write(nvm.self, 0, "cd", 2));
    assert_memory_equal(memory.cells, "cd", 2);
}

static void writes_bytes_and_pages_are_counted(void **state) {
    (void)state;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    uint8_t data[130] = {0};
    assert_true(nvm.write(nvm.self, 0, data, 64));
    assert_true(nvm.write(nvm.self, 63, data, 2));
    assert_true(nvm.write(nvm.self, 127, data, 130));
    assert_int_equal(memory.writes, 3);
    assert_int_equal(memory.bytes, 64 + 2 + 130);
    assert_int_equal(memory.pages, 1 + 2 + 4);
}

static void random_bytes_repeat_with_the_seed(void **state) {
    (void)state;
    uint8_t first[16], again[16], other[16];
    memory_make(&memory, 4096, 7);
    struct nvm nvm = memory_nvm(&memory);
    nvm.random(nvm.self, first, sizeof first);
    memory_make(&memory, 4096, 7);
    nvm.random(nvm.self, again, sizeof again);
    memory_make(&memory, 4096, 8);
    nvm.random(nvm.self, other, sizeof other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

static void foretold_bytes_come_first_and_in_order(void **state) {
    (void)state;
    uint8_t seen[6], free_running[6];
    memory_make(&memory, 4096, 7);
    struct nvm nvm = memory_nvm(&memory);
    nvm.random(nvm.self, free_running, 2);
    memory_make(&memory, 4096, 7);
    memory_foretell(&memory, bytes_text("ab"));
    memory_foretell(&memory, bytes_text("cd"));
    nvm.random(nvm.self, seen, 6);
    assert_memory_equal(seen, "abcd", 4);
    assert_memory_equal(seen + 4, free_running, 2);
    memory_foretell(&memory, bytes_text("e"));
    nvm.random(nvm.self, seen, 1);
    assert_int_equal(seen[0], 'e');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_memory_is_blank_and_keeps_what_is_written),
        cmocka_unit_test(a_cut_leaves_new_torn_old),
        cmocka_unit_test(a_dark_memory_refuses_until_power_is_back),
        cmocka_unit_test(writes_bytes_and_pages_are_counted),
        cmocka_unit_test(random_bytes_repeat_with_the_seed),
        cmocka_unit_test(foretold_bytes_come_first_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

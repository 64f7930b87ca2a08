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

/* Programs 8 bytes in the middle of a page of FF, with the power gone or not. */
static bool program(uint64_t budget, uint8_t torn, uint8_t page[NVM_PAGE]) {
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    memory_cut_after(&memory, budget, torn);
    bool done = nvm.write(nvm.self, 96 + 4, "abcdefgh", 8);
    (void)memcpy(page, memory.cells + 96, NVM_PAGE);
    for (unsigned i = 0; i < 4096; i++) {
        assert_true(i / NVM_PAGE == 3 || memory.cells[i] == 0xFF);
    }
    return done;
}

/* A cut leaves its page, and only that, as its kind of tear says. */
static void a_cut_tears_the_whole_page_and_no_other(void **state) {
    (void)state;
    uint8_t old[NVM_PAGE], new[NVM_PAGE], page[NVM_PAGE];
    (void)memset(old, 0xFF, sizeof old);
    (void)memset(new, 0xFF, sizeof new);
    (void)memcpy(new + 4, "abcdefgh", 8);
    assert_true(program(1, TEAR_OLD, page));
    assert_memory_equal(page, new, NVM_PAGE);
    assert_false(program(0, TEAR_OLD, page));
    assert_memory_equal(page, old, NVM_PAGE);
    assert_false(program(0, TEAR_NEW, page));
    assert_memory_equal(page, new, NVM_PAGE);
    assert_false(program(0, TEAR_ZEROS, page));
    for (unsigned i = 0; i < NVM_PAGE; i++) {
        assert_int_equal(page[i], 0);
    }
    assert_false(program(0, TEAR_ONES, page));
    assert_memory_equal(page, old, NVM_PAGE);
}

/* Garbage differs from tear to tear of its kind, and repeats with it. */
static void garbage_is_drawn_from_the_number_of_the_tear(void **state) {
    (void)state;
    uint8_t first[NVM_PAGE], again[NVM_PAGE], other[NVM_PAGE];
    assert_false(program(0, TEAR_ANYTHING, first));
    assert_false(program(0, TEAR_ANYTHING, again));
    assert_false(program(0, TEAR_ANYTHING + MEMORY_TEARS, other));
    assert_memory_equal(first, again, NVM_PAGE);
    assert_memory_not_equal(first, other, NVM_PAGE);
    for (unsigned torn = TEAR_BITS; torn < 256; torn += MEMORY_TEARS) {
        assert_false(program(0, (uint8_t)torn, first));
        for (unsigned i = 0; i < 8; i++) { /* a bit that is 1 before and after stays 1 */
            assert_int_equal(first[4 + i] & "abcdefgh"[i], "abcdefgh"[i]);
        }
    }
    for (unsigned torn = TEAR_MIXED; torn < 256; torn += MEMORY_TEARS) {
        unsigned strange = 0;
        assert_false(program(0, (uint8_t)torn, first));
        for (unsigned i = 4; i < 12; i++) {
            strange += first[i] != 0xFF && first[i] != (unsigned)"abcdefgh"[i - 4];
        }
        assert_in_range(strange, 0, 1);
    }
}

static void a_dark_memory_refuses_until_power_is_back(void **state) {
    (void)state;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    memory_cut_after(&memory, 0, TEAR_NEW);
    assert_false(nvm.write(nvm.self, 0, "ab", 2));
    assert_false(nvm.write(nvm.self, 0, "c", 1));
    assert_int_equal(memory.cells[0], 'a');
    memory_power(&memory);
    assert_true(nvm.write(nvm.self, 0, "cd", 2));
    assert_memory_equal(memory.cells, "cd", 2);
}

static void programmings_and_bytes_are_counted(void **state) {
    (void)state;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    uint8_t data[NVM_PAGE] = {0};
    assert_int_equal(memory_wear(&memory).hottest, 0);
    assert_true(nvm.write(nvm.self, 64, data, NVM_PAGE));
    assert_true(nvm.write(nvm.self, 95, data, 1));
    assert_true(nvm.write(nvm.self, 4095, data, 1));
    assert_int_equal(memory.programs, 3);
    assert_int_equal(memory.bytes, NVM_PAGE + 2);
    struct memory_wear wear = memory_wear(&memory);
    assert_int_equal(wear.programs, 3);
    assert_int_equal(wear.hottest_page, 2);
    assert_int_equal(wear.hottest, 2);
    memory_wear_begin(&memory);
    assert_int_equal(memory_wear(&memory).programs, 0);
    assert_int_equal(memory.programs, 3);
    memory_cut_after(&memory, 0, TEAR_OLD);
    assert_false(nvm.write(nvm.self, 0, data, 1));
    assert_int_equal(memory.programs, 3);
}

/* 10 cycles of the hottest page in 100 commands, 20 commands a day: 2 cycles a day. */
static void years_follow_from_the_hottest_page(void **state) {
    (void)state;
    struct memory_wear wear = {.programs = 200, .hottest_page = 7, .hottest = 10};
    double years = memory_years(wear, 100, 20, 500000);
    assert_true(years > 684.4 && years < 684.5);
    assert_true(memory_years((struct memory_wear){0}, 100, 20, 500000) > 1e300);
}

static void a_copy_is_a_state_of_its_own(void **state) {
    (void)state;
    static struct memory kept;
    memory_make(&memory, 4096, 1);
    struct nvm nvm = memory_nvm(&memory);
    assert_true(nvm.write(nvm.self, 4095, "a", 1));
    memory_copy(&kept, &memory);
    memory_cut_after(&memory, 0, TEAR_ZEROS);
    assert_false(nvm.write(nvm.self, 4095, "b", 1));
    memory_copy(&memory, &kept);
    assert_false(memory.dark);
    assert_int_equal(nvm.cells[4095], 'a');
    assert_int_equal(memory.programs, 1);
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
        cmocka_unit_test(a_cut_tears_the_whole_page_and_no_other),
        cmocka_unit_test(garbage_is_drawn_from_the_number_of_the_tear),
        cmocka_unit_test(a_dark_memory_refuses_until_power_is_back),
        cmocka_unit_test(programmings_and_bytes_are_counted),
        cmocka_unit_test(years_follow_from_the_hottest_page),
        cmocka_unit_test(a_copy_is_a_state_of_its_own),
        cmocka_unit_test(random_bytes_repeat_with_the_seed),
        cmocka_unit_test(foretold_bytes_come_first_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

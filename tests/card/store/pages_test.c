/* Pages and the numbers in them. */
#include "card/store/pages.h"

#include "check.h"
#include "ports/sim/memory.h"

enum { SIZE = 4096, SEED = 5, PAGE = 7 * NVM_PAGE };

static struct memory memory;
static struct nvm nvm;

static void make(void) {
    memory_make(&memory, SIZE, SEED);
    nvm = memory_nvm(&memory);
}

static void a_place_lies_between_its_page_and_the_next(void **state) {
    (void)state;
    for (uint32_t place = 0; place < 4 * NVM_PAGE; place++) {
        assert_int_equal(page_down(place) % NVM_PAGE, 0);
        assert_int_equal(page_up(place) % NVM_PAGE, 0);
        assert_in_range(place, page_down(place), page_down(place) + NVM_PAGE - 1);
        assert_in_range(page_up(place), place, place + NVM_PAGE - 1);
    }
}

/* Cut into such parts, a range is whole again and no part leaves its page. */
static void parts_of_a_range_stay_in_their_pages(void **state) {
    (void)state;
    for (uint32_t at = 0; at < NVM_PAGE; at++) {
        for (uint32_t len = 1; len < 3 * NVM_PAGE; len++) {
            uint32_t done = 0;
            while (done < len) {
                uint32_t part = page_part(at + done, len - done);
                assert_in_range(part, 1, NVM_PAGE);
                assert_int_equal(page_down(at + done), page_down(at + done + part - 1));
                done += part;
            }
            assert_int_equal(done, len);
        }
    }
}

static void inside_does_not_overflow(void **state) {
    (void)state;
    assert_true(inside(10, 0, 10, 10));
    assert_true(inside(10, 5, 10, 15));
    assert_false(inside(10, 6, 10, 15));
    assert_false(inside(9, 1, 10, 15));
    assert_false(inside(16, 0, 10, 15));
    assert_false(inside(12, UINT32_MAX, 10, 15));
    assert_false(inside(UINT32_MAX, 2, 10, 15));
}

static void numbers_come_back_from_every_length(void **state) {
    (void)state;
    for (uint32_t len = 1; len <= 4; len++) {
        uint8_t bytes[5] = {0, 0, 0, 0, 0xEE};
        uint32_t fits = len == 4 ? UINT32_MAX : (1u << 8 * len) - 1;
        put_big_endian(bytes, 0x8A021972, len);
        assert_int_equal(big_endian(bytes, len), 0x8A021972 & fits);
        assert_int_equal(bytes[len - 1], 0x72);
        assert_int_equal(bytes[4], 0xEE);
    }
}

static void each_byte_that_differs_has_its_bit(void **state) {
    (void)state;
    uint8_t page[NVM_PAGE];
    make();
    cells_read(&nvm, PAGE, page, sizeof page);
    assert_int_equal(page_differs(&nvm, PAGE, page), 0);
    for (uint32_t i = 0; i < NVM_PAGE; i++) {
        page[i] ^= 0x10;
        assert_int_equal(page_differs(&nvm, PAGE, page), 1u << i);
        page[i] ^= 0x10;
    }
}

static void a_page_is_programmed_alone(void **state) {
    (void)state;
    uint8_t before[SIZE], after[SIZE], page[NVM_PAGE];
    make();
    (void)memset(page, 0xA5, sizeof page);
    cells_read(&nvm, 0, before, sizeof before);
    assert_true(page_program(&nvm, PAGE, page));
    cells_read(&nvm, 0, after, sizeof after);
    (void)memcpy(before + PAGE, page, sizeof page);
    assert_memory_equal(after, before, sizeof after);
}

/* Read through the function alone, as on a chip whose cells are not in its address space. */
static void both_ways_of_reading_see_the_same(void **state) {
    (void)state;
    uint8_t direct[NVM_PAGE], asked[NVM_PAGE];
    make();
    cells_read(&nvm, PAGE, direct, sizeof direct);
    nvm.cells = NULL;
    cells_read(&nvm, PAGE, asked, sizeof asked);
    assert_memory_equal(direct, asked, sizeof asked);
}

static bool refuse(void *self, uint32_t at, const void *from, uint32_t len) {
    (void)self;
    (void)at;
    (void)from;
    (void)len;
    return false;
}

/* Says that it has programmed, and has not: a cell that is worn out. */
static bool forget(void *self, uint32_t at, const void *from, uint32_t len) {
    return !refuse(self, at, from, len);
}

static void a_page_that_did_not_take_is_noticed(void **state) {
    (void)state;
    uint8_t page[NVM_PAGE];
    make();
    (void)memset(page, 0x5A, sizeof page);
    nvm.write = refuse;
    assert_false(page_program(&nvm, PAGE, page));
    nvm.write = forget;
    assert_false(page_program(&nvm, PAGE, page));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_lies_between_its_page_and_the_next),
        cmocka_unit_test(parts_of_a_range_stay_in_their_pages),
        cmocka_unit_test(inside_does_not_overflow),
        cmocka_unit_test(numbers_come_back_from_every_length),
        cmocka_unit_test(each_byte_that_differs_has_its_bit),
        cmocka_unit_test(a_page_is_programmed_alone),
        cmocka_unit_test(both_ways_of_reading_see_the_same),
        cmocka_unit_test(a_page_that_did_not_take_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

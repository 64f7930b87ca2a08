#include "file_chip.h"

#include "card/files/binary.h"

enum { LEN = 40 };

static struct file_chip chip;
static struct ef ef, other;

/* A binary file with the bytes 0, 1, 2 ... between two neighbours. */
static int make_file(void **state) {
    (void)state;
    uint8_t data[LEN];
    chip_make(&chip);
    other = chip_file(&chip, 0x0014, "2A0204F0F0FFFF");
    ef = chip_file(&chip, 0x0015, "280028F0F0FFFF");
    (void)chip_file(&chip, 0x0016, "280028F0F0FFFF");
    for (uint8_t i = 0; i < LEN; i++) {
        data[i] = i;
    }
    store_begin(&chip.store);
    return chip_end(&chip, binary_update(&chip.store, &ef, 0, bytes_of(data, LEN))) != SW_OK;
}

static void every_part_of_a_file_can_be_read(void **state) {
    (void)state;
    for (uint16_t offset = 0; offset <= LEN; offset++) {
        for (uint16_t len = 0; len <= LEN + 1; len++) {
            uint8_t room[LEN + 1];
            struct builder b = builder_in(room, sizeof room);
            enum sw sw = binary_read(&chip.store, &ef, offset, len, &b);
            size_t left = (size_t)(LEN - offset);
            assert_int_equal(sw, offset < LEN ? SW_OK : SW_WRONG_OFFSET);
            assert_int_equal(b.len, len < left ? len : left);
            assert_true(b.len == 0 || (room[0] == offset && room[b.len - 1] == offset + b.len - 1));
        }
    }
}

static void a_reader_without_room_is_told(void **state) {
    (void)state;
    uint8_t room[8];
    struct builder b = builder_in(room, sizeof room);
    assert_int_equal(binary_read(&chip.store, &ef, 0, 9, &b), SW_OK);
    assert_true(b.overflowed);
    assert_int_equal(builder_bytes(&b).len, 0);
}

/* Every place and length: what fits is written and nothing beside it, what does not is refused. */
static void every_part_of_a_file_can_be_written(void **state) {
    (void)state;
    static struct memory before;
    chip_keep(&before, &chip.memory);
    uint8_t data[LEN + 1];
    (void)memset(data, 0xEE, sizeof data);
    for (uint16_t offset = 0; offset <= LEN; offset++) {
        for (uint16_t len = 1; len <= LEN + 1; len++) {
            uint8_t seen[LEN];
            struct builder b = builder_in(seen, sizeof seen);
            chip_back(&chip, &before);
            store_begin(&chip.store);
            enum sw sw = chip_end(
                &chip, binary_update(&chip.store, &ef, offset, bytes_of(data, len)));
            enum sw refusal = offset < LEN ? SW_NO_SPACE : SW_WRONG_OFFSET;
            assert_int_equal(sw, offset + len <= LEN ? SW_OK : refusal);
            assert_int_equal(binary_read(&chip.store, &ef, 0, LEN, &b), SW_OK);
            for (unsigned i = 0; i < LEN; i++) {
                bool written = sw == SW_OK && i >= offset && i < offset + len;
                assert_int_equal(seen[i], written ? 0xEE : i);
            }
        }
    }
}

static void other_kinds_are_refused(void **state) {
    (void)state;
    uint8_t room[8] = {0};
    struct builder b = builder_in(room, sizeof room);
    assert_int_equal(binary_read(&chip.store, &other, 0, 1, &b), SW_WRONG_FILE_TYPE);
    store_begin(&chip.store);
    assert_int_equal(binary_update(&chip.store, &other, 0, bytes_of(room, 1)), SW_WRONG_FILE_TYPE);
    store_abandon(&chip.store);
}

static void without_a_batch_nothing_is_written(void **state) {
    (void)state;
    uint8_t data = 0xEE;
    assert_int_equal(binary_update(&chip.store, &ef, 0, bytes_of(&data, 1)), SW_MEMORY);
    store_read(&chip.store, ef.at + TREE_EF_HEAD, &data, 1);
    assert_int_equal(data, 0);
}

/* The largest update that a command can bring, cut in each of its programmings. */
static void a_cut_leaves_the_old_bytes_or_the_new(void **state) {
    (void)state;
    static struct memory before;
    uint8_t data[255];
    struct ef large = chip_file(&chip, 0x0017, "280100F0F0FFFF");
    (void)memset(data, 0xEE, sizeof data);
    chip_keep(&before, &chip.memory);
    bool done = false;
    for (unsigned cut = 0; !done; cut++) {
        uint8_t seen[256];
        struct builder b = builder_in(seen, sizeof seen);
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        store_begin(&chip.store);
        done = chip_end(&chip, binary_update(&chip.store, &large, 1, bytes_of(data, sizeof data)))
               == SW_OK;
        chip_reset(&chip);
        assert_int_equal(binary_read(&chip.store, &large, 0, 256, &b), SW_OK);
        assert_int_equal(seen[0], 0);
        assert_true(seen[1] == 0xEE || (seen[1] == 0 && !done));
        assert_memory_equal(seen + 1, seen + 2, 254);
    }
}

#define BINARY_TEST(test) cmocka_unit_test_setup(test, make_file)

int main(void) {
    const struct CMUnitTest tests[] = {
        BINARY_TEST(every_part_of_a_file_can_be_read),
        BINARY_TEST(a_reader_without_room_is_told),
        BINARY_TEST(every_part_of_a_file_can_be_written),
        BINARY_TEST(other_kinds_are_refused),
        BINARY_TEST(without_a_batch_nothing_is_written),
        BINARY_TEST(a_cut_leaves_the_old_bytes_or_the_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* CRC-32 as the standard defines it, bit by bit, however the code takes its bytes. */
#include "base/crc32.h"

#include "check.h"

enum { LEN_MOST = 600, SPLIT_LEN = 67 };

/* The definition: one bit after another. [IEEE 802.3, 3.2.9] */
static uint32_t by_bits(uint32_t crc, struct bytes data) {
    crc = ~crc;
    for (size_t i = 0; i < data.len; i++) {
        crc ^= data.at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
        }
    }
    return ~crc;
}

static void fill(uint8_t *at, size_t len) {
    uint32_t dice = 20031008;
    for (size_t i = 0; i < len; i++) {
        dice = dice * 1664525 + 1013904223;
        at[i] = (uint8_t)(dice >> 24);
    }
}

static void the_standard_example_comes_out(void **state) {
    (void)state;
    assert_int_equal(crc32_of("123456789", 9), 0xCBF43926);
    assert_int_equal(crc32_of("", 0), 0);
}

/* Each length ends in another place of a stride, and each beginning lies in another of a word. */
static void every_length_is_that_of_the_definition(void **state) {
    (void)state;
    uint8_t data[LEN_MOST];
    fill(data, sizeof data);
    for (size_t from = 0; from < 8; from++) {
        for (size_t len = 0; from + len <= sizeof data; len++) {
            struct bytes part = bytes_of(data + from, len);
            assert_int_equal(crc32_more(0, part), by_bits(0, part));
            assert_int_equal(crc32_more(0x12345678, part), by_bits(0x12345678, part));
        }
    }
}

static void a_sum_goes_on_wherever_it_was_cut(void **state) {
    (void)state;
    uint8_t data[SPLIT_LEN];
    fill(data, sizeof data);
    uint32_t whole = crc32_of(data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        uint32_t first = crc32_of(data, cut);
        assert_int_equal(crc32_more(first, bytes_of(data + cut, sizeof data - cut)), whole);
    }
}

static void every_flipped_bit_is_noticed(void **state) {
    (void)state;
    uint8_t data[SPLIT_LEN];
    fill(data, sizeof data);
    uint32_t whole = crc32_of(data, sizeof data);
    for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
        data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(crc32_of(data, sizeof data), whole);
        data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_example_comes_out),
        cmocka_unit_test(every_length_is_that_of_the_definition),
        cmocka_unit_test(a_sum_goes_on_wherever_it_was_cut),
        cmocka_unit_test(every_flipped_bit_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

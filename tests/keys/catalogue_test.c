#include "check.h"

#include "keys/chain.h"

static void every_key_has_a_place_of_its_own(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_kind *a = key_kind((enum key_name)i);
        for (unsigned j = i + 1; j < KEY_COUNT; j++) {
            const struct key_kind *b = key_kind((enum key_name)j);
            bool same = a->place == b->place && a->type == b->type && a->kid == b->kid;
            /* The transport key stands where the main control key will, until it is replaced. */
            bool replaced = i == KEY_TRANSPORT && j == KEY_MK_MF;
            assert_int_equal(same, replaced);
            assert_string_not_equal(a->name, b->name);
            assert_string_not_equal(a->zh, b->zh);
            assert_string_not_equal(a->en, b->en);
        }
    }
}

static void every_line_says_something_a_card_can_hold(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_kind *kind = key_kind((enum key_name)i);
        assert_true(kind->length == 16 || kind->length == 8);
        assert_in_range(kind->owner, MINISTRY, MAKER);
        assert_in_range(kind->place, IN_MF, IN_NO_CHIP);
        if (kind->place == IN_NO_CHIP) {
            assert_int_equal(kind->type, 0);
        } else {
            assert_in_range(kind->type, 0x30, 0x3F);
        }
        assert_true(kind->kid != 0xFF); /* [purse.md 2.4] */
        assert_true(strlen(kind->name) > 0 && strlen(kind->name) < 16);
        assert_true(strlen(kind->zh) > 0);
        assert_true(strlen(kind->en) > 0);
    }
    assert_string_equal(key_kind(KEY_UK1DF01)->name, "UK1DF01");
}

static void every_directory_has_its_main_control_key(void **state) {
    (void)state;
    for (unsigned place = IN_MF; place <= IN_PSAM; place++) {
        unsigned found = 0;
        for (unsigned i = 0; i < KEY_COUNT; i++) {
            const struct key_kind *kind = key_kind((enum key_name)i);
            bool main = kind->type == 0x39 && kind->kid == 0 && kind->length == 16;
            found += i != KEY_TRANSPORT && main && kind->place == (enum key_place)place;
        }
        assert_int_equal(found, 1);
    }
}

static const struct {
    uint32_t region;
    const char *province, *city;
} regions[] = {
    {440100, "440000sh", "440100sx"}, /* Guangzhou */
    {440306, "440000sh", "440306sx"},
    {330106, "330000sh", "330100sx"}, /* 33: four digits and 00 */
    {330199, "330000sh", "330100sx"}, /* its last district */
    {339900, "330000sh", "339900sx"}, /* still 33 */
    {340101, "340000sh", "340101sx"}, /* the neighbours are not odd */
    {329999, "320000sh", "329999sx"},
    {110105, "110000sh", "110105sx"}, /* the smallest province */
    {999999, "990000sh", "999999sx"},
    {33,     "000000sh", "000033sx"}, /* leading zeros are digits */
};

static void factors_are_digits_and_two_letters(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        uint8_t factor[9] = {[8] = 0xEE};
        key_province_factor(regions[i].region, factor);
        assert_memory_equal(factor, regions[i].province, 8);
        key_city_factor(regions[i].region, factor);
        assert_memory_equal(factor, regions[i].city, 8);
        assert_int_equal(factor[8], 0xEE); /* nothing is written behind it */
    }
}

static void guangzhous_factors_are_those_of_its_cards(void **state) {
    (void)state;
    uint8_t factor[8];
    key_province_factor(440100, factor);
    assert_hex(bytes_of(factor, 8), "3434303030307368");
    key_city_factor(440100, factor);
    assert_hex(bytes_of(factor, 8), "3434303130307378");
}

static void a_chain_goes_from_the_province_to_the_card(void **state) {
    (void)state;
    static const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 0x00, 0xAB, 0xCD, 0xEF};
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    assert_int_equal(key_chain(440100, KEY_ROOT, NULL, factors), 0);
    assert_int_equal(key_chain(440100, KEY_PROVINCE, NULL, factors), 1);
    assert_int_equal(key_chain(440100, KEY_CITY, NULL, factors), 2);
    assert_int_equal(key_chain(440100, KEY_CARD, card, factors), 3);
    assert_memory_equal(factors[0], "440000sh", 8);
    assert_memory_equal(factors[1], "440100sx", 8);
    assert_memory_equal(factors[2], card, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_place_of_its_own),
        cmocka_unit_test(every_line_says_something_a_card_can_hold),
        cmocka_unit_test(every_directory_has_its_main_control_key),
        cmocka_unit_test(factors_are_digits_and_two_letters),
        cmocka_unit_test(guangzhous_factors_are_those_of_its_cards),
        cmocka_unit_test(a_chain_goes_from_the_province_to_the_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

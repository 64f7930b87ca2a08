#include "check.h"

#include "keys/chain.h"

static void every_key_has_a_place_of_its_own(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_kind *a = key_kind((enum key_name)i);
        for (unsigned j = i + 1; j < KEY_COUNT; j++) {
            const struct key_kind *b = key_kind((enum key_name)j);
            bool same = a->place == b->place && a->type == b->type && a->kid < b->kid + b->versions
                        && b->kid < a->kid + a->versions;
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
        assert_in_range(kind->versions, 1, 3);
        assert_true(kind->ciphers == CIPHERS_BOTH || kind->ciphers == CIPHERS_SM4);
        assert_true((kind->cards & ~(unsigned)CARDS_ANY) == 0);
        assert_true(!kind->cards == (kind->place == IN_DF05 || kind->place == IN_NO_CHIP));
        assert_true(!kind->sam_class == !kind->sam_id);
        assert_int_equal(key_length((enum key_name)i, KEY_SM4), 16);
        assert_true(strlen(kind->name) > 0 && strlen(kind->name) < 16);
        assert_true(strlen(kind->zh) > 0);
        assert_true(strlen(kind->en) > 0);
    }
    assert_string_equal(key_kind(KEY_UK1DF01)->name, "UK1DF01");
}

static void every_directory_has_its_main_control_key(void **state) {
    (void)state;
    for (unsigned place = IN_MF; place <= IN_CERT; place++) {
        unsigned found = 0;
        for (unsigned i = 0; i < KEY_COUNT; i++) {
            const struct key_kind *kind = key_kind((enum key_name)i);
            bool main = kind->type == 0x39 && kind->kid == 0 && kind->length == 16;
            found += i != KEY_TRANSPORT && main && kind->place == (enum key_place)place;
        }
        assert_int_equal(found, 1);
    }
}

/* card.md 5.2, written a second time: class, identifier, kid (00 where the source has none and
 * decision 0021 chose one) and owner of the root. */
static const struct {
    const char *name;
    uint8_t class, id, kid;
    enum key_owner owner;
} known[] = {
    {"IRK",     0x07, 0x08, 0x00, MINISTRY},
    {"STKSSSE", 0x08, 0x09, 0x00, MINISTRY},
    {"STKDF01", 0x08, 0x20, 0x00, MINISTRY},
    {"STKDF02", 0x08, 0x21, 0x00, MINISTRY},
    {"STKDF03", 0x08, 0x22, 0x00, MINISTRY},
    {"STKDF04", 0x08, 0x23, 0x00, MINISTRY},
    {"STKDF05", 0x08, 0xB3, 0x00, MINISTRY},
    {"STKDF07", 0x08, 0x3C, 0x00, MINISTRY},
    {"RKSSSE",  0x07, 0x0A, 0x0A, MINISTRY},
    {"PUK",     0x08, 0x10, 0x06, PROVINCE},
    {"BK",      0x08, 0x11, 0x00, PROVINCE},
    {"LKDF03",  0x08, 0x40, 0x83, PROVINCE},
    {"LKDF04",  0x08, 0x41, 0x83, PROVINCE},
    {"UKSSSE",  0x08, 0x12, 0x04, PROVINCE},
    {"UK1DF01", 0x08, 0x42, 0x83, PROVINCE},
    {"UK2DF01", 0x08, 0x43, 0x84, PROVINCE},
    {"UK5DF01", 0x08, 0x44, 0x87, PROVINCE},
    {"UK3DF01", 0x07, 0x24, 0x85, MINISTRY},
    {"UK4DF01", 0x07, 0x25, 0x86, MINISTRY},
    {"RK1DF01", 0x07, 0x2E, 0x88, MINISTRY},
    {"UK6DF01", 0x07, 0x2F, 0x89, MINISTRY},
    {"UK7DF01", 0x07, 0x30, 0x00, MINISTRY},
    {"UK8DF01", 0x07, 0x31, 0x00, MINISTRY},
    {"UK9DF01", 0x07, 0x32, 0x00, MINISTRY},
    {"UKADF01", 0x07, 0x33, 0x00, MINISTRY},
    {"UKBDF01", 0x07, 0x34, 0x00, MINISTRY},
    {"UK1DF02", 0x07, 0x26, 0x83, MINISTRY},
    {"UK4DF02", 0x07, 0x27, 0x86, MINISTRY},
    {"UK5DF02", 0x07, 0x28, 0x87, MINISTRY},
    {"UK2DF02", 0x08, 0x45, 0x84, PROVINCE},
    {"UK3DF02", 0x08, 0x46, 0x85, PROVINCE},
    {"RK1DF02", 0x07, 0x35, 0x88, MINISTRY},
    {"UK6DF02", 0x07, 0x36, 0x89, MINISTRY},
    {"RK1DF03", 0x07, 0x2B, 0x84, MINISTRY},
    {"RK2DF03", 0x07, 0x2C, 0x85, MINISTRY},
    {"UK1DF03", 0x08, 0x47, 0x86, PROVINCE},
    {"UK3DF03", 0x08, 0x48, 0x88, PROVINCE},
    {"UK2DF03", 0x07, 0x29, 0x87, MINISTRY},
    {"UK4DF03", 0x07, 0x37, 0x89, MINISTRY},
    {"UK5DF03", 0x07, 0x38, 0x8A, MINISTRY},
    {"UK6DF03", 0x07, 0x39, 0x8B, MINISTRY},
    {"UK7DF03", 0x07, 0x3A, 0x8C, MINISTRY},
    {"UK8DF03", 0x07, 0x3B, 0x8D, MINISTRY},
    {"RK1DF04", 0x07, 0x2D, 0x84, MINISTRY},
    {"UK2DF04", 0x07, 0x2A, 0x86, MINISTRY},
    {"UK1DF04", 0x08, 0x49, 0x85, PROVINCE},
    {"DPKDF04", 0x02, 0x01, 0x01, MINISTRY},
    {"DSKDF04", 0x08, 0x4A, 0x01, PROVINCE},
    {"DLKDF04", 0x08, 0x4B, 0x01, PROVINCE},
    {"DTKDF04", 0x08, 0x4C, 0x00, PROVINCE},
    {"RK1DF07", 0x07, 0x3D, 0x00, MINISTRY},
    {"RK2DF07", 0x07, 0x3F, 0x00, MINISTRY},
    {"RK3DF07", 0x07, 0xB1, 0x00, MINISTRY},
    {"UK1DF07", 0x07, 0x3E, 0x00, MINISTRY},
    {"UK2DF07", 0x07, 0xB0, 0x00, MINISTRY},
    {"UK3DF07", 0x07, 0xB2, 0x00, MINISTRY},
    {"UK1DF05", 0x07, 0xB4, 0x00, MINISTRY},
};

static void the_list_of_the_specification_is_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct key_kind *found = NULL;
        for (unsigned n = 0; n < KEY_COUNT; n++) {
            const struct key_kind *kind = key_kind((enum key_name)n);
            found = strcmp(kind->name, known[i].name) == 0 ? kind : found;
        }
        if (!found) {
            fail_msg("%s is missing", known[i].name);
            return;
        }
        assert_int_equal(found->sam_class, known[i].class);
        assert_int_equal(found->sam_id, known[i].id);
        assert_int_equal(found->owner, known[i].owner);
        assert_true(known[i].kid == 0 || found->kid == known[i].kid);
    }
}

/* The read keys came with 2.0, but for three; 3.0 adds the certificate application. */
static void each_profile_has_its_own_keys(void **state) {
    (void)state;
    unsigned count[4] = {0};
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        const struct key_kind *kind = key_kind((enum key_name)n);
        for (unsigned profile = 0; profile < 4 && n != KEY_TRANSPORT; profile++) {
            count[profile] += kind->cards >> profile & 1 ? kind->versions : 0;
        }
    }
    assert_int_equal(count[0], 48);
    assert_int_equal(count[1], 71);
    assert_int_equal(count[2], 73);
    assert_int_equal(count[3], 2);
    assert_int_equal(key_kind(KEY_RK1DF03)->cards, CARDS_ALL);
    assert_int_equal(key_kind(KEY_RK1DF01)->cards, CARDS_FROM_P20);
    assert_int_equal(key_kind(KEY_MK_CERT)->cards, CARDS_FROM_P30);
}

static void sm4_keys_have_sixteen_bytes_and_others_what_the_sheet_says(void **state) {
    (void)state;
    assert_int_equal(key_length(KEY_STKDF01, KEY_TDES), 8);
    assert_int_equal(key_length(KEY_STKDF01, KEY_SM4), 16);
    assert_false(key_has_cipher(KEY_MK_PKI, KEY_TDES));
    assert_true(key_has_cipher(KEY_MK_PKI, KEY_SM4));
    assert_false(key_has_cipher(KEY_IRK, (enum key_algorithm)(KEY_SM4 + 1)));
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
        cmocka_unit_test(the_list_of_the_specification_is_whole),
        cmocka_unit_test(each_profile_has_its_own_keys),
        cmocka_unit_test(sm4_keys_have_sixteen_bytes_and_others_what_the_sheet_says),
        cmocka_unit_test(factors_are_digits_and_two_letters),
        cmocka_unit_test(guangzhous_factors_are_those_of_its_cards),
        cmocka_unit_test(a_chain_goes_from_the_province_to_the_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

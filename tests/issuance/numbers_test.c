#include "check.h"
#include "issuance/numbers.h"

static void numbers_are_a_letter_seven_digits_and_a_check_character(void **state) {
    (void)state;
    static const struct {
        uint32_t serial;
        const char *number;
    } cases[] = {
        {1,               "B00000019"}, /* as in system.md 4.2.1 */
        {2,               "B00000027"},
        {5,               "B00000051"},
        {9999999,         NULL       },
        {10000001,        NULL       },
        {CARD_SERIAL_MAX, NULL       },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char number[CARD_NUMBER_LEN + 1];
        uint32_t serial = 0;
        card_number_write(cases[i].serial, number);
        if (cases[i].number) {
            assert_string_equal(number, cases[i].number);
        }
        assert_true(card_number_read(number, &serial));
        assert_int_equal(serial, cases[i].serial);
    }
}

/* Ten million serials are a letter; I and O are letters here, as the standard's alphabet has them. */
static void each_ten_million_have_their_letter(void **state) {
    char number[CARD_NUMBER_LEN + 1];
    uint32_t serial = 0;
    (void)state;
    for (uint32_t i = 0; i < NUMBER_LETTERS; i++) {
        card_number_write(i * NUMBER_SERIALS + 7, number);
        assert_int_equal(number[0], 'B' + (int)i);
        assert_memory_equal(number + 1, "0000007", 7);
        assert_true(card_number_read(number, &serial));
        assert_int_equal(serial, i * NUMBER_SERIALS + 7);
    }
    assert_int_equal(number[0], 'J');
    for (const char *other = "AKZb1"; *other; other++) {
        number[0] = *other;
        assert_false(card_number_read(number, &serial));
    }
}

/* The check character by hand: weights 3 7 9 10 5 8 4 2, modulus 11. [card.md 3.2] */
static char check_by_hand(const char *number) {
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (int i = 0; i < 8; i++) {
        int value = number[i] >= 'A' ? number[i] - 'A' + 10 : number[i] - '0';
        sum += weights[i] * value;
    }
    int check = 11 - sum % 11;
    return check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check);
}

static void the_check_character_is_right_for_many_serials(void **state) {
    (void)state;
    bool seen_x = false;
    for (uint32_t serial = 1; serial < 20000; serial += 7) {
        char number[CARD_NUMBER_LEN + 1];
        card_number_write(serial, number);
        assert_int_equal(number[8], check_by_hand(number));
        seen_x = seen_x || number[8] == 'X';
    }
    assert_true(seen_x);
}

static void every_prefix_is_refused(void **state) {
    (void)state;
    for (size_t len = 0; len < CARD_NUMBER_LEN; len++) {
        char number[] = "B00000019";
        uint32_t serial = 4711;
        number[len] = '\0';
        assert_false(card_number_read(number, &serial));
        assert_int_equal(serial, 4711);
    }
    uint32_t serial = 4711;
    assert_false(card_number_read("B000000199", &serial));
}

static void every_changed_character_is_refused(void **state) {
    (void)state;
    for (size_t at = 0; at < CARD_NUMBER_LEN; at++) {
        for (int other = ' '; other < 127; other++) {
            char number[] = "B12345678";
            card_number_write(1234567, number);
            uint32_t serial = 4711;
            bool same = number[at] == (char)other;
            number[at] = (char)other;
            assert_int_equal(card_number_read(number, &serial), same);
        }
    }
}

static void zero_is_no_serial(void **state) {
    (void)state;
    char number[] = "B0000000?";
    number[8] = check_by_hand(number);
    uint32_t serial = 4711;
    assert_false(card_number_read(number, &serial));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_a_letter_seven_digits_and_a_check_character),
        cmocka_unit_test(the_check_character_is_right_for_many_serials),
        cmocka_unit_test(each_ten_million_have_their_letter),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(every_changed_character_is_refused),
        cmocka_unit_test(zero_is_no_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

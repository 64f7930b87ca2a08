/* PINs on their way into a card: what people type, and the bytes that the card is given. */
#include "check.h"
#include "terminal/pin_block.h"

static void digits_are_packed_two_to_a_byte(void **state) {
    (void)state;
    static const struct {
        const char *digits, *packed;
    } cases[] = {
        {"1234",         "1234"        },
        {"12345",        "12345F"      },
        {"123456",       "123456"      },
        {"0000000",      "0000000F"    },
        {"999999999999", "999999999999"},
        {"09876543210",  "09876543210F"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pin pin;
        assert_true(pin_pack(cases[i].digits, &pin));
        assert_hex(bytes_of(pin.packed, pin.len), cases[i].packed);
    }
}

/* Every length from none to more than the longest: only four to twelve digits are a PIN. */
static void only_four_to_twelve_digits_are_a_pin(void **state) {
    (void)state;
    for (size_t len = 0; len <= PIN_DIGITS_MAX + 4; len++) {
        char digits[PIN_DIGITS_MAX + 5] = {0};
        struct pin pin;
        (void)memset(digits, '7', len);
        bool fits = len >= PIN_DIGITS_MIN && len <= PIN_DIGITS_MAX;
        assert_int_equal(pin_pack(digits, &pin), fits);
        assert_true(!fits || pin.len == (len + 1) / 2);
    }
}

/* Every character but the digits, at every place; and nothing is written for it. */
static void what_is_no_digit_is_refused_and_writes_nothing(void **state) {
    (void)state;
    for (size_t at = 0; at < 6; at++) {
        for (int c = 1; c < 256; c++) {
            char digits[] = "123456";
            struct pin pin;
            struct pin before;
            (void)memset(&before, 0xA5, sizeof before);
            (void)memcpy(&pin, &before, sizeof pin);
            digits[at] = (char)c;
            bool digit = c >= '0' && c <= '9';
            assert_int_equal(pin_pack(digits, &pin), digit);
            assert_true(digit || memcmp(&pin, &before, sizeof pin) == 0);
        }
    }
    struct pin none;
    assert_false(pin_pack(NULL, &none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_packed_two_to_a_byte),
        cmocka_unit_test(only_four_to_twelve_digits_are_a_pin),
        cmocka_unit_test(what_is_no_digit_is_refused_and_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "clearing/text_line.h"

static void lines_fall_into_their_fields(void **state) {
    (void)state;
    struct text_lines lines = text_lines_of(bytes_text("A|b||c\r\nEND|7\r\n"));
    struct bytes field[4];
    assert_true(text_next_is(&lines, "A"));
    assert_false(text_next_is(&lines, "END"));
    assert_true(text_line(&lines, field, 4));
    assert_true(bytes_equal(field[1], bytes_text("b")));
    assert_int_equal(field[2].len, 0);
    assert_true(bytes_equal(field[3], bytes_text("c")));
    assert_int_equal(text_behind(&lines).len, 8);
    assert_true(text_next_is(&lines, "END"));
    assert_true(text_line(&lines, field, 2));
    assert_int_equal(lines.number, 2);
    assert_int_equal(lines.rest.len, 0);
    assert_false(text_line(&lines, field, 1));
    assert_int_equal(lines.number, 3);
}

static void what_is_no_line_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "", "a|b", "a|b\n", "a|b\r", "\n", "a\r\n", "a|b|c\r\n", "\r\n", "a\n|b\r"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text_lines lines = text_lines_of(bytes_text(cases[i]));
        struct bytes field[2];
        assert_false(text_line(&lines, field, 2));
        assert_int_equal(lines.rest.len, strlen(cases[i]));
    }
}

static void yuan_have_two_decimals_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t fen; /* -1: none */
    } cases[] = {
        {"0.00",                0              },
        {"0.05",                5              },
        {"1.00",                100            },
        {"1234.50",             123450         },
        {"9999999999999.99",    999999999999999},
        {"10000000000000.00",   -1             },
        {"99999999999999.99",   -1             },
        {"01.00",               -1             },
        {"00.00",               -1             },
        {".50",                 -1             },
        {"1.5",                 -1             },
        {"1.500",               -1             },
        {"1,234.50",            -1             },
        {"-1.00",               -1             },
        {"+1.00",               -1             },
        {" 1.00",               -1             },
        {"1.0a",                -1             },
        {"1",                   -1             },
        {"",                    -1             },
        {"18446744073709.51.6", -1             },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t fen = -1;
        assert_int_equal(text_yuan(bytes_text(cases[i].text), &fen), cases[i].fen >= 0);
        assert_int_equal(fen, cases[i].fen);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fall_into_their_fields),
        cmocka_unit_test(what_is_no_line_is_refused),
        cmocka_unit_test(yuan_have_two_decimals_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

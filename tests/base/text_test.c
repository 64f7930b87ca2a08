#include "check.h"

#include "base/builder.h"
#include "base/checkdigit.h"
#include "base/crc32.h"
#include "base/money.h"

static void a_cursor_never_steps_outside(void **state) {
    (void)state;
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
    struct cursor c = cursor_over(bytes_of(data, sizeof data));
    assert_int_equal(cursor_u8(&c), 1);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u32(&c), 0x04050607);
    assert_true(cursor_finished(&c));
    assert_int_equal(cursor_u8(&c), 0);
    assert_false(cursor_finished(&c));
    c = cursor_over(bytes_of(data, sizeof data));
    assert_int_equal(cursor_take(&c, 8).len, 0);
    assert_int_equal(cursor_take(&c, 1).len, 0); /* the first mistake stays */
    uint8_t kept = 9;
    cursor_copy(&c, &kept, 1);
    assert_int_equal(kept, 9);
}

static void a_builder_never_writes_past_its_end(void **state) {
    (void)state;
    for (size_t room_len = 0; room_len <= 11; room_len++) {
        uint8_t room[12];
        (void)memset(room, 0xEE, sizeof room);
        struct builder b = builder_in(room, room_len);
        put_u8(&b, 1);
        put_u16(&b, 0x0203);
        put_u24(&b, 0x040506);
        put_u32(&b, 0x0708090A);
        put_fill(&b, 0x0B, 1);
        assert_int_equal(room[room_len], 0xEE);
        assert_int_equal(b.overflowed, room_len < 11);
        assert_int_equal(builder_bytes(&b).len, room_len < 11 ? 0 : 11);
    }
}

static void hexadecimal_goes_both_ways(void **state) {
    (void)state;
    uint8_t two[2] = {0};
    char text[5];
    assert_true(hex_read(bytes_text("aB09"), two, 2));
    hex_write(bytes_of(two, 2), text);
    assert_string_equal(text, "AB09");
    assert_false(hex_read(bytes_text("AB0"), two, 2));
    assert_false(hex_read(bytes_text("AB09F"), two, 2));
    assert_false(hex_read(bytes_text("AG09"), two, 2));
}

static void check_characters_are_the_standards(void **state) {
    (void)state;
    assert_int_equal(citizen_check(bytes_text("11010519491231002")), 'X');
    assert_int_equal(citizen_check(bytes_text("99010219761211518")), '3');
    assert_int_equal(citizen_check(bytes_text("9901021976121151")), 0);
    assert_int_equal(citizen_check(bytes_text("9901021976121151x")), 0);
    assert_int_equal(organisation_check(bytes_text("D2143569")), 'X');
    assert_int_equal(organisation_check(bytes_text("X0000001")), '9');
    assert_int_equal(organisation_check(bytes_text("ET000077")), 'X');
    assert_int_equal(organisation_check(bytes_text("et000077")), 0);
}

static void crc32_is_the_known_one(void **state) {
    (void)state;
    assert_int_equal(crc32_of("123456789", 9), 0xCBF43926);
    assert_int_equal(crc32_more(crc32_of("1234", 4), bytes_text("56789")), 0xCBF43926);
}

static void money_reads_as_people_write_it(void **state) {
    (void)state;
    static const struct {
        int64_t fen;
        const char *text;
    } cases[] = {
        {0,         "0.00"                      },
        {5,         "0.05"                      },
        {-5,        "-0.05"                     },
        {100,       "1.00"                      },
        {99999,     "999.99"                    },
        {100000,    "1,000.00"                  },
        {285180,    "2,851.80"                  },
        {123456789, "1,234,567.89"              },
        {INT64_MIN, "-92,233,720,368,547,758.08"},
    };
    char text[FEN_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(fen_text(cases[i].fen, text), cases[i].text);
    }
    int64_t sum = 3;
    assert_true(fen_add(INT64_MAX - 1, 1, &sum));
    assert_false(fen_add(INT64_MAX, 1, &sum));
    assert_false(fen_add(INT64_MIN, -1, &sum));
    assert_int_equal(sum, INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_never_steps_outside),
        cmocka_unit_test(a_builder_never_writes_past_its_end),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(check_characters_are_the_standards),
        cmocka_unit_test(crc32_is_the_known_one),
        cmocka_unit_test(money_reads_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

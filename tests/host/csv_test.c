#include "check.h"

#include "host/csv.h"

/* The fields joined with bars, or "refused". */
static const char *split(const char *line, size_t count, char text[256]) {
    uint8_t room[200];
    uint16_t end[16] = {0};
    struct builder b = builder_in(room, sizeof room);
    assert_true(count <= 16);
    if (!csv_split(bytes_text(line), &b, end, count)) {
        return strcpy(text, "refused");
    }
    size_t len = 0;
    for (size_t i = 0, from = 0; i < count; from = end[i], i++) {
        if (i > 0) {
            text[len++] = '|';
        }
        memcpy(text + len, room + from, end[i] - from);
        len += end[i] - from;
    }
    text[len] = '\0';
    return text;
}

static void lines_fall_into_their_fields(void **state) {
    (void)state;
    static const struct {
        const char *line;
        size_t count;
        const char *fields;
    } cases[] = {
        {"a,b,c",                 3, "a|b|c"        },
        {",,",                    3, "||"           },
        {"",                      1, ""             },
        {"a,b",                   3, "refused"      },
        {"a,b,c,d",               3, "refused"      },
        {"",                      2, "refused"      },
        {"\"a,b\",c",             2, "a,b|c"        },
        {"\"\",c",                2, "|c"           },
        {"\"say \"\"yes\"\"\",c", 2, "say \"yes\"|c"},
        {"\"\"\"\",c",            2, "\"|c"         },
        {"\"open,c",              2, "refused"      },
        {"a,\"open",              2, "refused"      },
        {"a,\"",                  2, "refused"      },
        {"a,\"x\"\"",             2, "refused"      },
        {"\"a\"b,c",              2, "refused"      },
        {"a\"b,c\"",              2, "a\"b|c\""     },
        {"a,\"b\"",               2, "a|b"          },
        {"a,\"b\" ",              2, "refused"      },
        {" \"a\",b",              2, " \"a\"|b"     },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        assert_string_equal(split(cases[i].line, cases[i].count, text), cases[i].fields);
    }
}

/* Whatever the room, nothing is written behind it, and only enough of it succeeds. */
static void a_builder_too_small_is_told(void **state) {
    (void)state;
    static const char line[] = "abc,\"d\"\"e\",f";
    for (size_t room = 0; room <= 8; room++) {
        uint8_t bytes[16];
        uint16_t end[3];
        memset(bytes, 0x55, sizeof bytes);
        struct builder b = builder_in(bytes, room);
        assert_int_equal(csv_split(bytes_text(line), &b, end, 3), room >= 7);
        assert_int_equal(bytes[room], 0x55);
    }
}

/* Fields are counted from where the builder stood. */
static void lines_may_follow_each_other_in_one_room(void **state) {
    (void)state;
    uint8_t bytes[16];
    uint16_t end[2];
    struct builder b = builder_in(bytes, sizeof bytes);
    assert_true(csv_split(bytes_text("ab,c"), &b, end, 2));
    assert_true(csv_split(bytes_text("d,ef"), &b, end, 2));
    assert_int_equal(end[0], 1);
    assert_int_equal(end[1], 3);
    assert_memory_equal(bytes, "abcdef", 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fall_into_their_fields),
        cmocka_unit_test(a_builder_too_small_is_told),
        cmocka_unit_test(lines_may_follow_each_other_in_one_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "host/report.h"

/* Everything a column can be. */
static const struct report_column columns[] = {
    {"name",   "名称 Name",   REPORT_TEXT,   14, false},
    {"trades", "笔数 Count",  REPORT_NUMBER, 10, true },
    {"amount", "金额 Amount", REPORT_FEN,    14, true },
    {"day",    "日期 Day",    REPORT_DAY,    10, false},
};
static const struct report_head head = {
    "of-a-day", "日汇总 Day summary", "440100, 2003-10-08", columns, 4};

/* What the sink of that format writes for the rows, read back into text. */
static const char *written(
    const char *format, const struct report_value rows[][4], size_t count, char text[4096]) {
    char *room = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&room, &len);
    assert_non_null(to);
    struct report_sink sink;
    struct why why;
    assert_true(report_sink_named(format, to, &sink));
    assert_int_equal(report_begin(&sink, &head, &why), OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(report_row(&sink, rows[i], &why), OK);
    }
    assert_int_equal(report_end(&sink, &why), OK);
    assert_int_equal(fclose(to), 0);
    assert_true(len < 4096);
    (void)memcpy(text, room, len + 1);
    free(room);
    return text;
}

/* A row is four values; text and number of each. */
static const struct report_value two[][4] = {
    {{"东山区 药店", 0}, {NULL, 2}, {NULL, 123450}, {NULL, 20031008}},
    {{NULL, 0},               {NULL, 1}, {NULL, -5},     {NULL, 0}       },
};

static void a_table_stands_in_columns_however_wide_its_characters(void **state) {
    (void)state;
    char text[4096];
    assert_string_equal(written("table", two, 2, text),
        "日汇总 Day summary  440100, 2003-10-08\n\n"
        "名称 Name       笔数 Count     金额 Amount  日期 Day\n"
        "东山区 药店              2        1,234.50  2003-10-08\n"
        "                         1           -0.05  \n"
        "合计 Total               3        1,234.45  \n"
        "\n2 rows\n");
}

static void csv_is_read_back_by_any_program(void **state) {
    (void)state;
    char text[4096];
    assert_string_equal(written("csv", two, 2, text), "name,trades,amount,day\r\n"
                                                      "东山区 药店,2,1234.50,2003-10-08\r\n"
                                                      ",1,-0.05,\r\n");
}

static void csv_quotes_what_would_break_a_line_and_disarms_formulas(void **state) {
    (void)state;
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"plain",       "plain"              },
        {"a,b",         "\"a,b\""            },
        {"say \"yes\"", "\"say \"\"yes\"\"\""},
        {"=1+1",        "'=1+1"              },
        {"+8620",       "'+8620"             },
        {"-",           "'-"                 },
        {"@x,y",        "\"'@x,y\""          },
        {"1-2",         "1-2"                },
        {"",            ""                   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct report_value row[1][4] = {{report_text(cases[i].text)}};
        char text[4096], expected[256];
        (void)snprintf(
            expected, sizeof expected, "name,trades,amount,day\r\n%s,0,0.00,\r\n", cases[i].field);
        assert_string_equal(written("csv", row, 1, text), expected);
    }
}

static void json_keeps_fen_whole(void **state) {
    (void)state;
    char text[4096];
    assert_string_equal(written("json", two, 2, text),
        "{\"report\": \"of-a-day\", \"title\": \"日汇总 Day summary\", "
        "\"about\": \"440100, 2003-10-08\", \"rows\": ["
        "\n{\"name\": \"东山区 药店\", \"trades\": 2, \"amount\": 123450, \"day\": 20031008},"
        "\n{\"name\": \"\", \"trades\": 1, \"amount\": -5, \"day\": 0}],\n"
        "\"row_count\": 2, \"totals\": {\"trades\": 3, \"amount\": 123445}}\n");
    assert_non_null(strstr(written("json", two, 0, text), "\"rows\": [],"));
}

/* The greatest and the least amounts there are. */
static void amounts_at_the_ends_of_their_range_are_said_whole(void **state) {
    (void)state;
    static const struct report_value row[][4] = {
        {{"x", 0}, {NULL, 0}, {NULL, INT64_MIN}, {NULL, 0}}
    };
    char text[4096];
    assert_non_null(strstr(written("csv", row, 1, text), "x,0,-92233720368547758.08,"));
    assert_non_null(strstr(written("table", row, 1, text), "-92,233,720,368,547,758.08"));
}

static void what_is_no_value_is_refused_and_leaves_no_trace(void **state) {
    (void)state;
    static char long_text[REPORT_TEXT_MAX + 2];
    (void)memset(long_text, 'x', REPORT_TEXT_MAX + 1);
    const struct {
        const char *text;
        int64_t trades, day;
    } cases[] = {
        {"two\nlines",       0,         0                      },
        {"bell\a",           0,         0                      },
        {"\x7F",             0,         0                      },
        {"\xC2\x85",         0,         0                      }, /* a control behind ASCII */
        {"cut \xE4\xB8",     0,         0                      },
        {"\xC0\xAF",         0,         0                      }, /* a slash in two bytes */
        {"\xED\xA0\x80",     0,         0                      }, /* half a pair */
        {"\xF4\x90\x80\x80", 0,         0                      }, /* behind the last character */
        {"\xFF",             0,         0                      },
        {long_text,          0,         0                      },
        {"",                 0,         20030230               },
        {"",                 0,         -1                     },
        {"",                 0,         (int64_t)20031008 << 32},
        {"",                 INT64_MAX, 0                      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *room = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&room, &len);
        struct report_sink sink = report_csv(to);
        struct why why;
        assert_int_equal(report_begin(&sink, &head, &why), OK);
        assert_int_equal(report_row(&sink, two[0], &why), OK);
        assert_int_equal(fflush(to), 0);
        size_t before = len;
        const struct report_value row[] = {report_text(cases[i].text),
            report_number(cases[i].trades), report_number(0), report_number(cases[i].day)};
        assert_int_equal(report_row(&sink, row, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "report of-a-day, row 2: column "));
        assert_int_equal(fflush(to), 0);
        assert_int_equal(len, before);
        assert_int_equal(sink.row_count, 1);
        assert_int_equal(sink.sums[1], 2);
        assert_int_equal(fclose(to), 0);
        free(room);
    }
}

static void a_full_disk_is_told_at_the_end_at_the_latest(void **state) {
    (void)state;
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < 3; i++) {
        FILE *to = fopen("/dev/full", "w");
        assert_non_null(to);
        struct report_sink sink;
        struct why why;
        assert_true(report_sink_named(names[i], to, &sink));
        enum err err = report_begin(&sink, &head, &why);
        err = err ? err : report_row(&sink, two[0], &why);
        err = err ? err : report_end(&sink, &why);
        assert_int_equal(err, ERR_OUTSIDE);
        assert_non_null(strstr(why.text, "of-a-day"));
        (void)fclose(to);
    }
}

static void a_format_that_nobody_writes_is_no_sink(void **state) {
    (void)state;
    struct report_sink sink = {0};
    assert_false(report_sink_named("pdf", stdout, &sink));
    assert_false(report_sink_named("", stdout, &sink));
    assert_null(sink.writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_stands_in_columns_however_wide_its_characters),
        cmocka_unit_test(csv_is_read_back_by_any_program),
        cmocka_unit_test(csv_quotes_what_would_break_a_line_and_disarms_formulas),
        cmocka_unit_test(json_keeps_fen_whole),
        cmocka_unit_test(amounts_at_the_ends_of_their_range_are_said_whole),
        cmocka_unit_test(what_is_no_value_is_refused_and_leaves_no_trace),
        cmocka_unit_test(a_full_disk_is_told_at_the_end_at_the_latest),
        cmocka_unit_test(a_format_that_nobody_writes_is_no_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

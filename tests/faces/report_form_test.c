#include "check.h"
#include "faults/sanitizer.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faces/report_form.h"
#include "faces/sheet_pdf.h"
#include "faces/sheet_xlsx.h"
#include "host/files.h"

/* Everything a column can be. */
static const struct report_column columns[] = {
    {"number", "号码 Number", REPORT_TEXT,   18, false},
    {"name",   "姓名 Name",   REPORT_TEXT,   12, false},
    {"trades", "笔数 Count",  REPORT_NUMBER, 10, true },
    {"amount", "金额 Amount", REPORT_FEN,    14, true },
    {"day",    "日期 Day",    REPORT_DAY,    10, false},
};
static const struct report_head head = {
    "of-a-day", "日汇总 Day summary", "440100, 2003-10-08", columns, 5};
static const struct report_value rows[][5] = {
    {{"440102199003070012", 0}, {"张𡌴𪝆𫰠", 0},    {NULL, 2},       {NULL, 123450},
     {NULL, 20031008}                                                                                                 },
    {{"=1+1", 0},               {"+8620 & <b>\"q\"", 0},   {NULL, 1},       {NULL, -5},               {NULL, 0}       },
    {{"-2", 0},                 {"@SUM(A1)", 0},           {NULL, 0},       {NULL, 0},                {NULL, 18991231}},
    {{NULL, 0},                 {" two  spaces ", 0},      {NULL, 1 << 30}, {NULL, 999999999999999},  {NULL, 99991231}},
    {{"http://x.example/", 0},  {"mailto:a@b.example", 0}, {NULL, 0},       {NULL, 1000000000000000},
     {NULL, 19010101}                                                                                                 },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Where this test writes, made anew for each. */
static char folder[64];

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/shebao-form-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static const char *path_of(const char *name) {
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* Writes the rows `times` times in that format to a file of the folder. */
static enum err write_file(const char *format, const char *name, size_t times, struct why *why) {
    FILE *to = fopen(path_of(name), "wb");
    struct report_sink sink = {.writer = NULL};
    assert_non_null(to);
    enum err err = report_form_open(format, to, 20031008, &sink, why);
    err = err ? err : report_begin(&sink, &head, why);
    for (size_t i = 0; !err && i < times * ROWS; i++) {
        err = report_row(&sink, rows[i % ROWS], why);
    }
    err = err ? err : report_end(&sink, why);
    report_form_close(&sink);
    err = fclose(to) == 0 || err ? err : ERR_OUTSIDE;
    return err;
}

/* What a program says about a file of the folder. */
static const char *said(const char *before, const char *name, const char *after, char text[8192]) {
    char command[512];
    (void)snprintf(command, sizeof command, "%s %s %s", before, path_of(name), after);
    FILE *from = popen(command, "r"); /* NOLINT(cert-env33-c): words of our own */
    assert_non_null(from);
    size_t len = fread(text, 1, 8191, from);
    text[len] = '\0';
    assert_int_equal(pclose(from), 0);
    return text;
}

static void write_whole(const char *format, const char *name, size_t times) {
    struct why why = {.text = ""};
    enum err err = write_file(format, name, times, &why);
    if (err) {
        fail_msg("%s", why.text);
    }
}

/* openpyxl reads every cell: kinds, formats and values. */
static void a_stranger_reads_every_value_of_a_spreadsheet(void **state) {
    (void)state;
    char text[8192];
    write_whole("xlsx", "a.xlsx", 1);
    assert_string_equal(said("/usr/bin/python3 tests/faces/read_book.py", "a.xlsx", "", text),
        "created 2003-10-08 12:00:00\n"
        "A1 s General 日汇总 Day summary\n"
        "A2 s General 440100, 2003-10-08\n"
        "A3 s General 号码 Number\n"
        "B3 s General 姓名 Name\n"
        "C3 s General 笔数 Count\n"
        "D3 s General 金额 Amount\n"
        "E3 s General 日期 Day\n"
        "A4 s General 440102199003070012\n"
        "B4 s General 张𡌴𪝆𫰠\n"
        "C4 n General 2\n"
        "D4 n #,##0.00 1234.5\n"
        "E4 d yyyy-mm-dd 2003-10-08 00:00:00\n"
        "A5 s General =1+1\n"
        "B5 s General +8620 & <b>\"q\"\n"
        "C5 n General 1\n"
        "D5 n #,##0.00 -0.05\n"
        "A6 s General -2\n"
        "B6 s General @SUM(A1)\n"
        "C6 n General 0\n"
        "D6 n #,##0.00 0\n"
        "E6 s General 1899-12-31\n"
        "B7 s General  two  spaces \n"
        "C7 n General 1073741824\n"
        "D7 n #,##0.00 9999999999999.99\n"
        "E7 d yyyy-mm-dd 9999-12-31 00:00:00\n"
        "A8 s General http://x.example/\n"
        "B8 s General mailto:a@b.example\n"
        "C8 n General 0\n"
        "D8 s General 10,000,000,000,000.00\n"
        "E8 d yyyy-mm-dd 1901-01-01 00:00:00\n"
        "A9 s General 合计 Total\n"
        "C9 n General 1073741827\n"
        "D9 s General 20,000,000,001,234.44\n");
}

/* Sums in text, in one format as in the other; every character of every name is in the text of the
 * paper, and every face in the file. */
static void a_stranger_reads_every_value_on_paper(void **state) {
    (void)state;
    char text[8192];
    write_whole("pdf", "a.pdf", 1);
    (void)said("pdftotext -layout", "a.pdf", "-", text);
    static const char *const parts[] = {"日汇总 Day summary", "440100, 2003-10-08", "号码 Number",
        "440102199003070012", "1,234.50", "2003-10-08", "=1+1", "@SUM(A1)", "-0.05", "合计 Total",
        "1073741827", "20,000,000,001,234.44", "5 rows", "第 1 页"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!strstr(text, parts[i])) {
            fail_msg("no \"%s\" in\n%s", parts[i], text);
        }
    }
    assert_non_null(strstr(said("pdftotext -raw", "a.pdf", "-", text), "张𡌴𪝆𫰠"));
    (void)said("pdffonts", "a.pdf", "", text);
    assert_non_null(strstr(text, "UMing"));
    assert_non_null(strstr(text, "HanaMin"));
    (void)said("pdfinfo", "a.pdf", "", text);
    assert_non_null(strstr(text, "Wed Oct  8"));
}

static void a_table_on_paper_repeats_its_head_on_each_page(void **state) {
    (void)state;
    enum { TIMES = 40 };
    write_whole("pdf", "b.pdf", TIMES);
    char small[8192];
    (void)said("pdftotext -layout", "b.pdf", path_of("b.txt"), small);
    FILE_CONTENT_SCOPE(file);
    struct why why;
    assert_int_equal(files_read(path_of("b.txt"), 1 << 20, &file, &why), OK);
    size_t heads = 0, values = 0, pages = 0;
    for (const char *at = (char *)file.at; (at = strstr(at, "号码")); at++) {
        heads++;
    }
    for (const char *at = (char *)file.at; (at = strstr(at, "440102199003070012")); at++) {
        values++;
    }
    for (const char *at = (char *)file.at; (at = strchr(at, '\f')); at++) {
        pages++;
    }
    assert_int_equal(values, TIMES);
    assert_true(pages > 2);
    assert_int_equal(heads, pages);
}

static void the_same_rows_are_the_same_bytes(void **state) {
    (void)state;
    static const char *const formats[] = {"xlsx", "pdf"};
    for (size_t i = 0; i < 2; i++) {
        char first[128];
        write_whole(formats[i], "one", 30);
        (void)snprintf(first, sizeof first, "%s", path_of("one"));
        (void)usleep(1100000); /* a clock that a format looks at would show */
        write_whole(formats[i], "two", 30);
        char command[300];
        (void)snprintf(command, sizeof command, "cmp %s %s", first, path_of("two"));
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
    }
}

static void a_character_without_a_face_is_refused_by_name(void **state) {
    (void)state;
    struct why why = {.text = ""};
    struct report_sink sink;
    FILE *to = tmpfile();
    const struct report_value row[5] = {
        {"1",             0},
        {"李\U0003106C", 0}
    };
    assert_int_equal(report_form_open("pdf", to, 20031008, &sink, &why), OK);
    assert_int_equal(report_begin(&sink, &head, &why), OK);
    assert_int_equal(report_row(&sink, row, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "U+3106C"));
    report_form_close(&sink);
    assert_null(sink.writer);
    (void)fclose(to);
}

/* The disk is full at every n-th byte of any file: an error with a sentence, or the whole file. Each try
 * is a process of its own, for the limit can only fall. */
static void full_disk(const char *format, size_t times, rlim_t step) {
    struct stat good;
    write_whole(format, "good", times);
    assert_int_equal(stat(path_of("good"), &good), 0);
    unsigned refused = 0, whole = 0;
    for (rlim_t limit = 0; whole < 3; limit += step) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct why why = {.text = ""};
            const struct rlimit small = {limit, limit};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)setrlimit(RLIMIT_FSIZE, &small);
            enum err err = write_file(format, "tried", times, &why);
            _exit(err == OK ? 0 : err == ERR_OUTSIDE && why.text[0] ? 1 : 2);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) < 2);
        refused += WEXITSTATUS(status) == 1;
        whole += WEXITSTATUS(status) == 0;
        if (WEXITSTATUS(status) == 0) {
            char command[300], one[128];
            (void)snprintf(one, sizeof one, "%s", path_of("good"));
            (void)snprintf(command, sizeof command, "cmp %s %s", one, path_of("tried"));
            assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
        }
    }
    assert_true(refused >= 3);
}

static void a_full_disk_is_told_or_the_paper_is_whole(void **state) {
    (void)state;
    full_disk("pdf", 60, 4001);
}

static void a_full_disk_is_told_or_the_spreadsheet_is_whole(void **state) {
    (void)state;
    full_disk("xlsx", 200, 65521);
}

static size_t leftovers(void) {
    size_t count = 0;
    DIR *all = opendir(folder);
    for (const struct dirent *one = NULL; (one = readdir(all));) {
        count += strncmp(one->d_name, "shebao-sheet-", 13) == 0;
    }
    (void)closedir(all);
    return count;
}

/* Given up after begin, after a row, or never begun: nothing stays in the folder of temporary things. */
static void nothing_is_left_of_a_spreadsheet_however_it_ends(void **state) {
    (void)state;
    struct why why = {.text = ""};
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    for (int how = 0; how < 4; how++) {
        struct report_sink sink;
        FILE *to = tmpfile();
        assert_int_equal(report_form_open("xlsx", to, 0, &sink, &why), OK);
        assert_int_equal(leftovers(), 1);
        if (how > 0) {
            assert_int_equal(report_begin(&sink, &head, &why), OK);
        }
        if (how > 1) {
            assert_int_equal(report_row(&sink, rows[0], &why), OK);
        }
        if (how > 2) {
            assert_int_equal(report_end(&sink, &why), OK);
        }
        report_form_close(&sink);
        report_form_close(&sink);
        assert_int_equal(leftovers(), 0);
        (void)fclose(to);
    }
    assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
    struct report_sink sink;
    assert_int_equal(report_form_open("xlsx", stdout, 0, &sink, &why), ERR_OUTSIDE);
    assert_null(sink.writer);
    assert_int_equal(unsetenv("TMPDIR"), 0);
}

/* 1,000,100 rows: the second sheet begins, and memory stays where it was after the first thousand. */
static void a_million_rows_take_no_more_memory_than_a_thousand(void **state) {
    (void)state;
    enum { MORE = 100, GROWTH_KB = 4096 };
    if (UNDER_SANITIZER) {
        skip(); /* it gives nothing back for a while, so there is nothing to compare */
    }
    struct why why = {.text = ""};
    struct report_sink sink = {.writer = NULL};
    struct rusage before, after;
    FILE *to = fopen(path_of("m.xlsx"), "wb");
    assert_non_null(to);
    assert_int_equal(report_form_open("xlsx", to, 20031008, &sink, &why), OK);
    assert_int_equal(report_begin(&sink, &head, &why), OK);
    for (int i = 0; i < REPORT_SHEET_ROWS + MORE; i++) {
        if (i == 1000) {
            (void)getrusage(RUSAGE_SELF, &before);
        }
        assert_int_equal(report_row(&sink, rows[i % 2], &why), OK);
    }
    assert_int_equal(report_end(&sink, &why), OK);
    report_form_close(&sink);
    assert_int_equal(fclose(to), 0);
    (void)getrusage(RUSAGE_SELF, &after);
    if (after.ru_maxrss - before.ru_maxrss > GROWTH_KB) {
        fail_msg("%ld KB more", after.ru_maxrss - before.ru_maxrss);
    }
    char text[8192];
    (void)said("unzip -p", "m.xlsx", "xl/worksheets/sheet2.xml | grep -o '<row ' | wc -l", text);
    assert_int_equal(atoi(text), 3 + MORE + 1);
    (void)said("unzip -p", "m.xlsx", "xl/worksheets/sheet1.xml | grep -o '<row ' | wc -l", text);
    assert_int_equal(atoi(text), 3 + REPORT_SHEET_ROWS);
}

static void other_formats_are_not_ours(void **state) {
    (void)state;
    static const char *const others[] = {"", "csv", "table", "json", "XLSX", "pdf ", "xls"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(report_form_named(others[i]));
    }
    struct report_sink table = report_table(stdout);
    report_form_close(&table);
    assert_non_null(table.writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_stranger_reads_every_value_of_a_spreadsheet),
        TEST(a_stranger_reads_every_value_on_paper),
        TEST(a_table_on_paper_repeats_its_head_on_each_page),
        TEST(the_same_rows_are_the_same_bytes),
        TEST(a_character_without_a_face_is_refused_by_name),
        TEST(a_full_disk_is_told_or_the_paper_is_whole),
        TEST(a_full_disk_is_told_or_the_spreadsheet_is_whole),
        TEST(nothing_is_left_of_a_spreadsheet_however_it_ends),
        TEST(a_million_rows_take_no_more_memory_than_a_thousand),
        TEST(other_formats_are_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

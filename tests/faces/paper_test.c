#include "check.h"

#include "faces/paper.h"

static const struct paper_head head = {.title = "装箱单 Delivery note",
    .about = "批次 Batch 1",
    .stamp = "样张 SPECIMEN",
    .day = 20031008};
static const struct paper_column columns[] = {
    {"箱号 Box",   2, false},
    {"说明 Text",  3, false},
    {"卡数 Cards", 1, true }
};

/* A paper in memory; what was written is its owner's to free. */
struct sheet {
    FILE *to;
    char *bytes;
    size_t len;
    struct paper *paper;
};

static void begin(struct sheet *sheet) {
    struct why why = {.text = ""};
    *sheet = (struct sheet){.len = 0};
    sheet->to = open_memstream(&sheet->bytes, &sheet->len);
    assert_non_null(sheet->to);
    if (paper_open(sheet->to, &head, &sheet->paper, &why)) {
        fail_msg("%s", why.text);
    }
}

static void finish(struct sheet *sheet) {
    struct why why;
    assert_int_equal(paper_end(sheet->paper, &why), OK);
    paper_close(sheet->paper);
    assert_int_equal(fclose(sheet->to), 0);
}

/* What a stranger's program reads from it, with its place on the page, in text[]. */
static const char *read_by(const char *program, const struct sheet *sheet, char text[65536]) {
    char path[] = "/tmp/shebao-paper-XXXXXX", command[128];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(sheet->bytes, 1, sheet->len, file), sheet->len);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command, sizeof command, "%s %s -", program, path);
    FILE *from = popen(command, "r"); /* NOLINT(cert-env33-c): words of our own */
    assert_non_null(from);
    text[fread(text, 1, 65535, from)] = '\0';
    assert_int_equal(pclose(from), 0);
    (void)remove(path);
    return text;
}

static size_t count_of(const char *text, const char *word) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at++) {
        count++;
    }
    return count;
}

/* Everything that a paper can hold, long enough for several pages. */
static void fill(struct paper *paper, size_t rows) {
    struct why why;
    static const struct paper_field fields[] = {
        {"基本情况 Basics", NULL,                                                                                             false},
        {"姓名 Name",         "张𡌴𪝆",                                                                                    false},
        {"金额 Amount",       "1,234.50",                                                                                       true },
        {"很长 Long",
         "一行放不下的很长的说明文字一行放不下的很长的说明文字一行放不下的很长的说明文字",
         false                                                                                                                         }
    };
    assert_int_equal(paper_text(paper, "一段文字 A paragraph", 0, SIDE_LEFT, &why), OK);
    assert_int_equal(paper_fields(paper, fields, 4, &why), OK);
    assert_int_equal(paper_table(paper, columns, 3, &why), OK);
    for (size_t i = 0; i < rows; i++) {
        char label[40];
        (void)snprintf(label, sizeof label, "row-%04zu", i);
        const char *const row[] = {label,
            i % 3 ? "short"
                  : "说明很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长",
            NULL};
        assert_int_equal(paper_row(paper, row, &why), OK);
    }
    assert_int_equal(paper_rule(paper, 10, &why), OK);
    assert_int_equal(paper_code(paper, "1-1-1", 40, &why), OK);
}

static void every_row_stands_once_and_every_page_has_title_number_and_head(void **state) {
    enum { ROWS = 200 };
    static char text[65536];
    (void)state;
    struct sheet sheet;
    begin(&sheet);
    fill(sheet.paper, ROWS);
    finish(&sheet);
    (void)read_by("pdftotext -layout", &sheet, text);
    size_t pages = count_of(text, "\f");
    assert_true(pages >= 4);
    assert_int_equal(count_of(text, "Delivery note"), pages);
    assert_int_equal(count_of(text, "Page "), pages);
    assert_int_equal(count_of(text, "(last)"), 1);
    for (size_t i = 0; i < ROWS; i++) {
        char label[40];
        (void)snprintf(label, sizeof label, "row-%04zu", i);
        assert_int_equal(count_of(text, label), 1);
    }
    assert_true(count_of(text, "箱号 Box") >= pages - 1);
    assert_non_null(strstr(text, "1,234.50"));
    free(sheet.bytes);
}

static void the_same_calls_are_the_same_bytes(void **state) {
    (void)state;
    struct sheet one, two;
    begin(&one);
    begin(&two);
    fill(one.paper, 50);
    fill(two.paper, 50);
    finish(&one);
    finish(&two);
    assert_true(bytes_equal(bytes_of(one.bytes, one.len), bytes_of(two.bytes, two.len)));
    free(one.bytes);
    free(two.bytes);
}

static void a_character_without_a_face_is_refused_wherever_it_stands(void **state) {
    static const char rare[] = "李\U0003106C";
    struct why why;
    (void)state;
    struct sheet sheet;
    begin(&sheet);
    const char *const row[] = {"a", rare, NULL};
    const struct paper_field as_value = {"姓名", rare, false}, as_label = {rare, "x", false};
    struct paper_head of = head;
    struct paper *none = NULL;
    assert_int_equal(paper_text(sheet.paper, rare, 0, SIDE_LEFT, &why), ERR_INVALID);
    assert_int_equal(paper_fields(sheet.paper, &as_value, 1, &why), ERR_INVALID);
    assert_int_equal(paper_fields(sheet.paper, &as_label, 1, &why), ERR_INVALID);
    assert_int_equal(paper_table(sheet.paper, columns, 3, &why), OK);
    assert_int_equal(paper_row(sheet.paper, row, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "U+3106C"));
    of.title = rare;
    assert_int_equal(paper_open(sheet.to, &of, &none, &why), ERR_INVALID);
    assert_null(none);
    paper_close(sheet.paper);
    (void)fclose(sheet.to);
    free(sheet.bytes);
}

static void a_code_takes_up_to_300_bytes(void **state) {
    char text[302];
    struct why why;
    (void)state;
    struct sheet sheet;
    begin(&sheet);
    (void)memset(text, 'x', sizeof text);
    text[300] = '\0';
    assert_int_equal(paper_code(sheet.paper, text, 60, &why), OK);
    text[300] = 'x';
    text[301] = '\0';
    assert_int_equal(paper_code(sheet.paper, text, 60, &why), ERR_INVALID);
    assert_int_equal(paper_code(sheet.paper, "", 60, &why), ERR_INVALID);
    finish(&sheet);
    free(sheet.bytes);
}

/* A page that is empty still is not left. */
static void a_new_page_comes_only_behind_something(void **state) {
    static char text[65536];
    struct why why;
    (void)state;
    struct sheet sheet;
    begin(&sheet);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(paper_new_page(sheet.paper, &why), OK);
    }
    assert_int_equal(paper_text(sheet.paper, "x", 0, SIDE_MIDDLE, &why), OK);
    assert_int_equal(paper_new_page(sheet.paper, &why), OK);
    assert_int_equal(paper_new_page(sheet.paper, &why), OK);
    finish(&sheet);
    assert_int_equal(count_of(read_by("pdftotext", &sheet, text), "\f"), 2);
    free(sheet.bytes);
}

static void a_stream_that_fails_is_told(void **state) {
    struct why why = {.text = ""};
    struct paper *paper = NULL;
    (void)state;
    FILE *full = fopen("/dev/full", "wb");
    assert_non_null(full);
    enum err err = paper_open(full, &head, &paper, &why);
    for (int i = 0; !err && i < 20000; i++) {
        err = paper_text(paper, "文字文字文字 text text text", 0, SIDE_LEFT, &why);
    }
    err = err ? err : paper_end(paper, &why);
    assert_int_equal(err, ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "is there room on the disk?"));
    paper_close(paper);
    (void)fclose(full);
}

static void fill_letter(struct paper *paper) {
    struct why why;
    assert_int_equal(paper_text(paper, "张𡌴𪝆", 0, SIDE_LEFT, &why), OK);
    assert_int_equal(paper_tear(paper, "沿此线撕开 Tear off here", 8, &why), OK);
    assert_int_equal(paper_frame(paper, "初始密码 First PIN", "271828", 30, &why), OK);
}

static void a_letter_has_its_pin_in_a_frame_below_the_line(void **state) {
    static char text[65536];
    struct sheet one, two;
    (void)state;
    begin(&one);
    begin(&two);
    fill_letter(one.paper);
    fill_letter(two.paper);
    finish(&one);
    finish(&two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.bytes, two.bytes, one.len);
    (void)read_by("pdftotext -layout", &one, text);
    const char *tear = strstr(text, "Tear off here");
    assert_non_null(tear);
    assert_non_null(strstr(tear, "First PIN"));
    assert_non_null(strstr(tear, "271828"));
    assert_int_equal(count_of(text, "271828"), 1);
    free(one.bytes);
    free(two.bytes);
}

/* A frame that does not fit below stands whole on the next page. */
static void a_frame_is_not_cut_by_the_end_of_a_page(void **state) {
    static char text[65536];
    struct sheet sheet;
    struct why why;
    (void)state;
    begin(&sheet);
    assert_int_equal(paper_rule(sheet.paper, 230, &why), OK);
    assert_int_equal(paper_frame(sheet.paper, "初始密码", "271828", 40, &why), OK);
    finish(&sheet);
    const char *second = strchr(read_by("pdftotext -layout", &sheet, text), '\f');
    assert_non_null(second);
    assert_non_null(strstr(second, "271828"));
    free(sheet.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_stands_once_and_every_page_has_title_number_and_head),
        cmocka_unit_test(the_same_calls_are_the_same_bytes),
        cmocka_unit_test(a_character_without_a_face_is_refused_wherever_it_stands),
        cmocka_unit_test(a_code_takes_up_to_300_bytes),
        cmocka_unit_test(a_new_page_comes_only_behind_something),
        cmocka_unit_test(a_stream_that_fails_is_told),
        cmocka_unit_test(a_letter_has_its_pin_in_a_frame_below_the_line),
        cmocka_unit_test(a_frame_is_not_cut_by_the_end_of_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "registry/people.h"
#include "registry/people_file.h"

enum { TODAY = 20031008 };

/* How a file was read: the verdicts in their order, and how it ended. */
struct reading {
    enum err err;
    struct text_place place;
    struct why why;
    uint32_t count;
    uint8_t verdicts[64];
    uint32_t lines[64];
};

static struct reading read_all(const char *path, struct person_chunk *chunk) {
    struct reading r = {.err = OK};
    struct people_file *file = NULL;
    uint64_t size = 0;
    assert_int_equal(people_file_open(&file, path, TODAY, &size, &r.why), OK);
    do {
        r.err = people_file_next(file, chunk, &r.place, &r.why);
        for (uint32_t i = 0; i < chunk->count; i++, r.count++) {
            assert_true(r.count < 64);
            r.verdicts[r.count] = chunk->entries[i].verdict;
            r.lines[r.count] = chunk->entries[i].line;
        }
    } while (!r.err && chunk->count > 0);
    people_file_close(file);
    return r;
}

static struct reading read_bytes(void **state, const void *at, size_t len) {
    char path[512];
    struct person_chunk chunk;
    assert_true(person_chunk_make(&chunk));
    people_write_bytes(below(state, "people.csv", path), at, len);
    struct reading r = read_all(path, &chunk);
    person_chunk_free(&chunk);
    return r;
}

static struct reading read_text(void **state, const char *text) {
    uint8_t room[16384];
    return read_bytes(state, room, people_encode(text, room, sizeof room));
}

static void a_good_file_is_read_line_by_line(void **state) {
    char path[512];
    struct person_chunk chunk;
    assert_true(person_chunk_make(&chunk));
    people_write(
        below(state, "people.csv", path), PEOPLE_HEADING "\r\n" SU "\r\n" ZHU "\r\n" LIANG "\r\n");
    struct people_file *file = NULL;
    struct text_place place;
    struct why why;
    uint64_t size = 0;
    assert_int_equal(people_file_open(&file, path, TODAY, &size, &why), OK);
    assert_int_equal(people_file_next(file, &chunk, &place, &why), OK);
    assert_int_equal(chunk.count, 3);
    assert_int_equal(chunk.bytes_done, size);
    const struct person_entry *zhu = &chunk.entries[1];
    assert_int_equal(zhu->line, 3);
    assert_int_equal(zhu->verdict, ACCEPTED);
    assert_true(zhu->number17 == INT64_C(99020219381103771));
    assert_true(bytes_equal(person_entry_name(&chunk, zhu), bytes_text("朱娣镕")));
    struct bytes address = person_entry_word(&chunk, zhu, PERSON_ADDRESS);
    assert_true(bytes_equal(address, bytes_text("一号, \"东座\"")));
    assert_int_equal(person_entry_word(&chunk, zhu, PERSON_EMPLOYER_NAME).len, 0);
    /* by number: Liang (990102...), Zhu (990202...), Su (990402...) */
    assert_int_equal(chunk.order_count, 3);
    assert_int_equal(chunk.order[0].place, 2);
    assert_int_equal(chunk.order[1].place, 1);
    assert_int_equal(chunk.order[2].place, 0);
    assert_int_equal(people_file_next(file, &chunk, &place, &why), OK);
    assert_int_equal(chunk.count, 0);
    people_file_close(file);
    people_file_close(NULL);
    person_chunk_free(&chunk);
}

static void line_ends_may_be_either_and_mixed(void **state) {
    struct reading r = read_text(state, PEOPLE_HEADING "\n" SU "\r\n" LIANG "\n");
    assert_int_equal(r.err, OK);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.verdicts[0], ACCEPTED);
    assert_int_equal(r.verdicts[1], ACCEPTED);
}

static void a_line_that_is_no_line_is_malformed_and_the_next_is_read(void **state) {
    static const char *const lines[] = {
        "",
        "a",
        ",,,,,,,,,,,",
        ",,,,,,,,,,,,,",
        LIANG ",",
        "\"" LIANG,
        "990102197612115183,梁思,2,01,19761211,440111,11,\"open,510020,,,,",
        "990102197612115183,梁\t思,2,01,19761211,440111,11,,510020,,,,",
        "990102197612115183,梁思\x01,2,01,19761211,440111,11,,510020,,,,",
        "990102197612115183,梁思,2,01,19761211,440111,11,\x7f,510020,,,,",
        "\r" LIANG,
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text, PEOPLE_HEADING "\r\n%s\r\n" SU "\r\n", lines[i]);
        struct reading r = read_text(state, text);
        assert_int_equal(r.err, OK);
        assert_int_equal(r.count, 2);
        assert_int_equal(r.verdicts[0], LINE_MALFORMED);
        assert_int_equal(r.verdicts[1], ACCEPTED);
        assert_int_equal(r.lines[1], 3);
    }
}

static void a_line_too_long_is_malformed_and_a_file_without_lines_is_refused(void **state) {
    enum { LONG = (2 << 20) + 100 };
    char *text = malloc(LONG);
    assert_non_null(text);
    size_t head = strlen(PEOPLE_HEADING "\n");
    memset(text, 'x', LONG);
    memcpy(text, PEOPLE_HEADING "\n", head);
    text[head + 100000] = '\n';
    struct reading r = read_bytes(state, text, head + 100001);
    assert_int_equal(r.err, OK);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.verdicts[0], LINE_MALFORMED);
    text[head + 100000] = 'x';
    r = read_bytes(state, text, LONG);
    assert_int_equal(r.err, ERR_INVALID);
    assert_int_equal(r.place.line, 2);
    assert_int_equal(r.place.byte, head);
    free(text);
}

/* Cut at every byte, a file is good only at the end of a line; the whole lines before are there. */
static void a_file_cut_at_any_byte_stops_in_that_line(void **state) {
    uint8_t gb[2048];
    size_t len = people_encode(PEOPLE_HEADING "\r\n" LIANG "\r\n" SU "\r\n", gb, sizeof gb);
    for (size_t cut = 0; cut <= len; cut++) {
        struct reading r = read_bytes(state, gb, cut);
        uint32_t ends = 0;
        for (size_t i = 0; i < cut; i++) {
            ends += gb[i] == '\n';
        }
        bool whole = cut > 0 && gb[cut - 1] == '\n';
        assert_int_equal(r.err, whole ? OK : ERR_INVALID);
        assert_int_equal(r.count, ends > 0 ? ends - 1 : 0);
        if (!whole) {
            assert_int_equal(r.place.line, ends + 1);
            assert_int_equal(r.place.byte, cut);
        }
    }
}

/* Each byte of the heading changed: the headings are others, or the bytes are none. */
static void other_headings_are_refused(void **state) {
    char text[512];
    for (size_t at = 0; at < strlen(PEOPLE_HEADING); at++) {
        (void)snprintf(text, sizeof text, PEOPLE_HEADING "\r\n" LIANG "\r\n");
        text[at] = text[at] == 'Z' ? 'Y' : 'Z';
        struct reading r = read_text(state, text);
        assert_int_equal(r.err, ERR_INVALID);
        assert_int_equal(r.place.line, 1);
        assert_int_equal(r.count, 0);
        assert_non_null(strstr(r.why.text, "AAC002,AAC003"));
    }
    assert_int_equal(read_text(state, PEOPLE_HEADING ",AAC999\r\n").err, ERR_INVALID);
    assert_int_equal(read_text(state, "\r\n").err, ERR_INVALID);
    assert_int_equal(read_text(state, PEOPLE_HEADING "\r\n").err, OK);
}

static void bytes_that_are_no_gb18030_stop_at_their_place(void **state) {
    uint8_t gb[2048];
    size_t len = people_encode(PEOPLE_HEADING "\r\n" SU "\r\n", gb, sizeof gb);
    size_t bad_at = len + 19; /* the name's first byte of the next line */
    len += people_encode(LIANG "\r\n", gb + len, sizeof gb - len);
    gb[bad_at] = 0xFF;
    struct reading r = read_bytes(state, gb, len);
    assert_int_equal(r.err, ERR_INVALID);
    assert_int_equal(r.place.line, 3);
    assert_int_equal(r.place.byte, bad_at);
    assert_int_equal(r.count, 1);
    assert_non_null(strstr(r.why.text, "GB 18030"));
}

/* Every field of this line has an even number of letters: each two of them, in UTF-8, are three
 * letters of GB 18030, and the line would be somebody's with a name that nobody has. */
static void utf8_is_told_before_it_becomes_other_names(void **state) {
    static const char *const files[] = {
        PEOPLE_HEADING "\r\n" LIANG "\r\n",
        PEOPLE_HEADING "\n1,2,3\n" SU "\n",
        "\xEF\xBB\xBF" PEOPLE_HEADING "\r\n" LIANG "\r\n",
    };
    static const uint64_t lines[] = {2, 3, 1};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct reading r = read_bytes(state, files[i], strlen(files[i]));
        assert_int_equal(r.err, ERR_INVALID);
        assert_int_equal(r.place.line, lines[i]);
        assert_int_equal(r.count, lines[i] - (lines[i] > 1 ? 2 : 1));
        assert_non_null(strstr(r.why.text, "is UTF-8; save it as GB 18030"));
    }
}

/* Each byte of a line changed to each of a few others never stops the reader without a place, and
 * never makes a line out of nothing. */
static void any_byte_of_a_line_may_be_wrong(void **state) {
    static const uint8_t marks[] = {0x00, '\n', '\r', ',', '"', '0', 'X', 0x80, 0x81, 0xC1, 0xFF};
    uint8_t gb[2048];
    size_t head = people_encode(PEOPLE_HEADING "\r\n", gb, sizeof gb);
    size_t len = head + people_encode(LIANG "\r\n", gb + head, sizeof gb - head);
    for (size_t at = head; at < len; at++) {
        uint8_t was = gb[at];
        for (size_t m = 0; m < sizeof marks; m++) {
            gb[at] = marks[m];
            struct reading r = read_bytes(state, gb, len);
            assert_true(r.err == OK || r.err == ERR_INVALID);
            assert_true(r.count <= 2);
            if (r.err) {
                assert_true(r.place.line >= 2 && r.place.byte >= head && r.place.byte <= len);
            }
        }
        gb[at] = was;
    }
}

static void what_cannot_be_opened_is_told(void **state) {
    char path[512];
    struct people_file *file = NULL;
    struct why why;
    uint64_t size = 0;
    enum err err = people_file_open(&file, below(state, "none.csv", path), TODAY, &size, &why);
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_int_equal(people_file_open(&file, *state, TODAY, &size, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "directory"));
}

/* More lines than one group takes: every line comes once, in order. */
static void long_files_come_in_groups(void **state) {
    enum { LINES = IMPORT_GROUP_LINES * 2 + 10 };
    char path[512];
    uint8_t line[256];
    struct person_chunk chunk;
    size_t len = people_encode(SU "\r\n", line, sizeof line);
    FILE *out = fopen(below(state, "people.csv", path), "wb");
    assert_non_null(out);
    (void)fputs(PEOPLE_HEADING "\r\n", out);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(fwrite(line, 1, len, out), len);
    }
    assert_int_equal(fclose(out), 0);
    assert_true(person_chunk_make(&chunk));
    struct people_file *file = NULL;
    struct text_place place;
    struct why why;
    uint64_t size = 0;
    uint32_t next = 2, groups = 0;
    assert_int_equal(people_file_open(&file, path, TODAY, &size, &why), OK);
    do {
        assert_int_equal(people_file_next(file, &chunk, &place, &why), OK);
        for (uint32_t i = 0; i < chunk.count; i++, next++) {
            assert_int_equal(chunk.entries[i].line, next);
            assert_int_equal(chunk.order[i].place, i); /* the same number: by line */
        }
        groups += chunk.count > 0;
    } while (chunk.count > 0);
    assert_int_equal(next, LINES + 2);
    assert_int_equal(groups, 3);
    people_file_close(file);
    person_chunk_free(&chunk);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_good_file_is_read_line_by_line),
        CASE(line_ends_may_be_either_and_mixed),
        CASE(a_line_that_is_no_line_is_malformed_and_the_next_is_read),
        CASE(a_line_too_long_is_malformed_and_a_file_without_lines_is_refused),
        CASE(a_file_cut_at_any_byte_stops_in_that_line),
        CASE(other_headings_are_refused),
        CASE(bytes_that_are_no_gb18030_stop_at_their_place),
        CASE(utf8_is_told_before_it_becomes_other_names),
        CASE(any_byte_of_a_line_may_be_wrong),
        CASE(what_cannot_be_opened_is_told),
        CASE(long_files_come_in_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

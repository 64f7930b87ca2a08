#include "check.h"

#include <iconv.h>

#include "host/gb18030.h"

/* What the system's iconv makes of in; the length, or -1 where it refuses. */
static int iconv_says(iconv_t how, const uint8_t *in, size_t len, uint8_t out[16]) {
    char from_room[16];
    char *from = from_room;
    char *to = (char *)out;
    size_t from_len = len;
    size_t to_len = 16;
    memcpy(from_room, in, len);
    (void)iconv(how, NULL, NULL, NULL, NULL);
    return iconv(how, &from, &from_len, &to, &to_len) == (size_t)-1 ? -1 : (int)(16 - to_len);
}

static size_t utf8_of(uint32_t c, uint8_t out[4]) {
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (uint8_t)(lead[len] | c);
    return len;
}

/* All 1,112,064 characters, assigned or not: our code is iconv's, and comes back as the character. */
static void every_character_is_coded_as_iconv_codes_it(void **state) {
    (void)state;
    iconv_t how = iconv_open("GB18030", "UTF-8");
    assert_true(how != (iconv_t)-1);
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t utf8[4], ours[8], theirs[16], again[8];
        size_t bad_at = 0;
        struct builder b = builder_in(ours, sizeof ours);
        struct builder back = builder_in(again, sizeof again);
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        size_t len = utf8_of(c, utf8);
        int expected = iconv_says(how, utf8, len, theirs);
        bool coded = utf8_to_gb18030(bytes_of(utf8, len), &b, &bad_at);
        assert_int_equal(coded, expected > 0);
        if (coded) {
            assert_true(bytes_equal(builder_bytes(&b), bytes_of(theirs, (size_t)expected)));
            assert_true(gb18030_to_utf8(builder_bytes(&b), &back, &bad_at));
            assert_true(bytes_equal(builder_bytes(&back), bytes_of(utf8, len)));
        }
    }
    (void)iconv_close(how);
}

/* All 65,536 pairs of bytes: taken where iconv takes them, as the same character. */
static void every_pair_of_bytes_means_what_iconv_says(void **state) {
    (void)state;
    iconv_t how = iconv_open("UTF-8", "GB18030");
    for (uint32_t pair = 0; pair < 0x10000; pair++) {
        uint8_t in[2] = {(uint8_t)(pair >> 8), (uint8_t)pair}, ours[8], theirs[16];
        size_t bad_at = 0;
        struct builder b = builder_in(ours, sizeof ours);
        int expected = iconv_says(how, in, 2, theirs);
        bool taken = gb18030_to_utf8(bytes_of(in, 2), &b, &bad_at);
        assert_int_equal(taken, expected > 0);
        if (taken) {
            assert_true(bytes_equal(builder_bytes(&b), bytes_of(theirs, (size_t)expected)));
        }
    }
    (void)iconv_close(how);
}

/* Four-byte codes: the whole first plane's range and its neighbours. */
static void four_bytes_mean_what_iconv_says(void **state) {
    (void)state;
    iconv_t how = iconv_open("UTF-8", "GB18030");
    for (uint32_t i = 0; i < 126 * 12600; i += i < 41000 ? 1 : 41) {
        uint8_t in[4] = {(uint8_t)(0x81 + i / 12600), (uint8_t)(0x30 + i / 1260 % 10),
            (uint8_t)(0x81 + i / 10 % 126), (uint8_t)(0x30 + i % 10)};
        uint8_t ours[8], theirs[16];
        size_t bad_at = 0;
        struct builder b = builder_in(ours, sizeof ours);
        int expected = iconv_says(how, in, 4, theirs);
        bool taken = gb18030_to_utf8(bytes_of(in, 4), &b, &bad_at);
        assert_int_equal(taken, expected > 0);
        if (taken) {
            assert_true(bytes_equal(builder_bytes(&b), bytes_of(theirs, (size_t)expected)));
        }
    }
    (void)iconv_close(how);
}

static void names_with_rare_characters_survive_both_ways(void **state) {
    (void)state;
    static const char *const names[] = {"梁思", "𡌴𪝆𫰠𰻝", "古丽仙·阿不都热合曼", "㵘㛃",
        "䶮", "〇", "朱镕基", "喆", "𬱟", "\U00020087\U000241FE", "abc,123,", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint8_t gb[128], utf8[128];
        size_t bad_at = 0;
        struct builder there = builder_in(gb, sizeof gb);
        struct builder back = builder_in(utf8, sizeof utf8);
        assert_true(utf8_to_gb18030(bytes_text(names[i]), &there, &bad_at));
        assert_true(gb18030_to_utf8(builder_bytes(&there), &back, &bad_at));
        assert_true(bytes_equal(builder_bytes(&back), bytes_text(names[i])));
        assert_true(back.len <= utf8_room(there.len));
    }
}

static void the_place_of_a_bad_byte_is_told(void **state) {
    (void)state;
    static const struct {
        const char *gb;
        size_t bad_at;
    } cases[] = {
        {"61 62 80",                               2},
        {"FF",                                     0},
        {"61 C1",                                  1},
        {"C1 BA 61 C1 0A",                         3},
        {"C1 7F",                                  0},
        {"C1 FF",                                  0},
        {"81 30 81",                               0},
        {"61 61 61 61 61 61 61 61 61 81 30 0A 30", 9},
        {"81 30 81 3A",                            0},
        {"FE 39 FE 39",                            0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t gb[32], utf8[64];
        size_t bad_at = 99;
        struct builder b = builder_in(utf8, sizeof utf8);
        size_t len = from_hex(cases[i].gb, gb, sizeof gb);
        assert_false(gb18030_to_utf8(bytes_of(gb, len), &b, &bad_at));
        assert_int_equal(bad_at, cases[i].bad_at);
    }
}

static void text_that_is_no_utf8_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {"80", "C3", "C0 80", "C1 BF", "E0 80 80", "E4 B8",
        "ED A0 80", "F0 80 80 80", "F4 90 80 80", "F8 88 80 80 80", "FF", "E4 B8 41"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t text[16] = {'a'}, gb[16];
        size_t bad_at = 99;
        struct builder b = builder_in(gb, sizeof gb);
        size_t len = from_hex(cases[i], text + 1, sizeof text - 1);
        assert_false(utf8_to_gb18030(bytes_of(text, len + 1), &b, &bad_at));
        assert_int_equal(bad_at, 1);
    }
}

static void a_builder_that_is_too_small_overflows_and_no_more(void **state) {
    (void)state;
    static const uint8_t gb[] = {'a', 0xC1, 0xBA, 0xCB, 0xBC, '1', '2'};
    for (size_t room = 0; room <= 9; room++) {
        uint8_t utf8[16];
        size_t bad_at = 0;
        memset(utf8, 0x55, sizeof utf8);
        struct builder b = builder_in(utf8, room);
        assert_true(gb18030_to_utf8(bytes_of(gb, sizeof gb), &b, &bad_at));
        assert_int_equal(b.overflowed, room < 9);
        assert_int_equal(utf8[room], 0x55);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_coded_as_iconv_codes_it),
        cmocka_unit_test(every_pair_of_bytes_means_what_iconv_says),
        cmocka_unit_test(four_bytes_mean_what_iconv_says),
        cmocka_unit_test(names_with_rare_characters_survive_both_ways),
        cmocka_unit_test(the_place_of_a_bad_byte_is_told),
        cmocka_unit_test(text_that_is_no_utf8_is_refused),
        cmocka_unit_test(a_builder_that_is_too_small_overflows_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

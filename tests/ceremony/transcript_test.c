#include "ceremony/transcript.h"

#include "host/files.h"
#include "host/scratch.h"

static const uint8_t seed[SIGNING_SEED_LEN] = {7, 7, 7};

static void write_one(const char *path, bool is_signed) {
    struct why why;
    TRANSCRIPT_SCOPE(t);
    assert_int_equal(transcript_begin(&t, &why), OK);
    assert_int_equal(transcript_add(&t, "order 2003-001", &why), OK);
    assert_int_equal(transcript_add(&t, "1 generate DPK 3DES 2 check 8CA64D", &why), OK);
    if (is_signed) {
        assert_int_equal(transcript_sign(&t, seed, &why), OK);
    }
    assert_int_equal(transcript_keep(&t, path, &why), OK);
}

static enum err read_bytes(const char *path, struct bytes content, bool *is_signed) {
    struct why why;
    TRANSCRIPT_SCOPE(t);
    assert_int_equal(files_write(path, content, &why), OK);
    enum err err = transcript_read(&t, path, NULL, &why);
    *is_signed = !err && t.is_signed;
    return err;
}

static void what_was_written_is_read_and_goes_on(void **state) {
    char path[512];
    uint8_t key[SIGNING_PUBLIC_LEN], expected[SIGNING_PUBLIC_LEN];
    struct why why;
    write_one(below(state, "t", path), false);
    TRANSCRIPT_SCOPE(t);
    assert_int_equal(transcript_read(&t, path, key, &why), OK);
    assert_int_equal(t.lines, 3);
    assert_false(t.is_signed);
    assert_true(bytes_equal(transcript_line(&t, 1), bytes_text("order 2003-001")));
    assert_int_equal(transcript_add(&t, "end", &why), OK);
    assert_int_equal(transcript_sign(&t, seed, &why), OK);
    assert_int_equal(transcript_keep(&t, path, &why), OK);
    transcript_end(&t);
    assert_int_equal(transcript_read(&t, path, key, &why), OK);
    assert_true(t.is_signed);
    assert_int_equal(transcript_public(seed, expected, &why), OK);
    assert_memory_equal(key, expected, sizeof key);
}

static void every_changed_byte_of_a_signed_one_is_seen(void **state) {
    char path[512], copy[512];
    struct why why;
    FILE_CONTENT_SCOPE(content);
    bool is_signed = false;
    write_one(below(state, "t", path), true);
    assert_int_equal(files_read(path, TRANSCRIPT_MAX, &content, &why), OK);
    (void)below(state, "copy", copy);
    for (size_t at = 0; at < content.len; at++) {
        static const uint8_t flips[] = {0x01, 0x20, 0x80};
        for (size_t f = 0; f < sizeof flips; f++) {
            content.at[at] ^= flips[f];
            assert_int_equal(
                read_bytes(copy, bytes_of(content.at, content.len), &is_signed), ERR_INVALID);
            content.at[at] ^= flips[f];
        }
    }
}

/* Cut at the end of a line it is an unfinished ceremony, never a signed one. */
static void every_cut_one_is_refused_or_unsigned(void **state) {
    char path[512], copy[512];
    struct why why;
    FILE_CONTENT_SCOPE(content);
    bool is_signed = false;
    write_one(below(state, "t", path), true);
    assert_int_equal(files_read(path, TRANSCRIPT_MAX, &content, &why), OK);
    (void)below(state, "copy", copy);
    for (size_t len = 0; len < content.len; len++) {
        enum err err = read_bytes(copy, bytes_of(content.at, len), &is_signed);
        bool whole_line = len > 0 && content.at[len - 1] == '\n';
        assert_int_equal(err, whole_line ? OK : ERR_INVALID);
        assert_false(is_signed);
    }
}

static void lines_behind_the_signature_are_refused(void **state) {
    char path[512];
    struct why why;
    FILE_CONTENT_SCOPE(content);
    bool is_signed = false;
    write_one(below(state, "t", path), true);
    assert_int_equal(files_read(path, TRANSCRIPT_MAX, &content, &why), OK);
    uint8_t *twice = malloc(2 * content.len);
    (void)memcpy(twice, content.at, content.len);
    (void)memcpy(twice + content.len, content.at, content.len);
    assert_int_equal(read_bytes(path, bytes_of(twice, 2 * content.len), &is_signed), ERR_INVALID);
    free(twice);
}

static void a_line_that_is_too_long_is_refused(void **state) {
    char words[TRANSCRIPT_LINE_MAX + 2];
    struct why why;
    (void)state;
    TRANSCRIPT_SCOPE(t);
    (void)memset(words, 'a', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    assert_int_equal(transcript_begin(&t, &why), OK);
    assert_int_equal(transcript_add(&t, words, &why), ERR_INVALID);
    words[sizeof words - 2] = '\0';
    assert_int_equal(transcript_add(&t, words, &why), OK);
    assert_int_equal(t.lines, 2);
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(what_was_written_is_read_and_goes_on),
        PROMISE(every_changed_byte_of_a_signed_one_is_seen),
        PROMISE(every_cut_one_is_refused_or_unsigned),
        PROMISE(lines_behind_the_signature_are_refused),
        PROMISE(a_line_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

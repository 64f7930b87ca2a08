/* A segment is what was written, or nothing: every byte flipped, every length, another day's, a disk
 * that is full at any byte. */
#include "clearing/world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clearing/segment.h"
#include "host/rng.h"

enum { ROWS = 100 };

static char folder[64], path[96];

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/shebao-segment-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/a.seg", folder);
    return 0;
}

static int drop_folder(void **state) {
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct segment_head head_of(uint64_t rows) {
    return (struct segment_head){.day = TODAY, .part = 2, .parts = 5, .rows = rows};
}

static void fill(struct segment_image *image, uint64_t rows, uint64_t seed) {
    struct rng rng = rng_stream(seed, "segment", 0);
    struct why why = {{0}};
    must(segment_room(image, rows, &why), &why);
    for (uint64_t i = 0; i < rows * sizeof(struct segment_row); i++) {
        ((uint8_t *)segment_rows(image))[i] = (uint8_t)rng_next(&rng);
    }
}

static enum err write_rows(uint64_t rows, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct segment_image image = {0};
    struct segment_head head = head_of(rows);
    fill(&image, rows, rows);
    enum err err = segment_write(path, &head, &image, seal, why);
    segment_image_free(&image);
    return err;
}

static enum err load(struct segment_image *image, uint64_t *rows) {
    struct segment_head head = head_of(0);
    uint8_t seal[SEGMENT_SEAL_LEN];
    struct why why = {{0}};
    enum err err = segment_load(path, &head, image, seal, &why);
    *rows = head.rows;
    return err;
}

static void what_was_written_is_read(void **state) {
    static const uint64_t counts[] = {0, 1, 41, 42, 43, ROWS, 20000};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct segment_image wanted = {0}, got = {0};
        uint8_t seal[SEGMENT_SEAL_LEN], again[SEGMENT_SEAL_LEN];
        struct segment_head head = head_of(0);
        struct why why = {{0}};
        must(write_rows(counts[i], seal, &why), &why);
        fill(&wanted, counts[i], counts[i]);
        must(segment_load(path, &head, &got, again, &why), &why);
        assert_int_equal(head.rows, counts[i]);
        assert_memory_equal(seal, again, sizeof seal);
        assert_memory_equal(
            segment_rows(&wanted), segment_rows(&got), counts[i] * sizeof(struct segment_row));
        segment_image_free(&wanted);
        segment_image_free(&got);
    }
}

struct counted {
    uint64_t rows, calls;
};

static enum err count_rows(
    void *self, const struct segment_row *rows, size_t count, struct why *why) {
    struct counted *c = self;
    assert_non_null(rows);
    c->rows += count;
    return ++c->calls == 3 ? why_say(why, ERR_DENIED, "enough") : OK;
}

static void rows_are_handed_over_until_somebody_says_no(void **state) {
    struct counted c = {0};
    struct segment_head head = head_of(0);
    uint8_t seal[SEGMENT_SEAL_LEN];
    struct why why = {{0}};
    (void)state;
    must(write_rows(5000, seal, &why), &why);
    must(segment_read(path, &head, count_rows, &c, seal, &why), &why);
    assert_int_equal(c.rows, 5000);
    must(write_rows(20000, seal, &why), &why);
    c = (struct counted){0};
    assert_int_equal(segment_read(path, &head, count_rows, &c, seal, &why), ERR_DENIED);
    assert_true(c.rows < 20000);
}

static void every_flipped_byte_and_every_length_is_found(void **state) {
    FILE_CONTENT_SCOPE(good);
    struct segment_image image = {0};
    uint8_t seal[SEGMENT_SEAL_LEN];
    struct why why = {{0}};
    uint64_t rows = 0;
    (void)state;
    must(write_rows(20, seal, &why), &why);
    must(files_read(path, FILE_ROOM, &good, &why), &why);
    for (size_t i = 0; i < good.len; i++) {
        good.at[i] ^= 0x40;
        must(files_write(path, bytes_of(good.at, good.len), &why), &why);
        assert_int_equal(load(&image, &rows), ERR_CONFLICT);
        good.at[i] ^= 0x40;
        must(files_write(path, bytes_of(good.at, i), &why), &why);
        assert_int_equal(load(&image, &rows), ERR_CONFLICT);
    }
    must(files_write(path, bytes_of(good.at, good.len + 1), &why), &why);
    assert_int_equal(load(&image, &rows), ERR_CONFLICT);
    must(files_write(path, bytes_of(good.at, good.len), &why), &why);
    assert_int_equal(load(&image, &rows), OK);
    segment_image_free(&image);
}

static void another_days_or_parts_segment_is_refused(void **state) {
    struct segment_image image = {0};
    uint8_t seal[SEGMENT_SEAL_LEN];
    struct why why = {{0}};
    (void)state;
    must(write_rows(3, seal, &why), &why);
    struct segment_head others[] = {
        {.day = TODAY + 1, .part = 2, .parts = 5},
        {.day = TODAY,     .part = 3, .parts = 5},
        {.day = TODAY,     .part = 2, .parts = 6},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(segment_load(path, &others[i], &image, seal, &why), ERR_CONFLICT);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(segment_load(path, &others[0], &image, seal, &why), ERR_NOT_FOUND);
    segment_image_free(&image);
}

/* In a child whose files may only grow so far: the write fails, says so and leaves nothing. */
static void a_full_disk_leaves_what_was_there(void **state) {
    (void)state;
    for (rlim_t room = 0; room < 12000; room += 997) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            const struct rlimit limit = {room, room};
            uint8_t seal[SEGMENT_SEAL_LEN];
            struct why why = {{0}};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)setrlimit(RLIMIT_FSIZE, &limit);
            _exit(write_rows(ROWS * 2, seal, &why) == ERR_OUTSIDE ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        char temporary[112];
        (void)snprintf(temporary, sizeof temporary, "%s.new", path);
        assert_false(files_exist(path));
        assert_false(files_exist(temporary));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(rows_are_handed_over_until_somebody_says_no),
        cmocka_unit_test(every_flipped_byte_and_every_length_is_found),
        cmocka_unit_test(another_days_or_parts_segment_is_refused),
        cmocka_unit_test(a_full_disk_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

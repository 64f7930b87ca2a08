/* A disk that cannot keep what was forced to it ends the process, whichever file it was: one sentence, status 5,
 * and what was there before is there again. What cannot be forced at all is an error like others. */
#include "check.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clearing/segment.h"
#include "host/direct_file.h"
#include "host/ending.h"
#include "host/scratch.h"

enum { ROWS = 3, DAY = 20031008 };

/* --- forcing that fails ---------------------------------------------------------------------- */

static struct { int calls, fail_at, error; /* fail_at 0: never */ } forcing;

/* In the place of the system's. */
int fsync(int fd) {
    (void)fd;
    if (++forcing.calls == forcing.fail_at) {
        errno = forcing.error;
        return -1;
    }
    return 0;
}

/* --- what is forced -------------------------------------------------------------------------- */

static enum err write_file(const char *path, struct why *why) {
    return files_write(path, bytes_text("new"), why);
}

static enum err write_stream(const char *path, struct why *why) {
    NEW_FILE_SCOPE(file);
    enum err err = new_file_begin(&file, path, why);
    if (err) {
        return err;
    }
    (void)fputs("new", file.stream);
    return new_file_keep(&file, why);
}

static enum err write_segment(const char *path, struct why *why) {
    const struct segment_head head = {DAY, 0, 1, ROWS};
    struct segment_image image = {0};
    uint8_t seal[SEGMENT_SEAL_LEN];
    enum err err = segment_room(&image, ROWS, why);
    if (!err) {
        (void)memset(segment_rows(&image), 0, ROWS * sizeof(struct segment_row));
        err = segment_write(path, &head, &image, seal, why);
    }
    segment_image_free(&image);
    return err;
}

static enum err make_folder(const char *path, struct why *why) {
    char folder[600];
    (void)snprintf(folder, sizeof folder, "%s.folder", path);
    return files_make_folder(folder, why);
}

/* The folder that path lies in. */
static enum err force_folder(const char *path, struct why *why) {
    char folder[600];
    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    return direct_force_folder(folder, why);
}

static const struct forced {
    const char *name;
    enum err (*run)(const char *path, struct why *why);
    int forcings;
    int kept_before; /* forcings before this one leave the old content */
} all[] = {
    {"a file",                write_file,    2, 1},
    {"a stream",              write_stream,  2, 1},
    {"a segment",             write_segment, 1, 1},
    {"a folder that is made", make_folder,   1, 1},
    {"a folder of segments",  force_folder,  1, 1},
};
enum { ALL = sizeof all / sizeof all[0] };

static void make_sure_folder_is_gone(const char *path) {
    char folder[600];
    (void)snprintf(folder, sizeof folder, "%s.folder", path);
    (void)rmdir(folder);
}

/* --- the promises ---------------------------------------------------------------------------- */

static void put_old(const char *path) {
    struct why why = {""};
    forcing.fail_at = 0;
    assert_int_equal(files_write(path, bytes_text("old"), &why), OK);
}

static bool is_old(const char *path) {
    FILE_CONTENT_SCOPE(content);
    struct why why = {""};
    assert_int_equal(files_read(path, 1 << 20, &content, &why), OK);
    return content.len == 3 && memcmp(content.at, "old", 3) == 0;
}

/* Runs it in a process of its own; its words go to the file `said`. */
static int status_of(const struct forced *f, const char *path, const char *said) {
    int raw = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct why why = {""};
        (void)!freopen(said, "w", stderr);
        (void)setvbuf(stderr, NULL, _IONBF, 0);
        _exit(f->run(path, &why) ? 1 : 0);
    }
    assert_true(waitpid(pid, &raw, 0) == pid);
    assert_true(WIFEXITED(raw));
    return WEXITSTATUS(raw);
}

static void check_words(const char *said) {
    FILE_CONTENT_SCOPE(content);
    struct why why = {""};
    forcing.fail_at = 0;
    assert_int_equal(files_read(said, 4096, &content, &why), OK);
    assert_non_null(strstr((const char *)content.at, "could not keep"));
    assert_non_null(strstr((const char *)content.at, "check the disk, then start again"));
    assert_true(strchr((const char *)content.at, '\n') == (char *)content.at + content.len - 1);
}

static void a_forcing_that_fails_ends_the_process(void **state) {
    static const int errors[] = {EIO, ENOSPC, EDQUOT};
    char path[512], said[512];
    (void)below(state, "it", path);
    (void)below(state, "said", said);
    for (size_t i = 0; i < ALL * 3; i++) {
        const struct forced *f = &all[i / 3];
        for (int n = 1; n <= f->forcings; n++) {
            put_old(path);
            forcing.calls = 0;
            forcing.fail_at = n;
            forcing.error = errors[i % 3];
            int status = status_of(f, path, said);
            if (status != ENDING_OUTSIDE) {
                fail_msg("%s, forcing %d: status %d", f->name, n, status);
            }
            check_words(said);
            assert_true(n > f->kept_before || is_old(path));
        }
        make_sure_folder_is_gone(path);
    }
}

static void what_was_interrupted_is_done_again(void **state) {
    char path[512], said[512];
    (void)below(state, "it", path);
    (void)below(state, "said", said);
    for (size_t i = 0; i < ALL; i++) {
        put_old(path);
        forcing.calls = 0;
        forcing.fail_at = 1;
        forcing.error = EIO;
        assert_int_equal(status_of(&all[i], path, said), ENDING_OUTSIDE);
        forcing.fail_at = 0;
        assert_int_equal(status_of(&all[i], path, said), 0);
        make_sure_folder_is_gone(path);
    }
}

static void what_cannot_be_forced_is_an_error(void **state) {
    static const int errors[] = {EINVAL, EROFS, ENOTSUP};
    char path[512];
    (void)below(state, "it", path);
    for (size_t i = 0; i < 3; i++) {
        struct why why = {""};
        put_old(path);
        forcing.calls = 0;
        forcing.fail_at = 1;
        forcing.error = errors[i];
        assert_int_equal(write_file(path, &why), ERR_OUTSIDE);
        assert_non_null(strstr(why.text, "cannot write"));
        assert_true(is_old(path));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_forcing_that_fails_ends_the_process),
        CASE(what_was_interrupted_is_done_again),
        CASE(what_cannot_be_forced_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

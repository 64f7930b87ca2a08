#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"

static void assert_content(const char *path, const char *expected) {
    struct why why = {0};
    FILE_CONTENT_SCOPE(content);
    assert_int_equal(files_read(path, 1 << 20, &content, &why), OK);
    assert_int_equal(content.len, strlen(expected));
    assert_string_equal((const char *)content.at, expected);
}

/* How many names the directory holds. */
static int names_in(const char *path) {
    int count = -2;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

static void a_file_is_read_as_it_was_written(void **state) {
    char path[512];
    struct why why = {0};
    below(state, "a", path);
    assert_int_equal(files_write(path, bytes_text("first"), &why), OK);
    assert_content(path, "first");
    assert_int_equal(files_write(path, bytes_text("the second, longer"), &why), OK);
    assert_content(path, "the second, longer");
    assert_int_equal(files_write(path, (struct bytes){0}, &why), OK);
    assert_content(path, "");
    assert_int_equal(names_in(*state), 1);
}

/* The room on the disk ends at each byte in turn, as it does on a full disk: the old content stays,
 * nothing lies beside it, and the sentence says what to do. */
static void a_file_that_does_not_fit_leaves_the_old_one(void **state) {
    char path[512], text[3 * 4096];
    struct why why = {0};
    struct rlimit before;
    below(state, "a", path);
    (void)memset(text, 'x', sizeof text);
    assert_int_equal(files_write(path, bytes_text("old"), &why), OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < sizeof text; room += 97) {
        struct rlimit limit = {room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        enum err err = files_write(path, bytes_of(text, sizeof text), &why);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(err, ERR_OUTSIDE);
        assert_non_null(strstr(why.text, "nothing was half-written"));
        assert_content(path, "old");
        assert_int_equal(names_in(*state), 1);
    }
}

static void a_full_disk_says_so(void **state) {
    (void)state;
    struct why why = {0};
    errno = ENOSPC;
    assert_int_equal(files_trouble(&why, "write", "city.db"), ERR_OUTSIDE);
    assert_string_equal(why.text,
        "cannot write city.db: the disk is full; free some space there, or name another place; "
        "nothing was half-written");
    errno = ENOTEMPTY;
    assert_int_equal(files_trouble(&why, "write", "x"), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "; check the place and try again"));
}

static void a_new_file_that_is_dropped_changes_nothing(void **state) {
    char path[512];
    struct why why = {0};
    below(state, "a", path);
    {
        NEW_FILE_SCOPE(file);
        assert_int_equal(new_file_begin(&file, path, &why), OK);
        (void)fprintf(file.stream, "half");
        assert_false(files_exist(path));
    }
    assert_int_equal(names_in(*state), 0);
    {
        NEW_FILE_SCOPE(file);
        assert_int_equal(new_file_begin(&file, path, &why), OK);
        (void)fprintf(file.stream, "whole %d", 1);
        assert_int_equal(new_file_keep(&file, &why), OK);
    }
    assert_content(path, "whole 1");
}

/* The reason and the next step stand in the sentence, however long the path is. */
static void a_long_path_leaves_room_for_the_reason(void **state) {
    char path[PATH_ROOM];
    struct why why = {0};
    (void)snprintf(path, sizeof path, "%s/%0300d", (const char *)*state, 7);
    assert_int_equal(files_make_folder(path, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "0007: File name too long; a name on the way is too long"));
}

/* As after a kill: the temporary file of an earlier attempt is in the way of nobody. */
static void a_left_over_is_written_over(void **state) {
    char path[512], left[512];
    struct why why = {0};
    below(state, "a", path);
    below(state, "a.new", left);
    assert_int_equal(files_write(left, bytes_text("left over, and longer"), &why), OK);
    assert_int_equal(files_write(path, bytes_text("new"), &why), OK);
    assert_content(path, "new");
    assert_false(files_exist(left));
}

static void reading_refuses_what_is_no_file_of_that_size(void **state) {
    char path[512];
    struct why why = {0};
    FILE_CONTENT_SCOPE(content);
    below(state, "a", path);
    assert_int_equal(files_read(path, 10, &content, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "No such file"));
    assert_int_equal(files_write(path, bytes_text("12345"), &why), OK);
    assert_int_equal(files_read(path, 4, &content, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "has 5 bytes where at most 4 belong"));
    assert_null(content.at);
    assert_int_equal(files_read(*state, 10, &content, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "is no file"));
    assert_int_equal(mkfifo(below(state, "pipe", path), 0600), 0);
    assert_int_equal(files_read(path, 10, &content, &why), ERR_INVALID);
}

static void folders_are_made_with_those_above(void **state) {
    char path[512], file[512];
    struct why why = {0};
    below(state, "a/b/c", path);
    assert_int_equal(files_make_folder(path, &why), OK);
    assert_true(files_exist(path));
    assert_true(files_folder_empty(path));
    assert_int_equal(files_make_folder(path, &why), OK);
    assert_false(files_folder_empty(below(state, "a/b", path)));
    assert_false(files_folder_empty(below(state, "none", path)));
    assert_int_equal(files_write(below(state, "f", file), bytes_text("x"), &why), OK);
    assert_int_equal(files_make_folder(below(state, "f/g", path), &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "a part of the path is a file"));
    assert_int_equal(files_make_folder(below(state, "f", path), &why), ERR_OUTSIDE);
}

static void joining_refuses_what_does_not_fit(void **state) {
    (void)state;
    char path[PATH_ROOM], longest[PATH_ROOM];
    struct why why = {0};
    assert_true(files_join(path, "a", "b"));
    assert_string_equal(path, "a/b");
    assert_true(files_join(path, "/", "b"));
    assert_string_equal(path, "/b");
    (void)memset(longest, 'x', sizeof longest);
    longest[PATH_ROOM - 3] = '\0';
    assert_true(files_join(path, longest, "b"));
    assert_int_equal(strlen(path), PATH_ROOM - 1);
    assert_false(files_join(path, longest, "bc"));
    assert_string_equal(path, "");
    assert_int_equal(files_write(longest, bytes_text(""), &why), ERR_INVALID);
    longest[PATH_ROOM - 3] = 'x';
    longest[PATH_ROOM - 1] = '\0';
    assert_int_equal(files_write(longest, bytes_text(""), &why), ERR_INVALID);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)
/* With what an interrupted writing left beside it; what is not there is away already. */
static void a_file_is_taken_away_with_what_lies_beside_it(void **state) {
    char path[512], beside[520];
    struct why why = {0};
    (void)below(state, "share", path);
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    assert_int_equal(files_remove(path, &why), OK);
    assert_int_equal(files_write(path, bytes_text("one"), &why), OK);
    assert_int_equal(files_write(beside, bytes_text("half"), &why), OK);
    assert_int_equal(files_remove(path, &why), OK);
    assert_false(files_exist(path));
    assert_false(files_exist(beside));
    assert_int_equal(files_write(beside, bytes_text("half"), &why), OK);
    assert_int_equal(files_remove(path, &why), OK);
    assert_false(files_exist(beside));
    assert_int_equal(files_remove(*state, &why), ERR_OUTSIDE); /* a folder is no file */
    assert_true(files_exist(*state));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_file_is_taken_away_with_what_lies_beside_it),
        IN_SCRATCH(a_file_is_read_as_it_was_written),
        IN_SCRATCH(a_file_that_does_not_fit_leaves_the_old_one),
        IN_SCRATCH(a_full_disk_says_so),
        IN_SCRATCH(a_new_file_that_is_dropped_changes_nothing),
        IN_SCRATCH(a_long_path_leaves_room_for_the_reason),
        IN_SCRATCH(a_left_over_is_written_over),
        IN_SCRATCH(reading_refuses_what_is_no_file_of_that_size),
        IN_SCRATCH(folders_are_made_with_those_above),
        IN_SCRATCH(joining_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

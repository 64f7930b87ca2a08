/* Blocks written past the cache are read back, whatever the file system can. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/direct_file.h"
#include "host/files.h"

enum { LEN = 5 * DIRECT_BLOCK };

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/shebao-direct-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state) {
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static uint8_t *room_of(size_t len, uint8_t with) {
    uint8_t *room = direct_room_new(len);
    assert_non_null(room);
    (void)memset(room, with, direct_whole(len));
    return room;
}

static void lengths_are_rounded_to_blocks(void **state) {
    (void)state;
    assert_int_equal(direct_whole(0), 0);
    assert_int_equal(direct_whole(1), DIRECT_BLOCK);
    assert_int_equal(direct_whole(DIRECT_BLOCK), DIRECT_BLOCK);
    assert_int_equal(direct_whole(DIRECT_BLOCK + 1), 2 * DIRECT_BLOCK);
}

static void rooms_begin_on_a_block(void **state) {
    static const size_t lens[] = {0, 1, DIRECT_BLOCK, 100000, 5000000};
    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        uint8_t *room = room_of(lens[i], 7);
        assert_int_equal((uintptr_t)room % DIRECT_BLOCK, 0);
        free(room);
    }
}

/* On the disk of /tmp, and on a file system in memory where there is one. */
static void blocks_come_back_from_any_place(const char *where) {
    uint8_t *one = room_of(LEN, 1), *two = room_of(DIRECT_BLOCK, 2), *got = room_of(2 * LEN, 0);
    int fd = direct_open_nameless(where);
    assert_true(fd >= 0);
    assert_true(direct_write(fd, one, LEN, DIRECT_BLOCK));
    assert_true(direct_write(fd, two, DIRECT_BLOCK, 0));
    assert_true(direct_write(fd, two, DIRECT_BLOCK, 3 * DIRECT_BLOCK));
    assert_true(direct_read(fd, got, LEN + DIRECT_BLOCK, 0));
    for (size_t i = 0; i < LEN + DIRECT_BLOCK; i++) {
        size_t block = i / DIRECT_BLOCK;
        assert_int_equal(got[i], block == 0 || block == 3 ? 2 : 1);
    }
    assert_true(direct_read(fd, got, 10, 2 * DIRECT_BLOCK));
    assert_int_equal(got[9], 1);
    assert_int_equal(close(fd), 0);
    free(one);
    free(two);
    free(got);
}

static void blocks_come_back(void **state) {
    (void)state;
    blocks_come_back_from_any_place(folder);
    if (access("/dev/shm", W_OK) == 0) {
        blocks_come_back_from_any_place("/dev/shm");
    }
}

static void the_end_of_a_file_is_no_error_of_the_disk(void **state) {
    char path[96];
    struct why why = {{0}};
    uint8_t *got = room_of(LEN, 0);
    (void)state;
    (void)snprintf(path, sizeof path, "%s/short", folder);
    assert_int_equal(files_write(path, bytes_of("12345", 5), &why), OK);
    int fd = direct_open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(direct_read(fd, got, 5, 0));
    assert_memory_equal(got, "12345", 5);
    errno = EIO;
    assert_false(direct_read(fd, got, 6, 0));
    assert_int_equal(errno, 0);
    assert_int_equal(close(fd), 0);
    free(got);
}

static void what_fails_says_why(void **state) {
    const struct rlimit limit = {DIRECT_BLOCK, RLIM_INFINITY};
    struct rlimit before;
    struct why why = {{0}};
    uint8_t *room = room_of(LEN, 3);
    (void)state;
    assert_int_equal(direct_open("/nowhere/at/all", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(direct_open_nameless("/nowhere"), -1);
    assert_int_equal(direct_force_folder("/nowhere", &why), ERR_OUTSIDE);
    assert_int_equal(direct_force_folder(folder, &why), OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    int fd = direct_open_nameless(folder);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    bool written = direct_write(fd, room, LEN, 0);
    int error = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_int_equal(error, EFBIG);
    assert_int_equal(close(fd), 0);
    assert_false(direct_write(fd, room, LEN, 0)); /* it is closed */
    assert_int_equal(errno, EBADF);
    free(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_rounded_to_blocks),
        cmocka_unit_test(rooms_begin_on_a_block),
        cmocka_unit_test(blocks_come_back),
        cmocka_unit_test(the_end_of_a_file_is_no_error_of_the_disk),
        cmocka_unit_test(what_fails_says_why),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

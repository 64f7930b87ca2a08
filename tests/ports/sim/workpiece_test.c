#include "host/scratch.h"

#include <sys/stat.h>
#include <unistd.h>

#include "ports/sim/image.h"
#include "ports/sim/workpiece.h"

enum { SIZE = 16384 };

static struct workpiece *piece_open(void) {
    struct workpiece *piece = NULL;
    struct why why;
    assert_int_equal(workpiece_open(SIZE, &piece, &why), OK);
    return piece;
}

static void a_new_memory_is_blank_and_keeps_what_is_written(void **state) {
    uint8_t page[NVM_PAGE] = {1, 2, 3};
    uint8_t back[NVM_PAGE];
    (void)state;
    struct workpiece *piece = piece_open();
    const struct nvm *nvm = workpiece_nvm(piece);
    assert_int_equal(nvm->size, SIZE);
    for (uint32_t at = 0; at < SIZE; at++) {
        assert_int_equal(nvm->cells[at], 0xFF);
    }
    assert_true(nvm->write(nvm->self, 64, page, sizeof page));
    nvm->read(nvm->self, 64, back, sizeof back);
    assert_memory_equal(back, page, sizeof page);
    workpiece_blank(piece);
    assert_int_equal(nvm->cells[64], 0xFF);
    workpiece_close(piece);
    workpiece_close(NULL);
}

static void random_bytes_are_never_given_twice(void **state) {
    uint8_t first[600] = {0};
    uint8_t second[600] = {0};
    (void)state;
    struct workpiece *piece = piece_open();
    const struct nvm *nvm = workpiece_nvm(piece);
    nvm->random(nvm->self, first, sizeof first);
    nvm->random(nvm->self, second, sizeof second);
    for (size_t at = 0; at + 8 <= sizeof first; at += 8) {
        assert_null(memmem(second, sizeof second, first + at, 8));
    }
    workpiece_close(piece);
}

/* What is kept is an image like any other, and takes the place of one that was there. */
static void what_is_kept_opens_as_an_image(void **state) {
    char path[512];
    struct why why;
    struct image *image = NULL;
    const uint8_t page[NVM_PAGE] = {9, 8, 7};
    struct stat st;
    struct workpiece *piece = piece_open();
    const struct nvm *nvm = workpiece_nvm(piece);
    (void)below(state, "a.chip", path);
    assert_int_equal(workpiece_keep(piece, path, &why), OK);
    assert_true(nvm->write(nvm->self, 32, page, sizeof page));
    assert_int_equal(workpiece_keep(piece, path, &why), OK);
    assert_int_equal(image_open(path, &image, &why), OK);
    assert_int_equal(image_nvm(image)->size, SIZE);
    assert_memory_equal(image_nvm(image)->cells, nvm->cells, SIZE);
    image_close(image);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    workpiece_close(piece);
}

static void a_folder_that_is_not_there_is_told(void **state) {
    char path[512];
    struct why why;
    struct workpiece *piece = piece_open();
    (void)below(state, "none/a.chip", path);
    assert_int_equal(workpiece_keep(piece, path, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "a.chip"));
    char long_path[5000];
    (void)memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(workpiece_keep(piece, long_path, &why), ERR_INVALID);
    workpiece_close(piece);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_memory_is_blank_and_keeps_what_is_written),
        cmocka_unit_test(random_bytes_are_never_given_twice),
        cmocka_unit_test_setup_teardown(
            what_is_kept_opens_as_an_image, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            a_folder_that_is_not_there_is_told, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "base/crc32.h"
#include "card/store/store.h"
#include "ports/sim/image.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 8192, FILE_LEN = IMAGE_HEADER_LEN + SIZE };

static char folder[] = "/tmp/image-test-XXXXXX";
static char path[sizeof folder + 16];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/a.chip", folder);
    return 0;
}

static int drop_image(void **state) {
    (void)state;
    (void)unlink(path);
    return 0;
}

static int drop_folder(void **state) {
    (void)state;
    return rmdir(folder); /* fails when a test left anything behind */
}

/* The image at path, made and opened. */
static struct image *new_image(void) {
    struct why why = {0};
    struct image *image = NULL;
    assert_int_equal(image_create(path, SIZE, &why), OK);
    assert_int_equal(image_open(path, &image, &why), OK);
    return image;
}

static bool put(struct image *image, uint32_t at, const char *text) {
    const struct nvm *nvm = image_nvm(image);
    return nvm->write(nvm->self, at, text, (uint32_t)strlen(text));
}

/* The sentence must hold all of these words. */
static void assert_says(const struct why *why, const char *what, const char *next_step) {
    assert_non_null(strstr(why->text, what));
    assert_non_null(strstr(why->text, next_step));
}

static void a_new_image_is_blank_and_keeps_what_is_written(void **state) {
    (void)state;
    struct why why = {0};
    uint8_t seen[4];
    struct image *image = new_image();
    const struct nvm *nvm = image_nvm(image);
    assert_int_equal(nvm->size, SIZE);
    nvm->read(nvm->self, SIZE - 4, seen, 4);
    assert_hex(bytes_of(seen, 4), "FFFFFFFF");
    assert_true(put(image, SIZE - 4, "card"));
    nvm->read(nvm->self, SIZE - 4, seen, 4);
    assert_memory_equal(seen, "card", 4);
    assert_int_equal(image_sync(image, &why), OK);
    image_close(image);
    assert_int_equal(image_open(path, &image, &why), OK);
    nvm = image_nvm(image);
    nvm->read(nvm->self, SIZE - 4, seen, 4);
    assert_memory_equal(seen, "card", 4);
    image_close(image);
}

static void the_whole_room_is_taken_when_the_image_is_made(void **state) {
    (void)state;
    struct stat st;
    image_close(new_image());
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, FILE_LEN);
    assert_true(st.st_blocks * 512 >= FILE_LEN);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void an_existing_file_is_never_replaced(void **state) {
    (void)state;
    struct why why = {0};
    uint8_t seen[1];
    struct image *image = new_image();
    assert_true(put(image, 0, "k"));
    image_close(image);
    assert_int_equal(image_create(path, SIZE, &why), ERR_CONFLICT);
    assert_says(&why, "exists already", "name another file");
    assert_int_equal(image_open(path, &image, &why), OK);
    image_nvm(image)->read(image_nvm(image)->self, 0, seen, 1);
    assert_int_equal(seen[0], 'k');
    image_close(image);
}

static void impossible_sizes_and_places_are_refused_with_a_next_step(void **state) {
    (void)state;
    struct why why = {0};
    assert_int_equal(image_create(path, IMAGE_SIZE_MIN - 1, &why), ERR_INVALID);
    assert_says(&why, "a chip has 4096 to", "bytes");
    assert_int_equal(image_create(path, IMAGE_SIZE_MAX + 1, &why), ERR_INVALID);
    assert_int_equal(image_create("/nowhere/at/all.chip", SIZE, &why), ERR_OUTSIDE);
    assert_says(&why, "/nowhere/at/all.chip", "must exist and be writable");
    assert_int_equal(access(path, F_OK), -1);
}

static void a_missing_image_says_how_to_make_one(void **state) {
    (void)state;
    struct why why = {0};
    struct image *image = NULL;
    assert_int_equal(image_open(path, &image, &why), ERR_NOT_FOUND);
    assert_says(&why, "no such chip image", "'shebao chip new'");
    assert_null(image);
    image_close(NULL);
}

/* A program that was killed while it made the image leaves a temporary file: the next one uses it. */
static void what_a_killed_program_left_is_taken_over(void **state) {
    (void)state;
    char temporary[sizeof path + 8];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "half a chip", 11), 11);
    assert_int_equal(close(fd), 0);
    image_close(new_image());
    assert_int_equal(access(temporary, F_OK), -1);
}

static void two_programs_cannot_power_the_same_chip(void **state) {
    (void)state;
    struct why why = {0};
    struct image *second = NULL;
    struct image *image = new_image();
    assert_int_equal(image_open(path, &second, &why), ERR_CONFLICT);
    assert_says(&why, "another program has this chip", "end it first");
    image_close(image);
    assert_int_equal(image_open(path, &second, &why), OK);
    image_close(second);
}

/* Writes a file of `len` bytes that starts as a good image does. */
static void write_prefix(const uint8_t *good, size_t len) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, good, len), len);
    assert_int_equal(close(fd), 0);
}

static void read_image_file(uint8_t *room) {
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, room, FILE_LEN), FILE_LEN);
    assert_int_equal(close(fd), 0);
}

/* Every prefix of the header, and some of the cells: none is a chip, none crashes, all are told. */
static void a_torn_image_is_refused_at_every_length(void **state) {
    (void)state;
    static uint8_t good[FILE_LEN];
    image_close(new_image());
    read_image_file(good);
    for (size_t len = 0; len < FILE_LEN; len += len < IMAGE_HEADER_LEN ? 1 : 509) {
        struct why why = {0};
        struct image *image = NULL;
        write_prefix(good, len);
        assert_int_equal(image_open(path, &image, &why), ERR_INVALID);
        assert_says(&why, path, len < IMAGE_HEADER_LEN ? "'shebao chip new'" : "backup");
    }
    write_prefix(good, FILE_LEN);
    struct image *image = NULL;
    assert_int_equal(image_open(path, &image, &(struct why){0}), OK);
    image_close(image);
}

static void a_header_with_any_flipped_byte_is_refused(void **state) {
    (void)state;
    static uint8_t good[FILE_LEN];
    image_close(new_image());
    read_image_file(good);
    for (size_t i = 0; i < 20; i++) {
        struct why why = {0};
        struct image *image = NULL;
        good[i] ^= 0x01;
        write_prefix(good, FILE_LEN);
        good[i] ^= 0x01;
        assert_int_equal(image_open(path, &image, &why), ERR_INVALID);
        assert_says(&why, "no chip image", "'shebao chip new'");
    }
}

/* An image of an older layout is told from a file that is none. */
static void an_image_of_an_older_layout_is_named(void **state) {
    (void)state;
    static uint8_t good[FILE_LEN];
    struct why why = {0};
    struct image *image = NULL;
    image_close(new_image());
    read_image_file(good);
    good[9] = 1;
    uint32_t crc = crc32_of(good, 16);
    for (unsigned i = 0; i < 4; i++) {
        good[16 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    write_prefix(good, FILE_LEN);
    assert_int_equal(image_open(path, &image, &why), ERR_INVALID);
    assert_says(&why, "older layout", "'shebao chip new'");
}

static void a_budget_tears_the_page_of_its_programming(void **state) {
    (void)state;
    struct why why = {0};
    for (uint32_t cut = 0; cut <= 2; cut++) {
        uint8_t before[NVM_PAGE], torn[NVM_PAGE], after[NVM_PAGE];
        struct image *image = new_image();
        const struct nvm *nvm = image_nvm(image);
        image_cut_after(image, cut);
        assert_int_equal(put(image, 64, "first"), cut > 0);
        assert_int_equal(put(image, 100, "abcdefgh"), cut > 1);
        assert_int_equal(image_dark(image), cut < 2);
        nvm->read(nvm->self, 64, before, sizeof before);
        nvm->read(nvm->self, 96, torn, sizeof torn);
        nvm->read(nvm->self, 128, after, sizeof after);
        assert_memory_equal(nvm->cells + 96, torn, sizeof torn);
        assert_int_equal(memcmp(before, "first\xFF", 6) == 0, cut > 0);
        assert_int_equal(memcmp(torn,
                             "\xFF\xFF\xFF\xFF"
                             "abcdefgh\xFF",
                             13)
                             == 0,
            cut > 1);
        assert_memory_equal(after, "\xFF\xFF\xFF\xFF", 4);
        assert_false(put(image, 0, "dark"));
        image_close(image);
        assert_int_equal(image_open(path, &image, &why), OK);
        image_nvm(image)->read(image_nvm(image)->self, 96, after, sizeof after);
        assert_memory_equal(after, torn, sizeof torn);
        image_power(image);
        assert_true(put(image, 100, "abcdefgh"));
        image_close(image);
        assert_int_equal(unlink(path), 0);
    }
}

static void a_size_that_is_no_whole_page_is_refused(void **state) {
    (void)state;
    struct why why = {0};
    assert_int_equal(image_create(path, SIZE + 1, &why), ERR_INVALID);
    assert_says(&why, "pages of 32", "name such a size");
}

/* Batches on a file, cut in each programming and opened anew: the port keeps the store's promise. The
 * ring runs full on the way, so that pages going home are cut, too. */
static void the_store_survives_every_cut_of_an_image(void **state) {
    (void)state;
    struct why why = {0};
    struct image *image = new_image();
    assert_true(store_format(image_nvm(image)));
    for (unsigned round = 0; round < 120; round++) {
        uint32_t at = LAYOUT_FILES + round * 13 % 1500;
        bool done = false;
        for (uint64_t cut = 0; !done; cut++) {
            struct store s;
            char seen[3], old[3], new[4];
            (void)snprintf(new, sizeof new, "%03u", round);
            assert_true(store_recover(&s, image_nvm(image)));
            store_read(&s, at, old, sizeof old);
            image_cut_after(image, cut);
            store_begin(&s);
            done = store_write(&s, at, new, 3) && store_commit(&s);
            image_close(image);
            assert_int_equal(image_open(path, &image, &why), OK);
            assert_true(store_recover(&s, image_nvm(image)));
            store_read(&s, at, seen, sizeof seen);
            assert_true(memcmp(seen, new, 3) == 0 || (!done && memcmp(seen, old, 3) == 0));
        }
    }
    image_close(image);
}

/* The system refuses a write beyond the limit: the chip is told, the story is kept, and from then on
 * nothing is written, for the file may hold half of it. */
static void a_write_that_the_system_refuses_is_told(void **state) {
    (void)state;
    struct image *image = new_image();
    struct rlimit old, small = {.rlim_cur = IMAGE_HEADER_LEN + 1000};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool within = put(image, 10, "fits");
    bool beyond = put(image, 2000, "does not");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(within);
    assert_false(beyond);
    assert_non_null(image_trouble(image));
    assert_says(image_trouble(image), "cannot be written", "look at that disk");
    assert_false(put(image, 10, "more"));
    struct why why = {0};
    assert_int_equal(image_sync(image, &why), ERR_OUTSIDE);
    assert_says(&why, path, "power the chip anew");
    image_close(image);
}

/* A disk that has no room left is found when the image is made, and nothing stays behind. */
static void a_full_disk_is_found_when_the_image_is_made(void **state) {
    (void)state;
    struct why why = {0};
    struct rlimit old, small = {.rlim_cur = 4096};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err err = image_create(path, SIZE, &why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err, ERR_OUTSIDE);
    assert_says(&why, "no room", "make room on that disk");
    assert_int_equal(access(path, F_OK), -1);
}

static void random_bytes_differ(void **state) {
    (void)state;
    uint8_t a[16], b[16];
    struct image *image = new_image();
    const struct nvm *nvm = image_nvm(image);
    nvm->random(nvm->self, a, sizeof a);
    nvm->random(nvm->self, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    image_close(image);
}

#define IMAGE_TEST(test) cmocka_unit_test_teardown(test, drop_image)

int main(void) {
    const struct CMUnitTest tests[] = {
        IMAGE_TEST(a_new_image_is_blank_and_keeps_what_is_written),
        IMAGE_TEST(the_whole_room_is_taken_when_the_image_is_made),
        IMAGE_TEST(an_existing_file_is_never_replaced),
        IMAGE_TEST(impossible_sizes_and_places_are_refused_with_a_next_step),
        IMAGE_TEST(a_missing_image_says_how_to_make_one),
        IMAGE_TEST(what_a_killed_program_left_is_taken_over),
        IMAGE_TEST(two_programs_cannot_power_the_same_chip),
        IMAGE_TEST(a_torn_image_is_refused_at_every_length),
        IMAGE_TEST(a_header_with_any_flipped_byte_is_refused),
        IMAGE_TEST(an_image_of_an_older_layout_is_named),
        IMAGE_TEST(a_size_that_is_no_whole_page_is_refused),
        IMAGE_TEST(a_budget_tears_the_page_of_its_programming),
        IMAGE_TEST(the_store_survives_every_cut_of_an_image),
        IMAGE_TEST(a_write_that_the_system_refuses_is_told),
        IMAGE_TEST(a_full_disk_is_found_when_the_image_is_made),
        IMAGE_TEST(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

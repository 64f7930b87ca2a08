/* The emulated chip's memory over files: what it asks of the emulator is answered by this program.
 */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

/* No part of the host's archive; plain C, compiled here. */
#include "ports/cortex-m0/emulated/filecells.c"

#include "card/loop/card.h"
#include "ports/sim/image.h"

enum { SIZE = 8192 };

static char path[] = "/tmp/shebao-filecells-XXXXXX";
static char random_path[] = "/tmp/shebao-foretold-XXXXXX";

/* ---- the emulator, played with files of the host ---- */

static unsigned long writes; /* since the test began */

int32_t semihost_open(const char *name, enum semihost_way way) {
    return open(name, way == SEMIHOST_READ ? O_RDONLY : O_RDWR);
}

int32_t semihost_length(int32_t file) {
    return (int32_t)lseek(file, 0, SEEK_END);
}

uint32_t semihost_read(int32_t file, uint32_t at, void *to, uint32_t len) {
    ssize_t n = pread(file, to, len, at);
    return n > 0 ? (uint32_t)n : 0;
}

bool semihost_write(int32_t file, uint32_t at, const void *from, uint32_t len) {
    writes++;
    return pwrite(file, from, len, at) == (ssize_t)len;
}

void semihost_end(const char *text, uint32_t status) {
    fail_msg("%s (%u)", text, status);
    abort();
}

/* The board's generator: numbers that nobody foretold. */
void board_random(void *self, uint8_t *to, uint32_t len) {
    (void)self;
    (void)memset(to, 0xB0, len);
}

/* ---- */

static int make_files(void **state) {
    struct why why;
    (void)state;
    int fd = mkstemp(path);
    int random = mkstemp(random_path);
    if (fd < 0 || random < 0) {
        return -1;
    }
    (void)close(fd);
    (void)close(random);
    (void)unlink(path);
    writes = 0;
    return image_create(path, SIZE, &why) == OK ? 0 : -1;
}

static int take_files_away(void **state) {
    (void)state;
    (void)unlink(path);
    (void)unlink(random_path);
    (void)strcpy(strrchr(path, '-') + 1, "XXXXXX");
    (void)strcpy(strrchr(random_path, '-') + 1, "XXXXXX");
    return 0;
}

static void the_cells_are_those_of_an_image(void **state) {
    struct filecells cells;
    uint8_t seen[6];
    (void)state;
    assert_true(filecells_open(&cells, path, NULL));
    struct nvm nvm = filecells_nvm(&cells);
    assert_int_equal(nvm.size, SIZE);
    nvm.read(nvm.self, 0, seen, sizeof seen);
    assert_hex(bytes_of(seen, sizeof seen), "FFFFFFFFFFFF");
    assert_true(nvm.write(nvm.self, 97, "card", 4));
    nvm.read(nvm.self, 96, seen, sizeof seen);
    assert_hex(bytes_of(seen, sizeof seen), "FF63617264FF");
    assert_true(nvm.write(nvm.self, SIZE - 1, "x", 1));
}

/* The same file under the image's own port, and a chip made here wakes up there. */
static void a_chip_moves_from_the_microcontroller_into_the_program(void **state) {
    static const struct chip_birth birth = {
        .historical = {0x00, 0x99, 0x53, 0x42, 0x10}
    };
    static struct card card;
    struct filecells cells;
    struct image *image = NULL;
    struct why why;
    uint8_t atr[ATR_MAX];
    (void)state;
    assert_true(filecells_open(&cells, path, NULL));
    struct nvm nvm = filecells_nvm(&cells);
    assert_true(card_manufacture(&nvm, &birth));
    assert_true(writes > 0);
    assert_int_equal(image_open(path, &image, &why), OK);
    assert_int_equal(card_reset(&card, image_nvm(image), atr), 17);
    image_close(image);
}

static void random_numbers_are_foretold_and_then_the_boards(void **state) {
    struct filecells cells;
    uint8_t seen[4];
    (void)state;
    int fd = open(random_path, O_WRONLY);
    assert_int_equal(write(fd, "ABC", 3), 3);
    assert_true(filecells_open(&cells, path, random_path));
    struct nvm nvm = filecells_nvm(&cells);
    nvm.random(nvm.self, seen, 2);
    assert_hex(bytes_of(seen, 2), "4142");
    nvm.random(nvm.self, seen, 4);
    assert_hex(bytes_of(seen, 4), "43B0B0B0");
    assert_int_equal(write(fd, "DE", 2), 2); /* later, while the chip runs */
    nvm.random(nvm.self, seen, 4);
    assert_hex(bytes_of(seen, 4), "4445B0B0");
    assert_int_equal(close(fd), 0);
}

static void what_is_no_image_is_not_opened(void **state) {
    struct filecells cells;
    (void)state;
    assert_false(filecells_open(&cells, "/nowhere/chip", NULL));
    assert_false(filecells_open(&cells, path, "/nowhere/random"));
    assert_false(filecells_open(&cells, random_path, NULL)); /* empty */
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(close(fd), 0);
    assert_false(filecells_open(&cells, path, NULL)); /* no mark */
}

#define FILECELLS_TEST(test) cmocka_unit_test_setup_teardown(test, make_files, take_files_away)

int main(void) {
    const struct CMUnitTest tests[] = {
        FILECELLS_TEST(the_cells_are_those_of_an_image),
        FILECELLS_TEST(a_chip_moves_from_the_microcontroller_into_the_program),
        FILECELLS_TEST(random_numbers_are_foretold_and_then_the_boards),
        FILECELLS_TEST(what_is_no_image_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

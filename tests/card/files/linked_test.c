/* Linked directories: files of several lie between each other, come and go, and no cut, and no wrong
 * link, leads a walk astray. [decision 0024] */
#include "base/features.h"
#include "card/files/binary.h"
#include "card/files/entry.h"
#include "file_chip.h"

#define LINKED_MASTER "B8000000FF00FF00"
#define LINKED_DIR    "B8000000FF0001FFD156000005"
#define FILE_OF_16                                                                                 \
    "28001000000000"                                                                               \
    "00"

static struct file_chip chip;

static enum sw create_master(const char *hex) {
    uint8_t data[32];
    size_t len = from_hex(hex, data, sizeof data);
    store_begin(&chip.store);
    return chip_end(&chip, tree_create_linked_master(&chip.store, bytes_of(data, len)));
}

static void make_linked(void) {
    chip_blank(&chip);
    assert_int_equal(create_master(LINKED_MASTER), SW_OK);
    assert_int_equal(dir_master(&chip.store, &chip.master), SW_OK);
}

static enum sw erase_one(const struct dir *in, uint16_t fid, bool directory) {
    store_begin(&chip.store);
    return chip_end(&chip, tree_delete(&chip.store, in, fid, directory));
}

static void a_master_file_says_what_it_is(void **state) {
    (void)state;
    struct dir_info info;
    chip_blank(&chip);
    assert_int_equal(create_master("B8000000FF00FF"), SW_WRONG_LENGTH);
    assert_int_equal(create_master("38000000FF00FF00"), SW_WRONG_DATA);
    assert_int_equal(create_master("B8000000FF00FF0031323334"), SW_WRONG_DATA); /* four letters */
    assert_int_equal(create_master("B877050BFF1DFF003132333435"), SW_OK);
    assert_int_equal(create_master(LINKED_MASTER), SW_WRONG_P1P2);
    assert_int_equal(dir_master(&chip.store, &chip.master), SW_OK);
    dir_read(&chip.store, &chip.master, &info);
    assert_true(info.linked);
    assert_false(info.closed);
    assert_int_equal(info.lock_level, 0x77);
    assert_int_equal(info.keys_sfi, 0x05);
    assert_int_equal(info.create.form, RIGHT_CONTROL);
    assert_int_equal(info.create.above, 0x0B);
    assert_int_equal(info.create.here, 0xFF);
    assert_true(info.create.all);
    assert_int_equal(info.app_file, 0x1D);
    assert_hex(bytes_of(info.name, info.name_len), "3132333435");
    assert_int_equal(chip_create_master(&chip, MASTER_DATA), SW_WRONG_P1P2);
}

/* Both kinds of directories on one chip would fight for its memory. */
static void one_chip_has_one_kind_of_directories(void **state) {
    (void)state;
    make_linked();
    assert_int_equal(chip_create(&chip, &chip.master, 0xDF01, SOCIAL_DIR_DATA), SW_WRONG_DATA);
    assert_int_equal(chip_create(&chip, &chip.master, 0xDF01, LINKED_DIR), SW_OK);
    chip_make(&chip);
    assert_int_equal(chip_create(&chip, &chip.master, 0xDF01, LINKED_DIR), SW_WRONG_DATA);
    assert_int_equal(erase_one(&chip.master, 0x0005, false), SW_FILE_NOT_FOUND);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0005, FILE_OF_16), SW_OK);
    assert_int_equal(erase_one(&chip.master, 0x0005, false), SW_FILE_NOT_FOUND);
}

static void an_ended_directory_says_so(void **state) {
    (void)state;
    struct dir_info info;
    make_linked();
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_close(&chip.store, &chip.master)), SW_OK);
    dir_read(&chip.store, &chip.master, &info);
    assert_true(info.closed);
    assert_int_equal(info.keys_sfi, 0);
}

static void no_directory_has_nothing(void **state) {
    (void)state;
    static const struct dir none = {.depth = 0};
    make_linked();
    assert_int_equal(erase_one(&none, 0x0005, false), SW_UNSUPPORTED);
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_close(&chip.store, &none)), SW_UNSUPPORTED);
}

/* A link that points at itself, back, or anywhere at all: the walk ends, and nobody is found twice. */
static void a_wrong_link_ends_the_walk(void **state) {
    (void)state;
    make_linked();
    for (uint16_t fid = 1; fid <= 3; fid++) {
        assert_int_equal(chip_create(&chip, &chip.master, fid, FILE_OF_16), SW_OK);
    }
    struct ef first;
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, 1, &first), SW_OK);
    for (uint32_t wrong = 0; wrong < FILE_CHIP_SIZE; wrong += 7) {
        const uint8_t link[] = {0, (uint8_t)(wrong >> 16), (uint8_t)(wrong >> 8), (uint8_t)wrong};
        struct ef found;
        struct entry dir, e;
        store_begin(&chip.store);
        assert_true(store_write(&chip.store, first.at - ENTRY_LINK, link, sizeof link));
        entry_read(&chip.store, chip.master.path[0], &dir);
        struct entry_walk w = entry_walk(&chip.store, &dir);
        unsigned steps = 0;
        while (entry_next(&chip.store, &w, &e)) {
            assert_true(++steps < FILE_CHIP_SIZE / ENTRY_LINK);
        }
        assert_int_equal(ef_by_fid(&chip.store, &chip.master, 1, &found), SW_OK);
        store_abandon(&chip.store);
    }
}

/* ---- a walk against a model ---- */

enum { DIRS = 4, FIDS = 6, STEPS = 3000 };

/* What must be there: for each directory (0 is the master file) the byte that fills each file. */
static struct {
    bool there[DIRS];
    uint8_t fill[DIRS][FIDS]; /* 0 is no file */
} model;
static uint32_t dice;

static uint32_t roll(uint32_t n) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}

static enum sw go(unsigned dir, struct dir *out) {
    *out = chip.master;
    return dir == 0 ? SW_OK : dir_by_fid(&chip.store, &chip.master, (uint16_t)(0xDF00 + dir), out);
}

static void compare(void) {
    for (unsigned d = 0; d < DIRS; d++) {
        struct dir dir;
        bool there = go(d, &dir) == SW_OK;
        if (there != (d == 0 || model.there[d])) {
            fprintf(stderr, "dir %u there %d model %d\n", d, there, model.there[d]);
        }
        assert_int_equal(there, d == 0 || model.there[d]);
        for (unsigned f = 0; there && f < FIDS; f++) {
            struct ef ef;
            uint8_t room[16];
            struct builder b = builder_in(room, sizeof room);
            bool found = ef_by_fid(&chip.store, &dir, (uint16_t)(f + 1), &ef) == SW_OK;
            assert_int_equal(found, model.fill[d][f] != 0);
            if (found) {
                assert_int_equal(binary_read(&chip.store, &ef, 0, 16, &b), SW_OK);
                assert_int_equal(room[0], model.fill[d][f]);
                assert_int_equal(room[15], model.fill[d][f]);
            }
        }
    }
}

static void step_directory(unsigned d) {
    char hex[40];
    (void)snprintf(hex, sizeof hex, LINKED_DIR "%02X", d);
    uint16_t fid = (uint16_t)(0xDF00 + d);
    if (model.there[d]) {
        assert_int_equal(erase_one(&chip.master, fid, true), SW_OK);
        (void)memset(model.fill[d], 0, sizeof model.fill[d]);
    } else {
        enum sw sw = chip_create(&chip, &chip.master, fid, hex);
        if (sw == SW_NO_SPACE) {
            return;
        }
        assert_int_equal(sw, SW_OK);
    }
    model.there[d] = !model.there[d];
}

static void step_file(unsigned d, unsigned f) {
    struct dir dir;
    struct ef ef;
    uint8_t fill[16];
    uint16_t fid = (uint16_t)(f + 1);
    if (go(d, &dir) != SW_OK) {
        return;
    }
    if (model.fill[d][f]) {
        assert_int_equal(erase_one(&dir, fid, false), SW_OK);
        model.fill[d][f] = 0;
        return;
    }
    enum sw sw = chip_create(&chip, &dir, fid, FILE_OF_16);
    if (sw == SW_NO_SPACE) {
        return;
    }
    assert_int_equal(sw, SW_OK);
    assert_int_equal(ef_by_fid(&chip.store, &dir, fid, &ef), SW_OK);
    model.fill[d][f] = (uint8_t)(1 + roll(255));
    (void)memset(fill, model.fill[d][f], sizeof fill);
    store_begin(&chip.store);
    sw = binary_update(&chip.store, &ef, 0, bytes_of(fill, sizeof fill));
    assert_int_equal(chip_end(&chip, sw), SW_OK);
}

static void files_come_and_go_as_in_the_model(void **state) {
    (void)state;
    make_linked();
    (void)memset(&model, 0, sizeof model);
    dice = 24;
    for (unsigned step = 0; step < STEPS; step++) {
        if (roll(40) == 0) {
            step_directory(1 + roll(DIRS - 1));
        } else {
            step_file(roll(DIRS), roll(FIDS));
        }
        compare();
        if (step % 64 == 0) {
            assert_true(store_recover(&chip.store, &chip.nvm));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_master_file_says_what_it_is),
        cmocka_unit_test(one_chip_has_one_kind_of_directories),
        cmocka_unit_test(an_ended_directory_says_so),
        cmocka_unit_test(no_directory_has_nothing),
        cmocka_unit_test(a_wrong_link_ends_the_walk),
        cmocka_unit_test(files_come_and_go_as_in_the_model),
    };
    return CARD_DATANG ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}

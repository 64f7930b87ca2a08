/* A chip of the tests of card/files: a memory with a master file, and short ways to change it. */
#pragma once

#include "check.h"

#include "card/files/tree.h"
#include "ports/sim/memory.h"

enum { FILE_CHIP_SIZE = 16384 };

struct file_chip {
    struct memory memory;
    struct nvm nvm;
    struct store store;
    struct dir master;
};

/* The data field of CREATE MF from the issuing example [purse.md Appendix A]. */
#define MASTER_DATA     "38FFFFF0F001FFFFFFFFFFFFFF"
#define WALLET_DIR_DATA "38036FF0F095FFFFA00000000386980701"
#define SOCIAL_DIR_DATA "380800F0F00001FF7378312E73682EC9E7BBE1B1A3D5CF"

/* Ends the open batch as a command does: committed when all went well, abandoned otherwise. */
static inline enum sw chip_end(struct file_chip *chip, enum sw sw) {
    if (sw == SW_OK) {
        return store_commit(&chip->store) ? SW_OK : SW_MEMORY;
    }
    store_abandon(&chip->store);
    return sw;
}

/* A chip without a master file. */
static inline void chip_blank(struct file_chip *chip) {
    memory_make(&chip->memory, FILE_CHIP_SIZE, 1);
    chip->nvm = memory_nvm(&chip->memory);
    assert_true(store_format(&chip->nvm));
    assert_true(store_recover(&chip->store, &chip->nvm));
    store_begin(&chip->store);
    assert_int_equal(chip_end(chip, tree_format(&chip->store)), SW_OK);
}

static inline enum sw chip_create(
    struct file_chip *chip, const struct dir *in, uint16_t fid, const char *hex) {
    uint8_t data[64];
    size_t len = from_hex(hex, data, sizeof data);
    store_begin(&chip->store);
    return chip_end(chip, tree_create(&chip->store, in, fid, bytes_of(data, len)));
}

static inline enum sw chip_create_master(struct file_chip *chip, const char *hex) {
    uint8_t data[64];
    size_t len = from_hex(hex, data, sizeof data);
    store_begin(&chip->store);
    return chip_end(chip, tree_create_master(&chip->store, bytes_of(data, len)));
}

/* A chip with a master file and nothing in it. */
static inline void chip_make(struct file_chip *chip) {
    chip_blank(chip);
    assert_int_equal(chip_create_master(chip, MASTER_DATA), SW_OK);
    assert_int_equal(dir_master(&chip->store, &chip->master), SW_OK);
}

/* Makes a directory and goes there. */
static inline struct dir chip_dir(
    struct file_chip *chip, const struct dir *in, uint16_t fid, const char *hex) {
    struct dir d = {0};
    assert_int_equal(chip_create(chip, in, fid, hex), SW_OK);
    assert_int_equal(dir_by_fid(&chip->store, in, fid, &d), SW_OK);
    return d;
}

/* Makes a file in the master file and finds it. */
static inline struct ef chip_file(struct file_chip *chip, uint16_t fid, const char *hex) {
    struct ef ef = {0};
    assert_int_equal(chip_create(chip, &chip->master, fid, hex), SW_OK);
    assert_int_equal(ef_by_fid(&chip->store, &chip->master, fid, &ef), SW_OK);
    return ef;
}

/* Keeps the state of a memory. */
static inline void chip_keep(struct memory *to, const struct memory *from) {
    memory_copy(to, from);
}

/* Puts the memory back as it was kept; the chip wakes up with it. */
static inline void chip_back(struct file_chip *chip, const struct memory *kept) {
    memory_copy(&chip->memory, kept);
    assert_true(store_recover(&chip->store, &chip->nvm));
}

/* Puts bytes where no command would: into the body of a file, behind its back. */
static inline void chip_put(struct file_chip *chip, uint32_t at, const void *from, uint32_t len) {
    store_begin(&chip->store);
    assert_true(store_write(&chip->store, at, from, len));
    assert_true(store_commit(&chip->store));
}

/* Power comes back, and the chip recovers. */
static inline void chip_reset(struct file_chip *chip) {
    memory_power(&chip->memory);
    assert_true(store_recover(&chip->store, &chip->nvm));
}

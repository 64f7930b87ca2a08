#include "file_chip.h"

#include "card/files/binary.h"

static struct file_chip chip;

static int make_chip(void **state) {
    (void)state;
    chip_make(&chip);
    return 0;
}

static uint32_t used_of(const struct dir *d) {
    struct dir_info info;
    dir_read(&chip.store, d, &info);
    return info.used;
}

/* The issuing example of the purse card, as it is written there, in the sizes it asks for. */
static void the_issuing_example_fits_into_its_directory(void **state) {
    (void)state;
    static const struct {
        uint16_t fid;
        const char *data;
    } files[] = {
        {0x0000, "3F018F95F0FFFF"},
        {0x0015, "A8001EF0F0FFFF"},
        {0x0016, "A80027F0F0FFFF"},
        {0x0018, "2E0A17F1EFFFFF"},
        {0x0001, "2F0208F100FF18"},
        {0x0002, "2F0208F000FF18"},
    };
    assert_int_equal(chip_create(&chip, &chip.master, 0x0000, "3F005001F0FFFF"), SW_OK);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0001, "2A0213F000FFFF"), SW_OK);
    struct dir adf = chip_dir(&chip, &chip.master, 0x3F01, WALLET_DIR_DATA);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct ef ef;
        assert_int_equal(chip_create(&chip, &adf, files[i].fid, files[i].data), SW_OK);
        assert_int_equal(ef_by_fid(&chip.store, &adf, files[i].fid, &ef), SW_OK);
    }
    assert_true(used_of(&adf) <= 0x036F);
}

/* What each file takes is a promise of the header: issuers compute sizes with it. */
static void each_kind_takes_what_the_header_says(void **state) {
    (void)state;
    static const struct {
        uint16_t fid;
        const char *data;
        uint32_t takes;
    } cases[] = {
        {0x0000, "3F005001F0FFFF",             TREE_EF_HEAD + 0x50       },
        {0x0015, "A8001EF0F0FFFF",             TREE_EF_HEAD + 0x1E       },
        {0xEF15, "280100000000EF00",           TREE_EF_HEAD + 0x100      },
        {0x0003, "2A0213F000FFFF",             TREE_EF_HEAD + 2 * 19 + 1 },
        {0x0018, "2E0A17F1EFFFFF",             TREE_EF_HEAD + 10 * 23 + 2},
        {0xEF05, "2C0123000000EF00",           TREE_EF_HEAD + 0x123      },
        {0x0002, "2F0208F000FF18",             TREE_EF_HEAD + 33         },
        {0x3F01, "380200F0F095FFFF1122334455", TREE_DIR_HEAD + 5 + 0x200 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t before = used_of(&chip.master);
        assert_int_equal(chip_create(&chip, &chip.master, cases[i].fid, cases[i].data), SW_OK);
        assert_int_equal(used_of(&chip.master) - before, cases[i].takes);
    }
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *title;
        uint16_t fid;
        const char *data;
        enum sw sw;
    } cases[] = {
        {"a kind that is none",            0x0015, "29001EF0F0FFFF",                                     SW_WRONG_DATA  },
        {"a wallet with MAC bits",         0x0002, "AF0208F000FF18",                                     SW_WRONG_DATA  },
        {"a wallet of another size",       0x0002, "2F0209F000FF18",                                     SW_WRONG_DATA  },
        {"a wallet with controls",         0x0002, "2F0208F000FF1800",                                   SW_WRONG_LENGTH},
        {"a key file with controls",       0x0000, "3F0050F000FF1800",                                   SW_WRONG_LENGTH},
        {"a key file with another FID",    0x0015, "3F005001F0FFFF",                                     SW_WRONG_DATA  },
        {"a binary with the keys' FID",    0x0000, "280050F0F0FFFF",                                     SW_WRONG_DATA  },
        {"a binary of nothing",            0x0015, "280000F0F0FFFF",                                     SW_WRONG_DATA  },
        {"a variable file of nothing",     0x0015, "2C0000F0F0FFFF",                                     SW_WRONG_DATA  },
        {"a key file of nothing",          0x0000, "3F000001F0FFFF",                                     SW_WRONG_DATA  },
        {"one fixed record",               0x0015, "2A0113F0F0FFFF",                                     SW_WRONG_DATA  },
        {"one cyclic record",              0x0015, "2E0113F0F0FFFF",                                     SW_WRONG_DATA  },
        {"records of nothing",             0x0015, "2A0200F0F0FFFF",                                     SW_WRONG_DATA  },
        {"data that are too short",        0x0015, "28001EF0F0FF",                                       SW_WRONG_LENGTH},
        {"data that are too long",         0x0015, "28001EF0F0FFFF0000",                                 SW_WRONG_LENGTH},
        {"the master file's FID",          0x3F00, "28001EF0F0FFFF",                                     SW_WRONG_DATA  },
        {"the FID of the current one",     0x3FFF, "28001EF0F0FFFF",                                     SW_WRONG_DATA  },
        {"the FID of the future",          0xFFFF, "28001EF0F0FFFF",                                     SW_WRONG_DATA  },
        {"a directory without name bytes", 0x3F01, "380100F0F095FF",                                     SW_WRONG_LENGTH},
        {"a name of nothing",              0x3F01, "380100F0F095FFFF",                                   SW_WRONG_DATA  },
        {"a name of four bytes",           0x3F01, "380100F0F095FFFF11223344",                           SW_WRONG_DATA  },
        {"a name of seventeen bytes",      0x3F01, "380100F0F095FFFF1122334455667788990011223344556677",
         SW_WRONG_LENGTH                                                                                                },
        {"a directory named as the keys",  0x0000, "380100F0F095FFFF1122334455",                         SW_WRONG_DATA  },
        {"the master file's name",         0x3F01, "380100F0F095FFFF315041592E5359532E4444463031",
         SW_WRONG_P1P2                                                                                                  },
        {"more than there is",             0x0015, "28F000F0F0FFFF",                                     SW_NO_SPACE    },
        {"a directory of all there is",    0x3F01, "38FFFFF0F095FFFF1122334455",                         SW_NO_SPACE    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t writes = chip.memory.programs;
        enum sw sw = chip_create(&chip, &chip.master, cases[i].fid, cases[i].data);
        if (sw != cases[i].sw) {
            print_error("%s: %04X instead of %04X\n", cases[i].title, sw, cases[i].sw);
        }
        assert_int_equal(sw, cases[i].sw);
        assert_int_equal(chip.memory.programs, writes);
        assert_int_equal(used_of(&chip.master), 0);
    }
}

static void a_fid_or_a_name_exists_once(void **state) {
    (void)state;
    (void)chip_dir(&chip, &chip.master, 0x3F01, WALLET_DIR_DATA);
    (void)chip_file(&chip, 0x0015, "28001EF0F0FFFF");
    assert_int_equal(chip_create(&chip, &chip.master, 0x0015, "2A0213F000FFFF"), SW_WRONG_P1P2);
    assert_int_equal(chip_create(&chip, &chip.master, 0x3F01, "28001EF0F0FFFF"), SW_WRONG_P1P2);
    assert_int_equal(
        chip_create(&chip, &chip.master, 0x0015, "380100F0F095FFFF1122334455"), SW_WRONG_P1P2);
    assert_int_equal(chip_create(&chip, &chip.master, 0x3F02, "380100F0F095FFFFA00000000386980701"),
        SW_WRONG_P1P2);
    assert_int_equal(
        chip_create(&chip, &chip.master, 0x3F02, "380100F0F095FFFFA00000000386980702"), SW_OK);
}

static void a_directory_is_filled_to_its_last_byte(void **state) {
    (void)state;
    struct dir d = chip_dir(&chip, &chip.master, 0x3F01, "380040F0F095FFFF1122334455");
    assert_int_equal(chip_create(&chip, &d, 0x0001, "280036F0F0FFFF"), SW_NO_SPACE);
    assert_int_equal(chip_create(&chip, &d, 0x0001, "280035F0F0FFFF"), SW_OK);
    assert_int_equal(used_of(&d), 0x40);
    assert_int_equal(chip_create(&chip, &d, 0x0002, "280001F0F0FFFF"), SW_NO_SPACE);
    (void)chip_file(&chip, 0x0002, "280001F0F0FFFF");
}

static void the_master_file_is_filled_to_the_end_of_the_memory(void **state) {
    (void)state;
    char data[16];
    struct dir_info info;
    uint8_t last = 'x';
    dir_read(&chip.store, &chip.master, &info);
    (void)snprintf(data, sizeof data, "28%04XF0F0FFFF", info.size - TREE_EF_HEAD + 1);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0001, data), SW_NO_SPACE);
    (void)snprintf(data, sizeof data, "28%04XF0F0FFFF", info.size - TREE_EF_HEAD);
    struct ef ef = chip_file(&chip, 0x0001, data);
    store_begin(&chip.store);
    enum sw sw = binary_update(
        &chip.store, &ef, (uint16_t)(ef.size - 1), bytes_of(&last, sizeof last));
    assert_int_equal(chip_end(&chip, sw), SW_OK);
    uint8_t kept = 0;
    store_read(&chip.store, FILE_CHIP_SIZE - 1, &kept, sizeof kept);
    assert_int_equal(kept, 'x');
}

/* The shortest file there is, TREE_EF_HEAD and one byte, at the very end of the memory: shorter than
 * what an entry may be at most, and found all the same. */
static void the_last_bytes_of_the_memory_hold_a_file(void **state) {
    (void)state;
    struct dir_info info;
    struct ef ef;
    char data[24];
    dir_read(&chip.store, &chip.master, &info);
    uint32_t left = info.size - info.used - 2 * TREE_EF_HEAD - 1;
    (void)snprintf(data, sizeof data, "28%04XF0F0FFFF", (unsigned)left);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0005, data), SW_OK);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0006, "280001F0F0FFFF"), SW_OK);
    dir_read(&chip.store, &chip.master, &info);
    assert_int_equal(info.used, info.size);
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, 0x0006, &ef), SW_OK);
    assert_int_equal(ef.size, 1);
    assert_int_equal(chip_create(&chip, &chip.master, 0x0006, "280001F0F0FFFF"), SW_WRONG_P1P2);
}

static void there_are_three_levels_and_no_more(void **state) {
    (void)state;
    struct dir second = chip_dir(&chip, &chip.master, 0x3F01, "381000F0F095FFFF1122334455");
    struct dir third = chip_dir(&chip, &second, 0x3F02, "380800F0F095FFFF1122334456");
    assert_int_equal(
        chip_create(&chip, &third, 0x3F03, "380100F0F095FFFF1122334457"), SW_UNSUPPORTED);
    assert_int_equal(chip_create(&chip, &third, 0x0001, "280035F0F0FFFF"), SW_OK);
}

static void nothing_is_made_in_no_directory(void **state) {
    (void)state;
    struct dir nowhere = {0};
    assert_int_equal(chip_create(&chip, &nowhere, 0x0015, "28001EF0F0FFFF"), SW_UNSUPPORTED);
    store_begin(&chip.store);
    assert_int_equal(dir_erase(&chip.store, &nowhere), SW_UNSUPPORTED);
    store_abandon(&chip.store);
}

/* Each byte of each data field changed in turn: refused, or a file that keeps all promises. */
static void a_flipped_byte_never_breaks_the_tree(void **state) {
    (void)state;
    static const struct {
        uint16_t fid;
        const char *data;
    } files[] = {
        {0x0000, "3F018F95F0FFFF"  },
        {0x0015, "A8001EF0F0FFFF"  },
        {0x0018, "2E0A17F1EFFFFF"  },
        {0x0001, "2F0208F100FF18"  },
        {0xEF05, "2C01000401880083"},
        {0x0003, "2A0213F000FFFF"  },
        {0x3F01, WALLET_DIR_DATA   },
    };
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        uint8_t data[64];
        size_t len = from_hex(files[f].data, data, sizeof data);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            struct dir_info info;
            chip_make(&chip);
            data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            store_begin(&chip.store);
            enum sw sw = chip_end(
                &chip, tree_create(&chip.store, &chip.master, files[f].fid, bytes_of(data, len)));
            data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            dir_read(&chip.store, &chip.master, &info);
            assert_int_equal(info.used > 0, sw == SW_OK);
            assert_true(info.used <= info.size);
            (void)chip_file(&chip, 0x0016, "280010F0F0FFFF");
        }
    }
}

/* ---- the master file ---- */

static void the_master_file_is_made_once(void **state) {
    (void)state;
    assert_int_equal(chip_create_master(&chip, MASTER_DATA), SW_WRONG_P1P2);
}

static void the_master_file_takes_any_transport_code_and_keeps_none(void **state) {
    (void)state;
    static const char *const good[] = {"38FFFFF0F001", MASTER_DATA, "38FFFFF0F0010102030405060708"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct dir master;
        struct dir_info info;
        chip_blank(&chip);
        assert_int_equal(chip_create_master(&chip, good[i]), SW_OK);
        assert_int_equal(dir_master(&chip.store, &master), SW_OK);
        dir_read(&chip.store, &master, &info);
        assert_int_equal(info.family, FAMILY_PURSE);
        assert_int_equal(info.name_len, 14);
    }
    uint8_t entry[12];
    store_read(&chip.store, LAYOUT_FILES, entry, sizeof entry);
    assert_memory_equal(entry, "\x3F\x00\x08\x38\xFF\xFF", 6);
    assert_memory_not_equal(entry + 9, "\x01\x02\x03", 3);
}

static void a_master_file_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *data;
        enum sw sw;
    } cases[] = {
        {"38FFFFF0F0",                                               SW_WRONG_LENGTH},
        {"",                                                         SW_WRONG_LENGTH},
        {"38FFFFF0F00100112233445566778899AABBCCDDEEFF001122334455", SW_WRONG_LENGTH},
        {"39FFFFF0F001FFFFFFFFFFFFFF",                               SW_WRONG_DATA  },
        {"38FFFEF0F001FFFFFFFFFFFFFF",                               SW_NO_SPACE    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dir d;
        chip_blank(&chip);
        assert_int_equal(chip_create_master(&chip, cases[i].data), cases[i].sw);
        assert_int_equal(dir_master(&chip.store, &d), SW_UNSUPPORTED);
    }
}

/* ---- erasing ---- */

static void erasing_a_directory_empties_it_and_nothing_else(void **state) {
    (void)state;
    struct ef ef;
    struct dir d = chip_dir(&chip, &chip.master, 0x3F01, WALLET_DIR_DATA);
    (void)chip_file(&chip, 0x0015, "28001EF0F0FFFF");
    assert_int_equal(chip_create(&chip, &d, 0x0000, "3F018F95F0FFFF"), SW_OK);
    assert_int_equal(chip_create(&chip, &d, 0x0015, "A8001EF0F0FFFF"), SW_OK);
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_erase(&chip.store, &d)), SW_OK);
    assert_int_equal(ef_by_fid(&chip.store, &d, 0x0015, &ef), SW_FILE_NOT_FOUND);
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, 0x0015, &ef), SW_OK);
    struct dir_info info;
    dir_read(&chip.store, &d, &info);
    assert_int_equal(info.used, 0);
    assert_int_equal(info.size, 0x036F);
    assert_false(info.has_keys);
    assert_int_equal(chip_create(&chip, &d, 0x0000, "3F018F95F0FFFF"), SW_OK);
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_erase(&chip.store, &chip.master)), SW_OK);
    assert_int_equal(dir_by_fid(&chip.store, &chip.master, 0x3F01, &d), SW_FILE_NOT_FOUND);
    assert_int_equal(dir_master(&chip.store, &d), SW_OK);
}

/* Whoever makes a binary where a key file was must not find keys in it. */
static void a_new_file_shows_nothing_of_an_erased_one(void **state) {
    (void)state;
    uint8_t secret[64], seen[64];
    (void)memset(secret, 0x5E, sizeof secret);
    struct ef old = chip_file(&chip, 0x0015, "280040F0F0FFFF");
    store_begin(&chip.store);
    assert_int_equal(
        chip_end(&chip, binary_update(&chip.store, &old, 0, bytes_of(secret, sizeof secret))),
        SW_OK);
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_erase(&chip.store, &chip.master)), SW_OK);
    struct ef fresh = chip_file(&chip, 0x0016, "280040F0F0FFFF");
    struct builder b = builder_in(seen, sizeof seen);
    assert_int_equal(binary_read(&chip.store, &fresh, 0, sizeof seen, &b), SW_OK);
    for (size_t i = 0; i < sizeof seen; i++) {
        assert_int_equal(seen[i], 0);
    }
}

/* ---- power and batches ---- */

static void a_file_is_made_only_as_the_first_thing_of_a_batch(void **state) {
    (void)state;
    uint8_t data[64];
    size_t len = from_hex("28001EF0F0FFFF", data, sizeof data);
    struct dir d = chip_dir(&chip, &chip.master, 0x3F01, WALLET_DIR_DATA);
    store_begin(&chip.store);
    assert_int_equal(dir_erase(&chip.store, &d), SW_OK);
    assert_int_equal(tree_create(&chip.store, &d, 0x0015, bytes_of(data, len)), SW_MEMORY);
    store_abandon(&chip.store);
}

static void an_abandoned_file_was_never_there(void **state) {
    (void)state;
    uint8_t data[64];
    struct ef ef;
    size_t len = from_hex("28001EF0F0FFFF", data, sizeof data);
    store_begin(&chip.store);
    assert_int_equal(tree_create(&chip.store, &chip.master, 0x0015, bytes_of(data, len)), SW_OK);
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, 0x0015, &ef), SW_OK);
    store_abandon(&chip.store);
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, 0x0015, &ef), SW_FILE_NOT_FOUND);
    assert_int_equal(used_of(&chip.master), 0);
}

/* Power fails in every programming of making a file: it is there, empty and whole, or it never was. */
static void a_cut_while_a_file_is_made_leaves_a_file_or_none(void **state) {
    (void)state;
    static struct memory before;
    chip_keep(&before, &chip.memory);
    bool made = false;
    for (unsigned cut = 0; !made; cut++) {
        struct ef ef;
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        made = chip_create(&chip, &chip.master, 0xEF05, "2C00400401880083") == SW_OK;
        chip_reset(&chip);
        bool found = ef_by_fid(&chip.store, &chip.master, 0xEF05, &ef) == SW_OK;
        assert_true(found || !made);
        assert_int_equal(used_of(&chip.master), found ? TREE_EF_HEAD + 0x40 : 0);
        if (!found) {
            ef = chip_file(&chip, 0xEF05, "2C00400401880083");
        }
        assert_int_equal(ef.size, 0x40);
    }
}

static void a_cut_while_erasing_leaves_all_or_nothing(void **state) {
    (void)state;
    static struct memory before;
    (void)chip_file(&chip, 0x0015, "28001EF0F0FFFF");
    (void)chip_file(&chip, 0x0016, "28001EF0F0FFFF");
    chip_keep(&before, &chip.memory);
    bool erased = false;
    for (unsigned cut = 0; !erased; cut++) {
        struct ef ef;
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        store_begin(&chip.store);
        erased = chip_end(&chip, dir_erase(&chip.store, &chip.master)) == SW_OK;
        chip_reset(&chip);
        bool first = ef_by_fid(&chip.store, &chip.master, 0x0015, &ef) == SW_OK;
        bool second = ef_by_fid(&chip.store, &chip.master, 0x0016, &ef) == SW_OK;
        assert_int_equal(first, second);
        assert_true(!erased || !first);
    }
}

#define MAKE_TEST(test) cmocka_unit_test_setup(test, make_chip)

int main(void) {
    const struct CMUnitTest tests[] = {
        MAKE_TEST(the_issuing_example_fits_into_its_directory),
        MAKE_TEST(each_kind_takes_what_the_header_says),
        MAKE_TEST(what_cannot_be_is_refused_and_changes_nothing),
        MAKE_TEST(a_fid_or_a_name_exists_once),
        MAKE_TEST(a_directory_is_filled_to_its_last_byte),
        MAKE_TEST(the_master_file_is_filled_to_the_end_of_the_memory),
        MAKE_TEST(the_last_bytes_of_the_memory_hold_a_file),
        MAKE_TEST(there_are_three_levels_and_no_more),
        MAKE_TEST(nothing_is_made_in_no_directory),
        MAKE_TEST(a_flipped_byte_never_breaks_the_tree),
        MAKE_TEST(the_master_file_is_made_once),
        MAKE_TEST(the_master_file_takes_any_transport_code_and_keeps_none),
        MAKE_TEST(a_master_file_that_cannot_be_is_refused),
        MAKE_TEST(erasing_a_directory_empties_it_and_nothing_else),
        MAKE_TEST(a_new_file_shows_nothing_of_an_erased_one),
        MAKE_TEST(a_file_is_made_only_as_the_first_thing_of_a_batch),
        MAKE_TEST(an_abandoned_file_was_never_there),
        MAKE_TEST(a_cut_while_a_file_is_made_leaves_a_file_or_none),
        MAKE_TEST(a_cut_while_erasing_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "file_chip.h"

/* The tree that most tests walk: two applications under the master file, two directories under the
 * second of them, as a social security card has them. */
static struct file_chip chip;
static struct dir wallet, social, df01, df02;

static int make_tree(void **state) {
    (void)state;
    chip_make(&chip);
    wallet = chip_dir(&chip, &chip.master, 0x3F01, WALLET_DIR_DATA);
    social = chip_dir(&chip, &chip.master, 0xDDF1, SOCIAL_DIR_DATA);
    df01 = chip_dir(&chip, &social, 0xDF01, "380100F0F00001FFD15600000500");
    df02 = chip_dir(&chip, &social, 0xDF02, "380100F0F00001FFD15600000501");
    return 0;
}

static void a_blank_chip_has_no_master_file(void **state) {
    (void)state;
    static struct file_chip blank;
    struct dir d;
    struct dir_info info;
    chip_blank(&blank);
    assert_int_equal(dir_master(&blank.store, &d), SW_UNSUPPORTED);
    assert_int_equal(dir_by_fid(&blank.store, &(struct dir){0}, FID_MF, &d), SW_UNSUPPORTED);
    assert_int_equal(dir_by_fid(&blank.store, &(struct dir){0}, 1, &d), SW_FILE_NOT_FOUND);
    assert_int_equal(
        dir_by_name(&blank.store, &(struct dir){0}, bytes_text("x"), &d), SW_FILE_NOT_FOUND);
    assert_int_equal(
        ef_by_fid(&blank.store, &(struct dir){0}, 1, &(struct ef){0}), SW_FILE_NOT_FOUND);
    dir_read(&blank.store, &(struct dir){0}, &info);
    assert_int_equal(info.size, 0);
}

static void the_master_file_owns_all_memory_there_is(void **state) {
    (void)state;
    struct dir_info info;
    dir_read(&chip.store, &chip.master, &info);
    assert_int_equal(info.fid, FID_MF);
    assert_int_equal(info.size, FILE_CHIP_SIZE - LAYOUT_FILES - TREE_DIR_HEAD);
    assert_int_equal(info.app_file, 0x01);
    assert_int_equal(info.family, FAMILY_PURSE);
    assert_int_equal(info.create.interval, 0xF0);
    assert_memory_equal(info.name, "1PAY.SYS.DDF01", 14);
    assert_int_equal(info.name_len, 14);
    assert_false(info.has_keys);
}

static void a_directory_tells_what_it_was_created_with(void **state) {
    (void)state;
    struct dir_info info;
    dir_read(&chip.store, &wallet, &info);
    assert_int_equal(info.fid, 0x3F01);
    assert_int_equal(info.size, 0x036F);
    assert_int_equal(info.used, 0);
    assert_int_equal(info.app_file, 0x95);
    assert_int_equal(info.family, FAMILY_PURSE);
    assert_hex(bytes_of(info.name, info.name_len), "A00000000386980701");
    dir_read(&chip.store, &social, &info);
    assert_int_equal(info.family, FAMILY_SOCIAL);
    assert_int_equal(info.used, 2 * (TREE_DIR_HEAD + 6 + 0x100));
    assert_hex(bytes_of(info.name, info.name_len), "7378312E73682EC9E7BBE1B1A3D5CF");
}

/* From each directory, what SELECT by FID may find: the master file and its own children. */
static void a_fid_finds_the_master_file_and_children(void **state) {
    (void)state;
    const struct {
        const struct dir *from;
        uint16_t fid;
        const struct dir *to; /* NULL: 6A82 */
    } cases[] = {
        {&chip.master, 0x3F00, &chip.master},
        {&chip.master, 0x3F01, &wallet     },
        {&chip.master, 0xDDF1, &social     },
        {&chip.master, 0xDF01, NULL        },
        {&social,      0xDF01, &df01       },
        {&social,      0xDF02, &df02       },
        {&social,      0xDDF1, NULL        },
        {&social,      0x3F01, NULL        },
        {&df01,        0x3F00, &chip.master},
        {&df01,        0xDF02, NULL        },
        {&df01,        0xDF01, NULL        },
        {&wallet,      0xDF01, NULL        },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dir d = {0};
        enum sw sw = dir_by_fid(&chip.store, cases[i].from, cases[i].fid, &d);
        assert_int_equal(sw, cases[i].to ? SW_OK : SW_FILE_NOT_FOUND);
        assert_true(!cases[i].to || dir_same(&d, cases[i].to));
    }
}

/* From each directory, what SELECT by name finds: itself, children, siblings, and the way up. */
static void a_name_finds_self_children_siblings_and_the_way_up(void **state) {
    (void)state;
    static const char *const names[] = {"315041592E5359532E4444463031", "A00000000386980701",
        "7378312E73682EC9E7BBE1B1A3D5CF", "D15600000500", "D15600000501"};
    const struct dir *const dirs[] = {&chip.master, &wallet, &social, &df01, &df02};
    for (size_t from = 0; from < 5; from++) {
        for (size_t to = 0; to < 5; to++) {
            uint8_t name[16];
            struct dir d = {0};
            size_t len = from_hex(names[to], name, sizeof name);
            bool reachable = to < 3 || from >= 2;
            enum sw sw = dir_by_name(&chip.store, dirs[from], bytes_of(name, len), &d);
            assert_int_equal(sw, reachable ? SW_OK : SW_FILE_NOT_FOUND);
            assert_true(!reachable || dir_same(&d, dirs[to]));
        }
    }
}

static void a_name_counts_only_as_a_whole(void **state) {
    (void)state;
    uint8_t name[16];
    struct dir d;
    size_t len = from_hex("7378312E73682EC9E7BBE1B1A3D5CF", name, sizeof name);
    for (size_t part = 0; part < len; part++) {
        assert_int_equal(
            dir_by_name(&chip.store, &chip.master, bytes_of(name, part), &d), SW_FILE_NOT_FOUND);
        name[part] ^= 1;
        assert_int_equal(
            dir_by_name(&chip.store, &chip.master, bytes_of(name, len), &d), SW_FILE_NOT_FOUND);
        name[part] ^= 1;
    }
    assert_int_equal(dir_by_name(&chip.store, &chip.master, bytes_of(name, len), &d), SW_OK);
}

static void the_way_up_ends_at_the_master_file(void **state) {
    (void)state;
    struct dir d;
    assert_true(dir_above(&df02, &d));
    assert_true(dir_same(&d, &social));
    assert_true(dir_above(&d, &d));
    assert_true(dir_same(&d, &chip.master));
    assert_false(dir_above(&d, &d));
    assert_false(dir_same(&(struct dir){0}, &(struct dir){0}));
}

static void short_identifiers_follow_from_the_fid(void **state) {
    (void)state;
    static const struct {
        uint16_t fid;
        uint8_t sfi;
    } cases[] = {
        {0x0001, 1   },
        {0x0015, 0x15},
        {0x001E, 30  },
        {0x001F, 0   },
        {0x0000, 0   },
        {0xEF05, 5   },
        {0xEF1A, 26  },
        {0xEF1F, 0   },
        {0xEF00, 0   },
        {0xDF05, 0   },
        {0x0105, 0   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(sfi_of_fid(cases[i].fid), cases[i].sfi);
    }
}

static void a_file_is_found_by_fid_and_by_short_identifier_in_its_directory_only(void **state) {
    (void)state;
    struct ef ef;
    assert_int_equal(chip_create(&chip, &df01, 0xEF05, "2C004000EF000083"), SW_OK);
    assert_int_equal(chip_create(&chip, &df01, 0xEF06, "28001000EF000083"), SW_OK);
    assert_int_equal(ef_by_fid(&chip.store, &df01, 0xEF06, &ef), SW_OK);
    assert_int_equal(ef.kind, EF_BINARY);
    assert_int_equal(ef_by_sfi(&chip.store, &df01, 5, &ef), SW_OK);
    assert_int_equal(ef.fid, 0xEF05);
    assert_int_equal(ef_by_sfi(&chip.store, &df01, 7, &ef), SW_FILE_NOT_FOUND);
    assert_int_equal(ef_by_sfi(&chip.store, &df01, 0, &ef), SW_FILE_NOT_FOUND);
    assert_int_equal(ef_by_fid(&chip.store, &df02, 0xEF06, &ef), SW_FILE_NOT_FOUND);
    assert_int_equal(ef_by_fid(&chip.store, &social, 0xDF01, &ef), SW_FILE_NOT_FOUND);
}

/* What CREATE FILE's data say, by kind and dialect, and what is handed out. */
static void rights_and_sizes_are_handed_out_as_created(void **state) {
    (void)state;
    static const struct {
        uint16_t fid;
        const char *data;
        struct ef expected;
    } cases[] = {
        {0x0015, "A8001EF1F0FFFC",
         {.kind = EF_BINARY,
                .protection = EF_MACED,
                .attr = 0xFC,
                .size = 0x1E,
                .read = {.interval = 0xF1},
                .write = {.interval = 0xF0}}                                  },
        {0x0018, "6E0A17F1EFFFFF",
         {.kind = EF_CYCLIC,
                .protection = EF_ENCRYPTED,
                .attr = 0xFF,
                .size = 0x0A17,
                .record_max = 10,
                .record_len = 23,
                .read = {.interval = 0xF1},
                .write = {.interval = 0xEF}}                                  },
        {0x0002, "2F0208F01FFF18",
         {.kind = EF_WALLET,
                .attr = 0x18,
                .size = 0x0208,
                .log_sfi = 0x18,
                .read = {.interval = 0xF0},
                .write = {.interval = 0x1F}}                                  },
        {0x0000, "3F018F95F0FFFF",
         {.kind = EF_KEYS,
                .attr = 0x95,
                .size = 0x018F,
                .read = {.interval = RIGHT_NEVER},
                .write = {.interval = 0xF0}}                                  },
        {0xEF05, "2C01000401880083",
         {.kind = EF_VARIABLE,
                .attr = 0xFF,
                .size = 0x0100,
                .read = {.form = RIGHT_CONTROL, .above = 1, .here = 0x88},
                .write = {.form = RIGHT_CONTROL, .here = 0x83, .all = true}}  },
        {0xEF07, "EA021040EF01FFEF",
         {.kind = EF_FIXED,
                .protection = EF_MACED | EF_ENCRYPTED,
                .attr = 0xFF,
                .size = 0x0210,
                .record_max = 2,
                .record_len = 16,
                .read = {.form = RIGHT_CONTROL, .above = 0xEF, .here = 1, .all = true},
                .write = {.form = RIGHT_CONTROL, .above = 0xFF, .here = 0xEF}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ef got = chip_file(&chip, cases[i].fid, cases[i].data);
        const struct ef *want = &cases[i].expected;
        assert_int_equal(got.fid, cases[i].fid);
        assert_int_equal(got.kind, want->kind);
        assert_int_equal(got.protection, want->protection);
        assert_int_equal(got.attr, want->attr);
        assert_int_equal(got.size, want->size);
        assert_int_equal(got.record_max, want->record_max);
        assert_int_equal(got.record_len, want->record_len);
        assert_int_equal(got.log_sfi, want->log_sfi);
        assert_memory_equal(&got.read, &want->read, sizeof got.read);
        assert_memory_equal(&got.write, &want->write, sizeof got.write);
    }
}

static void a_key_file_is_noticed_in_its_directory_only(void **state) {
    (void)state;
    struct dir_info info;
    assert_int_equal(chip_create(&chip, &social, FID_KEYS, "3F008000F0FFFF"), SW_OK);
    dir_read(&chip.store, &social, &info);
    assert_true(info.has_keys);
    dir_read(&chip.store, &df01, &info);
    assert_false(info.has_keys);
}

static void the_blocked_byte_is_kept_for_one_directory(void **state) {
    (void)state;
    struct dir_info info;
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, dir_block(&chip.store, &social, 2)), SW_OK);
    chip_reset(&chip);
    dir_read(&chip.store, &social, &info);
    assert_int_equal(info.blocked, 2);
    dir_read(&chip.store, &wallet, &info);
    assert_int_equal(info.blocked, 0);
    store_begin(&chip.store);
    assert_int_equal(dir_block(&chip.store, &(struct dir){0}, 1), SW_UNSUPPORTED);
    store_abandon(&chip.store);
}

#define TREE_TEST(test) cmocka_unit_test_setup(test, make_tree)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_chip_has_no_master_file),
        TREE_TEST(the_master_file_owns_all_memory_there_is),
        TREE_TEST(a_directory_tells_what_it_was_created_with),
        TREE_TEST(a_fid_finds_the_master_file_and_children),
        TREE_TEST(a_name_finds_self_children_siblings_and_the_way_up),
        TREE_TEST(a_name_counts_only_as_a_whole),
        TREE_TEST(the_way_up_ends_at_the_master_file),
        TREE_TEST(short_identifiers_follow_from_the_fid),
        TREE_TEST(a_file_is_found_by_fid_and_by_short_identifier_in_its_directory_only),
        TREE_TEST(rights_and_sizes_are_handed_out_as_created),
        TREE_TEST(a_key_file_is_noticed_in_its_directory_only),
        TREE_TEST(the_blocked_byte_is_kept_for_one_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

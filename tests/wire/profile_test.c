#include "check.h"
#include "wire/profile.h"

/* The tables of card.md 2.5 and 2.6, written a second time: tag, length of each record of a
 * variable file. Tag 60 is left out where the cross rule wants it. */
static const struct {
    enum profile_file_name file;
    uint16_t fid;
    const char *records;
} sheets[] = {
    {FILE_SSSE_EF05,     0xEF05, "0110 0201 0304 040C 0504 0604 0709"                 },
    {FILE_SSSE_EF06,     0xEF06, "0812 091E 0A01 0B01 0C03 0D04"                      },
    {FILE_DF01_EF05,     0xEF05, "2001 213E 2212"                                     },
    {FILE_DF01_EF06,     0xEF06, "253E 2612 2703 280F"                                },
    {FILE_DF01_EF07,     0xEF07, "2901"                                               },
    {FILE_DF01_EF08,     0xEF08, "2B01"                                               },
    {FILE_DF01_EF09,     0xEF09, "2E3E 2F08 3009 3101 3203"                           },
    {FILE_DF01_EF0A,     0xEF0A, "3704 3804 3904"                                     },
    {FILE_DF02_EF05,     0xEF05, "4034 4134 4203 431D 441D 5A07 5B01 5C09 5D04"       },
    {FILE_DF02_EF06,     0xEF06, "4B04 4C04 4D04 4F04 5004 3A07"                      },
    {FILE_DF02_EF08,     0xEF08, "520A 533E 9408 5404"                                },
    {FILE_DF02_EF09,     0xEF09, "550A 563E 9508 9604 9704"                           },
    {FILE_DF03_EF05,     0xEF05, "6004 9804 6104 6204 6303 6403 6503 6603"            },
    {FILE_DF03_EF06,     0xEF06, "6704 683E 693E 6A10 6B3C"                           },
    {FILE_DF03_EF07,     0xEF07, "6C04 6D04 6E04 6F04 7003 7104 7204 7304"            },
    {FILE_DF04_EF05,     0xEF05,
     "8004 813E 8208 8309 843E 8508 8609 873E 8808 8909 8A0F 8B0A 8C01 8F01"          },
    {FILE_DF04_EF06,     0xEF06, "9004 9204 9304"                                     },
    {FILE_P20_SSSE_EF05, 0xEF05, "0110 0201 0304 040C 0504 0604 0709"                 },
    {FILE_P20_SSSE_EF06, 0xEF06, "0812 091E 4E14 0A01 0B01 0C03 0D04"                 },
    {FILE_P20_DF01_EF05, 0xEF05, "2002 2150 0E03"                                     },
    {FILE_P20_DF01_EF06, 0xEF06, "2350 2403 280F 2C32 2D0F"                           },
    {FILE_P20_DF01_EF07, 0xEF07, "2901"                                               },
    {FILE_P20_DF01_EF08, 0xEF08, "2B01"                                               },
    {FILE_P20_DF01_EF09, 0xEF09, "2E46 3009 3202"                                     },
    {FILE_P20_DF01_EF0A, 0xEF0A, "3703 3802 3904"                                     },
    {FILE_P20_DF01_EF15, 0xEF15, "2A01 4034 4034 4034"                                },
    {FILE_P20_DF02_EF05, 0xEF05, "4203 4103 436C 436C 4465 4465"                      },
    {FILE_P20_DF02_EF06, 0xEF06, "4C04 4B05 4D03 6004 4F06 5003 3A07"                 },
    {FILE_P20_DF02_EF09, 0xEF09, "5510 5646 9604 9703"                                },
    {FILE_P20_DF02_EF15, 0xEF15, "9910 9910 9910 9910 0F04 1F03"                      },
    {FILE_P20_DF03_EF05, 0xEF05, "6103 9804 6204 6303 6403 6503 6603"                 },
    {FILE_P20_DF03_EF06, 0xEF06, "4514 4602 4702 4801 4901 6704 6B3C 4A61 4A61 4A61"  },
    {FILE_P20_DF03_EF07, 0xEF07, "7003 7103 6E04 6C04 6F04 7304"                      },
    {FILE_P20_DF03_EF15, 0xEF15, "7A03 7B04 7C04"                                     },
    {FILE_P20_DF03_EF16, 0xEF16, "5103 5F01"                                          },
    {FILE_P20_DF03_EF17, 0xEF17, "3B14 3C46 3D01 3E04 3F3C"                           },
    {FILE_P20_DF03_EF18, 0xEF18, "7403 7503 7601 7704 7804"                           },
    {FILE_P20_DF03_EF19, 0xEF19, "7927 7927 7927 7927"                                },
    {FILE_P20_DF04_EF05, 0xEF05,
     "8108 8403 8711 8C01 8004 8B1D 8A0F 8309 8609 8909 7D09 7E09 7F09 8D09 8E09 8F01"},
    {FILE_P20_DF04_EF06, 0xEF06, "9001 9204 9302"                                     },
    {FILE_P20_DF07_EF05, 0xEF05, "F002 F101 F204 F303 F404"                           },
    {FILE_P20_DF07_EF06, 0xEF06, "F503 F604 F746"                                     },
    {FILE_P20_DF07_EF07, 0xEF07, "F804 F901"                                          },
    {FILE_P30_SSSE_EF06, 0xEF06, "0812 091E 4E14 0A01 0B01 0C03 0D04"                 },
};

static void every_record_is_as_the_specification_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        uint8_t wanted[64];
        size_t len = from_hex(sheets[i].records, wanted, sizeof wanted);
        size_t count = 0;
        const struct profile_field *field = profile_fields(sheets[i].file, &count);
        assert_int_equal(profile_file(sheets[i].file)->fid, sheets[i].fid);
        assert_int_equal(count, len / 2);
        uint16_t size = 0;
        for (size_t f = 0; f < count; f++) {
            assert_int_equal(field[f].tag, wanted[2 * f]);
            assert_int_equal(field[f].length, wanted[2 * f + 1]);
            size = (uint16_t)(size + field[f].length + 2);
        }
        assert_int_equal(profile_file_size(sheets[i].file), size);
    }
}

/* How often a tag stands in the files of a profile. */
static unsigned tag_count(enum profile_name profile, uint8_t tag, uint16_t fid) {
    unsigned found = 0;
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        const struct profile_file *f = profile_file(file);
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        for (size_t i = 0; i < count && profile_has(profile, file) && f->fid == fid; i++) {
            found += field[i].tag == tag;
        }
    }
    return found;
}

/* Tag 3A beside the employment record; tag 60 in one file of two. [card.md 2.5, cross rules] */
static void the_cross_rules_hold(void **state) {
    (void)state;
    for (enum profile_name profile = PROFILE_P10; profile <= PROFILE_P30; profile++) {
        assert_int_equal(tag_count(profile, 0x3A, 0xEF06), 1);
        assert_int_equal(tag_count(profile, 0x60, 0xEF06) + tag_count(profile, 0x60, 0xEF05), 1);
    }
}

/* What stands inside a field of many tags, blank: tag, length, and what fills it. [card.md 2.6] */
static void every_btlv_field_holds_its_tags(void **state) {
    (void)state;
    static const struct {
        const char *field, *inside; /* tag and length of each */
    } cases[] = {
        {"degree_3",      "5703 5803 5928"                    },
        {"skill_proof_2", "5A07 5B01 5C46 5D04 5E10"          },
        {"title_1",       "3303 3446 3504 3610"               },
        {"help_4",        "1003 1104 1203"                    },
        {"capacity_4a_2", "1302 1401 1514 1604 173C"          },
        {"insured_1",     "1803 1903 1A04 1B04 1C04 1D03 1E04"},
        {"skill_41",      "5703 5803 5928"                    },
    };
    struct profile_values blank;
    unsigned seen = 0;
    profile_blank(&blank);
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        for (size_t i = 0; i < count * (sizeof cases / sizeof cases[0]); i++) {
            const struct profile_field *f = &field[i % count];
            uint8_t wanted[16];
            if (strcmp(f->name, cases[i / count].field) != 0) {
                continue;
            }
            size_t len = from_hex(cases[i / count].inside, wanted, sizeof wanted);
            struct cursor c = cursor_over(profile_value(&blank, f));
            for (size_t t = 0; t < len; t += 2) {
                assert_int_equal(cursor_u8(&c), wanted[t]);
                assert_int_equal(cursor_u8(&c), wanted[t + 1]);
                (void)cursor_take(&c, wanted[t + 1]);
            }
            assert_true(cursor_finished(&c));
            seen++;
        }
    }
    assert_int_equal(seen, sizeof cases / sizeof cases[0]);
}

/* Cyclic and transparent files of 2.0 and 3.0: records, bytes. [card.md 2.6, 2.7; decision 0021] */
static void files_without_tags_are_as_large_as_they_say(void **state) {
    (void)state;
    static const struct {
        enum profile_file_name file;
        enum profile_kind kind;
        uint8_t count;
        uint16_t length;
    } sizes[] = {
        {FILE_P20_SSSE_EF07, KIND_TRANSPARENT, 1,  0x400 },
        {FILE_P20_SSSE_EF08, KIND_TRANSPARENT, 1,  0x1000},
        {FILE_P20_DF01_EF16, KIND_TRANSPARENT, 1,  0x128 },
        {FILE_P20_DF01_EF1A, KIND_TRANSPARENT, 1,  0x128 },
        {FILE_P20_DF02_EF07, KIND_CYCLIC,      4,  0x55  },
        {FILE_P20_DF02_EF16, KIND_CYCLIC,      4,  0x12  },
        {FILE_P20_DF04_EF08, KIND_CYCLIC,      30, 0x1C  },
        {FILE_P20_DF04_EF15, KIND_CYCLIC,      8,  0x03  },
        {FILE_DF04_EF08,     KIND_CYCLIC,      10, 0x1C  },
        {FILE_DF02_EF07,     KIND_CYCLIC,      4,  0x55  },
        {FILE_CERT_0012,     KIND_TRANSPARENT, 1,  0x42  },
        {FILE_CERT_0019,     KIND_TRANSPARENT, 1,  0x600 },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct profile_file *f = profile_file(sizes[i].file);
        assert_int_equal(f->kind, sizes[i].kind);
        assert_int_equal(f->count, sizes[i].count);
        assert_int_equal(f->length, sizes[i].length);
        assert_int_equal(profile_file_size(sizes[i].file), sizes[i].count * sizes[i].length);
    }
}

static void profiles_have_names_and_chips(void **state) {
    (void)state;
    for (enum profile_name profile = 0; profile < PROFILE_COUNT; profile++) {
        enum profile_name found = PROFILE_COUNT;
        assert_true(profile_of_text(profile_text(profile), &found));
        assert_int_equal(found, profile);
        assert_true(profile_chip_bytes(profile) >= 16 * 1024);
    }
    enum profile_name untouched = PROFILE_P20;
    assert_false(profile_of_text("P40", &untouched));
    assert_false(profile_of_text("", &untouched));
    assert_int_equal(untouched, PROFILE_P20);
}

/* SM4 where 3.0 has it, 3DES everywhere else; the answer to SELECT by the byte of CREATE. */
static void ciphers_are_those_of_decision_0021(void **state) {
    (void)state;
    for (enum profile_name profile = 0; profile < PROFILE_COUNT; profile++) {
        const struct profile_made *made;
        for (size_t i = 0; (made = profile_made_at(profile, i)) != NULL; i++) {
            bool bank = made->place == AT_MF || made->place == AT_WALLET;
            bool sm4 = profile == PROFILE_P30 && !bank;
            assert_int_equal(made->algorithm, sm4 ? ALGORITHM_OF_SM4 : ALGORITHM_OF_TDES);
        }
    }
    assert_int_equal(profile_made(PROFILE_P10, AT_SSSE)->fci_file, 0x0B);
    assert_int_equal(profile_made(PROFILE_P20, AT_SSSE)->fci_file, 0x1E);
    assert_null(profile_made(PROFILE_P10, AT_DF07));
    assert_null(profile_made(PROFILE_P20, AT_CERT));
}

static void transparent_files_are_as_long_as_their_fields(void **state) {
    (void)state;
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        const struct profile_file *f = profile_file(file);
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        size_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            sum += field[i].length;
        }
        bool bytes = f->kind == KIND_TRANSPARENT || f->kind == KIND_TRANSPARENT_MAC;
        if ((bytes && count > 0) || f->kind == KIND_FIXED) {
            assert_int_equal(sum, profile_file_size(file));
        }
        if (f->kind == KIND_CYCLIC || f->kind == KIND_PURSE_FILE) {
            assert_null(field);
            assert_int_equal(count, 0);
        }
    }
}

static void cyclic_records_are_as_long_as_their_parts(void **state) {
    (void)state;
    size_t length[FILE_COUNT] = {0};
#define PART(file, format, len, zh) length[FILE_##file] += (len);
#include "wire/profile.def"
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        if (profile_file(file)->kind == KIND_CYCLIC) {
            assert_int_equal(length[file], profile_file(file)->length);
        }
    }
}

static void no_two_files_of_a_directory_share_an_identifier(void **state) {
    (void)state;
    for (enum profile_file_name a = 0; a < FILE_COUNT; a++) {
        for (enum profile_file_name b = 0; b < a; b++) {
            const struct profile_file *x = profile_file(a);
            const struct profile_file *y = profile_file(b);
            bool together = x->place == y->place && (x->chips & y->chips);
            assert_false(together && x->fid == y->fid);
            assert_false(together && profile_sfi(x) == profile_sfi(y));
        }
    }
}

static void parents_come_before_their_children(void **state) {
    (void)state;
    static const char social[] = "7378312E73682EC9E7BBE1B1A3D5CF";
    assert_hex(profile_directory(AT_SSSE)->df_name, social);
    assert_hex(profile_directory(AT_DF04)->df_name, "D15600000503");
    assert_hex(profile_directory(AT_WALLET)->df_name, "A00000000386980701");
    for (enum profile_name profile = 0; profile < PROFILE_COUNT; profile++) {
        const struct profile_made *made;
        bool seen[PLACE_COUNT + 1] = {[AT_NONE] = true};
        size_t i = 0;
        while ((made = profile_made_at(profile, i)) != NULL) {
            assert_ptr_equal(made, profile_made(profile, made->place));
            assert_true(seen[profile_directory(made->place)->parent]);
            assert_false(seen[made->place]);
            seen[made->place] = true;
            i++;
        }
        assert_true(i >= 2);
    }
}

/* --- values ------------------------------------------------------------------------------- */

static void a_blank_card_is_blank_in_every_field(void **state) {
    (void)state;
    struct profile_values values;
    (void)memset(&values, 0x5A, sizeof values);
    profile_blank(&values);
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        for (size_t i = 0; i < count; i++) {
            assert_true(profile_value_blank(&values, &field[i]));
            uint8_t *byte = (uint8_t *)&values + field[i].at + field[i].length - 1;
            *byte ^= 0x10;
            assert_false(profile_value_blank(&values, &field[i]));
            *byte ^= 0x10;
        }
    }
    assert_hex(bytes_of(values.sex, 1), "00");
    assert_hex(bytes_of(values.born, 4), "FFFFFFFF");
    assert_hex(bytes_of(values.wage_37, 4), "00000000");
    assert_hex(bytes_of(values.skill_40, 16), "570300000058"
                                              "03FFFFFF592800000000");
}

static void a_field_is_written_with_its_tag_where_it_has_one(void **state) {
    (void)state;
    struct profile_values values;
    uint8_t room[PROFILE_RECORD_MAX];
    size_t count = 0;
    profile_blank(&values);
    values.sex[0] = '2';
    struct builder b = builder_in(room, sizeof room);
    profile_put_field(&b, &values, &profile_fields(FILE_SSSE_EF06, &count)[2]);
    assert_hex(builder_bytes(&b), "0A0132");
    values.wallet_kind[0] = 0x02;
    b = builder_in(room, sizeof room);
    profile_put_field(&b, &values, &profile_fields(FILE_WALLET_15, &count)[1]);
    assert_hex(builder_bytes(&b), "02");
}

static void text_is_filled_up_with_zeros_or_refused(void **state) {
    (void)state;
    uint8_t field[4] = {9, 9, 9, 9};
    assert_true(profile_set_text(field, sizeof field, bytes_text("AB")));
    assert_hex(bytes_of(field, sizeof field), "41420000");
    assert_true(profile_set_text(field, sizeof field, bytes_text("ABCD")));
    assert_hex(bytes_of(field, sizeof field), "41424344");
    assert_false(profile_set_text(field, sizeof field, bytes_text("ABCDE")));
    assert_hex(bytes_of(field, sizeof field), "41424344");
    assert_true(profile_set_text(field, sizeof field, (struct bytes){0}));
    assert_hex(bytes_of(field, sizeof field), "00000000");
}

static void digits_are_filled_up_with_f_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *digits, *field; /* NULL: refused */
    } cases[] = {
        {"510020",  "510020"},
        {"51002",   "51002F"},
        {"5",       "5FFFFF"},
        {"",        "FFFFFF"},
        {"5100200", NULL    },
        {"51O020",  NULL    },
        {"510 20",  NULL    },
        {"-10020",  NULL    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t field[3] = {0x12, 0x34, 0x56};
        bool good = profile_set_digits(field, sizeof field, bytes_text(cases[i].digits));
        assert_int_equal(good, cases[i].field != NULL);
        assert_hex(bytes_of(field, sizeof field), good ? cases[i].field : "123456");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_as_the_specification_says),
        cmocka_unit_test(the_cross_rules_hold),
        cmocka_unit_test(every_btlv_field_holds_its_tags),
        cmocka_unit_test(files_without_tags_are_as_large_as_they_say),
        cmocka_unit_test(profiles_have_names_and_chips),
        cmocka_unit_test(ciphers_are_those_of_decision_0021),
        cmocka_unit_test(transparent_files_are_as_long_as_their_fields),
        cmocka_unit_test(cyclic_records_are_as_long_as_their_parts),
        cmocka_unit_test(no_two_files_of_a_directory_share_an_identifier),
        cmocka_unit_test(parents_come_before_their_children),
        cmocka_unit_test(a_blank_card_is_blank_in_every_field),
        cmocka_unit_test(a_field_is_written_with_its_tag_where_it_has_one),
        cmocka_unit_test(text_is_filled_up_with_zeros_or_refused),
        cmocka_unit_test(digits_are_filled_up_with_f_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

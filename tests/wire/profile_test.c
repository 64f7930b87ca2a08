#include "check.h"
#include "wire/profile.h"

/* The tables of card.md 2.5, written a second time: tag, length of each record of a variable
 * file. */
static const struct {
    enum profile_file_name file;
    uint16_t fid;
    const char *records;
} sheets[] = {
    {FILE_SSSE_EF05, 0xEF05, "0110 0201 0304 040C 0504 0604 0709"           },
    {FILE_SSSE_EF06, 0xEF06, "0812 091E 0A01 0B01 0C03 0D04"                },
    {FILE_DF01_EF05, 0xEF05, "2001 213E 2212"                               },
    {FILE_DF01_EF06, 0xEF06, "253E 2612 2703 280F"                          },
    {FILE_DF01_EF07, 0xEF07, "2901"                                         },
    {FILE_DF01_EF08, 0xEF08, "2B01"                                         },
    {FILE_DF01_EF09, 0xEF09, "2E3E 2F08 3009 3101 3203"                     },
    {FILE_DF01_EF0A, 0xEF0A, "3704 3804 3904"                               },
    {FILE_DF02_EF05, 0xEF05, "4034 4134 4203 431D 441D 5A07 5B01 5C09 5D04" },
    {FILE_DF02_EF06, 0xEF06, "4B04 4C04 4D04 4F04 5004 3A07"                },
    {FILE_DF02_EF08, 0xEF08, "520A 533E 9408 5404"                          },
    {FILE_DF02_EF09, 0xEF09, "550A 563E 9508 9604 9704"                     },
    {FILE_DF03_EF05, 0xEF05, "6004 9804 6104 6204 6303 6403 6503 6603"      },
    {FILE_DF03_EF06, 0xEF06, "6704 683E 693E 6A10 6B3C"                     },
    {FILE_DF03_EF07, 0xEF07, "6C04 6D04 6E04 6F04 7003 7104 7204 7304"      },
    {FILE_DF04_EF05, 0xEF05,
     "8004 813E 8208 8309 843E 8508 8609 873E 8808 8909 8A0F 8B0A 8C01 8F01"},
    {FILE_DF04_EF06, 0xEF06, "9004 9204 9304"                               },
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

/* Tag 3A beside the employment record; tag 60 in one file of two. [card.md 2.5, cross rules] */
static void the_cross_rules_hold(void **state) {
    (void)state;
    unsigned tag_60 = 0;
    unsigned tag_3a = 0;
    const enum profile_file_name files[] = {FILE_DF02_EF06, FILE_DF03_EF05};
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        const struct profile_field *field = profile_fields(files[i], &count);
        for (size_t f = 0; f < count; f++) {
            tag_60 += field[f].tag == 0x60;
            tag_3a += field[f].tag == 0x3A;
        }
    }
    assert_int_equal(tag_60, 1);
    assert_int_equal(tag_3a, 1);
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

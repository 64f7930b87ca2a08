#include "file_chip.h"

#include "card/files/record.h"

static struct file_chip chip;

static int make_chip(void **state) {
    (void)state;
    chip_make(&chip);
    return 0;
}

static enum sw append(const struct ef *ef, const char *hex) {
    uint8_t data[300];
    size_t len = from_hex(hex, data, sizeof data);
    store_begin(&chip.store);
    return chip_end(&chip, record_append(&chip.store, ef, bytes_of(data, len)));
}

static enum sw update(const struct ef *ef, uint8_t number, const char *hex) {
    uint8_t data[300];
    size_t len = from_hex(hex, data, sizeof data);
    store_begin(&chip.store);
    return chip_end(&chip, record_update(&chip.store, ef, number, bytes_of(data, len)));
}

/* The record of this number must be these bytes; NULL: there must be none. */
static void assert_record(const struct ef *ef, uint8_t number, const char *hex) {
    uint8_t room[300];
    struct builder b = builder_in(room, sizeof room);
    enum sw sw = record_read(&chip.store, ef, number, &b);
    assert_int_equal(sw, hex ? SW_OK : SW_RECORD_NOT_FOUND);
    assert_hex(builder_bytes(&b), hex ? hex : "");
    assert_int_equal(record_len(&chip.store, ef, number), hex ? strlen(hex) / 2 : 0);
}

/* ---- fixed ---- */

static void fixed_records_come_in_the_order_of_appending(void **state) {
    (void)state;
    struct ef ef = chip_file(&chip, 0x0001, "2A0304F0F0FFFF");
    assert_int_equal(record_count(&chip.store, &ef), 0);
    assert_record(&ef, 1, NULL);
    assert_int_equal(append(&ef, "11111111"), SW_OK);
    assert_int_equal(append(&ef, "22222222"), SW_OK);
    assert_int_equal(record_count(&chip.store, &ef), 2);
    assert_int_equal(append(&ef, "33333333"), SW_OK);
    assert_int_equal(append(&ef, "44444444"), SW_NO_SPACE);
    assert_record(&ef, 0, NULL);
    assert_record(&ef, 1, "11111111");
    assert_record(&ef, 3, "33333333");
    assert_record(&ef, 4, NULL);
    assert_int_equal(update(&ef, 2, "2A2A2A2A"), SW_OK);
    assert_record(&ef, 1, "11111111");
    assert_record(&ef, 2, "2A2A2A2A");
    assert_record(&ef, 3, "33333333");
}

static void fixed_and_cyclic_records_have_one_length(void **state) {
    (void)state;
    static const char *const forms[] = {"2A0304F0F0FFFF", "2E0304F0F0FFFF"};
    for (uint16_t i = 0; i < 2; i++) {
        struct ef ef = chip_file(&chip, (uint16_t)(0x0001 + i), forms[i]);
        assert_int_equal(append(&ef, "11111111"), SW_OK);
        assert_int_equal(append(&ef, "111111"), SW_WRONG_LENGTH);
        assert_int_equal(append(&ef, "1111111111"), SW_WRONG_LENGTH);
        assert_int_equal(append(&ef, ""), SW_WRONG_LENGTH);
        assert_int_equal(update(&ef, 1, "222222"), SW_WRONG_LENGTH);
        assert_int_equal(update(&ef, 2, "22222222"), SW_RECORD_NOT_FOUND);
        assert_int_equal(update(&ef, 0, "22222222"), SW_RECORD_NOT_FOUND);
        assert_int_equal(record_count(&chip.store, &ef), 1);
        assert_record(&ef, 1, "11111111");
    }
}

/* ---- cyclic ---- */

/* Appends far more than fits, and compares with a model after each: the last ones, newest first. */
static void a_cyclic_file_keeps_the_newest_as_number_one(void **state) {
    (void)state;
    enum { PLACES = 4, APPENDS = 23 };
    struct ef ef = chip_file(&chip, 0x0018, "2E0403F0F0FFFF");
    for (unsigned i = 1; i <= APPENDS; i++) {
        char hex[8];
        (void)snprintf(hex, sizeof hex, "%06X", i);
        assert_int_equal(append(&ef, hex), SW_OK);
        unsigned count = i < PLACES ? i : PLACES;
        assert_int_equal(record_count(&chip.store, &ef), count);
        for (unsigned number = 1; number <= PLACES; number++) {
            (void)snprintf(hex, sizeof hex, "%06X", i - number + 1);
            assert_record(&ef, (uint8_t)number, number <= count ? hex : NULL);
        }
    }
    assert_int_equal(update(&ef, 2, "AAAAAA"), SW_OK);
    assert_record(&ef, 1, "000017");
    assert_record(&ef, 2, "AAAAAA");
    assert_record(&ef, 3, "000015");
}

static void the_largest_cyclic_file_turns_round(void **state) {
    (void)state;
    struct ef ef = chip_file(&chip, 0x0018, "2EFF01F0F0FFFF");
    for (unsigned i = 0; i < 300; i++) {
        char hex[4];
        (void)snprintf(hex, sizeof hex, "%02X", i & 0xFF);
        assert_int_equal(append(&ef, hex), SW_OK);
    }
    assert_int_equal(record_count(&chip.store, &ef), 255);
    assert_record(&ef, 1, "2B");
    assert_record(&ef, 255, "2D");
}

/* What a broken head could say must not lead out of the file. */
static void a_cyclic_file_with_a_broken_head_is_empty(void **state) {
    (void)state;
    struct ef ef = chip_file(&chip, 0x0018, "2E0403F0F0FFFF");
    for (unsigned head = 0; head < 0x10000; head += 0x101 - (head % 7)) {
        const uint8_t bytes[] = {(uint8_t)(head >> 8), (uint8_t)head};
        chip_put(&chip, ef.at + TREE_EF_HEAD, bytes, sizeof bytes);
        bool sound = head >> 8 < 4 && (head & 0xFF) <= 4;
        assert_int_equal(record_count(&chip.store, &ef), sound ? head & 0xFF : 0);
    }
}

/* The power is cut in every programming of an append over the oldest record. */
static void a_cut_append_leaves_the_old_ring_or_the_new(void **state) {
    (void)state;
    static struct memory before;
    struct ef ef = chip_file(&chip, 0x0018, "2E0203F0F0FFFF");
    assert_int_equal(append(&ef, "010101"), SW_OK);
    assert_int_equal(append(&ef, "020202"), SW_OK);
    chip_keep(&before, &chip.memory);
    bool done = false;
    for (unsigned cut = 0; !done; cut++) {
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        done = append(&ef, "030303") == SW_OK;
        chip_reset(&chip);
        uint8_t newest[3];
        struct builder b = builder_in(newest, sizeof newest);
        assert_int_equal(record_read(&chip.store, &ef, 1, &b), SW_OK);
        bool is_new = newest[0] == 3;
        assert_true(is_new || !done);
        assert_record(&ef, 1, is_new ? "030303" : "020202");
        assert_record(&ef, 2, is_new ? "020202" : "010101");
    }
}

/* ---- variable ---- */

/* The holder's file of a social security card, shortened. [card.md 2.5] */
static struct ef holder_file(void) {
    struct ef ef = chip_file(&chip, 0xEF06, "2C0020000000EF00");
    assert_int_equal(append(&ef, "080331323A"), SW_OK);
    assert_int_equal(append(&ef, "090400000000"), SW_OK);
    assert_int_equal(append(&ef, "0A0131"), SW_OK);
    return ef;
}

static void variable_records_keep_their_tags_and_lengths(void **state) {
    (void)state;
    struct ef ef = holder_file();
    assert_int_equal(record_count(&chip.store, &ef), 3);
    assert_record(&ef, 1, "080331323A");
    assert_record(&ef, 2, "090400000000");
    assert_record(&ef, 3, "0A0131");
    assert_record(&ef, 4, NULL);
}

static void a_variable_record_is_rewritten_only_in_its_length(void **state) {
    (void)state;
    struct ef ef = holder_file();
    assert_int_equal(update(&ef, 2, "0904D5C5C8FD"), SW_OK);
    assert_record(&ef, 2, "0904D5C5C8FD");
    assert_int_equal(update(&ef, 2, "0903D5C5C8"), SW_NO_SPACE);
    assert_int_equal(update(&ef, 2, "0905D5C5C8FD00"), SW_NO_SPACE);
    assert_int_equal(update(&ef, 4, "0904D5C5C8FD"), SW_RECORD_NOT_FOUND);
    assert_record(&ef, 1, "080331323A");
    assert_record(&ef, 2, "0904D5C5C8FD");
    assert_record(&ef, 3, "0A0131");
}

/* A TLV in all its prefixes, with its length off by one, with the tag that means the end. */
static void a_tlv_that_contradicts_itself_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", "09", "0904", "0904D5", "0904D5C5C8", "0903D5C5C8FD",
        "0905D5C5C8FD", "0004D5C5C8FD", "0904D5C5C8FD00"};
    struct ef ef = holder_file();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(update(&ef, 2, bad[i]), SW_WRONG_DATA);
        assert_int_equal(append(&ef, bad[i]), SW_WRONG_DATA);
    }
    assert_int_equal(record_count(&chip.store, &ef), 3);
    assert_int_equal(append(&ef, "0B00"), SW_OK);
    assert_record(&ef, 4, "0B00");
}

static void a_variable_file_is_filled_to_its_last_byte(void **state) {
    (void)state;
    struct ef ef = holder_file(); /* 14 of its 32 bytes are used */
    assert_int_equal(append(&ef, "0B1100112233445566778899AABBCCDDEEFF00"), SW_NO_SPACE);
    assert_int_equal(append(&ef, "0B1000112233445566778899AABBCCDDEEFF"), SW_OK);
    assert_int_equal(append(&ef, "0C00"), SW_NO_SPACE);
    assert_int_equal(record_count(&chip.store, &ef), 4);
    assert_record(&ef, 4, "0B1000112233445566778899AABBCCDDEEFF");
}

static void there_are_255_records_and_no_more(void **state) {
    (void)state;
    struct ef ef = chip_file(&chip, 0xEF06, "2C0300000000EF00");
    for (unsigned i = 0; i < 255; i++) {
        assert_int_equal(append(&ef, "0B00"), SW_OK);
    }
    assert_int_equal(append(&ef, "0B00"), SW_NO_SPACE);
    assert_int_equal(record_count(&chip.store, &ef), 255);
    assert_record(&ef, 255, "0B00");
}

static void the_longest_record_of_a_command_fits(void **state) {
    (void)state;
    char hex[511] = "42FD";
    struct ef ef = chip_file(&chip, 0xEF06, "2C00FF000000EF00");
    (void)memset(hex + 4, 'A', 506);
    assert_int_equal(append(&ef, hex), SW_OK);
    assert_record(&ef, 1, hex);
}

/* Whatever lies in the body, records stay inside it and every walk ends. */
static void any_bytes_in_a_variable_file_are_walked_safely(void **state) {
    (void)state;
    struct ef ef = chip_file(&chip, 0xEF06, "2C0020000000EF00");
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t body[0x20];
        chip.nvm.random(chip.nvm.self, body, sizeof body);
        body[1] %= 8;
        chip_put(&chip, ef.at + TREE_EF_HEAD, body, sizeof body);
        uint32_t total = 0;
        uint8_t count = record_count(&chip.store, &ef);
        for (uint8_t number = 1; number <= count; number++) {
            total += record_len(&chip.store, &ef, number);
        }
        assert_true(total <= 0x20);
        assert_record(&ef, (uint8_t)(count + 1), NULL);
    }
}

static void a_cut_append_leaves_the_record_or_none(void **state) {
    (void)state;
    static struct memory before;
    struct ef ef = holder_file();
    chip_keep(&before, &chip.memory);
    bool done = false;
    for (unsigned cut = 0; !done; cut++) {
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        done = append(&ef, "0B0101") == SW_OK;
        chip_reset(&chip);
        uint8_t count = record_count(&chip.store, &ef);
        assert_true(count == 4 || (count == 3 && !done));
        assert_record(&ef, 3, "0A0131");
        assert_record(&ef, 4, count == 4 ? "0B0101" : NULL);
    }
}

/* ---- finding ---- */

/* Records 1 to 5 have the tags 10 20 10 30 10. */
static void records_are_found_by_number_and_by_tag(void **state) {
    (void)state;
    static const struct {
        enum record_pick pick;
        uint8_t key, current;
        uint8_t number; /* 0: 6A83 */
    } cases[] = {
        {PICK_NUMBER,   1,    0, 1},
        {PICK_NUMBER,   5,    0, 5},
        {PICK_NUMBER,   6,    0, 0},
        {PICK_NUMBER,   0,    0, 0},
        {PICK_NUMBER,   0,    4, 4},
        {PICK_FIRST,    0x10, 4, 1},
        {PICK_FIRST,    0x30, 0, 4},
        {PICK_FIRST,    0x40, 0, 0},
        {PICK_FIRST,    0,    3, 1},
        {PICK_LAST,     0x10, 0, 5},
        {PICK_LAST,     0x20, 5, 2},
        {PICK_LAST,     0,    1, 5},
        {PICK_NEXT,     0x10, 0, 1},
        {PICK_NEXT,     0x10, 1, 3},
        {PICK_NEXT,     0x10, 3, 5},
        {PICK_NEXT,     0x10, 5, 0},
        {PICK_NEXT,     0,    5, 0},
        {PICK_NEXT,     0,    2, 3},
        {PICK_PREVIOUS, 0x10, 0, 5},
        {PICK_PREVIOUS, 0x10, 5, 3},
        {PICK_PREVIOUS, 0x10, 1, 0},
        {PICK_PREVIOUS, 0,    3, 2},
        {PICK_PREVIOUS, 0x40, 0, 0},
    };
    static const char *const forms[] = {"2C0020F0F0FFFF", "2A0602F0F0FFFF", "2E0602F0F0FFFF"};
    static const char *const records[] = {"1000", "2000", "1000", "3000", "1000"};
    for (uint16_t f = 0; f < 3; f++) {
        struct ef ef = chip_file(&chip, (uint16_t)(0x0010 + f), forms[f]);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(append(&ef, records[i]), SW_OK);
        }
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            bool mirrored = ef.kind == EF_CYCLIC && cases[i].number > 0
                            && (cases[i].key == 0x20 || cases[i].key == 0x30);
            uint8_t number = 0;
            enum sw sw = record_find(
                &chip.store, &ef, cases[i].pick, cases[i].key, cases[i].current, &number);
            assert_int_equal(sw, cases[i].number ? SW_OK : SW_RECORD_NOT_FOUND);
            assert_int_equal(number, mirrored ? 6 - cases[i].number : cases[i].number);
        }
    }
}

static void other_kinds_are_refused(void **state) {
    (void)state;
    uint8_t room[8], number;
    struct builder b = builder_in(room, sizeof room);
    struct ef ef = chip_file(&chip, 0x0015, "280020F0F0FFFF");
    assert_int_equal(record_count(&chip.store, &ef), 0);
    assert_int_equal(record_len(&chip.store, &ef, 1), 0);
    assert_int_equal(record_read(&chip.store, &ef, 1, &b), SW_WRONG_FILE_TYPE);
    assert_int_equal(record_find(&chip.store, &ef, PICK_NUMBER, 1, 0, &number), SW_WRONG_FILE_TYPE);
    assert_int_equal(update(&ef, 1, "1000"), SW_WRONG_FILE_TYPE);
    assert_int_equal(append(&ef, "1000"), SW_WRONG_FILE_TYPE);
}

#define RECORD_TEST(test) cmocka_unit_test_setup(test, make_chip)

int main(void) {
    const struct CMUnitTest tests[] = {
        RECORD_TEST(fixed_records_come_in_the_order_of_appending),
        RECORD_TEST(fixed_and_cyclic_records_have_one_length),
        RECORD_TEST(a_cyclic_file_keeps_the_newest_as_number_one),
        RECORD_TEST(the_largest_cyclic_file_turns_round),
        RECORD_TEST(a_cyclic_file_with_a_broken_head_is_empty),
        RECORD_TEST(a_cut_append_leaves_the_old_ring_or_the_new),
        RECORD_TEST(variable_records_keep_their_tags_and_lengths),
        RECORD_TEST(a_variable_record_is_rewritten_only_in_its_length),
        RECORD_TEST(a_tlv_that_contradicts_itself_is_refused),
        RECORD_TEST(a_variable_file_is_filled_to_its_last_byte),
        RECORD_TEST(there_are_255_records_and_no_more),
        RECORD_TEST(the_longest_record_of_a_command_fits),
        RECORD_TEST(any_bytes_in_a_variable_file_are_walked_safely),
        RECORD_TEST(a_cut_append_leaves_the_record_or_none),
        RECORD_TEST(records_are_found_by_number_and_by_tag),
        RECORD_TEST(other_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "file_chip.h"

#include "card/files/keyfile.h"

static struct file_chip chip;

/* A master file with a key file that has room for one short key and two long ones. */
static int make_keys(void **state) {
    (void)state;
    chip_make(&chip);
    (void)chip_file(&chip, FID_KEYS, "3F004001F0FFFF");
    return 0;
}

static struct key_record key_of(uint8_t type, uint8_t id, uint8_t len, uint8_t value) {
    struct key_record key = {.type = type,
        .id = id,
        .use = 0xF0,
        .change = 0x02,
        .version = 0x44,
        .counter = 0x33,
        .len = len};
    (void)memset(key.value, value, len);
    return key;
}

static enum sw add(const struct key_record *key) {
    store_begin(&chip.store);
    return chip_end(&chip, key_add(&chip.store, &chip.master, key));
}

static void assert_key(const struct key_record *expected) {
    struct key_record got = {0};
    uint32_t at = 0;
    assert_int_equal(
        key_find(&chip.store, &chip.master, expected->type, expected->id, &got, &at), SW_OK);
    assert_memory_equal(&got, expected, sizeof got);
}

static void keys_are_found_by_type_and_number(void **state) {
    (void)state;
    struct key_record got, main_key = key_of(KEY_EXTERNAL, 0, 16, 0x39),
                           pin = key_of(KEY_PIN, 0, 8, 0x12),
                           second = key_of(KEY_EXTERNAL, 1, 16, 0x3A);
    uint32_t at;
    main_key.protection = EF_MACED | EF_ENCRYPTED;
    assert_int_equal(add(&main_key), SW_OK);
    assert_int_equal(add(&pin), SW_OK);
    assert_int_equal(key_total(&chip.store, &chip.master), 2);
    assert_int_equal(
        key_find(&chip.store, &chip.master, KEY_EXTERNAL, 1, &got, &at), SW_KEY_NOT_FOUND);
    assert_int_equal(add(&second), SW_OK);
    assert_key(&main_key);
    assert_key(&pin);
    assert_key(&second);
    assert_int_equal(key_find(&chip.store, &chip.master, KEY_LOAD, 0, &got, &at), SW_KEY_NOT_FOUND);
}

/* 64 bytes hold a key of 8 + 8 and two of 8 + 16 exactly. */
static void a_key_file_is_filled_to_its_last_byte(void **state) {
    (void)state;
    struct key_record a = key_of(KEY_EXTERNAL, 0, 16, 1), b = key_of(KEY_LOAD, 1, 16, 2),
                      c = key_of(KEY_PIN, 0, 9, 3);
    assert_int_equal(add(&a), SW_OK);
    assert_int_equal(add(&b), SW_OK);
    assert_int_equal(add(&c), SW_NO_SPACE);
    c = key_of(KEY_PIN, 0, 8, 3);
    assert_int_equal(add(&c), SW_OK);
    assert_key(&a);
    assert_key(&b);
    assert_key(&c);
    c.id = 1;
    c.len = 1;
    assert_int_equal(add(&c), SW_NO_SPACE);
}

static void what_is_no_key_is_refused(void **state) {
    (void)state;
    struct key_record key = key_of(KEY_LOAD, 1, 16, 1), again;
    uint32_t at;
    assert_int_equal(add(&key), SW_OK);
    assert_int_equal(add(&key), SW_WRONG_P1P2);
    again = key_of(0, 1, 16, 1);
    assert_int_equal(add(&again), SW_WRONG_DATA);
    again = key_of(KEY_LOAD, 2, 0, 1);
    assert_int_equal(add(&again), SW_WRONG_DATA);
    again.len = KEY_VALUE_MAX + 1;
    assert_int_equal(add(&again), SW_WRONG_DATA);
    assert_int_equal(key_total(&chip.store, &chip.master), 1);
    struct dir none = chip_dir(&chip, &chip.master, 0x3F01, "380100F0F095FFFF1122334455");
    store_begin(&chip.store);
    assert_int_equal(key_add(&chip.store, &none, &key), SW_FILE_NOT_FOUND);
    store_abandon(&chip.store);
    assert_int_equal(key_find(&chip.store, &none, KEY_LOAD, 1, &again, &at), SW_FILE_NOT_FOUND);
    assert_int_equal(key_total(&chip.store, &none), 0);
}

static void a_key_is_replaced_in_its_place_and_length(void **state) {
    (void)state;
    struct key_record old = key_of(KEY_EXTERNAL, 0, 16, 0xFF), next = key_of(KEY_PIN, 0, 8, 0x12),
                      got;
    uint32_t at = 0;
    assert_int_equal(add(&old), SW_OK);
    assert_int_equal(add(&next), SW_OK);
    assert_int_equal(key_find(&chip.store, &chip.master, KEY_EXTERNAL, 0, &got, &at), SW_OK);
    struct key_record fresh = key_of(KEY_EXTERNAL, 0, 16, 0x5A);
    fresh.counter = 0x55;
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, key_replace(&chip.store, at, &fresh)), SW_OK);
    assert_key(&fresh);
    assert_key(&next);
    fresh.len = 8;
    store_begin(&chip.store);
    assert_int_equal(key_replace(&chip.store, at, &fresh), SW_WRONG_DATA);
    store_abandon(&chip.store);
    fresh = key_of(0, 0, 16, 0x5A);
    store_begin(&chip.store);
    assert_int_equal(key_replace(&chip.store, at, &fresh), SW_WRONG_DATA);
    store_abandon(&chip.store);
    assert_int_equal(key_total(&chip.store, &chip.master), 2);
}

static void counting_changes_the_counter_only(void **state) {
    (void)state;
    struct key_record key = key_of(KEY_PIN, 0, 8, 0x12), got;
    uint32_t at = 0;
    assert_int_equal(add(&key), SW_OK);
    assert_int_equal(key_find(&chip.store, &chip.master, KEY_PIN, 0, &got, &at), SW_OK);
    uint64_t programs = chip.memory.programs;
    store_begin(&chip.store);
    assert_int_equal(chip_end(&chip, key_count(&chip.store, at, 0x32)), SW_OK);
    key.counter = 0x32;
    assert_key(&key);
    assert_int_equal(chip.memory.programs - programs, 1);
}

/* The power is cut in every programming while a key is replaced: the old key or the new, whole. */
static void a_cut_replacement_leaves_the_old_key_or_the_new(void **state) {
    (void)state;
    static struct memory before;
    struct key_record old = key_of(KEY_EXTERNAL, 0, 16, 0xFF), fresh = old, got;
    uint32_t at = 0;
    fresh.counter = 0x55;
    (void)memset(fresh.value, 0x5A, sizeof fresh.value);
    assert_int_equal(add(&old), SW_OK);
    assert_int_equal(key_find(&chip.store, &chip.master, KEY_EXTERNAL, 0, &got, &at), SW_OK);
    chip_keep(&before, &chip.memory);
    bool done = false;
    for (unsigned cut = 0; !done; cut++) {
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cut, 0xA5);
        store_begin(&chip.store);
        done = chip_end(&chip, key_replace(&chip.store, at, &fresh)) == SW_OK;
        chip_reset(&chip);
        assert_int_equal(key_find(&chip.store, &chip.master, KEY_EXTERNAL, 0, &got, &at), SW_OK);
        bool is_new = memcmp(&got, &fresh, sizeof got) == 0;
        assert_true(is_new || memcmp(&got, &old, sizeof got) == 0);
        assert_true(is_new || !done);
    }
}

/* Whatever lies in the key file, every walk ends inside it. */
static void any_bytes_in_a_key_file_are_walked_safely(void **state) {
    (void)state;
    struct ef ef;
    assert_int_equal(ef_by_fid(&chip.store, &chip.master, FID_KEYS, &ef), SW_OK);
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t body[0x40];
        struct key_record got = {0};
        uint32_t at = 0;
        chip.nvm.random(chip.nvm.self, body, sizeof body);
        body[7] %= KEY_VALUE_MAX + 2;
        chip_put(&chip, ef.at + TREE_EF_HEAD, body, sizeof body);
        assert_true(key_total(&chip.store, &chip.master) <= 0x40 / KEY_RECORD_HEAD);
        enum sw sw = key_find(&chip.store, &chip.master, body[0], body[1], &got, &at);
        assert_true(sw == SW_KEY_NOT_FOUND || got.len <= KEY_VALUE_MAX);
    }
}

#define KEY_TEST(test) cmocka_unit_test_setup(test, make_keys)

int main(void) {
    const struct CMUnitTest tests[] = {
        KEY_TEST(keys_are_found_by_type_and_number),
        KEY_TEST(a_key_file_is_filled_to_its_last_byte),
        KEY_TEST(what_is_no_key_is_refused),
        KEY_TEST(a_key_is_replaced_in_its_place_and_length),
        KEY_TEST(counting_changes_the_counter_only),
        KEY_TEST(a_cut_replacement_leaves_the_old_key_or_the_new),
        KEY_TEST(any_bytes_in_a_key_file_are_walked_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

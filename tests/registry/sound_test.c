#include "check.h"

#include <pthread.h>

#include "registry/sound.h"

static void assert_sound(const char *name, const char *expected) {
    char sound[SOUND_ROOM];
    assert_true(sound_of(bytes_text(name), sound));
    assert_string_equal(sound, expected);
}

static void names_that_sound_alike_have_one_key(void **state) {
    (void)state;
    assert_sound("梁思", "liang si ");
    assert_sound("良四", "liang si ");
    assert_sound("吕女", "lv nv ");
    assert_sound("阿卜杜拉·买买提", "a bo du la mai mai ti ");
    assert_sound("", "");
}

/* The same characters elsewhere in a name are read as usual. */
static void family_names_have_readings_of_their_own(void **state) {
    (void)state;
    assert_sound("曾单", "zeng dan ");
    assert_sound("单曾", "shan ceng ");
    assert_sound("尉迟敬", "yu chi jing ");
    assert_sound("单于明", "chan yu ming ");
    assert_sound("区", "ou ");
}

/* The key of a beginning is the beginning of the key: that is what a search for 欧阳 stands on. */
static void the_key_of_a_beginning_begins_the_key(void **state) {
    static const char name[] = "欧阳子涵";
    char whole[SOUND_ROOM], part[SOUND_ROOM];
    (void)state;
    assert_true(sound_of(bytes_text(name), whole));
    for (size_t len = 0; len < sizeof name; len += 3) {
        assert_true(sound_of(bytes_of(name, len), part));
        assert_memory_equal(whole, part, strlen(part));
    }
}

/* Rare characters with a reading have it; one without stands for itself, and nothing else does. */
static void rare_characters_are_heard_or_stand_for_themselves(void **state) {
    (void)state;
    assert_string_equal(sound_of_character(0x36C3), "jie");
    assert_string_equal(sound_of_character(0x3007), "ling");
    assert_null(sound_of_character('A'));
    assert_null(sound_of_character(-1));
    assert_null(sound_of_character(0x10FFFF));
    assert_sound("李𱍐", "li u31350 ");
    assert_sound("A", "u41 ");
}

static void what_is_no_name_has_no_key(void **state) {
    char sound[SOUND_ROOM];
    char long_name[60 * 3 + 1] = "";
    (void)state;
    static const char torn[] = "梁思";
    for (size_t len = 1; len < 6; len++) {
        bool whole = len % 3 == 0;
        assert_int_equal(sound_of(bytes_of(torn, len), sound), whole);
        assert_int_equal(sound[0] != '\0', whole);
    }
    for (int i = 0; i < 60; i++) {
        (void)strcat(long_name, "庄");
    }
    assert_true(sound_of(bytes_of(long_name, 50 * 3), sound));
    assert_int_equal(strlen(sound), 50 * 7);
    assert_false(sound_of(bytes_of(long_name, 51 * 3), sound));
    assert_string_equal(sound, "");
}

/* Each character of the table of Han characters that GB 2312 has, first row of hanzi: all are heard. */
static void every_common_character_is_heard(void **state) {
    unsigned heard = 0;
    (void)state;
    for (int32_t c = 0x4E00; c <= 0x9FA5; c++) {
        heard += sound_of_character(c) != NULL;
    }
    assert_true(heard > 20800); /* of 20,902 */
}

static void *ask(void *cookie) {
    (void)cookie;
    return (void *)(uintptr_t)sound_of_character(0x6881);
}

static void threads_may_ask_at_once(void **state) {
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *answer = NULL;
        assert_int_equal(pthread_join(threads[i], &answer), 0);
        assert_string_equal(answer, "liang");
    }
}

/* A million keys of a kind: no two have the same hash. */
static int hash_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void hashes_tell_a_million_keys_apart(void **state) {
    enum { KEYS = 1000000 };
    uint64_t *hashes = calloc(KEYS, sizeof *hashes);
    (void)state;
    assert_non_null(hashes);
    for (int i = 0; i < KEYS; i++) {
        char key[SOUND_ROOM];
        (void)snprintf(key, sizeof key, "%d liang si ", i);
        hashes[i] = sound_hash(key);
    }
    qsort(hashes, KEYS, sizeof *hashes, hash_order);
    for (int i = 1; i < KEYS; i++) {
        assert_true(hashes[i] != hashes[i - 1]);
    }
    free(hashes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_sound_alike_have_one_key),
        cmocka_unit_test(family_names_have_readings_of_their_own),
        cmocka_unit_test(the_key_of_a_beginning_begins_the_key),
        cmocka_unit_test(rare_characters_are_heard_or_stand_for_themselves),
        cmocka_unit_test(what_is_no_name_has_no_key),
        cmocka_unit_test(every_common_character_is_heard),
        cmocka_unit_test(threads_may_ask_at_once),
        cmocka_unit_test(hashes_tell_a_million_keys_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

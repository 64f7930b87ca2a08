/* Names that other systems refuse, cut or print as a box: each one from the file through registry, search,
 * feed and change, unchanged. [system.md 11 row 8] */
#include "check.h"

#include "host/gb18030.h"
#include "registry/feed.h"
#include "registry/hard_names.h"
#include "registry/person_change.h"
#include "registry/person_find.h"
#include "registry/person_office.h"

static int64_t number_of(int i) {
    return INT64_C(44010419700101001) + i;
}

/* A file of all of them. */
static void open_hard(void **state) {
    static char lines[HARD_NAMES * 256];
    lines[0] = '\0';
    for (int i = 0; i < HARD_NAMES; i++) {
        (void)strcat(lines, office_line(number_of(i), hard_names[i], "", ""));
    }
    static char text[sizeof lines + 256];
    static uint8_t gb[sizeof text];
    char path[512];
    struct import_result result;
    (void)snprintf(text, sizeof text, "%s\n%s", PEOPLE_HEADING, lines);
    size_t len = people_encode(text, gb, sizeof gb);
    people_write_bytes(below(state, "hard.csv", path), gb, len);
    office_reopen(state);
    const struct import_order order = {.path = path, .business_day = OFFICE_DAY};
    assert_ok(people_import(&office.registry, &order, &result, &office.why));
    if (result.verdicts[ACCEPTED] != HARD_NAMES) {
        fail_msg("%d of %d accepted", (int)result.verdicts[ACCEPTED], HARD_NAMES);
    }
    assert_ok(person_index(&office.desk, NULL, NULL, &office.why));
}

static struct person person_of(int i) {
    struct person person;
    assert_ok(
        office.registry.person_by_number(office.registry.self, number_of(i), &person, &office.why));
    return person;
}

static void two_hundred_names_come_through_whole(void **state) {
    assert_true(HARD_NAMES >= 200);
    open_hard(state);
    for (int i = 0; i < HARD_NAMES; i++) {
        uint8_t gb[256], back[256];
        size_t bad_at = 0;
        struct person person = person_of(i);
        assert_string_equal(person.name, hard_names[i]);
        /* To the chip's character set and back: the same letters. */
        struct builder b = builder_in(gb, sizeof gb);
        assert_true(utf8_to_gb18030(bytes_text(person.name), &b, &bad_at));
        struct builder u = builder_in(back, sizeof back);
        assert_true(gb18030_to_utf8(builder_bytes(&b), &u, &bad_at));
        assert_true(bytes_equal(builder_bytes(&u), bytes_text(hard_names[i])));
    }
    office_close();
}

static bool stop_at(void *cookie, const struct person *person) {
    const char *number = cookie;
    return strcmp(person->number, number) != 0;
}

/* True when the search meets the person of that place; told() ends it there. */
static bool is_found(enum find_by by, const char *what, int i) {
    struct person person = person_of(i);
    uint64_t found = 0;
    bool more = false;
    const struct find_order order = {.by = by,
        .what = what,
        .limit = HARD_NAMES,
        .who = "system",
        .reason = "test",
        .told = stop_at,
        .cookie = person.number};
    assert_ok(persons_find(&office.desk, &order, &found, &more, &office.why));
    return found > 0 && !more;
}

/* Every letter as a code point. */
static void write_codes(const char *name, char *text, size_t room) {
    struct cursor c = cursor_over(bytes_text(name));
    size_t len = 0;
    while (c.rest.len > 0) {
        len += (size_t)snprintf(text + len, room - len, "U+%04X", (unsigned)utf8_next(&c));
        assert_true(len < room);
    }
}

static void each_is_found_as_typed_by_code_point_and_by_sound(void **state) {
    open_hard(state);
    for (int i = 0; i < HARD_NAMES; i++) {
        char codes[50 * 8];
        write_codes(hard_names[i], codes, sizeof codes);
        if (!is_found(FIND_NAME, hard_names[i], i) || !is_found(FIND_SOUND, hard_names[i], i)
            || !is_found(FIND_NAME, codes, i)) {
            fail_msg("%s (%s)", hard_names[i], codes);
        }
    }
    office_close();
}

/* The police send them, and a change writes them: no letter is another one then. */
static void each_survives_a_feed_and_a_change(void **state) {
    static char text[HARD_NAMES * 128];
    static uint8_t gb[sizeof text];
    char path[512];
    struct feed_result result;
    struct change_result changed;
    size_t at = (size_t)snprintf(text, sizeof text, "AAC002,AAC003,g-name,police-photo\n");
    open_hard(state);
    for (int i = 0; i < HARD_NAMES; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%s,%s,1\n",
            office_number(number_of(i)), hard_names[i], hard_names[HARD_NAMES - 1 - i]);
    }
    people_write_bytes(below(state, "feed.csv", path), gb, people_encode(text, gb, sizeof gb));
    const struct feed_order order = {.path = path,
        .owner = OWNER_POLICE,
        .who = "maker",
        .second = "approver",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(person_feed(&office.desk, &order, &result, &office.why));
    assert_int_equal(result.verdicts[FEED_UPDATED], HARD_NAMES);
    for (int i = 0; i < HARD_NAMES; i++) {
        char value[ITEM_ROOM];
        struct person person = person_of(i);
        assert_ok(item_read(&office.store, &person, item_named("g-name"), value, &office.why));
        assert_string_equal(value, hard_names[HARD_NAMES - 1 - i]);
        const struct change_order change = {.person = person.id,
            .field = "p-receiver",
            .value = hard_names[i],
            .proof = "own-word:1",
            .who = "point",
            .day = OFFICE_DAY,
            .time = OFFICE_TIME};
        assert_ok(person_change(&office.desk, &change, &changed, &office.why));
        assert_ok(item_read(&office.store, &person, item_named("p-receiver"), value, &office.why));
        assert_string_equal(value, hard_names[i]);
    }
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(two_hundred_names_come_through_whole),
        CASE(each_is_found_as_typed_by_code_point_and_by_sound),
        CASE(each_survives_a_feed_and_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

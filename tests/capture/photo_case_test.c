/* The life of a photo, on a real store. */
#include "check.h"

#include "capture/capture_office.h"
#include "registry/person_item.h"

static const char *says_photo(int64_t id) {
    static char value[ITEM_ROOM];
    struct person person;
    assert_ok(office.registry.person_by_id(office.registry.self, id, &person, &office.why));
    assert_ok(item_read(&office.store, &person, item_named("photo"), value, &office.why));
    return value;
}

static void a_photo_is_what_the_rule_says(void **state) {
    room_open(state, LIANG "\n" SU "\n");
    static const struct {
        enum photo_figure figure;
        uint32_t value;
        enum photo_state state;
    } cases[] = {
        {FIGURE_WHITE, 100,            PHOTO_REJECTED},
        {FIGURE_FACES, FIGURE_UNKNOWN, PHOTO_MANUAL  },
        {FIGURE_FACES, 1,              PHOTO_USABLE  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char file[8];
        struct photo photo;
        struct photo kept;
        uint8_t picture[32];
        struct builder b = builder_in(picture, sizeof picture);
        struct photo_seen seen = seen_with(cases[i].figure, cases[i].value);
        (void)snprintf(file, sizeof file, "file %zu", i);
        assert_ok(offer_photo(1, file, &seen, OFFICE_DAY, &photo));
        assert_int_equal(photo.state, cases[i].state);
        assert_ok(room.store.photo_get(room.store.self, photo.id, &kept, &office.why));
        assert_memory_equal(&kept.digest, &photo.digest, sizeof kept.digest);
        assert_string_equal(kept.reason, photo.reason);
        assert_int_equal(kept.reason[0] == '\0', kept.state == PHOTO_USABLE);
        assert_ok(room.store.photo_picture(room.store.self, photo.id, &b, &office.why));
        assert_true(bytes_equal(builder_bytes(&b), seen.jpeg));
        assert_string_equal(says_photo(1), kept.state == PHOTO_USABLE ? "1" : "");
    }
    assert_string_equal(says_photo(2), "");
    room_close();
}

static void the_same_file_is_the_same_photo(void **state) {
    room_open(state, LIANG "\n" SU "\n");
    struct photo_seen seen = seen_with(FIGURE_FACES, 1);
    struct photo first;
    struct photo second;
    struct photo other;
    assert_ok(offer_photo(1, "file", &seen, OFFICE_DAY, &first));
    int64_t rows = office_ask("SELECT count(*) FROM audit");
    assert_ok(offer_photo(1, "file", &seen, OFFICE_DAY, &second));
    assert_int_equal(second.id, first.id);
    assert_int_equal(office_ask("SELECT count(*) FROM audit"), rows);
    assert_ok(offer_photo(2, "file", &seen, OFFICE_DAY, &other));
    assert_int_not_equal(other.id, first.id);
    room_close();
}

static void too_old_too_new_and_strange_hands_are_refused(void **state) {
    room_open(state, LIANG "\n");
    struct photo_seen seen = seen_with(FIGURE_FACES, 1);
    struct photo photo;
    assert_int_equal(offer_photo(1, "a", &seen, 20030410, &photo), ERR_CONFLICT);
    assert_int_equal(offer_photo(1, "a", &seen, 20031009, &photo), ERR_CONFLICT);
    assert_int_equal(offer_photo(1, "a", &seen, 20030231, &photo), ERR_CONFLICT);
    room.desk.officer = "maker";
    assert_int_equal(offer_photo(1, "a", &seen, OFFICE_DAY, &photo), ERR_DENIED);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_photo"), 0);
    room.desk.officer = "point";
    assert_ok(offer_photo(1, "a", &seen, 20030411, &photo)); /* 180 days */
    room_close();
}

static void a_person_decides_once_and_gives_a_reason(void **state) {
    room_open(state, LIANG "\n" SU "\n");
    struct photo_seen seen = seen_with(FIGURE_UNLIKE, FIGURE_UNKNOWN);
    struct photo photo;
    assert_ok(offer_photo(1, "a", &seen, OFFICE_DAY, &photo));
    assert_int_equal(
        photo_decide(&room.desk, photo.id, true, "seen", &photo, &office.why), ERR_DENIED);
    room.desk.officer = "approver";
    static const char *const none[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            photo_decide(&room.desk, photo.id, true, none[i], &photo, &office.why), ERR_INVALID);
    }
    assert_int_equal(photo_decide(&room.desk, 99, true, "x", &photo, &office.why), ERR_NOT_FOUND);
    assert_ok(photo_decide(&room.desk, 1, true, "seen", &photo, &office.why));
    assert_ok(photo_decide(&room.desk, 1, true, "seen", &photo, &office.why));
    assert_int_equal(photo_decide(&room.desk, 1, false, "no", &photo, &office.why), ERR_CONFLICT);
    assert_string_equal(says_photo(1), "1");
    room_close();
}

static void old_photos_end_and_the_record_says_so(void **state) {
    room_open(state, LIANG "\n" SU "\n");
    struct photo_seen seen = seen_with(FIGURE_FACES, 1);
    struct photo photo;
    int64_t count = 0;
    assert_ok(offer_photo(1, "old", &seen, 20030501, &photo));
    assert_ok(offer_photo(1, "new", &seen, 20031001, &photo));
    assert_ok(offer_photo(2, "old", &seen, 20030501, &photo));
    room.desk.day = 20031028; /* the 180th day */
    assert_ok(photo_expire(&room.desk, &count, &office.why));
    assert_int_equal(count, 0);
    room.desk.day = 20031029;
    assert_ok(photo_expire(&room.desk, &count, &office.why));
    assert_int_equal(count, 2);
    assert_string_equal(says_photo(1), "1");
    assert_string_equal(says_photo(2), "0");
    assert_ok(photo_expire(&room.desk, &count, &office.why));
    assert_int_equal(count, 0);
    room_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_photo_is_what_the_rule_says),
        CASE(the_same_file_is_the_same_photo),
        CASE(too_old_too_new_and_strange_hands_are_refused),
        CASE(a_person_decides_once_and_gives_a_reason),
        CASE(old_photos_end_and_the_record_says_so),
    };
    return cmocka_run_group_tests_name("photo_case", tests, NULL, NULL);
}

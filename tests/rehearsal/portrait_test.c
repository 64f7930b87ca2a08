/* Drawn people before the rule: each kind of picture is judged as it was meant, whoever is drawn. */
#include "check.h"

#include "capture/photo_skill.h"
#include "rehearsal/portrait.h"

static uint8_t file_room[PORTRAIT_FILE_MAX], again_room[PORTRAIT_FILE_MAX];
static uint8_t request_room[PORTRAIT_FILE_MAX + PHOTO_REQUEST_EXTRA];
static uint8_t answer_room[1 << 20];

static struct bytes drawn(uint64_t seed, uint64_t key, enum portrait_kind kind, uint8_t *room) {
    struct builder b = builder_in(room, PORTRAIT_FILE_MAX);
    struct why why = {0};
    assert_int_equal(portrait_draw(seed, key, kind, &b, &why), OK);
    return builder_bytes(&b);
}

/* As the painter's process looks at it. */
static enum photo_judgement judged(struct bytes file) {
    struct builder request = builder_in(request_room, sizeof request_room);
    struct builder out = builder_in(answer_room, sizeof answer_room);
    struct photo_seen seen;
    struct why why = {0};
    photo_request_look(file, &request);
    assert_false(request.overflowed);
    assert_int_equal(photo_work(NULL, builder_bytes(&request), &out, &why), OK);
    assert_int_equal(photo_answer_read(builder_bytes(&out), &seen, &why), OK);
    return photo_judge(&seen.figures);
}

/* Forty people: every hair, skin and coat that can be drawn, or nearly. */
static void each_kind_is_judged_as_it_was_meant(void **state) {
    (void)state;
    static const enum photo_judgement meant[PORTRAIT_KINDS] = {
        [PORTRAIT_GOOD] = PHOTO_PASSES,
        [PORTRAIT_DARK] = PHOTO_FAILS,
        [PORTRAIT_DOUBTFUL] = PHOTO_TO_PERSON,
    };
    for (uint64_t key = 0; key < 40; key++) {
        for (int kind = 0; kind < PORTRAIT_KINDS; kind++) {
            struct bytes file = drawn(1 + key % 3, key, (enum portrait_kind)kind, file_room);
            if (judged(file) != meant[kind]) {
                fail_msg("person %llu, kind %d is judged %d", (unsigned long long)key, kind,
                    (int)judged(file));
            }
        }
    }
}

/* A step that was killed draws again, and the photo is known by its bytes. */
static void the_same_order_is_the_same_bytes(void **state) {
    (void)state;
    for (int kind = 0; kind < PORTRAIT_KINDS; kind++) {
        struct bytes one = drawn(7, 11, (enum portrait_kind)kind, file_room);
        assert_true(bytes_equal(one, drawn(7, 11, (enum portrait_kind)kind, again_room)));
    }
}

static void two_people_are_two_pictures(void **state) {
    (void)state;
    struct bytes one = drawn(7, 11, PORTRAIT_GOOD, file_room);
    assert_false(bytes_equal(one, drawn(7, 12, PORTRAIT_GOOD, again_room)));
    assert_false(bytes_equal(one, drawn(8, 11, PORTRAIT_GOOD, again_room)));
}

static void a_room_that_is_too_small_is_refused(void **state) {
    (void)state;
    size_t whole = drawn(7, 11, PORTRAIT_GOOD, file_room).len;
    for (size_t room = 0; room < whole; room += whole / 7) {
        struct builder b = builder_in(again_room, room);
        struct why why = {0};
        assert_int_equal(portrait_draw(7, 11, PORTRAIT_GOOD, &b, &why), ERR_INVALID);
        assert_true(why.text[0] != '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_judged_as_it_was_meant),
        cmocka_unit_test(the_same_order_is_the_same_bytes),
        cmocka_unit_test(two_people_are_two_pictures),
        cmocka_unit_test(a_room_that_is_too_small_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "host/why.h"

static void each_level_puts_its_context_in_front(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(why_say(&why, ERR_OUTSIDE, "the disk is full; free %d KB", 7), ERR_OUTSIDE);
    assert_int_equal(why_add(&why, ERR_OUTSIDE, "card %s", "B00000019"), ERR_OUTSIDE);
    assert_int_equal(why_add(&why, ERR_INVALID, "batch %d", 3), ERR_INVALID);
    assert_string_equal(why.text, "batch 3: card B00000019: the disk is full; free 7 KB");
}

/* A context of every length: as long as both fit they both stand there, then the reason alone. */
static void the_reason_stays_whatever_the_context(void **state) {
    (void)state;
    static const char reason[] = "the disk is full; free some space";
    char context[2 * sizeof((struct why *)NULL)->text];
    for (size_t len = 1; len + 1 < sizeof context; len++) {
        struct why why;
        (void)memset(context, 'c', len);
        context[len] = '\0';
        (void)why_say(&why, ERR_OUTSIDE, "%s", reason);
        assert_int_equal(why_add(&why, ERR_OUTSIDE, "%s", context), ERR_OUTSIDE);
        size_t said_len = strlen(why.text);
        assert_string_equal(why.text + said_len - (sizeof reason - 1), reason);
        assert_int_equal(said_len, len + 2 + sizeof reason - 1 < sizeof why.text
                                       ? len + 2 + sizeof reason - 1
                                       : sizeof reason - 1);
    }
}

static void a_story_that_is_too_long_ends_where_the_room_does(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(why_say(&why, ERR_OUTSIDE, "%0999d", 1), ERR_OUTSIDE);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    (void)why_add(&why, ERR_OUTSIDE, "context");
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_puts_its_context_in_front),
        cmocka_unit_test(the_reason_stays_whatever_the_context),
        cmocka_unit_test(a_story_that_is_too_long_ends_where_the_room_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

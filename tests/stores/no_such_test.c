/* Whoever asks for what is not there is told what shows the things that are. */
#include "check.h"

#include <string.h>

#include "stores/sql/no_such.h"

static const struct line {
    const char *thing, *next;
} lines[] = {
#define NO_SUCH(thing, next) {thing, next},
#include "stores/sql/no_such.def"
};
enum { LINE_COUNT = sizeof lines / sizeof lines[0] };

static const char *const commands[] = {
#define COMMAND(name, run, help) name,
#include "apps/commands.def"
};

/* True when what follows "shebao " begins with a command of the table. */
static bool names_command(const char *text) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strncmp(text, commands[i], strlen(commands[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void every_next_step_names_a_command_that_exists(void **state) {
    (void)state;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        for (const char *at = lines[i].next; (at = strstr(at, "\"shebao ")); at++) {
            if (!names_command(at + strlen("\"shebao "))) {
                fail_msg("%s: no command %s", lines[i].thing, at);
            }
        }
    }
}

static void the_sentence_names_the_thing_and_the_next_step(void **state) {
    (void)state;
    struct why why = {.text = ""};
    for (size_t i = 0; i < LINE_COUNT; i++) {
        assert_int_equal(no_such(&why, lines[i].thing), ERR_NOT_FOUND);
        assert_ptr_equal(strstr(why.text, "no such "), why.text);
        assert_non_null(strstr(why.text, lines[i].thing));
        assert_non_null(strstr(why.text, lines[i].next));
    }
}

static void a_thing_that_only_the_program_asks_for_has_no_next_step(void **state) {
    (void)state;
    struct why why = {.text = ""};
    assert_int_equal(no_such(&why, "posting"), ERR_NOT_FOUND);
    assert_string_equal(why.text, "no such posting");
}

static void what_changed_meanwhile_is_a_conflict(void **state) {
    (void)state;
    struct why why = {.text = ""};
    assert_int_equal(no_such_now(&why, "batch"), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "no such batch, or it is in another state by now"));
    assert_non_null(strstr(why.text, "look at it again"));
}

/* Each thing once, or the second line would never be read. */
static void no_thing_stands_twice(void **state) {
    (void)state;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        for (size_t j = i + 1; j < LINE_COUNT; j++) {
            assert_string_not_equal(lines[i].thing, lines[j].thing);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_next_step_names_a_command_that_exists),
        cmocka_unit_test(the_sentence_names_the_thing_and_the_next_step),
        cmocka_unit_test(a_thing_that_only_the_program_asks_for_has_no_next_step),
        cmocka_unit_test(what_changed_meanwhile_is_a_conflict),
        cmocka_unit_test(no_thing_stands_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

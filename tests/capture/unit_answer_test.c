/* What a unit makes of its list, without a centre; and that the centre takes it. */
#include "capture/unit_answer.h"

#include "check.h"

#include "base/hex.h"
#include "capture/unit_words.h"

enum { PLAIN_ROOM = 4096 };
static char list_text[PLAIN_ROOM];
static uint8_t answer_room[3 * PLAIN_ROOM];
static struct builder out;
static struct answer_made made;
static struct why why;

static const char body[] = "5|440104197003051234|李伟|1|19700305|missing\n"
                           "6|440104197103051245|李明|2|19710305|photo\n"
                           "7|440104197203051256|王五|1|19720305|photo\n";

/* A list with these lines and a digest that is true of them. */
static struct bytes list_of_lines(const char *lines, int count) {
    uint8_t digest[SM3_LEN];
    char text[UNIT_DIGEST_TEXT + 1];
    unit_digest(bytes_text(lines), digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    (void)snprintf(list_text, sizeof list_text, "3|unit|U1|%d|20031008|%s\n%s", count, text, lines);
    return bytes_text(list_text);
}

static enum err answer(struct bytes list, const char *said) {
    out = builder_in(answer_room, sizeof answer_room - 1);
    enum err err = unit_answer_write(list, bytes_text(said), &out, &made, &why);
    answer_room[out.len] = '\0';
    return err;
}

static void assert_ok(enum err err) {
    if (err) {
        fail_msg("%s", why.text);
    }
}

static void expect_body(const char *lines) {
    const char *text = strchr((const char *)answer_room, '\n');
    assert_non_null(text);
    assert_string_equal(text + 1, lines);
}

static void who_is_not_named_is_confirmed(void **state) {
    (void)state;
    assert_ok(answer(list_of_lines(body, 3), ""));
    assert_memory_equal(answer_room, "3|unit-back|U1|3|20031008|", 26);
    expect_body("5|440104197003051234|confirmed\n6|440104197103051245|confirmed\n"
                "7|440104197203051256|confirmed\n");
    assert_int_equal(made.confirmed, 3);
    assert_int_equal(made.lines, 3);
}

/* The digest in the head is that of the lines. */
static void the_head_says_what_the_lines_are(void **state) {
    uint8_t digest[SM3_LEN];
    char text[UNIT_DIGEST_TEXT + 1];
    (void)state;
    assert_ok(answer(list_of_lines(body, 3), "6|not-ours|unit-letter:7\n"));
    const char *lines = strchr((const char *)answer_room, '\n') + 1;
    unit_digest(bytes_text(lines), digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    assert_non_null(strstr((const char *)answer_room, text));
}

static void what_is_said_stands_in_the_list_s_order(void **state) {
    (void)state;
    assert_ok(
        answer(list_of_lines(body, 3), "# from the form of the 9th\n\n7|not-ours|unit-letter:7\n"
                                       "5|corrected|id-card:1|AAC003|李玮|AAB004|丙厂\n"));
    expect_body("5|440104197003051234|corrected|id-card:1|AAC003|李玮|AAB004|丙厂\n"
                "6|440104197103051245|confirmed\n"
                "7|440104197203051256|not-ours|unit-letter:7\n");
    assert_int_equal(made.confirmed, 1);
    assert_int_equal(made.corrected, 1);
    assert_int_equal(made.not_ours, 1);
}

static void what_makes_no_answer_is_named_with_its_line(void **state) {
    static const struct {
        const char *said, *says;
    } wrong[] = {
        {"4|not-ours|unit-letter:7\n",                              "its numbers are 5 to 7"  },
        {"8|not-ours|unit-letter:7\n",                              "its numbers are 5 to 7"  },
        {"06|not-ours|unit-letter:7\n",                             "is no number of the list"},
        {"x\n",                                                     "is no number of the list"},
        {"5\n",                                                     "expected is"             },
        {"5|\n",                                                    "expected is"             },
        {"5|confirmed\n",                                           "expected is"             },
        {"5|not-ours\n",                                            "expected is"             },
        {"5|corrected|id-card:1|AAC003\n",                          "expected is"             },
        {"5|corrected|id-card:1\n",                                 "expected is"             },
        {"5|not-ours|unit-letter:7",                                "no line feed"            },
        {"5|a|b|c|d|e|f|g|h|i|j|k|l|m\n",                           "too many words"          },
        {"#\n5|not-ours|unit-letter:7\n5|not-ours|unit-letter:7\n", "was answered above"      },
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(answer(list_of_lines(body, 3), wrong[i].said), ERR_INVALID);
        if (!strstr(why.text, wrong[i].says) || !strstr(why.text, "answers, line ")) {
            fail_msg("%zu: \"%s\" does not say \"%s\"", i, why.text, wrong[i].says);
        }
    }
    assert_non_null(strstr(why.text, "answers, line 3"));
}

static void every_prefix_and_every_flipped_byte_of_a_list_is_refused(void **state) {
    char whole[PLAIN_ROOM];
    (void)state;
    struct bytes list = list_of_lines(body, 3);
    (void)memcpy(whole, list.at, list.len);
    for (size_t len = 0; len < list.len; len++) {
        assert_int_equal(answer(bytes_of(whole, len), ""), ERR_INVALID);
    }
    /* The head names package, unit and day; that they are the list's is the centre's to check. */
    size_t head = (size_t)(strchr(list_text, '\n') - list_text) + 1;
    for (size_t i = head; i < list.len; i++) {
        whole[i] ^= 1;
        assert_int_equal(answer(bytes_of(whole, list.len), ""), ERR_INVALID);
        whole[i] ^= 1;
    }
    assert_ok(answer(bytes_of(whole, list.len), ""));
}

static void a_list_that_counts_wrong_is_refused(void **state) {
    (void)state;
    assert_int_equal(answer(list_of_lines(body, 2), ""), ERR_INVALID);
    assert_int_equal(answer(list_of_lines(body, 4), ""), ERR_INVALID);
    assert_int_equal(answer(list_of_lines(body, 0), ""), ERR_INVALID);
    assert_int_equal(answer(list_of_lines("", 1), ""), ERR_INVALID);
    assert_int_equal(answer(list_of_lines("5|x\n", 1), ""), ERR_INVALID);
    assert_non_null(strstr(why.text, "ask the centre for it again"));
}

/* The longest line that can be read still fits the answer. */
/* A list of somebody else's making, whose digest holds all the same: its lines are too short to be answered
 * in the room that was promised to be enough. [found by tests/fuzz/unit_fuzz.c] */
static void lines_that_no_centre_writes_are_refused(void **state) {
    static const char *const lines[] = {
        "5|1|a\n",
        "5|1||||\n",
        "5|1|a|1|19700305\n",
        "5|1|a|1|1970030|photo\n",
        "5|1|a|1|19700305|perhaps\n",
        "5|1|a|1|19700305|photo|more\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(answer(list_of_lines(lines[i], 1), ""), ERR_INVALID);
    }
    assert_ok(answer(list_of_lines("5|1|a|1|19700305|photo\n", 1), ""));
}

static void a_line_as_long_as_a_line_may_be_fits(void **state) {
    char said[2 * UNIT_LINE_ROOM];
    (void)state;
    size_t len = (size_t)snprintf(said, sizeof said, "5|corrected|id-card:1|AAC003|");
    (void)memset(said + len, 'x', (size_t)UNIT_LINE_ROOM - 1 - len);
    said[UNIT_LINE_ROOM - 1] = '\n';
    said[UNIT_LINE_ROOM] = '\0';
    assert_ok(answer(list_of_lines(body, 3), said));
    (void)memmove(said + len + 1, said + len, (size_t)UNIT_LINE_ROOM - len + 1);
    assert_int_equal(answer(list_of_lines(body, 3), said), ERR_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_named_is_confirmed),
        cmocka_unit_test(the_head_says_what_the_lines_are),
        cmocka_unit_test(what_is_said_stands_in_the_list_s_order),
        cmocka_unit_test(what_makes_no_answer_is_named_with_its_line),
        cmocka_unit_test(every_prefix_and_every_flipped_byte_of_a_list_is_refused),
        cmocka_unit_test(a_list_that_counts_wrong_is_refused),
        cmocka_unit_test(lines_that_no_centre_writes_are_refused),
        cmocka_unit_test(a_line_as_long_as_a_line_may_be_fits),
    };
    return cmocka_run_group_tests_name("unit_answer", tests, NULL, NULL);
}

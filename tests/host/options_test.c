#include "capture.h"

#include "host/ending.h"
#include "host/options.h"

struct given {
    const char *file, *more, *data, *name;
    int64_t seed;
    uint32_t date;
    bool json, strict;
};

static const struct option options[] = {
    {"FILE",     OPTION_PATH,   offsetof(struct given, file),   NULL, NULL,       "the file",  false},
    {"MORE",     OPTION_TEXT,   offsetof(struct given, more),   NULL, NULL,       "more",      true },
    OPTION_DATA(struct given, data),
    OPTION_JSON(struct given, json),
    {"--strict", OPTION_FLAG,   offsetof(struct given, strict), NULL, NULL,       "be strict", false},
    {"--name",   OPTION_TEXT,   offsetof(struct given, name),   NULL, NULL,       "a name",    true },
    {"--seed",   OPTION_NUMBER, offsetof(struct given, seed),   NULL, "1",        "the seed",  false},
    {"--date",   OPTION_DAY,    offsetof(struct given, date),   NULL, "20031008", "the day",   false},
};
static const struct usage usage = {
    "person import", "Reads a file.", options, sizeof options / sizeof options[0]};

/* Words behind the command's own, as main() would hand them over. */
static bool read_words(const char *const *words, struct given *given, int *status) {
    char *argv[17] = {NULL};
    static char kept[16][64]; /* what given borrows lives as long as argv does: beyond this call */
    int argc = 0;
    (void)strcpy(kept[argc], "import");
    argv[argc] = kept[argc];
    argc++;
    for (; *words; words++, argc++) {
        (void)snprintf(kept[argc], sizeof kept[argc], "%s", *words);
        argv[argc] = kept[argc];
    }
    return options_read(&usage, argc, argv, given, status);
}
#define WORDS(...)                                                                                 \
    (const char *const[]) {                                                                        \
        __VA_ARGS__, NULL                                                                          \
    }

static void what_is_not_given_has_its_default(void **state) {
    (void)state;
    struct given given;
    int status = 7;
    (void)memset(&given, 0x55, sizeof given);
    assert_true(read_words(WORDS("people.csv"), &given, &status));
    assert_int_equal(status, ENDING_DONE);
    assert_string_equal(given.file, "people.csv");
    assert_null(given.more);
    assert_null(given.name);
    assert_string_equal(given.data, "shebao-data");
    assert_int_equal(given.seed, 1);
    assert_int_equal(given.date, 20031008);
    assert_false(given.json);
    assert_false(given.strict);
}

static void options_stand_in_any_order_and_both_forms(void **state) {
    (void)state;
    struct given given;
    int status = 0;
    assert_true(
        read_words(WORDS("--seed=18", "--json", "a", "--date", "20040229", "b", "--data=x=y"),
            &given, &status));
    assert_int_equal(given.seed, 18);
    assert_true(given.json);
    assert_string_equal(given.file, "a");
    assert_string_equal(given.more, "b");
    assert_int_equal(given.date, 20040229);
    assert_string_equal(given.data, "x=y");
    assert_true(read_words(WORDS("--strict", "--", "--json"), &given, &status));
    assert_string_equal(given.file, "--json");
    assert_false(given.json);
    assert_true(given.strict);
    assert_true(read_words(WORDS("f", "--data=--json"), &given, &status));
    assert_string_equal(given.data, "--json");
    assert_true(read_words(WORDS("-"), &given, &status));
    assert_string_equal(given.file, "-");
}

/* Each case is refused with a sentence that holds the words given, names the command, and ends the
 * program as wrong use. */
static void what_is_wrong_is_refused_in_one_sentence(void **state) {
    (void)state;
    static const struct {
        const char *words[4];
        const char *said;
    } cases[] = {
        {{NULL},                                 "FILE is missing"                             },
        {{"f", "--sed", "3"},                    "unknown option --sed (did you mean --seed?)" },
        {{"f", "--sede=3"},                      "unknown option --sede (did you mean --seed?)"},
        {{"f", "--quite-another"},               "unknown option --quite-another;"             },
        {{"f", "-x"},                            "unknown option -x;"                          },
        {{"f", "m", "x"},                        "\"x\" is one argument too many"              },
        {{"f", "--seed"},                        "--seed needs a number"                       },
        {{"f", "--seed", ""},                    "--seed takes a number"                       },
        {{"f", "--seed", "-1"},                  "not \"-1\""                                  },
        {{"f", "--seed", "12a"},                 "not \"12a\""                                 },
        {{"f", "--seed", "1000000000000000000"}, "not \"1000000000000000000\""                 },
        {{"f", "--seed=1", "--seed=1"},          "--seed is given twice"                       },
        {{"f", "--json", "--json"},              "--json is given twice"                       },
        {{"f", "--json=yes"},                    "--json takes no value"                       },
        {{"f", "--date", "20030229"},            "--date takes a day of the calendar"          },
        {{"f", "--date", "2003-10-08"},          "--date takes a day of the calendar"          },
        {{"f", "--date", "020031008"},           "--date takes a day of the calendar"          },
        {{"f", "--data="},                       "--data takes the name of a file or directory"},
        {{"f", "--data", "--json"},              "--data needs the name of a file or directory"},
        {{""},                                   "FILE takes the name of a file or directory"  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct given given;
        int status = 7;
        struct capture capture = capture_begin(stderr);
        bool run = read_words(cases[i].words, &given, &status);
        const char *said = capture_end(&capture);
        assert_false(run);
        assert_int_equal(status, ENDING_USAGE);
        assert_non_null(strstr(said, cases[i].said));
        assert_non_null(strstr(said, "shebao person import: "));
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    }
}

static void help_shows_every_line_of_the_table(void **state) {
    (void)state;
    struct given given;
    int status = 7;
    struct capture capture = capture_begin(stdout);
    /* Even beside something wrong: whoever asks for help has it. */
    bool run = read_words(WORDS("--seed", "x", "--help"), &given, &status);
    const char *said = capture_end(&capture);
    assert_false(run);
    assert_int_equal(status, ENDING_DONE);
    assert_non_null(strstr(said, "shebao person import FILE [MORE] [OPTION]..."));
    assert_non_null(strstr(said, "Reads a file."));
    for (size_t i = 0; i < usage.count; i++) {
        assert_non_null(strstr(said, options[i].name));
        assert_non_null(strstr(said, options[i].help));
    }
}

static void words_are_near_by_two_edits_or_as_a_beginning(void **state) {
    (void)state;
    assert_true(word_is_near("inport", "import"));
    assert_true(word_is_near("imprt", "import"));
    assert_true(word_is_near("imp", "import"));
    assert_true(word_is_near("pliot", "pilot"));
    assert_true(word_is_near("import", "import"));
    assert_false(word_is_near("", "import"));
    assert_false(word_is_near("xy", "ab"));
    assert_false(word_is_near("export", "pilot"));
    assert_false(word_is_near("a-word-of-more-than-forty-characters-is-no-slip", "import"));
}

static void every_error_has_its_ending(void **state) {
    (void)state;
    struct why why = {.text = "it is so"};
    assert_int_equal(ending_of(OK), ENDING_DONE);
    assert_int_equal(ending_of(ERR_INVALID), ENDING_FILE);
    assert_int_equal(ending_of(ERR_NOT_FOUND), ENDING_USAGE);
    assert_int_equal(ending_of(ERR_CONFLICT), ENDING_USAGE);
    assert_int_equal(ending_of(ERR_DENIED), ENDING_USAGE);
    struct capture capture = capture_begin(stderr);
    enum ending quiet = ending_tell(OK, &why);
    enum ending told = ending_tell(ERR_OUTSIDE, &why);
    /* What takes words and no file has no bad file. */
    assert_int_equal(ending_tell_words(OK, &why), ENDING_DONE);
    assert_int_equal(ending_tell_words(ERR_INVALID, &why), ENDING_USAGE);
    assert_int_equal(ending_tell_words(ERR_OUTSIDE, &why), ENDING_OUTSIDE);
    const char *said = capture_end(&capture);
    assert_int_equal(quiet, ENDING_DONE);
    assert_int_equal(told, ENDING_OUTSIDE);
    assert_string_equal(said, "shebao: it is so\nshebao: it is so\nshebao: it is so\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(options_stand_in_any_order_and_both_forms),
        cmocka_unit_test(what_is_wrong_is_refused_in_one_sentence),
        cmocka_unit_test(help_shows_every_line_of_the_table),
        cmocka_unit_test(words_are_near_by_two_edits_or_as_a_beginning),
        cmocka_unit_test(every_error_has_its_ending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

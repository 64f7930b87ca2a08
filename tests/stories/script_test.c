/* The same talk gives the same answers and the same cells, every time and everywhere.
 *
 * Without words on the command line: twice in this program, and another seed is another talk. With
 * --commands N the sums of one talk of N commands are printed, from --seed N, with the chip where
 * carriers.h puts it; whoever runs it at several places or from several compilers compares them.
 * --small tells only what a small chip can answer. */
#include "stories/script.h"

#include "base/features.h"

enum { SEED = 20031008, COMMANDS = 1500 };

static void the_same_talk_has_the_same_sums(void **state) {
    (void)state;
    char answers[2][SCRIPT_TEXT], stores[2][SCRIPT_TEXT];
    for (int i = 0; i < 2; i++) {
        script_run(SEED, COMMANDS, !CARD_SAM, answers[i], stores[i]);
        assert_true(script.said >= COMMANDS);
        assert_true(script.chips >= 2);
        assert_true(script.done >= COMMANDS / 4); /* and not a talk at cross purposes */
    }
    assert_string_equal(answers[0], answers[1]);
    assert_string_equal(stores[0], stores[1]);
}

static void another_seed_is_another_talk(void **state) {
    (void)state;
    char answers[2][SCRIPT_TEXT], stores[2][SCRIPT_TEXT];
    for (unsigned i = 0; i < 2; i++) {
        script_run(SEED + i, COMMANDS, !CARD_SAM, answers[i], stores[i]);
    }
    assert_string_not_equal(answers[0], answers[1]);
    assert_string_not_equal(stores[0], stores[1]);
}

/* The value behind a word of the command line, or the fallback. */
static unsigned long number_of(int words, char **argv, const char *name, unsigned long fallback) {
    for (int i = 1; i + 1 < words; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoul(argv[i + 1], NULL, 10);
        }
    }
    return fallback;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_talk_has_the_same_sums),
        cmocka_unit_test(another_seed_is_another_talk),
    };
    int words = carrier_given(argc, argv);
    unsigned long commands = number_of(words, argv, "--commands", 0);
    if (commands == 0) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    char answers[SCRIPT_TEXT], stores[SCRIPT_TEXT];
    bool small = !CARD_SAM || (words > 1 && strcmp(argv[words - 1], "--small") == 0);
    script_run(number_of(words, argv, "--seed", SEED), (uint32_t)commands, small, answers, stores);
    carrier_end();
    (void)printf("%u commands, %u of them done, %u chips\nanswers %s\nstores  %s\n", script.said,
        script.done, script.chips, answers, stores);
    return 0;
}

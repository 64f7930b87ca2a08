#include "check.h"

#include "base/checkdigit.h"
#include "registry/parameter.h"
#include "registry/person.h"
#include "registry/region.h"

enum { TODAY = 20031008 };

/* A good line; a case replaces one word of it. */
static const char *const good[PERSON_FIELDS] = {"990102197612115183", "梁思", "2", "01", "19761211",
    "440111", "11", "广州市白云区同福中路477号", "510020", "020-05375181", "10034940275",
    "GZ0001004", "荔湾区第三小学"};

static struct person_words words_with(enum person_field field, const char *word) {
    struct person_words words;
    for (int i = 0; i < PERSON_FIELDS; i++) {
        words.word[i] = bytes_text(i == (int)field ? word : good[i]);
    }
    return words;
}

static enum verdict judge(enum person_field field, const char *word) {
    struct person_words words = words_with(field, word);
    struct person_facts facts;
    return person_check(&words, TODAY, &facts);
}

/* A whole line that fits its number, for cases about numbers. */
static enum verdict judge_number(const char *number, const char *birth, const char *sex) {
    struct person_words words = words_with(PERSON_NUMBER, number);
    struct person_facts facts;
    words.word[PERSON_BIRTH] = bytes_text(birth);
    words.word[PERSON_SEX] = bytes_text(sex);
    return person_check(&words, TODAY, &facts);
}

/* A number of that birth date and sequence with its right check character. */
static const char *number_of(const char *birth, const char *sequence, char number[19]) {
    (void)snprintf(number, 19, "990101%.8s%.3s", birth, sequence);
    number[17] = citizen_check(bytes_of(number, 17));
    number[18] = '\0';
    return number;
}

static void each_rule_gives_its_verdict(void **state) {
    (void)state;
    static const struct {
        enum person_field field;
        const char *word;
        enum verdict verdict;
    } cases[] = {
        {PERSON_NUMBER,        "990102197612115183",                                     ACCEPTED          },
        {PERSON_NUMBER,        "９９０１０２１９７６１２１１５１８３", ACCEPTED          },
        {PERSON_NUMBER,        "990102761211518",                                        ACCEPTED          },
        {PERSON_NUMBER,        "990102197612115184",                                     NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "99010219761211518X",                                     NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "99010219761211518",                                      NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "9901021976121151833",                                    NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "99010219761211X183",                                     NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "99010276121151X",                                        NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        " 990102197612115183",                                    NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "",                                                       NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER,        "九九〇一〇二一九七六一二一一五一八三", NUMBER_CHECK_DIGIT},
        {PERSON_BIRTH,         "19761212",                                               BIRTH_DIFFERS     },
        {PERSON_BIRTH,         "1976121",                                                BIRTH_DIFFERS     },
        {PERSON_BIRTH,         "1976-12-11",                                             BIRTH_DIFFERS     },
        {PERSON_BIRTH,         "",                                                       BIRTH_DIFFERS     },
        {PERSON_SEX,           "1",                                                      SEX_DIFFERS       },
        {PERSON_SEX,           "3",                                                      CODE_INVALID      },
        {PERSON_SEX,           "0",                                                      CODE_INVALID      },
        {PERSON_SEX,           "9",                                                      CODE_INVALID      },
        {PERSON_SEX,           "",                                                       CODE_INVALID      },
        {PERSON_SEX,           "男",                                                    CODE_INVALID      },
        {PERSON_SEX,           "02",                                                     CODE_INVALID      },
        {PERSON_NATION,        "56",                                                     ACCEPTED          },
        {PERSON_NATION,        "57",                                                     CODE_INVALID      },
        {PERSON_NATION,        "00",                                                     CODE_INVALID      },
        {PERSON_NATION,        "1",                                                      CODE_INVALID      },
        {PERSON_NATION,        "",                                                       CODE_INVALID      },
        {PERSON_REGION,        "440184",                                                 ACCEPTED          },
        {PERSON_REGION,        "440100",                                                 REGION_UNKNOWN    },
        {PERSON_REGION,        "440000",                                                 REGION_UNKNOWN    },
        {PERSON_REGION,        "44010",                                                  REGION_UNKNOWN    },
        {PERSON_REGION,        "4401111",                                                REGION_UNKNOWN    },
        {PERSON_REGION,        "440115",                                                 REGION_UNKNOWN    },
        {PERSON_REGION,        "110101",                                                 REGION_UNKNOWN    },
        {PERSON_REGION,        "",                                                       REGION_UNKNOWN    },
        {PERSON_HOUSEHOLD,     "",                                                       ACCEPTED          },
        {PERSON_ADDRESS,       "",                                                       ACCEPTED          },
        {PERSON_EMPLOYER,      "",                                                       ACCEPTED          },
        {PERSON_EMPLOYER_NAME, "",                                                       ACCEPTED          },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum verdict got = judge(cases[i].field, cases[i].word);
        if (got != cases[i].verdict) {
            fail_msg("%s: %s, not %s", cases[i].word, verdict_text(got)->name,
                verdict_text(cases[i].verdict)->name);
        }
    }
}

static void a_name_is_han_characters_with_dots_between(void **state) {
    (void)state;
    static const struct {
        const char *name, *kept; /* NULL: refused */
    } cases[] = {
        {"梁",                           "梁"                          },
        {"  梁思 ",                     "梁思"                       },
        {"\u3000梁思\u3000",            "梁思"                       },
        {"古丽仙·阿不都热合曼", "古丽仙·阿不都热合曼"},
        {"𡌴𪝆",                      "𡌴𪝆"                     },
        {"𰻝",                          "𰻝"                         },
        {"䶮〇",                        "䶮〇"                       },
        {"",                              NULL                           },
        {"   ",                           NULL                           },
        {"·",                            NULL                           },
        {"·梁",                         NULL                           },
        {"梁·",                         NULL                           },
        {"古丽··仙",                 NULL                           },
        {"梁 思",                       NULL                           },
        {"梁A",                          NULL                           },
        {"A",                             NULL                           },
        {"王?",                          NULL                           },
        {"李□",                        NULL                           },
        {"梁1",                          NULL                           },
        {"梁\uE000",                     NULL                           },
        {"梁♥",                        NULL                           },
        {"ねこ",                        NULL                           },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct person_words words = words_with(PERSON_NAME, cases[i].name);
        struct person_facts facts;
        enum verdict verdict = person_check(&words, TODAY, &facts);
        assert_int_equal(verdict, cases[i].kept ? ACCEPTED : NAME_INVALID);
        if (cases[i].kept) {
            assert_true(bytes_equal(facts.name, bytes_text(cases[i].kept)));
        }
    }
}

static void a_name_has_one_to_fifty_characters(void **state) {
    (void)state;
    char name[52 * 4 + 1] = "";
    for (int letters = 1; letters <= 51; letters++) {
        strcat(name, letters % 2 ? "𡌴" : "梁");
        assert_int_equal(judge(PERSON_NAME, name), letters <= 50 ? ACCEPTED : NAME_INVALID);
    }
}

/* Every prefix of a number, and every number with one character changed to any other digit or X:
 * the check character or the birth date finds it, or another digit changes nothing else we know. */
static void no_wrong_digit_passes_the_check_character(void **state) {
    (void)state;
    static const char number[] = "990102197612115183";
    static const char marks[] = "0123456789Xx?";
    for (size_t len = 0; len < 18; len++) {
        char prefix[19] = "";
        memcpy(prefix, number, len);
        assert_int_not_equal(judge(PERSON_NUMBER, prefix), ACCEPTED);
    }
    for (size_t at = 0; at < 18; at++) {
        for (const char *mark = marks; *mark; mark++) {
            char changed[19];
            memcpy(changed, number, sizeof changed);
            changed[at] = *mark;
            if (*mark != number[at]) {
                assert_int_equal(judge(PERSON_NUMBER, changed), NUMBER_CHECK_DIGIT);
            }
        }
    }
}

static void a_birth_date_lies_between_1900_and_today(void **state) {
    (void)state;
    static const struct {
        const char *birth;
        enum verdict verdict;
    } cases[] = {
        {"19000101", ACCEPTED        },
        {"18991231", BIRTH_IMPOSSIBLE},
        {"20031008", ACCEPTED        },
        {"20031009", BIRTH_IMPOSSIBLE},
        {"20000229", ACCEPTED        },
        {"20010229", BIRTH_IMPOSSIBLE},
        {"19001301", BIRTH_IMPOSSIBLE},
        {"20990101", BIRTH_IMPOSSIBLE},
        {"00000000", BIRTH_IMPOSSIBLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char number[19];
        number_of(cases[i].birth, "018", number);
        assert_int_equal(judge_number(number, cases[i].birth, "2"), cases[i].verdict);
    }
}

/* The order of the rules: a line that breaks rule n and all later ones gets verdict n. */
static void the_first_broken_rule_speaks(void **state) {
    (void)state;
    static const struct {
        enum person_field field;
        const char *broken, *mended;
        enum verdict verdict;
    } steps[] = {
        {PERSON_NUMBER, "990101200102300181", "990101200102300187", NUMBER_CHECK_DIGIT},
        {PERSON_NUMBER, NULL,                 "990102197612115183", BIRTH_IMPOSSIBLE  },
        {PERSON_BIRTH,  "19000101",           "19761211",           BIRTH_DIFFERS     },
        {PERSON_SEX,    "1",                  "2",                  SEX_DIFFERS       },
        {PERSON_NATION, "99",                 "01",                 CODE_INVALID      },
        {PERSON_REGION, "1",                  "440111",             REGION_UNKNOWN    },
        {PERSON_NAME,   "?",                  "梁思",             NAME_INVALID      },
    };
    enum { STEPS = sizeof steps / sizeof steps[0] };
    struct person_words words = words_with(PERSON_NUMBER, good[PERSON_NUMBER]);
    struct person_facts facts;
    char impossible[19];
    for (size_t i = 0; i < STEPS; i++) {
        if (steps[i].broken) {
            words.word[steps[i].field] = bytes_text(steps[i].broken);
        }
    }
    number_of("20010230", "018", impossible);
    for (size_t i = 0; i < STEPS; i++) {
        assert_int_equal(person_check(&words, TODAY, &facts), steps[i].verdict);
        const char *mended = i == 0 ? impossible : steps[i].mended;
        words.word[steps[i].field] = bytes_text(mended);
    }
    assert_int_equal(person_check(&words, TODAY, &facts), ACCEPTED);
}

static void facts_are_what_the_line_says(void **state) {
    (void)state;
    struct person_words words = words_with(PERSON_NUMBER, "990102761211518");
    struct person_facts facts;
    char number[NUMBER_LEN + 1];
    assert_int_equal(person_check(&words, TODAY, &facts), ACCEPTED);
    assert_true(facts.number17 == INT64_C(99010219761211518));
    assert_int_equal(facts.sex, 2);
    assert_int_equal(facts.nation, 1);
    assert_int_equal(facts.birth, 19761211);
    assert_int_equal(facts.region, 440111);
    number_write(facts.number17, number);
    assert_string_equal(number, "990102197612115183");
    assert_true(number17_of(bytes_text(number)) == facts.number17);
    assert_true(number17_of(bytes_text("11010519491231002x")) != 0); /* the standard's own sample */
}

static void free_text_has_its_limits_in_characters(void **state) {
    (void)state;
    char text[201 * 4 + 1] = "";
    for (int letters = 1; letters <= 201; letters++) {
        strcat(text, letters % 2 ? "路" : "𡌴");
        enum verdict verdict = letters <= 200 ? ACCEPTED : LINE_MALFORMED;
        assert_int_equal(judge(PERSON_ADDRESS, text), verdict);
        verdict = letters <= 40 ? ACCEPTED : LINE_MALFORMED;
        assert_int_equal(judge(PERSON_PHONE, text), verdict);
    }
}

static void a_masked_number_shows_six_and_four(void **state) {
    (void)state;
    char masked[NUMBER_LEN + 1];
    number_mask("990102197612115183", masked);
    assert_string_equal(masked, "990102********5183");
    number_mask("", masked);
    assert_string_equal(masked, "");
}

static void districts_exist_in_their_time(void **state) {
    (void)state;
    assert_true(region_exists(440102, 20031008));
    assert_true(region_exists(440102, 20050427));
    assert_false(region_exists(440102, 20050428));
    assert_false(region_exists(440107, 20050428));
    assert_false(region_exists(440115, 20050427));
    assert_true(region_exists(440115, 20050428));
    assert_false(region_exists(440116, 20031008));
    assert_false(region_exists(440100, 20031008));
    assert_string_equal(region_name(440102), "东山区");
    assert_null(region_name(440101));
    int exist = 0;
    for (uint32_t code = 440000; code < 450000; code++) {
        exist += region_exists(code, 20031008);
    }
    assert_int_equal(exist, 12);
}

static void verdicts_and_parameters_have_all_their_words(void **state) {
    (void)state;
    for (int i = 0; i < VERDICTS; i++) {
        const struct verdict_text *text = verdict_text((enum verdict)i);
        assert_true(strlen(text->name) > 0 && strlen(text->zh) > 0 && strlen(text->en) > 0);
        assert_null(strpbrk(text->zh, "\"\\"));
        assert_null(strpbrk(text->en, "\"\\"));
        assert_null(strpbrk(text->next, "\"\\"));
        assert_int_equal(text->known, i >= ACCEPTED);
    }
    for (int i = 0; i < PARAMETERS; i++) {
        const struct parameter_text *p = parameter_text((enum parameter)i);
        assert_true(p->value >= p->least && p->value <= p->most);
        assert_true(strlen(p->name) > 0 && strlen(p->meaning) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_gives_its_verdict),
        cmocka_unit_test(a_name_is_han_characters_with_dots_between),
        cmocka_unit_test(a_name_has_one_to_fifty_characters),
        cmocka_unit_test(no_wrong_digit_passes_the_check_character),
        cmocka_unit_test(a_birth_date_lies_between_1900_and_today),
        cmocka_unit_test(the_first_broken_rule_speaks),
        cmocka_unit_test(facts_are_what_the_line_says),
        cmocka_unit_test(free_text_has_its_limits_in_characters),
        cmocka_unit_test(a_masked_number_shows_six_and_four),
        cmocka_unit_test(districts_exist_in_their_time),
        cmocka_unit_test(verdicts_and_parameters_have_all_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ceremony/ceremony_plan.h"

#include "check.h"

#define HEAD "ceremony 2003-001\nbegin 2003-10-08 09:00\nofficers a b\n"

static const char every_step[] =
    "# of tests\n" HEAD "generate DPK 3DES 2\n"
    "components BTK SM4 1 for zhang li\n"
    "split DPK 3DES 2 into 3 of 5 for zhang li wang zhao chen # five\n"
    "\n"
    "recover DPK 3DES 2 from here zhang li wang\n"
    "import DLK 3DES 4 from /some/folder li zhang\n"
    "import-wrapped DLK 3DES 5 under BTK 3DES 1 from /some/file check 8CA64D\n"
    "share-card 11 DPK 3DES 2 from here for li\n"
    "mother-card 12 DPK 3DES 2 under BTK 3DES 1 for zhang\n"
    "transport-card 13 DLK SM4 1 under BTK SM4 1 for li\n"
    "psam-batch 20 from 440100000901 at GZYD0001\n"
    "close DPK 3DES 1\n"
    "destroy DPK 3DES 1";

static void every_step_is_read(void **state) {
    struct plan plan;
    struct why why;
    char text[KEY_TEXT_ROOM];
    (void)state;
    assert_int_equal(plan_read(bytes_text(every_step), &plan, &why), OK);
    assert_string_equal(plan.order, "2003-001");
    assert_int_equal(plan.day, 20031008);
    assert_int_equal(plan.minute, 540);
    assert_int_equal(plan.count, STEP_KINDS);
    for (unsigned i = 0; i < STEP_KINDS; i++) {
        const char *word = step_line(plan.steps[i].kind)->word;
        assert_memory_equal(plan.steps[i].text, word, strlen(word));
    }
    assert_string_equal(plan_key_text(&plan.steps[2].key, text), "DPK 3DES 2");
    assert_int_equal(plan.steps[2].k, 3);
    assert_int_equal(plan.steps[2].holder_count, 5);
    assert_string_equal(plan.steps[2].holders[4], "chen");
    assert_int_equal(plan.steps[2].line, 7);
    assert_int_equal(plan.steps[5].check[0], 0x8C);
    assert_string_equal(plan.steps[5].path, "/some/file");
    assert_int_equal(plan.steps[9].terminal, 440100000901U);
}

static void what_is_no_plan_is_refused_with_its_line(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"",                                                                        "no line \"ceremony ORDER\""                      },
        {"ceremony a\n",                                                            "no line \"begin"                                 },
        {"ceremony a\nbegin 2003-10-08 09:00\n",                                    "no line \"officers"                              },
        {HEAD,                                                                      "no line \"a single step\""                       },
        {HEAD "melt DPK 3DES 2\n",                                                  "line 4 of the plan has the unknown step \"melt\""},
        {HEAD "generate XXX 3DES 2\n",
         "line 4 of the plan is not understood; expected there: generate KEY"                                                         },
        {HEAD "generate DPK RC4 2\n",                                               "line 4"                                          },
        {HEAD "generate DPK 3DES 16\n",                                             "line 4"                                          },
        {HEAD "generate DPK 3DES\n",                                                "line 4"                                          },
        {HEAD "generate DPK 3DES 2 now\n",                                          "line 4"                                          },
        {HEAD "generate TRANSPORT 3DES 2\n",                                        "maker's and public"                              },
        {HEAD "generate MK_PKI 3DES 1\n",                                           "line 4"                                          },
        {HEAD "split DPK 3DES 2 into 3 of 5 for a b c\n",                           "3 of 5 for 3 custodians"                         },
        {HEAD "split DPK 3DES 2 into 1 of 3 for a b c\n",                           "into 1 of 3"                                     },
        {HEAD "split DPK 3DES 2 into 4 of 3 for a b c\n",                           "into 4 of 3"                                     },
        {HEAD "split DPK 3DES 2 into 2 of 3 for a b b\n",                           "line 4"                                          },
        {HEAD "components DPK 3DES 2 for a\n",                                      "line 4"                                          },
        {HEAD "components DPK 3DES 2 for a ../b\n",                                 "line 4"                                          },
        {HEAD "share-card 0 DPK 3DES 2 from here for a\n",                          "line 4"                                          },
        {HEAD "psam-batch 2 from 44010000901 at X\n",                               "line 4"                                          },
        {HEAD "import-wrapped DPK 3DES 2 under BTK 3DES 1 from f check 8CA6\n",     "line 4"                                          },
        {HEAD "generate DPK 3DES 2\nofficers c d\n",                                "line 5"                                          },
        {"ceremony a\nceremony b\n",                                                "line 2"                                          },
        {"ceremony a/b\n",                                                          "line 1"                                          },
        {"begin 2003-02-30 09:00\n",                                                "line 1"                                          },
        {"begin 2003-10-08 24:00\n",                                                "line 1"                                          },
        {"officers a\n",                                                            "line 1"                                          },
        {"officers a b c\n",                                                        "line 1"                                          },
        {"ceremony a\nbegin 2003-10-08 09:00\nofficers a a\ngenerate DPK 3DES 2\n",
         "both officers"                                                                                                              },
        {"ceremony \x01\n",                                                         "line 1"                                          },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan plan;
        struct why why = {""};
        assert_int_equal(plan_read(bytes_text(cases[i].text), &plan, &why), ERR_INVALID);
        if (!strstr(why.text, cases[i].says)) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, why.text, cases[i].says);
        }
    }
}

/* Whatever the bytes are, reading ends, and a plan that is taken has what a plan must have. */
static void every_prefix_and_every_flipped_byte_is_read_or_refused(void **state) {
    char text[sizeof every_step];
    struct plan plan;
    struct why why;
    (void)state;
    for (size_t len = 0; len < sizeof every_step - 1; len++) {
        enum err err = plan_read(bytes_of(every_step, len), &plan, &why);
        assert_true(err == OK || err == ERR_INVALID);
        assert_true(err != OK || (plan.count > 0 && plan.order[0] && plan.officers[1][0]));
    }
    for (size_t at = 0; at < sizeof every_step - 1; at++) {
        (void)memcpy(text, every_step, sizeof text);
        text[at] ^= 0x11;
        enum err err = plan_read(bytes_of(text, sizeof text - 1), &plan, &why);
        assert_true(err == OK || err == ERR_INVALID);
        assert_true(err != OK || plan.count > 0);
    }
}

static void too_many_steps_are_refused(void **state) {
    char text[8192] = HEAD;
    struct plan plan;
    struct why why;
    (void)state;
    for (int i = 0; i <= PLAN_STEPS_MAX; i++) {
        (void)strcat(text, "close DPK 3DES 1\n");
    }
    assert_int_equal(plan_read(bytes_text(text), &plan, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "step 65; a ceremony has 64 at most"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_read),
        cmocka_unit_test(what_is_no_plan_is_refused_with_its_line),
        cmocka_unit_test(every_prefix_and_every_flipped_byte_is_read_or_refused),
        cmocka_unit_test(too_many_steps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

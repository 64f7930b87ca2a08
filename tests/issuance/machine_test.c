#include "check.h"
#include "issuance/box.h"

/* What each machine must do, written a second time, state by state and event by event: a state's
 * row has one word for each event, "-" where nothing may happen. All pairs are tried. */
struct expectation {
    const struct machine *machine;
    size_t pairs;
    const char *rows[16]; /* "state: next next ..." */
};

static const struct expectation expectations[] = {
    {&application_machine, 56,
     {/*      BATCH WITHDRAW SUCCEED FAIL TROUBLE SOLVE GIVE_UP */
            "0: 5 1 - 3 - - -", "1: - - - - - - -", "2: - - - - - - -", "3: - - - - - - -",
            "4: - - - - - 6 7", "5: - 0 2 3 4 - -", "6: - - - - - - -", "7: - - - - - - -"}},
    {&number_machine,      20,
     {/* RESERVE RELEASE USE LOCK UNLOCK */
            "0: 1 - - 3 -", "1: - 0 2 3 -", "2: - - - - -", "3: - - - - 0"}                },
    {&batch_machine,       182,
     {/* APPROVE CANCEL >BANK <BANK >MAKER <MAKER >KEYS <KEYS PACK DELIVER STORE CLOSE RESTORE R_KEYS */
            "10: 15 99 - - - - - - - - - - - -", "15: - - 20 - 30 - - - - - - - 10 -",
            "20: - - - 21 - - - - - - - - - -", "21: - - - - 30 - - - - - - - - -",
            "30: - - - - - 31 - - - - - - - -", "31: - - - - - - 40 - 45 - - - - -",
            "40: - - - - - - - 41 - - - - - -", "41: - - - - - - - - 45 - - - - -",
            "45: - - - - - - - - - 50 - - 31 41", "50: - - - - - - - - - - 55 - - -",
            "55: - - - - - - - - - - - 60 - -", "60: - - - - - - - - - - - - - -",
            "99: - - - - - - - - - - - - - -"}                                             },
    {&line_machine,        224,
     {/* MAKE FAIL DOUBT PASS REJECT HAND_OUT RECOVER DESTROY REMAKE CANCEL OPENED UNOPENED MISMATCH
         MISS BACK LEAVE */
            "10: 30 31 32 - - - - - - 99 20 21 22 - - -", "20: 30 31 32 - - - - - - - - - - - - -",
            "21: - - - - - - - - - - - - - - - -", "22: - - - - - - - - - - - - - - - -",
            "30: - - - 40 41 - - - - - - - - - - -", "31: - - - - - - - 95 10 - - - - - - 99",
            "32: - - - - - - - 95 10 - - - - - - 99", "40: - - - - - 60 90 - - - - - - 96 - -",
            "41: - - - - - - - 95 - - - - - - - -", "60: - - - - - - - - - - - - - - 40 -",
            "90: - - - - - - - 95 - - - - - - - -", "95: - - - - - - - - - - - - - - - -",
            "96: - - - - - - - - - - - - - - - -", "99: - - - - - - - - - - - - - - - -"}  },
    {&box_machine,         35,
     {/* SEND RECEIVE QUARANTINE RELEASE FINISH REFILL UNPACK */
            "0: 2 - - - - - 9", "1: 2 - - - 9 - -", "2: - 1 3 - - - -", "3: - - - 1 9 - -",
            "9: - - - - - 1 -"}                                                            },
};

static size_t try_row(const struct machine *m, const char *row) {
    char copy[80];
    (void)snprintf(copy, sizeof copy, "%s", row);
    char *rest = NULL;
    int state = atoi(strtok_r(copy, ": ", &rest));
    size_t event = 0;
    for (char *word = strtok_r(NULL, " :", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct why why;
        int to = -7;
        enum err err = machine_next(m, state, (int)event, &to, &why);
        if (strcmp(word, "-") == 0) {
            assert_int_equal(err, ERR_CONFLICT);
            assert_int_equal(to, -7); /* untouched */
            assert_non_null(strstr(why.text, machine_state_en(m, state)));
            assert_non_null(strstr(why.text, machine_state_zh(m, state)));
            assert_non_null(strstr(why.text, machine_event_en(m, (int)event)));
        } else {
            assert_int_equal(err, OK);
            assert_int_equal(to, atoi(word));
        }
        event++;
    }
    assert_int_equal(event, m->event_count);
    return event;
}

static void every_pair_of_state_and_event_does_what_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        const struct expectation *e = &expectations[i];
        size_t pairs = 0;
        size_t rows = 0;
        while (rows < 16 && e->rows[rows]) {
            pairs += try_row(e->machine, e->rows[rows++]);
        }
        assert_int_equal(rows, e->machine->state_count);
        assert_int_equal(pairs, e->pairs);
    }
}

static void every_state_and_event_has_its_two_names(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        const struct machine *m = expectations[i].machine;
        for (size_t s = 0; s < m->state_count; s++) {
            assert_string_not_equal(m->states[s].en, "");
            assert_string_not_equal(m->states[s].zh, "");
            assert_ptr_equal(machine_state_en(m, m->states[s].code), m->states[s].en);
            for (size_t other = 0; other < s; other++) {
                assert_string_not_equal(m->states[s].en, m->states[other].en);
                assert_int_not_equal(m->states[s].code, m->states[other].code);
            }
        }
        for (size_t e = 0; e < m->event_count; e++) {
            assert_int_equal(m->events[e].code, e);
        }
    }
}

static void an_unknown_state_is_refused_by_name(void **state) {
    (void)state;
    struct why why;
    int to = 0;
    assert_int_equal(machine_next(&batch_machine, 77, BATCH_CLOSE, &to, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "unknown"));
    assert_string_equal(machine_state_zh(&batch_machine, 77), "未知");
    assert_string_equal(machine_event_en(&batch_machine, 77), "unknown");
}

static void a_refusal_says_the_ways_on(void **state) {
    (void)state;
    struct why why;
    int to = 0;
    (void)machine_next(&batch_machine, BATCH_MADE, BATCH_CLOSE, &to, &why);
    assert_string_equal(
        why.text, "cannot close a batch that is made (生成批次); possible now: approve, cancel");
    (void)machine_next(&number_machine, NUMBER_USED, NUMBER_RELEASE, &to, &why);
    assert_non_null(strstr(why.text, "nothing, this is an end"));
}

/* Whatever happens, a batch reaches an end: from every state but the ends there is a way on. */
static void only_ends_are_ends(void **state) {
    (void)state;
    static const int ends[] = {BATCH_CLOSED, BATCH_CANCELLED};
    for (size_t s = 0; s < batch_machine.state_count; s++) {
        bool way = false;
        for (size_t i = 0; i < batch_machine.step_count; i++) {
            way = way || batch_machine.steps[i].from == batch_machine.states[s].code;
        }
        bool end = false;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            end = end || ends[i] == batch_machine.states[s].code;
        }
        assert_int_equal(way, !end);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event_does_what_it_should),
        cmocka_unit_test(every_state_and_event_has_its_two_names),
        cmocka_unit_test(an_unknown_state_is_refused_by_name),
        cmocka_unit_test(a_refusal_says_the_ways_on),
        cmocka_unit_test(only_ends_are_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

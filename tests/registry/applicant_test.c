#include "check.h"

#include "registry/applicant.h"
#include "registry/person_office.h"

static const int64_t adult = INT64_C(44010419700305123);
static const int64_t child = INT64_C(44010419871009124); /* sixteen on the day after OFFICE_DAY */

static void open_family(void **state) {
    char lines[1024];
    (void)snprintf(lines, sizeof lines, "%s%s", office_line(adult, "李伟", "", ""),
        office_line(child, "李明", "", ""));
    office_open(state, lines);
}

static enum applicant_answer ask(struct applicant applicant) {
    struct person person;
    enum applicant_answer answer = APPLICANT_MAY;
    applicant.day = applicant.day ? applicant.day : OFFICE_DAY;
    assert_ok(applicant_ask(&office.desk, &applicant, &person, &answer, &office.why));
    return answer;
}

static void put(int64_t number17, const char *field, const char *value) {
    assert_ok(office.store.item_put(
        office.store.self, office_person(number17), field, value, &office.why));
}

static void set_status(int64_t number17, struct person_status status) {
    assert_ok(
        office.store.status_put(office.store.self, office_person(number17), &status, &office.why));
}

static void who_may_is_told_so(void **state) {
    open_family(state);
    assert_int_equal(ask((struct applicant){.number = office_number(adult)}), APPLICANT_MAY);
    assert_int_equal(
        ask((struct applicant){.number = "440104700305123", .name = "李伟"}), APPLICANT_MAY);
    office_close();
}

/* Each thing in the way is answered, and of two the one that stands first in the table. */
static void what_stands_in_the_way_is_answered_in_order(void **state) {
    struct applicant a = {.number = "11010519491231002X"};
    open_family(state);
    assert_int_equal(ask(a), APPLICANT_UNKNOWN);
    a.number = office_number(adult);
    put(adult, "province-card", "1");
    assert_int_equal(ask(a), APPLICANT_HAS_ELSEWHERE);
    put(adult, "province-card", "0");
    assert_int_equal(ask(a), APPLICANT_MAY);
    put(adult, "province-card", "1");
    (void)office_card(1, office_person(adult));
    a.number = office_number(adult);
    assert_int_equal(ask(a), APPLICANT_HAS_CARD);
    set_status(adult, (struct person_status){.life = 1, .frozen = 7});
    assert_int_equal(ask(a), APPLICANT_FROZEN);
    set_status(adult, (struct person_status){.life = 2, .frozen = 7});
    assert_int_equal(ask(a), APPLICANT_DEAD);
    a.running = true;
    assert_int_equal(ask(a), APPLICANT_RUNNING);
    a.name = "李维";
    assert_int_equal(ask(a), APPLICANT_OTHER_NAME);
    office_close();
}

static void the_answers_have_the_numbers_of_live_systems(void **state) {
    (void)state;
    assert_int_equal(applicant_text(APPLICANT_UNKNOWN)->answer, 1);
    assert_int_equal(applicant_text(APPLICANT_OTHER_NAME)->answer, 2);
    assert_int_equal(applicant_text(APPLICANT_RUNNING)->answer, 3);
    for (int i = APPLICANT_DEAD; i < APPLICANT_MAY; i++) {
        assert_int_equal(applicant_text((enum applicant_answer)i)->answer, 4);
        assert_true(strlen(applicant_text((enum applicant_answer)i)->next) > 0);
    }
}

static void a_number_that_is_none_is_no_question(void **state) {
    struct person person;
    enum applicant_answer answer = APPLICANT_MAY;
    const struct applicant a = {.number = "110105194912310021", .day = OFFICE_DAY};
    open_family(state);
    assert_int_equal(applicant_ask(&office.desk, &a, &person, &answer, &office.why), ERR_INVALID);
    office_close();
}

/* For a child acts the guardian of the record and nobody else, until the sixteenth birthday. */
static void only_the_guardian_acts_for_a_child(void **state) {
    struct applicant a = {.number = office_number(child)};
    open_family(state);
    assert_int_equal(ask(a), APPLICANT_NO_GUARDIAN);
    put(child, "g-name", "李伟");
    assert_int_equal(ask(a), APPLICANT_NO_GUARDIAN);
    put(child, "g-id", office_number(adult));
    assert_int_equal(ask(a), APPLICANT_NOT_GUARDIAN);
    a.guardian = office_number(child);
    assert_int_equal(ask(a), APPLICANT_NOT_GUARDIAN);
    a.guardian = "";
    assert_int_equal(ask(a), APPLICANT_NOT_GUARDIAN);
    a.guardian = office_number(adult);
    assert_int_equal(ask(a), APPLICANT_MAY);
    a.guardian = NULL;
    a.day = OFFICE_DAY + 1;
    assert_int_equal(ask(a), APPLICANT_MAY);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(who_may_is_told_so),
        CASE(what_stands_in_the_way_is_answered_in_order),
        CASE(the_answers_have_the_numbers_of_live_systems),
        CASE(a_number_that_is_none_is_no_question),
        CASE(only_the_guardian_acts_for_a_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "registry/parameter_service.h"

#include "issuance/counter.h"

enum { TODAY = 20031008 };

static enum err propose(struct counter *c, struct parameter_proposal *p) {
    return parameter_propose(&c->registry, p, TODAY, &c->why);
}

static enum err decide(struct counter *c, int64_t id, bool approve, const char *second) {
    return parameter_decide(&c->registry, id, approve, second, TODAY, &c->why);
}

static int64_t value_on(struct counter *c, enum parameter which, uint32_t day) {
    int64_t value = 0;
    counter_expect(c, parameter_value(&c->registry, which, day, &value, &c->why));
    return value;
}

static void a_value_holds_only_when_a_second_officer_approved(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct parameter_proposal p = {
        .which = PARAMETER_LOSS_DAYS, .day = 20031101, .value = 10, .who = "maker"};
    counter_expect(c, propose(c, &p));
    assert_int_equal(value_on(c, PARAMETER_LOSS_DAYS, 20031101), 15);
    counter_expect(c, decide(c, p.id, true, "approver"));
    assert_int_equal(value_on(c, PARAMETER_LOSS_DAYS, 20031031), 15);
    assert_int_equal(value_on(c, PARAMETER_LOSS_DAYS, 20031101), 10);
    assert_int_equal(
        counter_ask(c, "SELECT count(*) FROM parameter WHERE who = 'maker+approver'"), 1);
    assert_int_equal(
        counter_ask(c, "SELECT count(*) FROM audit WHERE what LIKE 'parameter %d' AND subject "
                       "LIKE 'proposal 1: loss-days = 10 from 20031101'"),
        2);
    assert_int_equal(db_audit_verify(&c->db, NULL, &c->why), OK);
    counter_close(c);
}

static void a_refused_value_never_holds(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct parameter_proposal p = {
        .which = PARAMETER_LOSS_DAYS, .day = 20031101, .value = 10, .who = "maker"};
    counter_expect(c, propose(c, &p));
    counter_expect(c, decide(c, p.id, false, "approver"));
    assert_int_equal(decide(c, p.id, true, "approver"), ERR_CONFLICT);
    assert_non_null(strstr(c->why.text, "refused"));
    assert_int_equal(value_on(c, PARAMETER_LOSS_DAYS, 20031101), 15);
    counter_close(c);
}

/* An answer that was lost: neither a second proposal nor a second value. */
static void the_same_again_changes_nothing(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct parameter_proposal p = {
        .which = PARAMETER_LOSS_DAYS, .day = 20031101, .value = 10, .who = "maker"};
    counter_expect(c, propose(c, &p));
    int64_t id = p.id;
    counter_expect(c, propose(c, &p));
    assert_int_equal(p.id, id);
    counter_expect(c, decide(c, id, true, "approver"));
    int64_t audits = counter_ask(c, "SELECT count(*) FROM audit");
    counter_expect(c, decide(c, id, true, "approver"));
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit"), audits);
    counter_close(c);
}

static void nobody_approves_what_they_proposed(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct parameter_proposal p = {
        .which = PARAMETER_LOSS_DAYS, .day = 20031101, .value = 10, .who = "approver"};
    counter_expect(c, propose(c, &p));
    assert_int_equal(decide(c, p.id, true, "approver"), ERR_DENIED);
    assert_int_equal(decide(c, p.id, true, "maker"), ERR_DENIED); /* no approver */
    assert_int_equal(decide(c, p.id, true, "stranger"), ERR_DENIED);
    assert_int_equal(decide(c, p.id + 1, true, "approver"), ERR_NOT_FOUND);
    assert_int_equal(counter_ask(c, "SELECT decision FROM parameter_proposal"), 0);
    counter_close(c);
}

static void what_makes_no_sense_is_not_proposed(void **state) {
    (void)state;
    static const struct {
        uint32_t day;
        int64_t value;
        const char *who;
        enum err expected;
    } cases[] = {
        {20031101, 0,   "maker",    ERR_INVALID },
        {20031101, 366, "maker",    ERR_INVALID },
        {20031131, 10,  "maker",    ERR_INVALID },
        {20031008, 10,  "maker",    ERR_CONFLICT}, /* today is running */
        {20030101, 10,  "maker",    ERR_CONFLICT},
        {20031101, 10,  "stranger", ERR_DENIED  },
        {20031009, 10,  "clearer",  OK          },
    };
    struct counter *c = counter_open(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parameter_proposal p = {
            .which = PARAMETER_LOSS_DAYS, .day = cases[i].day, .value = cases[i].value};
        (void)snprintf(p.who, sizeof p.who, "%s", cases[i].who);
        assert_int_equal(propose(c, &p), cases[i].expected);
    }
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM parameter_proposal"), 1);
    counter_close(c);
}

/* Its day came while it waited: it can only be refused. */
static void a_proposal_that_waited_too_long_cannot_pass(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct parameter_proposal p = {
        .which = PARAMETER_LOSS_DAYS, .day = 20031009, .value = 10, .who = "maker"};
    counter_expect(c, propose(c, &p));
    assert_int_equal(
        parameter_decide(&c->registry, p.id, true, "approver", 20031009, &c->why), ERR_CONFLICT);
    counter_expect(c, parameter_decide(&c->registry, p.id, false, "approver", 20031009, &c->why));
    counter_close(c);
}

static void every_name_is_found_and_no_other(void **state) {
    (void)state;
    for (int i = 0; i < PARAMETERS; i++) {
        assert_int_equal(parameter_named(parameter_text((enum parameter)i)->name), i);
    }
    assert_int_equal(parameter_named(""), PARAMETERS);
    assert_int_equal(parameter_named("loss-day"), PARAMETERS);
}

/* Later values in the order of their days, and what waits. */
static void what_comes_and_what_waits_is_shown(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    const struct registry_store *s = &c->registry;
    struct parameter_proposal p = {.which = PARAMETER_LOSS_DAYS, .who = "maker"};
    struct parameter_row row = {.day = TODAY};
    for (int i = 0; i < 3; i++) {
        p.day = (uint32_t[]){20031201, 20031101, 20031115}[i];
        p.value = 5 + i;
        counter_expect(c, propose(c, &p));
        counter_expect(c, i < 2 ? decide(c, p.id, true, "approver") : OK);
    }
    counter_expect(c, s->parameter_after(s->self, "loss-days", row.day, &row, &c->why));
    assert_int_equal(row.day, 20031101);
    assert_int_equal(row.value, 6);
    assert_string_equal(row.who, "maker+approver");
    counter_expect(c, s->parameter_after(s->self, "loss-days", row.day, &row, &c->why));
    assert_int_equal(row.day, 20031201);
    assert_int_equal(
        s->parameter_after(s->self, "loss-days", row.day, &row, &c->why), ERR_NOT_FOUND);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_holds_only_when_a_second_officer_approved),
        cmocka_unit_test(a_refused_value_never_holds),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(nobody_approves_what_they_proposed),
        cmocka_unit_test(what_makes_no_sense_is_not_proposed),
        cmocka_unit_test(a_proposal_that_waited_too_long_cannot_pass),
        cmocka_unit_test(every_name_is_found_and_no_other),
        cmocka_unit_test(what_comes_and_what_waits_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Fees of replacements and marks of applications, on a real store. */
#include "issuance/fee.h"

#include "orders.h"

/* Application 1, audited, of person 1, for which a fee is due. */
static struct orders *one_due(void) {
    struct orders *o = orders_open(3);
    counter_apply(o->c, 1);
    counter_expect(o->c, fee_take_down(&o->store, &o->c->registry, 1, 20031008, &o->c->why));
    return o;
}

static enum err batch_of(struct orders *o, int32_t *lines) {
    struct batch b = {.day = 20031008, .point = "GZ01"};
    return batch_make(&o->c->store, &counter_rules, "maker", &b, lines, &o->c->why);
}

static void the_fee_is_the_parameter_of_the_day(void **state) {
    struct fee fee;
    (void)state;
    struct orders *o = one_due();
    counter_expect(o->c, o->store.fee_get(o->store.self, 1, &fee, &o->c->why));
    assert_int_equal(fee.fen, 2000);
    assert_int_equal(fee.settled, 0);
    orders_close(o);
}

static void where_nothing_is_charged_nothing_is_due(void **state) {
    struct fee fee;
    (void)state;
    struct orders *o = orders_open(1);
    counter_apply(o->c, 1);
    counter_expect(
        o->c, db_run(&o->c->db, "UPDATE parameter SET value = 0 WHERE name = 'replacement-fen'",
                  &o->c->why));
    counter_expect(o->c, fee_take_down(&o->store, &o->c->registry, 1, 20031008, &o->c->why));
    assert_int_equal(o->store.fee_get(o->store.self, 1, &fee, &o->c->why), ERR_NOT_FOUND);
    assert_int_equal(fee_pay(&o->desk, 1, "R1", &fee, &o->c->why), ERR_NOT_FOUND);
    assert_non_null(strstr(o->c->why.text, "nothing is to be paid"));
    orders_close(o);
}

static void no_batch_takes_what_is_not_settled(void **state) {
    struct fee fee;
    int32_t lines = 0;
    (void)state;
    struct orders *o = one_due();
    assert_int_equal(batch_of(o, &lines), ERR_NOT_FOUND);
    counter_expect(o->c, fee_pay(&o->desk, 1, "R-2003-17", &fee, &o->c->why));
    assert_int_equal(fee.settled, 20031008);
    counter_expect(o->c, batch_of(o, &lines));
    assert_int_equal(lines, 1);
    orders_close(o);
}

/* fee 1 */
static void a_receipt_pays_one_application_once(void **state) {
    struct fee fee;
    (void)state;
    struct orders *o = orders_open(2);
    counter_apply(o->c, 2);
    for (int64_t id = 1; id <= 2; id++) {
        counter_expect(o->c, fee_take_down(&o->store, &o->c->registry, id, 20031008, &o->c->why));
    }
    counter_expect(o->c, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why));
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    counter_expect(o->c, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why));
    assert_int_equal(orders_ask(o, "SELECT count(*) FROM audit"), audited);
    orders_refused(
        o, fee_pay(&o->desk, 1, "R2", &fee, &o->c->why), ERR_CONFLICT, "receipt R1", audited);
    assert_int_equal(fee_pay(&o->desk, 2, "R1", &fee, &o->c->why), ERR_CONFLICT);
    assert_int_equal(orders_ask(o, "SELECT count(*) FROM application_fee WHERE settled = 0"), 1);
    orders_refused(o, fee_waive(&o->desk, 1, "too late", &fee, &o->c->why), ERR_CONFLICT,
        "paid with receipt R1", audited);
    orders_close(o);
}

static void what_is_no_receipt_is_refused(void **state) {
    static const char *const wrong[] = {
        "", " ", "R 1", "R\t", "收据", "123456789012345678901234567890123"};
    struct fee fee;
    (void)state;
    struct orders *o = one_due();
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        orders_refused(o, fee_pay(&o->desk, 1, wrong[i], &fee, &o->c->why), ERR_INVALID,
            "a receipt has a number", audited);
    }
    o->desk.officer = "maker";
    orders_refused(o, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why), ERR_DENIED, "maker", audited);
    orders_close(o);
}

static void two_officers_waive_a_fee_with_a_reason(void **state) {
    struct fee fee;
    int32_t lines = 0;
    char long_reason[REASON_MAX + 2];
    (void)state;
    struct orders *o = one_due();
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    (void)memset(long_reason, 'x', sizeof long_reason - 1);
    long_reason[sizeof long_reason - 1] = '\0';
    static const char *const others[] = {NULL, "point"};
    for (size_t i = 0; i < 2; i++) {
        o->desk.second = others[i];
        orders_refused(o, fee_waive(&o->desk, 1, "hardship", &fee, &o->c->why), ERR_DENIED,
            "two officers", audited);
    }
    o->desk.second = "maker";
    orders_refused(
        o, fee_waive(&o->desk, 1, "hardship", &fee, &o->c->why), ERR_DENIED, "maker", audited);
    o->desk.second = "approver";
    orders_refused(
        o, fee_waive(&o->desk, 1, "", &fee, &o->c->why), ERR_INVALID, "a reason", audited);
    orders_refused(
        o, fee_waive(&o->desk, 1, long_reason, &fee, &o->c->why), ERR_INVALID, "a reason", audited);
    counter_expect(o->c, fee_waive(&o->desk, 1, "hardship", &fee, &o->c->why));
    assert_string_equal(fee.second, "approver");
    counter_expect(o->c, fee_waive(&o->desk, 1, "hardship", &fee, &o->c->why));
    orders_refused(
        o, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why), ERR_CONFLICT, "was waived", audited + 2);
    assert_int_equal(
        orders_ask(
            o, "SELECT count(*) FROM audit WHERE who = 'approver' AND what = 'agree to waive fee'"),
        1);
    counter_expect(o->c, batch_of(o, &lines));
    orders_close(o);
}

/* fee 2 */
static void what_is_paid_is_not_withdrawn(void **state) {
    struct fee fee;
    (void)state;
    struct orders *o = one_due();
    counter_expect(o->c, fee_open_to_withdraw(&o->store, 1, &o->c->why));
    counter_expect(o->c, fee_open_to_withdraw(&o->store, 99, &o->c->why));
    counter_expect(o->c, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why));
    assert_int_equal(fee_open_to_withdraw(&o->store, 1, &o->c->why), ERR_CONFLICT);
    assert_non_null(strstr(o->c->why.text, "receipt R1"));
    orders_close(o);
}

/* Nothing is made for it, so nothing is taken for it. */
static void what_was_withdrawn_is_not_paid(void **state) {
    struct fee fee;
    (void)state;
    struct orders *o = one_due();
    const struct issuance_store *issuance = &o->c->store;
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    counter_expect(o->c, issuance->application_move(issuance->self, 1, APPLICATION_APPLIED,
                             APPLICATION_WITHDRAWN, &o->c->why));
    orders_refused(
        o, fee_pay(&o->desk, 1, "R1", &fee, &o->c->why), ERR_CONFLICT, "withdrawn", audited);
    o->desk.second = "approver";
    orders_refused(o, fee_waive(&o->desk, 1, "hardship", &fee, &o->c->why), ERR_CONFLICT,
        "withdrawn", audited);
    orders_close(o);
}

static void what_is_marked_urgent_goes_first_and_alone(void **state) {
    int32_t lines = 0;
    (void)state;
    struct orders *o = orders_open(3);
    counter_apply(o->c, 3);
    o->desk.officer = "approver";
    counter_expect(o->c, application_mark(&o->desk, 3, PRIORITY_URGENT, &o->c->why));
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    counter_expect(o->c, application_mark(&o->desk, 3, PRIORITY_URGENT, &o->c->why));
    assert_int_equal(orders_ask(o, "SELECT count(*) FROM audit"), audited);
    counter_expect(o->c, batch_of(o, &lines));
    assert_int_equal(lines, 1);
    assert_int_equal(orders_ask(o, "SELECT application FROM batch_line WHERE batch = 1"), 3);
    counter_expect(o->c, batch_of(o, &lines));
    assert_int_equal(lines, 2);
    orders_close(o);
}

static void what_waits_no_more_is_not_marked(void **state) {
    int32_t lines = 0;
    (void)state;
    struct orders *o = orders_open(2);
    counter_apply(o->c, 1);
    counter_expect(o->c, batch_of(o, &lines));
    int64_t audited = orders_ask(o, "SELECT count(*) FROM audit");
    orders_refused(o, application_mark(&o->desk, 1, PRIORITY_URGENT, &o->c->why), ERR_DENIED,
        "point", audited);
    o->desk.officer = "approver";
    orders_refused(o, application_mark(&o->desk, 1, PRIORITY_URGENT, &o->c->why), ERR_CONFLICT,
        "waits for no batch", audited);
    orders_refused(o, application_mark(&o->desk, 1, PRIORITY_INSTANT, &o->c->why), ERR_INVALID,
        "point instant", audited);
    orders_refused(o, application_mark(&o->desk, 1, PRIORITIES, &o->c->why), ERR_INVALID,
        "is marked", audited);
    orders_refused(o, application_mark(&o->desk, 9, PRIORITY_URGENT, &o->c->why), ERR_NOT_FOUND,
        "application", audited);
    orders_close(o);
}

/* Somebody whose application is in a batch cannot apply again, so that no second batch has them. */
static void a_person_is_in_one_open_batch(void **state) {
    int32_t lines = 0;
    struct application again = {.person = 1, .kind = APPLY_NEW, .day = 20031008, .point = "GZ01"};
    (void)state;
    struct orders *o = orders_open(1);
    counter_apply(o->c, 1);
    counter_expect(o->c, batch_of(o, &lines));
    assert_int_equal(application_make(&o->c->store, &again, "point", &o->c->why), ERR_CONFLICT);
    assert_int_equal(batch_of(o, &lines), ERR_NOT_FOUND);
    orders_close(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fee_is_the_parameter_of_the_day),
        cmocka_unit_test(where_nothing_is_charged_nothing_is_due),
        cmocka_unit_test(no_batch_takes_what_is_not_settled),
        cmocka_unit_test(a_receipt_pays_one_application_once),
        cmocka_unit_test(what_is_no_receipt_is_refused),
        cmocka_unit_test(two_officers_waive_a_fee_with_a_reason),
        cmocka_unit_test(what_is_paid_is_not_withdrawn),
        cmocka_unit_test(what_was_withdrawn_is_not_paid),
        cmocka_unit_test(what_is_marked_urgent_goes_first_and_alone),
        cmocka_unit_test(what_waits_no_more_is_not_marked),
        cmocka_unit_test(a_person_is_in_one_open_batch),
    };
    return cmocka_run_group_tests_name("fee", tests, NULL, NULL);
}

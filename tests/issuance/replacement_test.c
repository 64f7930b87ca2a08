#include "issuance/replacement.h"

#include "counter.h"

enum { TODAY = 20031008 };

/* A person with one card in use that ends on 2003-12-31, and a counter to order another at. */
struct desk {
    struct counter *c;
    struct card_record card;
    struct replacement r;
    struct card_receipt receipt;
    int64_t application;
};

static struct desk desk_open(void) {
    struct desk d = {.c = counter_open(2)};
    d.card = (struct card_record){
        .person = 1, .batch = 1, .issued = 19940101, .valid_until = 20031231, .factor = {1}};
    card_number_write(1, d.card.number);
    (void)snprintf(d.card.identification, sizeof d.card.identification, "%032d", 1);
    counter_expect(d.c, card_add(&d.c->registry, &d.card, "maker", &d.c->why));
    return d;
}

static void desk_step(struct desk *d, enum card_event event, const char *request) {
    const struct card_order order = {
        .card = d->card.number, .event = event, .who = "point", .request = request, .day = TODAY};
    counter_expect(d->c, card_step(&d->c->registry, &order, &d->c->why));
}

static enum err desk_order(struct desk *d, const char *request, bool renewal) {
    d->r = (struct replacement){.store = &d->c->store,
        .registry = &d->c->registry,
        .card = d->card.number,
        .point = "GZ01",
        .officer = "point",
        .request = request,
        .day = d->r.day ? d->r.day : TODAY,
        .renewal = renewal};
    return replacement_order(&d->r, &d->application, &d->receipt, &d->c->why);
}

static int64_t rows(struct desk *d) {
    return counter_ask(d->c, "SELECT (SELECT count(*) FROM application) * 1000000 + (SELECT "
                             "count(*) FROM card_event) * 1000 + (SELECT count(*) FROM audit)");
}

static void a_lost_card_is_replaced_by_an_application_of_its_own_kind(void **state) {
    (void)state;
    struct desk d = desk_open();
    desk_step(&d, EVENT_HAND_OVER, "1");
    desk_step(&d, EVENT_REPORT_LOSS, "2");
    counter_expect(d.c, desk_order(&d, "order", false));
    assert_int_equal(d.receipt.became, LIFE_LOST);
    assert_int_equal(counter_ask(d.c, "SELECT kind FROM application"), APPLY_LOST);
    assert_int_equal(counter_ask(d.c, "SELECT replacement FROM card"), d.application);
    counter_close(d.c);
}

/* Sent again, it makes no second application; under another number it is refused. */
static void an_order_is_carried_out_once(void **state) {
    (void)state;
    struct desk d = desk_open();
    desk_step(&d, EVENT_HAND_OVER, "1");
    counter_expect(d.c, desk_order(&d, "order", false));
    int64_t application = d.application;
    int64_t slip = d.receipt.id;
    int64_t before = rows(&d);
    d.application = 0;
    counter_expect(d.c, desk_order(&d, "order", false));
    assert_int_equal(d.application, application);
    assert_int_equal(d.receipt.id, slip);
    assert_int_equal(desk_order(&d, "another", false), ERR_CONFLICT);
    assert_int_equal(desk_order(&d, "1", false), ERR_CONFLICT); /* that was the handing over */
    assert_int_equal(rows(&d), before);
    assert_int_equal(counter_ask(d.c, "SELECT kind FROM application"), APPLY_EXCHANGE);
    counter_close(d.c);
}

/* Refusals leave no application behind: neither the card's state nor the person's other
 * application nor the officer is found out too late. */
static void what_is_refused_leaves_nothing_behind(void **state) {
    (void)state;
    struct desk d = desk_open();
    assert_int_equal(desk_order(&d, "order", false), ERR_CONFLICT); /* sealed */
    desk_step(&d, EVENT_HAND_OVER, "1");
    int64_t before = rows(&d);
    d.r.officer = "maker";
    assert_int_equal(replacement_order(&d.r, &d.application, &d.receipt, &d.c->why), ERR_DENIED);
    d.r.officer = "point";
    d.r.point = "a point with too long a code";
    assert_int_equal(replacement_order(&d.r, &d.application, &d.receipt, &d.c->why), ERR_INVALID);
    assert_int_equal(rows(&d), before);
    counter_expect(d.c,
        db_run(&d.c->db, "UPDATE person SET name = '阿不都热合曼阿不都热依木买买提江' WHERE id = 1",
            &d.c->why));
    assert_int_equal(desk_order(&d, "order", false), ERR_INVALID); /* no 1.0 card holds it */
    assert_non_null(strstr(d.c->why.text, "2.0 card"));
    assert_int_equal(rows(&d), before);
    counter_expect(
        d.c, db_run(&d.c->db, "UPDATE person SET name = '梁思' WHERE id = 1", &d.c->why));
    desk_step(&d, EVENT_REPORT_LOSS_FOR_NOW, "2");
    assert_int_equal(desk_order(&d, "order", false), ERR_CONFLICT); /* for now only */
    desk_step(&d, EVENT_REPORT_LOSS, "3");
    struct application other = {.person = 1, .kind = APPLY_NEW, .day = TODAY, .point = "GZ01"};
    counter_expect(d.c, application_make(&d.c->store, &other, "point", &d.c->why));
    before = rows(&d);
    assert_int_equal(desk_order(&d, "order", false), ERR_CONFLICT);
    assert_int_equal(rows(&d), before);
    counter_close(d.c);
}

static void a_card_is_renewed_in_its_last_days_only(void **state) {
    (void)state;
    struct desk d = desk_open();
    desk_step(&d, EVENT_HAND_OVER, "1");
    d.r.day = 20031031;
    assert_int_equal(desk_order(&d, "early", true), ERR_CONFLICT);
    assert_non_null(strstr(d.c->why.text, "20031101"));
    d.r.day = 20031101; /* sixty days before */
    counter_expect(d.c, desk_order(&d, "in time", true));
    counter_close(d.c);
}

static void what_is_lost_is_replaced_and_not_renewed(void **state) {
    (void)state;
    struct desk d = desk_open();
    desk_step(&d, EVENT_HAND_OVER, "1");
    desk_step(&d, EVENT_REPORT_LOSS, "2");
    d.r.day = 20031201;
    assert_int_equal(desk_order(&d, "renew", true), ERR_CONFLICT);
    counter_close(d.c);
}

/* Withdrawn, the loss may be lifted again; an order in work cannot be withdrawn. */
static void an_order_can_be_taken_back_until_it_is_in_work(void **state) {
    (void)state;
    struct desk d = desk_open();
    desk_step(&d, EVENT_HAND_OVER, "1");
    desk_step(&d, EVENT_REPORT_LOSS, "2");
    counter_expect(d.c, desk_order(&d, "order", false));
    d.r.request = "withdraw";
    counter_expect(d.c, replacement_withdraw(&d.r, &d.receipt, &d.c->why));
    int64_t before = rows(&d);
    counter_expect(d.c, replacement_withdraw(&d.r, &d.receipt, &d.c->why)); /* again */
    assert_int_equal(rows(&d), before);
    assert_int_equal(counter_ask(d.c, "SELECT replacement FROM card"), 0);
    assert_int_equal(counter_ask(d.c, "SELECT state FROM application"), APPLICATION_WITHDRAWN);
    d.r.request = "withdraw twice";
    assert_int_equal(replacement_withdraw(&d.r, &d.receipt, &d.c->why), ERR_CONFLICT);

    counter_expect(d.c, desk_order(&d, "order again", false));
    counter_expect(
        d.c, application_answer(&d.c->store, d.application, AUDIT_PASSED, "approver", &d.c->why));
    int32_t lines = 0;
    (void)counter_batch(d.c, &lines);
    assert_int_equal(lines, 1);
    d.r.request = "too late";
    before = rows(&d);
    assert_int_equal(replacement_withdraw(&d.r, &d.receipt, &d.c->why), ERR_CONFLICT);
    assert_int_equal(rows(&d), before);
    assert_int_equal(counter_ask(d.c, "SELECT replacement FROM card"), d.application);
    counter_close(d.c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_card_is_replaced_by_an_application_of_its_own_kind),
        cmocka_unit_test(an_order_is_carried_out_once),
        cmocka_unit_test(what_is_refused_leaves_nothing_behind),
        cmocka_unit_test(a_card_is_renewed_in_its_last_days_only),
        cmocka_unit_test(what_is_lost_is_replaced_and_not_renewed),
        cmocka_unit_test(an_order_can_be_taken_back_until_it_is_in_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

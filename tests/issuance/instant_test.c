#include "issuance/instant.h"

#include "issuance/station.h"
#include "reader/pulled.h"
#include "stores/sql/issuance_stock.h"
#include "windows.h"
#include "workshop.h"

static const char own_pin[] = "314159";

/* A point with nine blanks in production, one of them in the reader, and persons without cards. */
struct kiosk {
    struct workshop *w;
    struct counter *c;
    struct point_store points;
    struct window_store window;
    struct stock_store stock;
    struct instant_desk desk;
    struct why why;
};

static void must(const struct kiosk *k, enum err err) {
    if (err) {
        print_error("%s\n", k->why.text);
    }
    assert_int_equal(err, OK);
}

static int64_t ask(struct kiosk *k, const char *sql) {
    return counter_ask(k->c, sql);
}

static void run(struct kiosk *k, const char *sql) {
    counter_expect(k->c, db_run(&k->c->db, sql, &k->c->why));
}

static void bring(struct kiosk *k, enum stock_step step, const char *request) {
    struct stock_order o = {.step = step, .first = 1, .count = 9, .day = 20031008};
    (void)snprintf(o.request, sizeof o.request, "%s", request);
    (void)snprintf(o.point, sizeof o.point, "GZ01");
    (void)snprintf(o.officer, sizeof o.officer, "point");
    (void)snprintf(o.note, sizeof o.note, "works");
    must(k, stock_order_make(&k->stock, &k->c->registry, &o, &k->why));
}

static struct kiosk *kiosk_open(void) {
    struct kiosk *k = calloc(1, sizeof *k);
    struct stock_order signed_order;
    const struct officer other = {.code = "point2", .name = "二号", .role = ROLE_POINT};
    assert_non_null(k);
    k->w = workshop_open();
    k->c = counter_open(3);
    must(k, box_rows_open(&k->c->db, &k->c->store, &k->points, &k->why));
    must(k, window_rows_open(&k->c->db, &k->c->store, &k->window, &k->why));
    must(k, stock_rows_open(&k->c->db, &k->c->store, &k->stock, &k->why));
    must(k, k->c->registry.officer_add(k->c->registry.self, &other, "system", &k->why));
    bring(k, STOCK_PURCHASE, "p");
    bring(k, STOCK_RECEIVE, "r");
    bring(k, STOCK_REQUISITION, "q");
    must(k, stock_sign(&k->stock, &k->c->registry, "q", "approver", &signed_order, &k->why));
    k->desk = (struct instant_desk){
        .window = {.at = {.store = &k->points,
                       .registry = &k->c->registry,
                       .officer = "point",
                       .second = "approver",
                       .day = 20031008,
                       .time = 90000},
                   .store = &k->window},
        .stock = &k->stock,
        .reader = &k->w->reader,
        .vault = &k->w->vault,
        .point = "GZ01",
        .region = WORKSHOP_REGION,
        .valid_years = 10,
        .now = 1000000
    };
    return k;
}

static void kiosk_close(struct kiosk *k) {
    stock_rows_close(&k->stock);
    window_rows_close(&k->window);
    box_rows_close(&k->points);
    counter_close(k->c);
    workshop_close(k->w);
    free(k);
}

/* Everything up to the written chip. */
static struct instant_row ordered(struct kiosk *k) {
    struct instant_row job;
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k, instant_order(&k->desk, &job, &k->why));
    return job;
}

/* Nothing is taken for a name that no card of the day holds: no application, number or blank. */
static void a_name_too_long_is_refused_before_the_order(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job;
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k,
        db_run(&k->c->db,
            "UPDATE person SET name = '阿不都热合曼阿不都热依木买买提江' WHERE id = 1", &k->why));
    assert_int_equal(instant_order(&k->desk, &job, &k->why), ERR_INVALID);
    assert_non_null(strstr(k->why.text, "apply for a 2.0 card"));
    assert_int_equal(ask(k, "SELECT count(*) FROM application"), 0);
    assert_int_equal(ask(k, "SELECT count(*) FROM card_number"), 0);
    must(k, db_run(&k->c->db, "UPDATE person SET name = '梁思' WHERE id = 1", &k->why));
    must(k, instant_order(&k->desk, &job, &k->why)); /* corrected, it goes on */
    kiosk_close(k);
}

static struct instant_row returned(struct kiosk *k) {
    struct instant_row job = ordered(k);
    must(k, instant_write(&k->desk, &job, &k->why));
    must(k, instant_print(&k->desk, &job, NULL, &k->why));
    must(k, instant_return(&k->desk, &job, &k->why));
    return job;
}

static void a_person_waits_for_the_card_and_takes_it(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = returned(k);
    must(k, instant_enable(&k->desk, &job, own_pin, &k->why));
    assert_int_equal(job.step, INSTANT_ENABLED);
    assert_string_equal(job.owner, "");
    assert_int_equal(ask(k, "SELECT life FROM card"), LIFE_NORMAL);
    assert_int_equal(ask(k, "SELECT state FROM batch"), BATCH_STORED);
    assert_int_equal(ask(k, "SELECT state FROM batch_line"), LINE_HANDED_OUT);
    assert_int_equal(ask(k, "SELECT state FROM application"), APPLICATION_SUCCEEDED);
    assert_int_equal(ask(k, "SELECT state FROM card_number"), NUMBER_USED);
    assert_int_equal(ask(k, "SELECT state FROM blank WHERE serial = 1"), BLANK_GOOD);
    assert_int_equal(ask(k, "SELECT count(*) FROM handover"), 1);
    must(k, batch_step(&k->c->store, 1, BATCH_CLOSE, "approver", &k->why));
    kiosk_close(k);
}

static enum err second_versions(void *keys, int64_t batch, uint8_t *versions, struct why *why) {
    int64_t *asked = keys;
    (void)why;
    *asked = batch;
    (void)memset(versions, 1, KEY_COUNT);
    versions[KEY_MK_WALLET] = 2;
    versions[KEY_UK1DF01] = 3;
    return OK;
}

/* Whether the card in the reader takes a proof of that key in that version. */
static bool proves(struct kiosk *k, enum key_name name, uint8_t version) {
    uint8_t versions[KEY_COUNT] = {0};
    struct station st = {.reader = &k->w->reader,
        .vault = &k->w->vault,
        .key_version = 1,
        .key_versions = versions,
        .purse = k->desk.purse};
    enum profile_place place = (enum profile_place)key_kind(name)->place;
    versions[name] = version;
    must(k, station_reset(&st, &k->why));
    must(k, station_select(&st, profile_directory(place)->parent, &k->why));
    must(k, station_select(&st, place, &k->why));
    return station_authenticate(&st, place, name, &k->why) == OK;
}

/* What the register will say of the card by its batch is what is on it; its wallet is the city's. */
static void a_card_is_made_with_the_versions_of_its_batch_and_the_citys_wallet(void **state) {
    (void)state;
    for (enum key_algorithm purse = KEY_TDES; purse <= KEY_SM4; purse++) {
        struct kiosk *k = kiosk_open();
        int64_t asked = 0;
        k->desk.purse = purse;
        k->desk.versions = second_versions;
        k->desk.keys = &asked;
        struct instant_row job = ordered(k);
        must(k, instant_write(&k->desk, &job, &k->why));
        assert_int_equal(asked, job.batch);
        assert_true(proves(k, KEY_MK_WALLET, 2));
        assert_true(proves(k, KEY_UK1DF01, 3));
        assert_false(proves(k, KEY_MK_WALLET, 1));
        k->desk.purse = purse == KEY_SM4 ? KEY_TDES : KEY_SM4;
        assert_false(proves(k, KEY_MK_WALLET, 2));
        kiosk_close(k);
    }
}

/* Instant 1: whatever was done is done, and the next step is the one behind it. */
static void a_job_goes_on_behind_its_last_step(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job;
    static const int wanted[] = {
        INSTANT_STARTED, INSTANT_ORDERED, INSTANT_WRITTEN, INSTANT_PRINTED, INSTANT_RETURNED};
    for (size_t i = 0; i < 5; i++) {
        must(k, instant_begin(&k->desk, 1, &job, &k->why));
        assert_int_equal(job.step, wanted[i]);
        assert_true(i == 0 || instant_order(&k->desk, &job, &k->why) == ERR_CONFLICT);
        must(k, instant_begin(&k->desk, 1, &job, &k->why));
        must(k, i == 0   ? instant_order(&k->desk, &job, &k->why)
                : i == 1 ? instant_write(&k->desk, &job, &k->why)
                : i == 2 ? instant_print(&k->desk, &job, NULL, &k->why)
                : i == 3 ? instant_return(&k->desk, &job, &k->why)
                         : instant_enable(&k->desk, &job, own_pin, &k->why));
    }
    assert_int_equal(ask(k, "SELECT count(*) FROM instant_job"), 1);
    assert_int_equal(ask(k, "SELECT count(*) FROM application"), 1);
    assert_int_equal(ask(k, "SELECT count(*) FROM card_number"), 1);
    kiosk_close(k);
}

/* Instant 2: five minutes at most, and none at all after a failure. */
static void a_lock_is_released_at_once_or_after_five_minutes(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_desk other = k->desk;
    struct instant_row job = ordered(k);
    struct instant_row seen;
    other.window.at.officer = "point2";
    assert_int_equal(instant_begin(&other, 1, &seen, &k->why), ERR_CONFLICT);
    assert_non_null(strstr(k->why.text, "300 seconds"));
    assert_int_equal(instant_write(&other, &job, &k->why), ERR_CONFLICT);
    other.now += 299;
    assert_int_equal(instant_begin(&other, 1, &seen, &k->why), ERR_CONFLICT);
    other.now += 1;
    must(k, instant_begin(&other, 1, &seen, &k->why)); /* the time is over */
    k->desk.now = other.now;
    assert_int_equal(instant_begin(&k->desk, 1, &seen, &k->why), ERR_CONFLICT);
    must(k, instant_begin(&other, 1, &seen, &k->why));
    must(k, instant_leave(&other, &seen, &k->why));
    must(k, instant_begin(&k->desk, 1, &seen, &k->why)); /* left: free at once */
    assert_int_equal(instant_return(&k->desk, &seen, &k->why), ERR_CONFLICT);
    must(k, instant_begin(&other, 1, &seen, &k->why)); /* failed: free at once */
    kiosk_close(k);
}

/* The chip is taken out at the nth command, for every n that is tried. Instant 3. */
static void a_chip_that_fails_is_spoiled_and_the_number_stays(void **state) {
    (void)state;
    for (unsigned n = 2; n < 400; n += 57) {
        struct kiosk *k = kiosk_open();
        struct instant_row job = ordered(k);
        struct pulled pulled;
        struct reader torn = pulled_reader(&pulled, &k->w->reader);
        pulled_arm(&pulled, n, n % 2 ? PULL_BEFORE_COMMAND : PULL_BEFORE_ANSWER);
        k->desk.reader = &torn;
        assert_int_not_equal(instant_write(&k->desk, &job, &k->why), OK);
        assert_int_equal(ask(k, "SELECT state FROM blank WHERE serial = 1"), BLANK_SPOILED);
        assert_int_equal(ask(k, "SELECT tries FROM instant_job"), 1);
        assert_int_equal(ask(k, "SELECT state FROM card_number"), NUMBER_RESERVED);
        workshop_blank(k->w, 2);
        k->desk.reader = &k->w->reader;
        must(k, instant_begin(&k->desk, 1, &job, &k->why));
        must(k, instant_write(&k->desk, &job, &k->why));
        assert_int_equal(ask(k, "SELECT count(*) FROM card_number"), 1);
        assert_int_equal(ask(k, "SELECT state FROM blank WHERE serial = 2"), BLANK_GOOD);
        kiosk_close(k);
    }
}

/* Instant 3: killed between the chip and the books, the same chip is found good. */
static void a_chip_that_was_written_is_not_made_twice(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = ordered(k);
    trap_set(&k->c->db, "UPDATE ON batch_line");
    assert_int_not_equal(instant_write(&k->desk, &job, &k->why), OK);
    trap_open(&k->c->db);
    run(k, "UPDATE instant_job SET trouble = 'writing'"); /* as a killed program leaves it */
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k, instant_write(&k->desk, &job, &k->why));
    assert_int_equal(ask(k, "SELECT state FROM blank WHERE serial = 1"), BLANK_GOOD);
    assert_int_equal(ask(k, "SELECT tries FROM instant_job"), 0);
    must(k, instant_print(&k->desk, &job, NULL, &k->why));
    must(k, instant_return(&k->desk, &job, &k->why));
    must(k, instant_enable(&k->desk, &job, own_pin, &k->why));
    kiosk_close(k);
}

static void a_chip_of_another_stock_is_not_written_on(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = ordered(k);
    run(k, "UPDATE blank SET state = 20 WHERE serial = 1");
    assert_int_equal(instant_write(&k->desk, &job, &k->why), ERR_CONFLICT);
    run(k, "UPDATE blank SET state = 30, point = 'GZ02' WHERE serial = 1");
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    assert_int_equal(instant_write(&k->desk, &job, &k->why), ERR_CONFLICT);
    run(k, "UPDATE blank SET point = 'GZ01' WHERE serial = 1");
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k, instant_write(&k->desk, &job, &k->why)); /* it was still blank */
    kiosk_close(k);
}

/* Instant 4. */
static void what_was_not_printed_or_sent_back_is_tried_again(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = ordered(k);
    must(k, instant_write(&k->desk, &job, &k->why));
    assert_int_equal(instant_print(&k->desk, &job, "ribbon empty", &k->why), ERR_CONFLICT);
    assert_int_equal(ask(k, "SELECT step FROM instant_job WHERE trouble LIKE '%ribbon%'"), 30);
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k, instant_print(&k->desk, &job, NULL, &k->why));
    trap_set(&k->c->db, "INSERT ON card");
    assert_int_not_equal(instant_return(&k->desk, &job, &k->why), OK);
    assert_int_equal(ask(k, "SELECT step FROM instant_job WHERE trouble <> ''"), 40);
    assert_int_equal(ask(k, "SELECT state FROM batch"), BATCH_MAKER_OUT);
    trap_open(&k->c->db);
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    must(k, instant_return(&k->desk, &job, &k->why));
    kiosk_close(k);
}

/* Instant 5. */
static void a_card_that_nobody_takes_is_recycled(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = returned(k);
    must(k, instant_recycle(&k->desk, &job, &k->why));
    assert_int_equal(ask(k, "SELECT sub_reason FROM card WHERE life = 9"), 96);
    assert_int_equal(ask(k, "SELECT state FROM batch_line"), LINE_RECOVERED);
    assert_int_equal(instant_recycle(&k->desk, &job, &k->why), ERR_CONFLICT);
    kiosk_close(k);
}

static void a_job_given_up_frees_its_number(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = ordered(k);
    must(k, instant_give_up(&k->desk, &job, &k->why));
    assert_int_equal(ask(k, "SELECT state FROM card_number"), NUMBER_FREE);
    assert_int_equal(ask(k, "SELECT state FROM application"), APPLICATION_WITHDRAWN);
    assert_int_equal(ask(k, "SELECT state FROM batch"), BATCH_CANCELLED);
    job = returned(k); /* the same person, once more */
    assert_int_equal(instant_give_up(&k->desk, &job, &k->why), ERR_CONFLICT);
    assert_int_equal(ask(k, "SELECT count(*) FROM card_number"), 1);
    kiosk_close(k);
}

static void a_lost_card_is_replaced_while_its_holder_waits(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job = returned(k);
    must(k, instant_enable(&k->desk, &job, own_pin, &k->why));
    assert_int_equal(instant_begin(&k->desk, 1, &job, &k->why), ERR_CONFLICT);
    assert_non_null(strstr(k->why.text, "formal loss first"));
    run(k, "UPDATE card SET life = 2");
    workshop_blank(k->w, 2);
    job = returned(k);
    must(k, instant_enable(&k->desk, &job, own_pin, &k->why));
    assert_int_equal(ask(k, "SELECT sub_reason FROM card WHERE life = 9"), 91);
    assert_int_equal(ask(k, "SELECT count(*) FROM card WHERE life = 1"), 1);
    kiosk_close(k);
}

static void it_takes_two_and_a_free_person(void **state) {
    (void)state;
    struct kiosk *k = kiosk_open();
    struct instant_row job;
    struct instant_desk alone = k->desk;
    alone.window.at.second = NULL;
    assert_int_equal(instant_begin(&alone, 1, &job, &k->why), ERR_DENIED);
    alone.window.at.second = "point";
    assert_int_equal(instant_begin(&alone, 1, &job, &k->why), ERR_DENIED);
    counter_apply(k->c, 1); /* an application under way */
    must(k, instant_begin(&k->desk, 1, &job, &k->why));
    assert_int_equal(instant_order(&k->desk, &job, &k->why), ERR_CONFLICT);
    must(k, instant_give_up(&k->desk, &job, &k->why));
    kiosk_close(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_too_long_is_refused_before_the_order),
        cmocka_unit_test(a_person_waits_for_the_card_and_takes_it),
        cmocka_unit_test(a_card_is_made_with_the_versions_of_its_batch_and_the_citys_wallet),
        cmocka_unit_test(a_job_goes_on_behind_its_last_step),
        cmocka_unit_test(a_lock_is_released_at_once_or_after_five_minutes),
        cmocka_unit_test(a_chip_that_fails_is_spoiled_and_the_number_stays),
        cmocka_unit_test(a_chip_that_was_written_is_not_made_twice),
        cmocka_unit_test(a_chip_of_another_stock_is_not_written_on),
        cmocka_unit_test(what_was_not_printed_or_sent_back_is_tried_again),
        cmocka_unit_test(a_card_that_nobody_takes_is_recycled),
        cmocka_unit_test(a_job_given_up_frees_its_number),
        cmocka_unit_test(a_lost_card_is_replaced_while_its_holder_waits),
        cmocka_unit_test(it_takes_two_and_a_free_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

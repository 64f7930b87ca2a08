#include "counter.h"

#include <sqlite3.h>

#include "stores/sqlite/sqlite_engine.h"

static void a_batch_takes_who_waits_and_reserves_numbers(void **state) {
    (void)state;
    struct counter *c = counter_open(5);
    int32_t lines = 0;
    counter_apply(c, 5);
    struct batch b = counter_batch(c, &lines);
    assert_int_equal(lines, 5);
    assert_int_equal(b.state, BATCH_MADE);
    struct batch_line line;
    for (int32_t seq = 1; seq <= 5; seq++) {
        char number[CARD_NUMBER_LEN + 1];
        counter_expect(c, c->store.line_get(c->store.self, b.id, seq, &line, &c->why));
        card_number_write((uint32_t)seq, number);
        assert_string_equal(line.card_number, number);
        assert_int_equal(line.person, seq);
        assert_int_equal(line.state, LINE_IN_BATCH);
    }
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM application WHERE state = 5"), 5);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM card_number WHERE state = 1"), 5);
    counter_close(c);
}

static void a_batch_has_a_limit_and_the_rest_waits(void **state) {
    (void)state;
    struct counter *c = counter_open(150);
    struct batch_rules rules = {.lines_max = 70, .box_cards = 250};
    static const int32_t wanted[] = {70, 70, 10};
    counter_apply(c, 150);
    for (size_t i = 0; i < 3; i++) {
        struct batch b = {.day = 20031008, .point = "GZ01"};
        int32_t lines = 0;
        counter_expect(c, batch_make(&c->store, &rules, "maker", &b, &lines, &c->why));
        assert_int_equal(lines, wanted[i]);
    }
    struct batch b = {.day = 20031008, .point = "GZ01"};
    int32_t lines = 0;
    assert_int_equal(batch_make(&c->store, &rules, "maker", &b, &lines, &c->why), ERR_NOT_FOUND);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 3); /* none made in vain */
    counter_close(c);
}

static void who_is_not_audited_does_not_enter_a_batch(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct application a = {.person = 1, .kind = APPLY_NEW, .day = 20031008, .point = "GZ01"};
    counter_expect(c, application_make(&c->store, &a, "point", &c->why));
    assert_int_equal(
        application_step(&c->store, a.id, APPLICATION_BATCH, "maker", &c->why), ERR_CONFLICT);
    struct batch b = {.day = 20031008, .point = "GZ01"};
    int32_t lines = 0;
    assert_int_equal(
        batch_make(&c->store, &counter_rules, "maker", &b, &lines, &c->why), ERR_NOT_FOUND);
    counter_expect(c, application_answer(&c->store, a.id, AUDIT_REFUSED, "approver", &c->why));
    assert_int_equal(
        application_answer(&c->store, a.id, AUDIT_PASSED, "approver", &c->why), ERR_CONFLICT);
    assert_int_equal(
        application_answer(&c->store, a.id, AUDIT_OPEN, "approver", &c->why), ERR_INVALID);
    counter_close(c);
}

static void a_person_has_one_open_application(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct application a = {.person = 1, .kind = APPLY_NEW, .day = 20031008, .point = "GZ01"};
    struct application again = a;
    counter_expect(c, application_make(&c->store, &a, "point", &c->why));
    assert_int_equal(application_make(&c->store, &again, "point", &c->why), ERR_CONFLICT);
    counter_expect(c, application_step(&c->store, a.id, APPLICATION_WITHDRAW, "point", &c->why));
    counter_expect(c, application_make(&c->store, &again, "point", &c->why));
    assert_int_equal(
        application_step(&c->store, a.id, APPLICATION_SUCCEED, "point", &c->why), ERR_CONFLICT);
    struct application nobody = {.person = 77, .kind = APPLY_NEW, .point = "GZ01"};
    assert_int_not_equal(application_make(&c->store, &nobody, "point", &c->why), OK);
    assert_int_equal(
        application_step(&c->store, 99, APPLICATION_FAIL, "point", &c->why), ERR_NOT_FOUND);
    counter_close(c);
}

/* Batch 1: cut off, the maker's code would be another one, and its owner could approve. */
static void a_maker_whose_code_does_not_fit_makes_nothing(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct batch_rules rules = {.lines_max = 10, .box_cards = 10};
    struct batch b = {.day = 20031008, .point = "4401"};
    char officer[OFFICER_MAX + 2];
    int32_t lines = 0;
    (void)memset(officer, 'a', sizeof officer - 1);
    officer[sizeof officer - 1] = '\0';
    counter_apply(c, 1);
    assert_int_equal(batch_make(&c->store, &rules, officer, &b, &lines, &c->why), ERR_INVALID);
    assert_non_null(strstr(c->why.text, "32 letters"));
    assert_int_equal(c->store.batch_open(c->store.self, "4401", &b, &c->why), ERR_NOT_FOUND);
    counter_close(c);
}

/* Batch 1: the officer who made it cannot approve it, and nobody else's approval is forged. */
static void two_officers_make_a_batch(void **state) {
    (void)state;
    struct counter *c = counter_open(2);
    int32_t lines = 0;
    counter_apply(c, 2);
    struct batch b = counter_batch(c, &lines);
    assert_int_equal(batch_step(&c->store, b.id, BATCH_APPROVE, "maker", &c->why), ERR_DENIED);
    assert_non_null(strstr(c->why.text, "second officer"));
    counter_expect(c, c->store.batch_get(c->store.self, b.id, &b, &c->why));
    assert_int_equal(b.state, BATCH_MADE);
    assert_string_equal(b.approver, "");
    counter_expect(c, batch_step(&c->store, b.id, BATCH_APPROVE, "approver", &c->why));
    counter_expect(c, c->store.batch_get(c->store.self, b.id, &b, &c->why));
    assert_int_equal(b.state, BATCH_APPROVED);
    assert_string_equal(b.approver, "approver");
    assert_int_equal(batch_step(&c->store, b.id, BATCH_APPROVE, "approver", &c->why), ERR_CONFLICT);
    counter_close(c);
}

/* Batch 5: what a cancelled batch took can be taken again, and the numbers in the same order. */
static void a_cancelled_batch_gives_everything_back(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    int32_t lines = 0;
    counter_apply(c, 3);
    struct batch b = counter_batch(c, &lines);
    counter_expect(c, batch_step(&c->store, b.id, BATCH_CANCEL, "maker", &c->why));
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM card_number WHERE state = 0"), 3);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM application WHERE state = 0"), 3);
    struct batch again = counter_batch(c, &lines);
    assert_int_equal(lines, 3);
    assert_int_not_equal(again.id, b.id);
    assert_int_equal(counter_ask(c, "SELECT max(serial) FROM card_number"), 3);
    struct batch_line line;
    counter_expect(c, c->store.line_of_card(c->store.self, "B00000019", &line, &c->why));
    assert_int_equal(line.batch, again.id);
    counter_expect(c, batch_step(&c->store, again.id, BATCH_APPROVE, "approver", &c->why));
    assert_int_equal(batch_step(&c->store, again.id, BATCH_CANCEL, "maker", &c->why), ERR_CONFLICT);
    counter_close(c);
}

static void a_used_number_never_comes_back(void **state) {
    (void)state;
    struct counter *c = counter_open(2);
    int32_t lines = 0;
    counter_apply(c, 2);
    struct batch b = counter_batch(c, &lines);
    counter_expect(c, counter_line(c, b.id, 1, LINE_MAKE));
    assert_int_equal(number_step(&c->store, "B00000019", NUMBER_RELEASE, &c->why), ERR_CONFLICT);
    assert_int_equal(number_step(&c->store, "B00000019", NUMBER_RESERVE, &c->why), ERR_CONFLICT);
    assert_int_equal(number_step(&c->store, "B00000019", NUMBER_LOCK, &c->why), ERR_CONFLICT);
    assert_int_equal(number_step(&c->store, "B00000018", NUMBER_LOCK, &c->why), ERR_INVALID);
    assert_int_equal(number_step(&c->store, "B00000051", NUMBER_LOCK, &c->why), ERR_NOT_FOUND);
    assert_int_equal(counter_line(c, b.id, 1, LINE_MAKE), ERR_CONFLICT);
    assert_int_equal(batch_step(&c->store, b.id, BATCH_CANCEL, "maker", &c->why), ERR_CONFLICT);
    /* ... of which nothing was kept: the untouched line is still in its batch. */
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch_line WHERE state = 10"), 1);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM card_number WHERE state = 0"), 0);
    counter_close(c);
}

static void a_range_that_is_used_up_says_so(void **state) {
    (void)state;
    struct counter *c = counter_open(3);
    struct batch b = {.day = 20031008, .point = "GZ01"};
    int32_t lines = 0;
    counter_expect(c, db_run(&c->db, "UPDATE number_range SET last = 2", &c->why));
    counter_apply(c, 3);
    assert_int_equal(
        batch_make(&c->store, &counter_rules, "maker", &b, &lines, &c->why), ERR_NOT_FOUND);
    assert_non_null(strstr(c->why.text, "used up"));
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 0);
    assert_int_equal(counter_ask(c, "SELECT next FROM number_range"), 1);
    counter_close(c);
}

/* --- the whole way ------------------------------------------------------------------------ */

static void step(struct counter *c, int64_t id, enum batch_event event) {
    counter_expect(c, batch_step(&c->store, id, event, "approver", &c->why));
}

/* Six lines with six fates: handed out, taken back, spoilt twice, wrong keys, made again. */
static void a_batch_closes_when_every_card_is_accounted_for(void **state) {
    (void)state;
    struct counter *c = counter_open(6);
    struct batch_rules rules = {.lines_max = 2000, .box_cards = 2};
    int32_t lines = 0;
    int32_t boxes = 0;
    counter_apply(c, 6);
    struct batch b = counter_batch(c, &lines);
    step(c, b.id, BATCH_APPROVE);
    step(c, b.id, BATCH_TO_MAKER);
    for (int32_t seq = 1; seq <= 6; seq++) {
        counter_expect(c, counter_line(c, b.id, seq, seq == 4 || seq == 6 ? LINE_FAIL : LINE_MAKE));
    }
    step(c, b.id, BATCH_FROM_MAKER);
    assert_int_equal(batch_step(&c->store, b.id, BATCH_PACK, "maker", &c->why), ERR_CONFLICT);
    assert_non_null(strstr(c->why.text, "4 of its lines are still made"));
    counter_expect(c, counter_line(c, b.id, 6, LINE_REMAKE));
    counter_expect(c, counter_line(c, b.id, 6, LINE_MAKE));
    for (int32_t seq = 1; seq <= 6; seq++) {
        if (seq != 4) {
            counter_expect(c, counter_line(c, b.id, seq, seq == 5 ? LINE_REJECT : LINE_PASS));
        }
    }
    counter_expect(c, batch_pack(&c->store, &rules, b.id, &boxes, &c->why));
    assert_int_equal(boxes, 2);
    step(c, b.id, BATCH_PACK);
    step(c, b.id, BATCH_DELIVER);
    step(c, b.id, BATCH_STORE);
    assert_int_equal(batch_step(&c->store, b.id, BATCH_CLOSE, "maker", &c->why), ERR_CONFLICT);
    counter_expect(c, counter_line(c, b.id, 1, LINE_HAND_OUT));
    counter_expect(c, counter_line(c, b.id, 2, LINE_HAND_OUT));
    counter_expect(c, counter_line(c, b.id, 3, LINE_RECOVER));
    counter_expect(c, counter_line(c, b.id, 4, LINE_DESTROY));
    counter_expect(c, counter_line(c, b.id, 5, LINE_DESTROY));
    assert_int_equal(batch_step(&c->store, b.id, BATCH_CLOSE, "maker", &c->why), ERR_CONFLICT);
    counter_expect(c, counter_line(c, b.id, 6, LINE_HAND_OUT));
    step(c, b.id, BATCH_CLOSE);
    assert_int_equal(c->store.batch_open(c->store.self, "GZ01", &b, &c->why), ERR_NOT_FOUND);
    counter_expect(c, db_audit_verify(&c->db, NULL, &c->why));
    counter_close(c);
}

static void boxes_are_filled_one_after_the_other(void **state) {
    (void)state;
    enum { CARDS = 270 };
    struct counter *c = counter_open(CARDS);
    int32_t lines = 0;
    int32_t boxes = 0;
    counter_apply(c, CARDS);
    struct batch b = counter_batch(c, &lines);
    for (int32_t seq = 1; seq <= CARDS; seq++) {
        counter_expect(c, counter_line(c, b.id, seq, LINE_MAKE));
        counter_expect(c, counter_line(c, b.id, seq, LINE_PASS));
    }
    counter_expect(c, batch_pack(&c->store, &counter_rules, b.id, &boxes, &c->why));
    assert_int_equal(boxes, 2);
    struct batch_line line;
    char place[BOX_PLACE_MAX];
    counter_expect(c, c->store.line_get(c->store.self, b.id, 250, &line, &c->why));
    box_place_write(&line, place);
    assert_string_equal(place, "1-1-1-250");
    counter_expect(c, c->store.line_get(c->store.self, b.id, 251, &line, &c->why));
    box_place_write(&line, place);
    assert_string_equal(place, "1-1-2-1");
    /* Packing again moves nothing. */
    counter_expect(c, batch_pack(&c->store, &counter_rules, b.id, &boxes, &c->why));
    assert_int_equal(boxes, 2);
    assert_int_equal(
        counter_ask(c, "SELECT count(DISTINCT box * 1000 + position) FROM batch_line"), CARDS);
    line = (struct batch_line){.batch = 7, .box = 11, .position = 3};
    box_place_write(&line, place);
    assert_string_equal(place, "7-2-11-3");
    counter_close(c);
}

static void two_lines_never_hold_the_same_chip(void **state) {
    (void)state;
    struct counter *c = counter_open(2);
    int32_t lines = 0;
    counter_apply(c, 2);
    struct batch b = counter_batch(c, &lines);
    uint8_t factor[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t id[CARD_ID_LEN] = {0};
    struct line_result result = {.event = LINE_MAKE, .factor = factor, .card_id = id};
    counter_expect(c, batch_line_step(&c->store, b.id, 1, &result, &c->why));
    assert_int_equal(batch_line_step(&c->store, b.id, 2, &result, &c->why), ERR_CONFLICT);
    /* All or none: the second line's number is not used up. */
    assert_int_equal(counter_ask(c, "SELECT state FROM card_number WHERE serial = 2"), 1);
    counter_close(c);
}

static void a_long_reason_is_cut_between_characters(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    int32_t lines = 0;
    char reason[400] = "x";
    counter_apply(c, 1);
    struct batch b = counter_batch(c, &lines);
    for (size_t at = 1; at + 3 < sizeof reason; at += 3) {
        (void)memcpy(reason + at, "卡", 4);
    }
    struct line_result result = {.event = LINE_FAIL, .reason = reason};
    counter_expect(c, batch_line_step(&c->store, b.id, 1, &result, &c->why));
    struct batch_line line;
    counter_expect(c, c->store.line_get(c->store.self, b.id, 1, &line, &c->why));
    assert_int_equal(strlen(line.reason), 238); /* 1 + 79 * 3, of 240 */
    assert_int_equal(memcmp(line.reason, reason, 238), 0);
    counter_close(c);
}

/* --- failures ----------------------------------------------------------------------------- */

struct fuse {
    int left;
};

static int burn(void *self) {
    struct fuse *fuse = self;
    return --fuse->left == 0; /* once: taking the step back must work */
}

/* Everything that making a batch writes, as one number. */
static int64_t traces(struct counter *c) {
    return counter_ask(c,
        "SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM batch_line) + "
        "(SELECT count(*) FROM card_number) + (SELECT next FROM number_range) - 1 + "
        "(SELECT count(*) FROM application WHERE state <> 0)");
}

/* The database gives up after the nth step of its work, for many n: nothing is half done, and
 * when it works again the batch is made. */
static void a_batch_is_made_whole_or_not_at_all(void **state) {
    (void)state;
    only_in_a_file();
    struct counter *c = counter_open(4);
    counter_apply(c, 4);
    enum err err = ERR_OUTSIDE;
    int failures = 0;
    for (int n = 1; err && n < 20000; n += 1 + n / 20) {
        struct batch b = {.day = 20031008, .point = "GZ01"};
        int32_t lines = 0;
        struct fuse fuse = {n};
        sqlite3_progress_handler(sqlite_of(c->db.link), 1, burn, &fuse);
        err = batch_make(&c->store, &counter_rules, "maker", &b, &lines, &c->why);
        sqlite3_progress_handler(sqlite_of(c->db.link), 0, NULL, NULL);
        assert_int_equal(c->db.depth, 0);
        if (!sqlite3_get_autocommit(
                sqlite_of(c->db.link))) { /* BEGIN itself was cut after its work */
            counter_expect(c, db_run(&c->db, "ROLLBACK", &c->why));
        }
        failures += err != OK;
        if (err
            && traces(c) > 0) { /* COMMIT was cut after its work: whole, and nobody heard of it */
            assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch_line"), 4);
            err = OK;
        }
        assert_int_equal(traces(c) > 0, err == OK);
    }
    assert_int_equal(err, OK);
    assert_true(failures > 50);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch_line"), 4);
    counter_expect(c, db_audit_verify(&c->db, NULL, &c->why));
    counter_close(c);
}

/* --- names that no chip of the day holds --------------------------------------------------- */

enum { ASIDE_MAX = 4 };
struct asides {
    int64_t applications[ASIDE_MAX];
    int count;
};

static void note_aside(void *cookie, const struct application *a, const char *reason) {
    struct asides *asides = cookie;
    assert_true(asides->count < ASIDE_MAX);
    assert_true(strlen(reason) > 10);
    asides->applications[asides->count++] = a->id;
}

static enum err batch_checked(struct counter *c, struct asides *asides, int32_t *lines) {
    struct batch b = {.day = 20031008, .point = "GZ01"};
    const struct batch_rules rules = {.lines_max = 2000,
        .box_cards = 250,
        .registry = &c->registry,
        .aside = note_aside,
        .cookie = asides};
    return batch_make(&c->store, &rules, "maker", &b, lines, &c->why);
}

/* The name was good when the card was ordered, and was corrected since. */
static void a_name_that_grew_is_set_aside_and_the_batch_goes_on(void **state) {
    struct asides asides = {.count = 0};
    int32_t lines = 0;
    (void)state;
    struct counter *c = counter_open(3);
    counter_apply(c, 3);
    counter_expect(c,
        db_run(&c->db, "UPDATE person SET name = '阿不都热合曼阿不都热依木买买提江' WHERE id = 2",
            &c->why));
    counter_expect(c, batch_checked(c, &asides, &lines));
    assert_int_equal(lines, 2);
    assert_int_equal(asides.count, 1);
    assert_int_equal(asides.applications[0], 2);
    assert_int_equal(counter_ask(c, "SELECT max(seq) FROM batch_line"), 2);
    assert_int_equal(counter_ask(c, "SELECT audit FROM application WHERE id = 2"), AUDIT_FAILED);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit WHERE what = 'set aside'"), 1);
    /* It does not come again by itself; put right and audited anew, it does. */
    assert_int_equal(batch_checked(c, &asides, &lines), ERR_NOT_FOUND);
    counter_expect(c, db_run(&c->db, "UPDATE person SET name = '阿不都' WHERE id = 2", &c->why));
    counter_expect(c, application_answer(&c->store, 2, AUDIT_PASSED, "approver", &c->why));
    counter_expect(c, batch_checked(c, &asides, &lines));
    assert_int_equal(lines, 1);
    assert_int_equal(asides.count, 1);
    counter_close(c);
}

/* A batch without lines is no batch, so nothing of it is kept; whoever asked was told why. */
static void a_batch_of_nothing_else_is_none(void **state) {
    struct asides asides = {.count = 0};
    int32_t lines = 0;
    (void)state;
    struct counter *c = counter_open(1);
    counter_apply(c, 1);
    counter_expect(c,
        db_run(&c->db, "UPDATE person SET name = '阿不都热合曼阿不都热依木买买提江' WHERE id = 1",
            &c->why));
    int64_t audited = counter_ask(c, "SELECT count(*) FROM audit");
    assert_int_equal(batch_checked(c, &asides, &lines), ERR_NOT_FOUND);
    assert_int_equal(asides.count, 1);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM batch"), 0);
    assert_int_equal(counter_ask(c, "SELECT count(*) FROM audit"), audited);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_takes_who_waits_and_reserves_numbers),
        cmocka_unit_test(a_batch_has_a_limit_and_the_rest_waits),
        cmocka_unit_test(who_is_not_audited_does_not_enter_a_batch),
        cmocka_unit_test(a_person_has_one_open_application),
        cmocka_unit_test(two_officers_make_a_batch),
        cmocka_unit_test(a_maker_whose_code_does_not_fit_makes_nothing),
        cmocka_unit_test(a_cancelled_batch_gives_everything_back),
        cmocka_unit_test(a_used_number_never_comes_back),
        cmocka_unit_test(a_range_that_is_used_up_says_so),
        cmocka_unit_test(a_batch_closes_when_every_card_is_accounted_for),
        cmocka_unit_test(boxes_are_filled_one_after_the_other),
        cmocka_unit_test(two_lines_never_hold_the_same_chip),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(a_batch_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_name_that_grew_is_set_aside_and_the_batch_goes_on),
        cmocka_unit_test(a_batch_of_nothing_else_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "issuance/handover_package.h"

#include "base/working_day.h"
#include "windows.h"

static const struct package unit_package = {
    .kind = TO_UNIT,
    .point = "GZ01",
    .unit = "A",
    .letter = "函 17",
    .first = {"梁思", "990102197612115183", "020-1", ""},
    .second = {"陈安", "990102197612115191", "020-2", ""}
};

static void units(struct windows *w) {
    windows_run(w, "UPDATE person SET employer = CASE id % 2 WHEN 0 THEN 'A' ELSE 'B' END");
}

/* Five working days from Friday 10 October 2003 are Friday the 17th. */
static void a_unit_takes_its_cards_and_brings_the_list_back(void **state) {
    (void)state;
    struct windows *w = windows_open(8);
    struct package p = unit_package;
    struct package_result result = {.handed = 0};
    struct package_count count;
    int64_t open = 0;
    units(w);
    windows_expect(w, package_open(&w->desk, &p, &w->p->why));
    assert_int_equal(p.due, 20031017);
    windows_expect(w, package_take_unit(&w->desk, p.id, &result, &w->p->why));
    assert_int_equal(result.handed, 4);
    assert_int_equal(result.before, 0);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM batch_line WHERE state = 60"), 4);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM card WHERE life = 0"), 8); /* sealed */
    points_hold(w->p);
    windows_expect(w, package_take_unit(&w->desk, p.id, &result, &w->p->why)); /* nothing is left */
    assert_int_equal(result.handed, 4);
    windows_expect(w, package_list_back(&w->desk, p.id, &open, &w->p->why));
    assert_int_equal(open, 4);
    assert_int_equal(package_list_back(&w->desk, p.id, &open, &w->p->why), ERR_CONFLICT);
    windows_expect(w, w->store.package_counts(w->store.self, p.id, &count, &w->p->why));
    assert_int_equal(count.cards, 4);
    windows_close(w);
}

/* [system.md 4.3: "n cards handed out; m already collected"] */
static void what_was_collected_is_counted_and_not_handed_out_twice(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct package p = unit_package;
    struct package_result result = {.handed = 0};
    char number[CARD_NUMBER_LEN + 1];
    windows_expect(w, package_open(&w->desk, &p, &w->p->why));
    for (int i = 0; i < 3; i++) {
        for (int32_t seq = 1; seq <= 2; seq++) {
            windows_card(w, seq, number);
            windows_expect(w, package_take(&w->desk, p.id, number, &result, &w->p->why));
        }
    }
    assert_int_equal(result.handed, 2);
    assert_int_equal(result.before, 4);
    assert_int_equal(windows_ask(w, "SELECT cards FROM package"), 2);
    points_hold(w->p);
    windows_close(w);
}

static void a_card_that_finds_nobody_comes_back_into_a_box(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct package p = unit_package;
    struct package_result result = {.handed = 0};
    char number[CARD_NUMBER_LEN + 1];
    windows_card(w, 2, number);
    windows_expect(w, package_open(&w->desk, &p, &w->p->why));
    windows_expect(w, package_take(&w->desk, p.id, number, &result, &w->p->why));
    windows_expect(w, package_card_back(&w->desk, number, 4, &w->p->why));
    assert_int_equal(package_card_back(&w->desk, number, 4, &w->p->why), ERR_NOT_FOUND);
    assert_int_equal(windows_ask(w, "SELECT state FROM batch_line WHERE seq = 2"), LINE_FINISHED);
    assert_int_equal(windows_ask(w, "SELECT returned FROM package"), 1);
    points_hold(w->p);
    windows_expect(w, package_take(&w->desk, p.id, number, &result, &w->p->why)); /* again */
    assert_int_equal(result.handed, 2);
    windows_run(w, "UPDATE handover SET enabled = 20031011");
    assert_int_equal(package_card_back(&w->desk, number, 4, &w->p->why), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "its holder has it"));
    windows_close(w);
}

static void a_package_without_what_it_needs_is_refused(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct package bad[10];
    for (size_t i = 0; i < 10; i++) {
        bad[i] = unit_package;
    }
    bad[0].kind = TO_HOLDER;
    bad[1].letter[0] = '\0';
    bad[2].unit[0] = '\0';
    bad[3].first.name[0] = '\0';
    bad[4].second.number[0] = '\0';
    bad[5].second.phone[0] = '\0';
    bad[6].second = bad[6].first;
    bad[7].kind = BY_POST; /* no address */
    bad[8].point[0] = '\0';
    bad[9].kind = TO_AGENT;
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(package_open(&w->desk, &bad[i], &w->p->why), ERR_INVALID);
    }
    bad[7].second = (struct taker){.name = ""};
    (void)snprintf(bad[7].first.address, sizeof bad[7].first.address, "广东省清远市连州市");
    windows_expect(w, package_open(&w->desk, &bad[7], &w->p->why));
    struct window_desk maker = w->desk;
    maker.at.officer = "maker";
    assert_int_equal(package_open(&maker, &bad[7], &w->p->why), ERR_DENIED);
    windows_close(w);
}

static void a_card_that_is_not_there_goes_into_no_package(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct package p = unit_package;
    struct package_result result = {.handed = 0};
    char number[CARD_NUMBER_LEN + 1];
    int64_t open = 0;
    windows_card(w, 1, number);
    windows_expect(w, package_open(&w->desk, &p, &w->p->why));
    windows_run(w, "INSERT INTO wrong_card SELECT number, 'name', 20031010, 0, 'point' FROM card");
    assert_int_equal(package_take(&w->desk, p.id, number, &result, &w->p->why), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "data are wrong"));
    windows_run(w, "DELETE FROM wrong_card");
    windows_run(w, "UPDATE box SET state = 3");
    assert_int_equal(package_take(&w->desk, p.id, number, &result, &w->p->why), ERR_CONFLICT);
    windows_run(w, "UPDATE box SET state = 1, point = 'GZ02'");
    assert_int_equal(package_take(&w->desk, p.id, number, &result, &w->p->why), ERR_CONFLICT);
    windows_run(w, "UPDATE box SET point = 'GZ01'");
    assert_int_equal(package_take(&w->desk, p.id, "B99999999", &result, &w->p->why), ERR_NOT_FOUND);
    assert_int_equal(result.handed, 0);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM handover"), 0);
    windows_expect(w, package_list_back(&w->desk, p.id, &open, &w->p->why));
    assert_int_equal(package_take(&w->desk, p.id, number, &result, &w->p->why), ERR_CONFLICT);
    windows_close(w);
}

/* Each row of a package that is filled fails in turn: all cards or none. */
static void a_package_that_fails_anywhere_takes_nothing(void **state) {
    (void)state;
    static const char *const events[] = {"UPDATE ON batch_line", "DELETE ON box_card",
        "INSERT ON box_entry", "INSERT ON handover", "UPDATE ON package", "INSERT ON audit"};
    struct windows *w = windows_open(8);
    struct package p = unit_package;
    units(w);
    windows_expect(w, package_open(&w->desk, &p, &w->p->why));
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct package_result result = {.handed = 0};
        trap_set(&w->p->c->db, events[i]);
        assert_int_not_equal(package_take_unit(&w->desk, p.id, &result, &w->p->why), OK);
        trap_open(&w->p->c->db);
        assert_int_equal(windows_ask(w, "SELECT count(*) FROM handover"), 0);
        assert_int_equal(windows_ask(w, "SELECT count(*) FROM batch_line WHERE state = 60"), 0);
        points_hold(w->p);
    }
    windows_close(w);
}

static void working_days_leave_out_weekends_and_holidays(void **state) {
    (void)state;
    static const uint32_t cases[][3] = {
        {20031010, 1, 20031013},
        {20031011, 1, 20031013},
        {20031012, 1, 20031013},
        {20031013, 5, 20031020},
        {20031231, 1, 20040102}, /* New Year */
        {20030930, 1, 20031008}, /* National Day */
        {20030926, 1, 20030927}, /* a Saturday that is worked */
        {20040227, 1, 20040301},
        {20031010, 0, 20031010},
        {20000228, 1, 20000229}
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(day_plus_working(cases[i][0], cases[i][1]), cases[i][2]);
    }
    assert_int_equal(days_between(20031010, 20031010), 0);
    assert_int_equal(days_between(20031231, 20040101), 1);
    assert_int_equal(days_between(20040228, 20040301), 2);
    assert_int_equal(days_between(19000228, 19000301), 1);
    assert_int_equal(days_between(20031010, 20041010), 366);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_takes_its_cards_and_brings_the_list_back),
        cmocka_unit_test(what_was_collected_is_counted_and_not_handed_out_twice),
        cmocka_unit_test(a_card_that_finds_nobody_comes_back_into_a_box),
        cmocka_unit_test(a_package_without_what_it_needs_is_refused),
        cmocka_unit_test(a_card_that_is_not_there_goes_into_no_package),
        cmocka_unit_test(a_package_that_fails_anywhere_takes_nothing),
        cmocka_unit_test(working_days_leave_out_weekends_and_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

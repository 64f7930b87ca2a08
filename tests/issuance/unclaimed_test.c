#include "issuance/unclaimed.h"

#include "windows.h"

/* The card of line 1, on a day so many days after it was counted in. */
static struct unclaimed_card first_after(struct windows *w, uint32_t day) {
    struct unclaimed_card card = {.days = -1};
    w->desk.at.day = day;
    enum err err = unclaimed_next(&w->desk, "GZ01", "", &card, &w->p->why);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    card.stage = err ? UNCLAIMED_NONE : card.stage;
    return card;
}

/* Counted in on 10 October 2003: 7, 30, 90, 120 and 180 days later. */
static void each_stage_comes_on_its_day_and_once(void **state) {
    (void)state;
    static const struct {
        uint32_t day;
        enum unclaimed_stage stage;
    } cases[] = {
        {20031016, UNCLAIMED_NONE    },
        {20031017, UNCLAIMED_REMIND_1},
        {20031109, UNCLAIMED_REMIND_2},
        {20040108, UNCLAIMED_REMIND_3},
        {20040206, UNCLAIMED_NONE    },
        {20040207, UNCLAIMED_CALL    },
        {20040407, UNCLAIMED_RECOVER },
    };
    struct windows *w = windows_open(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct unclaimed_card card = first_after(w, cases[i].day);
        assert_int_equal(card.stage, cases[i].stage);
        if (card.stage != UNCLAIMED_NONE && card.stage != UNCLAIMED_RECOVER) {
            windows_expect(w, unclaimed_note(&w->desk, card.place.card, &w->p->why));
            assert_int_equal(unclaimed_note(&w->desk, card.place.card, &w->p->why), ERR_CONFLICT);
            assert_int_equal(first_after(w, cases[i].day).stage, UNCLAIMED_NONE);
        }
    }
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM reminder"), 4);
    windows_close(w);
}

static void a_stage_that_was_missed_is_not_made_up_for(void **state) {
    (void)state;
    struct windows *w = windows_open(1);
    struct unclaimed_card card = first_after(w, 20040109);
    assert_int_equal(card.stage, UNCLAIMED_REMIND_3);
    windows_expect(w, unclaimed_note(&w->desk, card.place.card, &w->p->why));
    assert_int_equal(windows_ask(w, "SELECT stage FROM reminder"), 3);
    windows_close(w);
}

static void a_card_is_recovered_after_half_a_year_and_ordered_again(void **state) {
    (void)state;
    struct windows *w = windows_open(2);
    struct application fresh;
    struct unclaimed_card card = first_after(w, 20040408);
    assert_int_equal(card.stage, UNCLAIMED_RECOVER);
    assert_int_equal(unclaimed_note(&w->desk, card.place.card, &w->p->why), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "point recover"));
    w->back.day = 20040408;
    windows_expect(w, card_take_back(&w->back, card.place.card, 96, &w->p->why));
    points_hold(w->p);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM box_card"), 1);
    windows_expect(w, application_again(&w->back, 1, &fresh, &w->p->why));
    assert_int_equal(fresh.kind, APPLY_WARRANTY);
    assert_int_equal(
        windows_ask(w, "SELECT state FROM application WHERE id = 1"), APPLICATION_TROUBLE_SOLVED);
    assert_int_equal(application_again(&w->back, 1, &fresh, &w->p->why), ERR_CONFLICT);
    assert_int_equal(application_again(&w->back, 2, &fresh, &w->p->why), ERR_CONFLICT);
    windows_close(w);
}

/* A box that is moved, or merged, does not make its cards younger. */
static void a_card_grows_no_younger_in_another_box(void **state) {
    (void)state;
    struct windows *w = windows_open(1);
    struct box box = points_box(w->p, 1);
    struct unclaimed_card card;
    w->desk.at.day = 20031101;
    windows_expect(w, box_send(&w->desk.at, box.id, "GZ02", &w->p->why));
    windows_expect(w, box_receive(&w->desk.at, box.id, 1, &box, &w->p->why));
    windows_expect(w, unclaimed_next(&w->desk, "GZ02", "", &card, &w->p->why));
    assert_int_equal(card.days, 22);
    windows_close(w);
}

static void a_wrong_card_is_listed_until_it_is_taken_back(void **state) {
    (void)state;
    struct windows *w = windows_open(2);
    struct wrong_card row;
    char number[CARD_NUMBER_LEN + 1];
    windows_card(w, 1, number);
    assert_int_equal(wrong_report(&w->desk, number, "", &w->p->why), ERR_INVALID);
    windows_expect(w, wrong_report(&w->desk, number, "姓名有误", &w->p->why));
    assert_int_equal(wrong_report(&w->desk, number, "姓名有误", &w->p->why), ERR_CONFLICT);
    windows_expect(w, w->store.wrong_after(w->store.self, "", &row, &w->p->why));
    assert_string_equal(row.what, "姓名有误");
    windows_expect(w, card_take_back(&w->back, number, 98, &w->p->why));
    assert_int_equal(w->store.wrong_after(w->store.self, "", &row, &w->p->why), ERR_NOT_FOUND);
    assert_int_equal(windows_ask(w, "SELECT sub_reason FROM card WHERE life = 9"), 98);
    windows_card(w, 2, number);
    windows_run(w, "UPDATE card SET life = 1 WHERE life = 0");
    assert_int_equal(wrong_report(&w->desk, number, "x", &w->p->why), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "card replace"));
    windows_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stage_comes_on_its_day_and_once),
        cmocka_unit_test(a_stage_that_was_missed_is_not_made_up_for),
        cmocka_unit_test(a_card_is_recovered_after_half_a_year_and_ordered_again),
        cmocka_unit_test(a_card_grows_no_younger_in_another_box),
        cmocka_unit_test(a_wrong_card_is_listed_until_it_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

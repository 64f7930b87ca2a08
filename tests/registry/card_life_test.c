#include "check.h"

#include "registry/card_life.h"

static const enum card_life lives[] = {
    LIFE_SEALED, LIFE_NORMAL, LIFE_LOST, LIFE_LOCKED, LIFE_LOST_FOR_NOW, LIFE_CANCELLED};
enum { LIVES = sizeof lives / sizeof lives[0] };

/* What system.md 4.0.1 allows, written down a second time and by hand: from, event, to. */
static const int allowed[][3] = {
    {0, EVENT_HAND_OVER,           1}, /* T2 */
    {0, EVENT_SPOIL,               9}, /* T3 */
    {1, EVENT_REPORT_LOSS_FOR_NOW, 4}, /* T4 */
    {4, EVENT_LIFT,                1}, /* T5 */
    {4, EVENT_TERM_OVER,           1}, /* T6 */
    {1, EVENT_REPORT_LOSS,         2}, /* T7 */
    {4, EVENT_REPORT_LOSS,         2}, /* T7 */
    {2, EVENT_LIFT,                1}, /* T8 */
    {2, EVENT_REPLACE,             9}, /* T9 */
    {1, EVENT_LOCK,                3}, /* T10 */
    {3, EVENT_UNLOCK,              1}, /* T11 */
    {1, EVENT_CANCEL,              9}, /* T12 */
    {3, EVENT_CANCEL,              9}, /* T12 */
    {1, EVENT_EXPIRE,              9}, /* T13 */
    {1, EVENT_ORDER,               1}, /* T8: "no replacement order exists" */
    {2, EVENT_ORDER,               2},
    {3, EVENT_ORDER,               3},
    {1, EVENT_WITHDRAW,            1},
    {2, EVENT_WITHDRAW,            2},
    {3, EVENT_WITHDRAW,            3},
    {4, EVENT_WITHDRAW,            4},
};
enum { ALLOWED = sizeof allowed / sizeof allowed[0] };

/* The state that the hand-written table allows, or -1. */
static int expected(int from, int event) {
    for (size_t i = 0; i < ALLOWED; i++) {
        if (allowed[i][0] == from && allowed[i][1] == event) {
            return allowed[i][2];
        }
    }
    return -1;
}

static void every_pair_of_state_and_event_goes_where_the_book_says(void **state) {
    (void)state;
    for (size_t i = 0; i < LIVES; i++) {
        for (int event = 0; event < CARD_EVENTS; event++) {
            const struct card_step *step = NULL;
            struct why why = {""};
            int to = expected((int)lives[i], event);
            enum err err = card_life_next(lives[i], (enum card_event)event, &step, &why);
            assert_int_equal(err, to < 0 ? ERR_CONFLICT : OK);
            if (to < 0) {
                assert_null(step);
                assert_non_null(strstr(why.text, card_life_name(lives[i])));
            } else {
                assert_int_equal(step->to, to);
            }
        }
    }
}

static void the_table_holds_each_pair_once_and_nothing_more(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    assert_int_equal(count, ALLOWED);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(steps[i].guard) > 0);
        for (size_t j = 0; j < i; j++) {
            assert_false(steps[i].from == steps[j].from && steps[i].event == steps[j].event);
        }
    }
}

/* A card that may be used is not listed, one that may not is: whatever way led there. */
static void the_blacklist_learns_what_the_new_state_needs(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    for (size_t i = 0; i < count; i++) {
        if (steps[i].from == steps[i].to) { /* life 4 */
            assert_int_equal(steps[i].effect, EFFECT_KEEP);
            continue;
        }
        bool usable = steps[i].to == LIFE_NORMAL;
        bool was_listed = steps[i].from != LIFE_NORMAL && steps[i].from != LIFE_SEALED;
        enum list_effect effect = !usable ? EFFECT_ADD : was_listed ? EFFECT_REMOVE : EFFECT_KEEP;
        assert_int_equal(steps[i].effect, effect);
        assert_int_equal(steps[i].reason != 0, effect == EFFECT_ADD);
    }
}

static void nothing_leads_out_of_cancelled(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(steps[i].from, LIFE_CANCELLED);
    }
}

/* life 4, and no other event stays where it is. */
static void only_orders_leave_a_card_as_it_is(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    for (size_t i = 0; i < count; i++) {
        bool order = steps[i].event == EVENT_ORDER || steps[i].event == EVENT_WITHDRAW;
        assert_int_equal(steps[i].from == steps[i].to, order);
    }
}

/* The gate asks the event's first line: the others must say the same. */
static void all_lines_of_an_event_take_the_same_hands(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(steps[i].event != steps[j].event || steps[i].hands == steps[j].hands);
        }
    }
}

static void destroying_and_locking_take_two_people(void **state) {
    (void)state;
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    for (size_t i = 0; i < count; i++) {
        bool two = steps[i].event == EVENT_SPOIL || steps[i].event == EVENT_LOCK;
        assert_int_equal(steps[i].hands == HANDS_TWO, two);
    }
}

/* 91 to 98, each with one event, found by word and by code. */
static void eight_reasons_exist_and_belong_to_one_event_each(void **state) {
    (void)state;
    for (int code = 89; code <= 100; code++) {
        const struct sub_reason *sub = sub_reason_of(code);
        assert_int_equal(sub != NULL, code >= 91 && code <= 98);
        for (int event = 0; sub && event < CARD_EVENTS; event++) {
            char text[8];
            bool its = sub->event == (enum card_event)event;
            (void)snprintf(text, sizeof text, "%d", code);
            assert_ptr_equal(sub_reason_find((enum card_event)event, sub->word), its ? sub : NULL);
            assert_ptr_equal(sub_reason_find((enum card_event)event, text), its ? sub : NULL);
        }
    }
}

static void the_words_of_reasons_fit_and_never_run_over(void **state) {
    (void)state;
    char text[80];
    sub_reason_words(EVENT_CANCEL, text, sizeof text);
    assert_string_equal(text, "exchanged, death, moved, duplicate");
    sub_reason_words(EVENT_SPOIL, text, sizeof text);
    assert_string_equal(text, "spoiled, unclaimed, wrong-data");
    sub_reason_words(EVENT_LIFT, text, sizeof text);
    assert_string_equal(text, "");
    for (size_t room = 1; room < 40; room++) {
        (void)memset(text, '~', sizeof text);
        sub_reason_words(EVENT_CANCEL, text, room);
        assert_true(strlen(text) < room);
        assert_int_equal(text[room], '~');
    }
    assert_true(sub_reason_needed(EVENT_SPOIL));
    assert_true(sub_reason_needed(EVENT_CANCEL));
    assert_false(sub_reason_needed(EVENT_LIFT));
}

static void six_codes_exist_and_have_their_words(void **state) {
    (void)state;
    int exist = 0;
    for (int code = -1; code < 12; code++) {
        if (card_life_exists(code)) {
            exist++;
            assert_true(strlen(card_life_name((enum card_life)code)) > 0);
            assert_true(strlen(card_life_name_zh((enum card_life)code)) > 0);
        }
    }
    assert_int_equal(exist, LIVES);
    for (int reason = LIST_LOSS; reason <= LIST_REASON_LAST; reason++) {
        assert_true(strlen(list_reason_name((enum list_reason)reason)) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event_goes_where_the_book_says),
        cmocka_unit_test(the_table_holds_each_pair_once_and_nothing_more),
        cmocka_unit_test(the_blacklist_learns_what_the_new_state_needs),
        cmocka_unit_test(nothing_leads_out_of_cancelled),
        cmocka_unit_test(only_orders_leave_a_card_as_it_is),
        cmocka_unit_test(all_lines_of_an_event_take_the_same_hands),
        cmocka_unit_test(destroying_and_locking_take_two_people),
        cmocka_unit_test(eight_reasons_exist_and_belong_to_one_event_each),
        cmocka_unit_test(the_words_of_reasons_fit_and_never_run_over),
        cmocka_unit_test(six_codes_exist_and_have_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

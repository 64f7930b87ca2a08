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
        cmocka_unit_test(six_codes_exist_and_have_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

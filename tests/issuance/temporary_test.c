#include "issuance/temporary.h"

#include "windows.h"

static enum err issue(struct windows *w, int64_t person, struct temporary_card *card) {
    return temporary_issue(&w->desk, person, 440100, "GZ01", card, &w->p->why);
}

static void one_is_issued_while_the_card_is_being_made(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct temporary_card card;
    windows_expect(w, issue(w, 1, &card));
    assert_int_equal(card.from, 20031010);
    assert_int_equal(card.until, 20031208); /* sixty days, the first counted */
    assert_int_equal(issue(w, 1, &card), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "prolong"));
    windows_close(w);
}

/* State 1, 3 and 4 have a card; 2 and 9 with an order have none. */
static void only_who_has_no_card_may_have_one(void **state) {
    (void)state;
    static const struct {
        int life, application;
        enum err err;
    } cases[] = {
        {LIFE_NORMAL,       2, ERR_CONFLICT},
        {LIFE_LOCKED,       2, ERR_CONFLICT},
        {LIFE_LOST_FOR_NOW, 2, ERR_CONFLICT},
        {LIFE_LOST,         2, OK          },
        {LIFE_SEALED,       5, OK          },
        {LIFE_CANCELLED,    5, OK          },
        {LIFE_CANCELLED,    3, ERR_CONFLICT},
        {LIFE_CANCELLED,    1, ERR_CONFLICT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct windows *w = windows_open(1);
        struct temporary_card card;
        char sql[120];
        (void)snprintf(sql, sizeof sql, "UPDATE card SET life = %d", cases[i].life);
        windows_run(w, sql);
        (void)snprintf(sql, sizeof sql, "UPDATE application SET state = %d", cases[i].application);
        windows_run(w, sql);
        assert_int_equal(issue(w, 1, &card), cases[i].err);
        windows_close(w);
    }
}

static void who_never_applied_gets_none(void **state) {
    (void)state;
    struct windows *w = windows_open(1);
    struct temporary_card card;
    windows_run(w,
        "INSERT INTO person SELECT 2, number17 + 1, name, sex, nation, birth, region, "
        "household, address, postcode, phone, mobile, employer, employer_name FROM person");
    assert_int_equal(issue(w, 2, &card), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "apply"));
    windows_close(w);
}

/* Prolonged to six months at most, and it ends by itself. */
static void it_ends_by_itself_and_after_six_months_at_most(void **state) {
    (void)state;
    struct windows *w = windows_open(1);
    struct temporary_card card;
    windows_expect(w, issue(w, 1, &card));
    windows_expect(w, temporary_prolong(&w->desk, card.id, &card, &w->p->why));
    windows_expect(w, temporary_prolong(&w->desk, card.id, &card, &w->p->why));
    windows_expect(w, temporary_prolong(&w->desk, card.id, &card, &w->p->why));
    assert_int_equal(card.until, 20040409); /* 183 days */
    assert_int_equal(temporary_prolong(&w->desk, card.id, &card, &w->p->why), ERR_CONFLICT);
    windows_expect(w, temporary_check(&card, 20040409, 440111, USE_IDENTITY, &w->p->why));
    assert_int_equal(
        temporary_check(&card, 20040410, 440111, USE_IDENTITY, &w->p->why), ERR_CONFLICT);
    w->desk.at.day = 20040410;
    assert_int_equal(temporary_prolong(&w->desk, card.id, &card, &w->p->why), ERR_CONFLICT);
    windows_expect(w, issue(w, 1, &card)); /* the old one is over */
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM temporary_card WHERE state = 4"), 1);
    windows_close(w);
}

static void it_moves_no_money_and_stays_in_its_city(void **state) {
    (void)state;
    struct windows *w = windows_open(1);
    struct temporary_card card;
    windows_expect(w, issue(w, 1, &card));
    assert_int_equal(temporary_check(&card, 20031010, 440100, USE_MONEY, &w->p->why), ERR_CONFLICT);
    assert_non_null(strstr(w->p->why.text, "no money"));
    assert_int_equal(
        temporary_check(&card, 20031010, 441800, USE_IDENTITY, &w->p->why), ERR_CONFLICT);
    assert_int_equal(
        temporary_check(&card, 20031009, 440100, USE_IDENTITY, &w->p->why), ERR_CONFLICT);
    windows_close(w);
}

static void it_comes_back_once(void **state) {
    (void)state;
    struct windows *w = windows_open(2);
    struct temporary_card card;
    windows_expect(w, issue(w, 1, &card));
    windows_expect(w, temporary_end(&w->desk, card.id, TEMPORARY_RETURNED, &w->p->why));
    assert_int_equal(temporary_end(&w->desk, card.id, TEMPORARY_LOST, &w->p->why), ERR_CONFLICT);
    assert_int_equal(temporary_end(&w->desk, 99, TEMPORARY_LOST, &w->p->why), ERR_NOT_FOUND);
    windows_expect(w, w->store.temporary_get(w->store.self, card.id, &card, &w->p->why));
    assert_int_equal(card.ended, 20031010);
    assert_int_equal(
        temporary_check(&card, 20031010, 440100, USE_IDENTITY, &w->p->why), ERR_CONFLICT);
    w->desk.at.officer = "maker";
    assert_int_equal(issue(w, 2, &card), ERR_DENIED);
    windows_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_issued_while_the_card_is_being_made),
        cmocka_unit_test(only_who_has_no_card_may_have_one),
        cmocka_unit_test(who_never_applied_gets_none),
        cmocka_unit_test(it_ends_by_itself_and_after_six_months_at_most),
        cmocka_unit_test(it_moves_no_money_and_stays_in_its_city),
        cmocka_unit_test(it_comes_back_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

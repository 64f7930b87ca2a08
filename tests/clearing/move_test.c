/* Decisions about money: by two officers, once, covered, and whole or absent. */
#include "clearing/memory_city.h"

#include "clearing/day_proof.h"
#include "clearing/move.h"
#include "clearing/paid_day.h"

/* After sell_a_day() file 1 holds: 1 cleared (12.50), 2 forged (9.00), 3 of no form; file 2: 1 cleared
 * (30.00), 2 its repeat; file 3: 1 cleared (70.00), 2 held above the limit (200.00), of card 4. */
static enum err ask(struct city *city, const char *number, enum move_kind kind, int64_t upload,
    uint32_t place, int64_t fen, struct why *why) {
    const struct move_order order = {number, kind, upload, place, "P0000001", fen, "slip 17"};
    return move_ask(&city->clearing, &order, "clearer", why);
}

static void decide(struct city *city, const char *number, enum move_kind kind, int64_t upload,
    uint32_t place, int64_t fen) {
    struct why why = {{0}};
    must(ask(city, number, kind, upload, place, fen, &why), &why);
    must(move_agree(&city->clearing, number, "approver", &why), &why);
}

static struct account_name holder_of(unsigned card) {
    uint8_t factor[FACTOR_LEN];
    card_factor(card, factor);
    struct account_name name = account_of_card(factor);
    name.kind = ACCOUNT_HOLDER;
    return name;
}

static void a_held_record_is_paid_or_given_back(void **state) {
    (void)state;
    for (int pays = 0; pays < 2; pays++) {
        struct city *city = new_city();
        sell_a_day(&city->clearing);
        decide(city, "1", pays ? MOVE_PAY : MOVE_REFUSE, 3, 2, 0);
        assert_int_equal(fen_in_suspense(&city->clearing), 0);
        assert_int_equal(fen_on(&city->clearing, holder_of(4)), pays ? 0 : 20000);
        assert_int_equal(fen_of_institution(&city->clearing, "H0000002"), pays ? 27000 : 7000);
        drop_city(city);
    }
}

/* Nothing was taken for a forged record: paying it takes it from the card, refusing it moves nothing. */
static void a_record_with_a_wrong_tac_is_decided_too(void **state) {
    (void)state;
    for (int pays = 0; pays < 2; pays++) {
        struct city *city = new_city();
        sell_a_day(&city->clearing);
        size_t postings = city->rows->now.posting_count;
        decide(city, "1", pays ? MOVE_PAY : MOVE_REFUSE, 1, 2, 0);
        assert_int_equal(fen_on_card(&city->clearing, 5), pays ? 49100 : 50000);
        assert_int_equal(city->rows->now.posting_count, postings + (pays ? 1 : 0));
        drop_city(city);
    }
}

static void a_trade_is_given_back_at_most_once_whole(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    sell_a_day(&city->clearing);
    decide(city, "a", MOVE_REFUND, 2, 1, 1000);
    assert_int_equal(ask(city, "b", MOVE_REFUND, 2, 1, 2001, &why), ERR_CONFLICT);
    decide(city, "c", MOVE_REFUND, 2, 1, 2000);
    assert_int_equal(ask(city, "d", MOVE_REFUND, 2, 1, 1, &why), ERR_CONFLICT);
    assert_int_equal(ask(city, "e", MOVE_REFUND, 3, 2, 1, &why), ERR_CONFLICT); /* never paid */
    assert_int_equal(fen_on(&city->clearing, holder_of(2)), 3000);
    drop_city(city);
}

/* move 5: yesterday's sale cannot be given back from what is due to nobody today. */
static void what_is_given_back_is_due_today(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct why why = {{0}};
    pay_a_day(&city->clearing, &bank);
    must(ask(city, "late", MOVE_REFUND, 2, 1, 1000, &why), &why);
    assert_int_equal(move_agree(&city->clearing, "late", "approver", &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "wait until it has sold more"));
    drop_bank(&bank);
    drop_city(city);
}

static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    sell_a_day(&city->clearing);
    const struct {
        const char *number, *reference, *officer, *institution;
        enum move_kind kind;
        int64_t upload, fen;
        uint32_t place;
        enum err err;
    } cases[] = {
        {"",                                "slip", "clearer",  "P0000001", MOVE_PAY,    3, 0,  2, ERR_INVALID  },
        {"1234567890123456789012345678901", "slip", "clearer",  "P0000001", MOVE_PAY,    3, 0,  2,
         ERR_INVALID                                                                                            },
        {"1",                               "",     "clearer",  "P0000001", MOVE_PAY,    3, 0,  2, ERR_INVALID  },
        {"1",                               NULL,   "clearer",  "P0000001", MOVE_PAY,    3, 0,  2, ERR_INVALID  },
        {"1",                               "slip", "approver", "P0000001", MOVE_PAY,    3, 0,  2, ERR_DENIED   },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_CITY,   3, 0,  2, ERR_INVALID  },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_RETURN, 3, 0,  2, ERR_INVALID  },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_PAY,    3, 0,  9, ERR_NOT_FOUND},
        {"1",                               "slip", "clearer",  "P0000001", MOVE_PAY,    3, 0,  1, ERR_CONFLICT },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_PAY,    2, 0,  2, ERR_CONFLICT },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_REFUND, 2, 0,  1, ERR_INVALID  },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_REFUND, 2, -1, 1, ERR_INVALID  },
        {"1",                               "slip", "clearer",  "P0000001", MOVE_CLAIM,  0, 0,  0, ERR_INVALID  },
        {"1",                               "slip", "clearer",  NULL,       MOVE_CLAIM,  0, 5,  0, ERR_INVALID  },
        {"1",                               "slip", "clearer",  "X0000001", MOVE_CLAIM,  0, 5,  0, ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct move_order order = {cases[i].number, cases[i].kind, cases[i].upload,
            cases[i].place, cases[i].institution, cases[i].fen, cases[i].reference};
        assert_int_equal(move_ask(&city->clearing, &order, cases[i].officer, &why), cases[i].err);
        assert_int_equal(city->rows->now.move_count, 0);
    }
    drop_city(city);
}

static void two_officers_and_one_number_for_each(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    sell_a_day(&city->clearing);
    const struct move_order order = {"1", MOVE_PAY, 3, 2, NULL, 0, "slip"};
    must(move_ask(&city->clearing, &order, "other", &why), &why);
    assert_int_equal(move_agree(&city->clearing, "1", "other", &why), ERR_DENIED);
    assert_int_equal(move_agree(&city->clearing, "1", "clearer", &why), ERR_DENIED);
    assert_int_equal(move_agree(&city->clearing, "2", "approver", &why), ERR_NOT_FOUND);
    assert_int_equal(ask(city, "1", MOVE_REFUSE, 3, 2, 0, &why), ERR_CONFLICT);
    assert_int_equal(ask(city, "2", MOVE_REFUSE, 3, 2, 0, &why), ERR_CONFLICT); /* decided */
    assert_int_equal(fen_in_suspense(&city->clearing), 20000);
    drop_city(city);
}

/* Every call to the store fails in turn: nothing half done, and then it is done all the same. */
static void a_failing_store_leaves_nothing_half_done(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    enum err err = ERR_OUTSIDE;
    sell_a_day(&city->clearing);
    for (unsigned long n = 0; err != OK; n++) {
        fail_call(city, n);
        err = ask(city, "1", MOVE_PAY, 3, 2, 0, &why);
        assert_true(err == OK || (err == ERR_OUTSIDE && city->rows->now.move_count == 0));
    }
    err = ERR_OUTSIDE;
    for (unsigned long n = 0; err != OK; n++) {
        fail_call(city, n);
        err = move_agree(&city->clearing, "1", "approver", &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        fail_call(city, ~0UL);
        assert_int_equal(city->rows->depth, 0);
        assert_int_equal(city->rows->now.moves[0].done, err == OK);
        assert_int_equal(fen_in_suspense(&city->clearing), err == OK ? 0 : 20000);
    }
    drop_city(city);
}

static void forge_amount(struct move_row *m) {
    m->fen++;
}
static void forge_kind(struct move_row *m) {
    m->kind = MOVE_RETURN;
}
static void forge_institution(struct move_row *m) {
    (void)snprintf(m->institution, sizeof m->institution, "P0000001");
}
static void forge_approver(struct move_row *m) {
    (void)snprintf(m->approver, sizeof m->approver, "%s", m->maker);
}
static void forge_number(struct move_row *m) {
    (void)snprintf(m->number, sizeof m->number, "9");
}
static void forge_day(struct move_row *m) {
    m->day++;
}

/* A move is a derived row like any other: the proof of its day sees what was altered. */
static void the_proof_sees_an_altered_move(void **state) {
    (void)state;
    static void (*const alter[])(struct move_row *) = {
        forge_amount, forge_kind, forge_institution, forge_approver, forge_number, forge_day};
    for (size_t i = 0; i <= sizeof alter / sizeof alter[0]; i++) {
        struct city *city = new_city();
        struct day_proof proof;
        struct why why = {{0}};
        sell_a_day(&city->clearing);
        decide(city, "1", MOVE_PAY, 3, 2, 0);
        if (i < sizeof alter / sizeof alter[0]) {
            alter[i](&city->rows->now.moves[0]);
        }
        must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
        assert_int_equal(proof.differences.count == 0, i == sizeof alter / sizeof alter[0]);
        drop_city(city);
    }
}

static void a_city_joins_with_its_advance(void **state) {
    (void)state;
    static const uint8_t prefix[CITY_PREFIX_LEN] = {0x86, 0x84, 0x44, 0x06};
    struct city *city = new_city();
    struct why why = {{0}};
    const struct clearing *c = &city->clearing;
    assert_int_equal(city_join(c, "P0000001", prefix, 0, "clearer", &why), ERR_INVALID);
    assert_int_equal(city_join(c, "P0000001", prefix, 5, "approver", &why), ERR_DENIED);
    assert_int_equal(city_join(c, "X0000001", prefix, 5, "clearer", &why), ERR_NOT_FOUND);
    must(city_join(c, "P0000001", prefix, 5, "clearer", &why), &why);
    assert_int_equal(city_join(c, "P0000001", prefix, 6, "clearer", &why), ERR_CONFLICT);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_CITY, "P0000001")), 5);
    drop_city(city);
}

static void kinds_have_words_in_two_languages(void **state) {
    (void)state;
    for (int i = 0; i < MOVE_KIND_COUNT; i++) {
        assert_true(strlen(move_word((enum move_kind)i)) > 2);
        assert_true(strlen(move_zh((enum move_kind)i)) > 2);
        assert_in_range(move_sign((enum move_kind)i) + 1, 0, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_record_is_paid_or_given_back),
        cmocka_unit_test(a_record_with_a_wrong_tac_is_decided_too),
        cmocka_unit_test(a_trade_is_given_back_at_most_once_whole),
        cmocka_unit_test(what_is_given_back_is_due_today),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
        cmocka_unit_test(two_officers_and_one_number_for_each),
        cmocka_unit_test(a_failing_store_leaves_nothing_half_done),
        cmocka_unit_test(the_proof_sees_an_altered_move),
        cmocka_unit_test(a_city_joins_with_its_advance),
        cmocka_unit_test(kinds_have_words_in_two_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

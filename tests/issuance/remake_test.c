#include "issuance/remake.h"

#include "issuance/application_progress.h"
#include "issuance/pin_letter.h"
#include "vaults/soft/soft_vault.h"
#include "windows.h"

/* Six lines: 1 made and good, 2 failed without a chip, 3 failed with one, 4 in doubt. */
static struct points *mixed(void) {
    struct points *p = points_made(6);
    counter_expect(p->c,
        db_run(&p->c->db,
            "UPDATE batch_line SET state = CASE seq WHEN 2 THEN 31 WHEN 3 THEN 31 WHEN 4 THEN 32 "
            "ELSE 40 END, card_factor = CASE seq WHEN 2 THEN NULL ELSE card_factor END, "
            "reason = CASE WHEN seq IN (2, 3, 4) THEN 'mute' ELSE '' END",
            &p->c->why));
    counter_expect(
        p->c, db_run(&p->c->db, "UPDATE card_number SET state = 1 WHERE serial IN (2, 3, 4)",
                  &p->c->why));
    counter_expect(p->c, db_run(&p->c->db,
                             "DELETE FROM card WHERE number IN (SELECT card_number FROM batch_line "
                             "WHERE state < 40)",
                             &p->c->why));
    return p;
}

/* [system.md 4.0.2: the same number if no chip was made, else a new one] */
static void what_failed_is_made_in_a_new_batch(void **state) {
    (void)state;
    struct points *p = mixed();
    struct remake remake;
    points_expect(p, batch_remake(&p->maker, p->batch.id, &remake, &p->why));
    assert_int_equal(remake.lines, 3);
    assert_int_equal(remake.new_numbers, 2);
    assert_int_equal(
        points_ask(p, "SELECT count(*) FROM batch_line WHERE batch = 1 AND state = 99"), 3);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM batch_line a JOIN batch_line b ON "
                                   "a.card_number = b.card_number AND a.batch < b.batch"),
        1);
    assert_int_equal(
        points_ask(p, "SELECT count(*) FROM card_number WHERE state = 2 AND serial IN (3, 4)"), 2);
    assert_int_equal(
        points_ask(p, "SELECT count(DISTINCT application) FROM batch_line WHERE state <> 99"), 6);
    assert_int_equal(
        points_ask(p, "SELECT count(DISTINCT card_number) FROM batch_line WHERE state <> 99"), 6);
    assert_int_equal(batch_remake(&p->maker, p->batch.id, &remake, &p->why), ERR_NOT_FOUND);
    assert_int_equal(batch_remake(&p->desk, p->batch.id, &remake, &p->why), ERR_DENIED);
    assert_int_equal(batch_step(&p->c->store, 2, BATCH_APPROVE, "maker", &p->why), ERR_DENIED);
    points_expect(p, batch_step(&p->c->store, 2, BATCH_APPROVE, "approver", &p->why));
    points_close(p);
}

static void a_remake_that_fails_anywhere_changes_nothing(void **state) {
    (void)state;
    static const char *const events[] = {"INSERT ON batch", "INSERT ON batch_line",
        "UPDATE ON batch_line", "UPDATE ON card_number", "INSERT ON card_number",
        "INSERT ON audit"};
    struct points *p = mixed();
    struct remake remake;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        trap_set(&p->c->db, events[i]);
        assert_int_not_equal(batch_remake(&p->maker, p->batch.id, &remake, &p->why), OK);
        trap_open(&p->c->db);
        assert_int_equal(points_ask(p, "SELECT count(*) FROM batch"), 1);
        assert_int_equal(
            points_ask(p, "SELECT count(*) FROM batch_line WHERE state IN (31, 32)"), 3);
        assert_int_equal(points_ask(p, "SELECT count(*) FROM card_number"), 6);
    }
    points_close(p);
}

/* A batch of six in each state: only approved and packed ones go back. */
static void a_batch_goes_back_while_nobody_has_what_it_brought(void **state) {
    (void)state;
    static const int states[] = {10, 15, 20, 21, 30, 31, 40, 41, 45, 50, 55, 60, 99};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct points *p = points_made(2);
        struct point_desk desk = p->maker;
        char sql[80];
        int back = states[i] == 15 ? 10 : states[i] == 45 ? 31 : 0;
        (void)snprintf(sql, sizeof sql, "UPDATE batch SET state = %d", states[i]);
        counter_expect(p->c, db_run(&p->c->db, sql, &p->c->why));
        assert_int_equal(batch_restore(&desk, p->batch.id, &p->why), ERR_DENIED);
        desk.second = "approver";
        assert_int_equal(batch_restore(&desk, p->batch.id, &p->why), back ? OK : ERR_CONFLICT);
        assert_int_equal(points_ask(p, "SELECT state FROM batch"), back ? back : states[i]);
        points_close(p);
    }
}

static void a_restored_batch_is_approved_or_packed_anew(void **state) {
    (void)state;
    struct points *p = points_made(5);
    struct point_desk desk = p->maker;
    int32_t boxes = 0;
    desk.second = "approver";
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    points_step(p, BATCH_PACK);
    counter_expect(
        p->c, db_run(&p->c->db,
                  "INSERT INTO batch_file VALUES (1, 5, zeroblob(32), 5, 20031010, 'maker')",
                  &p->c->why));
    points_expect(p, batch_restore(&desk, p->batch.id, &p->why));
    assert_int_equal(points_ask(p, "SELECT state FROM batch"), BATCH_KEYS_BACK);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box"), 0);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM audit WHERE what = 'restore batch'"), 1);
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    points_step(p, BATCH_PACK);
    points_close(p);
}

/* One batch, one priority: the urgent ones first. [system.md 4.0.2 step 10] */
static void a_batch_takes_one_priority(void **state) {
    (void)state;
    struct counter *c = counter_open(150);
    int32_t lines = 0;
    counter_apply(c, 150);
    counter_expect(
        c, db_run(&c->db, "UPDATE application SET priority = 1 WHERE id % 50 = 0", &c->why));
    (void)counter_batch(c, &lines);
    assert_int_equal(lines, 3);
    (void)counter_batch(c, &lines);
    assert_int_equal(lines, 147);
    assert_int_equal(
        counter_ask(c, "SELECT count(*) FROM batch_line l JOIN application a ON a.id = "
                       "l.application WHERE l.batch = 1 AND a.priority <> 1"),
        0);
    counter_close(c);
}

/* --- what the holder sees ---------------------------------------------------------------------- */

static enum progress_wording wording_of(struct windows *w, int64_t person) {
    struct progress_view view;
    windows_expect(w, application_progress(&w->desk, person, &view, &w->p->why));
    return view.wording;
}

static void a_holder_sees_how_far_the_card_is(void **state) {
    (void)state;
    struct windows *w = windows_open(4);
    struct progress_view view;
    windows_run(w, "INSERT INTO batch_file VALUES (1, 2, zeroblob(32), 4, 20031005, 'maker')");
    windows_run(w, "INSERT INTO batch_file VALUES (1, 3, zeroblob(32), 4, 20031006, 'maker')");
    windows_expect(w, application_progress(&w->desk, 3, &view, &w->p->why));
    assert_int_equal(view.days[STAMP_APPLIED], 20031008);
    assert_int_equal(view.days[STAMP_BANK], 0);
    assert_int_equal(view.days[STAMP_MAKER], 20031005);
    assert_int_equal(view.days[STAMP_MAKER_BACK], 20031006);
    assert_int_equal(view.days[STAMP_SENT], 20031010);
    assert_string_equal(view.place, "1-1-1-3");
    assert_string_equal(view.point, "GZ01");
    assert_int_equal(view.valid, 1);
    assert_int_equal(view.wording, WORDING_POINT);
    windows_run(w, "UPDATE batch SET state = 50");
    assert_int_equal(wording_of(w, 3), WORDING_CITY);
    windows_run(w, "UPDATE batch SET state = 30");
    assert_int_equal(wording_of(w, 3), WORDING_MAKING);
    windows_run(w, "UPDATE batch_line SET state = 31, reason = '芯片不响应' WHERE seq = 3");
    windows_expect(w, application_progress(&w->desk, 3, &view, &w->p->why));
    assert_int_equal(view.valid, -31);
    assert_string_equal(view.remarks, "芯片不响应");
    assert_string_equal(progress_words_zh(view.wording), "制卡失败");
    assert_int_equal(wording_of(w, 77), WORDING_NONE);
    windows_run(w, "INSERT INTO handover SELECT number, 3, 1, '', '', '', '', 'GZ01', 'point', "
                   "20031011, 0, 0 FROM card WHERE person = 2");
    assert_int_equal(wording_of(w, 2), WORDING_SEALED);
    windows_close(w);
}

/* --- PIN letters -------------------------------------------------------------------------------- */

static void a_pin_is_printed_once_by_one_and_again_by_two(void **state) {
    (void)state;
    struct windows *w = windows_open(2);
    struct vault vault = {0};
    struct pin_letter letter;
    struct pin_letter again;
    char number[CARD_NUMBER_LEN + 1];
    windows_expect(w, soft_vault_open_rehearsal("1", 440100, &vault, &w->p->why));
    struct pin_desk desk = {.store = &w->store,
        .registry = &w->p->c->registry,
        .vault = &vault,
        .officer = "maker",
        .day = 20031010};
    windows_card(w, 2, number);
    windows_expect(w, pin_letter_fill(&desk, number, &letter, &w->p->why));
    assert_int_equal(letter.print, 1);
    assert_string_equal(letter.place, "1-1-1-2");
    assert_string_equal(letter.point, "GZ01");
    assert_int_equal(strlen(letter.pin), 6);
    assert_int_equal(pin_letter_fill(&desk, number, &again, &w->p->why), ERR_DENIED);
    assert_string_equal(again.pin, "");
    desk.second = "maker";
    assert_int_equal(pin_letter_fill(&desk, number, &again, &w->p->why), ERR_DENIED);
    desk.second = "approver";
    windows_expect(w, pin_letter_fill(&desk, number, &again, &w->p->why));
    assert_int_equal(again.print, 2);
    assert_string_equal(again.pin, letter.pin);
    assert_int_equal(windows_ask(w, "SELECT printed FROM pin_letter"), 2);
    assert_int_equal(
        windows_ask(w, "SELECT count(*) FROM audit WHERE what = 'print PIN letter'"), 2);
    windows_run(w, "UPDATE card SET life = 1");
    assert_int_equal(pin_letter_fill(&desk, number, &again, &w->p->why), ERR_CONFLICT);
    desk.officer = "point";
    assert_int_equal(pin_letter_fill(&desk, "B99999999", &again, &w->p->why), ERR_INVALID);
    pin_letter_wipe(&letter);
    assert_string_equal(letter.pin, "");
    vault.close(vault.self);
    windows_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_failed_is_made_in_a_new_batch),
        cmocka_unit_test(a_remake_that_fails_anywhere_changes_nothing),
        cmocka_unit_test(a_batch_goes_back_while_nobody_has_what_it_brought),
        cmocka_unit_test(a_restored_batch_is_approved_or_packed_anew),
        cmocka_unit_test(a_batch_takes_one_priority),
        cmocka_unit_test(a_holder_sees_how_far_the_card_is),
        cmocka_unit_test(a_pin_is_printed_once_by_one_and_again_by_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

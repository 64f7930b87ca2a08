/* An institution's list against the centre's: the format, each outcome, and what a day remembers. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"
#include "clearing/paper.h"

#include "clearing/statement.h"

static struct paper paper_of(const char *lines, const char *totals) {
    struct paper p = {.len = 0};
    paper_put(&p, lines);
    paper_end(&p, totals);
    return p;
}

#define HEAD "DAY|1|1|20031008|P0000001\r\n"
#define TILL "440100000001"

static struct statement read_paper(const char *lines, const char *totals) {
    struct paper p = paper_of(lines, totals);
    struct statement s;
    struct why why = {{0}};
    must(statement_read(bytes_of(p.text, p.len), &s, &why), &why);
    return s;
}

/* --- the format ---------------------------------------------------------------------------- */

static void a_list_is_read_whole_or_not_at_all(void **state) {
    (void)state;
    struct paper p = paper_of(HEAD "B|" TILL "|1|2|30.00\r\nT|" TILL "|1|1|10.00|\r\nT|" TILL
                                   "|1|2|20.00|\r\nM|R1|refund|1.00|goods\r\n",
        "1|2|30.00");
    struct statement s;
    struct why why = {{0}};
    must(statement_read(bytes_of(p.text, p.len), &s, &why), &why);
    assert_int_equal(s.batch_count, 1);
    assert_int_equal(s.trade_count, 2);
    assert_int_equal(s.move_count, 1);
    assert_int_equal(s.trades[1].fen, 2000);
    statement_free(&s);
    for (size_t len = 0; len < p.len; len++) {
        assert_int_equal(statement_read(bytes_of(p.text, len), &s, &why), ERR_INVALID);
        assert_null(s.trades);
    }
    for (size_t at = 0; at < p.len; at++) {
        struct paper other = p;
        other.text[at] = (char)(other.text[at] ^ 0x01);
        if (statement_read(bytes_of(other.text, other.len), &s, &why) == OK) {
            fail_msg("byte %zu was altered and nobody saw", at);
        }
    }
    paper_put(&p, "x");
    assert_int_equal(statement_read(bytes_of(p.text, p.len), &s, &why), ERR_INVALID);
}

static void a_line_out_of_form_is_named(void **state) {
    (void)state;
    static const struct {
        const char *lines, *totals, *named;
    } cases[] = {
        {"DAY|2|1|20031008|P0000001\r\n",                          "0|0|0.00",  "line 1"},
        {"DAY|1|1|20031032|P0000001\r\n",                          "0|0|0.00",  "line 1"},
        {"DAY|1|1|20031008|P1\r\n",                                "0|0|0.00",  "line 1"},
        {HEAD "B|44010000000A|1|2|30.00\r\n",                      "1|0|0.00",  "line 2"},
        {HEAD "B|" TILL "|4294967296|2|30.00\r\n",                 "1|0|0.00",  "line 2"},
        {HEAD "B|" TILL "|1|2|30\r\n",                             "1|0|0.00",  "line 2"},
        {HEAD "T|" TILL "|1|1|-10.00|\r\n",                        "0|1|10.00", "line 2"},
        {HEAD "T|" TILL "|1|1|10.00|a-word-much-too-long\r\n",     "0|1|10.00", "line 2"},
        {HEAD "T|" TILL "|1|1|10.00|\r\nB|" TILL "|1|1|10.00\r\n", "1|1|10.00", "line 3"},
        {HEAD "M|R1|refund|x|goods\r\n",                           "0|0|0.00",  "line 2"},
        {HEAD,                                                     "1|0|0.00",  "line 2"},
        {HEAD "T|" TILL "|1|1|10.00|\r\n",                         "0|1|10.01", "line 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct paper p = paper_of(cases[i].lines, cases[i].totals);
        struct statement s;
        struct why why = {{0}};
        assert_int_equal(statement_read(bytes_of(p.text, p.len), &s, &why), ERR_INVALID);
        if (!strstr(why.text, cases[i].named)) {
            fail_msg("case %zu: %s", i, why.text);
        }
    }
}

/* --- outcomes ------------------------------------------------------------------------------ */

/* Compares a list with what the centre has (batch 1 with trades 1, 2, 3 of 10.00, 20.00, 30.00, and
 * batch 2 with trade 4 of 40.00) and answers the rows as CSV. */
static char *compared(const char *lines, const char *totals, struct statement_figures *out) {
    struct statement centre = read_paper(HEAD
        "B|" TILL "|1|3|60.00\r\nB|" TILL "|2|1|40.00\r\n"
        "T|" TILL "|1|3|30.00|cleared\r\nT|" TILL "|1|1|10.00|cleared\r\n"
        "T|" TILL "|1|2|20.00|tac-wrong\r\nT|" TILL "|2|4|40.00|cleared\r\n",
        "2|4|100.00");
    struct statement list = read_paper(lines, totals);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct report_sink sink = report_csv(to);
    struct why why = {{0}};
    must(statement_compare(&list, &centre, &sink, out, &why), &why);
    assert_int_equal(fclose(to), 0);
    statement_free(&list);
    statement_free(&centre);
    return text;
}

static void totals_that_agree_need_no_details(void **state) {
    (void)state;
    struct statement_figures f;
    char *text = compared(HEAD "B|" TILL "|2|1|40.00\r\nB|" TILL "|1|3|60.00\r\n", "2|0|0.00", &f);
    assert_true(statement_agrees(&f));
    assert_int_equal(f.batches_equal, 2);
    assert_int_equal(f.matched, 4);
    free(text);
}

static void each_trade_that_differs_has_its_outcome(void **state) {
    (void)state;
    static const char *const rows[] = {
        "长款 not on the list,440100000001,1,1,0.00,10.00,cleared\r\n",
        "金额不符 amounts differ,440100000001,1,2,21.00,20.00,tac-wrong\r\n",
        "重复 twice on the list,440100000001,1,3,30.00,0.00,\r\n",
        "短款 not at the centre,440100000001,1,9,15.60,0.00,\r\n",
    };
    struct statement_figures f;
    char *text = compared(HEAD "B|" TILL "|1|4|96.60\r\nB|" TILL "|2|1|40.00\r\n"
                               "T|" TILL "|1|2|21.00|\r\nT|" TILL "|1|3|30.00|\r\n"
                               "T|" TILL "|1|3|30.00|\r\nT|" TILL "|1|9|15.60|\r\n",
        "2|4|96.60", &f);
    assert_false(statement_agrees(&f));
    assert_int_equal(f.batches_equal, 1);
    assert_int_equal(f.matched, 2);
    assert_int_equal(f.surplus, 1);
    assert_int_equal(f.surplus_fen, 1000);
    assert_int_equal(f.shortage, 1);
    assert_int_equal(f.shortage_fen, 1560);
    assert_int_equal(f.amount, 1);
    assert_int_equal(f.twice, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strstr(text, rows[i])) {
            fail_msg("%s is not in %s", rows[i], text);
        }
    }
    free(text);
}

static void a_batch_that_differs_without_details_asks_for_them(void **state) {
    (void)state;
    struct statement_figures f;
    char *text = compared(HEAD "B|" TILL "|1|4|75.60\r\nB|" TILL "|2|1|40.00\r\n", "2|0|0.00", &f);
    assert_int_equal(f.batches_missing, 1);
    assert_int_equal(f.batches_equal, 1);
    assert_int_equal(f.surplus, 0);
    assert_non_null(strstr(text, "send details,440100000001,1,0,75.60,60.00,\r\n"));
    free(text);
}

static void a_batch_of_one_side_only_is_all_surplus_or_shortage(void **state) {
    (void)state;
    struct statement_figures f;
    char *text = compared(HEAD "B|" TILL "|1|3|60.00\r\nB|440100000002|1|1|5.00\r\n"
                               "T|440100000002|1|7|5.00|\r\n",
        "2|1|5.00", &f);
    assert_int_equal(f.surplus, 1); /* batch 2 */
    assert_int_equal(f.surplus_fen, 4000);
    assert_int_equal(f.shortage, 1);
    assert_int_equal(f.shortage_fen, 500);
    free(text);
    text = compared(HEAD, "0|0|0.00", &f);
    assert_int_equal(f.surplus, 4);
    assert_int_equal(f.surplus_fen, 10000);
    free(text);
}

static void lists_of_two_days_are_not_compared(void **state) {
    (void)state;
    static const char *const heads[] = {"DAY|1|2|20031008|P0000001\r\n",
        "DAY|1|1|20031009|P0000001\r\n", "DAY|1|1|20031008|H0000002\r\n"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct statement a = read_paper(HEAD, "0|0|0.00"), b = read_paper(heads[i], "0|0|0.00");
        struct report_sink sink = report_csv(stdout);
        struct statement_figures f;
        struct why why = {{0}};
        assert_int_equal(statement_compare(&a, &b, &sink, &f, &why), ERR_CONFLICT);
        statement_free(&a);
        statement_free(&b);
    }
}

/* --- at the centre ------------------------------------------------------------------------- */

static struct statement centre_of(const struct clearing *c, const char *institution) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct statement s;
    struct why why = {{0}};
    must(statement_write(c, TODAY, institution, to, &why), &why);
    assert_int_equal(fclose(to), 0);
    must(statement_read(bytes_of(text, len), &s, &why), &why);
    free(text);
    return s;
}

static void the_centres_file_has_every_record_with_its_end(void **state) {
    (void)state;
    struct city *city = new_city();
    sell_a_day(&city->clearing);
    struct statement s = centre_of(&city->clearing, "P0000001");
    assert_int_equal(s.number, 1);
    assert_int_equal(s.batch_count, 2);
    assert_int_equal(s.trade_count, 5);
    assert_string_equal(s.trades[0].end, "cleared");
    assert_string_equal(s.trades[1].end, "tac-wrong");
    assert_string_equal(s.trades[2].end, "form");
    statement_free(&s);
    struct why why;
    assert_int_equal(
        statement_write(&city->clearing, TODAY, "X0000000", stdout, &why), ERR_NOT_FOUND);
    assert_int_equal(
        statement_write(&city->clearing, TODAY + 1, "P0000001", stdout, &why), ERR_NOT_FOUND);
    drop_city(city);
}

static enum err match(struct city *city, const struct statement *list, const char *officer,
    struct statement_figures *f) {
    FILE *to = fopen("/dev/null", "w");
    assert_non_null(to);
    struct report_sink sink = report_csv(to);
    struct why why = {{0}};
    enum err err = statement_match(&city->clearing, list, officer, &sink, f, &why);
    (void)fclose(to);
    return err;
}

static void a_difference_is_an_exception_until_a_list_agrees(void **state) {
    (void)state;
    struct city *city = new_city();
    struct statement_figures f;
    sell_a_day(&city->clearing);
    struct statement good = centre_of(&city->clearing, "P0000001");
    struct statement bad = centre_of(&city->clearing, "P0000001");
    bad.batches[0].fen += 1560;
    bad.trades[0].fen += 1560;
    assert_int_equal(match(city, &good, "clearer", &f), OK);
    assert_true(statement_agrees(&f));
    assert_int_equal(city->rows->now.settle.exception_count, 0);
    assert_int_equal(match(city, &bad, "approver", &f), ERR_DENIED);
    assert_int_equal(match(city, &bad, "clearer", &f), OK);
    assert_int_equal(f.amount, 1);
    assert_int_equal(city->rows->now.settle.exception_count, 1);
    assert_int_equal(city->rows->now.settle.exceptions[0].kind, EXCEPTION_DIFFERENCE);
    assert_int_equal(city->rows->now.settle.exceptions[0].settled, 0);
    assert_int_equal(match(city, &good, "clearer", &f), OK);
    assert_int_equal(city->rows->now.settle.exceptions[0].settled, TODAY);
    statement_free(&good);
    statement_free(&bad);
    drop_city(city);
}

static void a_failing_store_leaves_no_half_match(void **state) {
    (void)state;
    struct city *city = new_city();
    struct statement_figures f;
    unsigned long n = 0;
    sell_a_day(&city->clearing);
    struct statement bad = centre_of(&city->clearing, "P0000001");
    bad.batches[0].fen += 1;
    bad.trades[0].fen += 1;
    for (enum err err = ERR_OUTSIDE; err == ERR_OUTSIDE; n++) {
        fail_call(city, n);
        err = match(city, &bad, "clearer", &f);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_int_equal(city->rows->now.settle.exception_count, err == OK ? 1 : 0);
    }
    city->rows->fail_at = ~0UL;
    assert_true(n > 10);
    statement_free(&bad);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_line_out_of_form_is_named),
        cmocka_unit_test(totals_that_agree_need_no_details),
        cmocka_unit_test(each_trade_that_differs_has_its_outcome),
        cmocka_unit_test(a_batch_that_differs_without_details_asks_for_them),
        cmocka_unit_test(a_batch_of_one_side_only_is_all_surplus_or_shortage),
        cmocka_unit_test(lists_of_two_days_are_not_compared),
        cmocka_unit_test(the_centres_file_has_every_record_with_its_end),
        cmocka_unit_test(a_difference_is_an_exception_until_a_list_agrees),
        cmocka_unit_test(a_failing_store_leaves_no_half_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The reports of a day, row by row, and when store or stream fail. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"

#include "clearing/day_report.h"
#include "clearing/move.h"

/* The report as CSV, in a text of its own that the caller frees. */
static char *report_text_of(const struct clearing *c, enum day_report which, uint32_t day) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct why why = {{0}};
    assert_non_null(to);
    struct report_sink sink = report_csv(to);
    must(day_report_write(c, which, day, &sink, &why), &why);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void assert_report(
    const struct clearing *c, enum day_report which, uint32_t day, const char *expected) {
    char *text = report_text_of(c, which, day);
    assert_string_equal(text, expected);
    free(text);
}

/* paid_day.h, with a move asked for and one done, up to its close. */
static struct city *reported_city(const struct bank *bank) {
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    struct move_order order = {
        .number = "S1", .kind = MOVE_PAY, .upload = 3, .place = 2, .reference = "slip 7"};
    struct move_order refund = {.number = "R1",
        .kind = MOVE_REFUND,
        .upload = 1,
        .place = 1,
        .fen = 250,
        .reference = "goods, \"back\""};
    sell_a_day(c);
    must(move_ask(c, &order, "clearer", &why), &why);
    must(move_ask(c, &refund, "clearer", &why), &why);
    must(move_agree(c, "R1", "approver", &why), &why);
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        step_to(c, bank, (enum day_state)to);
    }
    return city;
}

static void each_report_of_a_day_says_its_rows(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = reported_city(&bank);
    const struct clearing *c = &city->clearing;
    assert_report(c, DAY_REPORT_PAYABLE, TODAY,
        "institution,name,trades,amount,booked\r\n"
        "H0000002,市第一人民医院,1,70.00,70.00\r\n"
        "P0000001,健民大药房,3,40.00,40.00\r\n");
    assert_report(c, DAY_REPORT_CITY, TODAY, "institution,name,trades,amount,booked\r\n");
    assert_report(c, DAY_REPORT_DIFFERENCES, TODAY,
        "institution,terminal,sequence,traded,amount,upload,place,reason,meaning\r\n"
        "P0000001,440100000001,2,2003-10-08,9.00,1,2,tac-wrong,"
        "交易验证码不正确，该笔交易不予支付。\r\n"
        "H0000002,440100000003,2,2003-10-08,200.00,3,2,over-limit,"
        "超过脱机交易限额，挂账待查。\r\n");
    assert_report(c, DAY_REPORT_REVERSALS, TODAY,
        "number,kind,institution,amount,upload,place,maker,approver,reference\r\n"
        "R1,refund,P0000001,2.50,1,1,clearer,approver,\"goods, \"\"back\"\"\"\r\n");
    assert_report(c, DAY_REPORT_PAYOUT, TODAY,
        "line,institution,name,bank_account,trades,amount,answer,reason\r\n"
        "1,H0000002,市第一人民医院,4401000000000002,1,70.00,waiting,\r\n"
        "2,P0000001,健民大药房,4401000000000001,3,40.00,waiting,\r\n");
    assert_report(c, DAY_REPORT_EXCEPTIONS, TODAY,
        "kind,subject,things,amount,settled,title\r\n"
        "return-missing,20031008.pay,1,110.00,,银行回盘未到\r\n"
        "held,over-limit,1,200.00,,挂账未决\r\n"
        "held,tac-wrong,1,9.00,,挂账未决\r\n"
        "not-agreed,moves,1,200.00,,差错处理未复核\r\n");
    drop_bank(&bank);
    drop_city(city);
}

static void the_summary_says_every_end_with_its_sum(void **state) {
    (void)state;
    static const char *const rows[] = {"records,cleared,3,112.50,", "records,form,1,8.00,",
        "records,tac-wrong,1,9.00,", "records,duplicate,1,30.00,", "records,over-limit,1,200.00,",
        "loads,posted,9,4500.00,", "moves,refund,1,2.50,", "payouts,listed,2,110.00,"};
    const struct bank bank = new_bank();
    struct city *city = reported_city(&bank);
    char *text = report_text_of(&city->clearing, DAY_REPORT_SUMMARY, TODAY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strstr(text, rows[i])) {
            fail_msg("%s is not in: %s", rows[i], text);
        }
    }
    free(text);
    drop_bank(&bank);
    drop_city(city);
}

/* What waits is older the next day, and says what is due and whose it is. */
static void ageing_counts_days_and_names_who(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = reported_city(&bank);
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    for (uint32_t day = TODAY + 1; day < TODAY + 4; day++) {
        const struct day_order order = {day, "clearer", NULL};
        must(day_step(c, &order, DAY_CUT, &why), &why);
    }
    char *text = report_text_of(c, DAY_REPORT_AGEING, TODAY + 3);
    assert_non_null(strstr(text, "record 3/2,H0000002,200.00,2003-10-08,3,"
                                 "向机构调单 ask the institution for the slip,\""));
    assert_non_null(strstr(text, "move S1,H0000002,200.00,2003-10-08,3,"));
    assert_non_null(strstr(text, "20031008.pay,,110.00,2003-10-08,3,"));
    free(text);
    text = report_text_of(c, DAY_REPORT_AGEING, TODAY);
    assert_non_null(strstr(text, "record 3/2,H0000002,200.00,2003-10-08,0,当日 new,"));
    free(text);
    drop_bank(&bank);
    drop_city(city);
}

static void the_trial_adds_up_to_zero(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = reported_city(&bank);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct report_sink sink = report_json(to);
    struct why why = {{0}};
    must(day_report_write(&city->clearing, DAY_REPORT_TRIAL, TODAY, &sink, &why), &why);
    assert_int_equal(fclose(to), 0);
    assert_non_null(strstr(text, "\"totals\": {\"balance\": 0}"));
    assert_non_null(strstr(text, "{\"account\": \"bank\", \"balance\": 11000}"));
    free(text);
    drop_bank(&bank);
    drop_city(city);
}

static void each_report_has_its_name_and_a_title(void **state) {
    (void)state;
    for (int i = 0; i < DAY_REPORT_COUNT; i++) {
        enum day_report which = DAY_REPORT_COUNT;
        assert_true(day_report_named(day_report_name((enum day_report)i), &which));
        assert_int_equal(which, i);
        assert_true(strlen(day_report_title(which)) > 5);
    }
    enum day_report which = DAY_REPORT_COUNT;
    assert_false(day_report_named("nothing", &which));
    assert_false(day_report_named("", &which));
}

/* The n-th call to the store fails, for every n and every report; a day that never began has none. */
static void a_failing_store_or_stream_is_told(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = reported_city(&bank);
    const struct clearing *c = &city->clearing;
    for (int i = 0; i < DAY_REPORT_COUNT; i++) {
        enum err err = ERR_OUTSIDE;
        struct why why = {{0}};
        for (unsigned long n = 0; err == ERR_OUTSIDE; n++) {
            FILE *to = fopen("/dev/null", "w");
            assert_non_null(to);
            struct report_sink sink = report_csv(to);
            fail_call(city, n);
            err = day_report_write(c, (enum day_report)i, TODAY, &sink, &why);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_int_equal(fclose(to), 0);
        }
        city->rows->fail_at = ~0UL;
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        struct report_sink sink = report_table(full);
        assert_int_equal(day_report_write(c, (enum day_report)i, TODAY, &sink, &why), ERR_OUTSIDE);
        (void)fclose(full);
        sink = report_csv(stdout);
        assert_int_equal(
            day_report_write(c, (enum day_report)i, TODAY + 9, &sink, &why), ERR_NOT_FOUND);
    }
    drop_bank(&bank);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_report_of_a_day_says_its_rows),
        cmocka_unit_test(the_summary_says_every_end_with_its_sum),
        cmocka_unit_test(ageing_counts_days_and_names_who),
        cmocka_unit_test(the_trial_adds_up_to_zero),
        cmocka_unit_test(each_report_has_its_name_and_a_title),
        cmocka_unit_test(a_failing_store_or_stream_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

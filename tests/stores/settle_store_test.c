/* Banks, exceptions, outages, stays and months over a real database: the rules that memory_store.h
 * tries in arrays, on the tables of either engine. */
#include "stores/clearing_city.h"

#include "clearing/paper.h"

#include "base/day.h"
#include "clearing/bank_return.h"
#include "clearing/day_proof.h"
#include "clearing/day_report.h"
#include "clearing/exception.h"
#include "clearing/month.h"
#include "clearing/move.h"
#include "clearing/offline_limit.h"
#include "clearing/statement.h"
#include <inttypes.h>

static struct city *new_city(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    open_rows(city, ":memory:");
    fill_registry(&city->db, 9);
    take_rules(city);
    found_city(&city->clearing);
    for (unsigned n = 1; n <= 9; n++) {
        give(&city->clearing, n, 50000);
    }
    city->bank = new_bank();
    return city;
}

static void drop_city(struct city *city) {
    drop_bank(&city->bank);
    close_rows(city);
    free(city);
}

/* The bank's answer to paid_day.h: the pharmacy's 42.50 came back. */
static struct paper answer_of(const struct clearing *c) {
    struct paper p = {.len = 0};
    struct day_row row;
    struct why why;
    char line[160], hex[2 * SM3_LEN + 1];
    must(c->store->day_find(c->store->self, TODAY, &row, &why), &why);
    hex_write(bytes_of(row.pay_digest, SM3_LEN), hex);
    (void)snprintf(line, sizeof line, "RET|1|1|20031008|%s\r\n", hex);
    paper_put(&p, line);
    paper_put(&p, "000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|BACK|closed\r\n");
    paper_end(&p, "2|70.00|42.50");
    return p;
}

static void the_bank_answers_late_and_is_paid_again(void **state) {
    (void)state;
    static const struct bank_officers two = {"clearer", "approver"};
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct bank_figures figures;
    struct exception_row row = {.day = 0};
    struct day_proof proof;
    struct why why = {{0}};
    pay_a_day(c, &city->bank);
    must(c->store->exception_next(c->store->self, 0, &row, &why), &why);
    assert_int_equal(row.kind, EXCEPTION_RETURN);
    assert_int_equal(row.fen, 11250);
    must(c->store->exception_next(c->store->self, 0, &row, &why), &why);
    assert_int_equal(row.kind, EXCEPTION_HELD);
    assert_string_equal(row.subject, "over-limit");
    const struct paper p = answer_of(c);
    must(bank_return_take(c, bytes_of(p.text, p.len), &two, &figures, &why), &why);
    must(bank_return_take(c, bytes_of(p.text, p.len), &two, &figures, &why), &why);
    assert_true(figures.again);
    assert_int_equal(figures.returned_fen, 4250);
    row = (struct exception_row){.day = TODAY};
    must(c->store->exception_next(c->store->self, TODAY, &row, &why), &why);
    assert_int_equal(row.settled, TODAY + 1);
    struct day_order order = {TODAY + 1, "clearer", city->bank.dir};
    must(day_run(c, &order, "approver", &why), &why);
    for (uint32_t day = TODAY; day <= TODAY + 1; day++) {
        must(day_prove(c, day, NULL, &proof, &why), &why);
        assert_int_equal(proof.differences.count, 0);
    }
    assert_books_even(c);
    drop_city(city);
}

static void the_head_says_yes_once(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct day_order order = {TODAY, "clearer", city->bank.dir};
    struct why why = {{0}};
    must(db_run(&city->db,
             "INSERT INTO parameter VALUES ('payout-head-fen', 20030101, 6999, 'approver')", &why),
        &why);
    sell_a_day(c);
    for (int to = DAY_CUT; to <= DAY_APPROVED; to++) {
        step_to(c, &city->bank, (enum day_state)to);
    }
    assert_int_equal(day_step(c, &order, DAY_PAID, &why), ERR_CONFLICT);
    assert_int_equal(day_head(c, TODAY, "clearer", &why), ERR_DENIED);
    must(day_head(c, TODAY, "head", &why), &why);
    must(day_head(c, TODAY, "head", &why), &why);
    must(day_step(c, &order, DAY_PAID, &why), &why);
    drop_city(city);
}

static void an_outage_is_found_by_place_and_moment(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    const struct outage_order here = {.number = "2003-17",
        .institution = "P0000001",
        .from = 20031008080000,
        .to = 20031008235959,
        .reason = "线路中断",
        .officer = "clearer",
        .approver = "approver"};
    struct outage_figures figures;
    struct outage_row row;
    struct why why = {{0}};
    must(outage_declare(c, &here, &why), &why);
    assert_int_equal(
        c->store->outage_at(c->store->self, "H0000002", 20031008090000, &row, &why), ERR_NOT_FOUND);
    assert_int_equal(
        c->store->outage_at(c->store->self, "P0000001", 20031008075959, &row, &why), ERR_NOT_FOUND);
    struct upload_record large = purchase(1, 1, 1, 0, 50000, 20000);
    assert_int_equal(end_of(c, &large), REASON_OUTAGE);
    must(outage_settle(c, "2003-17", "clearer", "approver", &figures, &why), &why);
    assert_int_equal(figures.fen, 20000);
    assert_int_equal(fen_of_institution(c, "P0000001"), 20000);
    drop_city(city);
}

static void a_stay_and_its_month_come_back_as_they_were_put(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    const struct month_order october = {200310, "H0000002", 40000, "重复收费"};
    struct stay_order order = {
        .number = "Z-1",
        .institution = "H0000002",
        .person = 1,
        .bill = {.admitted = 20030915,
                 .level = 3,
                 .person = CLASS_EMPLOYED,
                 .total_fen = 1864000,
                 .own_paid_fen = 64000,
                 .class_b_fen = 50000},
        .discharged = TODAY,
        .account_pays = true,
        .account_fen = 220000
    };
    struct stay_row made, found;
    struct claim_row claim;
    struct why why = {{0}};
    must(stay_settle(c, &order, "clearer", &made, &why), &why);
    must(stay_settle(c, &order, "clearer", &found, &why), &why);
    assert_int_equal(found.split.pooled_fen, 1240000);
    assert_int_equal(found.split.cash_fen, 404000);
    assert_int_equal(found.bill.days, made.bill.days);
    assert_int_equal(found.year.account_fen, 220000);
    assert_int_equal(found.split.rate, 800);
    order.number = "Z-2"; /* the year counts the first */
    must(stay_settle(c, &order, "clearer", &found, &why), &why);
    assert_int_equal(found.year.pooled_fen, 1240000);
    for (uint32_t day = TODAY; day < 20031101; day = day_plus(day, 1)) {
        const struct day_order cut = {day, "clearer", NULL};
        must(day_step(c, &cut, DAY_CUT, &why), &why);
    }
    must(month_opinion(c, &october, "clearer", &claim, &why), &why);
    must(month_decision(c, &october, "approver", &claim, &why), &why);
    must(month_decision(c, &october, "approver", &claim, &why), &why);
    assert_int_equal(claim.stays, 2);
    assert_int_equal(claim.claim.paid_fen, 2318000); /* (24,800 - 400) less 5 percent */
    claim = (struct claim_row){.institution = ""};
    must(c->store->claim_next(c->store->self, 200310, claim.institution, &claim, &why), &why);
    assert_string_equal(claim.second, "approver");
    assert_string_equal(claim.reason, "重复收费");
    assert_int_equal(c->store->claim_next(c->store->self, 200310, claim.institution, &claim, &why),
        ERR_NOT_FOUND);
    assert_int_equal(fen_of_institution(c, "H0000002"), 2318000);
    drop_city(city);
}

/* Every report, while other sentences are said in the middle of its walk. */
static void every_report_streams_from_the_tables(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    pay_a_day(c, &city->bank);
    for (int i = 0; i < DAY_REPORT_COUNT; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);
        assert_non_null(to);
        struct report_sink sink = report_csv(to);
        must(day_report_write(c, (enum day_report)i, TODAY, &sink, &why), &why);
        assert_int_equal(fclose(to), 0);
        assert_true(len > 20);
        free(text);
    }
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    STATEMENT_SCOPE(centre);
    must(statement_write(c, TODAY, "P0000001", to, &why), &why);
    assert_int_equal(fclose(to), 0);
    must(statement_read(bytes_of(text, len), &centre, &why), &why);
    assert_int_equal(centre.trade_count, 5);
    free(text);
    drop_city(city);
}

/* --- retention ------------------------------------------------------------------------------ */

/* The business days up to that one are cut over; the last is open. */
static void open_until(const struct clearing *c, uint32_t until) {
    struct why why = {{0}};
    uint32_t day = 0;
    must(day_open(c->store, &day, &why), &why);
    for (; day < until; day = day_plus(day, 1)) {
        const struct day_order order = {day, "clearer", NULL};
        must(day_step(c, &order, DAY_CUT, &why), &why);
    }
}

/* A stay of November, claimed and decided in December: 5 % of 12,400.00 are kept. */
static void decide_november(const struct clearing *c) {
    const struct stay_order stay = {
        .number = "Z-1",
        .institution = "H0000002",
        .person = 1,
        .bill = {.admitted = 20031101,
                 .level = 3,
                 .person = CLASS_EMPLOYED,
                 .total_fen = 1864000,
                 .own_paid_fen = 64000,
                 .class_b_fen = 50000},
        .discharged = 20031120
    };
    const struct month_order month = {.month = 200311, .institution = "H0000002"};
    struct stay_row row;
    struct claim_row claim;
    struct why why = {{0}};
    open_until(c, 20031120);
    must(stay_settle(c, &stay, "clearer", &row, &why), &why);
    open_until(c, 20031201);
    must(month_opinion(c, &month, "clearer", &claim, &why), &why);
    must(month_decision(c, &month, "approver", &claim, &why), &why);
    must(month_decision(c, &month, "approver", &claim, &why), &why); /* the same again */
    assert_int_equal(claim.claim.kept_fen, 62000);
}

static enum err release(
    const struct clearing *c, const char *number, uint32_t year, int64_t fen, struct why *why) {
    const struct move_order order = {.number = number,
        .kind = MOVE_RELEASE,
        .place = year,
        .institution = "H0000002",
        .fen = fen,
        .reference = "score of the year"};
    enum err err = move_ask(c, &order, "clearer", why);
    return err ? err : move_agree(c, number, "approver", why);
}

static void retention_lies_in_the_books_until_its_year_is_judged(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct day_proof proof;
    struct payout payout;
    struct why why = {{0}};
    decide_november(c);
    assert_int_equal(fen_on(c, retention_account("H0000002", 2003)), 62000);
    assert_int_equal(release(c, "R1", 2003, 50000, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "not over"));
    assert_int_equal(release(c, "R2", 0, 50000, &why), ERR_INVALID);
    open_until(c, 20040102);
    assert_int_equal(release(c, "R3", 2003, 62001, &why), ERR_CONFLICT); /* more than was kept */
    must(move_agree(c, "R1", "approver", &why), &why);
    must(move_agree(c, "R1", "approver", &why), &why); /* the same again */
    struct move_order other = {.number = "R1",
        .kind = MOVE_RELEASE,
        .place = 2003,
        .institution = "H0000001",
        .fen = 50000,
        .reference = "score of the year"};
    assert_int_equal(move_ask(c, &other, "clearer", &why), ERR_CONFLICT);
    assert_int_equal(fen_on(c, retention_account("H0000002", 2003)), 12000);
    assert_int_equal(release(c, "R4", 2003, 12001, &why), ERR_CONFLICT);
    struct day_order order = {20040102, "clearer", city->bank.dir};
    must(day_run(c, &order, "approver", &why), &why);
    must(c->store->payout_next(c->store->self, 20040102, 0, &payout, &why), &why);
    assert_int_equal(payout.fen, 50000);
    const uint32_t days[] = {20031201, 20040102};
    for (size_t i = 0; i < 2; i++) {
        must(day_prove(c, days[i], NULL, &proof, &why), &why);
        assert_int_equal(proof.differences.count, 0);
    }
    must(db_run(&city->db, "UPDATE month_claim SET kept = kept + 1, paid = paid - 1", &why), &why);
    must(day_prove(c, 20031201, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 1);
    assert_non_null(strstr(proof.differences.named[0], "retention"));
    char path[128];
    (void)snprintf(path, sizeof path, "%s/20040102.pay", city->bank.dir);
    assert_int_equal(unlink(path), 0);
    assert_books_even(c);
    drop_city(city);
}

/* --- lists and hours ------------------------------------------------------------------------ */

/* The list that the terminal should have had at the moment of the trade, whatever it was given later. */
static void a_trade_is_judged_by_the_list_of_its_moment(void **state) {
    (void)state;
    static const struct {
        uint64_t lists[2];
        enum reason end;
    } cases[] = {
        {{20031006080000, 0},              REASON_LIST_OLD},
        {{20031006080000, 20031008120000},
         REASON_LIST_OLD                                  }, /* given a new one, and sold before it */
        {{20031006080000, 20031008080000}, REASON_NONE    },
        {{20031008120000, 0},              REASON_NONE    }, /* nothing is known of the time before */
        {{0, 0},                           REASON_NONE    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = new_city();
        const struct upload_record r = purchase(1, 1, 1, 0, 50000, 100);
        struct why why = {{0}};
        for (size_t k = 0; k < 2 && cases[i].lists[k] != 0; k++) {
            char sentence[160];
            (void)snprintf(sentence, sizeof sentence,
                "INSERT INTO terminal_given (terminal, made, version) VALUES ('440100000001', "
                "%" PRIu64 ", %zu)",
                cases[i].lists[k], k + 1);
            must(db_run(&city->db, sentence, &why), &why);
        }
        assert_int_equal(end_of(&city->clearing, &r), cases[i].end);
        drop_city(city);
    }
}

/* More than 24 hours before the day began: cleared, as it is proven, and an exception of the day. */
static void what_was_uploaded_too_late_is_named_at_the_close(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct upload_record records[] = {purchase(1, 1, 1, 0, 50000, 100),
        purchase(2, 1, 2, 0, 50000, 300), purchase(3, 1, 3, 0, 50000, 700)};
    struct exception_row row = {.day = TODAY};
    struct day_order order = {TODAY, "clearer", city->bank.dir};
    struct why why = {{0}};
    enum err err = OK;
    moment_at(20031006, 235959, records[0].moment); /* the last second that is late */
    moment_at(20031007, 0, records[1].moment);
    sign_record(&records[0]);
    sign_record(&records[1]);
    sell(c, "P0000001", 1, records, 3);
    assert_int_equal(fen_of_institution(c, "P0000001"), 1100);
    must(day_run(c, &order, "approver", &why), &why);
    while (!(err = c->store->exception_next(c->store->self, TODAY, &row, &why))
           && row.kind != EXCEPTION_LATE) {}
    must(err, &why);
    assert_string_equal(row.subject, "P0000001");
    assert_int_equal(row.count, 1);
    assert_int_equal(row.fen, 100);
    assert_int_equal(row.settled, TODAY);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bank_answers_late_and_is_paid_again),
        cmocka_unit_test(the_head_says_yes_once),
        cmocka_unit_test(an_outage_is_found_by_place_and_moment),
        cmocka_unit_test(a_stay_and_its_month_come_back_as_they_were_put),
        cmocka_unit_test(every_report_streams_from_the_tables),
        cmocka_unit_test(retention_lies_in_the_books_until_its_year_is_judged),
        cmocka_unit_test(a_trade_is_judged_by_the_list_of_its_moment),
        cmocka_unit_test(what_was_uploaded_too_late_is_named_at_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

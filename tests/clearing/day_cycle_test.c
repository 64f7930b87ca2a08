/* The day cycle: every step again and again, in the wrong order, by the wrong officer, with books
 * that are off, and with a store that fails at each of its calls. */
#include "clearing/memory_city.h"

#include <unistd.h>

#include "clearing/pay_file.h"
#include "host/files.h"

/* A folder for bank files that goes away with its files. */
struct bank {
    char dir[64];
};

static struct bank new_bank(void) {
    struct bank bank = {"/tmp/clearing-day-XXXXXX"};
    assert_non_null(mkdtemp(bank.dir));
    return bank;
}

static void bank_path(const struct bank *bank, char path[128]) {
    (void)snprintf(path, 128, "%s/%d.pay", bank->dir, (int)TODAY);
}

static void drop_bank(const struct bank *bank) {
    char path[128];
    bank_path(bank, path);
    (void)unlink(path);
    assert_int_equal(rmdir(bank->dir), 0);
}

static void sell(const struct clearing *c, const char *institution, unsigned terminal,
    const struct upload_record *r) {
    struct file f;
    struct intake_figures figures;
    struct why why = {{0}};
    file_of(&f, institution, terminal, r, 1);
    struct bytes view = bytes_of(f.bytes, f.len);
    must(intake_file(c, upload_source_bytes(&view), &figures, NULL, &why), &why);
}

/* 12.50 and 30.00 at the pharmacy, 70.00 at the hospital, and one record in suspense. */
static struct city *city_after_sales(void) {
    struct city *city = new_city();
    struct upload_record a = purchase(1, 1, 1, 0, 50000, 1250);
    struct upload_record b = purchase(2, 2, 1, 0, 50000, 3000);
    struct upload_record c = purchase(3, 3, 1, 0, 50000, 7000);
    struct upload_record held = purchase(4, 3, 2, 0, 50000, 20000);
    sell(&city->clearing, "P0000001", 1, &a);
    sell(&city->clearing, "P0000001", 2, &b);
    sell(&city->clearing, "H0000002", 3, &c);
    sell(&city->clearing, "H0000002", 3, &held);
    assert_int_equal(fen_in_suspense(&city->clearing), 20000);
    return city;
}

static enum day_state state_of(const struct clearing *c, uint32_t day) {
    struct day_figures figures;
    struct why why = {{0}};
    must(day_figures_of(c, day, &figures, &why), &why);
    return figures.state;
}

static void a_day_runs_from_open_to_closed(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    const struct clearing *c = &city->clearing;
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct day_figures figures;
    struct why why = {{0}};
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        struct day_order step = order;
        step.officer = to == DAY_APPROVED ? "approver" : "clearer";
        must(day_step(c, &step, (enum day_state)to, &why), &why);
        assert_int_equal(state_of(c, TODAY), to);
    }
    must(day_figures_of(c, TODAY, &figures, &why), &why);
    assert_int_equal(figures.institutions, 2);
    assert_int_equal(figures.net_fen, 11250);
    assert_int_equal(figures.payout_fen, 11250);
    assert_int_equal(fen_of_institution(c, "P0000001"), 0);
    assert_int_equal(fen_of_institution(c, "H0000002"), 0);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_BANK, NULL)), 11250);
    assert_int_equal(fen_in_suspense(c), 20000);
    drop_bank(&bank);
    drop_city(city);
}

/* day 1: each step twice before the next, and the whole run twice more. */
static void every_step_can_be_run_again(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    const struct clearing *c = &city->clearing;
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        struct day_order step = order;
        step.officer = to == DAY_APPROVED ? "approver" : "clearer";
        must(day_step(c, &step, (enum day_state)to, &why), &why);
        size_t postings = city->rows->now.posting_count, audits = city->rows->now.audit_count;
        for (int again = DAY_CUT; again <= to; again++) {
            must(day_step(c, &order, (enum day_state)again, &why), &why);
        }
        assert_int_equal(city->rows->now.posting_count, postings);
        assert_int_equal(city->rows->now.audit_count, audits);
        assert_int_equal(state_of(c, TODAY), to);
    }
    must(day_run(c, &order, "approver", &why), &why);
    must(day_run(c, &order, "approver", &why), &why);
    assert_int_equal(city->rows->now.payout_count, 2);
    assert_int_equal(city->rows->now.day_count, 2);
    drop_bank(&bank);
    drop_city(city);
}

static void no_step_can_be_left_out(void **state) {
    (void)state;
    for (int reached = DAY_OPEN; reached < DAY_CLOSED; reached++) {
        for (int to = reached + 2; to < DAY_STATE_COUNT; to++) {
            struct city *city = city_after_sales();
            struct day_order order = {TODAY, "other", "/nowhere"};
            struct why why = {{0}};
            city->rows->now.days[0].state = reached;
            assert_int_equal(
                day_step(&city->clearing, &order, (enum day_state)to, &why), ERR_CONFLICT);
            assert_non_null(strstr(why.text, day_state_word((enum day_state)reached)));
            assert_int_equal(state_of(&city->clearing, TODAY), reached);
            drop_city(city);
        }
    }
}

static void an_unknown_day_takes_no_step(void **state) {
    (void)state;
    struct city *city = new_city();
    struct day_order order = {TODAY + 1, "clearer", "/nowhere"};
    struct day_figures figures;
    struct why why;
    assert_int_equal(day_step(&city->clearing, &order, DAY_CUT, &why), ERR_NOT_FOUND);
    assert_int_equal(day_figures_of(&city->clearing, TODAY + 1, &figures, &why), ERR_NOT_FOUND);
    drop_city(city);
}

/* day 5, and the duties of the others. */
static void who_makes_the_list_does_not_approve_it(void **state) {
    (void)state;
    static const struct {
        const char *maker, *approver;
        enum err err;
    } cases[] = {
        {"clearer",  "approver", OK        },
        {"other",    "approver", OK        },
        {"clearer",  "other",    OK        },
        {"other",    "other",    ERR_DENIED},
        {"clearer",  "clearer",  ERR_DENIED},
        {"approver", "other",    ERR_DENIED},
        {"nobody",   "approver", ERR_DENIED},
        {"clearer",  "nobody",   ERR_DENIED},
        {"clearer",  "",         ERR_DENIED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = city_after_sales();
        struct bank bank = new_bank();
        struct day_order order = {TODAY, cases[i].maker, bank.dir};
        struct why why = {{0}};
        assert_int_equal(day_run(&city->clearing, &order, cases[i].approver, &why), cases[i].err);
        assert_true(cases[i].err == OK || city->rows->now.payout_count == 0
                    || state_of(&city->clearing, TODAY) == DAY_LISTED);
        drop_bank(&bank);
        drop_city(city);
    }
}

static void a_step_without_officer_or_folder_is_refused(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    const struct clearing *c = &city->clearing;
    struct day_order nobody = {TODAY, NULL, "/nowhere"}, nowhere = {TODAY, "clearer", NULL};
    struct day_order long_name = {TODAY, "an officer with a name that is far too long", "/nowhere"};
    struct why why;
    assert_int_equal(day_step(c, &nobody, DAY_CUT, &why), ERR_INVALID);
    assert_int_equal(day_step(c, &long_name, DAY_CUT, &why), ERR_INVALID);
    assert_int_equal(day_run(c, &nowhere, "approver", &why), ERR_INVALID);
    assert_int_equal(state_of(c, TODAY), DAY_APPROVED);
    drop_city(city);
}

/* day 2. */
static void cutting_a_day_opens_the_next(void **state) {
    (void)state;
    struct city *city = new_city();
    struct day_order order = {TODAY, "clearer", NULL};
    struct why why = {{0}};
    uint32_t day = 0;
    must(day_open(&city->store, &day, &why), &why);
    assert_int_equal(day, TODAY);
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    must(day_open(&city->store, &day, &why), &why);
    assert_int_equal(day, 20031009);
    drop_city(city);
}

static void the_last_day_of_a_month_is_followed_by_the_first(void **state) {
    (void)state;
    struct memory *rows = memory_new();
    struct clearing_store store = memory_store(rows);
    struct clearing c = {.store = &store};
    struct day_order order = {20040229, "clearer", NULL};
    struct why why = {{0}};
    uint32_t day = 0;
    must(day_begin(&c, 20040229, &why), &why);
    must(day_step(&c, &order, DAY_CUT, &why), &why);
    must(day_open(&store, &day, &why), &why);
    assert_int_equal(day, 20040301);
    free(rows);
}

static void days_begin_once_and_with_a_day(void **state) {
    (void)state;
    struct memory *rows = memory_new();
    struct clearing_store store = memory_store(rows);
    struct clearing c = {.store = &store};
    struct why why = {{0}};
    uint32_t day = 0;
    assert_int_equal(day_open(&store, &day, &why), ERR_CONFLICT);
    assert_int_equal(day_begin(&c, 20031032, &why), ERR_INVALID);
    must(day_begin(&c, TODAY, &why), &why);
    must(day_begin(&c, TODAY, &why), &why);
    assert_int_equal(day_begin(&c, TODAY + 1, &why), ERR_CONFLICT);
    assert_int_equal(rows->now.day_count, 1);
    for (unsigned long n = 0; n < 3; n++) { /* begin, day_last, day_find: trouble is no other day */
        rows->fail_at = rows->calls + n;
        assert_int_equal(day_begin(&c, TODAY, &why), ERR_OUTSIDE);
    }
    rows->fail_at = ~0UL;
    must(day_begin(&c, TODAY, &why), &why);
    assert_int_equal(rows->depth, 0);
    free(rows);
}

/* day 3: a record that the books do not know of stops the day. */
static void netting_compares_records_with_the_books(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct day_order order = {TODAY, "clearer", "/nowhere"};
    struct why why = {{0}};
    city->rows->now.records[0].record.amount += 1;
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    assert_int_equal(day_step(&city->clearing, &order, DAY_NETTED, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "P0000001"));
    assert_int_equal(state_of(&city->clearing, TODAY), DAY_CUT);
    city->rows->now.records[0].record.amount -= 1;
    must(day_step(&city->clearing, &order, DAY_NETTED, &why), &why);
    drop_city(city);
}

/* day 4. */
static void a_day_whose_books_are_off_does_not_go_on(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct day_order order = {TODAY, "clearer", "/nowhere"};
    struct why why = {{0}};
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    must(day_step(&city->clearing, &order, DAY_NETTED, &why), &why);
    city->rows->now.accounts[0].fen -= 1;
    assert_int_equal(day_step(&city->clearing, &order, DAY_BALANCED, &why), ERR_CONFLICT);
    city->rows->now.accounts[0].fen += 1;
    must(day_step(&city->clearing, &order, DAY_BALANCED, &why), &why);
    drop_city(city);
}

/* Two days side by side: the first is cleared while the second takes records in. */
static void a_day_is_cleared_while_the_next_goes_on(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    const struct clearing *c = &city->clearing;
    struct bank bank = new_bank();
    struct day_order first = {TODAY, "clearer", bank.dir},
                     second = {TODAY + 1, "clearer", bank.dir};
    struct why why = {{0}};
    must(day_step(c, &first, DAY_CUT, &why), &why);
    struct upload_record late = purchase(5, 1, 2, 0, 50000, 900);
    sell(c, "P0000001", 1, &late);
    must(day_run(c, &first, "approver", &why), &why);
    assert_int_equal(fen_of_institution(c, "P0000001"), 900);
    must(day_run(c, &second, "approver", &why), &why);
    assert_int_equal(fen_of_institution(c, "P0000001"), 0);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_BANK, NULL)), 12150);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/20031009.pay", bank.dir);
    assert_int_equal(unlink(path), 0);
    drop_bank(&bank);
    drop_city(city);
}

static void a_day_without_sales_closes_with_an_empty_list(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    assert_int_equal(state_of(&city->clearing, TODAY), DAY_CLOSED);
    assert_int_equal(fen_on(&city->clearing, account_named(ACCOUNT_BANK, NULL)), 0);
    drop_bank(&bank);
    drop_city(city);
}

/* --- the bank file ------------------------------------------------------------------------- */

/* The bytes as the sheet says; the name is GB 18030. */
static void the_bank_file_is_the_sheets(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    char path[128];
    FILE_CONTENT_SCOPE(content);
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    bank_path(&bank, path);
    must(files_read(path, 4096, &content, &why), &why);
    static const char expected[] =
        "PAY|2|1|20031008|clearer|approver|\r\n"
        "000001|H0000002|4401000000000002|"
        "\xCA\xD0\xB5\xDA\xD2\xBB\xC8\xCB\xC3\xF1\xD2\xBD\xD4\xBA|1|70.00\r\n"
        "000002|P0000001|4401000000000001|"
        "\xBD\xA1\xC3\xF1\xB4\xF3\xD2\xA9\xB7\xBF|2|42.50\r\n";
    size_t body = sizeof expected - 1;
    uint8_t digest[SM3_LEN];
    char hex[2 * SM3_LEN + 1], end[128];
    struct sm3 hash;
    assert_true(content.len > body);
    assert_memory_equal(content.at, expected, body);
    sm3_begin(&hash);
    sm3_add(&hash, bytes_of(content.at, body));
    sm3_end(&hash, digest);
    hex_write(bytes_of(digest, sizeof digest), hex);
    (void)snprintf(end, sizeof end, "END|2|3|112.50|%s\r\n", hex);
    assert_string_equal((const char *)content.at + body, end);
    drop_bank(&bank);
    drop_city(city);
}

/* day 6: removed, altered or cut off, the file comes back with the same bytes. */
static void the_bank_file_is_the_same_whenever_it_is_written(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    char path[128];
    FILE_CONTENT_SCOPE(first);
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    bank_path(&bank, path);
    must(files_read(path, 4096, &first, &why), &why);
    for (unsigned i = 0; i < 3; i++) {
        FILE_CONTENT_SCOPE(again);
        if (i == 0) {
            assert_int_equal(unlink(path), 0);
        } else {
            struct bytes bad = bytes_of(first.at, i == 1 ? first.len - 1 : 0);
            must(files_write(path, bad, &why), &why);
        }
        must(day_step(&city->clearing, &order, DAY_PAID, &why), &why);
        must(files_read(path, 4096, &again, &why), &why);
        assert_int_equal(again.len, first.len);
        assert_memory_equal(again.at, first.at, first.len);
    }
    drop_bank(&bank);
    drop_city(city);
}

static void a_day_does_not_close_without_its_file(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    char path[128];
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    city->rows->now.days[0].state = DAY_PAID;
    bank_path(&bank, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(day_step(&city->clearing, &order, DAY_CLOSED, &why), ERR_CONFLICT);
    must(files_write(path, bytes_text("PAY|1|20031008|a|b\r\n"), &why), &why);
    assert_int_equal(day_step(&city->clearing, &order, DAY_CLOSED, &why), ERR_CONFLICT);
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    assert_int_equal(state_of(&city->clearing, TODAY), DAY_CLOSED);
    drop_bank(&bank);
    drop_city(city);
}

/* The books say paid, the folder is missing: the step fails, and goes on once there is one. */
static void a_missing_folder_stops_the_payment_and_loses_nothing(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order nowhere = {TODAY, "clearer", "/nowhere/at/all"};
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    assert_int_equal(day_run(&city->clearing, &nowhere, "approver", &why), ERR_OUTSIDE);
    assert_int_equal(state_of(&city->clearing, TODAY), DAY_PAID);
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    assert_int_equal(fen_on(&city->clearing, account_named(ACCOUNT_BANK, NULL)), 11250);
    drop_bank(&bank);
    drop_city(city);
}

static void a_list_that_changed_after_paying_is_not_written(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    char path[128];
    must(day_run(&city->clearing, &order, "approver", &why), &why);
    bank_path(&bank, path);
    assert_int_equal(unlink(path), 0);
    city->rows->now.payouts[0].fen += 1;
    assert_int_equal(day_step(&city->clearing, &order, DAY_PAID, &why), ERR_CONFLICT);
    assert_false(files_exist(path));
    drop_bank(&bank);
    drop_city(city);
}

/* The list keeps name and account as they were when it was made: whoever changes an account between
 * the list and its payment moves no money there. */
static void a_payout_goes_to_the_account_of_its_list(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    const struct clearing *c = &city->clearing;
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct institution moved = {"P0000001", "健民大药房", "4401999999999999"};
    struct payout payout;
    struct why why = {{0}};
    for (int to = DAY_CUT; to <= DAY_LISTED; to++) {
        must(day_step(c, &order, (enum day_state)to, &why), &why);
    }
    must(institution_register(c, &moved, "clearer", &why), &why);
    must(day_run(c, &order, "approver", &why), &why);
    assert_int_equal(state_of(c, TODAY), DAY_CLOSED);
    must(city->store.payout_next(city->store.self, TODAY, 1, &payout, &why), &why);
    assert_string_equal(payout.to.code, "P0000001");
    assert_string_equal(payout.to.bank_account, "4401000000000001");
    drop_bank(&bank);
    drop_city(city);
}

static void a_name_that_is_no_text_stops_before_money_moves(void **state) {
    (void)state;
    struct city *city = city_after_sales();
    struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    (void)memcpy(city->rows->now.institutions[0].name, "\xFF\xFE", 3);
    assert_int_equal(day_run(&city->clearing, &order, "approver", &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "P0000001"));
    assert_int_equal(state_of(&city->clearing, TODAY), DAY_APPROVED);
    assert_int_equal(fen_on(&city->clearing, account_named(ACCOUNT_BANK, NULL)), 0);
    drop_bank(&bank);
    drop_city(city);
}

/* --- failures ------------------------------------------------------------------------------ */

/* The n-th call to the store fails during the whole cycle, for every n; run again, the day closes
 * with the same figures. */
static void every_failing_call_can_be_gone_on_from(void **state) {
    (void)state;
    unsigned long n = 0;
    bool done = false;
    for (; !done; n++) {
        struct city *city = city_after_sales();
        struct bank bank = new_bank();
        struct day_order order = {TODAY, "clearer", bank.dir};
        struct day_figures figures;
        struct why why = {{0}};
        fail_call(city, n);
        enum err err = day_run(&city->clearing, &order, "approver", &why);
        city->rows->fail_at = ~0UL;
        done = err == OK;
        assert_true(done || err == ERR_OUTSIDE);
        assert_books_even(&city->clearing);
        assert_int_equal(city->rows->depth, 0);
        must(day_run(&city->clearing, &order, "approver", &why), &why);
        must(day_figures_of(&city->clearing, TODAY, &figures, &why), &why);
        assert_int_equal(figures.state, DAY_CLOSED);
        assert_int_equal(figures.payout_fen, 11250);
        assert_int_equal(fen_on(&city->clearing, account_named(ACCOUNT_BANK, NULL)), 11250);
        assert_int_equal(city->rows->now.payout_count, 2);
        assert_int_equal(city->rows->now.day_count, 2);
        drop_bank(&bank);
        drop_city(city);
    }
    assert_true(n > 60);
}

static void states_have_names_in_two_languages(void **state) {
    (void)state;
    for (int i = 0; i < DAY_STATE_COUNT; i++) {
        assert_true(strlen(day_state_word((enum day_state)i)) > 2);
        assert_true((unsigned char)day_state_zh((enum day_state)i)[0] > 0x7F);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_runs_from_open_to_closed),
        cmocka_unit_test(every_step_can_be_run_again),
        cmocka_unit_test(no_step_can_be_left_out),
        cmocka_unit_test(an_unknown_day_takes_no_step),
        cmocka_unit_test(who_makes_the_list_does_not_approve_it),
        cmocka_unit_test(a_step_without_officer_or_folder_is_refused),
        cmocka_unit_test(cutting_a_day_opens_the_next),
        cmocka_unit_test(the_last_day_of_a_month_is_followed_by_the_first),
        cmocka_unit_test(days_begin_once_and_with_a_day),
        cmocka_unit_test(netting_compares_records_with_the_books),
        cmocka_unit_test(a_day_whose_books_are_off_does_not_go_on),
        cmocka_unit_test(a_day_is_cleared_while_the_next_goes_on),
        cmocka_unit_test(a_day_without_sales_closes_with_an_empty_list),
        cmocka_unit_test(the_bank_file_is_the_sheets),
        cmocka_unit_test(the_bank_file_is_the_same_whenever_it_is_written),
        cmocka_unit_test(a_day_does_not_close_without_its_file),
        cmocka_unit_test(a_missing_folder_stops_the_payment_and_loses_nothing),
        cmocka_unit_test(a_list_that_changed_after_paying_is_not_written),
        cmocka_unit_test(a_payout_goes_to_the_account_of_its_list),
        cmocka_unit_test(a_name_that_is_no_text_stops_before_money_moves),
        cmocka_unit_test(every_failing_call_can_be_gone_on_from),
        cmocka_unit_test(states_have_names_in_two_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

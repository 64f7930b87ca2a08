/* The bank answers a day's file: paid, given back, torn, doubled, of another day. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"
#include "clearing/paper.h"

#include "clearing/bank_return.h"
#include "clearing/day_proof.h"
#include "clearing/exception.h"
#include "host/files.h"

static const struct bank_officers two = {"clearer", "approver"};

/* The head of the answer to a day's file. */
static void put_head(struct paper *a, const struct clearing *c, uint32_t number, uint32_t day) {
    struct day_row row;
    struct why why;
    char line[160], hex[2 * SM3_LEN + 1];
    must(c->store->day_find(c->store->self, day, &row, &why), &why);
    hex_write(bytes_of(row.pay_digest, SM3_LEN), hex);
    (void)snprintf(line, sizeof line, "RET|1|%u|%u|%s\r\n", number, day, hex);
    *a = (struct paper){.len = 0};
    paper_put(a, line);
}

/* What the bank says of paid_day.h: the hospital's 70.00 went, the pharmacy's 42.50 came back. In
 * GB 18030 the reason is 账户已销户. */
#define CLOSED "\xD5\xCB\xBB\xA7\xD2\xD1\xCF\xFA\xBB\xA7"
static void put_whole(struct paper *a, const struct clearing *c) {
    put_head(a, c, 1, TODAY);
    paper_put(a, "000001|H0000002|70.00|PAID|\r\n");
    paper_put(a, "000002|P0000001|42.50|BACK|" CLOSED "\r\n");
    paper_end(a, "2|70.00|42.50");
}

static enum err take_answer(
    const struct clearing *c, const struct paper *a, struct bank_figures *out, struct why *why) {
    return bank_return_take(c, bytes_of(a->text, a->len), &two, out, why);
}

/* A day that is paid and not closed. */
static struct city *paid_city(const struct bank *bank) {
    struct city *city = new_city();
    sell_a_day(&city->clearing);
    for (int to = DAY_CUT; to <= DAY_PAID; to++) {
        step_to(&city->clearing, bank, (enum day_state)to);
    }
    return city;
}

static struct day_proof proof_of(const struct clearing *c, uint32_t day) {
    static struct day_proof proof;
    struct why why;
    must(day_prove(c, day, NULL, &proof, &why), &why);
    for (size_t i = 0; i < proof.differences.count; i++) {
        print_message("%s\n", proof.differences.named[i]);
    }
    return proof;
}

static void run_day(const struct clearing *c, const struct bank *bank, uint32_t day) {
    struct day_order order = {day, "clearer", bank->dir};
    struct why why;
    must(day_run(c, &order, "approver", &why), &why);
}

/* --- good ---------------------------------------------------------------------------------- */

static void what_the_bank_gave_back_is_due_again_and_paid_the_next_day(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    const struct clearing *c = &city->clearing;
    struct paper a;
    struct bank_figures figures;
    struct payout payout = {0};
    struct move_row move;
    struct why why = {{0}};
    put_whole(&a, c);
    must(take_answer(c, &a, &figures, &why), &why);
    assert_false(figures.again);
    assert_int_equal(figures.paid, 1);
    assert_int_equal(figures.paid_fen, 7000);
    assert_int_equal(figures.returned, 1);
    assert_int_equal(figures.returned_fen, 4250);
    assert_int_equal(fen_of_institution(c, "P0000001"), 4250);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_BANK, NULL)), 7000);
    must(c->store->move_find(c->store->self, "return 20031008/2", &move, &why), &why);
    assert_string_equal(move.reference, "账户已销户");
    assert_int_equal(move.day, TODAY + 1);
    step_to(c, &bank, DAY_CLOSED);
    run_day(c, &bank, TODAY + 1);
    must(c->store->payout_next(c->store->self, TODAY + 1, 0, &payout, &why), &why);
    assert_string_equal(payout.to.code, "P0000001");
    assert_int_equal(payout.fen, 4250);
    assert_int_equal(fen_of_institution(c, "P0000001"), 0);
    assert_int_equal(proof_of(c, TODAY).differences.count, 0);
    assert_int_equal(proof_of(c, TODAY + 1).differences.count, 0);
    drop_bank(&bank);
    drop_city(city);
}

static void the_same_answer_again_changes_nothing_and_another_is_refused(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    const struct clearing *c = &city->clearing;
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    put_whole(&a, c);
    must(take_answer(c, &a, &figures, &why), &why);
    size_t postings = city->rows->now.posting_count;
    must(take_answer(c, &a, &figures, &why), &why);
    assert_true(figures.again);
    assert_int_equal(figures.returned_fen, 4250);
    assert_int_equal(city->rows->now.posting_count, postings);
    put_head(&a, c, 1, TODAY);
    paper_put(&a, "000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|PAID|\r\n");
    paper_end(&a, "2|112.50|0.00");
    assert_int_equal(take_answer(c, &a, &figures, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "answered before"));
    drop_bank(&bank);
    drop_city(city);
}

/* --- bad ----------------------------------------------------------------------------------- */

static void nothing_of_a_file_is_kept_when_a_line_is_not_ours(void **state) {
    (void)state;
    static const struct {
        const char *lines, *totals;
        enum err err;
        const char *named;
    } cases[] = {
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000009|42.50|PAID|\r\n",     "2|112.50|0.00",
         ERR_INVALID,                                                                                        "line 3 is not ours"   },
        {"000001|H0000002|70.01|PAID|\r\n000002|P0000001|42.50|PAID|\r\n",     "2|112.51|0.00",
         ERR_INVALID,                                                                                        "line 2 is not ours"   },
        {"000002|P0000001|42.50|PAID|\r\n000001|H0000002|70.00|PAID|\r\n",     "2|112.50|0.00",
         ERR_INVALID,                                                                                        "line 2 is not ours"   },
        {"000001|H0000002|70.00|PAID|\r\n000001|H0000002|70.00|PAID|\r\n",     "2|140.00|0.00",
         ERR_INVALID,                                                                                        "line 3 is not ours"   },
        {"000001|H0000002|70.00|PAID|\r\n",                                    "1|70.00|0.00",  ERR_INVALID, "line 3 is no answer"  },
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|PAID|\r\n"
         "000003|P0000001|1.00|PAID|\r\n",                            "3|113.50|0.00", ERR_INVALID, "line 4 is not the end"},
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|BACK|\r\n",     "2|70.00|42.50",
         ERR_INVALID,                                                                                        "line 3 is no answer"  },
        {"000001|H0000002|70.00|PAID|why\r\n000002|P0000001|42.50|PAID|\r\n",  "2|112.50|0.00",
         ERR_INVALID,                                                                                        "line 2 is no answer"  },
        {"000001|H0000002|70.00|KEPT|\r\n000002|P0000001|42.50|PAID|\r\n",     "2|112.50|0.00",
         ERR_INVALID,                                                                                        "line 2 is no answer"  },
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|BACK|a\tb\r\n", "2|70.00|42.50",
         ERR_INVALID,                                                                                        "line 3 is no answer"  },
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|BACK|\xFF\r\n", "2|70.00|42.50",
         ERR_INVALID,                                                                                        "line 3 is no answer"  },
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|PAID|\r\n",     "2|112.50|1.00",
         ERR_INVALID,                                                                                        "line 4: the totals"   },
        {"000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|PAID|\r\n",     "3|112.50|0.00",
         ERR_INVALID,                                                                                        "line 4: the totals"   },
    };
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct paper a;
        struct bank_figures figures;
        struct why why = {{0}};
        size_t postings = city->rows->now.posting_count;
        put_head(&a, &city->clearing, 1, TODAY);
        paper_put(&a, cases[i].lines);
        paper_end(&a, cases[i].totals);
        assert_int_equal(take_answer(&city->clearing, &a, &figures, &why), cases[i].err);
        if (!strstr(why.text, cases[i].named)) {
            fail_msg("case %zu: %s", i, why.text);
        }
        assert_int_equal(city->rows->now.posting_count, postings);
        assert_int_equal(city->rows->now.settle.return_count, 0);
        assert_int_equal(city->rows->now.settle.answer_count, 0);
    }
    drop_bank(&bank);
    drop_city(city);
}

static void every_torn_and_every_altered_file_is_refused(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    put_whole(&a, &city->clearing);
    for (size_t len = 0; len < a.len; len++) {
        assert_int_not_equal(
            bank_return_take(&city->clearing, bytes_of(a.text, len), &two, &figures, &why), OK);
    }
    for (size_t at = 0; at < a.len; at++) {
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            struct paper other = a;
            other.text[at] = (char)(other.text[at] ^ (char)bit);
            enum err err = take_answer(&city->clearing, &other, &figures, &why);
            bool case_of_hex = err == OK; /* a digest may be written in either case */
            assert_true(!case_of_hex || (bit == 0x20 && strchr("abcdefABCDEF", a.text[at])));
            if (case_of_hex) {
                drop_city(city);
                city = paid_city(&bank);
            }
        }
    }
    paper_put(&a, "x");
    assert_int_equal(take_answer(&city->clearing, &a, &figures, &why), ERR_INVALID);
    assert_int_equal(city->rows->now.settle.return_count, 0);
    drop_bank(&bank);
    drop_city(city);
}

static void an_answer_to_another_day_or_file_is_refused(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    put_head(&a, &city->clearing, 2, TODAY); /* the number of another file */
    paper_put(&a, "000001|H0000002|70.00|PAID|\r\n000002|P0000001|42.50|PAID|\r\n");
    paper_end(&a, "2|112.50|0.00");
    assert_int_equal(take_answer(&city->clearing, &a, &figures, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "file 2"));
    put_head(&a, &city->clearing, 2, TODAY + 1); /* open, not paid */
    paper_end(&a, "0|0.00|0.00");
    assert_int_equal(take_answer(&city->clearing, &a, &figures, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "is not paid"));
    drop_bank(&bank);
    drop_city(city);
}

static void one_officer_alone_takes_no_answer(void **state) {
    (void)state;
    static const struct bank_officers cases[] = {
        {"other",    "other"   },
        {"clearer",  "clearer" },
        {"approver", "clearer" },
        {"nobody",   "approver"},
        {"clearer",  "head"    },
    };
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    struct paper a;
    put_whole(&a, &city->clearing);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bank_figures figures;
        struct why why = {{0}};
        assert_int_equal(
            bank_return_take(&city->clearing, bytes_of(a.text, a.len), &cases[i], &figures, &why),
            ERR_DENIED);
    }
    drop_bank(&bank);
    drop_city(city);
}

/* --- in time ------------------------------------------------------------------------------- */

static struct exception_row exception_of(
    const struct clearing *c, uint32_t day, enum exception_kind kind) {
    struct exception_row row = {.day = day};
    struct why why;
    while (c->store->exception_next(c->store->self, day, &row, &why) == OK) {
        if (row.kind == kind) {
            return row;
        }
    }
    return (struct exception_row){.day = 0};
}

/* The answer comes late: the day was closed with an exception, which its coming settles. */
static void a_missing_answer_is_an_exception_until_it_comes(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    const struct clearing *c = &city->clearing;
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    step_to(c, &bank, DAY_CLOSED);
    struct exception_row row = exception_of(c, TODAY, EXCEPTION_RETURN);
    assert_string_equal(row.subject, "20031008.pay");
    assert_int_equal(row.fen, 11250);
    assert_int_equal(row.settled, 0);
    assert_int_equal(exception_of(c, TODAY, EXCEPTION_HELD).count, 1);
    run_day(c, &bank, TODAY + 1);
    assert_int_equal(exception_of(c, TODAY + 1, EXCEPTION_RETURN).day, 0); /* nothing was paid */
    put_whole(&a, c);
    must(take_answer(c, &a, &figures, &why), &why);
    assert_int_equal(exception_of(c, TODAY, EXCEPTION_RETURN).settled, TODAY + 2);
    assert_int_equal(fen_of_institution(c, "P0000001"), 4250);
    drop_bank(&bank);
    drop_city(city);
}

/* The first day is paid and waits for its answer, the second day's comes: out of order. */
static void answers_come_in_the_order_of_the_days(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    const struct clearing *c = &city->clearing;
    struct upload_record next = purchase(7, 1, 9, 0, 50000, 1000);
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    sell(c, "P0000001", 1, &next, 1);
    struct day_order order = {TODAY + 1, "clearer", bank.dir};
    for (int to = DAY_CUT; to <= DAY_PAID; to++) {
        order.officer = to == DAY_APPROVED ? "approver" : "clearer";
        must(day_step(c, &order, (enum day_state)to, &why), &why);
    }
    struct paper second;
    put_head(&second, c, 2, TODAY + 1);
    paper_put(&second, "000001|P0000001|10.00|PAID|\r\n");
    paper_end(&second, "1|10.00|0.00");
    assert_int_equal(take_answer(c, &second, &figures, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "20031008 comes first"));
    put_whole(&a, c);
    must(take_answer(c, &a, &figures, &why), &why);
    must(take_answer(c, &second, &figures, &why), &why);
    drop_bank(&bank);
    drop_city(city);
}

/* The n-th call to the store fails, for every n; then nothing was done, and the next try does it. */
static void a_failing_store_leaves_no_half_answer(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = paid_city(&bank);
    const struct clearing *c = &city->clearing;
    struct paper a;
    struct bank_figures figures;
    struct why why = {{0}};
    unsigned long n = 0;
    put_whole(&a, c);
    for (enum err err = ERR_OUTSIDE; err == ERR_OUTSIDE; n++) {
        fail_call(city, n);
        err = take_answer(c, &a, &figures, &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_int_equal(city->rows->now.settle.return_count, err == OK ? 1 : 0);
        assert_int_equal(city->rows->now.settle.answer_count, err == OK ? 2 : 0);
    }
    city->rows->fail_at = ~0UL;
    assert_true(n > 20);
    drop_bank(&bank);
    drop_city(city);
}

/* --- the head ------------------------------------------------------------------------------ */

static void a_payout_above_the_limit_needs_a_third_person(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct day_order order = {TODAY, "clearer", bank.dir};
    struct why why = {{0}};
    char path[128];
    FILE_CONTENT_SCOPE(file);
    city->rows->limits.head_fen = 7000; /* 70.00 are not above it */
    sell_a_day(c);
    for (int to = DAY_CUT; to <= DAY_BALANCED; to++) {
        step_to(c, &bank, (enum day_state)to);
    }
    assert_int_equal(day_head(c, TODAY, "head", &why), ERR_CONFLICT); /* no list yet */
    step_to(c, &bank, DAY_LISTED);
    step_to(c, &bank, DAY_APPROVED);
    city->rows->limits.head_fen = 6999;
    assert_int_equal(day_step(c, &order, DAY_PAID, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "head of the centre"));
    assert_int_equal(day_head(c, TODAY, "approver", &why), ERR_DENIED);
    must(day_head(c, TODAY, "head", &why), &why);
    must(day_head(c, TODAY, "head", &why), &why);
    must(day_step(c, &order, DAY_PAID, &why), &why);
    assert_int_equal(day_head(c, TODAY + 5, "head", &why), ERR_NOT_FOUND);
    (void)snprintf(path, sizeof path, "%s/20031008.pay", bank.dir);
    must(files_read(path, 4096, &file, &why), &why);
    assert_non_null(strstr((const char *)file.at, "|clearer|approver|head\r\n"));
    assert_int_equal(proof_of(c, TODAY).differences.count, 0);
    drop_bank(&bank);
    drop_city(city);
}

static void what_waits_has_its_next_step_by_its_age(void **state) {
    (void)state;
    static const struct {
        uint32_t since, today;
        const char *word;
    } cases[] = {
        {20031008, 20031008, "new"                             },
        {20031009, 20031008, "new"                             },
        {20031007, 20031008, "look for it"                     },
        {20031006, 20031008, "look for it"                     },
        {20031005, 20031008, "ask the institution for the slip"},
        {20031001, 20031008, "decide: pay after or refuse"     },
        {20030909, 20031008, "decide: pay after or refuse"     },
        {20030908, 20031008, "write to the supervisor"         },
        {19990101, 20031008, "write to the supervisor"         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(age_since(cases[i].since, cases[i].today)->word, cases[i].word);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_bank_gave_back_is_due_again_and_paid_the_next_day),
        cmocka_unit_test(the_same_answer_again_changes_nothing_and_another_is_refused),
        cmocka_unit_test(nothing_of_a_file_is_kept_when_a_line_is_not_ours),
        cmocka_unit_test(every_torn_and_every_altered_file_is_refused),
        cmocka_unit_test(an_answer_to_another_day_or_file_is_refused),
        cmocka_unit_test(one_officer_alone_takes_no_answer),
        cmocka_unit_test(a_missing_answer_is_an_exception_until_it_comes),
        cmocka_unit_test(answers_come_in_the_order_of_the_days),
        cmocka_unit_test(a_failing_store_leaves_no_half_answer),
        cmocka_unit_test(a_payout_above_the_limit_needs_a_third_person),
        cmocka_unit_test(what_waits_has_its_next_step_by_its_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

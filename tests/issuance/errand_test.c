#include "counter.h"
#include "crypto/sm3.h"
#include "issuance/errand.h"
#include "stores/sql/issuance_stock.h"

enum { FILE_ROOM = 64 * 1024, FIRST_CHIP = 501, PEOPLE = 5 };

/* A city with people whose batch is approved, blanks in production, and room for files. */
struct mill {
    struct counter *c;
    struct stock_store stock;
    struct errand_desk desk;
    struct batch batch;
    uint8_t order[FILE_ROOM];
    char answer[FILE_ROOM];
    struct errand_outcome outcome;
    struct why why;
};

static void must(struct mill *m, enum err err) {
    if (err) {
        print_error("%s\n", m->why.text);
    }
    assert_int_equal(err, OK);
}

static void order_stock(struct mill *m, enum stock_step step, const char *request) {
    struct stock_order o = {.step = step,
        .first = FIRST_CHIP,
        .count = 20,
        .day = 20031008,
        .point = "440100",
        .note = "n",
        .officer = "maker"};
    (void)snprintf(o.request, sizeof o.request, "%s", request);
    must(m, stock_order_make(&m->stock, &m->c->registry, &o, &m->why));
    if (!o.done) {
        must(m, stock_sign(&m->stock, &m->c->registry, request, "approver", &o, &m->why));
    }
}

static struct mill *mill_open(void) {
    struct mill *m = calloc(1, sizeof *m);
    int32_t lines = 0;
    assert_non_null(m);
    m->c = counter_open(PEOPLE);
    must(m, stock_rows_open(&m->c->db, &m->c->store, &m->stock, &m->why));
    m->desk = (struct errand_desk){.store = &m->c->store,
        .stock = &m->stock,
        .registry = &m->c->registry,
        .officer = "maker",
        .day = 20031008,
        .region = 440100,
        .valid_years = 10};
    order_stock(m, STOCK_PURCHASE, "buy");
    order_stock(m, STOCK_RECEIVE, "in");
    order_stock(m, STOCK_REQUISITION, "out");
    counter_apply(m->c, PEOPLE);
    m->batch = counter_batch(m->c, &lines);
    must(m, batch_step(&m->c->store, m->batch.id, BATCH_APPROVE, "approver", &m->why));
    return m;
}

static void mill_close(struct mill *m) {
    stock_rows_close(&m->stock);
    counter_close(m->c);
    free(m);
}

static enum err send(struct mill *m, enum errand errand, struct bytes *order) {
    struct builder file = builder_in(m->order, sizeof m->order);
    enum err err = errand_order(&m->desk, m->batch.id, errand, &file, &m->why);
    *order = builder_bytes(&file);
    return err;
}

/* One line of an answer; chip 0: none. */
static void put_answer(struct mill *m, int32_t seq, int code, int chip, const char *reason) {
    char number[CARD_NUMBER_LEN + 1];
    char ids[80] = "|";
    card_number_write((uint32_t)seq, number);
    if (chip) {
        (void)snprintf(ids, sizeof ids, "86844401%08d|440100D15600000500000000%08d", chip, chip);
    }
    size_t len = strlen(m->answer);
    (void)snprintf(m->answer + len, sizeof m->answer - len, "%d|%s|%d|%s|%s\n", (int)seq, number,
        code, ids, reason);
}

/* Puts a head with the right digest before the lines of m->answer, and takes it in. */
static enum err take_as(struct mill *m, const char *who, int64_t batch, int count) {
    static char file[FILE_ROOM + 256];
    struct sm3 h;
    uint8_t digest[SM3_LEN];
    char text[2 * SM3_LEN + 1];
    sm3_begin(&h);
    sm3_add(&h, bytes_text(m->answer));
    sm3_end(&h, digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    (void)snprintf(
        file, sizeof file, "%d|%s|%d|20031009|%s\n%s", (int)batch, who, count, text, m->answer);
    return errand_answer(&m->desk, bytes_text(file), &m->outcome, &m->why);
}

static enum err take(struct mill *m, const char *who, int count) {
    return take_as(m, who, m->batch.id, count);
}

/* Good cards with the chips 501, 502, ..., but a failure at line 2 and a doubt at line 4. */
static void write_maker(struct mill *m) {
    m->answer[0] = '\0';
    put_answer(m, 1, 30, 501, "");
    put_answer(m, 2, 31, 502, "chip mute");
    put_answer(m, 3, 30, 503, "");
    put_answer(m, 4, 32, 0, "card lost in the machine");
    put_answer(m, 5, 30, 505, "");
}

static int64_t lines_in(struct mill *m, enum line_state state) {
    char sql[80];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM batch_line WHERE state = %d", (int)state);
    return counter_ask(m->c, sql);
}

/* Nothing of what an answer would have moved has moved. */
static void expect_untouched(struct mill *m) {
    assert_int_equal(lines_in(m, LINE_IN_BATCH), PEOPLE);
    assert_int_equal(counter_ask(m->c, "SELECT state FROM batch"), BATCH_MAKER_OUT);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM blank WHERE state = 30"), 20);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM card_number WHERE state = 1"), 5);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM batch_file"), 1);
}

static void an_order_says_what_the_maker_needs(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    const char *text = (const char *)order.at;
    assert_memory_equal(text, "1|maker|5|20031008|", 19);
    const char *first = memchr(text, '\n', order.len);
    assert_non_null(first);
    static const char expected[] = "\n1|B0000001";
    assert_memory_equal(first, expected, sizeof expected - 1);
    m->order[order.len] = '\0';
    assert_non_null(
        strstr(text, "|梁思||1|01|19761211|20031008|20131008|440100|440111|GZ01|1||\n"));
    assert_int_equal(counter_ask(m->c, "SELECT state FROM batch"), BATCH_MAKER_OUT);
    mill_close(m);
}

/* Corrected after the batch was made: the card maker would stop at it, so the order is not written. */
static void a_name_that_no_chip_of_the_day_holds_is_not_sent(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m,
        db_run(&m->c->db,
            "UPDATE person SET name = '阿不都热合曼阿不都热依木买买提江' WHERE id = 3", &m->why));
    assert_int_equal(send(m, ERRAND_MAKER, &order), ERR_INVALID);
    assert_non_null(strstr(m->why.text, "line 3"));
    assert_int_equal(counter_ask(m->c, "SELECT state FROM batch"), BATCH_APPROVED);
    must(m, db_run(&m->c->db, "UPDATE person SET name = '阿不都' WHERE id = 3", &m->why));
    must(m, send(m, ERRAND_MAKER, &order));
    mill_close(m);
}

/* Killed after the batch had moved and before the file stood: the same call writes it once more. */
static void an_order_is_written_again_as_it_was(void **state) {
    (void)state;
    struct mill *m = mill_open();
    static uint8_t before[FILE_ROOM];
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    size_t len = order.len;
    (void)memcpy(before, order.at, len);
    must(m, send(m, ERRAND_MAKER, &order));
    assert_int_equal(order.len, len);
    assert_memory_equal(order.at, before, len);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM batch_file"), 1);
    assert_int_equal(send(m, ERRAND_KEYS, &order), ERR_CONFLICT);
    assert_int_equal(send(m, ERRAND_BANK, &order), ERR_CONFLICT);
    mill_close(m);
}

static void an_answer_leads_where_the_table_says(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    write_maker(m);
    must(m, take(m, "maker-back", 5));
    assert_int_equal(m->outcome.good, 3);
    assert_int_equal(lines_in(m, LINE_MADE), 3);
    assert_int_equal(lines_in(m, LINE_FAILED), 1);
    assert_int_equal(lines_in(m, LINE_ODD), 1);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM card_number WHERE state = 2"), 3);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM blank WHERE state = 40"), 3);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM blank WHERE state = 50"), 1);
    /* To the initialising centre: only what was made; line 3 comes back wrong. */
    must(m, send(m, ERRAND_KEYS, &order));
    m->answer[0] = '\0';
    put_answer(m, 1, 40, 0, "");
    put_answer(m, 3, 41, 0, "transport key");
    put_answer(m, 5, 40, 0, "");
    must(m, take(m, "keys-back", 3));
    assert_int_equal(lines_in(m, LINE_FINISHED), 2);
    assert_int_equal(lines_in(m, LINE_KEYS_WRONG), 1);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM card"), 2);
    struct card_record card;
    must(m, m->c->registry.card_of_person(m->c->registry.self, 5, &card, &m->why));
    assert_int_equal(card.batch, m->batch.id);
    assert_int_equal(card.valid_until, 20131008);
    must(m, batch_step(&m->c->store, m->batch.id, BATCH_PACK, "maker", &m->why));
    mill_close(m);
}

/* 21 and 22 end without a card: the number is out of use, an officer decides about the person. */
static void who_has_no_account_leaves_the_batch(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_BANK, &order));
    m->answer[0] = '\0';
    for (int32_t seq = 1; seq <= 3; seq++) {
        put_answer(m, seq, 20, 0, "");
    }
    put_answer(m, 4, 21, 0, "no account opened");
    put_answer(m, 5, 22, 0, "another's");
    must(m, take(m, "bank-back", 5));
    assert_int_equal(lines_in(m, LINE_ACCOUNT), 3);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM card_number WHERE state = 3"), 2);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM application WHERE state = 4"), 2);
    must(m, send(m, ERRAND_MAKER, &order));
    assert_memory_equal(order.at, "1|maker|3|", 10);
    m->answer[0] = '\0';
    for (int32_t seq = 1; seq <= 3; seq++) {
        put_answer(m, seq, 30, 500 + seq, "");
    }
    must(m, take(m, "maker-back", 3));
    mill_close(m);
}

static void an_answer_sent_again_changes_nothing(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    write_maker(m);
    must(m, take(m, "maker-back", 5));
    int64_t audited = counter_ask(m->c, "SELECT count(*) FROM audit");
    must(m, take(m, "maker-back", 5));
    assert_true(m->outcome.before);
    assert_int_equal(m->outcome.lines, 5);
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM audit"), audited);
    m->answer[0] = '\0';
    put_answer(m, 1, 30, 507, "");
    assert_int_equal(take(m, "maker-back", 1), ERR_CONFLICT);
    assert_non_null(strstr(m->why.text, "another answer was taken"));
    mill_close(m);
}

/* Short, doubled, reordered, for another batch, and what else a maker may get wrong. */
static void an_answer_that_does_not_fit_is_refused_whole(void **state) {
    (void)state;
    static const struct {
        struct {
            int32_t seq;
            int code, chip;
            const char *reason;
        } lines[6];
        size_t count;
        int said;
        const char *who;
        enum err err;
        const char *says;
    } cases[] = {
        {{{1, 30, 501, ""}, {2, 30, 502, ""}, {3, 30, 503, ""}, {4, 30, 504, ""}},                   4, 4,
         "maker-back",                                                                                                   ERR_INVALID,  "ends after 4 lines" },
        {{{1, 30, 501, ""}, {1, 30, 501, ""}},                                                       2, 2, "maker-back", ERR_INVALID,  "where line 2"       },
        {{{2, 30, 501, ""}, {1, 30, 502, ""}},                                                       2, 2, "maker-back", ERR_INVALID,  "where line 1"       },
        {{{1, 30, 501, ""}, {2, 30, 501, ""}},                                                       2, 2, "maker-back", ERR_CONFLICT, ""                   },
        {{{1, 30, 501, ""}, {2, 30, 900, ""}},                                                       2, 2, "maker-back", ERR_CONFLICT, "ever bought"        },
        {{{1, 30, 0, ""}},                                                                           1, 1, "maker-back", ERR_INVALID,  "do not go with"     },
        {{{1, 31, 0, ""}},                                                                           1, 1, "maker-back", ERR_INVALID,  "needs a reason"     },
        {{{1, 30, 501, "why"}},                                                                      1, 1, "maker-back", ERR_INVALID,  "takes no reason"    },
        {{{1, 40, 0, ""}},                                                                           1, 1, "maker-back", ERR_INVALID,  "does not answer 40" },
        {{{1, 40, 0, ""}},                                                                           1, 1, "keys-back",  ERR_CONFLICT, "with the card maker"},
        {{{1, 30, 501, ""}},                                                                         1, 1, "maker",      ERR_INVALID,  "no answer"          },
        {{{1, 30, 501, ""}, {2, 30, 502, ""}, {3, 30, 503, ""}, {4, 30, 504, ""}, {5, 30, 505, ""},
             {6, 30, 506, ""}},
         6,                                                                                             6, "maker-back", ERR_INVALID,  "goes on after"      },
        {{{1, 30, 501, ""}, {2, 30, 502, ""}, {3, 30, 503, ""}, {4, 30, 504, ""}, {5, 30, 505, ""}},
         5,                                                                                             6, "maker-back", ERR_INVALID,  "counts 6 lines"     },
    };
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        m->answer[0] = '\0';
        for (size_t k = 0; k < cases[i].count; k++) {
            put_answer(m, cases[i].lines[k].seq, cases[i].lines[k].code, cases[i].lines[k].chip,
                cases[i].lines[k].reason);
        }
        m->why.text[0] = '\0';
        enum err err = take(m, cases[i].who, cases[i].said);
        if (err != cases[i].err || !strstr(m->why.text, cases[i].says)) {
            print_error("case %zu: %s\n", i, m->why.text);
        }
        assert_int_equal(err, cases[i].err);
        assert_non_null(strstr(m->why.text, cases[i].says));
        expect_untouched(m);
    }
    write_maker(m);
    assert_int_equal(take_as(m, "maker-back", 7, 5), ERR_NOT_FOUND);
    must(m, take(m, "maker-back", 5));
    mill_close(m);
}

/* A good answer, cut off at every byte, and with each byte flipped: refused, and nothing moves. */
static void a_torn_or_changed_answer_is_refused(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    write_maker(m);
    static char file[4096];
    struct sm3 h;
    uint8_t digest[SM3_LEN];
    char text[2 * SM3_LEN + 1];
    sm3_begin(&h);
    sm3_add(&h, bytes_text(m->answer));
    sm3_end(&h, digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    int len = snprintf(file, sizeof file, "1|maker-back|5|20031009|%s\n%s", text, m->answer);
    assert_in_range(len, 1, sizeof file - 1);
    for (size_t cut = 0; cut < (size_t)len; cut++) {
        assert_int_not_equal(
            errand_answer(&m->desk, bytes_of(file, cut), &m->outcome, &m->why), OK);
    }
    size_t lines = strlen(m->answer);
    for (size_t i = (size_t)len - lines; i < (size_t)len; i++) {
        file[i] = (char)(file[i] ^ 0x01);
        assert_int_equal(errand_answer(&m->desk, bytes_of(file, (size_t)len), &m->outcome, &m->why),
            ERR_INVALID);
        file[i] = (char)(file[i] ^ 0x01);
    }
    expect_untouched(m);
    must(m, errand_answer(&m->desk, bytes_of(file, (size_t)len), &m->outcome, &m->why));
    mill_close(m);
}

/* The writing of the n-th row of each kind fails, for every n that an answer writes. */
static void an_answer_that_fails_anywhere_changes_nothing(void **state) {
    (void)state;
    only_in_a_file(); /* the trigger is SQLite's */
    static const char *const events[] = {"INSERT ON main.audit", "INSERT ON main.stock_order",
        "INSERT ON main.batch_file", "UPDATE ON main.batch_line", "UPDATE ON main.blank",
        "UPDATE ON main.card_number", "UPDATE ON main.batch"};
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    write_maker(m);
    counter_expect(m->c, db_run(&m->c->db, "CREATE TEMP TABLE fuse (left INTEGER)", &m->why));
    counter_expect(m->c, db_run(&m->c->db, "INSERT INTO fuse VALUES (0)", &m->why));
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        char sql[240];
        int n = 0;
        (void)snprintf(sql, sizeof sql,
            "CREATE TEMP TRIGGER stop BEFORE %s BEGIN UPDATE fuse SET left = left - 1; "
            "SELECT raise(ABORT, 'x') FROM fuse WHERE left < 0; END",
            events[i]);
        counter_expect(m->c, db_run(&m->c->db, sql, &m->why));
        for (bool through = false; !through && n < 40; n++) {
            (void)snprintf(sql, sizeof sql, "UPDATE fuse SET left = %d", n);
            counter_expect(m->c, db_run(&m->c->db, sql, &m->why));
            struct tx tx = {NULL}; /* what goes through is taken back, for the next kind */
            must(m, tx_begin(&tx, &m->c->db, &m->why));
            through = take(m, "maker-back", 5) == OK;
            tx_leave(&tx);
            expect_untouched(m);
        }
        assert_in_range(n, 2, 39);
        counter_expect(m->c, db_run(&m->c->db, "DROP TRIGGER stop", &m->why));
    }
    must(m, take(m, "maker-back", 5));
    mill_close(m);
}

static void words_of_errands_are_known(void **state) {
    (void)state;
    assert_int_equal(errand_of("bank"), ERRAND_BANK);
    assert_int_equal(errand_of("maker"), ERRAND_MAKER);
    assert_int_equal(errand_of("keys"), ERRAND_KEYS);
    assert_int_equal(errand_of("post"), ERRANDS);
    assert_string_equal(errand_word(ERRAND_KEYS), "keys");
}

/* A file of a million lines for a batch of five: with one byte flipped it is refused by its digest, at
 * every place that is tried; whole, it goes on where it should end. Nothing has moved either way. */
static void a_million_lines_with_one_bad_byte_are_refused(void **state) {
    (void)state;
    enum { LINES = 1000000, LINE_LEN = 32, HEAD_ROOM = 160 };
    struct mill *m = mill_open();
    struct bytes order;
    struct sm3 h;
    uint8_t digest[SM3_LEN];
    char text[2 * SM3_LEN + 1];
    char *file = malloc(HEAD_ROOM + (size_t)LINES * LINE_LEN + 1);
    char *body = file ? file + HEAD_ROOM : NULL;
    size_t len = 0;
    assert_non_null(file);
    must(m, send(m, ERRAND_MAKER, &order));
    for (int i = 1; i <= LINES; i++) {
        char number[CARD_NUMBER_LEN + 1];
        card_number_write((uint32_t)i, number);
        len += (size_t)snprintf(body + len, LINE_LEN, "%d|%s|31|||x\n", i, number);
        assert_true(len <= (size_t)LINES * LINE_LEN);
    }
    sm3_begin(&h);
    sm3_add(&h, bytes_of(body, len));
    sm3_end(&h, digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    char head[HEAD_ROOM];
    int head_len = snprintf(
        head, sizeof head, "%d|maker-back|%d|20031009|%s\n", (int)m->batch.id, LINES, text);
    char *begin = body - head_len;
    (void)memcpy(begin, head, (size_t)head_len);
    for (size_t at = 0; at < len; at += len / 3) {
        body[at] ^= 0x01;
        assert_int_equal(
            errand_answer(&m->desk, bytes_of(begin, (size_t)head_len + len), &m->outcome, &m->why),
            ERR_INVALID);
        assert_non_null(strstr(m->why.text, "digest"));
        body[at] ^= 0x01;
        expect_untouched(m);
    }
    assert_int_not_equal(
        errand_answer(&m->desk, bytes_of(begin, (size_t)head_len + len), &m->outcome, &m->why), OK);
    assert_non_null(strstr(m->why.text, "goes on"));
    expect_untouched(m);
    free(file);
    mill_close(m);
}

/* What a remake must know: that a chip has this number. [decision 0041] */
static void a_failure_that_names_its_chip_keeps_it(void **state) {
    (void)state;
    struct mill *m = mill_open();
    struct bytes order;
    must(m, send(m, ERRAND_MAKER, &order));
    write_maker(m);
    must(m, take(m, "maker-back", 5));
    assert_int_equal(counter_ask(m->c, "SELECT count(*) FROM batch_line WHERE state = 31 AND "
                                       "card_factor = x'8684440100000502'"),
        1);
    assert_int_equal(
        counter_ask(
            m->c, "SELECT count(*) FROM batch_line WHERE state = 32 AND card_factor IS NULL"),
        1);
    mill_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_says_what_the_maker_needs),
        cmocka_unit_test(an_order_is_written_again_as_it_was),
        cmocka_unit_test(a_name_that_no_chip_of_the_day_holds_is_not_sent),
        cmocka_unit_test(an_answer_leads_where_the_table_says),
        cmocka_unit_test(who_has_no_account_leaves_the_batch),
        cmocka_unit_test(an_answer_sent_again_changes_nothing),
        cmocka_unit_test(an_answer_that_does_not_fit_is_refused_whole),
        cmocka_unit_test(a_torn_or_changed_answer_is_refused),
        cmocka_unit_test(an_answer_that_fails_anywhere_changes_nothing),
        cmocka_unit_test(words_of_errands_are_known),
        cmocka_unit_test(a_million_lines_with_one_bad_byte_are_refused),
        cmocka_unit_test(a_failure_that_names_its_chip_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

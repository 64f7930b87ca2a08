/* The clearing over a real database: the same city, the same promises. */
#include "stores/clearing_city.h"

#include <sqlite3.h>

#include "stores/sqlite/sqlite_engine.h"

static void list_card(struct db *db, unsigned n, int added, uint32_t time) {
    char sentence[300], hex[17];
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(n, factor);
    hex_write(bytes_of(factor, sizeof factor), hex);
    (void)snprintf(sentence, sizeof sentence,
        "INSERT INTO blacklist (card, factor, added, reason, day, time) "
        "VALUES ('A%07u%u', x'%s', %d, 1, %d, %u)",
        n, n % 10, hex, added, TODAY, time);
    must(db_run(db, sentence, &why), &why);
}

/* The database of the city's own directory. */
static void open_city(struct city *city) {
    char path[96];
    (void)snprintf(path, sizeof path, "%s/city.db", city->dir);
    open_rows(city, path);
}

/* Cards 1 to 20; card 9 is on the list from nine in the morning to noon. */
static struct city *new_city(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    (void)snprintf(city->dir, sizeof city->dir, "/tmp/clearing-store-XXXXXX");
    assert_non_null(mkdtemp(city->dir));
    open_city(city);
    fill_registry(&city->db, 20);
    list_card(&city->db, 9, 1, 90000);
    list_card(&city->db, 9, 0, 120000);
    take_rules(city);
    found_city(&city->clearing);
    return city;
}

static void drop_city(struct city *city) {
    static const char *const names[] = {"city.db", "city.db-wal", "city.db-shm", "city.db-door",
        "20031008.pay", "20031008.pay.new"};
    close_rows(city);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", city->dir, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(city->dir), 0);
    free(city);
}

static int64_t ask(struct city *city, const char *sentence) {
    const char *sentences[1] = {sentence};
    struct prepared *stmt[1];
    struct why why = {{0}};
    must(db_prepare(&city->db, sentences, 1, stmt, &why), &why);
    struct say s = say(stmt[0]);
    assert_true(say_next(&s));
    int64_t answer = row_int(&s);
    must(say_end(&s, &why), &why);
    db_finalize(stmt, 1);
    return answer;
}

/* The city lets a card buy offline as often and as much as it likes. */
static void lift_offline_limits(struct city *city) {
    struct why why = {{0}};
    must(db_run(&city->db,
             "INSERT INTO parameter VALUES ('offline-in-row', 20030101, 0, 'approver'), "
             "('offline-card-day-fen', 20030101, 0, 'approver')",
             &why),
        &why);
}

/* --- stories ------------------------------------------------------------------------------- */

static void a_day_goes_from_loads_to_the_bank_file(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct intake_figures figures;
    struct day_figures day;
    struct why why = {{0}};
    give(c, 1, 20000);
    give(c, 2, 5000);
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 20000, 1250),
        purchase(1, 1, 2, 1, 18750, 8000),
        purchase(2, 1, 3, 0, 5000, 5000),
    };
    must(take(c, records, 3, &figures, &why), &why);
    assert_int_equal(figures.tac_good, 3);
    assert_int_equal(figures.by_ruling[RULING_CLEARED].fen, 14250);
    struct day_order order = {TODAY, "clearer", city->dir};
    must(day_run(c, &order, "approver", &why), &why);
    must(day_figures_of(c, TODAY, &day, &why), &why);
    assert_int_equal(day.state, DAY_CLOSED);
    assert_int_equal(day.payout_fen, 14250);
    assert_int_equal(fen_of_institution(c, "P0000001"), 0);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_BANK, NULL)), 14250);

    struct balance_proof proof;
    uint8_t factor[FACTOR_LEN];
    proof_begin(&proof, c);
    card_factor(1, factor);
    must(proof_card(&proof, factor, 10750, &why), &why);
    card_factor(2, factor);
    must(proof_card(&proof, factor, 0, &why), &why);
    card_factor(3, factor);
    must(proof_card(&proof, factor, 0, &why), &why);
    must(proof_end(&proof, &why), &why);
    assert_true(proof_holds(&proof));
    assert_int_equal(proof.books_balance_fen, 10750);
    assert_int_equal(proof.payout_fen, 14250);
    must(db_audit_verify(&city->db, NULL, &why), &why);
    drop_city(city);
}

static void everything_is_there_after_opening_again(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    struct upload_record r = purchase(1, 1, 1, 0, 20000, 1250);
    struct intake_figures before, after;
    give(&city->clearing, 1, 20000);
    must(take(&city->clearing, &r, 1, &before, &why), &why);
    close_rows(city);
    open_city(city);
    must(intake_figures_of(&city->clearing, TODAY, &after, &why), &why);
    assert_memory_equal(&before, &after, sizeof before);
    must(take(&city->clearing, &r, 1, &after, &why), &why);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(fen_on_card(&city->clearing, 1), 18750);
    assert_books_even(&city->clearing);
    drop_city(city);
}

/* Each record for its own reason, on the real tables. */
static void every_reason_is_found_on_real_rows(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    give(c, 1, 50000);
    give(c, 9, 20000);
    struct upload_record good = purchase(1, 1, 1, 0, 50000, 1000), r = good;
    assert_int_equal(end_of(c, &good), REASON_NONE);
    r.ticket[0] ^= 1; /* the same trade in another file */
    assert_int_equal(end_of(c, &r), REASON_DUPLICATE);
    r = good;
    r.amount = 2000;
    assert_int_equal(end_of(c, &r), REASON_TAC);
    r = purchase(1, 1, 1, 1, 49000, 3000);
    assert_int_equal(end_of(c, &r), REASON_CONFLICT_SEQ);
    r = purchase(1, 1, 2, 0, 49000, 3000);
    assert_int_equal(end_of(c, &r), REASON_CONFLICT_NO);
    r = purchase(99, 1, 3, 0, 50000, 1000);
    assert_int_equal(end_of(c, &r), REASON_CARD_UNKNOWN);
    r = purchase(9, 1, 4, 0, 20000, 1000);
    assert_int_equal(end_of(c, &r), REASON_LISTED);
    r = purchase(9, 1, 5, 1, 19000, 1000);
    moment_at(TODAY, 130000, r.moment);
    sign_record(&r);
    assert_int_equal(end_of(c, &r), REASON_NONE);
    r = purchase(9, 1, 6, 2, 17000, 1000);
    moment_at(TODAY, 130500, r.moment);
    sign_record(&r);
    assert_int_equal(end_of(c, &r), REASON_CHAIN);
    assert_books_even(c);
    drop_city(city);
}

static void a_load_between_two_purchases_explains_the_balance(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    give(c, 1, 5000);
    struct upload_record first = purchase(1, 1, 1, 0, 5000, 1000);
    struct upload_record second = purchase(1, 1, 2, 1, 14000, 1000);
    struct load_request q = load_of(1, 77, 2, 4000, 10000);
    moment_at(TODAY, 110000, second.moment);
    sign_record(&second);
    must(load_whole(c, &q, 100000, &why), &why);
    assert_int_equal(end_of(c, &first), REASON_NONE);
    assert_int_equal(end_of(c, &second), REASON_NONE);
    drop_city(city);
}

static void the_chain_follows_the_cleared_record(void **state) {
    (void)state;
    struct city *city = new_city();
    give(&city->clearing, 1, 50000);
    chain_follows_the_cleared_record(&city->clearing);
    drop_city(city);
}

static void parameters_and_officers_come_from_the_registry(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing_store *store = &city->store;
    struct clearing_limits limits;
    struct why why = {{0}};
    must(store->limits(store->self, TODAY, &limits, &why), &why);
    assert_int_equal(limits.offline_fen, 10000);
    assert_int_equal(limits.late_days, 3);
    must(db_run(&city->db,
             "INSERT INTO parameter VALUES ('offline-purchase-fen', 20031009, 5000, 'x') "
             "ON CONFLICT (name, valid_from) DO UPDATE SET value = excluded.value",
             &why),
        &why);
    must(store->limits(store->self, TODAY, &limits, &why), &why);
    assert_int_equal(limits.offline_fen, 10000);
    must(store->limits(store->self, TODAY + 1, &limits, &why), &why);
    assert_int_equal(limits.offline_fen, 5000);
    assert_int_equal(store->officer_check(store->self, "clearer", DUTY_CLEAR, &why), OK);
    assert_int_equal(store->officer_check(store->self, "clearer", DUTY_APPROVE, &why), ERR_DENIED);
    assert_int_equal(store->officer_check(store->self, "approver", DUTY_APPROVE, &why), OK);
    assert_int_equal(store->officer_check(store->self, "approver", DUTY_CLEAR, &why), ERR_DENIED);
    assert_int_equal(store->officer_check(store->self, "nobody", DUTY_CLEAR, &why), ERR_DENIED);
    drop_city(city);
}

/* The tables refuse by themselves what the rules would never write. */
static void the_tables_hold_what_the_rules_promise(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why;
    give(&city->clearing, 1, 5000);
    assert_int_equal(
        db_run(&city->db, "UPDATE account SET fen = -1 WHERE kind = 2", &why), ERR_CONFLICT);
    assert_int_equal(
        db_run(&city->db, "INSERT INTO account (kind, owner, fen) VALUES (1, '', 0)", &why),
        ERR_CONFLICT);
    assert_int_equal(
        db_run(&city->db, "INSERT INTO posting (number, day) VALUES ('fund 1', 1)", &why),
        ERR_CONFLICT);
    assert_int_equal(
        db_run(&city->db, "INSERT INTO entry VALUES (1, 3, 1, 0)", &why), ERR_CONFLICT);
    assert_books_even(&city->clearing);
    drop_city(city);
}

/* --- failures ------------------------------------------------------------------------------ */

struct countdown {
    long left;
};
static int count_down(void *self) {
    struct countdown *c = self;
    return c->left-- <= 0;
}

/* The database is interrupted after n steps of its machine, for growing n: whatever was asked is
 * there as a whole or not at all, and asking again does it. */
/* The parameters that a new centre begins with hold what a card does offline. */
static void offline_limits_are_the_citys_parameters(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    give(c, 1, 50000);
    give(c, 2, 50000);
    give(c, 3, 50000);
    for (unsigned i = 0; i < 6; i++) {
        struct upload_record r = purchase(1, 1, i + 1, (uint16_t)i, 50000 - i * 1000, 1000);
        assert_int_equal(end_of(c, &r), i < 5 ? REASON_NONE : REASON_LIMIT_ROW);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct upload_record r = purchase(2, 1, i + 11, (uint16_t)i, 50000 - i * 10000, 10000);
        assert_int_equal(end_of(c, &r), i < 3 ? REASON_NONE : REASON_LIMIT_DAY);
    }
    must(db_run(&city->db,
             "INSERT INTO parameter VALUES ('offline-day-fen', 20030101, 46000, 'approver'); "
             "INSERT INTO terminal_given VALUES ('440100000002', 20031007085959, 1)",
             &why),
        &why);
    struct upload_record full = purchase(3, 1, 21, 0, 50000, 1);
    assert_int_equal(end_of(c, &full), REASON_LIMIT_TILL);
    struct upload_record old = purchase(4, 2, 1, 0, 50000, 1000);
    give(c, 4, 50000);
    struct file *f = calloc(1, sizeof *f);
    struct intake_figures figures;
    assert_non_null(f);
    file_of(f, "P0000001", 2, &old, 1);
    struct bytes view = bytes_of(f->bytes, f->len);
    must(intake_file(c, upload_source_bytes(&view), &figures, NULL, &why), &why);
    assert_int_equal(figures.by_reason[REASON_LIST_OLD].count, 1);
    free(f);
    drop_city(city);
}

static void an_interrupted_database_leaves_nothing_half_done(void **state) {
    (void)state;
    only_in_a_file();
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct upload_record records[12];
    struct intake_figures figures;
    struct why why = {{0}};
    bool done = false;
    unsigned refused = 0;
    lift_offline_limits(city);
    give(c, 1, 50000);
    for (unsigned i = 0; i < 12; i++) {
        records[i] = purchase(1, 1, i + 1, (uint16_t)i, 50000 - i * 1000, 1000);
    }
    for (long n = 0; !done; n += 7) {
        struct countdown countdown = {n};
        sqlite3_progress_handler(sqlite_of(city->db.link), 5, count_down, &countdown);
        done = take(c, records, 12, &figures, &why) == OK;
        sqlite3_progress_handler(sqlite_of(city->db.link), 0, NULL, NULL);
        refused += done ? 0 : 1;
        int64_t kept = ask(city, "SELECT count(*) FROM record");
        assert_true(kept == 0 || kept == 12);
        assert_int_equal(ask(city, "SELECT count(*) FROM upload"), kept / 12);
        assert_int_equal(fen_on_card(c, 1), 50000 - kept * 1000);
        assert_int_equal(fen_of_institution(c, "P0000001"), kept * 1000);
        assert_books_even(c);
        assert_int_equal(city->db.depth, 0);
    }
    assert_true(refused > 20);
    must(take(c, records, 12, &figures, &why), &why);
    assert_int_equal(figures.by_reason[REASON_NONE].count, 12);
    drop_city(city);
}

static void a_full_database_keeps_nothing_of_the_file(void **state) {
    (void)state;
    only_in_a_file();
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct intake_figures figures;
    struct why why = {{0}};
    struct upload_record *records = calloc(600, sizeof *records);
    assert_non_null(records);
    lift_offline_limits(city);
    give(c, 1, 100000);
    for (unsigned i = 0; i < 600; i++) {
        records[i] = purchase(1, 1, i + 1, (uint16_t)i, 100000 - i * 100, 100);
    }
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "PRAGMA max_page_count = %d",
        (int)ask(city, "PRAGMA page_count") + 2);
    must(db_run(&city->db, sentence, &why), &why);
    assert_int_equal(take(c, records, 600, &figures, &why), ERR_OUTSIDE);
    assert_int_equal(ask(city, "SELECT count(*) FROM record"), 0);
    assert_int_equal(fen_on_card(c, 1), 100000);
    must(db_run(&city->db, "PRAGMA max_page_count = 100000", &why), &why);
    must(take(c, records, 600, &figures, &why), &why);
    assert_int_equal(figures.by_ruling[RULING_CLEARED].count, 600);
    assert_books_even(c);
    free(records);
    drop_city(city);
}

static void a_store_that_was_never_opened_closes(void **state) {
    (void)state;
    sqlite_clearing_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_goes_from_loads_to_the_bank_file),
        cmocka_unit_test(everything_is_there_after_opening_again),
        cmocka_unit_test(every_reason_is_found_on_real_rows),
        cmocka_unit_test(a_load_between_two_purchases_explains_the_balance),
        cmocka_unit_test(the_chain_follows_the_cleared_record),
        cmocka_unit_test(parameters_and_officers_come_from_the_registry),
        cmocka_unit_test(the_tables_hold_what_the_rules_promise),
        cmocka_unit_test(offline_limits_are_the_citys_parameters),
        cmocka_unit_test(an_interrupted_database_leaves_nothing_half_done),
        cmocka_unit_test(a_full_database_keeps_nothing_of_the_file),
        cmocka_unit_test(a_store_that_was_never_opened_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

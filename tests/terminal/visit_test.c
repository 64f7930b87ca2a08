/* A ticket that is open, and what may and may not close it: only the card that began it. */
#include "city.h"

static int set_up(void **state) {
    struct city *city = city_open();
    struct receipt receipt;
    *state = city;
    assert_int_equal(city_load(city, 900, 50000, &receipt), OK);
    assert_true(receipt.done);
    return 0;
}

static int tear_down(void **state) {
    city_close(*state);
    return 0;
}

static size_t pending(const struct city *city) {
    return journal_pending_count(terminal_journal(city->terminal));
}

/* The debit is done and its answer lost; only this ticket knows of it. */
static void lose_the_answer(struct city *city, uint32_t ticket, uint32_t amount) {
    struct receipt receipt;
    for (unsigned n = 1; pending(city) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_buy(city, ticket, amount, &receipt), ERR_OUTSIDE);
    }
}

/* The ticket is still open, its own card settles it, and it is paid once. */
static void settles_with_its_own_card(struct city *city, uint32_t ticket, uint32_t amount) {
    struct receipt receipt;
    assert_int_equal(pending(city), 1);
    city_restart_terminal(city);
    assert_int_equal(city_buy(city, ticket, amount, &receipt), OK);
    assert_true(receipt.done);
    assert_true(receipt.record.flags & JOURNAL_RECOVERED);
    assert_true(city_tac_good(&receipt.record));
    assert_int_equal(city_sold(city), amount);
    assert_int_equal(city_balance(city), 50000 - amount);
}

static enum err foreign_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    (void)self;
    (void)why;
    *len = from_hex("3B6C00020102863801020304050607 08", atr, ATR_MAX);
    return OK;
}

/* A card from elsewhere in the slot must not end what our card has paid for. */
static void a_strangers_card_does_not_close_an_open_ticket(void **state) {
    struct city *city = *state;
    struct trade_order order = city_order(city, 1, 300, NULL);
    struct reader foreign = city->card.reader;
    struct receipt receipt;
    struct why why;
    lose_the_answer(city, 1, 300);
    foreign.reset = foreign_reset;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(
            terminal_purchase(city->terminal, &foreign, &order, &receipt, &why), ERR_CONFLICT);
        assert_false(receipt.done);
        assert_non_null(strstr(why.text, "still open"));
    }
    settles_with_its_own_card(city, 1, 300);
}

/* Says of every file that it is not there, as a card does that was damaged or erased. */
static enum err empty_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    (void)self;
    (void)line;
    (void)why;
    *reply = (struct reply){.sw = SW_FILE_NOT_FOUND};
    return OK;
}

static void a_card_that_does_not_tell_leaves_its_ticket_open(void **state) {
    struct city *city = *state;
    struct trade_order order = city_order(city, 1, 300, NULL);
    struct reader empty = city->card.inside;
    struct receipt receipt;
    struct why why;
    lose_the_answer(city, 1, 300);
    empty.exchange = empty_exchange;
    assert_int_equal(
        terminal_purchase(city->terminal, &empty, &order, &receipt, &why), ERR_CONFLICT);
    assert_int_equal(pending(city), 1);
    order = city_order(city, 2, 10, NULL); /* a new ticket is refused: nothing began under it */
    assert_int_equal(terminal_purchase(city->terminal, &empty, &order, &receipt, &why), OK);
    assert_int_equal(receipt.reason, REFUSED_FOREIGN_CARD);
    settles_with_its_own_card(city, 1, 300);
}

/* Blocked between the cut and the next visit: the money has left the card all the same. */
static void a_blocked_card_leaves_its_ticket_open(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    lose_the_answer(city, 1, 300);
    struct nvm *nvm = &city->card.nvm;
    struct store store;
    struct dir master, wallet;
    for (int block = 1; block >= 0; block--) { /* blocked, then free again */
        assert_true(store_recover(&store, nvm));
        assert_int_equal(dir_master(&store, &master), SW_OK);
        assert_int_equal(dir_by_fid(&store, &master, 0x3F01, &wallet), SW_OK);
        store_begin(&store);
        assert_int_equal(dir_block(&store, &wallet, (uint8_t)block), SW_OK);
        assert_true(store_commit(&store));
        if (block) {
            assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_CONFLICT);
        }
    }
    settles_with_its_own_card(city, 1, 300);
}

/* --- two terminals ---------------------------------------------------------------------------- */

/* The terminal's program ends, and that of another place begins: same module, another journal. */
static void go_to(struct city *city, const char *place) {
    terminal_close(city->terminal);
    (void)snprintf(city->journal_path, sizeof city->journal_path, "/tmp/terminal-test-%ld%s",
        (long)getpid(), place);
    city_open_terminal(city);
}

/* The card is pulled before the debit; then it buys for the same amount elsewhere, and comes back with
 * the other terminal's proof: number, balance and proof all fit. The module, which still holds the
 * session, sees that its MAC2 is another purchase's, and no goods go out. */
static void a_proof_from_elsewhere_buys_nothing_here(void **state) {
    struct city *city = *state;
    struct city_chip elsewhere;
    struct terminal_setup setup = city->setup;
    struct terminal *other = NULL;
    struct trade_order order = city_order(city, 2, 300, NULL);
    struct receipt receipt = {0};
    struct why why = {{0}};
    char path[sizeof city->journal_path + 8];
    (void)snprintf(path, sizeof path, "%s-other", city->journal_path);
    (void)unlink(path);
    module_make(&elsewhere, 3);
    setup.module = &elsewhere.reader;
    setup.journal_path = path;
    for (unsigned n = 1; pending(city) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_COMMAND);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    assert_int_equal(terminal_open(&setup, &other, &why), OK);
    assert_int_equal(terminal_purchase(other, &city->card.reader, &order, &receipt, &why), OK);
    assert_true(receipt.done);
    (void)city_buy(city, 1, 300, &receipt);
    assert_false(receipt.done);
    const struct journal_record *r = journal_at(terminal_journal(city->terminal), 1);
    assert_non_null(r);
    assert_int_equal(r->state, TICKET_DOUBTFUL);
    assert_true(r->flags & JOURNAL_MAC2_WRONG);
    assert_int_equal(city_balance(city), 50000 - 300);
    terminal_close(other);
    reader_close(&elsewhere.inside);
    (void)unlink(path);
}

/* The same card, the same terminal, the same session: the module vouches for the proof. */
static void the_module_vouches_for_a_proof_fetched_later(void **state) {
    struct city *city = *state;
    struct receipt receipt = {0};
    lose_the_answer(city, 1, 300);
    assert_int_equal(city_buy(city, 1, 300, &receipt), OK);
    assert_true(receipt.done);
    assert_true(receipt.record.flags & JOURNAL_RECOVERED);
    assert_int_equal(receipt.record.flags & JOURNAL_MAC2_WRONG, 0);
}

/* Begins a load here that the card never sees; whether the centre heard of it is the question. */
static void leave_a_load(struct city *city, uint32_t ticket, uint32_t amount, bool heard) {
    struct receipt receipt;
    city->centre.silent_from = city->centre.silent_to = city->centre.asked + 1;
    city->centre.deaf = !heard;
    assert_int_equal(city_load(city, ticket, amount, &receipt), ERR_OUTSIDE);
    assert_int_equal(pending(city), 1);
}

/* The card is loaded elsewhere in between. Its proof is that of the other load, and must not make a
 * false card of it, nor a load of the ticket that was left. */
static void a_load_elsewhere_leaves_the_open_one_undone(void **state) {
    struct city *city = *state;
    for (int heard = 0; heard < 2; heard++) {
        struct receipt receipt;
        struct settled settled;
        struct why why = {{0}};
        uint32_t ticket = 10 + 10 * (uint32_t)heard, before = city_balance(city);
        leave_a_load(city, ticket, 2000, heard);
        go_to(city, "-2");
        assert_int_equal(city_load(city, ticket + 1, 300, &receipt), OK);
        assert_true(receipt.done);
        (void)unlink(city->journal_path);
        go_to(city, "");
        assert_int_equal(terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
        assert_int_equal(settled.undone, 1);
        assert_int_equal(settled.done + settled.doubtful, 0);
        assert_int_equal(city_balance(city), before + 300);
        assert_int_equal(city_load(city, ticket, 2000, &receipt), OK); /* and is made now */
        assert_true(receipt.done);
        assert_int_equal(receipt.record.flags & JOURNAL_RECOVERED, 0);
        assert_int_equal(city_balance(city), before + 2300);
        assert_int_equal(city->centre.posted_fen, city_balance(city));
        assert_int_equal(centre_open_orders(&city->centre), 0);
    }
}

/* The same without a line at the return: the ticket is not told as done, and waits. */
static void without_a_line_a_load_elsewhere_is_not_taken_for_ours(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    leave_a_load(city, 10, 2000, false);
    go_to(city, "-2");
    assert_int_equal(city_load(city, 11, 300, &receipt), OK);
    (void)unlink(city->journal_path);
    go_to(city, "");
    terminal_set_line(city->terminal, NULL);
    assert_int_equal(city_load(city, 10, 2000, &receipt), ERR_OUTSIDE);
    assert_false(receipt.done);
    assert_int_equal(pending(city), 1);
    terminal_set_line(city->terminal, &city->line);
    assert_int_equal(city_load(city, 10, 2000, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_balance(city), 52300);
    assert_int_equal(city->centre.posted_fen, 52300);
}

/* The load is on the card and in the books, but the word of it was lost, and another load took the
 * place of its proof: the centre knows that it is posted, and it is not made again. */
static void a_load_that_is_posted_already_is_done(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    for (unsigned n = 1; city_balance(city) != 52000; n++) { /* up to the credit's answer */
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_load(city, 10, 2000, &receipt), ERR_OUTSIDE);
    }
    go_to(city, "-2");
    assert_int_equal(city_buy(city, 11, 70, &receipt), OK);
    (void)unlink(city->journal_path);
    go_to(city, "");
    city->centre.deaf = false; /* the proof is heard, the answer is not */
    city->centre.silent_from = city->centre.silent_to = city->centre.asked + 1;
    assert_int_equal(city_load(city, 10, 2000, &receipt), ERR_OUTSIDE);
    assert_int_equal(city->centre.posted_fen, 52000);
    go_to(city, "-2");
    assert_int_equal(city_load(city, 12, 500, &receipt), OK);
    (void)unlink(city->journal_path);
    go_to(city, "");
    assert_int_equal(city_load(city, 10, 2000, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_balance(city), 52000 - 70 + 500);
    assert_int_equal(city->centre.posted_fen, 52500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_strangers_card_does_not_close_an_open_ticket),
        TEST(a_card_that_does_not_tell_leaves_its_ticket_open),
        TEST(a_blocked_card_leaves_its_ticket_open),
        TEST(a_proof_from_elsewhere_buys_nothing_here),
        TEST(the_module_vouches_for_a_proof_fetched_later),
        TEST(a_load_elsewhere_leaves_the_open_one_undone),
        TEST(without_a_line_a_load_elsewhere_is_not_taken_for_ours),
        TEST(a_load_that_is_posted_already_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

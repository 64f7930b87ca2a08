#include "city.h"
#include "same.h"

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

static void a_purchase_takes_the_money_and_leaves_a_record(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_buy(city, 1, 1234, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(receipt.reason, REFUSED_NOTHING);
    assert_int_equal(receipt.record.flags, JOURNAL_MAC2_GOOD);
    assert_int_equal(receipt.record.balance, 50000);
    assert_int_equal(receipt.record.number, 0);
    assert_int_equal(receipt.record.terminal_seq, 1);
    assert_hex(bytes_of(receipt.record.factor, 8), CITY_FACTOR);
    assert_true(city_tac_good(&receipt.record));
    assert_int_equal(city_balance(city), 50000 - 1234);
    assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 0);
}

static void the_counters_go_up_with_each_purchase(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    for (uint32_t i = 1; i <= 12; i++) {
        assert_int_equal(city_buy(city, i, 100 * i, &receipt), OK);
        assert_true(receipt.done);
        assert_int_equal(receipt.record.number, i - 1);
        assert_int_equal(receipt.record.terminal_seq, i);
        assert_true(city_tac_good(&receipt.record));
    }
    assert_int_equal(city_balance(city), 50000 - 7800);
    assert_int_equal(city_sold(city), 7800);
}

/* The same terminal, with every step forced to the disk before the next. */
static void a_durable_terminal_sells_and_settles_as_well(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    city->setup.durable = true;
    city_restart_terminal(city);
    for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    city_restart_terminal(city);
    assert_int_equal(city_buy(city, 1, 300, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_buy(city, 2, 100, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_balance(city), 50000 - 400);
    struct why why;
    assert_int_equal(terminal_sync(city->terminal, &why), OK);
}

static void the_same_ticket_is_one_purchase(void **state) {
    struct city *city = *state;
    struct receipt first, again;
    assert_int_equal(city_buy(city, 1, 1234, &first), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(city_buy(city, 1, 1234, &again), OK);
        assert_same_record(&again.record, &first.record);
        assert_true(again.done);
        city_restart_terminal(city);
    }
    assert_int_equal(city_balance(city), 50000 - 1234);
}

static void a_ticket_with_another_amount_or_kind_is_a_conflict(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_buy(city, 1, 1234, &receipt), OK);
    assert_int_equal(city_buy(city, 1, 1235, &receipt), ERR_CONFLICT);
    assert_int_equal(city_load(city, 1, 1234, &receipt), ERR_CONFLICT);
    assert_int_equal(city_balance(city), 50000 - 1234);
}

static void a_moment_that_is_none_is_refused(void **state) {
    struct city *city = *state;
    static const char *const moments[] = {"20030230093000", "20031008243000", "20031008096000",
        "20031008093060", "2003A008093000", "00000000000000"};
    struct receipt receipt;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        (void)from_hex(moments[i], city->moment, sizeof city->moment);
        assert_int_equal(city_buy(city, 50, 100, &receipt), ERR_INVALID);
    }
    assert_int_equal(city_balance(city), 50000);
}

/* --- refusals -------------------------------------------------------------------------------- */

/* Refused for this reason, journaled as an attempt, answered the same again, and nothing spent. */
static void refused(struct city *city, uint32_t ticket, uint32_t amount, enum refusal reason) {
    struct receipt receipt;
    uint32_t before = city_balance(city);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(city_buy(city, ticket, amount, &receipt), OK);
        assert_false(receipt.done);
        assert_int_equal(receipt.reason, reason);
        assert_int_equal(receipt.record.state, TICKET_REFUSED);
        assert_int_equal(receipt.record.reason, reason);
    }
    assert_int_equal(city_balance(city), before);
    assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 0);
}

static void a_listed_card_is_refused(void **state) {
    struct city *city = *state;
    city_list(city, 20031008, 20000, CITY_FACTOR);
    refused(city, 1, 100, REFUSED_BLACKLISTED);
    city_list(city, 20031008, 20000, "8684440100000018");
    struct receipt receipt;
    assert_int_equal(city_buy(city, 2, 100, &receipt), OK);
    assert_true(receipt.done);
}

static void without_a_list_nothing_is_sold(void **state) {
    struct city *city = *state;
    terminal_set_blacklist(city->terminal, NULL);
    refused(city, 1, 100, REFUSED_LIST_OLD);
}

/* One day offline, seven days at all; the hour counts. */
static void an_old_list_stops_offline_trade_and_then_all_trade(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    terminal_set_line(city->terminal, NULL);
    city_list(city, 20031007, 93000, NULL);
    assert_int_equal(city_buy(city, 1, 100, &receipt), OK);
    assert_true(receipt.done);
    city_list(city, 20031007, 92959, NULL);
    refused(city, 2, 100, REFUSED_LIST_OLD);
    terminal_set_line(city->terminal, &city->line);
    city_list(city, 20031001, 93000, NULL);
    assert_int_equal(city_buy(city, 3, 100, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(receipt.record.flags, JOURNAL_MAC2_GOOD | JOURNAL_ONLINE);
    city_list(city, 20031001, 92959, NULL);
    refused(city, 4, 100, REFUSED_LIST_OLD);
}

static void more_than_the_card_holds_is_refused(void **state) {
    struct city *city = *state;
    refused(city, 1, 50001, REFUSED_FUNDS);
    struct receipt receipt;
    assert_int_equal(city_buy(city, 2, 50000, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_balance(city), 0);
    refused(city, 3, 1, REFUSED_FUNDS);
}

static void above_the_limit_the_centre_is_asked(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    unsigned asked = city->centre.asked;
    assert_int_equal(city_buy(city, 1, 10000, &receipt), OK);
    assert_int_equal(city->centre.asked, asked);
    assert_int_equal(city_buy(city, 2, 10001, &receipt), OK);
    assert_true(receipt.done);
    assert_true(receipt.record.flags & JOURNAL_ONLINE);
    assert_int_equal(city->centre.asked, asked + 1);
    city->centre.card_stopped = true;
    refused(city, 3, 10001, REFUSED_NOT_IN_USE);
    city->centre.card_stopped = false;
    terminal_set_line(city->terminal, NULL);
    refused(city, 4, 10001, REFUSED_OVER_LIMIT);
    terminal_set_line(city->terminal, &city->line);
    city->centre.silent_from = city->centre.asked + 1;
    city->centre.silent_to = city->centre.asked + 1;
    refused(city, 5, 10001, REFUSED_OVER_LIMIT);
}

/* A refusal that is written would stand when the centre answers again. */
static void a_line_that_is_never_down_decides_nothing_by_silence(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    size_t records = journal_count(terminal_journal(city->terminal));
    city->line.always = true;
    city->centre.silent_from = city->centre.asked + 1;
    city->centre.silent_to = city->centre.asked + 2;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(city_buy(city, 1, 10001, &receipt), ERR_OUTSIDE);
        assert_int_equal(journal_count(terminal_journal(city->terminal)), records);
    }
    assert_int_equal(city_buy(city, 1, 10001, &receipt), OK);
    assert_true(receipt.done);
    assert_true(receipt.record.flags & JOURNAL_ONLINE);
    terminal_set_line(city->terminal, NULL);
    refused(city, 2, 10001, REFUSED_OVER_LIMIT);
}

static void the_centres_words_are_on_the_receipt(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    city->centre.card_stopped = true;
    assert_int_equal(city_buy(city, 3, 10001, &receipt), OK);
    assert_string_equal(receipt.story.text, "the card is reported lost");
}

static void the_days_total_is_kept_across_a_restart(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    terminal_set_line(city->terminal, NULL);
    city->setup.line = NULL;
    city->setup.limits.offline_day_fen = 3000;
    city_restart_terminal(city);
    assert_int_equal(city_buy(city, 1, 2000, &receipt), OK);
    assert_true(receipt.done);
    city_restart_terminal(city);
    refused(city, 2, 1001, REFUSED_DAY_LIMIT);
    assert_int_equal(city_buy(city, 3, 1000, &receipt), OK);
    assert_true(receipt.done);
    refused(city, 4, 1, REFUSED_DAY_LIMIT);
    city->moment[3] = 0x09; /* the next day, with its list */
    city_list(city, 20031009, 20000, NULL);
    assert_int_equal(city_buy(city, 5, 3000, &receipt), OK);
    assert_true(receipt.done);
}

static void a_card_out_of_its_days_is_refused(void **state) {
    struct city *city = *state;
    static const struct {
        const char *moment;
        bool good;
    } days[] = {
        {"20031007235959", false},
        {"20031008000000", true },
        {"20131008235959", true },
        {"20131009000000", false}
    };
    struct receipt receipt;
    for (uint32_t i = 0; i < 4; i++) {
        (void)from_hex(days[i].moment, city->moment, sizeof city->moment);
        city_list(city, i < 2 ? 20031006 : 20131008, 0, NULL);
        if (days[i].good) {
            assert_int_equal(city_buy(city, i + 1, 1, &receipt), OK);
            assert_true(receipt.done);
        } else {
            refused(city, i + 1, 1, REFUSED_EXPIRED);
        }
    }
}

static enum err foreign_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    (void)self;
    (void)why;
    *len = from_hex("3B6C00020102863801020304050607 08", atr, ATR_MAX);
    return OK;
}

static void a_strangers_card_is_refused(void **state) {
    struct city *city = *state;
    struct trade_order order = city_order(city, 1, 100, NULL);
    struct reader foreign = city->card.reader;
    struct receipt receipt;
    struct why why;
    foreign.reset = foreign_reset;
    assert_int_equal(terminal_purchase(city->terminal, &foreign, &order, &receipt, &why), OK);
    assert_int_equal(receipt.reason, REFUSED_FOREIGN_CARD);
}

/* A chip whose wallet says another number than its answer to reset: a copied EF15. */
static void a_wallet_of_another_card_is_refused(void **state) {
    struct city *city = *state;
    city_balance(city);
    chip_say(&city->card,
        "00D695001E 1111222233330006 0301 00008684440100000099 20031008 20131008 5566");
    struct receipt receipt;
    assert_int_equal(city_buy(city, 1, 100, &receipt), OK);
    assert_int_equal(receipt.reason, REFUSED_FOREIGN_CARD);
    assert_int_equal(city_balance(city), 50000);
}

static void a_card_without_a_wallet_is_refused(void **state) {
    struct city *city = *state;
    struct city_chip *bare = calloc(1, sizeof *bare);
    struct trade_order order = city_order(city, 1, 100, NULL);
    struct receipt receipt;
    struct why why;
    assert_non_null(bare);
    chip_make(bare, "00000044", 9);
    assert_int_equal(terminal_purchase(city->terminal, &bare->reader, &order, &receipt, &why), OK);
    assert_int_equal(receipt.reason, REFUSED_FOREIGN_CARD);
    reader_close(&bare->inside);
    free(bare);
}

/* A module whose key is another's makes a MAC1 that the card does not take; nothing is spent. */
static void a_module_with_another_key_is_refused_by_the_card(void **state) {
    struct city *city = *state;
    city->setup.city_factor[0] ^= 1;
    city_restart_terminal(city);
    refused(city, 1, 100, REFUSED_MAC_WRONG);
}

static void a_locked_module_sells_nothing(void **state) {
    struct city *city = *state;
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    struct why why;
    assert_int_equal(reader_reset(&city->module.inside, atr, &len, &why), OK);
    chip_say(&city->module, "00A4000002 DF01");
    chip_say(&city->module, "00D6980002 0A00");
    city_restart_terminal(city);
    refused(city, 1, 100, REFUSED_MODULE_LOCKED);
}

/* --- a card that is no card ------------------------------------------------------------------ */

/* Passes everything through and spoils one byte of the answer to the debit. */
struct forger {
    struct reader inner;
    size_t spoil_at;
    bool armed;
};

static enum err forger_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    struct forger *f = self;
    return f->inner.reset(f->inner.self, atr, len, why);
}

static enum err forger_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct forger *f = self;
    bool debit = line.len > 2 && line.at[0] == 0x80 && line.at[1] == 0x54;
    enum err err = f->inner.exchange(f->inner.self, line, reply, why);
    if (!err && debit && f->armed && reply->len == 8) {
        reply->data[f->spoil_at] ^= 0x80;
    }
    return err;
}

static void a_wrong_mac2_stops_the_goods_and_is_uploaded(void **state) {
    struct city *city = *state;
    struct forger forger = {city->card.reader, 4, true};
    struct reader r = {&forger, forger_reset, forger_exchange, NULL};
    struct trade_order order = city_order(city, 1, 700, NULL);
    struct receipt receipt;
    struct why why = {{0}};
    for (int again = 0; again < 2; again++) {
        assert_int_equal(terminal_purchase(city->terminal, &r, &order, &receipt, &why), OK);
        assert_false(receipt.done);
        assert_int_equal(receipt.reason, REFUSED_CARD_FALSE);
        assert_int_equal(receipt.record.state, TICKET_DONE);
        assert_true(receipt.record.flags & JOURNAL_MAC2_WRONG);
    }
}

/* --- pulled cards ---------------------------------------------------------------------------- */

/* The card is pulled at every exchange of a purchase, on both sides of the moment. Afterwards the same
 * ticket is asked for again, in a terminal that may have been restarted: then it is sold exactly once
 * and exactly one record says so, with the card's own TAC. */
static void a_card_pulled_at_any_moment_pays_exactly_once(void **state) {
    struct city *city = *state;
    uint32_t balance = 50000, ticket = 100;
    unsigned recovered = 0, interrupted = 0;
    bool all_passed[2] = {false, false};
    for (unsigned n = 1; !all_passed[0] || !all_passed[1]; n++) {
        for (int late = 0; late < 2; late++) {
            struct receipt receipt;
            ticket++;
            pulled_arm(&city->card.pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            enum err err = city_buy(city, ticket, 100, &receipt);
            all_passed[late] = err == OK;
            interrupted += err != OK;
            pulled_arm(&city->card.pulled, 0, PULL_NEVER);
            if (n % 2) {
                city_restart_terminal(city);
            }
            assert_int_equal(city_buy(city, ticket, 100, &receipt), OK);
            assert_true(receipt.done);
            assert_true(city_tac_good(&receipt.record));
            recovered += (receipt.record.flags & JOURNAL_RECOVERED) != 0;
            balance -= 100;
            assert_int_equal(city_balance(city), balance);
            assert_int_equal(city_sold(city), 50000 - balance);
        }
    }
    print_message(
        "%u purchases cut short, %u recovered by the card's proof\n", interrupted, recovered);
    assert_true(interrupted >= 8);
    assert_true(recovered >= 1);
}

/* The same, but the holder walks away and comes back for something else: the open purchase is settled
 * first, on the way to the next one. */
static void the_next_purchase_settles_the_last_one(void **state) {
    struct city *city = *state;
    for (int late = 0; late < 2; late++) {
        struct receipt receipt;
        uint32_t ticket = 200 + (uint32_t)late * 10, before = city_balance(city);
        unsigned n = 0;
        do { /* find the exchange of the debit: the one that leaves the ticket open */
            n++;
            pulled_arm(&city->card.pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            assert_int_equal(city_buy(city, ticket, 300, &receipt), ERR_OUTSIDE);
        } while (journal_pending_count(terminal_journal(city->terminal)) == 0);
        assert_int_equal(city_buy(city, ticket + 1, 50, &receipt), OK);
        assert_true(receipt.done);
        assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 0);
        assert_int_equal(city_balance(city), before - 50 - (late ? 300 : 0));
        struct trade_order first = city_order(city, ticket, 300, NULL);
        const struct journal_record *r = journal_find(
            terminal_journal(city->terminal), first.ticket);
        assert_int_equal(r->state, late ? TICKET_DONE : TICKET_VOID);
    }
}

/* Pulled again and again, at every exchange of the recovery as well. */
static void a_card_pulled_during_the_recovery_pays_once(void **state) {
    struct city *city = *state;
    uint32_t ticket = 1000, balance = 50000;
    for (int late = 0; late < 2; late++) {
        for (unsigned m = 1; m <= 12; m++) {
            struct receipt receipt;
            unsigned n = 0;
            ticket++;
            do {
                n++;
                pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
                assert_int_equal(city_buy(city, ticket, 10, &receipt), ERR_OUTSIDE);
            } while (journal_pending_count(terminal_journal(city->terminal)) == 0);
            pulled_arm(&city->card.pulled, m, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            (void)city_buy(city, ticket, 10, &receipt);
            pulled_arm(&city->card.pulled, 0, PULL_NEVER);
            assert_int_equal(city_buy(city, ticket, 10, &receipt), OK);
            assert_true(receipt.done);
            balance -= 10;
            assert_int_equal(city_balance(city), balance);
            assert_int_equal(city_sold(city), 50000 - balance);
        }
    }
}

/* The power goes in every programming of the chip during the debit, and its last answer is lost. */
static void a_chip_cut_in_any_programming_of_the_debit_pays_exactly_once(void **state) {
    struct city *city = *state;
    uint32_t ticket = 5000, balance = 50000;
    bool through = false;
    for (uint64_t cut = 0; !through; cut++) {
        struct receipt receipt;
        ticket++;
        memory_cut_after(&city->card.memory, cut, (uint8_t)(cut * 7));
        enum err err = city_buy(city, ticket, 10, &receipt);
        through = err == OK && receipt.done;
        memory_power(&city->card.memory);
        assert_int_equal(city_buy(city, ticket, 10, &receipt), OK);
        assert_true(receipt.done);
        balance -= 10;
        assert_int_equal(city_balance(city), balance);
        assert_int_equal(city_sold(city), 50000 - balance);
    }
}

static void a_pending_ticket_waits_for_its_own_card(void **state) {
    struct city *city = *state;
    struct city_chip *other = calloc(1, sizeof *other);
    struct trade_order order = city_order(city, 1, 300, NULL);
    struct receipt receipt;
    struct why why;
    assert_non_null(other);
    card_make(other, "00000018", 5);
    for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    assert_int_equal(
        terminal_purchase(city->terminal, &other->reader, &order, &receipt, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "another card"));
    order = city_order(city, 2, 1, NULL); /* the other card may trade on its own account */
    assert_int_equal(terminal_purchase(city->terminal, &other->reader, &order, &receipt, &why), OK);
    assert_int_equal(receipt.reason, REFUSED_FUNDS);
    assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 1);
    assert_int_equal(city_buy(city, 1, 300, &receipt), OK);
    assert_true(receipt.done);
    reader_close(&other->inside);
    free(other);
}

/* After the cut the card buys at another terminal, which settles nothing there: the counter has moved
 * by two, the proof is overwritten, and the ticket is left to the centre. */
static void a_proof_that_was_overwritten_is_doubtful(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    struct settled settled;
    struct why why;
    for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    char first_path[sizeof city->journal_path];
    (void)memcpy(first_path, city->journal_path, sizeof first_path);
    terminal_close(city->terminal);
    (void)strcat(city->journal_path, "-2");
    city_open_terminal(city);
    assert_int_equal(city_buy(city, 2, 77, &receipt), OK);
    assert_true(receipt.done);
    terminal_close(city->terminal);
    (void)unlink(city->journal_path);
    (void)memcpy(city->journal_path, first_path, sizeof first_path);
    city_open_terminal(city);
    assert_int_equal(terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
    assert_int_equal(settled.doubtful, 1);
    assert_int_equal(settled.done + settled.undone, 0);
    assert_int_equal(city_buy(city, 1, 300, &receipt), OK);
    assert_false(receipt.done);
    assert_int_equal(receipt.record.state, TICKET_DOUBTFUL);
    assert_int_equal(city_balance(city), 50000 - 300 - 77);
}

static void recover_alone_tells_what_came_of_it(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    struct settled settled;
    struct why why;
    assert_int_equal(terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
    assert_int_equal(settled.done + settled.undone + settled.doubtful, 0);
    for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_COMMAND);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    assert_int_equal(terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
    assert_int_equal(settled.undone, 1);
    assert_int_equal(city_balance(city), 50000);
}

/* The module goes silent at every one of its exchanges: the sale happens once, or not at all and then
 * on the second try. */
static void a_silent_module_costs_nobody_money(void **state) {
    struct city *city = *state;
    uint32_t balance = 50000, ticket = 300;
    for (unsigned n = 1; n <= 3; n++) {
        for (int late = 0; late < 2; late++) {
            struct receipt receipt;
            ticket++;
            pulled_arm(&city->module.pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            enum err err = city_buy(city, ticket, 10, &receipt);
            pulled_arm(&city->module.pulled, 0, PULL_NEVER);
            city_restart_terminal(city);
            assert_int_equal(err, n == 1 ? ERR_OUTSIDE : OK);
            assert_int_equal(city_buy(city, ticket, 10, &receipt), OK);
            assert_true(receipt.done);
            balance -= 10;
            assert_int_equal(city_balance(city), balance);
            assert_int_equal(city_sold(city), 50000 - balance);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_purchase_takes_the_money_and_leaves_a_record),
        TEST(the_counters_go_up_with_each_purchase),
        TEST(a_durable_terminal_sells_and_settles_as_well),
        TEST(the_same_ticket_is_one_purchase),
        TEST(a_ticket_with_another_amount_or_kind_is_a_conflict),
        TEST(a_moment_that_is_none_is_refused),
        TEST(a_listed_card_is_refused),
        TEST(without_a_list_nothing_is_sold),
        TEST(an_old_list_stops_offline_trade_and_then_all_trade),
        TEST(more_than_the_card_holds_is_refused),
        TEST(above_the_limit_the_centre_is_asked),
        TEST(a_line_that_is_never_down_decides_nothing_by_silence),
        TEST(the_centres_words_are_on_the_receipt),
        TEST(the_days_total_is_kept_across_a_restart),
        TEST(a_card_out_of_its_days_is_refused),
        TEST(a_strangers_card_is_refused),
        TEST(a_wallet_of_another_card_is_refused),
        TEST(a_card_without_a_wallet_is_refused),
        TEST(a_module_with_another_key_is_refused_by_the_card),
        TEST(a_locked_module_sells_nothing),
        TEST(a_wrong_mac2_stops_the_goods_and_is_uploaded),
        TEST(a_card_pulled_at_any_moment_pays_exactly_once),
        TEST(the_next_purchase_settles_the_last_one),
        TEST(a_card_pulled_during_the_recovery_pays_once),
        TEST(a_chip_cut_in_any_programming_of_the_debit_pays_exactly_once),
        TEST(a_pending_ticket_waits_for_its_own_card),
        TEST(a_proof_that_was_overwritten_is_doubtful),
        TEST(recover_alone_tells_what_came_of_it),
        TEST(a_silent_module_costs_nobody_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

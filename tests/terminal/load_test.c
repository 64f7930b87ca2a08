#include "city.h"
#include "same.h"

static int set_up(void **state) {
    *state = city_open();
    return 0;
}

static int tear_down(void **state) {
    city_close(*state);
    return 0;
}

/* The one sum that must always hold: what the centre posted is on the card, when nothing was bought
 * and no load is open anywhere. */
static void books_and_card_agree(struct city *city) {
    assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 0);
    assert_null(journal_untold(terminal_journal(city->terminal)));
    assert_int_equal(centre_open_orders(&city->centre), 0);
    assert_int_equal(city_balance(city), city->centre.posted_fen);
}

static void a_load_is_on_the_card_and_in_the_books(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_load(city, 1, 20000, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(receipt.record.trade, TRADE_EP_LOAD);
    assert_int_equal(receipt.record.balance, 0);
    assert_memory_equal(receipt.record.moment, centre_moment, MOMENT_LEN);
    assert_int_equal(city_balance(city), 20000);
    books_and_card_agree(city);
}

static void the_same_ticket_is_one_load(void **state) {
    struct city *city = *state;
    struct receipt first, again;
    assert_int_equal(city_load(city, 1, 20000, &first), OK);
    city_restart_terminal(city);
    assert_int_equal(city_load(city, 1, 20000, &again), OK);
    assert_true(again.done);
    assert_same_record(&again.record, &first.record);
    assert_int_equal(city_load(city, 1, 20001, &again), ERR_CONFLICT);
    assert_int_equal(city_balance(city), 20000);
    assert_int_equal(city_load(city, 2, 5000, &again), OK);
    assert_int_equal(city_balance(city), 25000);
    books_and_card_agree(city);
}

static void refused(struct city *city, uint32_t ticket, const char *pin, enum refusal reason) {
    struct trade_order order = city_order(city, ticket, 1000, pin);
    struct receipt receipt;
    struct why why = {{0}};
    uint32_t before = city_balance(city);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(
            terminal_load(city->terminal, &city->card.reader, &order, &receipt, &why), OK);
        assert_false(receipt.done);
        assert_int_equal(receipt.reason, reason);
    }
    assert_int_equal(city_balance(city), before);
    assert_int_equal(centre_open_orders(&city->centre), 0);
    assert_int_equal(journal_pending_count(terminal_journal(city->terminal)), 0);
}

static void a_wrong_pin_is_counted_and_then_locked(void **state) {
    struct city *city = *state;
    refused(city, 1, "123457", REFUSED_PIN_WRONG);
    refused(city, 2, "12345", REFUSED_PIN_WRONG);
    struct receipt receipt;
    assert_int_equal(
        city_load(city, 3, 100, &receipt), OK); /* the right one gives the tries back */
    assert_true(receipt.done);
    refused(city, 4, "000000", REFUSED_PIN_WRONG);
    refused(city, 5, "000000", REFUSED_PIN_WRONG);
    refused(city, 6, "000000", REFUSED_PIN_BLOCKED);
    refused(city, 7, "123456", REFUSED_PIN_BLOCKED);
}

/* What is no PIN at all never reaches the card and costs no try. */
static void what_is_no_pin_is_an_error(void **state) {
    struct city *city = *state;
    static const char *const pins[] = {NULL, "", "123", "12345a", "1234567890123", "12 456"};
    struct receipt receipt;
    struct why why;
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct trade_order order = city_order(city, 10 + i, 1000, pins[i]);
        assert_int_equal(
            terminal_load(city->terminal, &city->card.reader, &order, &receipt, &why), ERR_INVALID);
    }
    assert_int_equal(city_load(city, 1, 1000, &receipt), OK);
    assert_true(receipt.done);
}

static void without_a_line_there_is_no_load(void **state) {
    struct city *city = *state;
    terminal_set_line(city->terminal, NULL);
    refused(city, 1, "123456", REFUSED_NO_LINE);
}

static void a_listed_card_is_not_loaded(void **state) {
    struct city *city = *state;
    city_list(city, 20031008, 20000, CITY_FACTOR);
    refused(city, 1, "123456", REFUSED_BLACKLISTED);
}

static void the_centres_no_is_told_and_final(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    city->centre.card_stopped = true;
    assert_int_equal(city_load(city, 1, 1000, &receipt), OK);
    assert_int_equal(receipt.reason, REFUSED_CENTRE_SAYS);
    assert_string_equal(receipt.story.text, "the card is reported lost");
    city->centre.card_stopped = false;
    refused(city, 1, "123456", REFUSED_CENTRE_SAYS);
    books_and_card_agree(city);
}

static void more_than_the_card_may_hold_is_refused(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_load(city, 1, 1000000, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_load(city, 2, 1, &receipt), OK);
    assert_int_equal(receipt.reason, REFUSED_CEILING);
    books_and_card_agree(city);
}

/* The card does not take a wrong MAC2; the centre hears that nothing happened. */
static void a_wrong_mac2_of_the_centre_is_taken_back(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    city->centre.wrong_mac2 = true;
    assert_int_equal(city_load(city, 1, 1000, &receipt), OK);
    assert_int_equal(receipt.reason, REFUSED_MAC_WRONG);
    books_and_card_agree(city);
    city->centre.wrong_mac2 = false;
    assert_int_equal(city_load(city, 2, 1000, &receipt), OK);
    assert_true(receipt.done);
    books_and_card_agree(city);
}

/* The card is pulled at every exchange, on both sides of the moment; the same ticket afterwards is on
 * the card once, and in the books once. */
static void a_card_pulled_at_any_moment_is_loaded_exactly_once(void **state) {
    struct city *city = *state;
    uint32_t ticket = 100, balance = 0;
    bool passed[2] = {false, false};
    unsigned interrupted = 0, recovered = 0;
    for (unsigned n = 1; !passed[0] || !passed[1]; n++) {
        for (int late = 0; late < 2; late++) {
            struct receipt receipt;
            ticket++;
            pulled_arm(&city->card.pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            passed[late] = city_load(city, ticket, 100, &receipt) == OK;
            interrupted += !passed[late];
            pulled_arm(&city->card.pulled, 0, PULL_NEVER);
            if (n % 2) {
                city_restart_terminal(city);
            }
            assert_int_equal(city_load(city, ticket, 100, &receipt), OK);
            assert_true(receipt.done);
            recovered += (receipt.record.flags & JOURNAL_RECOVERED) != 0;
            balance += 100;
            assert_int_equal(city_balance(city), balance);
            books_and_card_agree(city);
        }
    }
    print_message("%u loads cut short, %u recovered by the card's proof\n", interrupted, recovered);
    assert_true(interrupted >= 10);
    assert_int_equal(recovered, 1);
}

/* The power goes in every programming of the chip. */
static void a_chip_cut_in_any_programming_is_loaded_exactly_once(void **state) {
    struct city *city = *state;
    uint32_t ticket = 5000, balance = 0;
    bool through = false;
    for (uint64_t cut = 0; !through; cut++) {
        struct receipt receipt;
        ticket++;
        memory_cut_after(&city->card.memory, cut, (uint8_t)(cut * 5));
        enum err err = city_load(city, ticket, 10, &receipt);
        through = err == OK && receipt.done;
        memory_power(&city->card.memory);
        if (err == OK && !through) {
            ticket++; /* a PIN could not be counted: that was a refusal, and is final */
        }
        assert_int_equal(city_load(city, ticket, 10, &receipt), OK);
        assert_true(receipt.done);
        balance += 10;
        assert_int_equal(city_balance(city), balance);
        books_and_card_agree(city);
    }
}

/* Each answer of the centre is lost in turn, heard or not; and for one, two or three questions in a
 * row. In the end the load is on the card once and in the books once. */
static void a_lost_answer_of_the_centre_costs_nobody_money(void **state) {
    struct city *city = *state;
    uint32_t ticket = 200, balance = 0;
    for (unsigned first = 1; first <= 3; first++) {
        for (unsigned count = 1; count <= 3; count++) {
            for (int deaf = 0; deaf < 2; deaf++) {
                struct receipt receipt;
                ticket++;
                city->centre.deaf = deaf != 0;
                city->centre.silent_from = city->centre.asked + first;
                city->centre.silent_to = city->centre.asked + first + count - 1;
                enum err err = ERR_OUTSIDE;
                for (int i = 0; i < 8 && err == ERR_OUTSIDE; i++) {
                    err = city_load(city, ticket, 100, &receipt);
                }
                assert_int_equal(err, OK);
                assert_true(receipt.done);
                city->centre.silent_from = 0;
                city->centre.silent_to = 0;
                struct settled settled;
                struct why why;
                assert_int_equal(
                    terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
                balance += 100;
                assert_int_equal(city_balance(city), balance);
                books_and_card_agree(city);
            }
        }
    }
}

/* The confirmation does not get through: the holder has the money and may go; the centre hears it at
 * the next visit of anybody. */
static void an_untold_load_is_told_at_the_next_visit(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    city->centre.deaf = true;
    city->centre.silent_from = city->centre.asked + 2;
    city->centre.silent_to = city->centre.asked + 2;
    assert_int_equal(city_load(city, 1, 700, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(receipt.record.state, TICKET_UNTOLD);
    assert_int_equal(city->centre.posted_fen, 0);
    assert_int_equal(city_balance(city), 700);
    city_restart_terminal(city);
    assert_int_equal(city_buy(city, 2, 100, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city->centre.posted_fen, 700);
    assert_null(journal_untold(terminal_journal(city->terminal)));
    assert_int_equal(city_load(city, 1, 700, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city_balance(city), 600);
}

/* As long as a load of a card may be open at the centre, the terminal does not sell on that card. */
static void no_sale_while_a_load_is_open(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_load(city, 1, 5000, &receipt), OK);
    city->centre.silent_from = city->centre.asked + 1;
    city->centre.silent_to = city->centre.asked + 100;
    assert_int_equal(city_load(city, 2, 700, &receipt), ERR_OUTSIDE);
    assert_int_equal(city_buy(city, 3, 100, &receipt), ERR_OUTSIDE);
    terminal_set_line(city->terminal, NULL);
    assert_int_equal(city_buy(city, 3, 100, &receipt), ERR_OUTSIDE);
    assert_int_equal(city_balance(city), 5000);
    terminal_set_line(city->terminal, &city->line);
    city->centre.silent_to = 0;
    assert_int_equal(city_buy(city, 3, 100, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(centre_open_orders(&city->centre), 0);
    assert_int_equal(city_balance(city), 4900);
    assert_int_equal(city->centre.posted_fen, 5000);
}

/* A ticket cannot be tried for ever: the number of its attempts must not begin again. */
static void a_ticket_that_never_works_out_is_given_up(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    assert_int_equal(city_load(city, 900, 5000, &receipt), OK);
    for (int i = 0; i <= UINT8_MAX; i++) {
        for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
            pulled_arm(&city->card.pulled, n, PULL_BEFORE_COMMAND);
            assert_int_equal(city_buy(city, 1, 100, &receipt), ERR_OUTSIDE);
        }
        struct settled settled;
        struct why why;
        assert_int_equal(terminal_recover(city->terminal, &city->card.reader, &settled, &why), OK);
        assert_int_equal(settled.undone, 1);
    }
    assert_int_equal(city_buy(city, 1, 100, &receipt), ERR_CONFLICT);
    assert_int_equal(city_buy(city, 2, 100, &receipt), OK); /* another ticket is another matter */
    assert_true(receipt.done);
}

/* A further attempt goes to the centre under a ticket of its own, the first under the caller's. */
static void each_attempt_has_its_own_ticket_at_the_centre(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    struct trade_order order = city_order(city, 1, 700, "123456");
    for (int i = 0; i < 3; i++) {
        unsigned n = 0;
        size_t before = city->centre.count;
        while (city->centre.count == before) { /* pulled at the credit, before the card saw it */
            n++;
            pulled_arm(&city->card.pulled, n, PULL_BEFORE_COMMAND);
            assert_int_equal(city_load(city, 1, 700, &receipt), ERR_OUTSIDE);
        }
    }
    assert_int_equal(city_load(city, 1, 700, &receipt), OK);
    assert_true(receipt.done);
    assert_int_equal(city->centre.count, 4);
    assert_memory_equal(city->centre.entries[0].ticket, order.ticket, TICKET_LEN);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(
                city->centre.entries[i].ticket, city->centre.entries[k].ticket, TICKET_LEN);
        }
        assert_int_equal(city->centre.entries[i].state, i < 3 ? ENTRY_CANCELLED : ENTRY_POSTED);
    }
    books_and_card_agree(city);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_load_is_on_the_card_and_in_the_books),
        TEST(the_same_ticket_is_one_load),
        TEST(a_wrong_pin_is_counted_and_then_locked),
        TEST(what_is_no_pin_is_an_error),
        TEST(without_a_line_there_is_no_load),
        TEST(a_listed_card_is_not_loaded),
        TEST(the_centres_no_is_told_and_final),
        TEST(more_than_the_card_may_hold_is_refused),
        TEST(a_wrong_mac2_of_the_centre_is_taken_back),
        TEST(a_card_pulled_at_any_moment_is_loaded_exactly_once),
        TEST(a_chip_cut_in_any_programming_is_loaded_exactly_once),
        TEST(a_lost_answer_of_the_centre_costs_nobody_money),
        TEST(an_untold_load_is_told_at_the_next_visit),
        TEST(no_sale_while_a_load_is_open),
        TEST(a_ticket_that_never_works_out_is_given_up),
        TEST(each_attempt_has_its_own_ticket_at_the_centre),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

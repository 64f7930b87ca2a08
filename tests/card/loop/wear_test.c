/* What the commands cost the memory: page programmings of the command itself, at most, over many
 * days of a card; and how evenly the pages wear. The figures of issue 3, item 7. */
#include "card/hand.h"
#include "card/trader.h"

enum {
    DAYS = 40,
    TRADES_A_DAY = 20,
    PURCHASE_MOST = 3,
    TRY_MOST = 2,
    CYCLES = 500000,
};

static struct hand hand;
static uint8_t line[APDU_MAX];

/* Programmings of one line. */
static uint64_t cost_of(struct bytes command) {
    uint64_t before = hand.memory.programs;
    hand_send(&hand, command);
    return hand.memory.programs - before;
}

static uint64_t cost_of_text(const char *text) {
    return cost_of(bytes_of(line, from_hex(text, line, sizeof line)));
}

/* DEBIT FOR PURCHASE after its INITIALIZE, both together. */
static uint64_t cost_of_purchase(uint32_t seq) {
    uint64_t before = hand.memory.programs;
    assert_int_equal(trader_begin(&hand, 1, 2, 1, 0x0F), 0x9000);
    hand_send(&hand, bytes_of(line, trader_debit_line(&hand, 1, 0x06, seq, line)));
    assert_int_equal(hand_sw(&hand), 0x9000);
    return hand.memory.programs - before;
}

static void make_card(void) {
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_load(&hand, 500000), 0x9000);
}

/* Days of a card: each trade with a reset, SELECT, now and then a wrong PIN, the right one, and a
 * load; and each single cost. */
static void a_purchase_costs_at_most_three_programmings_and_a_try_two(void **state) {
    (void)state;
    make_card();
    for (uint32_t i = 0; i < DAYS * TRADES_A_DAY; i++) {
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_WALLET);
        if (i % 7 == 0) {
            assert_in_range(cost_of_text("0020000003654321"), 1, TRY_MOST);
        }
        assert_in_range(cost_of_text("0020000003123456"), 0, TRY_MOST);
        assert_in_range(cost_of_purchase(i), 1, PURCHASE_MOST);
        if (i % 10 == 0) {
            assert_int_equal(trader_load(&hand, 5), 0x9000);
        }
    }
}

/* The same without a reset or a SELECT in between: nothing is left to be tidied ever. */
static void trading_alone_never_brings_anything_home(void **state) {
    (void)state;
    make_card();
    for (uint32_t i = 0; i < 300; i++) {
        uint64_t cost = cost_of_text("0020000003123456");
        cost += cost_of_purchase(i);
        assert_true(i < 40 || cost == 4); /* until what made the card has gone home */
    }
}

/* Records, keys and everything else that is written in between costs its own pages when SELECT
 * comes, and a purchase no more than ever. */
static void cold_writes_are_tidied_away_before_money_moves(void **state) {
    (void)state;
    make_card();
    hand_ok(&hand, "80E0001D0728"
                   "0400F0F0FFFF");
    for (uint32_t i = 0; i < 400; i++) {
        char update[32];
        (void)snprintf(
            update, sizeof update, "00D6%04X01%02X", i * 37 % 0x400 % 0x100 | 0x9D00, i & 0xFF);
        hand_ok(&hand, update);
        if (i % 4 == 3) {
            hand_say(&hand, SELECT_WALLET);
            assert_in_range(cost_of_text("0020000003123456"), 0, TRY_MOST);
            assert_in_range(cost_of_purchase(i), 1, PURCHASE_MOST);
        }
    }
}

/* One command that writes, of four kinds. */
static void write_something(uint32_t dice) {
    static const char twenty[] = "0102030405060708091011121314151617181920";
    switch (dice % 4) {
    case 0:
        hand_ok(&hand, "0020000003123456");
        break;
    case 1:
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, false), 0x9000);
        break;
    case 2:
        assert_int_equal(partner_say(&hand, "04D69500", twenty, KEY_DAMK, PURSE_MAC), 0x9000);
        break;
    default:
        hand_say(&hand, "0020000003654321");
        break;
    }
}

/* Proofs, wrong tries and writes between SELECT and the purchase leave room for it: a brief batch
 * asks for little. */
static void a_talk_between_select_and_purchase_does_not_make_it_dearer(void **state) {
    enum { TALK_MOST = 10 }; /* and the last command of it: three pages at most */
    (void)state;
    make_card();
    for (uint32_t i = 0; i < 600; i++) {
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_WALLET);
        uint64_t before = hand.memory.programs;
        uint64_t talk = i * 7 % (TALK_MOST + 1);
        for (uint32_t dice = i / 3; hand.memory.programs - before < talk; dice = dice * 5 + 3) {
            write_something(dice);
        }
        hand_ok(&hand, "0020000003123456"); /* three wrong ones would lock it */
        assert_in_range(cost_of_purchase(i), 1, PURCHASE_MOST);
    }
}

/* 20 purchases a day with their PIN, each after a reset: the hottest page lasts for generations. */
static void the_hottest_page_outlives_the_card(void **state) {
    (void)state;
    make_card();
    memory_wear_begin(&hand.memory);
    enum { TRADES = 2000 };
    for (uint32_t i = 0; i < TRADES; i++) {
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_WALLET);
        hand_ok(&hand, "0020000003123456");
        (void)cost_of_purchase(i);
    }
    struct memory_wear wear = memory_wear(&hand.memory);
    double years = memory_years(wear, TRADES, TRADES_A_DAY, CYCLES);
    print_message("purchases with PIN: %.2f programmings each, hottest page %u: %.0f years\n",
        (double)wear.programs / TRADES, wear.hottest_page, years);
    assert_true(wear.hottest_page >= LAYOUT_RING / NVM_PAGE);
    assert_true(wear.hottest_page < LAYOUT_FILES / NVM_PAGE);
    assert_true(years > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purchase_costs_at_most_three_programmings_and_a_try_two),
        cmocka_unit_test(trading_alone_never_brings_anything_home),
        cmocka_unit_test(cold_writes_are_tidied_away_before_money_moves),
        cmocka_unit_test(a_talk_between_select_and_purchase_does_not_make_it_dearer),
        cmocka_unit_test(the_hottest_page_outlives_the_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

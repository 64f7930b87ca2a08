/* The compound purchase: records and money together, in its order, and every way to leave it. */
#include "card/purse/compound.h"

#include "card/trader.h"

static struct hand hand;
static uint8_t line[APDU_MAX];
static size_t line_len;

/* INITIALIZE FOR CAPP PURCHASE, and the debit that would complete it. */
static void begin(uint32_t amount) {
    assert_int_equal(trader_begin(&hand, 3, 2, amount, 0x0F), 0x9000);
    line_len = trader_debit_line(&hand, amount, 0x09, 5, line);
}

static unsigned debit(void) {
    hand_send(&hand, bytes_of(line, line_len));
    return hand_sw(&hand);
}

/* Whether the card is as it was made: no money moved, no record changed. */
static void assert_nothing_happened(void) {
    struct trader_view view = trader_look(&hand, 2);
    assert_int_equal(view.wallet.balance, 1000);
    assert_int_equal(view.wallet.offline, 0);
    assert_int_equal(view.log_count, 1);
    hand_expect(&hand, "00B201CC06", "AA04000000009000");
    hand_expect(&hand, "00B202CC04", "BB0200009000");
    hand_expect(&hand, "00B201D405", "00000000019000");
}

/* Vector derived-capp-purchase: a toll entry of nothing, with its record. */
static void the_vector_is_answered_to_the_byte(void **state) {
    (void)state;
    hand_make_compound(&hand);
    trader_set(&hand, 2, 0x1000, 1, 0x27);
    hand_foretell(&hand, "11E1A2D9");
    hand_expect(&hand, "805003020B01000000000000000000010F",
        "0000100000270000000001"
        "11E1A2D99000");
    /* This wallet's key has version 00, algorithm 01, as the vector's. */
    hand_ok(&hand, "80DCAAC806AA04DEADBEEF");
    hand_expect(&hand, "805401000F0000009C20210125095628439C6AB208", "F921EFAFF4D039119000");
    hand_expect(&hand, "00B201CC06", "AA04DEADBEEF9000");
    hand_expect(&hand, "805C000204", "000010009000");
    hand_expect(&hand, "805A000902002808", "F4D03911F921EFAF9000");
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "00B201C417", "00280000000000000009000000000001202101250956289000");
}

static void several_records_and_the_money_change_together(void **state) {
    (void)state;
    hand_make_compound(&hand);
    hand_ok(&hand, "0020000003123456");
    begin(300);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    hand_ok(&hand, "80DC02CC04BB022222");
    hand_ok(&hand, "80DC02D4053333333333");
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 1000); /* until now it is RAM */
    assert_int_equal(debit(), 0x9000);
    hand_expect(&hand, "00B201CC06", "AA04111111119000");
    hand_expect(&hand, "00B202CC04", "BB0222229000");
    hand_expect(&hand, "00B201D405", "00000000019000");
    hand_expect(&hand, "00B202D405", "33333333339000");
    struct trader_view view = trader_look(&hand, 2);
    assert_int_equal(view.wallet.balance, 700);
    assert_int_equal(view.wallet.offline, 1);
    assert_int_equal(view.newest[9], 0x09);
    assert_int_equal(debit(), 0x6901);
}

static void the_later_content_of_a_record_stays(void **state) {
    (void)state;
    hand_make_compound(&hand);
    begin(1);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    hand_ok(&hand, "80DC01CC06AA0422222222");
    assert_int_equal(debit(), 0x9000);
    hand_expect(&hand, "00B201CC06", "AA04222222229000");
}

/* Updates only after INITIALIZE, a debit only after an update. [purse.md 4.3] */
static void the_order_is_kept(void **state) {
    (void)state;
    hand_make_compound(&hand);
    hand_expect(&hand, "80DCAAC806AA0411111111", "6901");
    begin(300);
    assert_int_equal(debit(), 0x6901);
    assert_int_equal(debit(), 0x6901);
    assert_int_equal(trader_begin(&hand, 1, 2, 300, 0x0F), 0x9000); /* a plain purchase */
    hand_expect(&hand, "80DCAAC806AA0411111111", "6901");
    begin(300);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    begin(300); /* begun again: what was kept is forgotten */
    assert_int_equal(debit(), 0x6901);
    assert_nothing_happened();
}

/* What refuses a record ends the purchase, though another record was kept before. */
static void a_refused_record_ends_the_purchase(void **state) {
    (void)state;
    static const struct {
        const char *title, *command, *reply;
    } cases[] = {
        {"no such tag",                   "80DCABC806AB0411111111", "6A83"},
        {"no such record",                "80DC03CC04CC020000",     "6A83"},
        {"no such file",                  "80DC01EC04CC020000",     "6A82"},
        {"no file at all",                "80DC010406AA0411111111", "6A86"},
        {"the last with this tag",        "80DCAAC906AA0411111111", "6A86"},
        {"the wallet's own file",         "80DC0114040000FFFF",     "6981"},
        {"a binary file",                 "80DC01AC040000FFFF",     "6987"},
        {"the log",                       "80DC01C40400000000",     "6982"},
        {"another length of a TLV",       "80DCAAC805AA03111111",   "6A84"},
        {"a TLV that contradicts itself", "80DCAAC806AA0511111111", "6A80"},
        {"the PIN is missing",            "80DC01D4051111111111",   "6982"},
        {"the MAC is missing",            "80DC01DC0411111111",     "6987"},
        {"no challenge",                  "84DC01DC0411111111",     "6984"},
        {"no data",                       "80DCAAC800",             "6700"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hand_make_compound(&hand);
        begin(300);
        hand_ok(&hand, "80DCAAC806AA0411111111");
        hand_expect(&hand, cases[i].command, cases[i].reply);
        if (debit() != 0x6901) {
            fail_msg("%s: the purchase went on", cases[i].title);
        }
        hand_ok(&hand, "0020000003123456");
        assert_nothing_happened();
    }
}

/* A record under a MAC: GET CHALLENGE goes between, and nothing else. [docs/decisions/0012] */
static void a_protected_record_is_kept_after_a_challenge(void **state) {
    (void)state;
    hand_make_compound(&hand);
    begin(10);
    assert_int_equal(partner_say(&hand, "84DC01DC", "11111111", KEY_DAMK, PURSE_MAC), 0x9000);
    assert_int_equal(partner_say(&hand, "84DC01E4", "22222222", KEY_DAMK, PURSE_CIPHER), 0x9000);
    assert_int_equal(debit(), 0x9000);
    hand_expect(&hand, "00B201DC04", "111111119000");
    hand_expect(&hand, "00B201E404", "222222229000");
    begin(10);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    assert_int_equal(partner_say(&hand, "84DC01DC", "33333333", KEY_DPUK, PURSE_MAC), 0x6988);
    assert_int_equal(debit(), 0x6901);
    hand_expect(&hand, "00B201DC04", "111111119000");
    begin(10);
    hand_say(&hand, "0084000005"); /* a challenge that is none */
    hand_expect(&hand, "80DCAAC806AA0433333333", "6901");
}

/* Everything that is not part of it ends it, before and after a record was kept. */
static void any_other_command_ends_the_purchase(void **state) {
    (void)state;
    static const char *const between[] = {"805C000204", "805A000202000108", "00A40000023F01",
        SELECT_WALLET, "00B0950000", "00B201CC06", "FFFFFFFF", "00", "0020000003123456"};
    hand_make_compound(&hand);
    for (size_t i = 0; i < 2 * (sizeof between / sizeof between[0]); i++) {
        begin(100);
        hand_ok(&hand, "80DCAAC806AA0411111111");
        hand_say(&hand, between[i / 2]);
        if (i % 2 == 0) {
            hand_expect(&hand, "80DCAAC806AA0411111111", "6901");
        }
        assert_int_equal(debit(), 0x6901);
    }
    begin(100);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(debit(), 0x6901);
    hand_ok(&hand, "0020000003123456");
    assert_nothing_happened();
}

/* A wrong MAC1 leaves the records alone, too; each bit of what it covers is tried. */
static void a_wrong_bit_in_the_debit_changes_nothing(void **state) {
    (void)state;
    hand_make_compound(&hand);
    for (unsigned bit = 16; bit < 8 * 0x0F;
         bit++) { /* the first 16 are in no MAC, but in the TAC */
        begin(100);
        hand_ok(&hand, "80DCAAC806AA0411111111");
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(debit(), 0x9302);
    }
    hand_ok(&hand, "0020000003123456");
    assert_nothing_happened();
}

/* The room for kept records: filled to its last byte it is written whole, one more is refused. */
static void the_room_is_used_to_its_end_and_no_further(void **state) {
    (void)state;
    static char command[2 * APDU_MAX + 32];
    static char record[2 * APDU_MAX];
    enum { LONG = COMPOUND_ROOM - COMPOUND_HEAD - (COMPOUND_HEAD + 4) };
    hand_make_compound(&hand);
    (void)snprintf(record, sizeof record, "CC%02X", LONG - 2);
    for (int i = 0; i < LONG - 2; i++) {
        (void)snprintf(record + 4 + 2 * i, 3, "%02X", i & 0xFF);
    }
    (void)snprintf(command, sizeof command, "00E200C8%02X%s", LONG, record);
    hand_ok(&hand, command);
    (void)snprintf(command, sizeof command, "80DCCCC8%02X%s", LONG, record);
    begin(1);
    hand_ok(&hand, command);
    hand_ok(&hand, "80DCBBC804BB027777");
    assert_int_equal(debit(), 0x9000);
    hand_expect(&hand, "00B202CC04", "BB0277779000");
    begin(1);
    hand_ok(&hand, command);
    hand_expect(&hand, "80DCAAC806AA0411111111", "6A84");
    assert_int_equal(debit(), 0x6901);
}

/* As many of the shortest records as fit: the journal takes them all. */
static void many_short_records_fit_into_one_batch(void **state) {
    (void)state;
    hand_make_compound(&hand);
    hand_ok(&hand, "80E0001D072A0201F0F0FFFF");
    hand_ok(&hand, "00E200E80100");
    begin(1);
    for (unsigned i = 0; i < COMPOUND_ROOM / (COMPOUND_HEAD + 1); i++) {
        char command[32];
        (void)snprintf(command, sizeof command, "80DC01EC01%02X", i);
        hand_ok(&hand, command);
    }
    assert_int_equal(debit(), 0x9000);
    hand_expect(&hand, "00B201EC01", "3F9000");
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 999);
}

static void a_purchase_asks_for_key_and_funds_in_this_order(void **state) {
    (void)state;
    hand_make_compound(&hand);
    hand_expect(&hand, "805003020B7F000FFFFF4401000000010F", "9403");
    hand_expect(&hand, "805003020B01000003E94401000000010F", "9401");
    hand_expect(&hand, "805003010B01000000014401000000010F", "6A86"); /* not the deposit wallet */
    trader_set(&hand, 2, 1000, 1, 0xFFFF);
    hand_expect(&hand, "805003020B01000000014401000000010F", "9402");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_is_answered_to_the_byte),
        cmocka_unit_test(several_records_and_the_money_change_together),
        cmocka_unit_test(the_later_content_of_a_record_stays),
        cmocka_unit_test(the_order_is_kept),
        cmocka_unit_test(a_refused_record_ends_the_purchase),
        cmocka_unit_test(a_protected_record_is_kept_after_a_challenge),
        cmocka_unit_test(any_other_command_ends_the_purchase),
        cmocka_unit_test(a_wrong_bit_in_the_debit_changes_nothing),
        cmocka_unit_test(the_room_is_used_to_its_end_and_no_further),
        cmocka_unit_test(many_short_records_fit_into_one_batch),
        cmocka_unit_test(a_purchase_asks_for_key_and_funds_in_this_order),
    };
    if (!CARD_COMPOUND) {
        print_message("skipped: this build of the card knows no compound purchases\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The power goes at every byte of everything that changes the card [purse.md 7.4]; see
 * card/sweep.h. */
#include "base/features.h"
#include "card/guard/tries.h"
#include "card/loop/card.h"
#include "card/sweep.h"
#include "card/trader.h"

/* ---- the wallet ---- */

static uint8_t line[APDU_MAX];
static size_t line_len;

static void make_loaded_wallet(struct hand *h) {
    hand_make_wallet(h);
    hand_ok(h, "0020000003123456");
    assert_int_equal(trader_load(h, 1000), 0x9000);
    assert_int_equal(trader_buy(h, 100, 1), 0x9000);
}

static void send_line(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

static void lead_to_credit(void) {
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_begin(&hand, 0, 2, 50, 0x10), 0x9000);
    line_len = trader_credit_line(&hand, 50, 0x02, line);
}

static void lead_to_debit(void) {
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(trader_begin(&hand, 1, 2, 50, 0x0F), 0x9000);
    line_len = trader_debit_line(&hand, 50, 0x06, 2, line);
}

/* Balance, number, log and proof from one side; provable exactly when the balance is new. */
static void look_at_trade(bool answered, bool load) {
    struct trader_view view = trader_look(&hand, 2);
    uint16_t number = load ? view.wallet.online : view.wallet.offline;
    bool new = number == 2;
    uint32_t moved = new ? 50 : 0;
    uint8_t newest_trade = new &&load ? 0x02 : 0x06; /* the purchase was the last of the old side */
    assert_true(new || number == 1);
    assert_true(new || !answered);
    assert_int_equal(view.wallet.balance, load ? 900 + moved : 900 - moved);
    assert_int_equal(view.log_count, new ? 3 : 2);
    assert_int_equal(view.newest[9], newest_trade);
    assert_int_equal(view.newest[1], new ? 2 : 1);
    hand_say(&hand, SELECT_WALLET);
    hand_say(&hand, load ? "805A000202000208" : "805A000602000208");
    assert_int_equal(hand_sw(&hand), new ? 0x9000 : 0x9406);
    hand_say(&hand, load ? "805A000202000108" : "805A000602000108");
    assert_int_equal(hand_sw(&hand), new ? 0x9406 : 0x9000);
}

static void look_at_credit(bool answered) {
    look_at_trade(answered, true);
}

static void look_at_debit(bool answered) {
    look_at_trade(answered, false);
    assert_int_equal(trader_buy(&hand, 1, 9), 0x9000); /* and it trades on */
}

/* The deposit wallet: 1,000 loaded, limit 200, and then 50 unloaded or the limit raised to 250. */
static void make_loaded_deposit(struct hand *h) {
    hand_make_wallet(h);
    hand_ok(h, "0020000003123456");
    assert_int_equal(trader_online(h, &trader_ed_load, 1000), 0x9000);
    assert_int_equal(trader_online(h, &trader_ed_limit, 200), 0x9000);
}

static void lead_to_online(const struct trader_online *kind, uint32_t amount) {
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_begin_online(&hand, kind, amount), 0x9000);
    line_len = trader_online_line(&hand, kind, amount, line);
}

static void lead_to_unload(void) {
    lead_to_online(&trader_ed_unload, 50);
}

static void lead_to_limit(void) {
    lead_to_online(&trader_ed_limit, 250);
}

/* Balance, limit, number, log and proof from one side. */
static void look_at_deposit(bool answered, bool unload) {
    struct trader_view view = trader_look(&hand, 1);
    bool new = view.wallet.online == 3;
    assert_true(new || view.wallet.online == 2);
    assert_true(new || !answered);
    assert_int_equal(view.wallet.balance, !new ? 1200 : unload ? 1150 : 1250);
    assert_int_equal(view.wallet.overdraft, new && !unload ? 250 : 200);
    assert_int_equal(view.log_count, new ? 3 : 2);
    assert_int_equal(view.newest[9], new &&unload ? 0x03 : 0x07);
    assert_int_equal(view.newest[4], new && !unload ? 250 : 200);
    hand_say(&hand, SELECT_WALLET);
    hand_say(&hand, unload ? "805A000302000308" : "805A000702000308");
    assert_int_equal(hand_sw(&hand), new ? 0x9000 : 0x9406);
    hand_say(&hand, "805A000702000208");
    assert_int_equal(hand_sw(&hand), new ? 0x9406 : 0x9000);
    hand_ok(&hand, "0020000003123456"); /* and it trades on */
    assert_int_equal(trader_online(&hand, &trader_ed_unload, 1), 0x9000);
}

static void look_at_unload(bool answered) {
    look_at_deposit(answered, true);
}

static void look_at_limit(bool answered) {
    look_at_deposit(answered, false);
}

/* A compound purchase of two records in two files. */
static void lead_to_compound(void) {
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_begin(&hand, 3, 2, 50, 0x0F), 0x9000);
    line_len = trader_debit_line(&hand, 50, 0x09, 2, line);
    hand_ok(&hand, "80DCAAC806AA0411111111");
    hand_ok(&hand, "80DC02D4053333333333");
}

/* Money, number, log, proof and both records from one side. */
static void look_at_compound(bool answered) {
    struct trader_view view = trader_look(&hand, 2);
    bool new = view.wallet.offline == 1;
    assert_true(new || (view.wallet.offline == 0 && !answered));
    assert_int_equal(view.wallet.balance, new ? 950 : 1000);
    assert_int_equal(view.log_count, new ? 2 : 1);
    assert_int_equal(view.newest[9], new ? 0x09 : 0x02);
    hand_say(&hand, SELECT_WALLET);
    hand_expect(&hand, "00B201CC06", new ? "AA04111111119000" : "AA04000000009000");
    hand_expect(&hand, "00B202D405", new ? "33333333339000" : "00000000029000");
    hand_expect(&hand, "00B202CC04", "BB0200009000");
    hand_say(&hand, "805A000902000108");
    assert_int_equal(hand_sw(&hand), new ? 0x9000 : 0x9406);
    assert_int_equal(trader_buy(&hand, 1, 9), 0x9000); /* and it trades on */
}

/* ---- PIN ---- */

static uint8_t tries_of_pin(void) {
    struct held_key held;
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(key_find(&chip->store, &chip->dir, KEY_PIN, 0, &held.key, &held.at), SW_OK);
    return tries_left(&held.key);
}

static void lead_to_wallet(void) {
    hand_say(&hand, SELECT_WALLET);
}

static void verify_wrong(void) {
    hand_say(&hand, "0020000003654321");
}

/* A cut may cost the try and never gives one; an answer that was heard has cost it. */
static void look_at_wrong_pin(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    uint8_t left = tries_of_pin();
    assert_true(left == 2 || (left == 3 && !answered));
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(tries_of_pin(), 3);
}

static void verify_right(void) {
    hand_say(&hand, "0020000003123456");
}

static void look_at_right_pin(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    uint8_t left = tries_of_pin();
    assert_true(left == 3 || (left == 2 && !answered));
}

static void change_pin(void) {
    hand_say(&hand, "805E010007123456FF654321");
}

/* One PIN or the other is the card's, and never both. */
static void look_at_changed_pin(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_pin(), 2, 3);
    hand_say(&hand, "0020000003654321");
    bool new = hand_sw(&hand) == 0x9000;
    assert_true(new || !answered);
    hand_say(&hand, "0020000003123456");
    assert_int_equal(hand_sw(&hand) == 0x9000, !new);
}

/* ---- keys ---- */

#define KEY_NEW "0F1E2D3C4B5A69788796A5B4C3D2E1F0"

static void lead_to_key(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(
        challenge, "84D43984", "39F0F00133" KEY_NEW, KEY_MAIN, PURSE_CIPHER, line);
}

static void make_social(struct hand *h) {
    hand_make_social(h);
    hand_say(h, SELECT_DF01);
}

static void look_at_key(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    bool new = partner_prove(&hand, KEY_NEW, 0x84, true) == 0x9000;
    bool old = partner_prove(&hand, KEY_UK, 0x84, true) == 0x9000;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, true), 0x9000);
}

static void lead_to_added_key(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(
        challenge, "84D40190", "39F0F00133" KEY_NEW, KEY_MAIN, PURSE_CIPHER, line);
}

static void look_at_added_key(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    unsigned sw = partner_prove(&hand, KEY_NEW, 0x90, true);
    assert_true(sw == 0x9000 || (sw == 0x6A88 && !answered));
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x84, true), 0x9000);
}

/* ---- records ---- */

static void make_records(struct hand *h) {
    hand_make_social(h);
    hand_say(h, SELECT_DF01);
    hand_ok(h, "00E2004804"
               "11111111");
    hand_ok(h, "00E2004804"
               "22222222");
}

static void lead_to_record(void) {
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
}

static void update_a_record(void) {
    hand_say(&hand, "00DC03280603043939"
                    "3939");
}

static void look_at_record(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "00B2032806");
    bool new = memcmp(hand.reply, "\x03\x04\x39\x39\x39\x39", 6) == 0;
    bool old = memcmp(hand.reply, "\x03\x04\x31\x00\x00\x00", 6) == 0;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
}

static void lead_to_append(void) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
}

static void append_a_record(void) {
    hand_say(&hand, "00E200480433333333");
}

static void look_at_append(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    hand_say(&hand, "00B2014C04");
    assert_int_equal(hand_sw(&hand), 0x9000);
    bool new = hand.reply[0] == 0x33;
    assert_true(new || (hand.reply[0] == 0x22 && !answered));
    hand_expect(&hand, "00B2024C04", new ? "222222229000" : "111111119000");
}

/* ---- the file tree and locks ---- */

static void lead_to_block(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_WALLET);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, "841E0000", "", KEY_DAMK, PURSE_MAC, line);
}

static void look_at_block(bool answered) {
    hand_say(&hand, SELECT_WALLET "00");
    unsigned sw = hand_sw(&hand);
    assert_true(sw == 0x6283 || (sw == 0x9000 && !answered));
    hand_say(&hand, "805C000204");
    assert_int_equal(hand_sw(&hand), sw == 0x6283 ? 0x6985 : 0x9000);
}

static void make_two_wrong(struct hand *h) {
    hand_make_wallet(h);
    assert_int_equal(partner_say(h, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(h, "841E0000", "", KEY_UK, PURSE_MAC), 0x6988);
}

static void lead_to_third_wrong(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_WALLET);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, "841E0000", "", KEY_UK, PURSE_MAC, line);
}

/* The last try is gone with or without the application; it never comes back. */
static void look_at_third_wrong(bool answered) {
    hand_say(&hand, SELECT_WALLET "00");
    unsigned sw = hand_sw(&hand);
    assert_true(sw == 0x6283 || !answered);
    unsigned maintained = partner_say(&hand, "84180000", "", KEY_DAMK, PURSE_MAC);
    if (sw == 0x6283) {
        assert_int_equal(maintained, 0x9303);
    } else {
        assert_true(maintained == 0x6983 || maintained == 0x9000);
    }
}

static void create_a_file(void) {
    hand_say(&hand, "80E0001C0728"
                    "0020F0F0FFFF");
}

static void look_at_creation(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    hand_say(&hand, "00B09C0000");
    assert_true(hand_sw(&hand) == 0x9000 || (hand_sw(&hand) == 0x6A82 && !answered));
    hand_say(&hand, "805C000204");
    assert_int_equal(hand_sw(&hand), 0x9000);
}

static void reload_pin(void) {
    hand_say(&hand, "805E00000813371337A766A000");
}

/* A reload takes a try of DRPK, gives it back, and sets the PIN: old or new, and DRPK still
 * works. */
static void look_at_reload(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    hand_say(&hand, "00200000041"
                    "3371337");
    bool new = hand_sw(&hand) == 0x9000;
    assert_true(new || !answered);
    if (!new) {
        hand_ok(&hand, "0020000003123456");
    }
    hand_ok(&hand, "805E00000813371337A766A000");
}

static void lead_to_proof(void) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "0084000008");
    line_len = from_hex("0082000410"
                        "00000000000000000000000000000000",
        line, sizeof line);
}

static void look_at_proof(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    unsigned sw = partner_prove(&hand, KEY_RK, 0x04, true); /* a second wrong one */
    assert_true(sw == 0x63C1 || (sw == 0x63C2 && !answered));
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
}

static void lead_to_card_block(void) {
    uint8_t challenge[8];
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, "84160000", "", KEY_DAMK, PURSE_MAC, line);
}

static void look_at_card_block(bool answered) {
    hand_say(&hand, "0084000008");
    assert_true(hand_sw(&hand) == 0x6A81 || (hand_sw(&hand) == 0x9000 && !answered));
}

static void erase_the_wallet(void) {
    hand_say(&hand, "800E0000");
}

/* The directory stays, and what was in it is there whole or not at all. */
static void look_at_erasing(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(hand_sw(&hand) >> 8, 0x61);
    hand_say(&hand, "805C000204");
    bool gone = hand_sw(&hand) == 0x6A82;
    assert_true(gone || !answered);
    if (gone) {
        hand_ok(&hand, "80E00000073F018F95F0FFFF");
    } else {
        hand_expect(&hand, "805C000204",
            "0000038"
            "49000");
        assert_int_equal(trader_buy(&hand, 1, 9), 0x9000);
    }
}

/* ---- the purchase module ---- */

/* The number of the last INIT SAM that was answered is what the terminal remembers. */
static void init_sam(void) {
    hand_say(&hand, "80700000240A0B0C0D00070000010006"
                    "20031008120000"
                    "0100"
                    "868444010000000134343031303073780"
                    "8");
    if (hand_sw(&hand) == 0x9000) {
        struct cursor c = cursor_over(bytes_of(hand.reply, 4));
        sweep_remembered = cursor_u32(&c);
    }
}

static void lead_to_sam(void) {
    hand_say(&hand, SELECT_SAM);
    sweep_remembered = 6;
}

/* A number that was heard is never heard again. */
static void look_at_sam(bool answered) {
    uint32_t before = sweep_remembered;
    assert_true(!answered || before == 7);
    hand_say(&hand, SELECT_SAM);
    init_sam();
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_true(sweep_remembered > before);
    assert_true(sweep_remembered <= 8);
}

static void lead_to_sam_credit(void) {
    hand_say(&hand, SELECT_SAM);
    init_sam();
}

static void credit_sam_wrong(void) {
    hand_say(&hand, "8072000004DEADBEEF");
}

static void look_at_sam_tries(bool answered) {
    hand_say(&hand, SELECT_SAM);
    hand_say(&hand, "00B0980002");
    assert_true(hand.reply[1] == 2 || (hand.reply[1] == 3 && !answered));
}

/* ---- housekeeping ---- */

static void lead_to_master(void) {
    hand_ok(&hand, "00A4000C023F00");
}

static void select_the_wallet(void) {
    hand_say(&hand, "00A4040C09A00000000386980701");
}

/* Nobody asked for a change, and there is none. */
static void look_at_selection(bool answered) {
    (void)answered;
    struct trader_view view = trader_look(&hand, 2);
    assert_int_equal(view.wallet.balance, 900);
    assert_int_equal(view.wallet.online, 1);
    assert_int_equal(view.wallet.offline, 1);
    assert_int_equal(view.log_count, 2);
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_buy(&hand, 1, 9), 0x9000);
}

static struct sweep sweeps[] = {
    {"CREDIT FOR LOAD",              make_loaded_wallet,  lead_to_credit,      send_line,         look_at_credit,      0x9000},
    {"DEBIT FOR PURCHASE",           make_loaded_wallet,  lead_to_debit,       send_line,         look_at_debit,       0x9000},
    {"DEBIT FOR UNLOAD",             make_loaded_deposit, lead_to_unload,      send_line,         look_at_unload,      0x9000},
    {"UPDATE OVERDRAW LIMIT",        make_loaded_deposit, lead_to_limit,       send_line,         look_at_limit,       0x9000},
    {"DEBIT FOR CAPP PURCHASE",      hand_make_compound,  lead_to_compound,    send_line,         look_at_compound,
     CARD_COMPOUND ? 0x9000 : SWEEP_ABSENT                                                                                   },
    {"VERIFY, wrong",                hand_make_wallet,    lead_to_wallet,      verify_wrong,      look_at_wrong_pin,   0x63C2},
    {"VERIFY, right",                hand_make_wallet,    lead_to_wallet,      verify_right,      look_at_right_pin,   0x9000},
    {"CHANGE PIN",                   hand_make_wallet,    lead_to_wallet,      change_pin,        look_at_changed_pin, 0x9000},
    {"WRITE KEY, replace",           make_social,         lead_to_key,         send_line,         look_at_key,         0x9000},
    {"WRITE KEY, add",               make_social,         lead_to_added_key,   send_line,         look_at_added_key,   0x9000},
    {"UPDATE RECORD",                hand_make_social,    lead_to_record,      update_a_record,   look_at_record,      0x9000},
    {"APPEND RECORD",                make_records,        lead_to_append,      append_a_record,   look_at_append,      0x9000},
    {"APPLICATION BLOCK",            hand_make_wallet,    lead_to_block,       send_line,         look_at_block,       0x9000},
    {"third wrong MAC",              make_two_wrong,      lead_to_third_wrong, send_line,         look_at_third_wrong,
     0x9303                                                                                                                  },
    {"CREATE FILE",                  hand_make_wallet,    lead_to_wallet,      create_a_file,     look_at_creation,    0x9000},
    {"RELOAD PIN",                   hand_make_wallet,    lead_to_wallet,      reload_pin,        look_at_reload,      0x9000},
    {"EXTERNAL AUTHENTICATE, wrong", hand_make_social,    lead_to_proof,       send_line,         look_at_proof,
     0x63C2                                                                                                                  },
    {"CARD BLOCK",                   hand_make_master,    lead_to_card_block,  send_line,         look_at_card_block,  0x9000},
    {"ERASE DF",                     make_loaded_wallet,  lead_to_wallet,      erase_the_wallet,  look_at_erasing,     0x9000},
    {"SELECT, tidying",              make_loaded_wallet,  lead_to_master,      select_the_wallet, look_at_selection,
     0x9000                                                                                                                  },
    {"INIT SAM",                     hand_make_sam,       lead_to_sam,         init_sam,          look_at_sam,
     CARD_SAM ? 0x9000 : SWEEP_ABSENT                                                                                        },
    {"CREDIT SAM, wrong",            hand_make_sam,       lead_to_sam_credit,  credit_sam_wrong,  look_at_sam_tries,
     CARD_SAM ? 0x9302 : SWEEP_ABSENT                                                                                        },
};

int main(void) {
    return sweep_main("cuts", sweeps, sizeof sweeps / sizeof sweeps[0]);
}

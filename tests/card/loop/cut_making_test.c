/* The power goes while a card is made, and while what was locked is opened again. See card/sweep.h. */
#include "card/guard/tries.h"
#include "card/sweep.h"
#include "card/trader.h"

static uint8_t line[APDU_MAX];
static size_t line_len;

static void send_line(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

/* The line of a command under secure messaging, for a challenge that was just fetched. */
static void secure_line(
    const char *head, const char *plain, const char *key, enum partner_form form) {
    uint8_t challenge[8];
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, head, plain, key, form, line);
}

static uint8_t tries_of(enum key_type type) {
    struct held_key held;
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(
        key_find(&chip->store, &chip->dir, (uint8_t)type, 0, &held.key, &held.at), SW_OK);
    return tries_left(&held.key);
}

/* ---- making ---- */

static void lead_nowhere(void) {
}

static void create_master(void) {
    hand_say(&hand, "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF");
}

/* A chip with a master file, or one that is as blank as before and can get one. */
static void look_at_master(bool answered) {
    hand_say(&hand, "00A40000023F00");
    bool new = hand_sw(&hand) == 0x6117;
    assert_true(new || (hand_sw(&hand) == 0x6A81 && !answered));
    create_master();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
}

static void create_directory(void) {
    hand_say(&hand, "80E03F020D380100F0F095FFFF1122334455");
}

/* The new application is there or not; its neighbour is, and trades. */
static void look_at_directory(bool answered) {
    hand_say(&hand, "00A40400051122334455");
    bool new = hand_sw(&hand) >> 8 == 0x61;
    assert_true(new || (hand_sw(&hand) == 0x6A82 && !answered));
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(trader_begin(&hand, 1, 2, 0, 0x0F), 0x9000);
    hand_say(&hand, "00A40000023F00");
    create_directory();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
}

static void lead_to_wallet(void) {
    hand_say(&hand, SELECT_WALLET);
}

static void write_a_key(void) {
    hand_say(&hand, "80D40103153EF0020001" KEY_UK);
}

/* A purchase key of number 03: whole or not there. The other keys are what they were. */
static void look_at_key(bool answered) {
    lead_to_wallet();
    hand_say(&hand, "805001020B03000000004401000000010F");
    bool new = hand_sw(&hand) == 0x9000;
    assert_true(new || (hand_sw(&hand) == 0x9403 && !answered));
    assert_int_equal(trader_buy(&hand, 0, 1), 0x9000);
    write_a_key();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
}

/* ---- opening what was locked ---- */

static void make_blocked(struct hand *h) {
    hand_make_wallet(h);
    assert_int_equal(partner_say(h, "841E0000", "", KEY_DAMK, PURSE_MAC), 0x9000);
}

static void lead_to_unblock(void) {
    hand_say(&hand, SELECT_WALLET);
    secure_line("84180000", "", KEY_DAMK, PURSE_MAC);
}

/* Open or blocked; and blocked it can be opened still. */
static void look_at_unblock(bool answered) {
    hand_say(&hand, SELECT_WALLET "00");
    unsigned sw = hand_sw(&hand);
    assert_true(sw == 0x9000 || (sw == 0x6283 && !answered));
    assert_in_range(tries_of(KEY_MAINTENANCE), answered ? 3 : 2, 3);
    hand_say(&hand, "805C000204");
    assert_int_equal(hand_sw(&hand), sw == 0x6283 ? 0x6985 : 0x9000);
    lead_to_unblock();
    send_line();
    assert_int_equal(hand_sw(&hand), 0x9000);
}

static void lock_pin(struct hand *h) {
    for (int i = 0; i < 4; i++) {
        hand_say(h, "0020000003654321");
    }
    assert_int_equal(hand_sw(h), 0x6983);
}

static void make_locked_wallet(struct hand *h) {
    hand_make_wallet(h);
    lock_pin(h);
}

static void lead_to_pin_unblock(void) {
    hand_say(&hand, SELECT_WALLET);
    secure_line("84240000", "135790", KEY_DPUK, PURSE_CIPHER);
}

/* Locked, or open with the new PIN; never open with the old one. */
static void look_at_pin_unblock(bool answered) {
    lead_to_wallet();
    assert_in_range(tries_of(KEY_PIN_UNBLOCK), answered ? 3 : 2, 3);
    hand_say(&hand, "0020000003123456");
    unsigned sw = hand_sw(&hand);
    assert_true(sw == 0x63C2 || (sw == 0x6983 && !answered));
    hand_say(&hand, "0020000003135790");
    assert_int_equal(hand_sw(&hand), sw == 0x6983 ? 0x6983 : 0x9000);
    lead_to_pin_unblock();
    send_line();
    assert_int_equal(hand_sw(&hand), 0x9000);
}

static void make_locked_social(struct hand *h) {
    hand_make_social(h);
    lock_pin(h);
}

static void lead_to_social_reload(void) {
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_prove(&hand, KEY_PUK, 0x06, true), 0x9000);
    secure_line("84240001", "135790", KEY_STK, SOCIAL_CIPHER);
}

static void look_at_social_reload(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "0020000003123456");
    unsigned sw = hand_sw(&hand);
    assert_true(sw == 0x63C2 || (sw == 0x6983 && !answered));
    hand_say(&hand, "0020000003135790");
    assert_int_equal(hand_sw(&hand), sw == 0x6983 ? 0x6983 : 0x9000);
    lead_to_social_reload();
    send_line();
    assert_int_equal(hand_sw(&hand), 0x9000);
}

int main(void) {
    static struct sweep sweeps[] = {
        {"CREATE MF",           hand_blank,         lead_nowhere,          create_master,    look_at_master,      0x9000},
        {"CREATE DF",           hand_make_wallet,   lead_nowhere,          create_directory, look_at_directory,   0x9000},
        {"WRITE KEY, plain",    hand_make_wallet,   lead_to_wallet,        write_a_key,      look_at_key,         0x9000},
        {"APPLICATION UNBLOCK", make_blocked,       lead_to_unblock,       send_line,        look_at_unblock,     0x9000},
        {"PIN UNBLOCK",         make_locked_wallet, lead_to_pin_unblock,   send_line,        look_at_pin_unblock,
         0x9000                                                                                                         },
        {"PIN RELOAD, social",  make_locked_social, lead_to_social_reload, send_line,
         look_at_social_reload,                                                                                   0x9000},
    };
    return sweep_main("cuts of making and opening", sweeps, sizeof sweeps / sizeof sweeps[0]);
}

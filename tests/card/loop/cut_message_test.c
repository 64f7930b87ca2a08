/* The power goes while commands under secure messaging are opened: the try that a MAC takes, and
 * what the command then writes. See card/sweep.h. */
#include "base/features.h"
#include "card/guard/tries.h"
#include "card/sweep.h"
#include "card/trader.h"

static uint8_t line[APDU_MAX];
static size_t line_len;

static void send_line(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

static uint8_t tries_of_maintenance(void) {
    struct held_key held;
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(
        key_find(&chip->store, &chip->dir, KEY_MAINTENANCE, 0, &held.key, &held.at), SW_OK);
    return tries_left(&held.key);
}

/* The wallet with its files for compound purchases, and EF1D that is read under a MAC. */
static void make_files(struct hand *h) {
    hand_make_compound(h);
    hand_ok(h, "80E0001D07A80008F0F0FF7F");
    assert_int_equal(partner_say(h, "04D69D00", "0102030405060708", KEY_DAMK, PURSE_MAC), 0x9000);
}

static void lead_to(const char *head, const char *plain, const char *key, enum partner_form form) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_WALLET);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, head, plain, key, form, line);
}

static void lead_to_record(void) {
    lead_to("04DC01E4", "11223344", KEY_DAMK, PURSE_CIPHER);
}

/* The record is whole, new or old; no try was given, and at most one is missing. */
static void look_at_record(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_maintenance(), answered ? 3 : 2, 3);
    hand_say(&hand, "00B201E404");
    bool new = memcmp(hand.reply, "\x11\x22\x33\x44", 4) == 0;
    bool old = memcmp(hand.reply, "\x00\x00\x00\x00", 4) == 0;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
    assert_int_equal(partner_say(&hand, "04DC01E4", "55667788", KEY_DAMK, PURSE_CIPHER), 0x9000);
    assert_int_equal(tries_of_maintenance(), 3);
}

static void lead_to_binary(void) {
    lead_to("04D69600", "AABBCCDD", KEY_DAMK, PURSE_CIPHER);
}

static void look_at_binary(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_maintenance(), answered ? 3 : 2, 3);
    hand_say(&hand, "00B0960004");
    bool new = memcmp(hand.reply, "\xAA\xBB\xCC\xDD", 4) == 0;
    bool old = memcmp(hand.reply, "\x00\x00\x00\x00", 4) == 0;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
}

static void lead_to_append(void) {
    lead_to("04E200D8", "11223344", KEY_DAMK, PURSE_MAC);
}

static void look_at_append(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    hand_say(&hand, "00B202DC04");
    bool new = hand_sw(&hand) == 0x9000;
    assert_true(new || (hand_sw(&hand) == 0x6A83 && !answered));
    hand_expect(&hand, "00B201DC04", "000000009000");
}

static void lead_to_read(void) {
    lead_to("04B09D00", "", KEY_DAMK, PURSE_MAC);
}

static void lead_to_wrong_read(void) {
    lead_to("04B09D00", "", KEY_DPUK, PURSE_MAC);
}

/* A read changes nothing but the try, which it gives back. */
static void look_at_read(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_maintenance(), answered ? 3 : 2, 3);
    lead_to_read();
    send_line();
    assert_int_equal(hand_sw(&hand), 0x610C);
    hand_say(&hand, "00C000000C");
    assert_memory_equal(hand.reply, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
}

/* A wrong MAC that was heard has cost its try; pulling the card in time does not give it back. */
static void look_at_wrong_read(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_maintenance(), 2, answered ? 2 : 3);
    look_at_read(false);
    assert_int_equal(tries_of_maintenance(), 3);
}

/* A record of a compound purchase under a MAC is RAM only: a cut leaves the try, and no
 * purchase. */
static void lead_to_cache(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(trader_begin(&hand, 3, 2, 50, 0x0F), 0x9000);
    partner_challenge(&hand, challenge);
    line_len = partner_secure(challenge, "84DC01DC", "11223344", KEY_DAMK, PURSE_MAC, line);
}

static void look_at_cache(bool answered) {
    hand_say(&hand, SELECT_WALLET);
    assert_in_range(tries_of_maintenance(), answered ? 3 : 2, 3);
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 1000);
    hand_expect(&hand, "00B201DC04", "000000009000");
    hand_expect(&hand, "805A000902000108", "9406");
}

int main(void) {
    static struct sweep sweeps[] = {
        {"UPDATE RECORD, enciphered",   make_files, lead_to_record,     send_line, look_at_record,
         0x9000                                                                                              },
        {"UPDATE BINARY, enciphered",   make_files, lead_to_binary,     send_line, look_at_binary,
         0x9000                                                                                              },
        {"APPEND RECORD, MAC",          make_files, lead_to_append,     send_line, look_at_append,     0x9000},
        {"READ BINARY, protected",      make_files, lead_to_read,       send_line, look_at_read,       0x610C},
        {"READ BINARY, wrong MAC",      make_files, lead_to_wrong_read, send_line, look_at_wrong_read,
         0x6988                                                                                              },
        {"UPDATE CAPP DATA CACHE, MAC", make_files, lead_to_cache,      send_line, look_at_cache,
         CARD_COMPOUND ? 0x9000 : SWEEP_ABSENT                                                               },
    };
    return sweep_main("cuts of messages", sweeps, sizeof sweeps / sizeof sweeps[0]);
}

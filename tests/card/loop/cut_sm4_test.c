/* The power goes in commands of directories that speak SM4: their proofs take longer, so there is
 * more time to pull the card, and still every write is whole or absent. See card/sweep.h. */
#include "card/guard/tries.h"
#include "card/partner_sm4.h"
#include "card/sweep.h"

static uint8_t line[APDU_MAX];
static size_t line_len;

static void send_line(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

/* What is left of the tries of a key or PIN of the current directory. */
static uint8_t tries_of(uint8_t type, uint8_t id) {
    struct held_key held;
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(key_find(&chip->store, &chip->dir, type, id, &held.key, &held.at), SW_OK);
    return tries_left(&held.key);
}

static void prove_puk(void) {
    assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
}

/* --- EXTERNAL AUTHENTICATE ------------------------------------------------------------------ */

/* Proof with this key for number 0A, whose own key is SM4_RK. */
static void lead_to_proof(const char *key_hex) {
    static const uint8_t original[8] = {9, 9, 9, 9, 1, 1, 1, 1};
    uint8_t key[16];
    (void)from_hex(key_hex, key, sizeof key);
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "0084000008");
    line_len = 21;
    (void)from_hex("0082000A10", line, 5);
    sm4p_proof(key, hand.reply, original, line + 5);
    (void)memcpy(line + 13, original, 8);
}

static void lead_right(void) {
    lead_to_proof(SM4_RK);
}

static void lead_wrong(void) {
    lead_to_proof(SM4_UK);
}

/* No cut gives a try, and none costs more than one. */
static void look_right(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    assert_in_range(tries_of(KEY_EXTERNAL, 0x0A), answered ? 3 : 2, 3);
    hand_expect(&hand, "00B209300A", "6982"); /* a proof does not outlive the power */
    assert_int_equal(sm4p_prove(&hand, SM4_RK, 0x0A, true), 0x9000);
    assert_int_equal(tries_of(KEY_EXTERNAL, 0x0A), 3);
}

static void look_wrong(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    assert_in_range(tries_of(KEY_EXTERNAL, 0x0A), 2, answered ? 2 : 3);
}

/* The purse form: sixteen bytes for the main control key of the certificates. */
static void lead_long(void) {
    uint8_t key[16];
    (void)from_hex(SM4_MAIN, key, sizeof key);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    hand_say(&hand, "0084000010");
    line_len = 21;
    (void)from_hex("0082000010", line, 5);
    sm4p_blocks(key, hand.reply, line + 5, 16);
}

static void look_long(bool answered) {
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    assert_in_range(tries_of(KEY_EXTERNAL, 0x00), answered ? 3 : 2, 3);
    hand_expect(&hand, "00D6920002ABCD", "6982");
}

/* --- the PIN ---------------------------------------------------------------------------------- */

static void lead_to_reload(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    prove_puk();
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(challenge, "84240001", "654321", SM4_STK, SOCIAL_CIPHER, line);
}

/* One PIN or the other, with all its tries; STK has lost one at most. */
static void look_at_reload(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    assert_in_range(tries_of(KEY_MAINTENANCE, 0x00), answered ? 3 : 2, 3);
    hand_say(&hand, "0020000003654321");
    bool new = hand_sw(&hand) == 0x9000;
    assert_true(new || (hand_sw(&hand) == 0x63C2 && !answered));
    if (!new) {
        hand_ok(&hand, "0020000003123456");
    }
}

static void make_locked(struct hand *h) {
    hand_make_sm4(h);
    for (unsigned i = 0; i < 3; i++) {
        hand_say(h, "0020000003000000");
    }
}

static void lead_to_unblock(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    prove_puk();
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(challenge, "84240000", "", SM4_STK, SOCIAL_MAC, line);
}

static void look_at_unblock(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "0020000003123456");
    bool open = hand_sw(&hand) == 0x9000;
    assert_true(open || (hand_sw(&hand) == 0x6983 && !answered));
}

/* --- keys and files --------------------------------------------------------------------------- */

static void lead_to_key(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(sm4p_prove(&hand, SM4_MAIN, 0x00, true), 0x9000);
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(
        challenge, "84D40108", "39F0F01233" SM4_UK, SM4_MAIN, PURSE_CIPHER, line);
}

/* Whole or absent; and when absent, it still fits in. */
static void look_at_key(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    unsigned sw = sm4p_prove(&hand, SM4_UK, 0x08, true);
    assert_true(sw == 0x9000 || (sw == 0x6A88 && !answered));
    if (sw != 0x9000) {
        lead_to_key();
        send_line();
        assert_int_equal(hand_sw(&hand), 0x9000);
        assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x08, true), 0x9000);
    }
}

static void lead_to_record(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x04, true), 0x9000);
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(challenge, "04DC0328", "030434353637", SM4_STK, SOCIAL_MAC, line);
}

static void look_at_record(bool answered) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, "00B2032806");
    bool new = memcmp(hand.reply, "\x03\x04\x34\x35\x36\x37", 6) == 0;
    bool old = memcmp(hand.reply, "\x03\x04\x33\x00\x00\x00", 6) == 0;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
}

static void lead_to_binary(void) {
    uint8_t challenge[8];
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(challenge, "04D69500", "AABBCCDD", SM4_DAMK, PURSE_CIPHER, line);
}

/* EF15 is read under a MAC, which costs a try and gives it back. */
static void look_at_binary(bool answered) {
    uint8_t key[16], challenge[8], plain[16];
    (void)from_hex(SM4_DAMK, key, sizeof key);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    assert_in_range(tries_of(KEY_MAINTENANCE, 0x00), answered ? 3 : 2, 3);
    partner_challenge(&hand, challenge);
    line_len = sm4p_secure(challenge, "04B09500", "", SM4_DAMK, PURSE_MAC, line);
    line[line_len++] = 4;
    send_line();
    assert_int_equal(hand_sw(&hand), 0x6114);
    hand_say(&hand, "00C0000014");
    sm4p_unblocks(key, hand.reply, plain, 16);
    bool new = memcmp(plain, "\x04\xAA\xBB\xCC\xDD\x80", 6) == 0;
    bool old = memcmp(plain, "\x04\x00\x00\x00\x00\x80", 6) == 0;
    assert_int_equal(new, !old);
    assert_true(new || !answered);
}

int main(void) {
    static struct sweep sweeps[] = {
        {"proof, right",  hand_make_sm4, lead_right,      send_line, look_right,      0x9000},
        {"proof, wrong",  hand_make_sm4, lead_wrong,      send_line, look_wrong,      0x63C2},
        {"proof, long",   hand_make_sm4, lead_long,       send_line, look_long,       0x9000},
        {"PIN RELOAD",    hand_make_sm4, lead_to_reload,  send_line, look_at_reload,  0x9000},
        {"PIN UNBLOCK",   make_locked,   lead_to_unblock, send_line, look_at_unblock, 0x9000},
        {"WRITE KEY",     hand_make_sm4, lead_to_key,     send_line, look_at_key,     0x9000},
        {"UPDATE RECORD", hand_make_sm4, lead_to_record,  send_line, look_at_record,  0x9000},
        {"UPDATE BINARY", hand_make_sm4, lead_to_binary,  send_line, look_at_binary,  0x9000},
    };
    if (!CARD_SM4) {
        print_message("skipped: this card is built without SM4\n");
        return 0;
    }
    return sweep_main("cuts under SM4", sweeps, sizeof sweeps / sizeof sweeps[0]);
}

/* How answers go over a T=0 line: each length there is, asked for in each way there is. [purse.md
 * 1.1; card.md 1, 6] */
#include "card/loop/card.h"

#include "card/trader.h"

static struct hand hand;

enum { FILE_LEN = 300, LONGEST = REPLY_DATA_MAX };

/* A wallet with a binary file EF05 of 300 bytes, each telling its place, free to everybody. */
static void make_long_file(void) {
    hand_make_master(&hand);
    hand_ok(&hand, "80E000050728012CF0F0FFFF");
    hand_ok(&hand, "00A40200020005");
    for (unsigned at = 0; at < FILE_LEN; at += 30) {
        char command[2 * (5 + 30) + 1];
        int len = snprintf(command, sizeof command, "00D6%02X%02X1E", at >> 8, at & 0xFF);
        for (unsigned i = 0; i < 30; i++) {
            len += snprintf(
                command + len, sizeof command - (size_t)len, "%02X", (at + i) * 7 & 0xFF);
        }
        hand_ok(&hand, command);
    }
}

static void assert_content(unsigned from, size_t len) {
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(hand.reply[i], (from + i) * 7 & 0xFF);
    }
}

/* Le from 1 to 256 at the beginning: so many bytes. */
static void a_read_brings_as_many_bytes_as_were_asked_for(void **state) {
    (void)state;
    make_long_file();
    for (unsigned le = 1; le <= LONGEST; le++) {
        const uint8_t line[] = {0x00, 0xB0, 0x00, 0x00, (uint8_t)le};
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x9000);
        assert_int_equal(hand.reply_len, le + 2);
        assert_content(0, le);
    }
}

/* Close to the end there is less than was asked for: the card says how much, forgets what it had
 * read, and gives it to who repeats the header with that length. 00 takes what there is. */
static void the_header_repeated_after_6c_brings_the_answer(void **state) {
    (void)state;
    make_long_file();
    for (unsigned left = 1; left <= 0x20; left++) {
        unsigned at = FILE_LEN - left;
        uint8_t line[] = {0x00, 0xB0, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)(left + 1)};
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x6C00 | left);
        assert_int_equal(hand.reply_len, 2);
        hand_expect(&hand, "00C0000000", "6985"); /* not by GET RESPONSE */
        line[4] = (uint8_t)left;
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand.reply_len, left + 2);
        assert_content(at, left);
        line[4] = 0;
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand.reply_len, left + 2);
        assert_content(at, left);
    }
}

/* Every command line of up to 270 bytes whose lengths contradict each other is 6700 and changes
 * nothing; the right length of UPDATE BINARY is among them and is done. */
static void lines_of_a_wrong_length_are_refused(void **state) {
    (void)state;
    static uint8_t line[270] = {0x00, 0xD6, 0x00, 0x00};
    make_long_file();
    for (unsigned lc = 1; lc <= APDU_DATA_MAX; lc += 23) {
        line[4] = (uint8_t)lc;
        for (size_t len = 6; len <= sizeof line; len++) {
            bool whole = len == 5u + lc; /* Le behind it is one too many: nothing is answered */
            hand_send(&hand, bytes_of(line, len));
            assert_int_equal(hand_sw(&hand), whole ? 0x9000 : 0x6700);
        }
    }
}

static void a_line_shorter_than_a_header_is_refused(void **state) {
    (void)state;
    static const uint8_t line[4] = {0x00, 0xA4, 0x00, 0x00};
    hand_make_master(&hand);
    for (size_t len = 0; len < sizeof line; len++) {
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6700);
        assert_int_equal(hand.reply_len, 2);
    }
    /* The master file, by naming nothing: no fifth byte is a fifth byte 00. */
    hand_send(&hand, bytes_of(line, sizeof line));
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(hand.reply_len, 0x17 + 2);
}

/* An answer may be fetched in pieces of every size, one after the other; together they are whole,
 * and 61xx always says what is left. */
static void pieces_of_every_size_make_the_whole_answer(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_say(&hand, SELECT_WALLET "00");
    size_t whole_len = hand.reply_len - 2;
    uint8_t whole[REPLY_MAX];
    (void)memcpy(whole, hand.reply, whole_len);
    assert_true(whole_len > 8);
    for (size_t piece = 1; piece < whole_len; piece++) {
        hand_say(&hand, SELECT_WALLET);
        assert_int_equal(hand_sw(&hand), 0x6100 | whole_len);
        for (size_t got = 0; got < whole_len;) {
            size_t left = whole_len - got, len = piece < left ? piece : left;
            const uint8_t line[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)len};
            hand_send(&hand, bytes_of(line, sizeof line));
            assert_int_equal(hand.reply_len, len + 2);
            assert_memory_equal(hand.reply, whole + got, len);
            got += len;
            left -= len;
            assert_int_equal(hand_sw(&hand), left > 0 ? 0x6100 | left : 0x9000);
        }
        hand_expect(&hand, "00C0000000", "6985");
    }
}

/* Nothing but GET RESPONSE in class 00 fetches, and whatever else comes drops what waited: wrong
 * classes of it, nonsense, a reset. */
static void whatever_comes_between_drops_the_answer(void **state) {
    (void)state;
    static const char *const between[] = {"80C0000010", "04C0000010", "00C1000010", "00", "0084",
        "0084000008", "00B0950000", "00A40000020001", "FFFFFFFFFF"};
    hand_make_wallet(&hand);
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        hand_say(&hand, SELECT_WALLET);
        assert_int_equal(hand_sw(&hand) >> 8, 0x61);
        hand_say(&hand, between[i]);
        hand_expect(&hand, "00C0000000", "6985");
    }
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(hand_reset(&hand), 17);
    hand_expect(&hand, "00C0000000", "6985");
}

/* GET RESPONSE is no command of its own: a transaction that was begun outlives it. */
static void fetching_the_answer_does_not_end_a_transaction(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_begin(&hand, 0x00, 0x02, 100, 0x10), 0x9000);
    assert_int_equal(trader_load(&hand, 100), 0x9000);
    hand_say(&hand, "805001020B0100000001" TRADER_TERMINAL);
    assert_int_equal(hand_sw(&hand), 0x610F);
    hand_expect(&hand, "00C0000005",
        "0000006400"
        "610A");
    hand_say(&hand, "00C000000A");
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_expect(&hand, "805401000F00000001200310081200000000000008",
        "9302"); /* still begun: the MAC is wrong */
}

/* A directory that is blocked says so behind its FCI, also when that is fetched later. */
static void a_warning_comes_with_its_data(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_DAMK, PURSE_MAC), 0x9000);
    hand_say(&hand, SELECT_WALLET);
    assert_int_equal(hand_sw(&hand) >> 8, 0x61);
    hand_say(&hand, "00C0000000");
    assert_int_equal(hand_sw(&hand), 0x6283);
    assert_int_equal(hand.reply[0], 0x6F);
    hand_say(&hand, SELECT_WALLET "00");
    assert_int_equal(hand_sw(&hand), 0x6283);
}

/* Cold and warm resets answer alike, and never with more than 33 bytes. [card.md 1] */
static void every_reset_answers_alike(void **state) {
    (void)state;
    uint8_t first[ATR_MAX], again[ATR_MAX];
    hand_make_wallet(&hand);
    size_t len = card_reset(&hand.card, &hand.nvm, first);
    assert_int_equal(len, 17);
    for (int i = 0; i < 3; i++) {
        hand_say(&hand, SELECT_WALLET);
        assert_int_equal(card_reset(&hand.card, &hand.nvm, again), len);
        assert_memory_equal(first, again, len);
    }
    card_power_off(&hand.card);
    assert_int_equal(card_reset(&hand.card, &hand.nvm, again), len);
    assert_memory_equal(first, again, len);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_brings_as_many_bytes_as_were_asked_for),
        cmocka_unit_test(the_header_repeated_after_6c_brings_the_answer),
        cmocka_unit_test(lines_of_a_wrong_length_are_refused),
        cmocka_unit_test(a_line_shorter_than_a_header_is_refused),
        cmocka_unit_test(pieces_of_every_size_make_the_whole_answer),
        cmocka_unit_test(whatever_comes_between_drops_the_answer),
        cmocka_unit_test(fetching_the_answer_does_not_end_a_transaction),
        cmocka_unit_test(a_warning_comes_with_its_data),
        cmocka_unit_test(every_reset_answers_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

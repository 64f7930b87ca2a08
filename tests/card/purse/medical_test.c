/* The medical account of DF04, to the byte and in every way to fail. Each test that computes runs
 * twice: in a directory that speaks 3DES and in one that speaks SM4. [card.md 6, 6.4; decision
 * 0022] */
#include "base/features.h"
#include "card/medic.h"
#include "card/purse/purse.h"

static struct hand hand;

/* The cipher that the test runs with is its state. */
static bool cipher_is_sm4(void **state) {
    return *state != NULL;
}

static void make(void **state) {
    medic_make(&hand, cipher_is_sm4(state));
}

/* An account with money, made by loading it. */
static void make_loaded(void **state, uint32_t amount) {
    make(state);
    medic_pin(&hand);
    assert_int_equal(medic_load(&hand, amount), 0x9000);
}

/* Four bytes as text. */
static const char *text_of(const uint8_t mac[4], char text[9]) {
    hex_write(bytes_of(mac, 4), text);
    return text;
}

/* ---- as the decision says ---- */

static void a_load_brings_money_and_a_tac(void **state) {
    char text[9];
    char message[64];
    char reply[64];
    uint8_t mac[4];
    uint8_t line[APDU_MAX];
    make(state);
    medic_pin(&hand);
    hand_foretell(&hand, "A1B2C3D4");
    assert_int_equal(medic_begin_load(&hand, 50000), 0x9000);
    struct partner_key session = medic_session(
        KEY_DLK, (const uint8_t *)"\xA1\xB2\xC3\xD4", 0, 0x8000);
    medic_mac(&session, "000000000000C35031" MEDIC_TERMINAL, mac);
    (void)snprintf(reply, sizeof reply, "0000000000000100A1B2C3D4%s9000", text_of(mac, text));
    assert_hex(bytes_of(hand.reply, hand.reply_len), reply);
    size_t len = medic_credit_line(&hand, 50000, line);
    hand_send(&hand, bytes_of(line, len));
    (void)snprintf(message, sizeof message, "0000C35000000000C35031" MEDIC_TERMINAL MEDIC_MOMENT);
    medic_tac(message, mac);
    (void)snprintf(reply, sizeof reply, "%s9000", text_of(mac, text));
    assert_hex(bytes_of(hand.reply, hand.reply_len), reply);
    hand_expect(&hand, "B05C000104", "0000C3509000");
    (void)snprintf(reply, sizeof reply, "00000000%s9000", text);
    hand_expect(&hand, "B05A003102000108", reply);
    assert_int_equal(medic_look(&hand).log_count, 0); /* EF08 is for purchases */
}

/* INITIALIZE, MAC1, debit, TAC, MAC2, record, proof: every byte. */
static void a_purchase_answers_tac_and_mac2(void **state) {
    char text[9];
    char second[9];
    char reply[64];
    uint8_t mac[4];
    uint8_t line[APDU_MAX];
    make_loaded(state, 50000);
    hand_foretell(&hand, "0A0B0C0D");
    assert_int_equal(medic_begin_purchase(&hand, 12345, 10000), 0x9000);
    assert_hex(bytes_of(hand.reply, hand.reply_len), "0000C350"
                                                     "000000"
                                                     "00000000000000"
                                                     "0000"
                                                     "0100"
                                                     "0A0B0C0D"
                                                     "9000");
    struct partner_key session = medic_purchase_session(&hand, 0x00070009);
    size_t len = medic_debit_line(&hand, 12345, 10000, 0x00070009, MEDIC_MOMENT, line);
    hand_send(&hand, bytes_of(line, len));
    medic_tac("00000000000030390000271032" MEDIC_TERMINAL "00070009" MEDIC_MOMENT, mac);
    (void)text_of(mac, text);
    medic_mac(&session, "000000000000303900002710", mac);
    (void)snprintf(reply, sizeof reply, "%s%s9000", text, text_of(mac, second));
    assert_hex(bytes_of(hand.reply, hand.reply_len), reply);
    (void)snprintf(reply, sizeof reply, "%s%s9000", second, text);
    hand_expect(&hand, "B05A003202000108", reply);
    hand_expect(&hand, "B05C000104", "00009C409000");
    hand_expect(&hand, "00B201441C",
        "000132" MEDIC_TERMINAL MEDIC_MOMENT "00000000"
        "00003039"
        "00002710"
        "9000");
}

/* Test 27 of card.md 8.1. */
static void a_purchase_of_nothing_is_a_purchase(void **state) {
    make(state);
    medic_pin(&hand);
    assert_int_equal(medic_buy(&hand, 0, 0, 1), 0x9000);
    hand_expect(&hand, "00B201441C",
        "000132" MEDIC_TERMINAL MEDIC_MOMENT "000000000000000000000000"
        "9000");
    hand_say(&hand, "B05A003202000108");
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(medic_look(&hand).wallet.offline, 1);
    assert_int_equal(medic_look(&hand).wallet.balance, 0);
}

/* The third amount leaves; the others are said, MACed and logged. */
static void only_account_and_pooled_leaves_the_card(void **state) {
    make_loaded(state, 1000);
    assert_int_equal(medic_buy(&hand, 0xFFFFFFFF, 1000, 1), 0x9000);
    assert_int_equal(medic_look(&hand).wallet.balance, 0);
    assert_int_equal(medic_buy(&hand, 5000, 0, 2), 0x9000);
    assert_int_equal(medic_begin_purchase(&hand, 1, 1), 0x9401);
    assert_int_equal(medic_look(&hand).wallet.offline, 2);
}

static void the_starting_day_is_set_told_and_kept_to(void **state) {
    char text[9];
    char reply[64];
    uint8_t mac[4];
    make_loaded(state, 1000);
    hand_say(&hand, SELECT_DF04);
    hand_expect(&hand, "B05C010103", "0000009000");
    hand_foretell(&hand, "11121314");
    assert_int_equal(medic_begin_day(&hand), 0x9000);
    struct partner_key session = medic_session(
        KEY_DSK, (const uint8_t *)"\x11\x12\x13\x14", 1, 0x8000);
    medic_mac(&session, "000003E800000033" MEDIC_TERMINAL, mac);
    (void)snprintf(reply, sizeof reply, "000003E80001000000010011121314%s9000", text_of(mac, text));
    assert_hex(bytes_of(hand.reply, hand.reply_len), reply);
    assert_int_equal(medic_set_day(&hand, "031009"), 0x9000);
    medic_tac("000003E8000103100933" MEDIC_TERMINAL MEDIC_MOMENT, mac);
    (void)snprintf(reply, sizeof reply, "00000000%s9000", text_of(mac, text));
    hand_expect(&hand, "B05A003302000208", reply);
    hand_expect(&hand, "B05C010103", "0310099000");
    hand_expect(&hand, "B05C000104", "000003E89000"); /* no money moves with a day */
    assert_int_equal(medic_buy_at(&hand, 10, 10, 1, "20031008235959"), 0x6985);
    assert_int_equal(medic_look(&hand).wallet.offline, 0);
    assert_int_equal(medic_buy_at(&hand, 10, 10, 2, "20031009000000"), 0x9000);
    assert_memory_equal(hand.reply + hand.reply_len - 2, "\x90\x00", 2);
    assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
    assert_memory_equal(hand.reply, "\x00\x00\x03\xDE\x03\x10\x09\x00", 8);
    assert_int_equal(medic_set_day(&hand, "000000"), 0x9000);
    assert_int_equal(medic_buy_at(&hand, 10, 10, 3, "20000101000000"), 0x9000);
    assert_int_equal(medic_look(&hand).log_count, 2);
}

/* EF08 is a ring; the holder reads it, and nobody but the card writes it. */
static void the_last_ten_purchases_are_on_the_card(void **state) {
    make_loaded(state, 1000);
    for (uint32_t i = 1; i <= 12; i++) {
        assert_int_equal(medic_buy(&hand, 100 + i, i, i), 0x9000);
    }
    assert_int_equal(medic_look(&hand).log_count, 10);
    for (unsigned i = 0; i < 10; i++) {
        char command[16];
        (void)snprintf(command, sizeof command, "00B2%02X441C", i + 1);
        hand_say(&hand, command);
        assert_int_equal(hand.reply[1], 12 - i);
        assert_int_equal(hand.reply[27], 12 - i);
    }
    hand_expect(&hand, "00B20B441C", "6A83");
    hand_expect(&hand,
        "00DC00431C"
        "000132" MEDIC_TERMINAL MEDIC_MOMENT "000000000000000000000000",
        "6982");
    hand_expect(&hand,
        "00E200441C"
        "000132" MEDIC_TERMINAL MEDIC_MOMENT "000000000000000000000000",
        "6982");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF04);
    hand_expect(&hand, "00B201441C", "6982"); /* not without the PIN */
}

/* Numbers of loads and days on one side, of purchases on the other; at the end nothing begins. */
static void numbers_run_out_and_do_not_wrap(void **state) {
    make(state);
    medic_pin(&hand);
    medic_set(&hand, 100, 0xFFFD, 0xFFFE);
    assert_int_equal(medic_load(&hand, 1), 0x9000);
    assert_int_equal(medic_set_day(&hand, "030101"), 0x9000);
    assert_int_equal(medic_load(&hand, 1), 0x9402);
    assert_int_equal(medic_begin_day(&hand), 0x9402);
    assert_int_equal(medic_buy(&hand, 1, 1, 1), 0x9000);
    assert_int_equal(medic_buy(&hand, 0, 0, 2), 0x9402);
    assert_int_equal(medic_look(&hand).wallet.online, 0xFFFF);
    assert_int_equal(medic_look(&hand).wallet.offline, 0xFFFF);
    hand_say(&hand, "B05A00320"
                    "2FFFF08");
    assert_int_equal(hand_sw(&hand), 0x9000);
}

static void the_ceiling_is_reached_and_not_passed(void **state) {
    make(state);
    medic_pin(&hand);
    assert_int_equal(medic_begin_load(&hand, MEDICAL_CEILING_FEN + 1), 0x6985);
    assert_int_equal(medic_begin_load(&hand, 0xFFFFFFFF), 0x6985);
    assert_int_equal(medic_load(&hand, MEDICAL_CEILING_FEN), 0x9000);
    assert_int_equal(medic_begin_load(&hand, 1), 0x6985);
    assert_int_equal(medic_load(&hand, 0), 0x9000);
    assert_int_equal(medic_begin_purchase(&hand, 0, MEDICAL_CEILING_FEN + 1), 0x9401);
    assert_int_equal(medic_buy(&hand, 0, MEDICAL_CEILING_FEN, 1), 0x9000);
    assert_int_equal(medic_look(&hand).wallet.balance, 0);
}

/* A proof is there until the next trade of its counter, and over a reset. */
static void a_proof_stays_until_the_next_of_its_kind(void **state) {
    make_loaded(state, 1000);
    assert_int_equal(medic_buy(&hand, 10, 10, 1), 0x9000);
    assert_int_equal(medic_begin_purchase(&hand, 0, 0), 0x9000); /* a question takes nothing */
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF04);
    hand_say(&hand, "B05A003202000108");
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_say(&hand, "B05A003102000108");
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(medic_set_day(&hand, "030101"), 0x9000);
    hand_expect(&hand, "B05A003102000108", "9406");
    assert_int_equal(medic_buy(&hand, 10, 10, 2), 0x9000);
    hand_expect(&hand, "B05A003202000108", "9406");
    hand_expect(&hand, "B05A003202000308", "9406");
    hand_expect(&hand, "B05A000602000208", "9406"); /* a wallet's type is none of DF04's */
    hand_expect(&hand, "805A003202000208", "9406"); /* and its class neither */
    hand_expect(&hand, "B05A0032010208", "6700");
    hand_expect(&hand, "B05A013202000208", "6A86");
}

/* A purchase of a medical account is one batch of 17, 28 and 2 bytes: three pages at most, and what
 * INITIALIZE asks programs none. */
static void a_purchase_programs_three_pages_at_most(void **state) {
    make_loaded(state, 100000);
    for (uint32_t i = 1; i <= 200; i++) {
        hand_say(&hand, SELECT_DF04); /* here the store tidies up */
        uint64_t before = hand.memory.programs;
        assert_int_equal(medic_begin_purchase(&hand, 100, 100), 0x9000);
        assert_int_equal(hand.memory.programs, before);
        assert_int_equal(medic_buy(&hand, 100, 100, i), 0x9000);
        assert_in_range(hand.memory.programs - before, 1, 3);
    }
}

/* ---- every way to fail ---- */

static void beginnings_are_refused_in_order(void **state) {
    static const struct {
        const char *title;
        const char *command;
        unsigned sw;
    } cases[] = {
        {"a load, too short",
         "B02800010A01000000014401000000"
            "10",                                                                                     0x6700},
        {"a load with three amounts",   "B02800011301000000000000000000000001" MEDIC_TERMINAL "10",
         0x6700                                                                                             },
        {"a purchase with one amount",  "B02801010B0100000001" MEDIC_TERMINAL "16",                   0x6700},
        {"a purchase, too long",        "B02801011401000000000000000000000001" MEDIC_TERMINAL "0016",
         0x6700                                                                                             },
        {"a day with an amount",        "B02804010B0100000001" MEDIC_TERMINAL "13",                   0x6700},
        {"no such kind",                "B02802010B0100000001" MEDIC_TERMINAL "10",                   0x6A86},
        {"an unload",                   "B02805010B0100000001" MEDIC_TERMINAL "10",                   0x6A86},
        {"no such account",             "B02800020B0100000001" MEDIC_TERMINAL "10",                   0x6A86},
        {"a load with no such key",     "B02800010B02FFFFFFFF" MEDIC_TERMINAL "10",                   0x9403},
        {"a purchase with no such key", "B028010113020000000000000000FFFFFFFF" MEDIC_TERMINAL "16",
         0x9403                                                                                             },
        {"a day with no such key",      "B02804010702" MEDIC_TERMINAL "13",                           0x9403},
        {"more than there is",          "B028010113010000000000000000000003E9" MEDIC_TERMINAL "16",   0x9401},
        {"above the ceiling",           "B02800010B0105F5E101" MEDIC_TERMINAL "10",                   0x6985},
        {"a wallet's load",             "805000010B0100000001" MEDIC_TERMINAL "10",                   0x6A82},
        {"a wallet's purchase",         "805001020B0100000001" MEDIC_TERMINAL "0F",                   0x6A82},
        {"a wallet's balance",          "805C000104",                                                 0x6A82},
        {"the balance of another",      "B05C000204",                                                 0x6A86},
        {"another question",            "B05C020104",                                                 0x6A86},
        {"a wallet's limit",            "805C010103",                                                 0x6A86},
    };
    make_loaded(state, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct medic_view before = medic_look(&hand);
        hand_say(&hand, cases[i].command);
        struct medic_view after = medic_look(&hand);
        if (hand_sw(&hand) != cases[i].sw || hand.reply_len != 2) {
            fail_msg("%s: %04X", cases[i].title, hand_sw(&hand));
        }
        assert_memory_equal(&before, &after, sizeof before);
    }
}

/* A load wants the holder, a purchase only the card. */
static void a_load_needs_the_pin_and_a_purchase_does_not(void **state) {
    make(state);
    assert_int_equal(medic_begin_load(&hand, 1), 0x6982);
    assert_int_equal(medic_begin_purchase(&hand, 0, 0), 0x9000);
    assert_int_equal(medic_begin_day(&hand), 0x9000);
    hand_expect(&hand, "B05C000104", "000000009000");
}

/* Every prefix of each completion is refused, and the right one afterwards comes too late. */
static void every_prefix_of_a_completion_is_refused(void **state) {
    uint8_t line[APDU_MAX];
    make_loaded(state, 1000);
    for (size_t cut = 5; cut < 20; cut++) {
        assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
        size_t len = medic_debit_line(&hand, 10, 10, 1, MEDIC_MOMENT, line);
        uint8_t whole = line[4];
        line[4] = (uint8_t)(cut - 5);
        hand_send(&hand, bytes_of(line, cut));
        assert_int_equal(hand_sw(&hand), 0x6700);
        line[4] = whole;
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6901);
    }
    assert_int_equal(medic_look(&hand).wallet.offline, 0);
    assert_int_equal(medic_look(&hand).wallet.balance, 1000);
}

/* One wrong bit anywhere in the data: 9302, nothing moves, and the transaction is over. The high half
 * of the terminal's sequence is in the TAC alone. */
static void a_wrong_bit_moves_nothing(void **state) {
    uint8_t line[APDU_MAX];
    make_loaded(state, 1000);
    for (size_t bit = 16; bit < 8 * 0x0F; bit++) {
        assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
        size_t len = medic_debit_line(&hand, 10, 10, 1, MEDIC_MOMENT, line);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6901);
    }
    medic_pin(&hand);
    for (size_t bit = 0; bit < 8 * 0x0B; bit++) {
        assert_int_equal(medic_begin_load(&hand, 10), 0x9000);
        size_t len = medic_credit_line(&hand, 10, line);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
    }
    for (size_t bit = 0; bit < 8 * 0x0E; bit++) {
        assert_int_equal(medic_begin_day(&hand), 0x9000);
        size_t len = medic_day_line(&hand, "030101", line);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
    }
    assert_int_equal(medic_look(&hand).wallet.balance, 1000);
    assert_int_equal(medic_look(&hand).wallet.online, 1);
    assert_int_equal(medic_look(&hand).wallet.offline, 0);
    assert_int_equal(medic_look(&hand).wallet.overdraft, 0);
    assert_int_equal(medic_look(&hand).log_count, 0);
}

/* Other amounts than those that INITIALIZE brought are under no MAC1 of theirs. */
static void the_amounts_are_those_of_the_beginning(void **state) {
    uint8_t line[APDU_MAX];
    make_loaded(state, 1000);
    assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
    hand_send(&hand, bytes_of(line, medic_debit_line(&hand, 10, 1, 1, MEDIC_MOMENT, line)));
    assert_int_equal(hand_sw(&hand), 0x9302);
    assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
    hand_send(&hand, bytes_of(line, medic_debit_line(&hand, 11, 10, 1, MEDIC_MOMENT, line)));
    assert_int_equal(hand_sw(&hand), 0x9302);
    assert_int_equal(medic_look(&hand).wallet.balance, 1000);
}

/* Each completion completes its own beginning and no other's, and only as the next command. */
static void completions_do_not_cross(void **state) {
    static const char *const lines[] = {
        "B02E00000B" MEDIC_MOMENT "0000000004",
        "B02C01000F00000001" MEDIC_MOMENT "0000000008",
        "B02E01000E030101" MEDIC_MOMENT "0000000004",
        "805200000B" MEDIC_MOMENT "0000000004",
        "805401000F00000001" MEDIC_MOMENT "0000000008",
        "805403000B" MEDIC_MOMENT "0000000004",
        "805800000E030101" MEDIC_MOMENT "0000000004",
    };
    make_loaded(state, 1000);
    for (size_t begun = 0; begun < 4; begun++) {
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            bool fits = begun == i + 1;
            hand_say(&hand, "0084000008"); /* drops whatever was under way */
            if (begun == 1) {
                assert_int_equal(medic_begin_load(&hand, 1), 0x9000);
            } else if (begun == 2) {
                assert_int_equal(medic_begin_purchase(&hand, 1, 1), 0x9000);
            } else if (begun == 3) {
                assert_int_equal(medic_begin_day(&hand), 0x9000);
            }
            hand_expect(&hand, lines[i], fits ? "9302" : "6901");
        }
    }
    hand_expect(&hand, "B02C00000F00000001" MEDIC_MOMENT "0000000008", "6A86");
    hand_expect(&hand, "B02C01010F00000001" MEDIC_MOMENT "0000000008", "6A86");
    hand_expect(&hand, "B02E02000B" MEDIC_MOMENT "0000000004", "6A86");
    assert_int_equal(medic_look(&hand).wallet.balance, 1000);
}

static void whatever_comes_between_ends_it(void **state) {
    static const char *const between[] = {
        "0084000008", "B05C000104", "B05A003202000108", SELECT_DF04, "00B201441C"};
    uint8_t line[APDU_MAX];
    make_loaded(state, 1000);
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        assert_int_equal(medic_begin_purchase(&hand, 10, 10), 0x9000);
        size_t len = medic_debit_line(&hand, 10, 10, 1, MEDIC_MOMENT, line);
        hand_say(&hand, between[i]);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6901);
    }
    assert_int_equal(medic_look(&hand).wallet.balance, 1000);
}

/* Without DTK there is no TAC, so nothing is bought; without EF08 nothing begins. */
static void an_account_that_lacks_something_refuses(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_expect(&hand, "B05C000104", "6A82");
    hand_expect(&hand, "B02800010B0100000001" MEDIC_TERMINAL "10", "6A82");
    medic_sm4 = false;
    hand_ok(&hand, "80E0DF040E380300F0F08001FFD15600000503");
    hand_say(&hand, SELECT_DF04);
    hand_ok(&hand, "80E00000073F010081F0FFFF");
    hand_ok(&hand, "80D4010115"
                   "3EF0F00100" KEY_DPK);
    hand_ok(&hand, "80E00003072F0208F000FF08");
    hand_say(&hand, SELECT_DF04);
    assert_int_equal(medic_begin_purchase(&hand, 0, 0), 0x6A82);
    hand_ok(&hand, "80E0EF08082E0A1C000100EFEF");
    assert_int_equal(medic_buy(&hand, 0, 0, 1), 0x6A88);
    assert_int_equal(medic_look(&hand).log_count, 0);
    assert_int_equal(medic_look(&hand).wallet.offline, 0);
}

/* A log whose records have another length takes none, and then nothing is bought. */
static void a_log_of_another_form_stops_the_purchase(void **state) {
    (void)state;
    hand_make_master(&hand);
    hand_ok(&hand, "80E0DDF117380A00F0F00B01FF7378312E73682EC9E7BBE1B1A3D5CF");
    hand_say(&hand, SELECT_SSSE);
    hand_ok(&hand, "80E0DF040E380300F0F08001FFD15600000503");
    hand_say(&hand, SELECT_DF04);
    hand_ok(&hand, "80E00000073F010081F0FFFF");
    hand_ok(&hand, "80D4010115"
                   "3EF0F00100" KEY_DPK);
    hand_ok(&hand, "80D4010015"
                   "34F0F00100" KEY_DTK);
    hand_ok(&hand, "80E0EF08082E0A17000100EFEF");
    hand_ok(&hand, "80E00003072F0208F000FF08");
    medic_sm4 = false;
    assert_int_equal(medic_buy(&hand, 0, 0, 1), 0x6700);
    assert_int_equal(medic_look(&hand).wallet.offline, 0);
}

/* In the wallet's application there is no medical account. */
static void a_wallet_is_no_medical_account(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "B05C000104", "6A82");
    assert_int_equal(medic_begin_load(&hand, 1), 0x6A82);
    assert_int_equal(medic_begin_purchase(&hand, 0, 0), 0x6A82);
    assert_int_equal(medic_begin_day(&hand), 0x6A82);
}

#define IN_3DES(f)                                                                                 \
    { .name = #f ", 3DES", .test_func = (f) }
#define IN_SM4(f)                                                                                  \
    { .name = #f ", SM4", .test_func = (f), .initial_state = &medic_sm4 }
#if CARD_SM4
#define IN_BOTH(f) IN_3DES(f), IN_SM4(f)
#else
#define IN_BOTH(f) IN_3DES(f)
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_BOTH(a_load_brings_money_and_a_tac),
        IN_BOTH(a_purchase_answers_tac_and_mac2),
        IN_BOTH(a_purchase_of_nothing_is_a_purchase),
        IN_BOTH(only_account_and_pooled_leaves_the_card),
        IN_BOTH(the_starting_day_is_set_told_and_kept_to),
        IN_BOTH(the_last_ten_purchases_are_on_the_card),
        IN_BOTH(numbers_run_out_and_do_not_wrap),
        IN_BOTH(the_ceiling_is_reached_and_not_passed),
        IN_BOTH(a_proof_stays_until_the_next_of_its_kind),
        IN_3DES(a_purchase_programs_three_pages_at_most),
        IN_BOTH(beginnings_are_refused_in_order),
        IN_BOTH(a_load_needs_the_pin_and_a_purchase_does_not),
        IN_BOTH(every_prefix_of_a_completion_is_refused),
        IN_BOTH(a_wrong_bit_moves_nothing),
        IN_BOTH(the_amounts_are_those_of_the_beginning),
        IN_BOTH(completions_do_not_cross),
        IN_BOTH(whatever_comes_between_ends_it),
        IN_3DES(an_account_that_lacks_something_refuses),
        IN_3DES(a_log_of_another_form_stops_the_purchase),
        IN_3DES(a_wallet_is_no_medical_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The wallet: the published vectors to the byte, the state machine, every refusal. */
#include "card/purse/purse.h"

#include "base/features.h"
#include "card/trader.h"
#include "crypto/sm4.h"

static struct hand hand;

static void expect_exactly(const char *command, const char *reply) {
    hand_expect(&hand, command, reply);
}

/* A wallet application with the keys of one vector: DLK and DPK under the number and version that
 * the card of the vector had. */
static void make_card(const char *key_id, const char *dlk, const char *dpk, const char *dtk,
    const char *version_and_algorithm) {
    char command[128];
    hand_make_master(&hand);
    hand_ok(&hand, "80E03F011138080"
                   "0F0F095FFFFA00000000386980701");
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "80E00000073F018F95F0FFFF");
    (void)snprintf(
        command, sizeof command, "80D401%s153FF0F0%s%s", key_id, version_and_algorithm, dlk);
    hand_ok(&hand, command);
    (void)snprintf(
        command, sizeof command, "80D401%s153EF0F0%s%s", key_id, version_and_algorithm, dpk);
    hand_ok(&hand, command);
    (void)snprintf(command, sizeof command,
        "80D4010015"
        "34F0F00001%s",
        dtk);
    hand_ok(&hand, command);
    hand_ok(&hand, "80D40100073AF0EF01331234");
    hand_ok(&hand, "80E00018072E0A17F0EFFFFF");
    hand_ok(&hand, "80E00001072F0208F100FF18");
    hand_ok(&hand, "80E00002072F0208F000FF18");
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "00200000021234");
}

#define ALL_DIGITS "00112233445566778899AABBCCDDEEFF"

/* Vector real-card-2-load-init. A second INITIALIZE returns the same number. */
static void real_card_2_begins_a_load(void **state) {
    (void)state;
    make_card("02", ALL_DIGITS, ALL_DIGITS, ALL_DIGITS, "0000");
    for (int i = 0; i < 2; i++) {
        hand_foretell(&hand, "E0B84748");
        expect_exactly(
            "805000020B020000200000112233445510", "0000000000000000E0B84748EA411F909000");
    }
}

/* Vector real-card-2-purchase, from INITIALIZE to the proof. */
static void real_card_2_buys(void **state) {
    (void)state;
    make_card("00", ALL_DIGITS, ALL_DIGITS, ALL_DIGITS, "0000");
    trader_set(&hand, 2, 0x2000, 1, 0);
    hand_foretell(&hand, "584633C9");
    expect_exactly("805001020B00000000010011223344550F", "0000200000000000000000584633C99000");
    expect_exactly("805401000F0000000020161216134600D45737C508", "8AF270DC66B54A6B9000");
    expect_exactly("805C000204", "00001FFF9000");
    expect_exactly("805A000602000108", "66B54A6B8AF270DC9000");
    expect_exactly("00B201C417", "00010000000000000106001122334455201612161346009000");
}

/* Vector applet-load. */
static void the_applet_of_another_house_loads_alike(void **state) {
    (void)state;
    make_card("01", KEY_DLK, KEY_DPK, KEY_DTK, "0001");
    hand_foretell(&hand, "2755AE2D");
    expect_exactly("805000020B010000100000112233445510", "00000000000000012755AE2DF197CB4B9000");
    expect_exactly("805200000B20111221214822C92043E504", "1462AD139000");
}

/* Vectors article-load and derived-article-load-tac: the deposit wallet, ED. */
static void the_article_loads_the_deposit_wallet(void **state) {
    (void)state;
    static const char key[] = "11223344556677888877665544332211";
    make_card("01", key, KEY_DPK, key, "0001");
    hand_foretell(&hand, "11223344");
    expect_exactly("805000010B010000100000112233445510", "000000000000000111223344"
                                                         "2988AE5A9000");
    expect_exactly("805200000B201112212148223A845BF004", "FF5C13899000");
}

/* Vectors derived-ed-purchase and derived-cash-withdraw: other lines of the same table. */
static void other_kinds_are_other_lines_of_the_table(void **state) {
    (void)state;
    make_card("01", KEY_DLK, KEY_DPK, KEY_DTK, "0001");
    trader_set(&hand, 1, 0x1000, 0, 8);
    hand_foretell(&hand, "0A0B0C0E");
    expect_exactly("805001010B01000001000000000000010F", "00001000000800000000010A0B0C0E9000");
    expect_exactly("805401000F0000001320250102030405039F42AD08", "6F6D9BF3A1C64D489000");
    trader_set(&hand, 1, 0x1000, 0, 7);
    hand_foretell(&hand, "0A0B0C0D");
    expect_exactly("805002010B01000001000000000000010F", "00001000000700000000010A0B0C0D9000");
    expect_exactly("805401000F00000012202501020304050088D24808", "0D286455881CF7A89000");
}

/* Vector real-card-2-load-algorithm-02: what a card computes with such a key is no 3DES and known to
 * nobody, so this card computes nothing with it. */
static void a_key_of_an_unknown_algorithm_computes_nothing(void **state) {
    (void)state;
    make_card("02", ALL_DIGITS, ALL_DIGITS, ALL_DIGITS, "0002");
    expect_exactly("805000020B020000200000112233445510", "9403");
    expect_exactly("805001020B02000000000011223344550F", "9403");
    make_card("02", ALL_DIGITS, ALL_DIGITS, ALL_DIGITS, "0003");
    expect_exactly("805000020B020000200000112233445510", "9403");
    make_card("02", ALL_DIGITS, ALL_DIGITS, ALL_DIGITS, "0001");
    hand_say(&hand, "805000020B020000200000112233445510");
    assert_int_equal(hand_sw(&hand), 0x9000);
}

#if CARD_SM4
/* Vector derived-sm4-purchase: the same commands in a directory that speaks SM4. The TAC is that of
 * decision 0020. */
static void the_purse_speaks_sm4_where_its_directory_does(void **state) {
    (void)state;
    struct key128 dtk;
    uint8_t message[32];
    uint8_t mac[SM4_BLOCK];
    char text[9];
    char reply[64];
    hand_make_master(&hand);
    hand_ok(&hand, "80E03F01113808"
                   "00F0F095FF03A00000000386980701");
    hand_say(&hand, SELECT_WALLET);
    hand_ok(&hand, "80E00000073F018F95F0FFFF");
    hand_ok(&hand, "80D40101153EF0F00104"
                   "5A9F65876227746D95606233700543A9");
    hand_ok(&hand, "80D4010015"
                   "34F0F00104" KEY_DTK);
    hand_ok(&hand, "80E00018072E0A17F0EFFFFF");
    hand_ok(&hand, "80E00002072F0208F000FF18");
    trader_set(&hand, 2, 0x1000, 0, 9);
    hand_foretell(&hand, "0A0B0C0F");
    expect_exactly("805001020B01000001000000000000010F", "00001000000900000001040A0B0C0F9000");
    (void)from_hex(KEY_DTK, dtk.bytes, sizeof dtk.bytes);
    size_t len = from_hex("0000010006000000000001"
                          "0000001420250102030405",
        message, sizeof message);
    mac_sm4(&dtk, NULL, bytes_of(message, len), mac);
    hex_write(bytes_of(mac, 4), text);
    (void)snprintf(reply, sizeof reply, "%s00296F499000", text);
    expect_exactly("805401000F0000001420250102030405B170394F08", reply);
    expect_exactly("805C000204", "00000F009000");
}
#endif

/* Adds the keys of unloading and of limits to the card of make_card(). */
static void add_online_keys(void) {
    hand_ok(&hand, "80D40101153DF0F00001" KEY_DULK);
    hand_ok(&hand, "80D40101153CF0F00001" KEY_DUK);
}

/* Vectors derived-unload and derived-overdraft-xor, which is its next transaction, down to the
 * log. */
static void the_deposit_wallet_is_unloaded_and_given_a_limit(void **state) {
    (void)state;
    make_card("01", KEY_DLK, KEY_DPK, KEY_DTK, "0001");
    add_online_keys();
    trader_set(&hand, 1, 0x2000, 5, 0);
    hand_foretell(&hand, "A1B2C3D4");
    expect_exactly("805005010B010000050000000000000110", "0000200000050001A1B2C3D43EAA02829000");
    expect_exactly("805403000B20250102030405BABA3F4904", "D98472AD9000");
    expect_exactly("805C000104", "00001B009000");
    expect_exactly("805A000302000608", "D98472AD000000009000");
    hand_foretell(&hand, "A1B2C3D5");
    expect_exactly("80500401070100000000000113", "00001B0000060000000001A1B2C3D560CBF6699000");
    expect_exactly("805800000E0003E82025010203040547D1838D04", "10A4B3A99000");
    expect_exactly("805C000104", "00001EE89000");
    expect_exactly("805A000702000708", "0000000010A4B3A99000");
    expect_exactly("805A000302000608", "9406");
    expect_exactly("00B201C417", "00070003E80000000007000000000001202501020304059000");
    expect_exactly("00B202C417", "00060000000000050003000000000001202501020304059000");
}

/* Keys of eight bytes: single DES throughout, and DTK is the key of the TAC itself. [purse.md
 * 5.4] */
static void keys_of_eight_bytes_make_single_des(void **state) {
    (void)state;
    static const char *const script[] = {"80E03F0111380800F0F095FFFFA00000000386980701",
        SELECT_WALLET, "80E00000073F018F95F0FFFF", "80D401010D3EF0F000011122334455667788",
        "80D401000D34F0F000012233445566778899", "80E00018072E0A17F0EFFFFF",
        "80E00002072F0208F000FF18", NULL};
    struct partner_key dpk = partner_key("1122334455667788");
    struct partner_key dtk = partner_key("2233445566778899");
    struct partner_key session = {.len = 8};
    uint8_t room[64];
    uint8_t mac[8];
    char mac1[9];
    char command[64];
    char reply[32] = {0};
    hand_make_master(&hand);
    hand_say_all(&hand, script);
    hand_foretell(&hand, "0A0B0C0D");
    hand_say(&hand, "805001020B01000000004401000000010F");
    (void)from_hex("0A0B0C0D00000005", room, sizeof room);
    partner_encrypt(&dpk, room, session.bytes, 8);
    size_t len = from_hex("0000000006440100000001" TRADER_MOMENT, room, sizeof room);
    partner_mac(&session, NULL, bytes_of(room, len), mac);
    hex_write(bytes_of(mac, 4), mac1);
    len = from_hex("000000000644010000000100000005" TRADER_MOMENT, room, sizeof room);
    partner_mac(&dtk, NULL, bytes_of(room, len), mac);
    hex_write(bytes_of(mac, 4), reply);
    len = from_hex("00000000", room, sizeof room);
    partner_mac(&session, NULL, bytes_of(room, len), mac);
    hex_write(bytes_of(mac, 4), reply + 8);
    (void)memcpy(reply + 16, "9000", 5);
    (void)snprintf(command, sizeof command, "805401000F00000005" TRADER_MOMENT "%s08", mac1);
    hand_expect(&hand, command, reply);
}

/* The same order in a wallet card with PIN, unless a test says otherwise. */
static void make_wallet(void) {
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
}

static void begin_refuses_in_the_order_of_the_specification(void **state) {
    (void)state;
    static const struct {
        const char *title;
        const char *command;
        unsigned sw;
    } cases[] = {
        {"too short",                                    "805000020A0100000010440100000010",   0x6700},
        {"too long",
         "805000020C010000001044010000000100"
            "10",                                                                              0x6700},
        {"no such kind",                                 "805006020B010000001044010000000110", 0x6A86},
        {"no such wallet number",                        "805000030B010000001044010000000110", 0x6A86},
        {"no such key",                                  "805000020B7F0000001044010000000110", 0x9403},
        {"no such key for a purchase above the balance", "805001020B7F000FFFFF4401000000010F",
         0x9403                                                                                      },
        {"above the balance",                            "805001020B01000000014401000000010F", 0x9401},
        {"above the ceiling",                            "805000020B01000F424144010000000110", 0x6985},
        {"amounts that would wrap",                      "805000020B01FFFFFFFF44010000000110", 0x6985},
        {"compound above the balance",                   "805003020B01000000014401000000010F",
         CARD_COMPOUND ? 0x9401 : 0x6A86                                                             },
        {"unload of the purse",                          "805005020B010000000144010000000110", 0x6A86},
        {"unload with no such key",                      "805005010B7F0000000144010000000110", 0x9403},
        {"unload above the balance",                     "805005010B010000000144010000000110", 0x9401},
        {"a limit with an amount",                       "805004010B010000000144010000000113", 0x6700},
        {"a limit cut short",
         "8050040106014401000000"
            "13",                                                                              0x6700},
        {"a limit for the purse",                        "80500402070144010000000113",         0x6A86},
        {"a limit with no such key",                     "80500401077F44010000000113",         0x9403},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_wallet();
        hand_say(&hand, cases[i].command);
        if (hand_sw(&hand) != cases[i].sw || hand.reply_len != 2) {
            fail_msg("%s: %04X", cases[i].title, hand_sw(&hand));
        }
    }
}

static void a_load_needs_the_pin_and_a_purchase_does_not(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x6982);
    assert_int_equal(trader_begin(&hand, 1, 2, 0, 0x0F), 0x9000);
    assert_int_equal(trader_begin(&hand, 1, 1, 0, 0x0F), 0x6982);
    hand_expect(&hand, "805C000104", "6982");
    hand_expect(&hand, "805C000204", "000000009000");
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "805C000104", "000000009000");
}

static void the_deposit_wallet_asks_for_the_pin(void **state) {
    (void)state;
    static const struct trader_online *const kinds[] = {
        &trader_ed_load, &trader_ed_unload, &trader_ed_limit};
    hand_make_wallet(&hand);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_int_equal(trader_begin_online(&hand, kinds[i], 0), 0x6982);
    }
    hand_ok(&hand, "0020000003123456");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_int_equal(trader_begin_online(&hand, kinds[i], 0), 0x9000);
    }
}

/* The balance holds the limit: it can be spent, unloaded from and told, and what is spent of it
 * keeps it from being lowered. [purse.md 3.5, 4.10] */
static void the_limit_is_part_of_the_balance(void **state) {
    (void)state;
    make_wallet();
    assert_int_equal(trader_online(&hand, &trader_ed_load, 300), 0x9000);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 1000), 0x9000);
    hand_expect(&hand, "805C000104", "000005149000");
    assert_int_equal(trader_begin(&hand, 1, 1, 1301, 0x0F), 0x9401);
    assert_int_equal(trader_begin(&hand, 1, 1, 1300, 0x0F), 0x9000);
    assert_memory_equal(hand.reply, "\x00\x00\x05\x14\x00\x00\x00\x03\xE8", 9);
    assert_int_equal(
        trader_online(&hand, &trader_ed_unload, 900), 0x9000); /* 600 of it are credit */
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 599), 0x9401);
    assert_int_equal(trader_look(&hand, 1).wallet.overdraft, 1000);
    assert_int_equal(trader_look(&hand, 1).wallet.balance, 400);
    assert_int_equal(trader_look(&hand, 1).wallet.online, 3);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 600), 0x9000);
    assert_int_equal(trader_look(&hand, 1).wallet.balance, 0);
    assert_int_equal(trader_online(&hand, &trader_ed_unload, 1), 0x9401);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 0), 0x9401);
    assert_int_equal(trader_online(&hand, &trader_ed_load, 600), 0x9000);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 0), 0x9000);
    assert_int_equal(trader_look(&hand, 1).wallet.balance, 0);
    assert_int_equal(trader_look(&hand, 1).wallet.overdraft, 0);
    assert_int_equal(trader_look(&hand, 2).wallet.online, 0); /* the purse has its own */
}

static void a_limit_stops_at_the_ceiling(void **state) {
    (void)state;
    make_wallet();
    assert_int_equal(trader_online(&hand, &trader_ed_load, 1), 0x9000);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, 0xFFFFFF), 0x6985);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, PURSE_CEILING_FEN), 0x6985);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, PURSE_CEILING_FEN - 1), 0x9000);
    assert_int_equal(trader_online(&hand, &trader_ed_limit, PURSE_CEILING_FEN - 1), 0x9000);
    assert_int_equal(trader_online(&hand, &trader_ed_load, 1), 0x6985);
    trader_set(&hand, 1, 5, 0xFFFF, 0);
    assert_int_equal(trader_begin_online(&hand, &trader_ed_limit, 0), 0x9402);
    assert_int_equal(trader_begin_online(&hand, &trader_ed_unload, 1), 0x9402);
}

/* Every bit of the data that complete an online transaction is under its MAC2. */
static void a_wrong_bit_for_the_deposit_wallet_moves_nothing(void **state) {
    (void)state;
    static const struct trader_online *const kinds[] = {&trader_ed_unload, &trader_ed_limit};
    uint8_t line[APDU_MAX];
    make_wallet();
    assert_int_equal(trader_online(&hand, &trader_ed_load, 1000), 0x9000);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t data_len = kinds[k]->trade == 0x07 ? 0x0E : 0x0B;
        for (size_t bit = 0; bit < 8 * data_len; bit++) {
            assert_int_equal(trader_begin_online(&hand, kinds[k], 10), 0x9000);
            size_t len = trader_online_line(&hand, kinds[k], 10, line);
            line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
            hand_send(&hand, bytes_of(line, len));
            assert_int_equal(hand_sw(&hand), 0x9302);
            line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
            hand_send(&hand, bytes_of(line, len));
            assert_int_equal(hand_sw(&hand), 0x6901);
        }
    }
    assert_int_equal(trader_look(&hand, 1).wallet.balance, 1000);
    assert_int_equal(trader_look(&hand, 1).wallet.online, 1);
    assert_int_equal(trader_look(&hand, 1).log_count, 1);
}

static void a_wallet_that_is_not_there_is_refused(void **state) {
    (void)state;
    hand_make_master(&hand);
    hand_say(&hand, "805000020B010000001044010000000110");
    assert_int_equal(hand_sw(&hand), 0x6A82);
    hand_expect(&hand, "805C000204", "6A82");
    hand_expect(&hand, "805C000304", "6A86");
    hand_expect(&hand, "805A000202000108", "9406");
}

/* The highest numbers: FFFE is used up, at FFFF nothing begins any more. */
static void numbers_do_not_wrap(void **state) {
    (void)state;
    make_wallet();
    trader_set(&hand, 2, 100, 0xFFFE, 0xFFFE);
    assert_int_equal(trader_load(&hand, 1), 0x9000);
    assert_int_equal(trader_load(&hand, 1), 0x9402);
    assert_int_equal(trader_buy(&hand, 1, 1), 0x9000);
    assert_int_equal(trader_buy(&hand, 1, 2), 0x9402);
    assert_int_equal(trader_look(&hand, 2).wallet.online, 0xFFFF);
}

static void the_ceiling_is_reached_and_not_passed(void **state) {
    (void)state;
    make_wallet();
    assert_int_equal(trader_load(&hand, PURSE_CEILING_FEN), 0x9000);
    assert_int_equal(trader_load(&hand, 1), 0x6985);
    assert_int_equal(trader_load(&hand, 0), 0x9000);
    assert_int_equal(trader_buy(&hand, PURSE_CEILING_FEN, 1), 0x9000);
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 0);
}

/* Every bit of the completion's data is under MAC1 or MAC2; a wrong one changes nothing and ends
 * the transaction. */
static void a_wrong_bit_in_a_completion_moves_nothing(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    make_wallet();
    assert_int_equal(trader_load(&hand, 1000), 0x9000);
    assert_int_equal(trader_load(&hand, 1000), 0x9000);
    for (unsigned bit = 0; bit < 8 * 0x1A; bit++) {
        bool load = bit < 8 * 0x0B;
        unsigned at = load ? bit : bit - 8 * 0x0B;
        size_t len = 0;
        if (load) {
            assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
            len = trader_credit_line(&hand, 100, 0x02, line);
        } else {
            assert_int_equal(trader_begin(&hand, 1, 2, 100, 0x0F), 0x9000);
            len = trader_debit_line(&hand, 100, 0x06, 9, line);
        }
        /* the high half of the terminal's sequence is in no MAC of the card: only in the TAC */
        bool in_mac = load || at >= 16;
        line[5 + at / 8] ^= (uint8_t)(1 << at % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), in_mac ? 0x9302 : 0x9000);
        if (!in_mac) {
            continue;
        }
        line[5 + at / 8] ^= (uint8_t)(1 << at % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6901);
    }
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 2000 - 16 * 100);
}

/* Whatever comes between INITIALIZE and its completion ends the transaction. */
static void any_other_command_ends_the_transaction(void **state) {
    (void)state;
    static const char *const between[] = {"805C000204", "0084000008", "805A000202000108",
        "00A40000023F01", SELECT_WALLET, "00B0950000", "FFFFFFFF", "00", "0020000003123456"};
    uint8_t line[APDU_MAX];
    make_wallet();
    assert_int_equal(trader_load(&hand, 1000), 0x9000);
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        assert_int_equal(trader_begin(&hand, 1, 2, 100, 0x0F), 0x9000);
        size_t len = trader_debit_line(&hand, 100, 0x06, 9, line);
        hand_say(&hand, between[i]);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6901);
    }
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 1000);
}

/* GET RESPONSE belongs to the command before it, on the line of T=0. */
static void get_response_does_not_end_the_transaction(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    make_wallet();
    hand_expect(&hand, "805001020B0100000000440100000001", "610F");
    hand_say(&hand, "00C000000F");
    size_t len = trader_debit_line(&hand, 0, 0x06, 9, line);
    hand_send(&hand, bytes_of(line, len - 1));
    assert_int_equal(hand_sw(&hand), 0x6108);
    hand_say(&hand, "00C0000008");
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(trader_look(&hand, 2).wallet.offline, 1);
}

/* Each completion after each beginning, and after none. */
static void a_completion_completes_its_own_kind_only(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    make_wallet();
    hand_expect(&hand, "805200000B200310081200000000000004", "6901");
    hand_expect(&hand, "805401000F00000001200310081200000000000008", "6901");
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
    hand_expect(&hand, "805401000F00000001200310081200000000000008", "6901");
    assert_int_equal(trader_begin(&hand, 1, 2, 0, 0x0F), 0x9000);
    hand_expect(&hand, "805200000B200310081200000000000004", "6901");
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
    hand_expect(&hand, "805403000B200310081200000000000004", "6901");
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
    hand_expect(&hand, "805800000E000000200310081200000000000004", "6901");
    assert_int_equal(trader_begin_online(&hand, &trader_ed_limit, 0), 0x9000);
    hand_expect(&hand, "805200000B200310081200000000000004", "6901");
    hand_expect(&hand, "805402000F00000000200310081200000000000008", "6A86");
    hand_expect(&hand, "805800010E000000200310081200000000000004", "6A86");
    hand_expect(&hand, "805800000D0000002003100812000000000004", "6700");
    hand_expect(&hand, "805403000F00000000200310081200000000000004", "6700");
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
    size_t len = trader_credit_line(&hand, 100, 0x02, line);
    assert_int_equal(trader_begin(&hand, 6, 2, 100, 0x10), 0x6A86); /* a begin that failed */
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x6901);
    assert_int_equal(trader_begin(&hand, 0, 2, 100, 0x10), 0x9000);
    len = trader_credit_line(&hand, 100, 0x02, line);
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_WALLET);
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x6901);
    assert_int_equal(trader_look(&hand, 2).wallet.balance, 0);
}

/* The last load and the last purchase stay provable: over resets and over new beginnings. */
static void proofs_stay_until_the_next_completion(void **state) {
    (void)state;
    make_wallet();
    assert_int_equal(trader_load(&hand, 1000), 0x9000);
    assert_int_equal(trader_buy(&hand, 300, 5), 0x9000);
    struct wallet w = trader_look(&hand, 2).wallet;
    for (int round = 0; round < 2; round++) {
        char reply[64];
        char mac[9];
        char tac[9];
        hex_write(bytes_of(w.last_offline.mac, 4), mac);
        hex_write(bytes_of(w.last_offline.tac, 4), tac);
        (void)snprintf(reply, sizeof reply, "%s%s9000", mac, tac);
        assert_int_equal(trader_begin(&hand, 1, 2, 1, 0x0F), 0x9000);
        hand_expect(&hand, "805A000602000108", reply);
        hand_expect(&hand, "805A000602000008", "9406");
        hand_expect(&hand, "805A000602000208", "9406");
        hand_expect(&hand, "805A000502000108", "9406");
        hex_write(bytes_of(w.last_online.tac, 4), tac);
        (void)snprintf(reply, sizeof reply, "00000000%s9000", tac);
        hand_expect(&hand, "805A000202000108", reply);
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, SELECT_WALLET);
    }
    assert_int_equal(trader_buy(&hand, 300, 6), 0x9000);
    hand_expect(&hand, "805A000602000108", "9406");
    hand_say(&hand, "805A000602000208");
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_expect(&hand, "805A0006020002", "6108");
    hand_expect(&hand, "805A00060100", "6700");
    hand_expect(&hand, "805A010602000208", "6A86");
}

/* A day of chance against a model of twenty lines: balance, numbers, and the newest log line. */
static void a_walk_agrees_with_its_model(void **state) {
    (void)state;
    uint32_t seed = 20031008;
    uint32_t balance = 0;
    uint16_t online = 0;
    uint16_t offline = 0;
    make_wallet();
    for (uint32_t step = 0; step < 400; step++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t amount = seed >> 8 & 0x3FF;
        bool load = seed >> 31 != 0;
        unsigned sw = load ? trader_load(&hand, amount) : trader_buy(&hand, amount, step);
        if (load) {
            assert_int_equal(sw, 0x9000);
            balance += amount;
            online++;
        } else if (amount > balance) {
            assert_int_equal(sw, 0x9401);
        } else {
            assert_int_equal(sw, 0x9000);
            balance -= amount;
            offline++;
        }
        struct trader_view view = trader_look(&hand, 2);
        assert_int_equal(view.wallet.balance, balance);
        assert_int_equal(view.wallet.online, online);
        assert_int_equal(view.wallet.offline, offline);
        if (sw == 0x9000) {
            struct cursor c = cursor_over(bytes_of(view.newest, sizeof view.newest));
            assert_int_equal(cursor_u16(&c), load ? online : offline);
            (void)cursor_take(&c, 3);
            assert_int_equal(cursor_u32(&c), amount);
            assert_int_equal(cursor_u8(&c), load ? 2 : 6);
        }
    }
    assert_int_equal(trader_look(&hand, 2).log_count, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_card_2_begins_a_load),
        cmocka_unit_test(real_card_2_buys),
        cmocka_unit_test(the_applet_of_another_house_loads_alike),
        cmocka_unit_test(the_article_loads_the_deposit_wallet),
        cmocka_unit_test(other_kinds_are_other_lines_of_the_table),
        cmocka_unit_test(a_key_of_an_unknown_algorithm_computes_nothing),
#if CARD_SM4
        cmocka_unit_test(the_purse_speaks_sm4_where_its_directory_does),
#endif
        cmocka_unit_test(the_deposit_wallet_is_unloaded_and_given_a_limit),
        cmocka_unit_test(keys_of_eight_bytes_make_single_des),
        cmocka_unit_test(begin_refuses_in_the_order_of_the_specification),
        cmocka_unit_test(a_load_needs_the_pin_and_a_purchase_does_not),
        cmocka_unit_test(the_deposit_wallet_asks_for_the_pin),
        cmocka_unit_test(the_limit_is_part_of_the_balance),
        cmocka_unit_test(a_limit_stops_at_the_ceiling),
        cmocka_unit_test(a_wrong_bit_for_the_deposit_wallet_moves_nothing),
        cmocka_unit_test(a_wallet_that_is_not_there_is_refused),
        cmocka_unit_test(numbers_do_not_wrap),
        cmocka_unit_test(the_ceiling_is_reached_and_not_passed),
        cmocka_unit_test(a_wrong_bit_in_a_completion_moves_nothing),
        cmocka_unit_test(any_other_command_ends_the_transaction),
        cmocka_unit_test(get_response_does_not_end_the_transaction),
        cmocka_unit_test(a_completion_completes_its_own_kind_only),
        cmocka_unit_test(proofs_stay_until_the_next_completion),
        cmocka_unit_test(a_walk_agrees_with_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The other side of a medical account: hospital, PSAM and centre of a test, in either cipher.
 *
 * Every message is put together here from card.md 6.4 and decision 0022, byte by byte, with crypto/
 * alone; nothing of wire/purse_message is used. */
#pragma once

#include "card/files/record.h"
#include "card/files/walletfile.h"
#include "card/partner.h"
#include "crypto/sm4.h"

#define MEDIC_TERMINAL "440100000001"
#define MEDIC_MOMENT   "20031008120000"
#define SELECT_DF04    "00A4040006D15600000503"
#define KEY_DSK        "6A5B4C3D2E1F00112233445566778899"

/* Whether the chip of the test speaks SM4 in DF04; set by medic_make(). */
static bool medic_sm4;

/* SSSE with its PIN 123456, and DF04 with the account, its keys and EF08 of ten records. */
static inline void medic_make(struct hand *h, bool sm4) {
    static const char *const above[] = {
        "80E0DDF117380A00F0F00B01FF7378312E73682EC9E7BBE1B1A3D5CF",
        SELECT_SSSE,
        "80E00000073F010081F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D40100083AF0EF0133123456",
        NULL,
    };
    static const char *const below[] = {
        SELECT_DF04,
        "80E00000073F010081F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D4010115"
        "3FF0F00100" KEY_DLK,
        "80D4010115"
        "3EF0F00100" KEY_DPK,
        "80D4010015"
        "34F0F00100" KEY_DTK,
        "80D4010115"
        "3CF0F00100" KEY_DSK,
        "80E0EF08082E0A1C000100EFEF",
        "80E00003072F0208F000FF08",
        NULL,
    };
    medic_sm4 = sm4;
    hand_make_master(h);
    hand_say_all(h, above);
    hand_ok(h,
        sm4 ? "80E0DF040E380300F0F0800103D15600000503" : "80E0DF040E380300F0F08001FFD15600000503");
    hand_say_all(h, below);
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_SSSE);
    hand_say(h, SELECT_DF04);
}

/* The holder types the PIN of the SSSE. */
static inline void medic_pin(struct hand *h) {
    hand_say(h, SELECT_SSSE);
    hand_ok(h, "0020000003123456");
    hand_say(h, SELECT_DF04);
}

/* What is on the chip, read behind the card's back. */
struct medic_view {
    struct wallet wallet;
    uint8_t log_count;
    uint8_t newest[28];
};

static inline struct ef medic_find(struct hand *h, uint16_t fid, struct dir *df04) {
    static const uint8_t ssse[] = {
        0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
    static const uint8_t name[] = {0xD1, 0x56, 0x00, 0x00, 0x05, 0x03};
    struct store *store = &h->card.cos.chip.store;
    struct dir master, above;
    struct ef ef;
    assert_int_equal(dir_master(store, &master), SW_OK);
    assert_int_equal(dir_by_name(store, &master, bytes_of(ssse, sizeof ssse), &above), SW_OK);
    assert_int_equal(dir_by_name(store, &above, bytes_of(name, sizeof name), df04), SW_OK);
    assert_int_equal(ef_by_fid(store, df04, fid, &ef), SW_OK);
    return ef;
}

static inline struct medic_view medic_look(struct hand *h) {
    struct medic_view view = {.log_count = 0};
    struct store *store = &h->card.cos.chip.store;
    struct dir df04;
    struct ef ef = medic_find(h, 0x0003, &df04);
    struct builder b = builder_in(view.newest, sizeof view.newest);
    assert_int_equal(wallet_read(store, &ef, &view.wallet), SW_OK);
    ef = medic_find(h, 0xEF08, &df04);
    view.log_count = record_count(store, &ef);
    if (view.log_count > 0) {
        assert_int_equal(record_read(store, &ef, 1, &b), SW_OK);
    }
    return view;
}

/* Puts an account behind the card's back. */
static inline void medic_set(struct hand *h, uint32_t balance, uint16_t online, uint16_t offline) {
    struct store *store = &h->card.cos.chip.store;
    struct wallet w = medic_look(h).wallet;
    struct dir df04;
    struct ef ef = medic_find(h, 0x0003, &df04);
    w.balance = balance;
    w.online = online;
    w.offline = offline;
    store_begin(store);
    assert_int_equal(wallet_write(store, &ef, &w), SW_OK);
    assert_true(store_commit(store));
}

/* ---- what the partners compute ---- */

static inline struct key128 medic_whole(const struct partner_key *key) {
    struct key128 whole;
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    return whole;
}

/* random, number, two bytes: 8000, or the low half of the terminal's sequence. */
static inline struct partner_key medic_session(
    const char *key_hex, const uint8_t *random, uint16_t number, uint16_t last) {
    struct partner_key key = partner_key(key_hex);
    struct partner_key session = {.len = 8};
    uint8_t input[8] = {random[0], random[1], random[2], random[3], (uint8_t)(number >> 8),
        (uint8_t)number, (uint8_t)(last >> 8), (uint8_t)last};
    if (medic_sm4) {
        struct key128 whole = medic_whole(&key);
        derive_sm4(&whole, input, &whole);
        (void)memcpy(session.bytes, whole.bytes, sizeof session.bytes);
        session.len = sizeof session.bytes;
    } else {
        partner_encrypt(&key, input, session.bytes, 8);
    }
    return session;
}

static inline void medic_mac(const struct partner_key *key, const char *message, uint8_t mac[4]) {
    uint8_t room[64];
    uint8_t whole[16];
    struct bytes data = bytes_of(room, from_hex(message, room, sizeof room));
    if (medic_sm4) {
        struct key128 sm4 = medic_whole(key);
        mac_sm4(&sm4, NULL, data, whole);
    } else {
        partner_mac(key, NULL, data, whole);
    }
    (void)memcpy(mac, whole, 4);
}

/* A TAC: under DTK folded, or under SM4 as it is. */
static inline void medic_tac(const char *message, uint8_t tac[4]) {
    struct partner_key dtk = partner_key(KEY_DTK);
    if (!medic_sm4) {
        for (size_t i = 0; i < 8; i++) {
            dtk.bytes[i] ^= dtk.bytes[8 + i];
        }
        dtk.len = 8;
    }
    medic_mac(&dtk, message, tac);
}

/* ---- the commands ---- */

/* INITIALIZE FOR LOAD; amount in fen. */
static inline unsigned medic_begin_load(struct hand *h, uint32_t amount) {
    char command[64];
    (void)snprintf(
        command, sizeof command, "B02800010B01%08X" MEDIC_TERMINAL "10", (unsigned)amount);
    hand_say(h, command);
    return hand_sw(h);
}

/* The command that completes it, with the right MAC2. */
static inline size_t medic_credit_line(
    const struct hand *h, uint32_t amount, uint8_t line[APDU_MAX]) {
    char message[64];
    char command[64];
    char text[9];
    uint8_t mac[4];
    uint16_t number = (uint16_t)(h->reply[4] << 8 | h->reply[5]);
    struct partner_key session = medic_session(KEY_DLK, h->reply + 8, number, 0x8000);
    (void)snprintf(message, sizeof message, "%08X31" MEDIC_TERMINAL MEDIC_MOMENT, (unsigned)amount);
    medic_mac(&session, message, mac);
    hex_write(bytes_of(mac, 4), text);
    (void)snprintf(command, sizeof command, "B02E00000B" MEDIC_MOMENT "%s04", text);
    return from_hex(command, line, APDU_MAX);
}

static inline unsigned medic_load(struct hand *h, uint32_t amount) {
    uint8_t line[APDU_MAX];
    if (medic_begin_load(h, amount) == 0x9000) {
        hand_send(h, bytes_of(line, medic_credit_line(h, amount, line)));
    }
    return hand_sw(h);
}

/* INITIALIZE FOR PURCHASE: the whole bill, and what account and pooled fund pay of it. */
static inline unsigned medic_begin_purchase(struct hand *h, uint32_t total, uint32_t paid) {
    char command[80];
    (void)snprintf(command, sizeof command,
        "B02801011301"
        "00000000"
        "%08X%08X" MEDIC_TERMINAL "16",
        (unsigned)total, (unsigned)paid);
    hand_say(h, command);
    return hand_sw(h);
}

/* The session that the last answer to INITIALIZE FOR PURCHASE leads to. */
static inline struct partner_key medic_purchase_session(const struct hand *h, uint32_t sequence) {
    uint16_t number = (uint16_t)(h->reply[14] << 8 | h->reply[15]);
    return medic_session(KEY_DPK, h->reply + 18, number, (uint16_t)sequence);
}

/* What a PSAM would say to it, as the debit. */
static inline size_t medic_debit_line(const struct hand *h, uint32_t total, uint32_t paid,
    uint32_t sequence, const char *moment, uint8_t line[APDU_MAX]) {
    char message[96];
    char command[64];
    char text[9];
    uint8_t mac[4];
    struct partner_key session = medic_purchase_session(h, sequence);
    (void)snprintf(message, sizeof message, "00000000%08X%08X32" MEDIC_TERMINAL "%s",
        (unsigned)total, (unsigned)paid, moment);
    medic_mac(&session, message, mac);
    hex_write(bytes_of(mac, 4), text);
    (void)snprintf(
        command, sizeof command, "B02C01000F%08X%s%s08", (unsigned)sequence, moment, text);
    return from_hex(command, line, APDU_MAX);
}

static inline unsigned medic_buy_at(
    struct hand *h, uint32_t total, uint32_t paid, uint32_t sequence, const char *moment) {
    uint8_t line[APDU_MAX];
    if (medic_begin_purchase(h, total, paid) == 0x9000) {
        hand_send(h, bytes_of(line, medic_debit_line(h, total, paid, sequence, moment, line)));
    }
    return hand_sw(h);
}

static inline unsigned medic_buy(struct hand *h, uint32_t total, uint32_t paid, uint32_t sequence) {
    return medic_buy_at(h, total, paid, sequence, MEDIC_MOMENT);
}

/* INITIALIZE FOR UPDATE of the starting day. */
static inline unsigned medic_begin_day(struct hand *h) {
    hand_say(h, "B02804010701" MEDIC_TERMINAL "13");
    return hand_sw(h);
}

/* Its completion; day is YYMMDD. */
static inline size_t medic_day_line(const struct hand *h, const char *day, uint8_t line[APDU_MAX]) {
    char message[64];
    char command[64];
    char text[9];
    uint8_t mac[4];
    uint16_t number = (uint16_t)(h->reply[4] << 8 | h->reply[5]);
    struct partner_key session = medic_session(KEY_DSK, h->reply + 11, number, 0x8000);
    (void)snprintf(message, sizeof message, "%s33" MEDIC_TERMINAL MEDIC_MOMENT, day);
    medic_mac(&session, message, mac);
    hex_write(bytes_of(mac, 4), text);
    (void)snprintf(command, sizeof command, "B02E01000E%s" MEDIC_MOMENT "%s04", day, text);
    return from_hex(command, line, APDU_MAX);
}

static inline unsigned medic_set_day(struct hand *h, const char *day) {
    uint8_t line[APDU_MAX];
    if (medic_begin_day(h) == 0x9000) {
        hand_send(h, bytes_of(line, medic_day_line(h, day, line)));
    }
    return hand_sw(h);
}

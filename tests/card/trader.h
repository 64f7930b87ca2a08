/* The centre and the terminal of a test: loads and purchases with the wallet of
 * hand_make_wallet(). */
#pragma once

#include "card/files/record.h"
#include "card/files/walletfile.h"
#include "card/partner.h"

#define TRADER_TERMINAL "440100000001"
#define TRADER_MOMENT   "20031008120000"

/* What is on the chip, read behind the card's back: memory only, as after a reset. */
struct trader_view {
    struct wallet wallet;
    uint8_t log_count;
    uint8_t newest[23];
};

static inline struct trader_view trader_look(struct hand *h, uint8_t fid) {
    struct trader_view view = {.log_count = 0};
    struct store *store = &h->card.cos.chip.store;
    struct ef ef;
    struct dir dir;
    struct dir master;
    uint8_t name[] = {0xA0, 0, 0, 0, 3, 0x86, 0x98, 7, 1};
    struct builder b = builder_in(view.newest, sizeof view.newest);
    assert_int_equal(dir_master(store, &master), SW_OK);
    assert_int_equal(dir_by_name(store, &master, bytes_of(name, sizeof name), &dir), SW_OK);
    assert_int_equal(ef_by_fid(store, &dir, fid, &ef), SW_OK);
    assert_int_equal(wallet_read(store, &ef, &view.wallet), SW_OK);
    assert_int_equal(ef_by_sfi(store, &dir, 0x18, &ef), SW_OK);
    view.log_count = record_count(store, &ef);
    if (view.log_count > 0) {
        assert_int_equal(record_read(store, &ef, 1, &b), SW_OK);
    }
    return view;
}

/* Puts a wallet behind the card's back. */
static inline void trader_set(
    struct hand *h, uint8_t fid, uint32_t balance, uint16_t online, uint16_t offline) {
    struct wallet w = trader_look(h, fid).wallet;
    struct store *store = &h->card.cos.chip.store;
    struct ef ef;
    assert_int_equal(ef_by_fid(store, &h->card.cos.chip.dir, fid, &ef), SW_OK);
    w.balance = balance;
    w.online = online;
    w.offline = offline;
    store_begin(store);
    assert_int_equal(wallet_write(store, &ef, &w), SW_OK);
    assert_true(store_commit(store));
}

/* An online transaction as the host sees it: what begins it, what completes it, and with which
 * key. */
struct trader_online {
    const char *key;
    uint32_t head; /* CLA INS P1 P2 of the completion */
    uint8_t trade;
    uint8_t p1, p2, le; /* of INITIALIZE */
};

static const struct trader_online trader_ep_load = {KEY_DLK, 0x80520000, 0x02, 0x00, 0x02, 0x10};
static const struct trader_online trader_ed_load = {KEY_DLK, 0x80520000, 0x01, 0x00, 0x01, 0x10};
static const struct trader_online trader_ed_unload = {KEY_DULK, 0x80540300, 0x03, 0x05, 0x01, 0x10};
static const struct trader_online trader_ed_limit = {KEY_DUK, 0x80580000, 0x07, 0x04, 0x01, 0x13};

/* The command that would complete it: from the answer to INITIALIZE, with the right MAC2. Written
 * from the specification, not with the card's own messages. [purse.md 5.4] */
static inline size_t trader_online_line(const struct hand *h, const struct trader_online *kind,
    uint32_t amount, uint8_t line[APDU_MAX]) {
    struct partner_key key = partner_key(kind->key);
    struct partner_key session = {.len = 8};
    bool limit = kind->trade == 0x07;
    uint8_t terminal[6];
    uint8_t moment[7];
    uint8_t mac[8];
    uint8_t room[32];
    struct builder b = builder_in(room, sizeof room);
    const uint8_t *random = h->reply + (limit ? 11 : 8);
    const uint8_t input[8] = {
        random[0], random[1], random[2], random[3], h->reply[4], h->reply[5], 0x80, 0x00};
    partner_encrypt(&key, input, session.bytes, 8);
    (void)from_hex(TRADER_TERMINAL, terminal, sizeof terminal);
    (void)from_hex(TRADER_MOMENT, moment, sizeof moment);
    if (limit) {
        put_u24(&b, amount);
    } else {
        put_u32(&b, amount);
    }
    put_u8(&b, kind->trade);
    put_bytes(&b, bytes_of(terminal, sizeof terminal));
    put_bytes(&b, bytes_of(moment, sizeof moment));
    partner_mac(&session, NULL, builder_bytes(&b), mac);
    b = builder_in(line, APDU_MAX);
    put_u32(&b, kind->head);
    put_u8(&b, limit ? 0x0E : 0x0B);
    if (limit) {
        put_u24(&b, amount);
    }
    put_bytes(&b, bytes_of(moment, sizeof moment));
    put_bytes(&b, bytes_of(mac, 4));
    put_u8(&b, 4);
    return b.len;
}

static inline size_t trader_credit_line(
    const struct hand *h, uint32_t amount, uint8_t trade, uint8_t line[APDU_MAX]) {
    return trader_online_line(h, trade == 0x02 ? &trader_ep_load : &trader_ed_load, amount, line);
}

/* The same for a purchase: the right MAC1 for this terminal sequence. */
static inline size_t trader_debit_line(const struct hand *h, uint32_t amount, uint8_t trade,
    uint32_t terminal_seq, uint8_t line[APDU_MAX]) {
    struct partner_key dpk = partner_key(KEY_DPK);
    struct partner_key session = {.len = 8};
    const uint8_t *r = h->reply; /* balance 4, number 2, limit 3, version, algorithm, random 4 */
    const uint8_t input[8] = {r[11], r[12], r[13], r[14], r[4], r[5], (uint8_t)(terminal_seq >> 8),
        (uint8_t)terminal_seq};
    char text[64];
    uint8_t message[32];
    uint8_t mac[8];
    struct builder b = builder_in(line, APDU_MAX);
    (void)snprintf(text, sizeof text, "%08X%02X" TRADER_TERMINAL TRADER_MOMENT, (unsigned)amount,
        (unsigned)trade);
    size_t len = from_hex(text, message, sizeof message);
    partner_encrypt(&dpk, input, session.bytes, 8);
    partner_mac(&session, NULL, bytes_of(message, len), mac);
    put_u32(&b, 0x80540100);
    put_u8(&b, 0x0F);
    put_u32(&b, terminal_seq);
    put_bytes(&b, bytes_of(message + 11, 7)); /* the moment */
    put_bytes(&b, bytes_of(mac, 4));
    put_u8(&b, 8);
    return b.len;
}

/* INITIALIZE for a kind: P1, P2 and the length of its answer. */
static inline unsigned trader_begin(
    struct hand *h, uint8_t p1, uint8_t p2, uint32_t amount, uint8_t le) {
    char command[64];
    (void)snprintf(command, sizeof command, "8050%02X%02X0B01%08X%s%02X", p1, p2, (unsigned)amount,
        TRADER_TERMINAL, le);
    hand_say(h, command);
    return hand_sw(h);
}

/* INITIALIZE of an online transaction: that of a limit brings no amount. */
static inline unsigned trader_begin_online(
    struct hand *h, const struct trader_online *kind, uint32_t amount) {
    char command[64];
    if (kind->trade != 0x07) {
        return trader_begin(h, kind->p1, kind->p2, amount, kind->le);
    }
    (void)snprintf(command, sizeof command, "805004010701" TRADER_TERMINAL "13");
    hand_say(h, command);
    return hand_sw(h);
}

/* A whole online transaction; for a limit, amount is the new one. */
static inline unsigned trader_online(
    struct hand *h, const struct trader_online *kind, uint32_t amount) {
    uint8_t line[APDU_MAX];
    if (trader_begin_online(h, kind, amount) == 0x9000) {
        hand_send(h, bytes_of(line, trader_online_line(h, kind, amount, line)));
    }
    return hand_sw(h);
}

static inline unsigned trader_load(struct hand *h, uint32_t amount) {
    uint8_t line[APDU_MAX];
    if (trader_begin(h, 0x00, 0x02, amount, 0x10) == 0x9000) {
        hand_send(h, bytes_of(line, trader_credit_line(h, amount, 0x02, line)));
    }
    return hand_sw(h);
}

static inline unsigned trader_buy(struct hand *h, uint32_t amount, uint32_t terminal_seq) {
    uint8_t line[APDU_MAX];
    if (trader_begin(h, 0x01, 0x02, amount, 0x0F) == 0x9000) {
        hand_send(h, bytes_of(line, trader_debit_line(h, amount, 0x06, terminal_seq, line)));
    }
    return hand_sw(h);
}

/* The wallet with files for compound purchases: EF19 TLV records AA and BB, EF1A fixed records that
 * want the PIN, EF1B fixed records that want a MAC, EF1C that want it enciphered, too. */
static inline void hand_make_compound(struct hand *h) {
    static const char *const script[] = {
        "80E00019072C0140F0F0FFFF",
        "80E0001A072A0305F0F1FFFF",
        "80E0001B07AA0204F0F0FFFF",
        "80E0001C07EA0204F0F0FFFF",
        "00E200C806AA0400000000",
        "00E200C804BB020000",
        "0020000003123456",
        "00E200D0050000000001",
        "00E200D0050000000002",
        NULL,
    };
    hand_make_wallet(h);
    hand_say_all(h, script);
    assert_int_equal(partner_say(h, "04E200D8", "00000000", KEY_DAMK, PURSE_MAC), 0x9000);
    assert_int_equal(partner_say(h, "04E200E0", "00000000", KEY_DAMK, PURSE_CIPHER), 0x9000);
    assert_int_equal(trader_load(h, 1000), 0x9000);
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_WALLET);
}

/* A small city for the terminal's tests: a card and a security module, both real chips made command by
 * command with keys of the test, a blacklist, and a centre that checks MAC1 and TAC and keeps books.
 *
 * The centre knows the keys and computes with crypto/; nothing here is shared with issuance or the
 * vaults, so that a mistake there cannot hide one here. */
#pragma once

#include <unistd.h>

#include "base/day.h"
#include "card/loop/card.h"
#include "check.h"
#include "crypto/derive.h"
#include "crypto/mac.h"
#include "ports/sim/memory.h"
#include "reader/inside.h"
#include "reader/pulled.h"
#include "terminal/holder.h"
#include "terminal/terminal.h"
#include "terminal/wallet.h"
#include "wire/blacklist.h"

#define CITY_TERMINAL    "440100000001"
#define CITY_SERIAL      "00000017"
#define CITY_FACTOR      "86844401" CITY_SERIAL
#define CITY_CARD_NUMBER "B00000015"
enum { CITY_CHIP_BYTES = 16384, CENTRE_ENTRIES_MAX = 2048 };

static const struct key128 root_dpk = {"purchase root 01"}, root_dlk = {"load root key 01"},
                           root_dtk = {"tac root key 001"};
static const uint8_t province_factor[8] = {'4', '4', '0', '0', '0', '0', 's', 'h'};
static const uint8_t city_factor[8] = {'4', '4', '0', '1', '0', '0', 's', 'x'};

/* One chip in one reader, from which it can be pulled. */
struct city_chip {
    struct memory memory;
    struct nvm nvm;
    struct reader inside, reader; /* reader pulls over inside */
    struct pulled pulled;
};

/* What the centre knows about one ticket. */
struct centre_entry {
    uint8_t ticket[TICKET_LEN];
    struct load_order order;
    struct load_grant grant;
    enum { ENTRY_OPEN, ENTRY_POSTED, ENTRY_CANCELLED } state;
};

struct city_centre {
    struct centre_entry entries[CENTRE_ENTRIES_MAX];
    size_t count;
    int64_t posted_fen;
    unsigned asked;                  /* questions of any kind */
    unsigned silent_from, silent_to; /* questions (from 1) whose answers get lost */
    bool deaf;                       /* and the lost ones were not even heard */
    bool card_stopped;               /* the centre says no to this card */
    bool wrong_mac2;
};

struct city {
    struct city_chip card, module;
    struct city_centre centre;
    struct centre_line line;
    uint8_t list_room[256];
    struct blacklist list;
    char journal_path[64];
    struct terminal_setup setup;
    struct terminal *terminal;
    uint8_t moment[MOMENT_LEN];
};

/* --- chips ----------------------------------------------------------------------------------- */

static inline void chip_say(struct city_chip *chip, const char *hex) {
    uint8_t line[APDU_MAX];
    struct reply reply;
    struct why why = {{0}};
    size_t len = from_hex(hex, line, sizeof line);
    assert_int_equal(
        chip->inside.exchange(chip->inside.self, bytes_of(line, len), &reply, &why), OK);
    if (reply.sw != SW_OK && (reply.sw & 0xFF00) != SW_MORE_DATA) {
        print_message("%s -> %04X\n", hex, (unsigned)reply.sw);
    }
    assert_true(reply.sw == SW_OK || (reply.sw & 0xFF00) == SW_MORE_DATA);
}

static inline void chip_say_key(
    struct city_chip *chip, const char *head, const uint8_t *key, size_t len) {
    char text[256], hex[2 * 16 + 1];
    hex_write(bytes_of(key, len), hex);
    (void)snprintf(text, sizeof text, "%s%s", head, hex);
    chip_say(chip, text);
}

static inline void chip_make(struct city_chip *chip, const char *serial, uint64_t seed) {
    struct chip_birth birth = {0};
    struct why why = {{0}};
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    char historical[64];
    (void)snprintf(historical, sizeof historical, "009953421086844401%s", serial);
    (void)from_hex(historical, birth.historical, sizeof birth.historical);
    (void)memset(birth.transport, 0xFF, sizeof birth.transport);
    memory_make(&chip->memory, CITY_CHIP_BYTES, seed);
    chip->nvm = memory_nvm(&chip->memory);
    assert_true(card_manufacture(&chip->nvm, &birth));
    assert_int_equal(inside_open(&chip->nvm, &chip->inside, &why), OK);
    chip->reader = pulled_reader(&chip->pulled, &chip->inside);
    assert_int_equal(reader_reset(&chip->inside, atr, &len, &why), OK);
    chip_say(chip, "80E03F000E 38FFFFF0F001 FFFFFFFFFFFFFFFF");
}

static inline struct key128 city_key(const struct key128 *root, const char *factor) {
    uint8_t card[8];
    struct key128 key;
    (void)from_hex(factor, card, sizeof card);
    derive_key(root, province_factor, &key);
    derive_key(&key, city_factor, &key);
    derive_key(&key, card, &key);
    return key;
}

/* SSSE with what the canonical read wants, and the wallet; PIN 123456 in both. */
static inline void card_make(struct city_chip *c, const char *serial, uint64_t seed) {
    char factor[17], text[256];
    (void)snprintf(factor, sizeof factor, "86844401%s", serial);
    chip_make(c, serial, seed);
    chip_say(c, "80E0DDF117 38 0400 F0F0 0B01FF 7378312E73682EC9E7BBE1B1A3D5CF");
    chip_say(c, "00A404000F 7378312E73682EC9E7BBE1B1A3D5CF");
    chip_say(c, "80E0000007 3F 0080 0B F0 FFFF");
    chip_say(c, "80D401000D 3A F0 EF 01 33 123456FFFFFFFFFF");
    chip_say(c, "80E0EF0507 2C 0050 F0F0 FF FF");
    chip_say(c, "80E0EF0607 2C 0060 F0F0 FF FF");
    (void)snprintf(text, sizeof text, "00E2002C12 0110 440100D156000005%s1788FFB8", serial);
    chip_say(c, text);
    chip_say(c, "00E2002C06 0304 312E3030");
    chip_say(c, "00E2002C06 0504 20031008");
    chip_say(c, "00E2002C06 0604 20131008");
    chip_say(c, "00E2002C0B 0709 423030303030303135");
    chip_say(c, "00E2003414 0812 343430313031313938303031303130303037");
    chip_say(c, "00E2003420 091E D5C5C8FD"
                "0000000000000000000000000000000000000000000000000000");
    chip_say(c, "00E2003403 0A01 31");
    chip_say(c, "00E2003403 0B01 01");
    chip_say(c, "00E2003405 0C03 440100");
    chip_say(c, "00E2003406 0D04 19800101");
    chip_say(c, "00A4000002 3F00");
    chip_say(c, "80E03F0111 38 0600 F0F0 95FFFF A00000000386980701");
    chip_say(c, "00A4040009 A00000000386980701");
    chip_say(c, "80E0000007 3F 0180 95 F0 FFFF");
    struct key128 dtk = city_key(&root_dtk, factor), dpk = city_key(&root_dpk, factor),
                  dlk = city_key(&root_dlk, factor);
    chip_say_key(c, "80D4010015 34 F0 02 01 00", dtk.bytes, KEY128_LEN);
    chip_say_key(c, "80D4010115 3E F0 02 01 00", dpk.bytes, KEY128_LEN);
    chip_say_key(c, "80D4010115 3F F0 02 01 00", dlk.bytes, KEY128_LEN);
    chip_say(c, "80D4010015 36 F0 02 FF 33 36363636363636363636363636363636");
    chip_say(c, "80D401000D 3A F0 EF 01 33 123456FFFFFFFFFF");
    chip_say(c, "80E0001507 28 001E F0F0 FF FF");
    (void)snprintf(text, sizeof text,
        "00D695001E 1111222233330006 0301 0000%s 20031008 20131008 5566", factor);
    chip_say(c, text);
    chip_say(c, "80E0001807 2E 0A17 F1EF FF FF");
    chip_say(c, "80E0000207 2F 0208 F0 00 FF 18");
}

static inline void module_make(struct city_chip *c, uint64_t seed) {
    struct key128 dpk;
    derive_key(&root_dpk, province_factor, &dpk);
    chip_make(c, "90000001", seed);
    chip_say(c, "80E0001607 28 0006 F0F0 FF FF");
    chip_say(c, "00D6960006 " CITY_TERMINAL);
    chip_say(c, "80E0DF010E 38 0300 F0F0 97FFFF D15600000590");
    chip_say(c, "00A4000002 DF01");
    chip_say(c, "80E0000007 3F 0080 97 F0 FFFF");
    chip_say_key(c, "80D4010115 42 F0 EF 01 00", dpk.bytes, KEY128_LEN);
    chip_say(c, "80E0001807 28 0002 F0F0 FF FF");
    chip_say(c, "00D6980002 0A0A");
    chip_say(c, "80E0001907 28 0004 F0F0 FF FF");
    chip_say(c, "00D6990004 00000001");
}

/* --- the centre ------------------------------------------------------------------------------ */

static const uint8_t centre_moment[MOMENT_LEN] = {0x20, 0x03, 0x10, 0x08, 0x12, 0x00, 0x00};

static inline struct centre_entry *entry_of(
    struct city_centre *c, const uint8_t ticket[TICKET_LEN]) {
    for (size_t i = 0; i < c->count; i++) {
        if (memcmp(c->entries[i].ticket, ticket, TICKET_LEN) == 0) {
            return &c->entries[i];
        }
    }
    return NULL;
}

static inline void mac4(
    const struct key128 *key, const uint8_t input[8], struct bytes data, uint8_t mac[MAC_LEN]) {
    uint8_t session[8], whole[8];
    derive_session(key, input, session);
    mac_single(session, NULL, data, whole);
    (void)memcpy(mac, whole, MAC_LEN);
}

static inline void load_mac(const struct load_order *o, int which, uint8_t mac[MAC_LEN]) {
    char factor[17];
    uint8_t input[8], room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct load_facts facts = o->facts;
    hex_write(bytes_of(o->factor, sizeof o->factor), factor);
    struct key128 dlk = city_key(&root_dlk, factor);
    load_session_input(o->random, facts.number, input);
    (void)memcpy(facts.moment, centre_moment, MOMENT_LEN);
    if (which == 1) {
        put_load_mac1(&b, &facts);
    } else {
        put_load_mac2(&b, &facts);
    }
    mac4(&dlk, input, builder_bytes(&b), mac);
}

static inline void tac_of(const char *factor, struct bytes data, uint8_t tac[MAC_LEN]) {
    struct key128 dtk = city_key(&root_dtk, factor);
    uint8_t key[8], whole[8];
    derive_tac_key(&dtk, key);
    mac_single(key, NULL, data, whole);
    (void)memcpy(tac, whole, MAC_LEN);
}

/* Is the answer of this question lost? And was it heard? */
static inline bool lost(struct city_centre *c, struct why *why) {
    c->asked++;
    bool gone = c->asked >= c->silent_from && c->asked <= c->silent_to;
    if (gone) {
        (void)why_say(why, ERR_OUTSIDE, "no answer in time");
    }
    return gone;
}

static inline enum err centre_status(
    void *self, const struct sale_question *question, struct why *why) {
    struct city_centre *c = self;
    (void)question;
    if (lost(c, why)) {
        return ERR_OUTSIDE;
    }
    return c->card_stopped ? why_say(why, ERR_DENIED, "the card is reported lost") : OK;
}

/* The same card with the same number again: what is open for it did not happen. */
static inline void take_back_open(struct city_centre *c, const struct load_order *order) {
    for (size_t i = 0; i < c->count; i++) {
        struct centre_entry *e = &c->entries[i];
        bool same = memcmp(e->order.factor, order->factor, FACTOR_LEN) == 0;
        if (same && e->state == ENTRY_OPEN) {
            assert_int_equal(e->order.facts.number, order->facts.number);
            e->state = ENTRY_CANCELLED;
        }
    }
}

static inline enum err centre_authorise(
    void *self, const struct load_order *order, struct load_grant *grant, struct why *why) {
    struct city_centre *c = self;
    struct centre_entry *e = entry_of(c, order->ticket);
    uint8_t mac1[MAC_LEN];
    bool gone = lost(c, why);
    if (gone && c->deaf) {
        return ERR_OUTSIDE;
    }
    load_mac(order, 1, mac1);
    if (c->card_stopped || memcmp(mac1, order->mac1, MAC_LEN) != 0) {
        return gone ? ERR_OUTSIDE : why_say(why, ERR_DENIED, "the card is reported lost");
    }
    assert_true(!e || e->state == ENTRY_OPEN);
    if (!e) {
        take_back_open(c, order);
        assert_true(c->count < CENTRE_ENTRIES_MAX);
        e = &c->entries[c->count++];
        *e = (struct centre_entry){.order = *order};
        (void)memcpy(e->ticket, order->ticket, TICKET_LEN);
        (void)memcpy(e->grant.moment, centre_moment, MOMENT_LEN);
        load_mac(order, 2, e->grant.mac2);
        e->grant.mac2[0] ^= c->wrong_mac2;
    }
    *grant = e->grant;
    return gone ? ERR_OUTSIDE : OK;
}

static inline enum err centre_confirm(
    void *self, const uint8_t ticket[TICKET_LEN], const uint8_t tac[MAC_LEN], struct why *why) {
    struct city_centre *c = self;
    struct centre_entry *e = entry_of(c, ticket);
    uint8_t right[MAC_LEN], room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    char factor[17];
    bool gone = lost(c, why);
    if (gone && c->deaf) {
        return ERR_OUTSIDE;
    }
    if (!e) {
        return gone ? ERR_OUTSIDE : why_say(why, ERR_NOT_FOUND, "no such load");
    }
    struct load_facts facts = e->order.facts;
    facts.balance += facts.amount;
    (void)memcpy(facts.moment, centre_moment, MOMENT_LEN);
    put_load_tac(&b, &facts);
    hex_write(bytes_of(e->order.factor, FACTOR_LEN), factor);
    tac_of(factor, builder_bytes(&b), right);
    if (memcmp(right, tac, MAC_LEN) != 0) {
        return why_say(why, e->state == ENTRY_CANCELLED ? ERR_CONFLICT : ERR_DENIED, "another TAC");
    }
    assert_int_not_equal(e->state, ENTRY_CANCELLED);
    c->posted_fen += e->state == ENTRY_OPEN ? facts.amount : 0;
    e->state = ENTRY_POSTED;
    return gone ? ERR_OUTSIDE : OK;
}

static inline enum err centre_cancel(
    void *self, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct city_centre *c = self;
    struct centre_entry *e = entry_of(c, ticket);
    bool gone = lost(c, why);
    if (gone && c->deaf) {
        return ERR_OUTSIDE;
    }
    if (e) {
        if (e->state == ENTRY_POSTED) {
            return gone ? ERR_OUTSIDE : why_say(why, ERR_CONFLICT, "the load is posted");
        }
        e->state = ENTRY_CANCELLED;
    }
    return gone ? ERR_OUTSIDE : OK;
}

static inline size_t centre_open_orders(const struct city_centre *c) {
    size_t open = 0;
    for (size_t i = 0; i < c->count; i++) {
        open += c->entries[i].state == ENTRY_OPEN;
    }
    return open;
}

/* --- the city -------------------------------------------------------------------------------- */

static inline void city_list(struct city *city, uint32_t day, uint32_t time, const char *listed) {
    struct builder b = builder_in(city->list_room, sizeof city->list_room);
    struct blacklist head = {.version = 1, .day = day, .time = time, .count = listed ? 1 : 0};
    uint8_t factor[8];
    blacklist_begin(&b, &head);
    if (listed) {
        (void)from_hex(listed, factor, sizeof factor);
        blacklist_put(&b, factor, 1);
    }
    blacklist_seal(&b);
    assert_true(blacklist_decode(builder_bytes(&b), &city->list));
}

static inline void city_open_terminal(struct city *city) {
    struct why why = {{0}};
    enum err err = terminal_open(&city->setup, &city->terminal, &why);
    if (err) {
        print_message("%s\n", why.text);
    }
    assert_int_equal(err, OK);
}

/* The program that ran the terminal was killed, and is started again. */
static inline void city_restart_terminal(struct city *city) {
    terminal_close(city->terminal);
    city_open_terminal(city);
}

static inline struct city *city_open(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    card_make(&city->card, CITY_SERIAL, 1);
    module_make(&city->module, 2);
    city->line = (struct centre_line){
        &city->centre, centre_status, centre_authorise, centre_confirm, centre_cancel, false};
    city_list(city, 20031008, 20000, NULL);
    (void)from_hex("20031008093000", city->moment, sizeof city->moment);
    (void)snprintf(
        city->journal_path, sizeof city->journal_path, "/tmp/terminal-test-%ld", (long)getpid());
    (void)unlink(city->journal_path);
    city->setup = (struct terminal_setup){
        .institution = "YD000001",
        .module = &city->module.reader,
        .journal_path = city->journal_path,
        .blacklist = &city->list,
        .line = &city->line,
        .limits = {.offline_each_fen = 10000,
                   .offline_day_fen = 500000,
                   .list_offline_days = 1,
                   .list_any_days = 7},
    };
    (void)memcpy(city->setup.city_factor, city_factor, 8);
    city_open_terminal(city);
    return city;
}

static inline void city_close(struct city *city) {
    terminal_close(city->terminal);
    reader_close(&city->card.inside);
    reader_close(&city->module.inside);
    (void)unlink(city->journal_path);
    free(city);
}

static inline struct trade_order city_order(
    const struct city *city, uint32_t ticket, uint32_t amount, const char *pin) {
    struct trade_order order = {.amount = amount, .pin = pin};
    (void)memcpy(order.ticket, &ticket, sizeof ticket);
    (void)memcpy(order.moment, city->moment, MOMENT_LEN);
    return order;
}

static inline enum err city_buy(
    struct city *city, uint32_t ticket, uint32_t amount, struct receipt *out) {
    struct trade_order order = city_order(city, ticket, amount, NULL);
    struct why why = {{0}};
    return terminal_purchase(city->terminal, &city->card.reader, &order, out, &why);
}

static inline enum err city_load(
    struct city *city, uint32_t ticket, uint32_t amount, struct receipt *out) {
    struct trade_order order = city_order(city, ticket, amount, "123456");
    struct why why = {{0}};
    return terminal_load(city->terminal, &city->card.reader, &order, out, &why);
}

/* What the chip itself says it holds. */
static inline uint32_t city_balance(struct city *city) {
    struct wallet_card wallet;
    uint32_t balance = 0;
    uint16_t sw = 0;
    uint8_t factor[8];
    struct why why = {{0}};
    assert_int_equal(holder_power(&city->card.inside, factor, &why), OK);
    assert_int_equal(wallet_select(&city->card.inside, &wallet, &sw, &why), OK);
    assert_int_equal(wallet_balance(&city->card.inside, &balance, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    return balance;
}

/* Is the record's TAC the card's, over this purchase? */
static inline bool city_tac_good(const struct journal_record *r) {
    struct purchase_facts facts = {
        .amount = r->amount, .trade = r->trade, .terminal_seq = r->terminal_seq};
    uint8_t room[PURSE_MESSAGE_MAX], tac[MAC_LEN];
    struct builder b = builder_in(room, sizeof room);
    char factor[17];
    (void)memcpy(facts.terminal, r->terminal, TERMINAL_LEN);
    (void)memcpy(facts.moment, r->moment, MOMENT_LEN);
    hex_write(bytes_of(r->factor, FACTOR_LEN), factor);
    put_purchase_tac(&b, &facts);
    tac_of(factor, builder_bytes(&b), tac);
    return memcmp(tac, r->tac, MAC_LEN) == 0;
}

/* What the terminal's journal says was sold. */
static inline int64_t city_sold(const struct city *city) {
    const struct journal *j = terminal_journal(city->terminal);
    int64_t fen = 0;
    for (size_t i = 0; i < journal_count(j); i++) {
        const struct journal_record *r = journal_at(j, i);
        bool sold = r->trade == TRADE_EP_PURCHASE && r->state == TICKET_DONE;
        fen += sold ? r->amount : 0;
    }
    return fen;
}

/* A small city for the tests of the clearing: institutions, terminals, cards, a pool; and the
 * trades that cards and terminals of it make, with TACs and MACs of their own keys. It stands on
 * any store. */
#pragma once

#include "check.h"

#include "clearing/balance_proof.h"
#include "clearing/day_cycle.h"
#include "clearing/intake.h"
#include "clearing/load_order.h"
#include "clearing/test_vault.h"

enum {
    TODAY = 20031008,
    POOL_FEN = 10000000,
    FILE_ROOM = 512 * 1024,
};

/* Card n of the city: 8684 4401 and its number. */
static inline void card_factor(unsigned n, uint8_t factor[FACTOR_LEN]) {
    const uint8_t made[FACTOR_LEN] = {0x86, 0x84, 0x44, 0x01, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
    (void)memcpy(factor, made, FACTOR_LEN);
}

/* Terminal n: 440100 and its number in BCD. */
static inline void terminal_no(unsigned n, uint8_t number[TERMINAL_LEN]) {
    bcd_write(440100000000u + n, number, TERMINAL_LEN);
}

static inline void moment_at(uint32_t day, uint32_t time, uint8_t moment[MOMENT_LEN]) {
    bcd_write((uint64_t)day * 1000000 + time, moment, MOMENT_LEN);
}

static inline void ticket_no(uint32_t n, uint8_t ticket[TICKET_LEN]) {
    (void)memset(ticket, 0, TICKET_LEN);
    bcd_write(n, ticket + 8, 8);
}

/* The card makes the TAC of this record. */
static inline void sign_record(struct upload_record *r) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct purchase_facts facts = upload_facts(r);
    put_purchase_tac(&b, &facts);
    bool medical = trade_is_medical(r->trade);
    test_tac_of(medical ? KEY_DTKDF04 : KEY_DTK, upload_factor(r), medical ? 1 : r->key_version,
        builder_bytes(&b), r->tac);
}

/* A good offline purchase, signed: card, terminal, its sequence, the card's number, balance before,
 * amount. Change a field and sign again for another good one; change it only, for a forgery. */
static inline struct upload_record purchase(unsigned card, unsigned terminal, uint32_t seq,
    uint16_t number, uint32_t before, uint32_t fen) {
    struct upload_record r = {.trade = TRADE_EP_PURCHASE,
        .amount = fen,
        .balance_before = before,
        .number = number,
        .key_version = 1,
        .terminal_seq = seq,
        .mac2_checked = true,
        .flag = UPLOAD_NORMAL,
        .batch = 1};
    ticket_no(terminal * 100000 + seq, r.ticket);
    card_factor(card, r.asn + 2);
    terminal_no(terminal, r.terminal);
    moment_at(TODAY, 90000 + number / 3600u * 10000 + number / 60u % 60 * 100 + number % 60,
        r.moment); /* one a second, from nine o'clock */
    sign_record(&r);
    return r;
}

/* --- files --------------------------------------------------------------------------------- */

struct file {
    uint8_t bytes[FILE_ROOM];
    size_t len;
};

static inline void file_of(struct file *f, const char *institution, unsigned terminal,
    const struct upload_record *records, size_t count) {
    struct builder b = builder_in(f->bytes, sizeof f->bytes);
    struct upload_header h = {.batch = 1, .business_day = TODAY};
    struct upload_tally t;
    (void)snprintf(h.institution, sizeof h.institution, "%s", institution);
    terminal_no(terminal, h.terminal);
    upload_begin(&t, &h, &b);
    for (size_t i = 0; i < count; i++) {
        upload_put(&t, &records[i], &b);
    }
    upload_end(&t, &b, NULL);
    assert_false(b.overflowed);
    f->len = b.len;
}

/* Takes a file in from terminal 1 of P0000001, and answers its figures. */
static inline enum err take(const struct clearing *c, const struct upload_record *records,
    size_t count, struct intake_figures *out, struct why *why) {
    struct file *f = calloc(1, sizeof *f);
    assert_non_null(f);
    file_of(f, "P0000001", 1, records, count);
    struct bytes view = bytes_of(f->bytes, f->len);
    enum err err = intake_file(c, upload_source_bytes(&view), out, NULL, why);
    free(f);
    return err;
}

/* One record, taken in alone: to which end it came. */
static inline enum reason end_of(const struct clearing *c, const struct upload_record *r) {
    struct intake_figures figures;
    struct why why = {{0}};
    enum reason reason = REASON_NONE;
    if (take(c, r, 1, &figures, &why) != OK) {
        fail_msg("%s", why.text);
    }
    assert_int_equal(figures.records, 1);
    while (figures.by_reason[reason].count == 0) {
        reason = (enum reason)(reason + 1);
    }
    return reason;
}

/* --- loads --------------------------------------------------------------------------------- */

static inline void sign_mac1(struct load_request *q) {
    uint8_t room[PURSE_MESSAGE_MAX], input[8];
    struct builder b = builder_in(room, sizeof room);
    put_load_mac1(&b, &q->facts);
    load_session_input(q->random, q->facts.number, input);
    test_session_mac(q->factor, q->key_version, input, builder_bytes(&b), q->mac1);
}

/* What a card says after INITIALIZE FOR LOAD at terminal 1. */
static inline struct load_request load_of(
    unsigned card, uint32_t ticket, uint16_t number, uint32_t before, uint32_t fen) {
    struct load_request q = {
        .key_version = 1,
        .random = {1,                 2,             3,                (uint8_t)ticket       },
        .facts = {.balance = before, .amount = fen, .number = number, .trade = TRADE_EP_LOAD},
    };
    ticket_no(ticket, q.ticket);
    card_factor(card, q.factor);
    terminal_no(1, q.facts.terminal);
    sign_mac1(&q);
    return q;
}

/* The TAC of the card that has taken the load at the host's moment. */
static inline void load_tac(
    const struct load_request *q, const uint8_t moment[MOMENT_LEN], uint8_t tac[MAC_LEN]) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct load_facts facts = q->facts;
    facts.balance += facts.amount;
    (void)memcpy(facts.moment, moment, MOMENT_LEN);
    put_load_tac(&b, &facts);
    test_tac(q->factor, q->key_version, builder_bytes(&b), tac);
}

/* A load from the question to the proof. */
static inline enum err load_whole(
    const struct clearing *c, const struct load_request *q, uint32_t time, struct why *why) {
    struct load_answer answer;
    uint8_t now[MOMENT_LEN], tac[MAC_LEN];
    moment_at(TODAY, time, now);
    enum err err = load_authorise(c, q, now, &answer, why);
    if (!err) {
        load_tac(q, answer.moment, tac);
        err = load_confirm(c, q->ticket, tac, why);
    }
    return err;
}

/* --- the city ------------------------------------------------------------------------------ */

static inline void must(enum err err, const struct why *why) {
    if (err) {
        fail_msg("%s", why->text);
    }
}

/* Two institutions, two terminals each (1, 2 and 3, 4), the day open, the pool funded. The cards
 * are the registry's and must be there. */
static inline void found_city(const struct clearing *c) {
    static const struct institution institutions[] = {
        {"P0000001", "健民大药房",       "4401000000000001"},
        {"H0000002", "市第一人民医院", "4401000000000002"},
    };
    struct why why = {{0}};
    for (unsigned i = 0; i < 2; i++) {
        must(institution_register(c, &institutions[i], "clearer", &why), &why);
    }
    for (unsigned n = 1; n <= 4; n++) {
        struct terminal_row t = {.stopped = false};
        terminal_no(n, t.number);
        (void)snprintf(t.institution, sizeof t.institution, "%s", institutions[(n - 1) / 2].code);
        must(terminal_register(c, &t, "clearer", &why), &why);
    }
    must(day_begin(c, TODAY, &why), &why);
    must(ledger_fund(c->store, "fund 1", POOL_FEN, TODAY, &why), &why);
}

/* Puts money on a card, as its first load, before the pharmacy opens. */
static inline void give(const struct clearing *c, unsigned card, uint32_t fen) {
    struct why why = {{0}};
    struct load_request q = load_of(card, 900000 + card, 1, 0, fen);
    must(load_whole(c, &q, 80000, &why), &why);
}

static inline int64_t fen_on(const struct clearing *c, struct account_name name) {
    struct account account = {0};
    struct why why;
    enum err err = c->store->account_find(c->store->self, &name, &account, &why);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    return account.fen;
}
static inline int64_t fen_on_card(const struct clearing *c, unsigned card) {
    uint8_t factor[FACTOR_LEN];
    card_factor(card, factor);
    return fen_on(c, account_of_card(factor));
}
static inline int64_t fen_of_institution(const struct clearing *c, const char *code) {
    return fen_on(c, account_named(ACCOUNT_INSTITUTION, code));
}
static inline int64_t fen_in_suspense(const struct clearing *c) {
    return fen_on(c, account_named(ACCOUNT_SUSPENSE, NULL));
}

/* A held record with a number of a card does not stand in the chain where a cleared one does. */
static inline void chain_follows_the_cleared_record(const struct clearing *c) {
    struct upload_record cleared = purchase(1, 1, 1, 7, 50000, 1000);
    struct upload_record held = purchase(1, 1, 2, 7, 30000, 1500);
    struct upload_record next = purchase(1, 1, 3, 8, 49000, 1000);
    assert_int_equal(end_of(c, &cleared), REASON_NONE);
    assert_int_equal(end_of(c, &held), REASON_CONFLICT_NO);
    assert_int_equal(end_of(c, &next), REASON_NONE);
}

static inline void assert_books_even(const struct clearing *c) {
    struct trial_balance trial;
    struct why why = {{0}};
    must(ledger_trial(c->store, &trial, &why), &why);
    assert_true(trial_even(&trial));
}

/* Loads of and purchases with the medical account of DF04, by the cards and terminals of world.h, and what
 * is promised of them on any store. Card 3 has 300.00 yuan on its account; its wallet is as it was. */
#pragma once

#include "clearing/card_story.h"
#include "clearing/day_proof.h"
#include "clearing/move.h"
#include "clearing/paid_day.h"

enum { MEDICAL_CARD = 3, MEDICAL_FEN = 30000, INSURED_FEN = 1000000, HOSPITAL_TILL = 3 };

/* What DF04 of a card says after INITIALIZE FOR LOAD at terminal 3. */
static inline struct load_request medical_load_of(
    unsigned card, uint32_t ticket, uint16_t number, uint32_t before, uint32_t fen) {
    struct load_request q = load_of(card, ticket, number, before, fen);
    uint8_t room[PURSE_MESSAGE_MAX], input[8];
    struct builder b = builder_in(room, sizeof room);
    struct key_ref key = {.name = KEY_DLKDF04, .version = 1, .depth = KEY_CARD};
    q.facts.trade = TRADE_MEDICAL_LOAD;
    terminal_no(HOSPITAL_TILL, q.facts.terminal);
    put_load_mac1(&b, &q.facts);
    load_session_input(q.random, q.facts.number, input);
    (void)memcpy(key.card_factor, q.factor, sizeof key.card_factor);
    test_session_mac_of(&key, input, builder_bytes(&b), q.mac1);
    return q;
}

/* The TAC of the account that took the load at the host's moment. */
static inline void medical_load_tac(
    const struct load_request *q, const uint8_t moment[MOMENT_LEN], uint8_t tac[MAC_LEN]) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct load_facts facts = q->facts;
    facts.balance += facts.amount;
    (void)memcpy(facts.moment, moment, MOMENT_LEN);
    put_load_tac(&b, &facts);
    test_tac_of(KEY_DTKDF04, q->factor, 1, builder_bytes(&b), tac);
}

/* From the question to the proof. */
static inline enum err medical_load_whole(
    const struct clearing *c, const struct load_request *q, uint32_t time, struct why *why) {
    struct load_answer answer;
    uint8_t now[MOMENT_LEN], tac[MAC_LEN];
    moment_at(TODAY, time, now);
    enum err err = load_authorise(c, q, now, &answer, why);
    if (!err) {
        medical_load_tac(q, answer.moment, tac);
        err = load_confirm(c, q->ticket, tac, why);
    }
    return err;
}

/* A good purchase at a till of the hospital: of a bill, so much from the account. */
static inline struct upload_record medical_purchase(
    unsigned card, uint32_t seq, uint16_t number, uint32_t before, const uint32_t bill_and_fen[2]) {
    struct upload_record r = purchase(card, HOSPITAL_TILL, seq, number, before, bill_and_fen[1]);
    r.trade = TRADE_MEDICAL_PURCHASE;
    r.medical[1] = bill_and_fen[0];
    r.key_version = 2; /* of the purchase key that the module had; the TAC has one of its own */
    (void)memcpy(r.city_factor, "440100sx", FACTOR_LEN);
    sign_record(&r);
    return r;
}

static inline int64_t fen_on_medical(const struct clearing *c, unsigned card) {
    uint8_t factor[FACTOR_LEN];
    card_factor(card, factor);
    return fen_on(c, account_of_medical(factor));
}

/* The insurance pays in, and the card is loaded. */
static inline void insure(const struct clearing *c) {
    struct why why = {{0}};
    struct load_request q = medical_load_of(MEDICAL_CARD, 700001, 0, 0, MEDICAL_FEN);
    must(ledger_insure(c->store, "insurance 200310", INSURED_FEN, TODAY, &why), &why);
    must(medical_load_whole(c, &q, 80000, &why), &why);
    assert_int_equal(fen_on_medical(c, MEDICAL_CARD), MEDICAL_FEN);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_INSURANCE, NULL)), INSURED_FEN - MEDICAL_FEN);
}

/* One record of the hospital's till, taken in alone: to which end it came. */
static inline enum reason medical_end_of(const struct clearing *c, const struct upload_record *r) {
    struct file *f = calloc(1, sizeof *f);
    struct intake_figures figures;
    struct why why = {{0}};
    enum reason reason = REASON_NONE;
    assert_non_null(f);
    file_of(f, "H0000002", HOSPITAL_TILL, r, 1);
    struct bytes view = bytes_of(f->bytes, f->len);
    must(intake_file(c, upload_source_bytes(&view), &figures, NULL, &why), &why);
    free(f);
    while (figures.by_reason[reason].count == 0) {
        reason = (enum reason)(reason + 1);
    }
    return reason;
}

/* --- promises on any store ----------------------------------------------------------------- */

/* Two bills and one of the wallet, with the same number on the card: each account counts for itself,
 * pays for itself, and is proven to the fen. */
static inline void a_medical_day_is_cleared_and_proven(
    const struct clearing *c, const struct bank *bank) {
    const uint32_t first[2] = {12000, 8000}, second[2] = {5000, 5000};
    struct upload_record bills[] = {
        medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, first),
        medical_purchase(MEDICAL_CARD, 2, 1, MEDICAL_FEN - 8000, second),
        purchase(MEDICAL_CARD, HOSPITAL_TILL, 3, 0, 50000, 2500),
    };
    struct day_proof proof;
    struct card_story story = {.differences = {0}};
    struct record_row row;
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    insure(c);
    sell(c, "H0000002", HOSPITAL_TILL, bills, 3);
    assert_int_equal(fen_on_medical(c, MEDICAL_CARD), MEDICAL_FEN - 13000);
    assert_int_equal(fen_on_card(c, MEDICAL_CARD), 50000 - 2500);
    assert_int_equal(fen_of_institution(c, "H0000002"), 15500);
    must(c->store->record_at(c->store->self, 1, 1, &row, &why), &why);
    assert_int_equal(row.record.medical[1], 12000);
    assert_memory_equal(row.record.city_factor, "440100sx", FACTOR_LEN);
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        step_to(c, bank, (enum day_state)to);
    }
    must(day_prove(c, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    assert_int_equal(proof.cleared, 3);
    assert_int_equal(proof.payout_fen, 15500);
    card_factor(MEDICAL_CARD, factor);
    must(card_follow(c, factor, NULL, &story, &why), &why);
    assert_int_equal(story.differences.count, 0);
    assert_int_equal(story.loads, 2);
    assert_int_equal(story.purchases, 3);
    assert_int_equal(story.balance_fen, 47500);
    assert_int_equal(story.medical_fen, MEDICAL_FEN - 13000);
}

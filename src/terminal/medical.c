#include "terminal/medical.h"

#include <assert.h>

#include "wire/profile.h"

enum { CLA_MEDICAL = 0xB0, ACCOUNT = 0x01, PROOF_LEN = 2 * MAC_LEN };

/* A command of the account: its data and its answer are messages of wire/purse_message.def. */
struct call {
    uint8_t ins, p1, p2;
    enum message data, answer;
    uint16_t answer_len;
};

static const struct call begin_load = {0x28, 0x00, ACCOUNT, MESSAGE_ORDER, MESSAGE_BEGUN, 16};
static const struct call begin_purchase = {
    0x28, 0x01, ACCOUNT, MESSAGE_ORDER_MEDICAL, MESSAGE_BEGUN_MEDICAL, 22};
static const struct call credit = {0x2E, 0x00, 0x00, MESSAGE_DONE, MESSAGE_SAY_TAC, MAC_LEN};
static const struct call debit = {
    0x2C, 0x01, 0x00, MESSAGE_DONE_PURCHASE, MESSAGE_SAY_TAC_MAC, PROOF_LEN};

/* An answer that is shorter or longer than it must be is no answer. */
static enum err exchange(const struct reader *card, const struct apdu *command, struct reply *reply,
    uint16_t *sw, struct why *why) {
    enum err err = reader_command(card, command, reply, why);
    *sw = reply->sw;
    if (!err && reply->sw == SW_OK && reply->len != command->le) {
        err = why_say(why, ERR_OUTSIDE,
            "%02X%02X: card answered %zu bytes instead of %u; try again or another card",
            command->cla, command->ins, reply->len, (unsigned)command->le);
    }
    return err;
}

/* Facts go out by the call's message and come in by its answer. */
static enum err call_card(const struct reader *card, const struct call *call,
    struct trade_facts *facts, uint16_t *sw, struct why *why) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder data = builder_in(room, sizeof room);
    struct reply reply = {0};
    put_message(&data, call->data, facts);
    assert(!data.overflowed);
    const struct apdu command = {.cla = CLA_MEDICAL,
        .ins = call->ins,
        .p1 = call->p1,
        .p2 = call->p2,
        .data = builder_bytes(&data),
        .le = call->answer_len,
        .shape = APDU_BOTH_WAYS};
    enum err err = exchange(card, &command, &reply, sw, why);
    if (!err && *sw == SW_OK) {
        struct cursor c = cursor_over(reply_bytes(&reply));
        take_message(&c, call->answer, facts);
        assert(cursor_finished(&c));
    }
    return err;
}

/* The application above first: DF04 is found from there. */
enum err medical_select(const struct reader *card, uint16_t *sw, struct why *why) {
    static const enum profile_place way[] = {AT_SSSE, AT_DF04};
    enum err err = OK;
    *sw = SW_OK;
    for (size_t i = 0; i < sizeof way / sizeof way[0] && !err && *sw == SW_OK; i++) {
        const struct apdu select = {.ins = 0xA4,
            .p1 = 0x04,
            .data = profile_directory(way[i])->df_name,
            .shape = APDU_BRINGS_DATA};
        struct reply reply = {0};
        err = reader_command(card, &select, &reply, why);
        *sw = reply.sw;
    }
    return err;
}

enum err medical_balance(
    const struct reader *card, uint32_t *balance, uint16_t *sw, struct why *why) {
    const struct apdu get = {.cla = CLA_MEDICAL,
        .ins = 0x5C,
        .p2 = ACCOUNT,
        .le = AMOUNT_LEN,
        .shape = APDU_WANTS_ANSWER};
    struct reply reply = {0};
    enum err err = exchange(card, &get, &reply, sw, why);
    if (!err && *sw == SW_OK) {
        *balance = fact_number(reply.data, AMOUNT_LEN);
    }
    return err;
}

enum err medical_starting_day(
    const struct reader *card, uint8_t day[LIMIT_LEN], uint16_t *sw, struct why *why) {
    const struct apdu get = {.cla = CLA_MEDICAL,
        .ins = 0x5C,
        .p1 = 0x01,
        .p2 = ACCOUNT,
        .le = LIMIT_LEN,
        .shape = APDU_WANTS_ANSWER};
    struct reply reply = {0};
    enum err err = exchange(card, &get, &reply, sw, why);
    if (!err && *sw == SW_OK) {
        (void)memcpy(day, reply.data, LIMIT_LEN);
    }
    return err;
}

static struct trade_facts facts_of(const struct medical_order *order) {
    struct trade_facts facts = {.key_id = order->key_index};
    fact_set(facts.amounts + AMOUNT_LEN, AMOUNT_LEN, order->total);
    fact_set(facts.amounts + (size_t)2 * AMOUNT_LEN, AMOUNT_LEN, order->amount);
    (void)memcpy(facts.terminal, order->terminal, sizeof facts.terminal);
    return facts;
}

/* Both beginnings: MAC1 stays zeros where the card answers without one. */
static enum err begin(const struct reader *card, const struct call *call,
    const struct medical_order *order, struct wallet_begun *out, uint16_t *sw, struct why *why) {
    struct trade_facts facts = facts_of(order);
    enum err err = call_card(card, call, &facts, sw, why);
    if (err || *sw != SW_OK) {
        return err;
    }
    *out = (struct wallet_begun){
        .balance = fact_number(facts.balance, sizeof facts.balance),
        .number = (uint16_t)fact_number(facts.number, sizeof facts.number),
        .key_version = facts.version,
        .algorithm = facts.algorithm,
    };
    (void)memcpy(out->random, facts.random, sizeof out->random);
    (void)memcpy(out->mac1, facts.mac, sizeof out->mac1);
    return OK;
}

enum err medical_begin_load(const struct reader *card, const struct medical_order *order,
    struct wallet_begun *out, uint16_t *sw, struct why *why) {
    assert(order->total == 0);
    return begin(card, &begin_load, order, out, sw, why);
}

enum err medical_begin_purchase(const struct reader *card, const struct medical_order *order,
    struct wallet_begun *out, uint16_t *sw, struct why *why) {
    return begin(card, &begin_purchase, order, out, sw, why);
}

enum err medical_credit(const struct reader *card, const struct load_grant *grant,
    uint8_t tac[MAC_LEN], uint16_t *sw, struct why *why) {
    struct trade_facts facts = {0};
    (void)memcpy(facts.moment, grant->moment, sizeof facts.moment);
    (void)memcpy(facts.mac, grant->mac2, sizeof facts.mac);
    enum err err = call_card(card, &credit, &facts, sw, why);
    if (!err && *sw == SW_OK) {
        (void)memcpy(tac, facts.tac, MAC_LEN);
    }
    return err;
}

enum err medical_debit(const struct reader *card, const struct wallet_debit *order,
    struct trade_proof *out, uint16_t *sw, struct why *why) {
    struct trade_facts facts = {0};
    fact_set(facts.sequence, sizeof facts.sequence, order->terminal_seq);
    (void)memcpy(facts.moment, order->moment, sizeof facts.moment);
    (void)memcpy(facts.mac, order->mac1, sizeof facts.mac);
    enum err err = call_card(card, &debit, &facts, sw, why);
    if (!err && *sw == SW_OK) {
        (void)memcpy(out->tac, facts.tac, MAC_LEN);
        (void)memcpy(out->mac2, facts.mac, MAC_LEN);
    }
    return err;
}

/* MAC first, then TAC [purse.md 4.13]. */
enum err medical_prove(const struct reader *card, enum trade trade, uint16_t number,
    struct trade_proof *out, uint16_t *sw, struct why *why) {
    const uint8_t data[] = {(uint8_t)(number >> 8), (uint8_t)number};
    assert(trade == TRADE_MEDICAL_LOAD || trade == TRADE_MEDICAL_PURCHASE
           || trade == TRADE_MEDICAL_DAY);
    const struct apdu prove = {
        .cla = CLA_MEDICAL,
        .ins = 0x5A,
        .p2 = (uint8_t)trade,
        .data = {data, sizeof data},
        .le = PROOF_LEN,
        .shape = APDU_BOTH_WAYS
    };
    struct reply reply = {0};
    enum err err = exchange(card, &prove, &reply, sw, why);
    if (!err && *sw == SW_OK) {
        (void)memcpy(out->mac2, reply.data, MAC_LEN);
        (void)memcpy(out->tac, reply.data + MAC_LEN, MAC_LEN);
    }
    return err;
}

/* --- a purchase ----------------------------------------------------------------------------- */

/* The module's number and MAC1 for what the card has just said. */
static enum err begin_in_module(struct psam *module, struct medical_sale *sale,
    uint8_t mac1[MAC_LEN], uint16_t *sw, struct why *why) {
    struct psam_purchase purchase = {.number = sale->begun.number,
        .amount = sale->order.amount,
        .total = sale->order.total,
        .trade = TRADE_MEDICAL_PURCHASE,
        .key_version = sale->begun.key_version,
        .algorithm = sale->begun.algorithm};
    (void)memcpy(purchase.random, sale->begun.random, RANDOM_LEN);
    (void)memcpy(purchase.moment, sale->moment, MOMENT_LEN);
    (void)memcpy(purchase.factor, sale->factor, FACTOR_LEN);
    (void)memcpy(purchase.city_factor, sale->city_factor, FACTOR_LEN);
    return psam_init_purchase(module, &purchase, &sale->terminal_seq, mac1, sw, why);
}

/* A module that went silent after the debit takes nothing back: the proof is the card's TAC. */
static void judge(struct psam *module, struct medical_sale *sale) {
    uint16_t sw = 0;
    struct why silent = {{0}};
    enum err err = psam_credit_purchase(module, sale->proof.mac2, &sw, &silent);
    sale->mac2_good = !err && sw == SW_OK;
}

enum err medical_pay(const struct reader *card, struct psam *module, struct medical_sale *sale,
    uint16_t *sw, struct why *why) {
    struct wallet_debit order = {0};
    sale->mac2_good = false;
    sale->terminal_seq = 0;
    if (sale->order.amount > sale->order.total) {
        return why_say(why, ERR_INVALID,
            "account and pooled fund pay %u fen of a bill of %u fen; enter the bill anew",
            (unsigned)sale->order.amount, (unsigned)sale->order.total);
    }
    (void)memcpy(sale->order.terminal, module->terminal, TERMINAL_LEN);
    enum err err = medical_begin_purchase(card, &sale->order, &sale->begun, sw, why);
    if (!err && *sw == SW_OK) {
        err = begin_in_module(module, sale, order.mac1, sw, why);
    }
    if (err || *sw != SW_OK) {
        return err;
    }
    order.terminal_seq = sale->terminal_seq;
    (void)memcpy(order.moment, sale->moment, MOMENT_LEN);
    err = medical_debit(card, &order, &sale->proof, sw, why);
    if (!err && *sw == SW_OK) {
        judge(module, sale);
    }
    return err;
}

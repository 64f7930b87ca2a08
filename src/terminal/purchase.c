#include "terminal/visit.h"

#include <assert.h>

#include "base/day.h"
#include "terminal/medical.h"

/* Why a purchase may not be made without asking, or REFUSED_NOTHING. [system.md 6.3.6] */
static enum refusal needs_line(const struct visit *v) {
    const struct terminal_setup *setup = &v->terminal->setup;
    uint64_t day = 0;
    bool known = bcd_read(bytes_of(v->record.moment, DAY_LEN), &day);
    assert(known);
    (void)known;
    if (v->record.amount > setup->limits.offline_each_fen) {
        return REFUSED_OVER_LIMIT;
    }
    int64_t sold = journal_offline_fen(v->terminal->journal, (uint32_t)day);
    assert(sold >= 0);
    if (sold + v->record.amount > (int64_t)setup->limits.offline_day_fen) {
        return REFUSED_DAY_LIMIT;
    }
    return list_older(setup->blacklist, setup->limits.list_offline_days, v->record.moment)
               ? REFUSED_LIST_OLD
               : REFUSED_NOTHING;
}

/* Asks the centre where the limits want it. A line that does not answer is as good as none. */
static enum err ask_centre(struct visit *v, struct why *why) {
    const struct centre_line *line = v->terminal->setup.line;
    enum refusal offline = needs_line(v);
    if (offline == REFUSED_NOTHING) {
        return OK;
    }
    struct sale_question question = {.amount = v->record.amount};
    struct why answer = {{0}};
    (void)memcpy(question.ticket, v->record.ticket, TICKET_LEN);
    (void)memcpy(question.factor, v->record.factor, FACTOR_LEN);
    (void)memcpy(question.terminal, v->record.terminal, TERMINAL_LEN);
    (void)memcpy(question.moment, v->record.moment, MOMENT_LEN);
    enum err err = line ? line->card_status(line->self, &question, &answer) : ERR_OUTSIDE;
    if (err == ERR_OUTSIDE && line && line->always) {
        return why_say(
            why, err, "the centre did not answer (%.200s); ask the same again", answer.text);
    }
    if (err == ERR_OUTSIDE) {
        return visit_refuse(v, offline, why);
    }
    if (err) {
        v->out->story = answer;
        return visit_refuse(v, REFUSED_NOT_IN_USE, why);
    }
    v->record.flags |= JOURNAL_ONLINE;
    return OK;
}

static bool is_medical(const struct visit *v) {
    return v->record.trade == TRADE_MEDICAL_PURCHASE;
}

/* INITIALIZE FOR PURCHASE of the account that pays. */
static enum err begin_account(struct visit *v, struct wallet_begun *begun, struct why *why) {
    struct medical_order order = {.amount = v->record.amount,
        .total = v->record.total,
        .key_index = v->terminal->setup.medical_key};
    (void)memcpy(order.terminal, v->record.terminal, TERMINAL_LEN);
    return is_medical(v) ? medical_begin_purchase(v->card, &order, begun, &v->sw, why)
                         : wallet_begin_purchase(
                             v->card, v->record.amount, v->record.terminal, begun, &v->sw, why);
}

/* What the card says goes into the record: the number is what settling looks at when the answer to
 * the debit is lost. */
static enum err begin_on_card(struct visit *v, struct wallet_begun *begun, struct why *why) {
    enum err err = begin_account(v, begun, why);
    if (!err && v->sw != SW_OK) {
        return visit_refuse_sw(v, STEP_PURCHASE, why);
    }
    v->record.balance = begun->balance;
    v->record.number = begun->number;
    v->record.key_version = begun->key_version;
    v->record.algorithm = begun->algorithm;
    return err;
}

/* The module gives its sequence and MAC1, and keeps the session in which it can judge the card's
 * answer. */
static enum err begin_in_module(
    struct visit *v, const struct wallet_begun *begun, struct why *why) {
    struct psam_purchase purchase = {.number = begun->number,
        .amount = v->record.amount,
        .total = v->record.total,
        .trade = v->record.trade,
        .key_version = begun->key_version,
        .algorithm = begun->algorithm};
    (void)memcpy(purchase.random, begun->random, RANDOM_LEN);
    (void)memcpy(purchase.moment, v->record.moment, MOMENT_LEN);
    (void)memcpy(purchase.factor, v->record.factor, FACTOR_LEN);
    (void)memcpy(purchase.city_factor, v->terminal->setup.city_factor, FACTOR_LEN);
    enum err err = psam_init_purchase(
        &v->terminal->module, &purchase, &v->record.terminal_seq, v->record.mac1, &v->sw, why);
    v->terminal->session_open = !err && v->sw == SW_OK;
    v->terminal->session_seq = v->record.terminal_seq;
    return !err && v->sw != SW_OK ? visit_refuse_sw(v, STEP_MODULE, why) : err;
}

/* The card's last word but one. Some of its refusals say for certain that nothing happened; after
 * any other the ticket stays open, and the card's counter will tell. */
static enum err debit(struct visit *v, struct trade_proof *proof, struct why *why) {
    assert(v->record.state == TICKET_PENDING); /* journal 1 */
    assert(v->terminal->session_open);
    struct wallet_debit order = {.terminal_seq = v->record.terminal_seq};
    (void)memcpy(order.moment, v->record.moment, MOMENT_LEN);
    (void)memcpy(order.mac1, v->record.mac1, MAC_LEN);
    enum err err = is_medical(v) ? medical_debit(v->card, &order, proof, &v->sw, why)
                                 : wallet_debit(v->card, &order, proof, &v->sw, why);
    bool early = is_medical(v) && v->sw == SW_CONDITIONS; /* before the account's starting day */
    if (err) {
        return why_add(why, err, "the purchase was cut short; put the same card in again");
    }
    if (v->sw == SW_FUNDS || v->sw == SW_MAC_WRONG || early) {
        return visit_refuse_sw(v, STEP_DEBIT, why);
    }
    if (v->sw != SW_OK) {
        return why_say(why, ERR_OUTSIDE,
            "the card answered %04X (%s) to the debit; put the same card in again to see whether "
            "it paid",
            (unsigned)v->sw, sw_text(v->sw));
    }
    (void)memcpy(v->record.tac, proof->tac, MAC_LEN);
    return OK;
}

/* A module that does not answer leaves no flag: the centre's check of the TAC is then the only
 * one. */
void module_judge(struct terminal *t, struct journal_record *r, const uint8_t mac2[MAC_LEN]) {
    uint16_t sw = 0;
    struct why silent = {{0}};
    if (!t->session_open || t->session_seq != r->terminal_seq) {
        return;
    }
    t->session_open = false; /* the module answers once */
    enum err err = psam_credit_purchase(&t->module, mac2, &sw, &silent);
    bool wrong = !err && (sw == SW_MAC_WRONG || sw == SW_LOCKED_FOR_EVER);
    r->flags |= (uint8_t)(wrong ? JOURNAL_MAC2_WRONG : !err && sw == SW_OK ? JOURNAL_MAC2_GOOD : 0);
}

/* Is it a true card? A false one shows here, and nothing is handed over. A module that went silent
 * after the debit changes nothing: the centre checks the TAC. */
static enum err proof_check(struct visit *v, const struct trade_proof *proof, struct why *why) {
    assert(v->sw == SW_OK);
    module_judge(v->terminal, &v->record, proof->mac2);
    bool wrong = (v->record.flags & JOURNAL_MAC2_WRONG) != 0;
    v->out->done = !wrong;
    v->out->reason = wrong ? REFUSED_CARD_FALSE : REFUSED_NOTHING;
    return visit_put(v, TICKET_DONE, why);
}

/* From here on the card may be pulled at any moment; the journal knows before the card does. */
static enum err pay(struct visit *v, struct why *why) {
    struct trade_proof proof = {0};
    assert(!v->decided);
    assert(v->record.state == TICKET_NEW); /* visit 1 */
    enum err err = visit_put(v, TICKET_PENDING, why);
    err = err ? err : debit(v, &proof, why);
    return err || v->decided ? err : proof_check(v, &proof, why);
}

/* The centre is asked before the card is begun, so that INITIALIZE and DEBIT follow each other. */
static enum err sell(struct visit *v, enum trade trade, struct why *why) {
    struct wallet_begun begun = {0};
    enum err err = visit_begin(v, trade, why);
    if (!err && !v->decided) {
        err = ask_centre(v, why);
    }
    if (!err && !v->decided) {
        err = visit_account(v, why);
    }
    if (!err && !v->decided) {
        err = begin_on_card(v, &begun, why);
    }
    if (!err && !v->decided) {
        err = begin_in_module(v, &begun, why);
    }
    if (!err && !v->decided) {
        err = pay(v, why);
    }
    return err;
}

enum err terminal_purchase(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why) {
    struct visit v = {.terminal = t, .card = card, .order = order, .out = out};
    return sell(&v, TRADE_EP_PURCHASE, why);
}

enum err terminal_medical_purchase(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why) {
    struct visit v = {.terminal = t, .card = card, .order = order, .out = out};
    *out = (struct receipt){0};
    if (t->setup.medical_key == 0) {
        return why_say(why, ERR_INVALID,
            "this terminal's module has no key of the medical account; use a hospital's");
    }
    if (order->amount == 0 || order->amount > order->total) {
        return why_say(why, ERR_INVALID,
            "the account cannot pay %u fen of a bill of %u fen; enter the bill anew",
            (unsigned)order->amount, (unsigned)order->total);
    }
    return sell(&v, TRADE_MEDICAL_PURCHASE, why);
}

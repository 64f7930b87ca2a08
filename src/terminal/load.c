#include "terminal/visit.h"

#include <assert.h>

/* The card opens INITIALIZE FOR LOAD to a holder only. [purse.md 4.4] */
static enum err pin_check(struct visit *v, struct why *why) {
    enum err err = wallet_verify(v->card, v->order->pin, &v->sw, why);
    return !err && v->sw != SW_OK ? visit_refuse_sw(v, STEP_PIN, why) : err;
}

/* What the card says goes into the record: the centre judges by it, and settling needs the
 * number. */
static enum err begin_on_card(struct visit *v, struct wallet_begun *begun, struct why *why) {
    enum err err = wallet_begin_load(
        v->card, v->record.amount, v->record.terminal, begun, &v->sw, why);
    if (!err && v->sw != SW_OK) {
        return visit_refuse_sw(v, STEP_LOAD, why);
    }
    v->record.balance = begun->balance;
    v->record.number = begun->number;
    v->record.key_version = begun->key_version;
    v->record.algorithm = begun->algorithm;
    (void)memcpy(v->record.mac1, begun->mac1, MAC_LEN);
    return err;
}

/* The order under the ticket of this attempt. */
static struct load_order order_of(const struct visit *v, const struct wallet_begun *begun) {
    const struct journal_record *r = &v->record;
    struct load_order order = {
        .facts = {.balance = r->balance,
                  .amount = r->amount,
                  .number = r->number,
                  .trade = r->trade},
        .key_version = r->key_version,
        .algorithm = r->algorithm,
    };
    load_ticket(r, order.ticket);
    (void)memcpy(order.factor, r->factor, FACTOR_LEN);
    (void)memcpy(order.facts.terminal, r->terminal, TERMINAL_LEN);
    (void)memcpy(order.facts.moment, r->moment, MOMENT_LEN);
    (void)memcpy(order.random, begun->random, RANDOM_LEN);
    (void)memcpy(order.mac1, begun->mac1, MAC_LEN);
    assert(order.facts.trade == TRADE_EP_LOAD);
    assert(order.facts.amount == v->order->amount);
    return order;
}

/* The centre's word. Its no closes the ticket; its silence leaves it open, for the order may have
 * been taken all the same. */
static enum err ask_centre(
    struct visit *v, const struct wallet_begun *begun, struct load_grant *grant, struct why *why) {
    const struct centre_line *line = v->terminal->setup.line;
    assert(line);
    struct load_order order = order_of(v, begun);
    struct why answer = {{0}};
    enum err err = line->load_authorise(line->self, &order, grant, &answer);
    if (err == ERR_OUTSIDE) {
        return why_say(
            why, err, "the centre did not answer the load (%.200s); try again", answer.text);
    }
    if (err) {
        v->out->story = answer;
        return visit_refuse(v, REFUSED_CENTRE_SAYS, why);
    }
    (void)memcpy(v->record.moment, grant->moment, MOMENT_LEN);
    return OK;
}

/* The card did not believe the centre's MAC: nothing is on the card, and the centre must hear it
 * before the ticket is closed. */
static enum err undo(struct visit *v, struct why *why) {
    const struct centre_line *line = v->terminal->setup.line;
    uint8_t ticket[TICKET_LEN];
    assert(line);
    assert(v->record.state == TICKET_PENDING);
    load_ticket(&v->record, ticket);
    enum err err = line->load_cancel(line->self, ticket, why);
    return err ? why_add(why, err, "cancel a load that the card refused")
               : visit_refuse_sw(v, STEP_CREDIT, why);
}

/* 9302 is the card's certain no; after any other word or silence only its proof can tell. */
static enum err credit(struct visit *v, const struct load_grant *grant, struct why *why) {
    assert(v->record.state == TICKET_PENDING); /* journal 1 */
    enum err err = wallet_credit(v->card, grant, v->record.tac, &v->sw, why);
    if (err) {
        return why_add(why, err, "the load was cut short; put the same card in again");
    }
    if (v->sw == SW_MAC_WRONG) {
        return undo(v, why);
    }
    if (v->sw != SW_OK) {
        return why_say(why, ERR_OUTSIDE,
            "the card answered %04X (%s) to the credit; put the same card in again to see whether "
            "it took it",
            (unsigned)v->sw, sw_text(v->sw));
    }
    enum journal_state told = load_tell(v->terminal, &v->record);
    v->out->done = told != TICKET_DOUBTFUL;
    v->out->reason = v->out->done ? REFUSED_NOTHING : REFUSED_CARD_FALSE;
    return visit_put(v, told, why);
}

/* From here on the card may be pulled and the line may break at any moment. */
static enum err take(struct visit *v, const struct wallet_begun *begun, struct why *why) {
    struct load_grant grant = {{0}, {0}};
    assert(!v->decided);
    assert(v->record.state == TICKET_NEW); /* visit 1 */
    enum err err = visit_put(v, TICKET_PENDING, why);
    err = err ? err : ask_centre(v, begun, &grant, why);
    return err || v->decided ? err : credit(v, &grant, why);
}

/* Without a line there is no load, so nobody is asked for the PIN. */
enum err terminal_load(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why) {
    struct visit v = {.terminal = t, .card = card, .order = order, .out = out};
    struct wallet_begun begun = {0};
    enum err err = visit_begin(&v, TRADE_EP_LOAD, why);
    if (!err && !v.decided && !t->setup.line) {
        err = visit_refuse(&v, REFUSED_NO_LINE, why);
    }
    if (!err && !v.decided) {
        err = visit_wallet(&v, why);
    }
    if (!err && !v.decided) {
        err = pin_check(&v, why);
    }
    if (!err && !v.decided) {
        err = begin_on_card(&v, &begun, why);
    }
    if (!err && !v.decided) {
        err = take(&v, &begun, why);
    }
    return err;
}

#include "terminal/visit.h"

#include <assert.h>

#include "base/day.h"
#include "terminal/holder.h"
#include "terminal/medical.h"
#include "wire/blacklist.h"

/* Moments come from outside: digits that are none, and days that do not exist, are told apart here
 * once. */
static bool moment_split(const uint8_t moment[MOMENT_LEN], uint32_t *day, uint32_t *time) {
    uint64_t both[2] = {0};
    bool digits = bcd_read(bytes_of(moment, DAY_LEN), &both[0])
                  && bcd_read(bytes_of(moment + DAY_LEN, TIME_LEN), &both[1]);
    *day = (uint32_t)both[0];
    *time = (uint32_t)both[1];
    return digits && day_exists(*day) && *time / 10000 < 24 && *time / 100 % 100 < 60
           && *time % 100 < 60;
}

/* A list that is missing, or a moment that is none, counts as too old: nothing is sold on a
 * doubt. */
bool list_older(const struct blacklist *list, uint32_t days, const uint8_t moment[MOMENT_LEN]) {
    uint32_t day = 0, time = 0;
    if (!list || !moment_split(moment, &day, &time)) {
        return true;
    }
    assert(day_exists(list->day));
    uint32_t last = day_plus(list->day, (int32_t)days);
    return last < day || (last == day && list->time < time);
}

/* visit 2: the receipt gets what the journal took. */
enum err visit_put(struct visit *v, enum journal_state state, struct why *why) {
    assert(!v->decided);
    assert((v->record.reason != 0) == (state == TICKET_REFUSED));
    v->record.state = state;
    enum err err = journal_put(v->terminal->journal, &v->record, why);
    v->decided = !err && state != TICKET_PENDING;
    assert(
        err || journal_find(v->terminal->journal, v->record.ticket)->state == state); /* visit 2 */
    v->out->record = v->record;
    v->out->sw = v->sw;
    return err;
}

/* A trade that an earlier visit left open: only its own card can tell what became of it. */
static bool left_open(const struct visit *v) {
    const struct journal_record *known = journal_find(v->terminal->journal, v->order->ticket);
    return known && known->state == TICKET_PENDING && v->record.state == TICKET_NEW;
}

/* A no is journaled like a yes. The one exception is visit 3: the no of this card says nothing
 * about a ticket that another one left open. */
enum err visit_refuse(struct visit *v, enum refusal reason, struct why *why) {
    assert(reason != REFUSED_NOTHING);
    if (left_open(v)) {
        return why_say(why, ERR_CONFLICT,
            "this ticket is still open, and this card does not tell what became of it; put the "
            "card in that began it, or settle with the centre");
    }
    v->record.reason = (uint8_t)reason;
    v->out->reason = reason;
    return visit_put(v, TICKET_REFUSED, why);
}

enum err visit_refuse_sw(struct visit *v, enum refusal_step step, struct why *why) {
    assert(v->sw != SW_OK);
    return visit_refuse(v, refusal_of_sw(step, v->sw), why);
}

/* A ticket whose trade is over gets the answer that it got before. */
static void answer_again(struct visit *v, const struct journal_record *known) {
    assert(known->state != TICKET_PENDING);
    assert(known->state != TICKET_VOID);
    bool taken = known->state == TICKET_DONE || known->state == TICKET_UNTOLD;
    bool proven = taken && !(known->flags & JOURNAL_MAC2_WRONG);
    v->out->record = *known;
    v->out->done = proven;
    v->out->reason = known->state == TICKET_REFUSED ? (enum refusal)known->reason
                     : proven                       ? REFUSED_NOTHING
                                                    : REFUSED_CARD_FALSE;
    v->decided = true;
}

/* Looks the ticket up: decided already, still open, or to be begun (again). */
static enum err ticket_check(struct visit *v, bool card_known, struct why *why) {
    const struct journal_record *known = journal_find(v->terminal->journal, v->order->ticket);
    if (!known) {
        return OK;
    }
    if (known->amount != v->order->amount || known->trade != v->record.trade
        || known->total != v->order->total) {
        return why_say(why, ERR_CONFLICT,
            "this ticket was another trade; ask for each trade with a ticket of its own");
    }
    if (known->state == TICKET_PENDING) {
        return card_known ? why_say(why, ERR_CONFLICT,
                   "this ticket waits for another card; put the card in that began it")
                          : OK;
    }
    if (known->state == TICKET_VOID && known->attempt == UINT8_MAX) {
        return why_say(why, ERR_CONFLICT,
            "this ticket was tried %u times and nothing ever happened; begin again with a new "
            "ticket",
            UINT8_MAX + 1U);
    }
    if (known->state == TICKET_VOID) {
        v->record.attempt = (uint8_t)(known->attempt + 1);
        return OK;
    }
    answer_again(v, known);
    return OK;
}

/* The record begins here; card, numbers and proof come as the visit goes on. */
static enum err order_check(struct visit *v, enum trade trade, struct why *why) {
    uint32_t day = 0, time = 0;
    *v->out = (struct receipt){0};
    if (!moment_split(v->order->moment, &day, &time)) {
        return why_say(why, ERR_INVALID, "the moment of the trade is none of the calendar");
    }
    if (trade != TRADE_MEDICAL_PURCHASE && v->order->total != 0) {
        return why_say(why, ERR_INVALID, "only a medical purchase has a bill beside its amount");
    }
    v->record = (struct journal_record){
        .trade = trade, .amount = v->order->amount, .total = v->order->total};
    (void)memcpy(v->record.ticket, v->order->ticket, TICKET_LEN);
    (void)memcpy(v->record.terminal, v->terminal->module.terminal, TERMINAL_LEN);
    (void)memcpy(v->record.moment, v->order->moment, MOMENT_LEN);
    return OK;
}

/* Powers the card. One that is none of ours is refused, not an error: people put in what they have. */
static enum err card_power(struct visit *v, struct why *why) {
    enum err err = holder_power(v->card, v->record.factor, why);
    return err == ERR_INVALID ? visit_refuse(v, REFUSED_FOREIGN_CARD, why) : err;
}

/* A card that refuses to tell what it left open cannot trade either. */
static enum err settle_first(struct visit *v, struct why *why) {
    struct settled settled = {0};
    enum err err = settle_card(v->terminal, v->card, v->record.factor, &settled, &v->sw, why);
    if (!err && v->sw != SW_OK) {
        err = visit_refuse_sw(v, STEP_SELECT, why);
    }
    return err;
}

/* The age of the list first: an old one proves nothing about a card that is not on it. */
static enum err list_check(struct visit *v, struct why *why) {
    const struct terminal_setup *setup = &v->terminal->setup;
    assert(!v->decided);
    if (list_older(setup->blacklist, setup->limits.list_any_days, v->record.moment)) {
        return visit_refuse(v, REFUSED_LIST_OLD, why);
    }
    if (blacklist_reason(setup->blacklist, v->record.factor) != 0) {
        return visit_refuse(v, REFUSED_BLACKLISTED, why);
    }
    return OK;
}

/* The ticket is looked up twice: before the card is touched, and after settling, which may have
 * decided it. */
enum err visit_begin(struct visit *v, enum trade trade, struct why *why) {
    enum err err = order_check(v, trade, why);
    err = err ? err : ticket_check(v, false, why);
    if (!err && !v->decided) {
        err = card_power(v, why);
    }
    if (!err && !v->decided) {
        err = settle_first(v, why);
    }
    if (!err && !v->decided) {
        err = ticket_check(v, true, why); /* settling may have decided this very ticket */
    }
    if (!err && !v->decided) {
        err = list_check(v, why);
    }
    return err;
}

/* Packed digits compare as the days do; first and last day count. */
static bool valid_on(const struct wallet_card *card, const uint8_t moment[MOMENT_LEN]) {
    return memcmp(card->starts, moment, DAY_LEN) <= 0
           && memcmp(moment, card->expires, DAY_LEN) <= 0;
}

/* The wallet's application says until when the card is valid; the bill is taken in DF04. */
enum err visit_account(struct visit *v, struct why *why) {
    enum err err = visit_wallet(v, why);
    if (err || v->decided || v->record.trade != TRADE_MEDICAL_PURCHASE) {
        return err;
    }
    (void)memset(v->record.issuer, 0, sizeof v->record.issuer);
    err = medical_select(v->card, &v->sw, why);
    return !err && v->sw != SW_OK ? visit_refuse_sw(v, STEP_SELECT, why) : err;
}

/* A wallet whose ASN is not the chip's factor is a copy of somebody's data. */
enum err visit_wallet(struct visit *v, struct why *why) {
    struct wallet_card wallet = {0};
    assert(!v->decided);
    enum err err = wallet_select(v->card, &wallet, &v->sw, why);
    if (err) {
        return err;
    }
    if (v->sw != SW_OK) {
        return visit_refuse_sw(v, STEP_SELECT, why);
    }
    (void)memcpy(v->record.issuer, wallet.issuer, sizeof v->record.issuer);
    if (memcmp(wallet.asn + ASN_LEN - FACTOR_LEN, v->record.factor, FACTOR_LEN) != 0) {
        return visit_refuse(v, REFUSED_FOREIGN_CARD, why);
    }
    return valid_on(&wallet, v->record.moment) ? OK : visit_refuse(v, REFUSED_EXPIRED, why);
}

#include "registry/card_service.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- who may order it ----------------------------------------------------------------------------- */

/* The event's line of the table: all lines of one event take the same hands, as a test holds. */
static enum step_hands hands_of(enum card_event event) {
    size_t count = 0;
    const struct card_step *steps = card_steps(&count);
    size_t i = 0;
    while (i < count && steps[i].event != event) {
        i++;
    }
    assert(i < count); /* life 1: every event leads somewhere */
    return steps[i].hands;
}

/* An officer who is there but has another role gets the sentence of the last role that was asked. */
static enum err require_either(const struct registry_store *store, const char *code,
    enum officer_role one, enum officer_role other, struct why *why) {
    enum err err = officer_require(store, code, one, why);
    return err == ERR_DENIED ? officer_require(store, code, other, why) : err;
}

/* Two people stand behind the step: neither can do it alone, whatever roles they hold. */
static enum err require_two(
    const struct registry_store *store, const struct card_order *order, struct why *why) {
    if (!order->second) {
        return why_say(why, ERR_DENIED, "to %s a card takes two officers; name the second one",
            card_event_name(order->event));
    }
    if (strcmp(order->who, order->second) == 0) {
        return why_say(why, ERR_DENIED, "%s cannot be the second person, too", order->who);
    }
    enum err err = require_either(store, order->who, ROLE_POINT, ROLE_MAKER, why);
    return err ? err : officer_require(store, order->second, ROLE_APPROVER, why);
}

static enum err require_hands(
    const struct registry_store *store, const struct card_order *order, struct why *why) {
    switch (hands_of(order->event)) {
    case HANDS_ONE:
        return officer_require(store, order->who, ROLE_POINT, why);
    case HANDS_TWO:
        return require_two(store, order, why);
    case HANDS_SYSTEM:
    default:
        return strcmp(order->who, "system") == 0
                   ? OK
                   : why_say(why, ERR_DENIED, "the centre does that by itself when it is time");
    }
}

/* --- the order ------------------------------------------------------------------------------------- */

/* The finer reason decides what the blacklist says, where the order does not. */
static enum err settle_reason(struct card_order *order, struct why *why) {
    if (!sub_reason_needed(order->event)) {
        return order->sub_reason == 0 ? OK
                                      : why_say(why, ERR_INVALID, "to %s a card needs no reason",
                                          card_event_name(order->event));
    }
    const struct sub_reason *sub = sub_reason_of(order->sub_reason);
    if (!sub || sub->event != order->event) {
        char words[80];
        sub_reason_words(order->event, words, sizeof words);
        return why_say(why, ERR_INVALID, "to %s a card needs a reason: %s",
            card_event_name(order->event), words);
    }
    order->reason = order->reason ? order->reason : sub->reason;
    return OK;
}

enum err card_serve(const struct registry_store *store, const struct card_order *order,
    struct card_receipt *receipt, struct why *why) {
    struct card_order settled = *order;
    struct card_record card;
    assert(order->event < CARD_EVENTS);
    enum err err = card_find(store, order->card, &card, why);
    err = err ? err : require_hands(store, order, why);
    err = err ? err : settle_reason(&settled, why);
    err = err ? err : card_step(store, &settled, why);
    err = err ? err : store->card_receipt(store->self, order->card, order->request, receipt, why);
    assert(err || receipt->event == order->event);
    return err;
}

/* --- the old card ends as the new one begins -------------------------------------------------------- */

/* One step of the old card, under a request that only this replacement can make. */
static enum err end_step(const struct registry_store *store, const struct card_record *old,
    const struct card_order *young, enum card_event event, struct why *why) {
    char request[REQUEST_LEN + 1];
    bool lost = event == EVENT_REPLACE;
    struct card_order order = {.card = old->number,
        .event = event,
        .who = young->who,
        .request = request,
        .day = young->day,
        .time = young->time};
    (void)snprintf(request, sizeof request, "%s %s",
        event == EVENT_REPORT_LOSS ? "confirmed by" : "replaced by", young->card);
    if (event != EVENT_REPORT_LOSS) {
        order.sub_reason = lost ? 91 : 92;
        order.replaced_by = young->card;
    }
    return card_step(store, &order, why);
}

enum err card_end_replaced(const struct registry_store *store, int64_t application,
    const struct card_order *young, struct why *why) {
    struct card_record old;
    enum err err = store->card_of_replacement(store->self, application, &old, why);
    if (err == ERR_NOT_FOUND || (!err && old.life == LIFE_CANCELLED)) {
        return OK;
    }
    if (!err && old.life == LIFE_LOST_FOR_NOW) {
        err = end_step(store, &old, young, EVENT_REPORT_LOSS, why);
        old.life = LIFE_LOST;
    }
    enum card_event event = !err && old.life == LIFE_LOST ? EVENT_REPLACE : EVENT_CANCEL;
    assert(err || old.life != LIFE_SEALED); /* nobody orders in place of what was never had */
    return err ? err : end_step(store, &old, young, event, why);
}

/* --- the timer ---------------------------------------------------------------------------------------- */

/* The request's number is of the event and its day: a second run on the same day finds nothing due. */
static enum err timer_step(const struct registry_store *store, const struct card_record *card,
    const struct card_order *moment, struct card_timer *done, struct why *why) {
    char request[REQUEST_LEN + 1];
    struct card_receipt receipt;
    struct card_order order = *moment;
    bool lost = card->life == LIFE_LOST_FOR_NOW;
    uint32_t ended = lost ? card->loss_until : card->valid_until;
    (void)snprintf(request, sizeof request, "%s %u", lost ? "term" : "validity", (unsigned)ended);
    order.card = card->number;
    order.event = lost ? EVENT_TERM_OVER : EVENT_EXPIRE;
    order.request = request;
    enum err err = card_serve(store, &order, &receipt, why);
    done->lifted += !err && lost;
    done->expired += !err && !lost;
    return err;
}

enum err card_timer_run(const struct registry_store *store, uint32_t day, uint32_t time,
    struct card_timer *done, struct why *why) {
    struct card_record card = {.number = ""};
    const struct card_order moment = {.who = "system", .day = day, .time = time};
    enum err err = OK;
    *done = (struct card_timer){0};
    while (!err) {
        char after[CARD_NUMBER_LEN + 1];
        (void)memcpy(after, card.number, sizeof after);
        err = store->card_due(store->self, day, after, &card, why);
        if (err == ERR_NOT_FOUND) {
            return OK;
        }
        assert(err || strcmp(after, card.number) < 0);
        err = err ? err : timer_step(store, &card, &moment, done, why);
    }
    return err;
}

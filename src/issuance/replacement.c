#include "issuance/replacement.h"

#include <assert.h>
#include <inttypes.h>

#include "base/day.h"
#include "issuance/application.h"
#include "issuance/order_rule.h"

/* A renewal waits for the last days of the card; every other reason may come at any time. */
static enum err check_window(
    const struct replacement *r, const struct card_record *card, struct why *why) {
    int64_t days = 0;
    if (!r->renewal) {
        return OK;
    }
    if (card->life != LIFE_NORMAL) {
        return why_say(why, ERR_CONFLICT, "a card that is %s is replaced, not renewed",
            card_life_name(card->life));
    }
    enum err err = parameter_value(r->registry, PARAMETER_CARD_RENEWAL_DAYS, r->day, &days, why);
    uint32_t first = err ? 0 : day_plus(card->valid_until, -(int32_t)days);
    return !err && r->day < first ? why_say(why, ERR_CONFLICT,
               "it is valid until %u and may be renewed from %u on", card->valid_until, first)
                                  : err;
}

static struct card_order order_of(const struct replacement *r, enum card_event event) {
    return (struct card_order){.card = r->card,
        .event = event,
        .who = r->officer,
        .request = r->request,
        .day = r->day,
        .time = r->time};
}

/* An order that was carried out is answered before anything is made a second time. True when it
 * was, or when asking failed: then *err says how. */
static bool answered(const struct replacement *r, enum card_event event,
    struct card_receipt *receipt, enum err *err, struct why *why) {
    *err = r->registry->card_receipt(r->registry->self, r->card, r->request, receipt, why);
    if (*err == ERR_NOT_FOUND) {
        *err = OK;
        return false;
    }
    if (!*err && receipt->event != event) {
        *err = why_say(why, ERR_CONFLICT, "request %s was another: to %s it", r->request,
            card_event_name(receipt->event));
    }
    return true;
}

/* The application, then the card's step that names it. */
static enum err order_new(const struct replacement *r, const struct card_record *card,
    int64_t *application, struct card_receipt *receipt, struct why *why) {
    struct application a = {.person = card->person,
        .kind = card->life == LIFE_LOST ? APPLY_LOST : APPLY_EXCHANGE,
        .day = r->day};
    struct bytes point = bytes_text(r->point);
    if (point.len == 0 || point.len > POINT_MAX) {
        return why_say(
            why, ERR_INVALID, "a service point has a code of 1 to %d characters", POINT_MAX);
    }
    (void)memcpy(a.point, r->point, point.len + 1);
    struct card_order order = order_of(r, EVENT_ORDER);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, r->store, why);
    err = err ? err : order_holder_fits(r->registry, card->person, r->day, why);
    err = err ? err : application_make(r->store, &a, r->officer, why);
    if (!err && r->fees && !r->renewal) {
        err = fee_take_down(r->fees, r->registry, a.id, r->day, why);
    }
    order.application = a.id;
    err = err ? err : card_serve(r->registry, &order, receipt, why);
    *application = a.id;
    assert(err || a.id > 0);
    return err ? err : work_commit(&work, why);
}

enum err replacement_order(const struct replacement *r, int64_t *application,
    struct card_receipt *receipt, struct why *why) {
    struct card_record card;
    const struct card_step *step = NULL;
    enum err err = card_find(r->registry, r->card, &card, why);
    if (err) {
        return err;
    }
    if (answered(r, EVENT_ORDER, receipt, &err, why)) {
        *application = card.replacement;
        return err;
    }
    err = err ? err : officer_require(r->registry, r->officer, ROLE_POINT, why);
    err = err ? err : card_life_next(card.life, EVENT_ORDER, &step, why);
    if (!err && card.replacement != 0) {
        err = why_say(why, ERR_CONFLICT,
            "a replacement is ordered already (application %" PRId64 ")", card.replacement);
    }
    err = err ? err : check_window(r, &card, why);
    err = err ? err : order_new(r, &card, application, receipt, why);
    return err ? why_add(why, err, "replacement of card %s", r->card) : OK;
}

/* Its application still waits for a batch: a step of the same name takes one that is in work back
 * out of a cancelled batch, which is another thing. */
static enum err check_waiting(
    const struct replacement *r, const struct card_record *card, struct why *why) {
    struct application a;
    if (card->replacement == 0) {
        return why_say(why, ERR_CONFLICT, "no replacement of it is ordered");
    }
    enum err err = r->store->application_get(r->store->self, card->replacement, &a, why);
    return !err && a.state != APPLICATION_APPLIED
               ? why_say(why, ERR_CONFLICT, "application %" PRId64 " is %s; wait for the new card",
                   a.id, machine_state_en(&application_machine, (int)a.state))
               : err;
}

enum err replacement_withdraw(
    const struct replacement *r, struct card_receipt *receipt, struct why *why) {
    struct card_record card;
    enum err err = card_find(r->registry, r->card, &card, why);
    if (err || answered(r, EVENT_WITHDRAW, receipt, &err, why)) {
        return err;
    }
    struct card_order order = order_of(r, EVENT_WITHDRAW);
    WORK_SCOPE(work);
    err = err ? err : work_begin(&work, r->store, why);
    err = err ? err : check_waiting(r, &card, why);
    err = err || !r->fees ? err : fee_open_to_withdraw(r->fees, card.replacement, why);
    err = err ? err : card_serve(r->registry, &order, receipt, why);
    err = err ? err
              : application_step(r->store, card.replacement, APPLICATION_WITHDRAW, r->officer, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "replacement of card %s", r->card) : OK;
}

#include "registry/registry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/checkdigit.h"
#include "base/day.h"
#include "wire/blacklist.h"

_Static_assert((int)BLACKLIST_REASON_LAST == (int)LIST_REASON_LAST, "the list knows each reason");
_Static_assert((int)BLACKLIST_FACTOR_LEN == (int)CARD_FACTOR_LEN, "a factor is a factor");

/* --- the beginning ------------------------------------------------------------------------------ */

static const struct officer rehearsal_officers[] = {
#define OFFICER(...) {__VA_ARGS__},
#include "registry/officer.def"
};

/* What is there already stays, so that founding again never undoes what the city changed. */
static enum err found_parameters(const struct registry_store *store, struct why *why) {
    enum err err = OK;
    for (int i = 0; !err && i < PARAMETERS; i++) {
        const struct parameter_text *p = parameter_text((enum parameter)i);
        int64_t value = 0;
        err = store->parameter_get(store->self, p->name, PARAMETER_FIRST_DAY, &value, why);
        if (err == ERR_NOT_FOUND) {
            err = store->parameter_put(
                store->self, p->name, PARAMETER_FIRST_DAY, p->value, "system", why);
        }
    }
    return err;
}

/* Likewise: an officer who exists is left as they are. */
static enum err found_officers(const struct registry_store *store, struct why *why) {
    enum err err = OK;
    size_t count = sizeof rehearsal_officers / sizeof rehearsal_officers[0];
    for (size_t i = 0; !err && i < count; i++) {
        struct officer there;
        err = store->officer_by_code(store->self, rehearsal_officers[i].code, &there, why);
        if (err == ERR_NOT_FOUND) {
            err = store->officer_add(store->self, &rehearsal_officers[i], "system", why);
        }
    }
    return err;
}

enum err registry_found(const struct registry_store *store, bool rehearsal, struct why *why) {
    enum err err = found_parameters(store, why);
    return err || !rehearsal ? err : found_officers(store, why);
}

/* --- persons and officers ------------------------------------------------------------------------ */

/* A wrong number is told from an unknown one before the store is asked: the two need other
 * answers at the counter. */
enum err person_find(
    const struct registry_store *store, const char *number, struct person *out, struct why *why) {
    int64_t number17 = number17_of(bytes_text(number));
    assert(number17 >= 0);
    if (number17 == 0) {
        return why_say(why, ERR_INVALID,
            "%.24s is no citizen number: 15 digits, or 17 and the right check character; compare "
            "it with the identity card",
            number);
    }
    return store->person_by_number(store->self, number17, out, why);
}

enum err officer_require(
    const struct registry_store *store, const char *code, enum officer_role role, struct why *why) {
    struct officer officer;
    enum err err = store->officer_by_code(store->self, code, &officer, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(
            why, ERR_DENIED, "%.16s is no officer of this centre; name one who is", code);
    }
    if (!err && officer.role != role) {
        return why_say(why, ERR_DENIED, "%s has another role and may not do this", code);
    }
    return err;
}

/* --- cards ------------------------------------------------------------------------------------------ */

/* What a card must be before anybody keeps it. */
static enum err card_check(const struct card_record *card, struct why *why) {
    struct bytes number = bytes_text(card->number);
    if (number.len != CARD_NUMBER_LEN
        || organisation_check(bytes_of(card->number, CARD_NUMBER_LEN - 1)) != card->number[8]) {
        return why_say(
            why, ERR_INVALID, "%s is no card number: its check character is wrong", card->number);
    }
    if (strlen(card->identification) != CARD_IDENTIFICATION_LEN) {
        return why_say(why, ERR_INVALID, "card %s: the identification has %d characters",
            card->number, CARD_IDENTIFICATION_LEN);
    }
    if (!day_exists(card->issued) || !day_exists(card->valid_until)
        || card->valid_until < card->issued) {
        return why_say(why, ERR_INVALID, "card %s: valid from %u to %u", card->number, card->issued,
            card->valid_until);
    }
    return OK;
}

enum err card_add(const struct registry_store *store, const struct card_record *card,
    const char *who, struct why *why) {
    struct card_record sealed = *card;
    sealed.life = LIFE_SEALED;
    enum err err = card_check(card, why);
    assert(err || sealed.issued <= sealed.valid_until);
    err = err ? err : store->card_add(store->self, &sealed, who, why);
    return err ? why_add(why, err, "card %s", card->number) : OK;
}

enum err card_find(const struct registry_store *store, const char *number, struct card_record *out,
    struct why *why) {
    struct bytes text = bytes_text(number);
    if (text.len != CARD_NUMBER_LEN
        || organisation_check(bytes_of(number, CARD_NUMBER_LEN - 1)) != number[8]) {
        return why_say(why, ERR_INVALID,
            "%.24s is no card number: its check character is wrong; compare it with the card",
            number);
    }
    enum err err = store->card_by_number(store->self, number, out, why);
    return err ? why_add(why, err, "card %s", number) : OK;
}

/* A loss is lifted while nothing was ordered for it: the replacement kills the old card. */
static enum err guard_lift(const struct card_record *card, struct why *why) {
    if (card->life == LIFE_LOST && card->replaced_by[0] != '\0') {
        return why_say(
            why, ERR_CONFLICT, "its replacement %s is ordered; use that one", card->replaced_by);
    }
    return card->life == LIFE_LOST && card->replacement != 0 ? why_say(why, ERR_CONFLICT,
               "a replacement is ordered (application %lld); withdraw that first, or wait "
               "for the new card",
               (long long)card->replacement)
                                                             : OK;
}

/* One replacement at a time; only what was ordered can be withdrawn. */
static enum err guard_order(
    const struct card_record *card, const struct card_order *order, struct why *why) {
    if (order->event == EVENT_ORDER && card->replacement != 0) {
        return why_say(why, ERR_CONFLICT, "a replacement is ordered already (application %lld)",
            (long long)card->replacement);
    }
    if (order->event == EVENT_ORDER && order->application <= 0) {
        return why_say(why, ERR_INVALID, "a replacement is ordered by its application");
    }
    return order->event == EVENT_WITHDRAW && card->replacement == 0
               ? why_say(why, ERR_CONFLICT, "no replacement of it is ordered")
               : OK;
}

/* The old card ends only when the holder has a new one that works. [system.md 4.0.1 T9] */
static enum err guard_replace(const struct registry_store *store, const struct card_record *card,
    const struct card_order *order, struct why *why) {
    struct card_record young;
    if (!order->replaced_by) {
        return why_say(why, ERR_INVALID, "a card is replaced by another one; name that card");
    }
    enum err err = store->card_by_number(store->self, order->replaced_by, &young, why);
    if (!err && (young.person != card->person || young.life != LIFE_NORMAL)) {
        err = why_say(why, ERR_CONFLICT,
            "%s is not a card of the same holder that is in use; hand that over first",
            order->replaced_by);
    }
    return err ? why_add(why, err, "replaced by %s", order->replaced_by) : OK;
}

/* So many unlocks and no more; then the card is for ever locked. [system.md 4.0.1 T11] */
static enum err guard_unlock(
    const struct registry_store *store, const struct card_order *order, struct why *why) {
    int64_t most = 0;
    int64_t made = 0;
    enum err err = parameter_value(store, PARAMETER_PIN_UNLOCKS, order->day, &most, why);
    err = err ? err : store->card_event_count(store->self, order->card, EVENT_UNLOCK, &made, why);
    assert(err || made >= 0);
    return !err && made >= most ? why_say(why, ERR_CONFLICT,
               "it was unlocked %lld times, which is all; cancel it and order another",
               (long long)made)
                                : err;
}

/* What the registry itself can see against a step. The other guards of card_life.def need people or
 * chips, and whoever orders the step has looked. */
static enum err guard(const struct registry_store *store, const struct card_record *card,
    const struct card_order *order, struct why *why) {
    switch (order->event) {
    case EVENT_LIFT:
        return guard_lift(card, why);
    case EVENT_ORDER:
    case EVENT_WITHDRAW:
        return guard_order(card, order, why);
    case EVENT_REPLACE:
        return guard_replace(store, card, order, why);
    case EVENT_UNLOCK:
        return guard_unlock(store, order, why);
    case EVENT_TERM_OVER:
        return order->day > card->loss_until
                   ? OK
                   : why_say(why, ERR_CONFLICT, "its loss report holds until %u", card->loss_until);
    case EVENT_EXPIRE:
        return order->day > card->valid_until
                   ? OK
                   : why_say(why, ERR_CONFLICT, "it is valid until %u", card->valid_until);
    case EVENT_HAND_OVER:
    case EVENT_SPOIL:
    case EVENT_REPORT_LOSS_FOR_NOW:
    case EVENT_REPORT_LOSS:
    case EVENT_LOCK:
    case EVENT_CANCEL:
    case CARD_EVENTS:
    default:
        return OK;
    }
}

/* Looked up before the card's state is: an order that was carried out has moved the card, and
 * would be refused as impossible now. True when it was; then *err says whether it was this very
 * one. */
static bool answered(const struct registry_store *store, const struct card_order *order,
    enum err *err, struct why *why) {
    enum card_event event = CARD_EVENTS;
    *err = store->card_request(store->self, order->card, order->request, &event, why);
    if (*err == ERR_NOT_FOUND) {
        *err = OK;
        return false;
    }
    if (!*err && event != order->event) {
        *err = why_say(why, ERR_CONFLICT, "request %s was another: to %s it", order->request,
            card_event_name(event));
    }
    return true;
}

/* The last day of a loss report that begins now; what the card says already when a replacement is
 * ordered or withdrawn meanwhile; 0 for every other event. */
static enum err loss_term(const struct registry_store *store, const struct card_record *card,
    const struct card_order *order, uint32_t *loss_until, struct why *why) {
    int64_t days = 0;
    assert(day_exists(order->day)); /* order_check() came before */
    *loss_until = order->event == EVENT_WITHDRAW ? card->loss_until : 0;
    if (order->event != EVENT_REPORT_LOSS_FOR_NOW) {
        return OK;
    }
    enum err err = parameter_value(store, PARAMETER_LOSS_DAYS, order->day, &days, why);
    *loss_until = err ? 0 : day_plus(order->day, (int32_t)days);
    return err;
}

/* Checks everything and then lets the store change everything. */
static enum err card_step_once(
    const struct registry_store *store, const struct card_order *order, struct why *why) {
    struct card_record card;
    struct card_change change = {.order = order, .factor = card.factor};
    enum err err = store->card_by_number(store->self, order->card, &card, why);
    err = err ? err : card_life_next(card.life, order->event, &change.step, why);
    err = err ? err : guard(store, &card, order, why);
    err = err ? err : loss_term(store, &card, order, &change.loss_until, why);
    if (err) {
        return err;
    }
    assert(change.step->from == card.life);
    change.replacement = order->event == EVENT_ORDER      ? order->application
                         : order->event == EVENT_WITHDRAW ? 0
                                                          : card.replacement;
    change.replaced_by = order->replaced_by ? order->replaced_by : card.replaced_by;
    change.reason = order->reason ? order->reason : change.step->reason;
    assert(change.step->effect != EFFECT_ADD || change.reason != 0); /* life 2 */
    return store->card_change(store->self, &change, why);
}

/* What can be wrong with an order whatever card it names. */
static enum err order_check(const struct card_order *order, struct why *why) {
    size_t request_len = strlen(order->request);
    if (request_len == 0 || request_len > REQUEST_LEN) {
        return why_say(
            why, ERR_INVALID, "a request needs a number of 1 to %d characters", REQUEST_LEN);
    }
    if (!day_exists(order->day) || order->time > 235959) {
        return why_say(why, ERR_INVALID, "no such moment: %u %06u", order->day, order->time);
    }
    bool listed = order->reason >= 0 && order->reason <= LIST_REASON_LAST;
    bool sub = order->sub_reason == 0 || (order->sub_reason >= 91 && order->sub_reason <= 98);
    return listed && sub ? OK : why_say(why, ERR_INVALID, "no such reason");
}

enum err card_step(
    const struct registry_store *store, const struct card_order *order, struct why *why) {
    enum err err = order_check(order, why);
    if (!err && !answered(store, order, &err, why) && !err) {
        err = card_step_once(store, order, why);
    }
    return err ? why_add(why, err, "card %s", order->card) : OK;
}

/* --- parameters ---------------------------------------------------------------------------------- */

enum err parameter_value(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t *value, struct why *why) {
    const struct parameter_text *p = parameter_text(which);
    enum err err = store->parameter_get(store->self, p->name, day, value, why);
    if (err == ERR_NOT_FOUND) {
        *value = p->value; /* a day before the first, or a parameter younger than the centre */
        return OK;
    }
    return err;
}

/* The limits keep a slip of the finger out; whether a value is wise is the city's to say. */
enum err parameter_change(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t value, const char *who, struct why *why) {
    const struct parameter_text *p = parameter_text(which);
    if (value < p->least || value > p->most) {
        return why_say(why, ERR_INVALID, "%s is %lld to %lld, not %lld", p->name,
            (long long)p->least, (long long)p->most, (long long)value);
    }
    if (!day_exists(day)) {
        return why_say(why, ERR_INVALID, "%s: %u is no day", p->name, day);
    }
    return store->parameter_put(store->self, p->name, day, value, who, why);
}

/* --- the blacklist --------------------------------------------------------------------------------- */

/* In the order of the factors, for terminals search the list by halves. */
static void put_listed(void *cookie, const struct listed_card *card) {
    assert(card->reason >= LIST_LOSS && card->reason <= LIST_REASON_LAST);
    blacklist_put(cookie, card->factor, (uint8_t)card->reason);
}

/* Room is asked for before anything is written: half a list must never look like one. */
enum err registry_blacklist(const struct registry_store *store, uint32_t day, uint32_t time,
    struct builder *list, struct why *why) {
    struct blacklist head = {.day = day, .time = time};
    enum err err = store->blacklist_head(store->self, day, time, &head.version, &head.count, why);
    if (!err && blacklist_room(head.count) > list->room) {
        err = why_say(why, ERR_INVALID, "%u cards need %zu bytes, not %zu", head.count,
            blacklist_room(head.count), list->room);
    }
    if (!err) {
        blacklist_begin(list, &head);
        const struct list_walk walk = {
            .day = day, .time = time, .cookie = list, .card = put_listed};
        err = store->blacklist_walk(store->self, &walk, why);
    }
    if (!err) {
        blacklist_seal(list);
        err = list->overflowed ? why_say(why, ERR_INVALID, "no list of %u %06u", day, time) : OK;
    }
    return err ? why_add(why, err, "blacklist") : OK;
}

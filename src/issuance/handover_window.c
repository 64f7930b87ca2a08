#include "issuance/handover_window.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "issuance/box.h"
#include "issuance/stock.h"
#include "registry/applicant.h"

enum err taker_check(const struct taker *taker, const char *who, struct why *why) {
    const char *missing = taker->name[0] == '\0'     ? "a name"
                          : taker->number[0] == '\0' ? "the number of an identity document"
                          : taker->phone[0] == '\0'  ? "a telephone number"
                                                     : NULL;
    return missing ? why_say(why, ERR_INVALID, "%s needs %s", who, missing) : OK;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* [system.md 4.3: types 2 to 4 need agent data; under 16 the guardian acts] */
static enum err check_taker(
    const struct handover *h, const struct card_record *card, struct why *why) {
    struct person holder;
    enum err err = h->registry->person_by_id(h->registry->self, card->person, &holder, why);
    if (err) {
        return err;
    }
    bool young = person_is_child(&holder, h->day);
    if (young && !(h->kind == TO_AGENT && h->guardian)) {
        return why_say(why, ERR_DENIED,
            "the holder is under %d; only a guardian can take the card, with both documents",
            (int)AGE_OF_ONE_S_OWN);
    }
    if (h->kind != TO_AGENT) {
        return OK;
    }
    return h->agent ? taker_check(h->agent, "the agent", why)
                    : why_say(why, ERR_INVALID, "an agent has to be named");
}

/* Box 2: nothing leaves a box that is not stored. */
static enum err check_box(const struct handover *h, struct why *why) {
    struct box_card place;
    struct box box;
    enum err err = h->points->card_place(h->points->self, h->card_number, &place, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    err = h->points->box_get(h->points->self, place.box, &box, why);
    return !err && box.state != BOX_STORED ? why_say(why, ERR_CONFLICT, "its box is %s (%s)",
               machine_state_en(&box_machine, (int)box.state),
               machine_state_zh(&box_machine, (int)box.state))
                                           : err;
}

/* What comes out of looking for a row that need not be there. */
static enum err none_is_good(enum err err) {
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The temporary card comes back when the real one is enabled. [system.md 4.3.4] */
static enum err check_temporary(
    const struct handover *h, const struct card_record *card, struct why *why) {
    struct temporary_card temporary;
    enum err err = h->window->temporary_of(h->window->self, card->person, &temporary, why);
    if (!err && h->temporary != TEMPORARY_RETURNED && h->temporary != TEMPORARY_LOST) {
        return why_say(why, ERR_CONFLICT,
            "the holder has temporary card %lld; take it back, or say that it is lost",
            (long long)temporary.id);
    }
    return none_is_good(err);
}

static enum err check_wrong(const struct handover *h, struct why *why) {
    struct wrong_card wrong;
    enum err err = h->window->wrong_get(h->window->self, h->card_number, &wrong, why);
    return err == OK
               ? why_say(why, ERR_CONFLICT, "its data are wrong (%.100s); take it back", wrong.what)
               : none_is_good(err);
}

enum err handover_look(
    const struct handover *h, const struct card_record *card, bool *out, struct why *why) {
    struct handover_receipt receipt;
    *out = false;
    if (!h->window) {
        return OK;
    }
    assert(h->points);
    enum err err = h->window->receipt_get(h->window->self, h->card_number, &receipt, why);
    *out = err == OK;
    if (err == OK && receipt.enabled) {
        return why_say(
            why, ERR_CONFLICT, "it was collected on %u at %s", receipt.enabled, receipt.point);
    }
    err = none_is_good(err);
    err = err ? err : check_taker(h, card, why);
    err = err ? err : check_wrong(h, why);
    err = err ? err : check_box(h, why);
    return err ? err : check_temporary(h, card, why);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Both are found as they were looked at, or the transaction around takes all back. */
static enum err end_temporary(
    const struct handover *h, const struct card_record *card, struct why *why) {
    struct temporary_card temporary;
    enum err err = h->window->temporary_of(h->window->self, card->person, &temporary, why);
    return err ? none_is_good(err)
               : h->window->temporary_move(
                   h->window->self, &temporary, h->temporary, temporary.until, h->day, why);
}

static enum err add_receipt(const struct handover *h, const char *point, struct why *why) {
    struct handover_receipt receipt = {
        .kind = h->kind, .day = h->day, .time = h->time, .enabled = h->day};
    if (h->kind == TO_AGENT) {
        receipt.taker = *h->agent;
    }
    (void)snprintf(receipt.point, sizeof receipt.point, "%s", point);
    enum err err = stock_word(
        receipt.card, sizeof receipt.card, h->card_number, "a card's number", why);
    err = err ? err
              : stock_word(
                  receipt.officer, sizeof receipt.officer, h->officer, "an officer's code", why);
    return err ? err : h->window->receipt_add(h->window->self, &receipt, why);
}

enum err handover_write(
    const struct handover *h, const struct card_record *card, bool out, struct why *why) {
    const struct point_desk desk = {.store = h->points,
        .registry = h->registry,
        .officer = h->officer,
        .day = h->day,
        .time = h->time};
    char point[POINT_MAX + 1] = "";
    if (!h->window) {
        return OK;
    }
    enum err err = end_temporary(h, card, why);
    if (!err && out) {
        return h->window->receipt_enabled(h->window->self, h->card_number, h->day, why);
    }
    err = err ? err : box_take_out(&desk, h->card_number, ENTRY_HANDED, point, why);
    return err ? err : add_receipt(h, point, why);
}

#include "issuance/handover_package.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/working_day.h"
#include "issuance/batch.h"
#include "issuance/handover_window.h"
#include "issuance/stock.h"

enum { SIGN_LIST_WORKDAYS = 5, NUMBER_ROOM = 24 };

/* --- opening ---------------------------------------------------------------------------------- */

static enum err check_parcel(const struct package *p, struct why *why) {
    enum err err = taker_check(&p->first, "the receiver of a parcel", why);
    if (!err && p->first.address[0] == '\0') {
        err = why_say(
            why, ERR_INVALID, "a parcel needs an address, from the province down to the county");
    }
    return err;
}

/* Two people who are not the same. [system.md 4.3: two handlers with letter and ID] */
static enum err check_handlers(const struct package *p, struct why *why) {
    enum err err = taker_check(&p->first, "the first handler", why);
    err = err ? err : taker_check(&p->second, "the second handler", why);
    if (!err && strcmp(p->first.number, p->second.number) == 0) {
        err = why_say(why, ERR_INVALID, "a unit sends two handlers; both have one number");
    }
    return err;
}

static enum err check_package(const struct package *p, struct why *why) {
    if (p->kind != TO_UNIT && p->kind != TO_COMMUNITY && p->kind != BY_POST) {
        return why_say(
            why, ERR_INVALID, "a package goes to a unit (3), a community (4) or by post (5)");
    }
    if (p->point[0] == '\0' || p->letter[0] == '\0' || (p->kind != BY_POST && !p->unit[0])) {
        return why_say(why, ERR_INVALID,
            "a package needs its point, and the number of the unit's letter or of the parcel's "
            "form; a unit or community its code");
    }
    return p->kind == BY_POST ? check_parcel(p, why) : check_handlers(p, why);
}

enum err package_open(const struct window_desk *desk, struct package *package, struct why *why) {
    char number[NUMBER_ROOM];
    enum err err = window_officer(desk, why);
    err = err ? err : check_package(package, why);
    err = err ? err
              : stock_word(package->officer, sizeof package->officer, desk->at.officer,
                  "an officer's code", why);
    if (err) {
        return err;
    }
    package->day = desk->at.day;
    package->due = day_plus_working(desk->at.day, SIGN_LIST_WORKDAYS);
    package->back = 0;
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->package_add(desk->store->self, package, why);
    (void)snprintf(number, sizeof number, "%" PRId64, err ? 0 : package->id);
    err = err ? err : window_note(desk, "open package", "package", number, why);
    return err ? err : work_commit(&work, why);
}

/* --- cards into it ---------------------------------------------------------------------------- */

/* A card of the list of wrong ones goes to nobody. */
static enum err check_right(const struct window_desk *desk, const char *card, struct why *why) {
    struct wrong_card wrong;
    enum err err = desk->store->wrong_get(desk->store->self, card, &wrong, why);
    return err == OK
               ? why_say(why, ERR_CONFLICT, "its data are wrong (%.100s); take it back", wrong.what)
           : err == ERR_NOT_FOUND ? OK
                                  : err;
}

/* Out of its box, its line handed out; the application waits until it is enabled. */
static enum err take_card(const struct window_desk *desk, const struct package *p,
    const char *card_number, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    const struct line_result out = {.event = LINE_HAND_OUT};
    struct handover_receipt receipt = {.kind = p->kind,
        .package = p->id,
        .taker = p->first,
        .day = desk->at.day,
        .time = desk->at.time};
    struct batch_line line;
    enum err err = check_right(desk, card_number, why);
    err = err ? err : issuance->line_of_card(issuance->self, card_number, &line, why);
    err = err ? err : batch_line_step(issuance, line.batch, line.seq, &out, why);
    err = err ? err : box_take_out(&desk->at, card_number, ENTRY_HANDED, receipt.point, why);
    if (!err && receipt.point[0] && strcmp(receipt.point, p->point) != 0) {
        err = why_say(
            why, ERR_CONFLICT, "it lies at %s, the package leaves %s", receipt.point, p->point);
    }
    (void)memcpy(receipt.point, p->point, sizeof receipt.point);
    err = err ? err
              : stock_word(receipt.card, sizeof receipt.card, card_number, "a card's number", why);
    err = err ? err
              : stock_word(receipt.officer, sizeof receipt.officer, desk->at.officer,
                  "an officer's code", why);
    err = err ? err : desk->store->receipt_add(desk->store->self, &receipt, why);
    return err ? err : desk->store->package_moved(desk->store->self, p->id, 1, 0, why);
}

/* Nobody gets a card twice: what was collected is counted, not refused. */
static enum err take_or_count(const struct window_desk *desk, const struct package *p,
    const char *card_number, struct package_result *result, struct why *why) {
    struct handover_receipt receipt;
    enum err err = desk->store->receipt_get(desk->store->self, card_number, &receipt, why);
    if (err == OK) {
        result->before++;
        return OK;
    }
    err = err == ERR_NOT_FOUND ? take_card(desk, p, card_number, why) : err;
    result->handed += err ? 0 : 1;
    return err ? why_add(why, err, "card %s", card_number) : OK;
}

/* The package, which is still out. */
static enum err open_package(
    const struct window_desk *desk, int64_t id, struct package *p, struct why *why) {
    enum err err = window_officer(desk, why);
    err = err ? err : desk->store->package_get(desk->store->self, id, p, why);
    return !err && p->back
               ? why_say(why, ERR_CONFLICT, "package %" PRId64 " ended on %" PRIu32, id, p->back)
               : err;
}

enum err package_take(const struct window_desk *desk, int64_t package, const char *card_number,
    struct package_result *result, struct why *why) {
    struct package p;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : open_package(desk, package, &p, why);
    err = err ? err : take_or_count(desk, &p, card_number, result, why);
    err = err ? err : window_note(desk, "hand out in a package", "card", card_number, why);
    return err ? err : work_commit(&work, why);
}

/* What is taken out is not found again, so the walk goes on behind it. */
static enum err take_all(const struct window_desk *desk, const struct package *p,
    struct package_result *result, struct why *why) {
    const struct point_store *points = desk->at.store;
    struct box_card card = {.position = 0};
    enum err err = OK;
    while (!err
           && (err = points->card_of_unit(points->self, p->point, p->unit, card.card, &card, why))
                  == OK) {
        err = take_or_count(desk, p, card.card, result, why);
        err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* no end of the list */
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err package_take_unit(const struct window_desk *desk, int64_t package,
    struct package_result *result, struct why *why) {
    struct package p;
    char number[NUMBER_ROOM];
    (void)snprintf(number, sizeof number, "%" PRId64, package);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : open_package(desk, package, &p, why);
    err = err ? err : take_all(desk, &p, result, why);
    err = err ? err : window_note(desk, "fill package", "package", number, why);
    return err ? err : work_commit(&work, why);
}

/* --- and back --------------------------------------------------------------------------------- */

static enum err bring_back(const struct window_desk *desk, const struct handover_receipt *receipt,
    int32_t box_cards, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    const struct line_result back = {.event = LINE_BACK, .reason = "came back in its package"};
    struct batch_line line;
    enum err err = issuance->line_of_card(issuance->self, receipt->card, &line, why);
    err = err ? err : batch_line_step(issuance, line.batch, line.seq, &back, why);
    err = err ? err : desk->store->receipt_remove(desk->store->self, receipt->card, why);
    err = err ? err : desk->store->package_moved(desk->store->self, receipt->package, 0, 1, why);
    return err ? err : box_put_back(&desk->at, receipt->card, receipt->point, box_cards, why);
}

enum err package_card_back(
    const struct window_desk *desk, const char *card_number, int32_t box_cards, struct why *why) {
    struct handover_receipt receipt;
    WORK_SCOPE(work);
    enum err err = window_officer(desk, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->receipt_get(desk->store->self, card_number, &receipt, why);
    if (!err && (receipt.package == 0 || receipt.enabled)) {
        err = why_say(why, ERR_CONFLICT, "it %s",
            receipt.enabled ? "is enabled: its holder has it" : "left in no package");
    }
    err = err ? err : bring_back(desk, &receipt, box_cards, why);
    err = err ? err : window_note(desk, "take back from a package", "card", card_number, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "card %s", card_number) : OK;
}

enum err package_list_back(
    const struct window_desk *desk, int64_t package, int64_t *open, struct why *why) {
    struct package_count count = {.cards = 0};
    struct package p;
    char number[NUMBER_ROOM];
    (void)snprintf(number, sizeof number, "%" PRId64, package);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : open_package(desk, package, &p, why);
    err = err ? err : desk->store->package_back(desk->store->self, package, desk->at.day, why);
    err = err ? err : desk->store->package_counts(desk->store->self, package, &count, why);
    err = err ? err : window_note(desk, "take sign-list", "package", number, why);
    err = err ? err : work_commit(&work, why);
    *open = count.cards - count.returned - count.enabled;
    assert(err || *open >= 0);
    return err;
}

/* The step in which the service point does what the day has left: a unit's list comes back, lost cards are found, made
 * again or made at once, wrong ones are taken back, the holders of those that wait are reminded, somebody has died.
 * [system.md 4.0.1, 4.2.5, 4.3, 4.4] */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "host/files.h"
#include "host/gb18030.h"
#include "issuance/application.h"
#include "issuance/handover_package.h"
#include "issuance/point_day.h"
#include "issuance/replacement.h"
#include "issuance/stock.h"
#include "issuance/temporary.h"
#include "issuance/unclaimed.h"
#include "registry/feed.h"
#include "rehearsal/instant_card.h"

enum { TAKEN_AS_WRONG = 98, DEAD = 2, REQUEST_ROOM = REQUEST_LEN + 1 };

/* --- the unit's list ------------------------------------------------------------------------------ */

/* What found no holder comes back into a box. */
static enum err bring_back(struct pilot *p, const struct window_desk *desk,
    const struct package *package, struct why *why) {
    struct handover_receipt receipt = {.card = ""};
    int64_t box_cards = 0, open = 0;
    enum err err = parameter_value(
        p->parts->registry, PARAMETER_BOX_CARDS, desk->at.day, &box_cards, why);
    while (!err
           && (err = desk->store->receipt_open(
                   desk->store->self, package->id, receipt.card, &receipt, why))
                  == OK) {
        err = package_card_back(desk, receipt.card, (int32_t)box_cards, why);
        err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* no end of the list */
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    return err || package->back ? err : package_list_back(desk, package->id, &open, why);
}

static enum err packages_back(struct pilot *p, struct why *why) {
    const struct window_desk desk = window_desk_of(p, POINT_CLOSES);
    struct package package = {.id = 0};
    struct package_count count;
    enum err err = OK;
    p->figures->issued[ISSUED_TAKEN_BACK] = 0;
    while (!err
           && (err = desk.store->package_after(
                   desk.store->self, PILOT_SERVICE_POINT, package.id, &package, why))
                  == OK) {
        err = bring_back(p, &desk, &package, why);
        err = err ? err : desk.store->package_counts(desk.store->self, package.id, &count, why);
        p->figures->issued[ISSUED_TAKEN_BACK] += err ? 0 : (uint64_t)count.returned;
        err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- lost cards ----------------------------------------------------------------------------------- */

/* One step of a card's life, under a number of its own. */
static enum err serve(struct pilot *p, const char *card, enum card_event event, struct why *why) {
    char request[REQUEST_ROOM];
    struct card_receipt receipt;
    (void)snprintf(request, sizeof request, "pilot %s", card_event_name(event));
    const struct card_order order = {.card = card,
        .event = event,
        .who = PILOT_POINT,
        .request = request,
        .day = p->order->date,
        .time = POINT_CLOSES};
    return card_serve(p->parts->registry, &order, &receipt, why);
}

static enum err lost_lifted(struct pilot *p, const struct card_record *card, struct why *why) {
    enum err err = serve(p, card->number, EVENT_LIFT, why);
    p->figures->issued[ISSUED_COUNTER_LIFTED] += err ? 0 : 1;
    return err;
}

static enum err lost_for_good(struct pilot *p, const struct card_record *card, struct why *why) {
    enum err err = serve(p, card->number, EVENT_REPORT_LOSS, why);
    p->figures->issued[ISSUED_COUNTER_FORMAL] += err ? 0 : 1;
    return err;
}

/* The order passes its audit and waits for the next batch; a paper stands in until then. */
static enum err lost_replaced(struct pilot *p, const struct card_record *card, struct why *why) {
    const struct window_desk desk = window_desk_of(p, POINT_CLOSES);
    const struct issuance_store *issuance = p->parts->issuance;
    const struct replacement order = {.store = issuance,
        .registry = p->parts->registry,
        .card = card->number,
        .point = PILOT_SERVICE_POINT,
        .officer = PILOT_POINT,
        .request = "pilot replacement",
        .day = p->order->date,
        .time = POINT_CLOSES};
    struct card_receipt receipt;
    struct temporary_card paper;
    struct application a;
    int64_t application = 0;
    enum err err = lost_for_good(p, card, why);
    err = err ? err : replacement_order(&order, &application, &receipt, why);
    err = err ? err : issuance->application_get(issuance->self, application, &a, why);
    if (!err && a.audit == AUDIT_OPEN) {
        err = application_answer(issuance, a.id, AUDIT_PASSED, PILOT_APPROVER, why);
    }
    p->figures->issued[ISSUED_COUNTER_ORDERED] += err ? 0 : 1;
    err = err ? err : desk.store->temporary_of(desk.store->self, card->person, &paper, why);
    if (err == ERR_NOT_FOUND) {
        err = temporary_issue(
            &desk, card->person, p->order->region, PILOT_SERVICE_POINT, &paper, why);
    }
    p->figures->issued[ISSUED_COUNTER_TEMPORARY] += err ? 0 : 1;
    return err;
}

static enum err lost_at_once(struct pilot *p, const struct card_record *card, struct why *why) {
    enum err err = lost_for_good(p, card, why);
    err = err ? err : instant_card(p, card, 1, true, why);
    p->figures->issued[ISSUED_COUNTER_INSTANT] += err ? 0 : 1;
    return err;
}

static enum err lost_and_nobody_came(
    struct pilot *p, const struct card_record *card, struct why *why) {
    enum err err = lost_for_good(p, card, why);
    err = err ? err : instant_card(p, card, 2, false, why);
    p->figures->issued[ISSUED_COUNTER_RECYCLED] += err ? 0 : 1;
    return err;
}

/* The holder goes on looking for it. */
static enum err lost_for_now(struct pilot *p, const struct card_record *card, struct why *why) {
    (void)p;
    (void)card;
    (void)why;
    return OK;
}

/* What becomes of the first lost cards of the day, in the order in which they were reported; the rest stay lost for
 * now like the first. */
static enum err lost_cards(struct pilot *p, struct why *why) {
    static enum err (*const fates[])(struct pilot *, const struct card_record *, struct why *) = {
        lost_for_now, lost_at_once, lost_replaced, lost_lifted, lost_and_nobody_came};
    enum { FATES = sizeof fates / sizeof fates[0] };
    const struct registry_store *registry = p->parts->registry;
    size_t lost = 0;
    enum err err = OK;
    for (size_t i = 0; !err && i < p->plan.count && lost < FATES; i++) {
        const struct deed *deed = &p->plan.deeds[i];
        if (deed->kind == DEED_LOSE) {
            const struct pilot_card *card = pilot_card_of(p, deed->person);
            struct card_record record;
            assert(card);
            err = registry->card_by_number(registry->self, card->number, &record, why);
            err = err ? err : fates[lost](p, &record, why);
            err = err ? why_add(why, err, "lost card %s", card->number) : OK;
            lost++;
        }
    }
    return err;
}

/* --- cards that nobody fetched -------------------------------------------------------------------- */

/* One of them has wrong data: it goes on the list, and is taken back by two. */
static enum err wrong_back(struct pilot *p, const struct pilot_card *card, struct why *why) {
    const struct window_desk desk = window_desk_of(p, POINT_CLOSES);
    const struct taking_back back = {.store = p->parts->issuance,
        .registry = p->parts->registry,
        .points = p->parts->points,
        .window = p->parts->window,
        .officer = PILOT_POINT,
        .second = PILOT_APPROVER,
        .day = desk.at.day,
        .time = desk.at.time};
    struct card_record record;
    struct wrong_card wrong;
    const struct registry_store *registry = p->parts->registry;
    enum err err = registry->card_by_number(registry->self, card->number, &record, why);
    if (!err && record.life == LIFE_SEALED) {
        err = desk.store->wrong_get(desk.store->self, card->number, &wrong, why);
        err = err == ERR_NOT_FOUND ? wrong_report(&desk, card->number, "nationality group", why)
                                   : err;
        err = err ? err : card_take_back(&back, card->number, TAKEN_AS_WRONG, why);
    }
    p->figures->issued[ISSUED_COUNTER_WRONG] = err ? 0 : 1;
    return err;
}

/* Of those whom the plan never lets come: the one whose card's number comes first. */
static enum err wrong_card_back(struct pilot *p, struct why *why) {
    const struct pilot_card *first = NULL;
    for (size_t i = 0; i < p->card_count; i++) {
        const struct pilot_card *card = &p->cards[i];
        if (!packages_collects(p, card->person)
            && (!first || strcmp(card->number, first->number) < 0)) {
            first = card;
        }
    }
    return first ? wrong_back(p, first, why) : OK;
}

/* The list of a later day is made, and each stage that is due is noted: once, however often it is made. */
static enum err remind(struct pilot *p, struct why *why) {
    struct window_desk desk = window_desk_of(p, POINT_CLOSES);
    struct unclaimed_card card = {.place = {.box = 0}};
    int64_t days = 0;
    uint64_t *reminded = &p->figures->issued[ISSUED_COUNTER_REMINDED];
    enum err err = parameter_value(
        p->parts->registry, PARAMETER_REMIND_FIRST_DAYS, desk.at.day, &days, why);
    desk.at.day = day_plus(desk.at.day, (int32_t)days);
    *reminded = 0;
    while (
        !err
        && (err = unclaimed_next(&desk, PILOT_SERVICE_POINT, card.place.card, &card, why)) == OK) {
        if (card.noted < card.stage) {
            err = unclaimed_note(&desk, card.place.card, why);
        }
        *reminded += err ? 0 : 1;
        err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- a death -------------------------------------------------------------------------------------- */

/* The oldest of those who took their cards and did not lose them. */
static enum err oldest(struct pilot *p, struct person *out, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct person person;
    enum err err = OK;
    out->id = 0;
    for (size_t i = 0; !err && i < p->plan.count; i++) {
        const struct deed *deed = &p->plan.deeds[i];
        bool last = deed->kind
                    == DEED_LOAD; /* a card that was loaded that day was not lost before */
        err = last ? registry->person_by_id(registry->self, (int64_t)deed->person, &person, why)
                   : OK;
        if (!err && last
            && (out->id == 0 || person.birth < out->birth
                || (person.birth == out->birth && strcmp(person.number, out->number) < 0))) {
            *out = person;
        }
    }
    return err;
}

/* The police's file of the day, as it comes: GB 18030. */
static enum err write_feed(
    struct pilot *p, const struct person *dead, char path[FIGURES_PATH_ROOM], struct why *why) {
    char text[256], folder[FIGURES_PATH_ROOM], name[32];
    uint8_t room[512];
    struct builder gb = builder_in(room, sizeof room);
    size_t bad = 0;
    (void)snprintf(text, sizeof text, "AAC002,AAC003,life,died\n%s,%s,%d,%" PRIu32 "\n",
        dead->number, dead->name, DEAD, p->order->date);
    if (!utf8_to_gb18030(bytes_text(text), &gb, &bad)) {
        return why_say(why, ERR_INVALID, "a name has no form in GB 18030");
    }
    (void)snprintf(name, sizeof name, "police-%" PRIu32 ".csv", p->order->date);
    enum err err = pilot_path(p, "feeds", "", folder, why);
    err = err ? err : files_make_folder(folder, why);
    err = err ? err : pilot_path(p, "feeds", name, path, why);
    return err ? err : files_write(path, builder_bytes(&gb), why);
}

static enum err count_death(struct pilot *p, const struct person *dead, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct person_status status = {.life = 0};
    struct card_record card = {.life = LIFE_SEALED};
    enum err err = p->parts->persons->status_get(p->parts->persons->self, dead->id, &status, why);
    err = err ? err : registry->card_of_person(registry->self, dead->id, &card, why);
    p->figures->issued[ISSUED_COUNTER_DEATHS] = !err && status.life == DEAD ? 1 : 0;
    p->figures->issued[ISSUED_COUNTER_LOCKED] = !err && card.life == LIFE_LOCKED ? 1 : 0;
    return err;
}

/* The same file again is taken again, and changes nothing. */
static enum err death(struct pilot *p, struct why *why) {
    const struct person_desk desk = {p->parts->registry, p->parts->persons};
    char path[FIGURES_PATH_ROOM];
    struct person dead = {.id = 0};
    struct feed_result result;
    struct feed_order order = {.path = path,
        .owner = OWNER_POLICE,
        .who = PILOT_MAKER,
        .second = PILOT_APPROVER,
        .day = p->order->date,
        .time = POINT_CLOSES};
    enum err err = oldest(p, &dead, why);
    if (err || dead.id == 0) {
        return err;
    }
    err = write_feed(p, &dead, path, why);
    err = err ? err : person_feed(&desk, &order, &result, why);
    return err ? err : count_death(p, &dead, why);
}

/* --- what it comes to ----------------------------------------------------------------------------- */

/* The point's cards and blanks, each against its own ledger. */
static enum err balance(struct pilot *p, struct why *why) {
    const struct point_desk desk = point_desk_of(p, PILOT_POINT, POINT_CLOSES);
    uint64_t *issued = p->figures->issued;
    struct point_count count;
    struct stock_balance blanks;
    enum err err = point_count_read(&desk, PILOT_SERVICE_POINT, &count, why);
    err = err ? err : point_count_check(&count, PILOT_SERVICE_POINT, count.lying, why);
    err = err ? err : stock_balance_read(p->parts->stock, PILOT_SERVICE_POINT, &blanks, why);
    err = err ? err : stock_balance_check(&blanks, PILOT_SERVICE_POINT, why);
    if (!err) {
        issued[ISSUED_POINT_RECEIVED] = (uint64_t)count.received;
        issued[ISSUED_POINT_HANDED] = (uint64_t)count.handed;
        issued[ISSUED_POINT_RETURNED] = (uint64_t)count.returned;
        issued[ISSUED_POINT_LYING] = (uint64_t)count.lying;
        issued[ISSUED_BLANKS_RECEIVED] = (uint64_t)blanks.received;
        issued[ISSUED_BLANKS_STORED] = (uint64_t)blanks.stored;
        issued[ISSUED_BLANKS_GOOD] = (uint64_t)blanks.good;
        issued[ISSUED_BLANKS_SPOILED] = (uint64_t)blanks.spoiled;
        issued[ISSUED_BLANKS_DESTROYED] = (uint64_t)blanks.destroyed;
    }
    return err;
}

/* Each part finds what it did before, and counts it the same. */
enum err step_counter(struct pilot *p, struct why *why) {
    static enum err (*const parts[])(struct pilot *, struct why *) = {
        packages_back, instant_blanks, lost_cards, wrong_card_back, remind, death, balance};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    struct progress progress = progress_begin("counter", "matters", PARTS, p->order->quiet);
    enum err err = pilot_city(p, why);
    for (int i = ISSUED_COUNTER_LIFTED; i <= ISSUED_COUNTER_LOCKED; i++) {
        p->figures->issued[i] = 0;
    }
    for (size_t i = 0; !err && i < PARTS; i++) {
        err = parts[i](p, why);
        progress_at(&progress, i + 1);
    }
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

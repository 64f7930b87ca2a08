/* The step in which cards leave the point together: for a unit whose handlers bring the list back, and by post.
 * [system.md 4.3] */
#include <stdio.h>
#include <string.h>

#include "issuance/handover_package.h"
#include "registry/applicant.h"
#include "rehearsal/at_point.h"

/* Whom the plan lets collect a card today. */
bool packages_collects(const struct pilot *p, uint64_t person) {
    for (size_t i = 0; i < p->plan.count; i++) {
        if (p->plan.deeds[i].kind == DEED_COLLECT && p->plan.deeds[i].person == person) {
            return true;
        }
    }
    return false;
}

/* The unit whose code comes first, and of the grown ups outside it who collect their cards the one whose number
 * does: chosen by what they are, not by the ids that a registry gave them. */
struct chosen {
    char unit[UNIT_MAX + 1];
    int64_t key; /* of who gets a parcel; 0: nobody */
    char card[CARD_NUMBER_LEN + 1];
};

static bool comes_first(const struct person *person, const struct chosen *c) {
    return person->employer[0] && strlen(person->employer) <= UNIT_MAX
           && (!c->unit[0] || strcmp(person->employer, c->unit) < 0);
}

/* Whether this one rather than who was chosen so far. */
static bool gets_parcel(
    const struct pilot *p, const struct person *person, const struct chosen *c) {
    int64_t key = number17_of(bytes_text(person->number));
    return strcmp(person->employer, c->unit) != 0 && (c->key == 0 || key < c->key)
           && !person_is_child(person, p->order->date)
           && packages_collects(p, (uint64_t)person->id);
}

/* The unit first: who is outside it is known then. */
static enum err choose(struct pilot *p, struct chosen *c, bool unit, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct person person;
    enum err err = OK;
    for (size_t i = 0; !err && i < p->card_count; i++) {
        err = registry->person_by_id(registry->self, (int64_t)p->cards[i].person, &person, why);
        if (!err && unit && comes_first(&person, c)) {
            (void)memcpy(c->unit, person.employer, strlen(person.employer) + 1);
        }
        if (!err && !unit && gets_parcel(p, &person, c)) {
            c->key = number17_of(bytes_text(person.number));
            (void)memcpy(c->card, p->cards[i].number, sizeof c->card);
        }
    }
    return err;
}

/* The package with that letter, opened once. */
static enum err package_of(
    const struct window_desk *desk, struct package *package, struct why *why) {
    struct package there = {.id = 0};
    enum err err = OK;
    while (!err) {
        err = desk->store->package_after(
            desk->store->self, PILOT_SERVICE_POINT, there.id, &there, why);
        if (!err && strcmp(there.letter, package->letter) == 0) {
            *package = there;
            return OK;
        }
    }
    return err == ERR_NOT_FOUND ? package_open(desk, package, why) : err;
}

enum err step_packages(struct pilot *p, struct why *why) {
    const struct window_desk desk = window_desk_of(p, POINT_PACKS);
    struct package unit = {.kind = TO_UNIT,
        .point = PILOT_SERVICE_POINT,
        .letter = PILOT_UNIT_LETTER,
        .first = point_taker(1),
        .second = point_taker(2)};
    struct package parcel = {.kind = BY_POST,
        .point = PILOT_SERVICE_POINT,
        .letter = PILOT_PARCEL,
        .first = point_taker(3)};
    struct package_result result = {.handed = 0};
    struct chosen chosen = {.key = 0};
    enum err err = pilot_city(p, why);
    err = err ? err : choose(p, &chosen, true, why);
    err = err ? err : choose(p, &chosen, false, why);
    if (!err && chosen.unit[0]) {
        (void)memcpy(unit.unit, chosen.unit, sizeof unit.unit);
        err = package_of(&desk, &unit, why);
        err = err ? err : package_take_unit(&desk, unit.id, &result, why);
    }
    if (!err && chosen.key != 0) {
        err = package_of(&desk, &parcel, why);
        err = err ? err : package_take(&desk, parcel.id, chosen.card, &result, why);
    }
    return err;
}

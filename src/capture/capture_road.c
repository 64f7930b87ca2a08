#include "capture/capture_road.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"

/* --- out -------------------------------------------------------------------------------------- */

/* The people of a place, as the store tells of them. */
struct crowd {
    int64_t people[ROAD_PEOPLE_MAX];
    int64_t count; /* one more than ROAD_PEOPLE_MAX when there are too many */
};

static bool one_more(void *cookie, int64_t person) {
    struct crowd *crowd = cookie;
    if (crowd->count < ROAD_PEOPLE_MAX) {
        crowd->people[crowd->count] = person;
    }
    crowd->count++;
    return crowd->count <= ROAD_PEOPLE_MAX;
}

static enum err crowd_of(
    const struct capture_desk *desk, const char *place, struct crowd *crowd, struct why *why) {
    const struct person_store *store = desk->persons->store;
    crowd->count = 0;
    enum err err = store->by_word(store->self, WORD_EMPLOYER, place, one_more, crowd, why);
    if (err) {
        return err;
    }
    if (crowd->count == 0) {
        return why_say(why, ERR_NOT_FOUND,
            "nobody works at %.40s; say the employer's number as the records have it", place);
    }
    return crowd->count <= ROAD_PEOPLE_MAX
               ? OK
               : why_say(why, ERR_CONFLICT, "more than %d people work at %.40s; go there in parts",
                   ROAD_PEOPLE_MAX, place);
}

static enum err expect_all(
    const struct capture_desk *desk, const struct crowd *crowd, int64_t package, struct why *why) {
    enum err err = OK;
    for (int64_t i = 0; !err && i < crowd->count; i++) {
        const struct expected one = {
            .package = package, .person = crowd->people[i], .state = EXPECTED_MISSING};
        err = desk->store->expected_put(desk->store->self, &one, why);
    }
    return err;
}

/* What place_expect() does with the people of the place. */
static enum err pack_crowd(const struct capture_desk *desk, const struct crowd *crowd,
    int64_t spare, struct capture_package *package, struct why *why) {
    const struct person_store *store = desk->persons->store;
    const char *what = package->kind == PACKAGE_UNIT ? "capture list for a unit" : "capture pack";
    PERSON_WORK_SCOPE(work);
    char subject[32];
    enum err err = person_work_begin(&work, store, why);
    err = err ? err
              : desk->store->package_add(desk->store->self, package, crowd->count + spare, why);
    err = err ? err : expect_all(desk, crowd, package->id, why);
    (void)snprintf(subject, sizeof subject, "package %" PRId64, package->id);
    err = err ? err : store->audit(store->self, desk->officer, what, subject, why);
    return err ? err : person_work_commit(&work, why);
}

enum err place_expect(const struct capture_desk *desk, const char *place, int64_t spare,
    struct capture_package *package, struct why *why) {
    assert(spare >= 0);
    enum package_kind kind = package->kind;
    *package = (struct capture_package){.kind = kind, .day = desk->day, .time = desk->time};
    (void)snprintf(package->officer, sizeof package->officer, "%s", desk->officer);
    if (strlen(place) >= sizeof package->place || spare > ROAD_PEOPLE_MAX) {
        return why_say(why, ERR_CONFLICT, "no place has so long a number, or so many guests");
    }
    (void)snprintf(package->place, sizeof package->place, "%s", place);
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    if (err) {
        return err;
    }
    struct crowd *crowd = malloc(sizeof *crowd);
    if (!crowd) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    err = crowd_of(desk, place, crowd, why);
    err = err ? err : pack_crowd(desk, crowd, spare, package, why);
    free(crowd);
    return err;
}

enum err road_pack(const struct capture_desk *desk, const char *place, int64_t spare,
    struct capture_package *package, struct why *why) {
    package->kind = PACKAGE_ROAD;
    return place_expect(desk, place, spare, package, why);
}

/* --- back ------------------------------------------------------------------------------------- */

/* The number is of the package's range, and not another person's. */
static enum err number_check(
    const struct capture_desk *desk, const struct capture_order *order, struct why *why) {
    struct capture_package package;
    struct capture_record used;
    struct person person = {.id = 0};
    struct why none;
    enum err err = desk->store->package_get(desk->store->self, order->package, &package, why);
    if (!err
        && (package.kind != PACKAGE_ROAD || order->sequence < package.first
            || order->sequence > package.last)) {
        err = why_say(why, ERR_CONFLICT, "number %" PRId64 " is not of package %" PRId64,
            order->sequence, order->package);
    }
    if (err) {
        return err;
    }
    err = desk->store->record_numbered(
        desk->store->self, order->package, order->sequence, &used, &none);
    if (err == ERR_NOT_FOUND) {
        return OK;
    }
    err = err ? why_say(why, err, "%s", none.text)
              : person_find(desk->persons->registry, order->number, &person, why);
    return err || person.id == used.person
               ? err
               : why_say(why, ERR_CONFLICT,
                   "number %" PRId64
                   " is used for somebody else: two laptops worked with package %" PRId64
                   "; capture this person at a counter",
                   order->sequence, order->package);
}

/* How the list knows the person: expected, or a stranger to it. */
static enum err state_on_list(const struct capture_desk *desk, int64_t package, int64_t person,
    enum expected_state *state, struct why *why) {
    struct expected one;
    struct why none;
    enum err err = desk->store->expected_after(desk->store->self, package, person - 1, &one, &none);
    bool listed = !err && one.person == person && one.state != EXPECTED_STRANGER;
    *state = listed ? EXPECTED_CAPTURED : EXPECTED_STRANGER;
    return !err || err == ERR_NOT_FOUND ? OK : why_say(why, err, "%s", none.text);
}

enum err road_take(const struct capture_desk *desk, const struct capture_order *order,
    struct capture_record *record, struct why *why) {
    PERSON_WORK_SCOPE(work);
    struct expected one = {.package = order->package};
    enum err err = person_work_begin(&work, desk->persons->store, why);
    err = err ? err : number_check(desk, order, why);
    err = err ? err : capture_take(desk, order, record, why);
    err = err ? err : state_on_list(desk, order->package, record->person, &one.state, why);
    if (err) {
        return err;
    }
    one.person = record->person;
    err = desk->store->expected_put(desk->store->self, &one, why);
    return err ? err : person_work_commit(&work, why);
}

bool road_late(uint32_t day, uint32_t time, uint32_t now_day, uint32_t now_time, int64_t hours) {
    assert(day_exists(day) && hours >= 0 && hours < 100000);
    int64_t hour = time / 10000 + hours;
    uint32_t limit = day_plus(day, (int32_t)(hour / 24));
    uint32_t limit_time = (uint32_t)(hour % 24) * 10000 + time % 10000;
    return now_day > limit || (now_day == limit && now_time > limit_time);
}

enum err road_compare(const struct capture_desk *desk, int64_t package,
    struct road_compared *compared, struct why *why) {
    struct expected one = {.person = 0};
    *compared = (struct road_compared){.expected = 0};
    for (;;) {
        enum err err = desk->store->expected_after(
            desk->store->self, package, one.person, &one, why);
        if (err) {
            assert(compared->captured + compared->missing == compared->expected);
            return err == ERR_NOT_FOUND ? OK : err;
        }
        bool stranger = one.state == EXPECTED_STRANGER;
        bool missing = one.state == EXPECTED_MISSING;
        compared->strangers += stranger;
        compared->expected += !stranger;
        compared->missing += missing;
        compared->captured += !stranger && !missing;
    }
}

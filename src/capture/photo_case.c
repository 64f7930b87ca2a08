#include "capture/photo_case.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/day.h"
#include "crypto/sm3.h"
#include "registry/person_change.h"

/* --- names ------------------------------------------------------------------------------------ */

const char *photo_state_text(enum photo_state state) {
    static const char *const texts[] = {
#define PHOTO_STATE(member, code, zh, en) [code] = (zh " " en),
#include "capture/capture_state.def"
    };
    assert(state >= PHOTO_MANUAL && state <= PHOTO_EXPIRED);
    return texts[state];
}

const char *record_state_text(enum record_state state) {
    static const char *const texts[] = {
#define RECORD_STATE(member, code, zh, en) [code] = (zh " " en),
#include "capture/capture_state.def"
    };
    assert(state >= RECORD_TAKEN && state <= RECORD_BACK);
    return texts[state];
}

const char *expected_state_text(enum expected_state state) {
    static const char *const texts[] = {
#define EXPECTED_STATE(member, code, zh, en) [code] = (zh " " en),
#include "capture/capture_state.def"
    };
    assert(state >= EXPECTED_MISSING && state <= EXPECTED_NOT_OURS);
    return texts[state];
}

/* --- coming ----------------------------------------------------------------------------------- */

/* The state that a judgement gives. */
static enum photo_state state_for(enum photo_judgement judgement) {
    static const enum photo_state states[] = {
        [PHOTO_PASSES] = PHOTO_USABLE,
        [PHOTO_TO_PERSON] = PHOTO_MANUAL,
        [PHOTO_FAILS] = PHOTO_REJECTED,
    };
    assert((unsigned)judgement < sizeof states / sizeof states[0]);
    return states[judgement];
}

/* The first findings, as many as there is room for, whole lines only. */
static void reason_of(const struct photo_figures *figures, char reason[PHOTO_REASON_ROOM]) {
    char findings[FINDINGS_ROOM];
    photo_findings_write(figures, findings);
    size_t len = 0;
    for (size_t i = 0; i < PHOTO_REASON_ROOM - 1 && findings[i]; i++) {
        len = findings[i] == '\n' ? i : len;
    }
    (void)memcpy(reason, findings, len);
    reason[len] = '\0';
}

static enum err age_check(const struct capture_desk *desk, uint32_t taken, struct why *why) {
    int64_t days = 0;
    enum err err = parameter_value(
        desk->persons->registry, PARAMETER_PHOTO_DAYS, desk->day, &days, why);
    if (err) {
        return err;
    }
    if (!day_exists(taken) || taken > desk->day) {
        return why_say(why, ERR_CONFLICT,
            "a photo of %u cannot come on %u; say the day on which it was taken", taken, desk->day);
    }
    return day_plus(taken, (int32_t)days) >= desk->day
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "the photo was taken on %u, more than %" PRId64 " days ago; take a new one",
                   taken, days);
}

/* The record says whether there is a photo; the history says which and who. */
static enum err record_says(const struct capture_desk *desk, const struct photo *photo,
    const char *value, struct why *why) {
    struct person person;
    struct person_change_row row = {.day = desk->day, .time = desk->time};
    const struct registry_store *registry = desk->persons->registry;
    const struct item *item = item_named("photo");
    assert(item);
    (void)snprintf(row.who, sizeof row.who, "%s", desk->officer);
    (void)snprintf(row.proof, sizeof row.proof, "own-word:P%" PRId64, photo->id);
    enum err err = registry->person_by_id(registry->self, photo->person, &person, why);
    return err ? err : person_set_item(desk->persons, &person, item, value, &row, why);
}

static enum err audit(const struct capture_desk *desk, const struct photo *photo, struct why *why) {
    const struct person_store *store = desk->persons->store;
    char what[64];
    char subject[32];
    (void)snprintf(what, sizeof what, "photo %s", photo_state_text(photo->state));
    (void)snprintf(subject, sizeof subject, "P%" PRId64, photo->id);
    return store->audit(store->self, desk->officer, what, subject, why);
}

/* What photo_take() changes, once it may. */
static enum err keep(
    const struct capture_desk *desk, struct photo *photo, struct bytes jpeg, struct why *why) {
    enum err err = desk->store->photo_add(desk->store->self, photo, jpeg, why);
    if (!err && photo->state == PHOTO_USABLE) {
        err = record_says(desk, photo, "1", why);
    }
    return err ? err : audit(desk, photo, why);
}

enum err photo_take(const struct capture_desk *desk, const struct photo_offer *offer,
    struct photo *photo, struct why *why) {
    PERSON_WORK_SCOPE(work);
    struct sm3 h;
    *photo = (struct photo){.person = offer->person,
        .taken = offer->taken,
        .day = desk->day,
        .state = state_for(photo_judge(&offer->seen->figures))};
    sm3_begin(&h);
    sm3_add(&h, offer->file);
    sm3_end(&h, photo->digest);
    (void)snprintf(photo->officer, sizeof photo->officer, "%s", desk->officer);
    reason_of(&offer->seen->figures, photo->reason);
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : age_check(desk, offer->taken, why);
    err = err ? err : person_open_to_change(desk->persons, offer->person, why);
    err = err ? err : person_work_begin(&work, desk->persons->store, why);
    if (err) {
        return err;
    }
    struct why none;
    struct photo same;
    err = desk->store->photo_same(desk->store->self, offer->person, photo->digest, &same, &none);
    if (!err) {
        *photo = same;
        return OK;
    }
    err = err == ERR_NOT_FOUND ? keep(desk, photo, offer->seen->jpeg, why)
                               : why_say(why, err, "%s", none.text);
    return err ? err : person_work_commit(&work, why);
}

/* --- deciding --------------------------------------------------------------------------------- */

static enum err decision_check(const struct capture_desk *desk, const struct photo *photo,
    const char *reason, struct why *why) {
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_APPROVER, why);
    if (err) {
        return err;
    }
    if (strcmp(photo->officer, desk->officer) == 0) {
        return why_say(
            why, ERR_DENIED, "%s took this photo; another officer decides about it", desk->officer);
    }
    if (!reason || !*reason || strlen(reason) >= PHOTO_REASON_ROOM) {
        return why_say(why, ERR_INVALID,
            "a decision about a photo has a reason of at most %d bytes; say it (--reason)",
            PHOTO_REASON_ROOM - 1);
    }
    return OK;
}

/* Moves a photo on, and the record with it. */
static enum err move_on(
    const struct capture_desk *desk, struct photo *photo, enum photo_state was, struct why *why) {
    enum err err = desk->store->photo_move(desk->store->self, photo, was, why);
    if (!err && photo->state == PHOTO_USABLE) {
        err = record_says(desk, photo, "1", why);
    }
    if (!err && photo->state == PHOTO_EXPIRED) {
        struct photo other;
        struct why none;
        err = desk->store->photo_usable(desk->store->self, photo->person, &other, &none);
        err = err == ERR_NOT_FOUND ? record_says(desk, photo, "0", why)
              : err                ? why_say(why, err, "%s", none.text)
                                   : OK;
    }
    return err ? err : audit(desk, photo, why);
}

enum err photo_decide(const struct capture_desk *desk, int64_t id, bool usable, const char *reason,
    struct photo *photo, struct why *why) {
    PERSON_WORK_SCOPE(work);
    enum photo_state to = usable ? PHOTO_USABLE : PHOTO_REJECTED;
    enum err err = person_work_begin(&work, desk->persons->store, why);
    err = err ? err : desk->store->photo_get(desk->store->self, id, photo, why);
    err = err ? err : decision_check(desk, photo, reason, why);
    if (err) {
        return err;
    }
    if (photo->state == to && strcmp(photo->second, desk->officer) == 0) {
        return OK;
    }
    if (photo->state != PHOTO_MANUAL) {
        return why_say(why, ERR_CONFLICT, "photo %" PRId64 " is %s; only one that waits is decided",
            id, photo_state_text(photo->state));
    }
    photo->state = to;
    (void)snprintf(photo->second, sizeof photo->second, "%s", desk->officer);
    (void)snprintf(photo->reason, sizeof photo->reason, "%s", reason);
    err = move_on(desk, photo, PHOTO_MANUAL, why);
    return err ? err : person_work_commit(&work, why);
}

static enum err expire_one(const struct capture_desk *desk, struct photo *photo, struct why *why) {
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, desk->persons->store, why);
    photo->state = PHOTO_EXPIRED;
    err = err ? err : move_on(desk, photo, PHOTO_USABLE, why);
    return err ? err : person_work_commit(&work, why);
}

enum err photo_expire(const struct capture_desk *desk, int64_t *count, struct why *why) {
    int64_t days = 0;
    *count = 0;
    enum err err = parameter_value(
        desk->persons->registry, PARAMETER_PHOTO_DAYS, desk->day, &days, why);
    uint32_t before = err ? 0 : day_plus(desk->day, -(int32_t)days);
    for (int64_t after = 0; !err;) {
        struct photo photo;
        struct why none;
        err = desk->store->photo_after(
            desk->store->self, PHOTO_USABLE, before, after, &photo, &none);
        if (err == ERR_NOT_FOUND) {
            return OK;
        }
        err = err ? why_say(why, err, "%s", none.text) : expire_one(desk, &photo, why);
        after = photo.id;
        *count += err ? 0 : 1;
    }
    return err;
}

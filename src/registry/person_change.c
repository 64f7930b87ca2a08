#include "registry/person_change.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KIND_ROOM = 32 };

enum err person_open_to_change(const struct person_desk *desk, int64_t person, struct why *why) {
    struct person_status status;
    enum err err = desk->store->status_get(desk->store->self, person, &status, why);
    if (!err && status.merged != 0) {
        err = why_say(
            why, ERR_CONFLICT, "the record stands aside; change the one that took its place");
    }
    if (!err && status.frozen != 0) {
        err = why_say(why, ERR_CONFLICT,
            "the record is frozen by case %" PRId64
            "; that is to be solved first (person duplicates)",
            status.frozen);
    }
    return err;
}

enum err person_set_item(const struct person_desk *desk, struct person *person,
    const struct item *item, const char *value, struct person_change_row *row, struct why *why) {
    const struct person_store *store = desk->store;
    enum err err = item_read(store, person, item, row->was, why);
    row->field[0] = '\0';
    if (err || strcmp(row->was, value) == 0) {
        return err;
    }
    (void)snprintf(row->field, sizeof row->field, "%s", item->code);
    (void)snprintf(row->became, sizeof row->became, "%s", value);
    assert(strlen(row->became) == strlen(value));
    err = item_write(store, person, item, value, why);
    return err ? err : store->history_add(store->self, person->id, row, why);
}

/* --- asking ---------------------------------------------------------------------------------------- */

/* "KIND:NUMBER" with a kind that proves the item. */
static enum err proof_check(const struct item *item, const char *proof, struct why *why) {
    char kind[KIND_ROOM] = "";
    size_t len = strcspn(proof, ":");
    bool whole = len < sizeof kind && proof[len] == ':' && proof[len + 1] != '\0'
                 && strlen(proof) < PROOF_ROOM;
    if (whole) {
        (void)memcpy(kind, proof, len);
        kind[len] = '\0';
    }
    if (!whole || !proof_exists(kind)) {
        return why_say(why, ERR_INVALID,
            "a proof is KIND:NUMBER, such as police-letter:2003-117 or own-word:A4711; see "
            "docs/sheets/persons.md for the kinds");
    }
    return proof_holds(kind, item)
               ? OK
               : why_say(why, ERR_INVALID, "%s is no proof of %s (%s), which is the %s's", kind,
                   item->zh, item->en, owner_name(item->owner));
}

/* Everything that can be said without the record. */
static enum err order_check(
    const struct change_order *order, const struct item **item, struct why *why) {
    *item = item_named(order->field);
    if (!*item) {
        return why_say(why, ERR_INVALID,
            "there is no field %.20s; docs/sheets/persons.md lists them", order->field);
    }
    if ((*item)->type == ITEM_FIXED) {
        return why_say(why, ERR_CONFLICT,
            "%s (%s) is never changed: another number is another record (person duplicates)",
            (*item)->zh, (*item)->en);
    }
    enum err err = item_check(*item, order->value, order->day, why);
    return err ? err : proof_check(*item, order->proof, why);
}

/* The face of a card shows the name; the photo's flag is no picture. */
static bool on_the_face(const struct item *item) {
    return strcmp(item->code, "AAC003") == 0 || strcmp(item->code, "name-extension") == 0;
}

static enum err note(const struct person_desk *desk, const char *who, const char *what,
    int64_t person, const char *field, struct why *why) {
    char subject[96];
    (void)snprintf(subject, sizeof subject, "person %" PRId64 ": %s", person, field);
    return desk->store->audit(desk->store->self, who, what, subject, why);
}

/* At once, by one officer. */
static enum err make_now(const struct person_desk *desk, const struct change_order *order,
    struct person *person, struct change_result *result, struct why *why) {
    struct person_change_row row = {.day = order->day, .time = order->time};
    (void)snprintf(row.who, sizeof row.who, "%s", order->who);
    (void)snprintf(row.proof, sizeof row.proof, "%s", order->proof);
    enum err err = person_set_item(desk, person, result->item, order->value, &row, why);
    bool changed = !err && row.field[0] != '\0';
    result->same = !changed;
    result->face = changed && on_the_face(result->item);
    return err || !changed
               ? err
               : note(desk, order->who, "person changed", person->id, order->field, why);
}

/* Written down for a second officer. */
static enum err ask(const struct person_desk *desk, const struct change_order *order,
    const struct person *person, struct change_result *result, struct why *why) {
    struct person_request r = {.person = person->id, .day = order->day, .waits = true};
    enum err err = item_read(desk->store, person, result->item, r.was, why);
    result->same = !err && strcmp(r.was, order->value) == 0;
    if (err || result->same) {
        return err;
    }
    (void)snprintf(r.field, sizeof r.field, "%s", order->field);
    (void)snprintf(r.becomes, sizeof r.becomes, "%s", order->value);
    (void)snprintf(r.proof, sizeof r.proof, "%s", order->proof);
    (void)snprintf(r.who, sizeof r.who, "%s", order->who);
    err = desk->store->request_add(desk->store->self, &r, why);
    result->request = err ? 0 : r.id;
    return err ? err
               : note(desk, order->who, "change of a person asked", person->id, order->field, why);
}

enum err person_change(const struct person_desk *desk, const struct change_order *order,
    struct change_result *result, struct why *why) {
    struct person person;
    *result = (struct change_result){0};
    PERSON_WORK_SCOPE(work);
    enum err err = order_check(order, &result->item, why);
    err = err ? err : officer_require(desk->registry, order->who, ROLE_POINT, why);
    err = err ? err : person_work_begin(&work, desk->store, why);
    err = err ? err
              : desk->registry->person_by_id(desk->registry->self, order->person, &person, why);
    err = err ? err : person_open_to_change(desk, order->person, why);
    if (!err && result->item->owner == OWNER_POLICE) {
        err = ask(desk, order, &person, result, why);
    } else if (!err) {
        err = make_now(desk, order, &person, result, why);
    }
    return err ? err : person_work_commit(&work, why);
}

/* --- agreeing ---------------------------------------------------------------------------------------- */

/* change 2 */
static enum err make_asked(const struct person_desk *desk, const struct person_request *r,
    const struct change_order *by, struct change_result *result, struct why *why) {
    struct person person;
    char now[ITEM_ROOM];
    struct person_change_row row = {.day = by->day, .time = by->time};
    (void)snprintf(row.who, sizeof row.who, "%s+%s", r->who, by->who);
    (void)snprintf(row.proof, sizeof row.proof, "%s", r->proof);
    enum err err = person_open_to_change(desk, r->person, why);
    err = err ? err : desk->registry->person_by_id(desk->registry->self, r->person, &person, why);
    err = err ? err : item_read(desk->store, &person, result->item, now, why);
    if (!err && strcmp(now, r->was) != 0) {
        err = why_say(why, ERR_CONFLICT,
            "%s (%s) was changed meanwhile; refuse this change and ask anew", result->item->zh,
            result->item->en);
    }
    err = err ? err : person_set_item(desk, &person, result->item, r->becomes, &row, why);
    result->face = !err && row.field[0] != '\0' && on_the_face(result->item);
    return err;
}

/* Who may answer a change that waits. */
static enum err agree_check(const struct person_desk *desk, const struct person_request *r,
    const struct change_order *by, struct why *why) {
    if (!r->waits) {
        return why_say(why, ERR_CONFLICT, "it waits no longer: it was made or refused");
    }
    if (strcmp(r->who, by->who) == 0) {
        return why_say(why, ERR_DENIED, "%s asked for it; another officer has to agree", by->who);
    }
    return officer_require(desk->registry, by->who, ROLE_APPROVER, why);
}

enum err person_change_agree(const struct person_desk *desk, int64_t request, bool agreed,
    const struct change_order *by, struct change_result *result, struct why *why) {
    struct person_request r;
    const struct person_store *store = desk->store;
    *result = (struct change_result){0};
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, store, why);
    err = err ? err : store->request_get(store->self, request, &r, why);
    err = err ? err : agree_check(desk, &r, by, why);
    if (!err) {
        result->item = item_named(r.field);
        assert(result->item); /* it was asked for by this program */
    }
    err = err || !agreed ? err : make_asked(desk, &r, by, result, why);
    err = err ? err : store->request_end(store->self, request, agreed, by->who, why);
    err = err ? err
              : note(desk, by->who, agreed ? "person changed" : "change of a person refused",
                  r.person, r.field, why);
    err = err ? err : person_work_commit(&work, why);
    return err ? why_add(why, err, "change %" PRId64, request) : OK;
}

#include "issuance/number_range.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/numbers.h"

enum { SUBJECT_MAX = 64 };

static enum err note(
    const struct order_desk *desk, const char *what, const char *subject, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    return issuance->audit(issuance->self, desk->officer, what, subject, why);
}

static enum err note_range(const struct order_desk *desk, const char *what,
    const struct range_request *request, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "range %" PRId64 ": %c to %" PRIu32, request->id,
        request->letter, request->last);
    return note(desk, what, subject, why);
}

/* The range of a letter as it stands; none has last 0 and next 1. */
static enum err range_of(
    const struct order_store *store, char letter, struct number_range *range, struct why *why) {
    struct number_range found = {.letter = '\0'};
    struct why none;
    enum err err = store->range_after(store->self, (char)(letter - 1), &found, &none);
    *range = !err && found.letter == letter
                 ? found
                 : (struct number_range){.letter = letter, .last = 0, .next = 1};
    return err && err != ERR_NOT_FOUND ? why_say(why, err, "%s", none.text) : OK;
}

/* Range 1. */
static enum err more_than_now(
    const struct order_store *store, const struct range_request *request, struct why *why) {
    struct number_range now;
    enum err err = range_of(store, request->letter, &now, why);
    return err || request->last > now.last
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the city has %c to %" PRIu32 " already; a grant only adds to it",
                   request->letter, now.last);
}

static enum err request_form(const struct range_request *request, struct why *why) {
    if (request->letter < 'B' || request->letter >= 'B' + NUMBER_LETTERS) {
        return why_say(why, ERR_INVALID, "the numbers of a city begin with a letter from B to %c",
            'B' + NUMBER_LETTERS - 1);
    }
    if (request->last < 1 || request->last >= NUMBER_SERIALS) {
        return why_say(
            why, ERR_INVALID, "the last serial of a letter is 1 to %d", NUMBER_SERIALS - 1);
    }
    return request->letter_no[0]
               ? OK
               : why_say(why, ERR_INVALID,
                   "name the paper that grants the range, with 1 to %d characters",
                   FEE_RECEIPT_ROOM - 1);
}

/* The same that waits already; ERR_NOT_FOUND when there is none. */
static enum err request_same(
    const struct order_store *store, struct range_request *request, struct why *why) {
    struct range_request other = {.id = 0};
    enum err err = OK;
    while ((err = store->request_after(store->self, other.id, &other, why)) == OK) {
        if (other.letter == request->letter && other.last == request->last) {
            *request = other;
            return OK;
        }
    }
    return err;
}

enum err range_ask(const struct order_desk *desk, struct range_request *request, struct why *why) {
    const struct order_store *store = desk->store;
    struct why none;
    WORK_SCOPE(work);
    enum err err = request_form(request, why);
    err = err ? err : officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : more_than_now(store, request, why);
    if (err) {
        return err;
    }
    err = request_same(store, request, &none);
    if (err == ERR_NOT_FOUND) {
        request->day = desk->day;
        request->decision = RANGE_WAITS;
        (void)snprintf(request->officer, sizeof request->officer, "%s", desk->officer);
        err = store->request_add(store->self, request, why);
        err = err ? err : note_range(desk, "ask range", request, why);
    } else if (err) {
        err = why_say(why, err, "%s", none.text);
    }
    assert(err || request->id > 0);
    return err ? err : work_commit(&work, why);
}

/* It waits, and somebody else than who entered it decides. */
static enum err decide_check(const struct order_desk *desk, const struct range_request *request,
    enum range_decision decision, struct why *why) {
    if (request->decision != RANGE_WAITS && request->decision != decision) {
        return why_say(why, ERR_CONFLICT, "range %" PRId64 " was %s by %s", request->id,
            request->decision == RANGE_AGREED ? "let pass" : "refused", request->second);
    }
    return strcmp(request->officer, desk->officer) != 0
               ? OK
               : why_say(
                   why, ERR_DENIED, "%s entered it; another officer has to decide", desk->officer);
}

/* The row of the letter, with its last serial where it is granted now. */
static enum err grant(
    const struct order_store *store, const struct range_request *request, struct why *why) {
    struct number_range range;
    enum err err = more_than_now(store, request, why);
    err = err ? err : range_of(store, request->letter, &range, why);
    range.last = request->last;
    assert(err || range.next >= 1);
    return err ? err : store->range_put(store->self, &range, why);
}

enum err range_decide(const struct order_desk *desk, int64_t id, bool agreed,
    struct range_request *request, struct why *why) {
    const struct order_store *store = desk->store;
    enum range_decision decision = agreed ? RANGE_AGREED : RANGE_REFUSED;
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_APPROVER, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : store->request_get(store->self, id, request, why);
    err = err ? err : decide_check(desk, request, decision, why);
    if (err || request->decision == decision) {
        return err ? err : work_commit(&work, why);
    }
    request->decision = decision;
    (void)snprintf(request->second, sizeof request->second, "%s", desk->officer);
    err = agreed ? grant(store, request, why) : OK;
    err = err ? err : store->request_decide(store->self, request, why);
    err = err ? err : note_range(desk, agreed ? "grant range" : "refuse range", request, why);
    return err ? err : work_commit(&work, why);
}

/* Range 2: the table of steps lets a reserved number be locked, which is its batch's to do. */
static enum err lock_check(
    enum number_state state, int64_t batch, const char *number, struct why *why) {
    if (state == NUMBER_RESERVED) {
        return why_say(why, ERR_CONFLICT,
            "%s is reserved for batch %" PRId64 "; cancel the batch to release it", number, batch);
    }
    return state == NUMBER_USED ? why_say(
               why, ERR_CONFLICT, "%s is the number of a card, and never another's", number)
                                : OK;
}

enum err number_lock(
    const struct order_desk *desk, const char *number, bool locked, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    enum number_state state = NUMBER_FREE;
    uint32_t serial = 0;
    int64_t batch = 0;
    if (!card_number_read(number, &serial)) {
        return why_say(why, ERR_INVALID, "\"%.20s\" is no card number of this city", number);
    }
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_APPROVER, why);
    err = err ? err : work_begin(&work, issuance, why);
    err = err ? err : issuance->number_get(issuance->self, serial, &state, &batch, why);
    err = err ? err : lock_check(state, batch, number, why);
    if (!err && (state == NUMBER_LOCKED) != locked) {
        err = number_step(issuance, number, locked ? NUMBER_LOCK : NUMBER_UNLOCK, why);
        err = err ? err : note(desk, locked ? "lock number" : "unlock number", number, why);
    }
    return err ? err : work_commit(&work, why);
}

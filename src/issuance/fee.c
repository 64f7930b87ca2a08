#include "issuance/fee.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SUBJECT_MAX = 48 };

/* The audit's row, in the same transaction. */
static enum err note(
    const struct order_desk *desk, const char *what, int64_t application, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "application %" PRId64, application);
    return issuance->audit(issuance->self, desk->officer, what, subject, why);
}

enum err fee_take_down(const struct order_store *store, const struct registry_store *registry,
    int64_t application, uint32_t day, struct why *why) {
    struct fee fee = {.application = application};
    assert(application > 0);
    enum err err = parameter_value(registry, PARAMETER_REPLACEMENT_FEN, day, &fee.fen, why);
    return err || fee.fen == 0 ? err : store->fee_add(store->self, &fee, why);
}

/* Printing characters without spaces, so that it can be said on the telephone. */
static bool receipt_good(const char *receipt) {
    size_t len = strlen(receipt);
    for (size_t i = 0; i < len; i++) {
        if (receipt[i] <= ' ' || receipt[i] > '~') {
            return false;
        }
    }
    return len >= 1 && len < FEE_RECEIPT_ROOM;
}

/* What is due, with words for what is not. */
static enum err fee_of(
    const struct order_desk *desk, int64_t application, struct fee *fee, struct why *why) {
    enum err err = desk->store->fee_get(desk->store->self, application, fee, why);
    return err == ERR_NOT_FOUND ? why_say(why, err,
               "nothing is to be paid for application %" PRId64
               ": a first card, one that the centre owes, or no such application",
               application)
                                : err;
}

static enum err settled_otherwise(const struct fee *fee, struct why *why) {
    assert(fee->settled != 0);
    return why_say(why, ERR_CONFLICT, "the fee of application %" PRId64 " was %s%s on %u",
        fee->application, fee->receipt[0] ? "paid with receipt " : "waived", fee->receipt,
        fee->settled);
}

/* An order that was withdrawn, or has failed, makes no card: nobody pays for it. */
static enum err still_ordered(const struct order_desk *desk, int64_t application, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct application a;
    enum err err = issuance->application_get(issuance->self, application, &a, why);
    if (!err && (a.state == APPLICATION_WITHDRAWN || a.state == APPLICATION_FAILED)) {
        return why_say(why, ERR_CONFLICT,
            "application %" PRId64 " was withdrawn or has failed, and nothing is due for it; order "
            "the card again",
            application);
    }
    return err;
}

enum err fee_pay(const struct order_desk *desk, int64_t application, const char *receipt,
    struct fee *fee, struct why *why) {
    const struct order_store *store = desk->store;
    if (!receipt_good(receipt)) {
        return why_say(why, ERR_INVALID,
            "a receipt has a number of 1 to %d printing characters without spaces",
            FEE_RECEIPT_ROOM - 1);
    }
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : fee_of(desk, application, fee, why);
    if (err) {
        return err;
    }
    if (fee->settled != 0) {
        return strcmp(fee->receipt, receipt) == 0 ? work_commit(&work, why)
                                                  : settled_otherwise(fee, why);
    }
    err = still_ordered(desk, application, why);
    if (err) {
        return err;
    }
    fee->settled = desk->day;
    (void)snprintf(fee->receipt, sizeof fee->receipt, "%s", receipt);
    (void)snprintf(fee->officer, sizeof fee->officer, "%s", desk->officer);
    err = store->fee_settle(store->self, fee, why);
    err = err ? err : note(desk, "pay fee", application, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "fee of application %" PRId64, application) : OK;
}

/* The chain knows the second officer, too. */
static enum err note_second(const struct order_desk *desk, int64_t application, struct why *why) {
    struct order_desk theirs = *desk;
    assert(desk->second);
    theirs.officer = desk->second;
    return note(&theirs, "agree to waive fee", application, why);
}

/* Two different people, each with their role. */
static enum err waive_allowed(const struct order_desk *desk, const char *reason, struct why *why) {
    if (!desk->second || strcmp(desk->second, desk->officer) == 0) {
        return why_say(why, ERR_DENIED, "a fee is waived by two officers: name an approver, too");
    }
    if (strlen(reason) < 1 || strlen(reason) > REASON_MAX) {
        return why_say(why, ERR_INVALID, "a reason of 1 to %d bytes is missing", REASON_MAX);
    }
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    return err ? err : officer_require(desk->registry, desk->second, ROLE_APPROVER, why);
}

enum err fee_waive(const struct order_desk *desk, int64_t application, const char *reason,
    struct fee *fee, struct why *why) {
    const struct order_store *store = desk->store;
    WORK_SCOPE(work);
    enum err err = waive_allowed(desk, reason, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : fee_of(desk, application, fee, why);
    if (err) {
        return err;
    }
    if (fee->settled != 0) {
        return strcmp(fee->waived, reason) == 0 ? work_commit(&work, why)
                                                : settled_otherwise(fee, why);
    }
    err = still_ordered(desk, application, why);
    if (err) {
        return err;
    }
    fee->settled = desk->day;
    (void)snprintf(fee->waived, sizeof fee->waived, "%s", reason);
    (void)snprintf(fee->officer, sizeof fee->officer, "%s", desk->officer);
    (void)snprintf(fee->second, sizeof fee->second, "%s", desk->second);
    err = store->fee_settle(store->self, fee, why);
    err = err ? err : note(desk, "waive fee", application, why);
    err = err ? err : note_second(desk, application, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "fee of application %" PRId64, application) : OK;
}

enum err fee_open_to_withdraw(
    const struct order_store *store, int64_t application, struct why *why) {
    struct fee fee;
    struct why none;
    enum err err = store->fee_get(store->self, application, &fee, &none);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : why_say(why, err, "%s", none.text);
    }
    return fee.receipt[0] == '\0'
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "its fee is paid (receipt %s): the order stands, and the card "
                   "is made",
                   fee.receipt);
}

/* --- urgent ----------------------------------------------------------------------------------- */

static enum err mark_check(const struct application *a, enum priority priority, struct why *why) {
    if (priority == PRIORITY_INSTANT || priority >= PRIORITIES) {
        return why_say(why, ERR_INVALID,
            "an application is marked normal, urgent or centre; an instant card is ordered with "
            "point instant");
    }
    return a->state == APPLICATION_APPLIED
               ? OK
               : why_say(why, ERR_CONFLICT, "it is %s and waits for no batch any more",
                   machine_state_en(&application_machine, (int)a->state));
}

enum err application_mark(
    const struct order_desk *desk, int64_t application, enum priority priority, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct application a;
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_APPROVER, why);
    err = err ? err : work_begin(&work, issuance, why);
    err = err ? err : issuance->application_get(issuance->self, application, &a, why);
    err = err ? err : mark_check(&a, priority, why);
    if (!err && a.priority != priority) {
        err = desk->store->priority_put(desk->store->self, application, priority, why);
        err = err ? err : note(desk, "mark priority", application, why);
    }
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "application %" PRId64, application) : OK;
}

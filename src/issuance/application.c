#include "issuance/application.h"

#include <inttypes.h>
#include <stdio.h>

enum { SUBJECT_MAX = 48 };

/* The audit's row, in the same transaction. */
static enum err note(const struct issuance_store *store, const char *officer, const char *what,
    int64_t id, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "application %" PRId64, id);
    return store->audit(store->self, officer, what, subject, why);
}

/* A fresh one waits for its audit, whatever the caller left in it. */
enum err application_make(const struct issuance_store *store, struct application *a,
    const char *officer, struct why *why) {
    a->state = APPLICATION_APPLIED;
    a->audit = AUDIT_OPEN;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->application_add(store->self, a, why);
    err = err ? err : note(store, officer, "apply", a->id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "application of person %" PRId64, a->person) : OK;
}

/* An audit is answered once, and only while the application still waits for its batch. */
static enum err answer_check(
    const struct application *a, enum audit_result result, struct why *why) {
    if (result == AUDIT_OPEN) {
        return why_say(why, ERR_INVALID, "an audit answers passed, refused or failed");
    }
    if (a->state != APPLICATION_APPLIED) {
        return why_say(why, ERR_CONFLICT, "it is %s, an audit comes before that",
            machine_state_en(&application_machine, (int)a->state));
    }
    if (a->audit != AUDIT_OPEN && a->audit != AUDIT_FAILED) {
        return why_say(why, ERR_CONFLICT, "it is audited already");
    }
    return OK;
}

/* Asked and written in one transaction, so that two officers cannot both answer. */
enum err application_answer(const struct issuance_store *store, int64_t id,
    enum audit_result result, const char *officer, struct why *why) {
    struct application a;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->application_get(store->self, id, &a, why);
    err = err ? err : answer_check(&a, result, why);
    err = err ? err : store->application_audit(store->self, id, result, why);
    err = err ? err : note(store, officer, result == AUDIT_PASSED ? "pass" : "refuse", id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "audit of application %" PRId64, id) : OK;
}

/* The audit is a variable of its own, beside the state: so it is asked here and not in the table.
 * [system.md 4.0, variable D] */
enum err application_step(const struct issuance_store *store, int64_t id,
    enum application_event event, const char *officer, struct why *why) {
    struct application a;
    int to = 0;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->application_get(store->self, id, &a, why);
    err = err ? err : machine_next(&application_machine, (int)a.state, (int)event, &to, why);
    if (!err && event == APPLICATION_BATCH && a.audit != AUDIT_PASSED) {
        err = why_say(why, ERR_CONFLICT, "it has not passed its audit; audit it first");
    }
    err = err ? err
              : store->application_move(store->self, id, a.state, (enum application_state)to, why);
    err = err ? err
              : note(store, officer, machine_event_en(&application_machine, (int)event), id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "application %" PRId64, id) : OK;
}

/* Applications 申请: a person asks for a card; an officer audits; a batch takes it; it ends with the
 * card in the holder's hand or with a reason. [system.md 4.0 variable D, 4.0.3]
 *
 * Each function is one transaction with one row of the audit chain, which names the application by
 * its number and never the person. After a failure, or a kill, nothing has changed. The states and
 * their steps are application_machine in machine.h; that an application must have passed its audit
 * before a batch takes it is the one rule that stands here. officer is who answers for it; whether
 * they may is the caller's to ask (officer_require()). */
#pragma once

#include "issuance/issuance_store.h"

/* Takes an application from a->person, kind, day and point, and writes the rest of *a; the
 * automatic check (the person is in the registry and has no card) is the caller's. ERR_CONFLICT
 * when the person has an open one. */
enum err application_make(const struct issuance_store *store, struct application *a,
    const char *officer, struct why *why);

/* Records what the audit said; ERR_INVALID for AUDIT_OPEN, which is no answer. Only an open audit
 * of an application in state 00, or one that was set aside since, can be answered, else ERR_CONFLICT. */
enum err application_answer(const struct issuance_store *store, int64_t id,
    enum audit_result result, const char *officer, struct why *why);

/* One event of its life. ERR_CONFLICT when it cannot happen in its state, or for APPLICATION_BATCH
 * when it has not passed its audit; ERR_NOT_FOUND for an id that nobody has. */
enum err application_step(const struct issuance_store *store, int64_t id,
    enum application_event event, const char *officer, struct why *why);

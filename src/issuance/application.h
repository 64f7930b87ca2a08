/* Applications 申请: a person asks for a card; an officer audits; a batch takes it; it ends with the
 * card in the holder's hand or with a reason. [system.md 4.0 variable D, 4.0.3] */
#pragma once

#include "issuance/issuance_store.h"

/* Takes an application and writes its id; the automatic check (the person is in the registry and
 * has no card) is the caller's. ERR_CONFLICT when the person has an open one. */
enum err application_make(const struct issuance_store *store, struct application *a,
    const char *officer, struct why *why);

/* Records what the audit said; only an open audit of an application in state 00 can be answered. */
enum err application_answer(const struct issuance_store *store, int64_t id,
    enum audit_result result, const char *officer, struct why *why);

/* One event of its life. Not audited and APPLICATION_BATCH: ERR_CONFLICT. */
enum err application_step(const struct issuance_store *store, int64_t id,
    enum application_event event, const char *officer, struct why *why);

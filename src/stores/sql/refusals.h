/* Requests that a vault refused, on their way into the audit chain.
 *
 * They are heard in the threads that asked, and written by the one thread that uses the database. */
#pragma once

#include <pthread.h>

#include "stores/sql/audit.h"

enum { REFUSALS_MAX = 32 };

/* Refusals heard and not yet audited: a database serves one thread, lines serve several. The first
 * REFUSALS_MAX are kept, later ones counted. */
struct refusals {
    pthread_mutex_t mutex;
    size_t count;
    char stories[REFUSALS_MAX][AUDIT_SUBJECT_MAX + 1];
};
#define REFUSALS_EMPTY                                                                             \
    { .mutex = PTHREAD_MUTEX_INITIALIZER }

/* Hears for a vault_watch; self is the struct refusals. */
void refusals_hear(void *self, const char *story);

/* Whether anything was heard that is not audited yet. */
bool refusals_waiting(struct refusals *refusals);

/* Writes what was heard as audit rows ("vault", "request-refused") and forgets it; a row more says how
 * many were not kept. When a row cannot be written, it and those behind it stay for the next time. */
enum err refusals_audit(struct refusals *refusals, struct db *db, struct why *why);

/* The vault of a centre, as the programs of this house use it: in a process of its own, and what it
 * refuses on its way into the audit chain. [architecture: processes; system.md 6.1] */
#pragma once

#include <pthread.h>

#include "host/centre.h"
#include "stores/sqlite/audit.h"
#include "vaults/line/vault_process.h"

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

/* Writes what was heard as audit rows ("vault", "request-refused") and forgets it; a row more says how
 * many were not kept. When a row cannot be written, it and those behind it stay for the next time. */
enum err refusals_audit(struct refusals *refusals, struct db *db, struct why *why);

/* Starts the process with the test keys of a rehearsal centre's seed, and fills count lines. Call it
 * before threads are started and before databases are opened. refusals may be NULL. */
enum err vault_desk_rehearsal(const struct centre_file *file, struct refusals *refusals,
    struct vault *lines, size_t count, struct why *why);

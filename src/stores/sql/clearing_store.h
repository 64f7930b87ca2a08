/* The clearing's store over SQLite: fills struct clearing_store with functions that say the
 * sentences of clearing.def.
 *
 * It shares the database with the registry and reads card, blacklist, officer and parameter there.
 * All sentences are prepared when it is opened: a typo stops the program at its start. The store
 * borrows the database, which must outlive it. */
#pragma once

#include "clearing/clearing.h"
#include "stores/sql/db.h"

struct sqlite_clearing; /* opaque: the prepared sentences */

/* Opens a store over a database that db_open() brought up to date: *out is the caller's to
 * close, *store a table of functions that borrows it. After a failure *out is NULL and *store
 * as it was. */
enum err sqlite_clearing_open(
    struct db *db, struct sqlite_clearing **out, struct clearing_store *store, struct why *why);

/* Ends it; NULL is nothing to end. No transaction of the store may be open any more. */
void sqlite_clearing_close(struct sqlite_clearing *s);

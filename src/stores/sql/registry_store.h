/* The registry's rows in the centre's SQLite database.
 *
 * registry_rows_open() prepares every sentence of registry.def over a database that the caller
 * keeps open; registry_store_of() then gives the struct that the registry's functions take.
 * Whoever opens a transaction on the same database around several calls gets all of them or
 * none. One thread at a time. */
#pragma once

#include "registry/registry.h"
#include "stores/sql/db.h"

struct registry_rows; /* opaque: the prepared sentences */

/* Prepares every sentence; *rows is the caller's to close, before the database, and NULL after
 * a failure. */
enum err registry_rows_open(struct registry_rows **rows, struct db *db, struct why *why);

/* Finalizes the sentences; NULL is nothing to close. REGISTRY_ROWS_SCOPE() does it at the end of a
 * scope. */
void registry_rows_close(struct registry_rows *rows);
#define REGISTRY_ROWS_SCOPE(name)                                                                  \
    __attribute__((cleanup(registry_rows_leave))) struct registry_rows *name = NULL
static inline void registry_rows_leave(struct registry_rows **rows) {
    registry_rows_close(*rows);
}

/* The store that these rows are: a table of functions that borrows them and needs no closing. */
struct registry_store registry_store_of(struct registry_rows *rows);

/* The registry's rows in the centre's SQLite database.
 *
 * registry_rows_open() prepares every sentence of registry.def over a database that the caller keeps
 * open; the struct it fills is what the registry's functions take. Whoever opens a transaction on
 * the same database around several calls gets all of them or none. */
#pragma once

#include "registry/registry.h"
#include "stores/sqlite/db.h"

struct registry_rows; /* opaque: the prepared sentences */

/* *rows is the caller's to close, before the database. */
enum err registry_rows_open(struct registry_rows **rows, struct db *db, struct why *why);
void registry_rows_close(struct registry_rows *rows);
#define REGISTRY_ROWS_SCOPE(name)                                                                  \
    __attribute__((cleanup(registry_rows_leave))) struct registry_rows *name = NULL
static inline void registry_rows_leave(struct registry_rows **rows) {
    registry_rows_close(*rows);
}

/* The store that these rows are; borrows rows. */
struct registry_store registry_store_of(struct registry_rows *rows);

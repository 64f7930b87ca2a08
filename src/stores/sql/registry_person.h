/* The rows of registry/person_store.h in the centre's database: how persons are found, what was
 * decided about two records, fields beyond the first thirteen, who changed what.
 *
 * person_rows_open() prepares every sentence of registry_person.def over a database that the caller
 * keeps open. Whoever opens a transaction on the same database around several calls gets all of them
 * or none. One thread at a time. */
#pragma once

#include "registry/person_store.h"
#include "stores/sql/db.h"

struct person_rows; /* opaque: the prepared sentences */

/* *rows is the caller's to close, before the database, and NULL after a failure. */
enum err person_rows_open(struct person_rows **rows, struct db *db, struct why *why);

/* Finalizes the sentences; NULL is nothing to close. */
void person_rows_close(struct person_rows *rows);

/* The store that these rows are: a table of functions that borrows them and needs no closing. */
struct person_store person_store_of(struct person_rows *rows);

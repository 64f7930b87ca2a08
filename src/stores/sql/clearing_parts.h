/* Days in parts over a database: fills struct parts_store (clearing/partition_take.h) with
 * functions that say
 * the sentences of clearing_parts.def.
 *
 * It shares database and transactions with the clearing's store; what is drawn for a day is read
 * from the
 * tables of both, and from the registry's cards and blacklist. Each opener prepares all sentences:
 * a typo
 * stops the program at its start. */
#pragma once

#include "clearing/partition_take.h"
#include "stores/sql/db.h"

struct sql_parts; /* opaque: the prepared sentences */

/* Opens it over a database that db_open() brought up to date: *out is the caller's to close,
 * *store a
 * table of functions that borrows it. After a failure *out is NULL and *store as it was. */
enum err sql_parts_open(
    struct db *db, struct sql_parts **out, struct parts_store *store, struct why *why);

/* Ends it; NULL is nothing to end. */
void sql_parts_close(struct sql_parts *parts);

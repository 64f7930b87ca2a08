/* What production cells write down, in the centre's database: runs, pieces, faces, quality sheets.
 *
 * production_rows_open() fills the table of functions that issuance/production_store.h describes.
 * One rule is kept here: a piece is settled once, from PIECE_TAKEN. Every sentence stands in
 * production.def and is prepared at the opening. Transactions are those of the issuing rows over
 * the same database. One thread at a time. */
#pragma once

#include "issuance/production_store.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date; the database stays the
 * caller's. production_rows_close() ends it before the database is closed. After a failure *out is
 * as it was. */
enum err production_rows_open(struct db *db, struct production_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void production_rows_close(struct production_store *store);

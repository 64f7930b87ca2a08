/* Photos, captured records and packages in the centre's database.
 *
 * capture_rows_open() fills the table of functions that capture/capture_store.h describes. Nothing is
 * decided here: a row moves only from the state that the caller saw, a number of a package is used once
 * because the table refuses a second. Every sentence stands in capture.def and is prepared at the
 * opening. One thread at a time. */
#pragma once

#include "capture/capture_store.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date and the caller keeps open.
 * After a failure *out is as it was. */
enum err capture_rows_open(struct db *db, struct capture_store *out, struct why *why);

/* Finalizes the sentences, before the database is closed; a store that was never opened (self NULL) is
 * left alone. */
void capture_rows_close(struct capture_store *store);

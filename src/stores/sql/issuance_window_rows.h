/* Windows of points in the centre's database: packages, receipts, temporary cards, reminders, wrong cards,
 * jobs of instant cards, PIN letters.
 *
 * window_rows_open() fills the table of functions that issuance/window_store.h describes. Nothing is
 * decided here: rows move only from the state that the caller saw. Every sentence stands in
 * issuance_window.def and is prepared at the opening. One thread at a time. */
#pragma once

#include "issuance/window_store.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date; issuance is borrowed and
 * gives transactions, audit, applications and lines. window_rows_close() ends it before the database is
 * closed. After a failure *out is as it was. */
enum err window_rows_open(struct db *db, const struct issuance_store *issuance,
    struct window_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void window_rows_close(struct window_store *store);

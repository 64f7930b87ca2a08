/* Boxes and points in the centre's database.
 *
 * box_rows_open() fills the table of functions that issuance/point_store.h describes. Nothing is
 * decided here: a box moves only from the state that the caller saw, a card lies in one box because
 * its number is the key. Every sentence stands in issuance_box.def and is prepared at the opening. One
 * thread at a time. */
#pragma once

#include "issuance/point_store.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date; issuance is borrowed and
 * gives transactions and audit. box_rows_close() ends it before the database is closed. After a
 * failure *out is as it was. */
enum err box_rows_open(
    struct db *db, const struct issuance_store *issuance, struct point_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void box_rows_close(struct point_store *store);

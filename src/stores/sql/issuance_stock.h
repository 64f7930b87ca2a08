/* The stock of blank cards in the centre's SQLite database: a row for each chip, and the ledger of
 * orders.
 *
 * stock_rows_open() fills the table of functions that issuance/stock.h describes. Nothing is decided
 * here: a blank moves only from the state and the point that the order names. Every sentence stands
 * in issuance_stock.def and is prepared at the opening. One thread at a time. */
#pragma once

#include "issuance/stock.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date; issuance is borrowed and
 * gives transactions and audit. stock_rows_close() ends it before the database is closed. After a
 * failure *out is as it was. */
enum err stock_rows_open(
    struct db *db, const struct issuance_store *issuance, struct stock_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void stock_rows_close(struct stock_store *store);

/* Issuing's rows in the centre's SQLite database: applications, card numbers, batches and lines.
 *
 * issuance_rows_open() fills the table of functions that issuance/issuance_store.h describes. No rule is decided
 * here but one: a row moves only from the state that the caller saw, and ERR_CONFLICT says that it
 * is elsewhere by now. Every sentence stands in issuance.def and is prepared at the opening, so that
 * a typo stops the program at its start. One thread at a time. */
#pragma once

#include "issuance/issuance_store.h"
#include "stores/sql/db.h"

struct issuance_rows; /* opaque: the prepared sentences, and the scopes that are open */

/* Prepares every sentence over a database that db_open() brought up to date; out->self is the new
 * rows, which issuance_rows_close() ends. The database stays the caller's and must outlive them.
 * After a failure *out is as it was. */
enum err issuance_rows_open(struct db *db, struct issuance_store *out, struct why *why);

/* Finalizes the sentences. No scope may be open any more. A store that was never opened (self NULL)
 * is left alone, and so is one that was closed before. */
void issuance_rows_close(struct issuance_store *store);

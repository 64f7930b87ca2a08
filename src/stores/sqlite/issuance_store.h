/* Offers issuance/issuance_store.h over the one SQLite database of a centre. */
#pragma once

#include "issuance/issuance_store.h"
#include "stores/sqlite/db.h"

struct issuance_sqlite; /* prepared sentences */

/* Prepares every sentence; *out is a table of functions over it. The database stays the caller's
 * and must outlive the store. */
enum err issuance_store_open(struct db *db, struct issuance_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void issuance_store_close(struct issuance_store *store);

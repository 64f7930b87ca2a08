/* The audit chain: who did what to which thing, in the transaction that did it.
 *
 * Each row carries the SM3 digest of its own words and of the row before it, so a row that is
 * changed, removed or slipped in breaks the chain from there on. Nobody can clear the table through
 * this program. Persons are named by what identifies them inside the centre, never by their number
 * or name: an auditor may read the chain without reading personal data. */
#pragma once

#include "stores/sqlite/db.h"

enum { AUDIT_WORD_MAX = 64, AUDIT_SUBJECT_MAX = 120 }; /* letters, in bytes of UTF-8 */

/* Adds one row inside the transaction that is open; without one, the row is its own transaction.
 * who: the officer's code, or "system"; what: the event's name; subject: the thing, such as
 * "card A00000015". Longer words are our own mistake. */
enum err db_audit(
    struct db *db, const char *who, const char *what, const char *subject, struct why *why);

/* Walks the whole chain. ERR_CONFLICT names the first row that does not fit; count (may be NULL)
 * receives how many rows were good. */
enum err db_audit_verify(struct db *db, int64_t *count, struct why *why);

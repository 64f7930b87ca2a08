/* The audit chain: who did what to which thing, in the transaction that did it. [system.md
 * 6.3.2]
 *
 * Each row carries the SM3 digest of its own words and of the row before it, so a row that is
 * changed, removed or slipped in breaks the chain from there on. Rows cut off at the end alone
 * cannot be seen from the chain; whoever keeps the number of the last one elsewhere sees that,
 * too. Nobody can clear the table through this program. Persons are named by what identifies
 * them inside the centre, never by their number or name: an auditor may read the chain without
 * reading personal data. */
#pragma once

#include "stores/sql/db.h"

enum { AUDIT_WORD_MAX = 64, AUDIT_SUBJECT_MAX = 120 }; /* letters, in bytes of UTF-8 */

/* Adds one row inside the transaction that is open; without one, the row is its own
 * transaction. who: the officer's code, or "system"; what: the event's name; subject: the
 * thing, such as "card A00000015". Longer words are our own mistake. When it fails, the change
 * that it tells of must be given up, too: nothing is done here without its row. */
enum err db_audit(
    struct db *db, const char *who, const char *what, const char *subject, struct why *why);

/* Whether the chain has a row: whether anybody ever worked with this database. */
enum err db_audit_begun(struct db *db, bool *begun, struct why *why);

/* The subject of the newest row with that event, in subject. ERR_NOT_FOUND when there is none. Who
 * keeps a number that may only grow keeps it so: nobody can take the row back. */
enum err db_audit_last(
    struct db *db, const char *what, char subject[AUDIT_SUBJECT_MAX + 1], struct why *why);

/* Walks the whole chain. ERR_CONFLICT names the last row before the break; *count (may be NULL)
 * receives how many rows were good. Nothing is changed; a long chain takes as long as it is. */
enum err db_audit_verify(struct db *db, int64_t *count, struct why *why);

/* Approvals in two places: in the order of coming, and sorted by their tickets. [decision 0057]
 *
 * A group of online questions adds rows behind the last one, a page or two; sorted, each would
 * dirty a page of its own. An index in memory knows where each ticket stands; it is read from the
 * table when it is first asked, so a kill loses nothing. A record that uses an approval puts it
 * into the sorted place, and its transaction moves the oldest of the others there, a piece of
 * them: lines that are answered meanwhile wait no longer for it than for any other desk.
 *
 * approvals 1: approval_find() sees both places. A ticket that stands in both is what the sorted
 *              place says: sorting never takes a use back.
 * approvals 2: a ticket is approved once, whoever else writes to the same database. Only one
 *              process at a time has a transaction there; it begins with what others have added
 *              meanwhile, and numbers are never given twice, sorted rows or not.
 * approvals 3: sorting may be cut after each of its sentences, and taken back: what is missing then
 *              is done by the next one.
 * approvals 4: nothing here is right only because the index is: what it does not know was never
 *              added, and what it knows is read before it is believed. Without memory for it the
 *              tables are searched. */
#pragma once

#include "stores/sql/ticket_index.h"

struct sqlite_clearing;

/* Transactions inside each other; one more is our own mistake. */
enum { TX_DEPTH_MAX = 8 };

/* How many of those that came a transaction sorts beside its work. */
enum { APPROVALS_PIECE = 2048 };

/* What the store knows of approval_came. All zeros: nothing yet. */
struct approvals_came {
    struct ticket_index index;
    int64_t newest;              /* the number that was given last, here or by others */
    int64_t known;               /* rows up to it are in the index, and are kept for good */
    int64_t began[TX_DEPTH_MAX]; /* newest, when each of the open transactions began */
    bool tidied;                 /* this transaction has sorted its piece */
    bool fresh;                  /* nobody else can have added anything since it was read */
    bool blind;   /* the index is of no use until the database's transaction has ended */
    bool missing; /* the ticket below was sought and not found, in this transaction */
    uint8_t sought[TICKET_LEN];
};

/* A transaction of the store is about to begin; the innermost was kept, or was taken back. For
 * clearing_store.c, which counts them. */
void approvals_begin(struct sqlite_clearing *s);
void approvals_kept(struct sqlite_clearing *s);
void approvals_taken_back(struct sqlite_clearing *s);

/* Moves what came up to a number to the sorted place, in the caller's transaction; nothing to move
 * is OK. */
enum err approvals_sort(struct sqlite_clearing *s, int64_t upto, struct why *why);

/* Gives the memory back. */
void approvals_forget(struct approvals_came *came);

/* Fills in approval_find, approval_add and approval_use. */
void clearing_approvals_offer(struct clearing_store *store);

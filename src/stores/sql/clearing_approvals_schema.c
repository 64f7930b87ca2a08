#include "stores/sql/schema.h"

/* Approvals in the order of coming, beside those that stand in the order of their tickets (table
 * approval, migration 3). Whoever wants all of them asks approval_all, in which what stands sorted
 * counts. [decision 0057] */
const char approvals_schema[] =
    /* A group of online questions adds its rows to one page, wherever their tickets belong. There
     * is no key on the ticket: the store that adds a row knows the tickets of all others. */
    "CREATE TABLE approval_came (\n"
    "  seq INTEGER PRIMARY KEY,\n" /* rises for ever; has gaps */
    "  ticket BLOB NOT NULL,\n"
    "  factor BLOB NOT NULL,\n"
    "  terminal BLOB NOT NULL,\n"
    "  amount INTEGER NOT NULL\n"
    ") STRICT;\n"
    /* One row for each time that approval_came was emptied into approval. */
    "CREATE TABLE approval_sorted (\n"
    "  upto INTEGER PRIMARY KEY\n" /* the last seq that was sorted then: the next one is above */
    ") STRICT;\n"
    "CREATE VIEW approval_all AS\n"
    "  SELECT ticket, factor, terminal, amount, used FROM approval\n"
    "  UNION ALL\n"
    "  SELECT ticket, factor, terminal, amount, 0 FROM approval_came WHERE NOT EXISTS\n"
    "    (SELECT 1 FROM approval WHERE approval.ticket = approval_came.ticket);\n";

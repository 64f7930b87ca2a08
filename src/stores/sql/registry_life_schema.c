#include "stores/sql/schema.h"

/* Migration 6: what the life of a card on the counter needs beyond the registry's first tables.
 * Days are YYYYMMDD, times HHMMSS. */
const char life_schema[] =
    /* The application that is to bring a card in place of this one; 0: none. */
    "ALTER TABLE card ADD COLUMN replacement INTEGER NOT NULL DEFAULT 0;\n"
    "CREATE INDEX card_replacement ON card (replacement) WHERE replacement <> 0;\n"
    /* What the receipt of a step says: until when a loss report holds, and the version of the
     * blacklist that carries its entry; 0: none. */
    "ALTER TABLE card_event ADD COLUMN until INTEGER NOT NULL DEFAULT 0;\n"
    "ALTER TABLE card_event ADD COLUMN version INTEGER NOT NULL DEFAULT 0;\n"
    /* A new value of a parameter waits here for a second officer. */
    "CREATE TABLE parameter_proposal (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL,\n"
    "  valid_from INTEGER NOT NULL,\n"
    "  value INTEGER NOT NULL,\n"
    "  who TEXT NOT NULL,\n"
    "  decision INTEGER NOT NULL DEFAULT 0,\n" /* 0 waiting, 1 approved, 2 refused */
    "  second TEXT NOT NULL DEFAULT '',\n"
    "  CHECK (second <> who)\n"
    ") STRICT;\n"
    "CREATE INDEX parameter_waiting ON parameter_proposal (id) WHERE decision = 0;\n"
    /* Which version of the blacklist each terminal was last seen with. */
    "CREATE TABLE terminal_list (\n"
    "  terminal TEXT PRIMARY KEY,\n"
    "  version INTEGER NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  time INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n";

#include "stores/sql/schema.h"

/* Migration 19. Money is fen, days are YYYYMMDD; a decision is an enum range_decision. */
const char order_schema[] =
    /* settled: the day on which it was paid (receipt) or waived (waived, second), or 0. */
    "CREATE TABLE application_fee (\n"
    "  application INTEGER PRIMARY KEY REFERENCES application (id),\n"
    "  fen INTEGER NOT NULL,\n"
    "  settled INTEGER NOT NULL DEFAULT 0,\n"
    "  receipt TEXT NOT NULL DEFAULT '',\n"
    "  waived TEXT NOT NULL DEFAULT '',\n"
    "  officer TEXT NOT NULL DEFAULT '',\n"
    "  second TEXT NOT NULL DEFAULT '',\n"
    "  CHECK (fen > 0)\n"
    ") STRICT;\n"
    "CREATE UNIQUE INDEX application_fee_receipt ON application_fee (receipt) WHERE receipt <> "
    "'';\n"
    "CREATE TABLE number_request (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  letter TEXT NOT NULL,\n"
    "  last INTEGER NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  decision INTEGER NOT NULL,\n"
    "  paper TEXT NOT NULL,\n"
    "  officer TEXT NOT NULL,\n"
    "  second TEXT NOT NULL DEFAULT '',\n"
    "  CHECK (second <> officer)\n"
    ") STRICT;\n";

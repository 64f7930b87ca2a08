#include "stores/sql/schema.h"

/* Blank cards, the orders that moved them, and the files of batches. States and steps are the codes
 * of issuance/stock.def; days are YYYYMMDD. */
const char stock_schema[] =
    /* One row for each chip that was ever bought; serial: the eight digits that end
     * its factor. */
    "CREATE TABLE blank (\n"
    "  serial INTEGER PRIMARY KEY,\n"
    "  state INTEGER NOT NULL,\n"
    "  point TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE INDEX blank_place ON blank (point, state);\n"
    /* The ledger: what was ordered, by whom, and whether it is done. Never changed but for the second
     * signature. other: where to, for what is sent; batch: for what is taken to production. */
    "CREATE TABLE stock_order (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  request TEXT NOT NULL UNIQUE,\n"
    "  step INTEGER NOT NULL,\n"
    "  first INTEGER NOT NULL,\n"
    "  count INTEGER NOT NULL,\n"
    "  point TEXT NOT NULL,\n"
    "  other TEXT NOT NULL,\n"
    "  note TEXT NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  officer TEXT NOT NULL,\n"
    "  second TEXT NOT NULL DEFAULT '',\n"
    "  done INTEGER NOT NULL,\n"
    "  CHECK (second <> officer)\n"
    ") STRICT;\n"
    "CREATE INDEX stock_order_point ON stock_order (point, step);\n"
    "CREATE INDEX stock_order_other ON stock_order (other, step) WHERE other <> '';\n"
    /* What went out to bank, maker and initialising centre, and what came back: one of each for a
     * batch, with the SM3 digest of its bytes, so that a file sent again is known. */
    "CREATE TABLE batch_file (\n"
    "  batch INTEGER NOT NULL REFERENCES batch (id),\n"
    "  way INTEGER NOT NULL,\n"
    "  digest BLOB NOT NULL,\n"
    "  lines INTEGER NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  officer TEXT NOT NULL,\n"
    "  PRIMARY KEY (batch, way)\n"
    ") STRICT, WITHOUT ROWID;\n";

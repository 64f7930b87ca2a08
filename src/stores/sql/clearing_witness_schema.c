#include "stores/sql/schema.h"

/* Migration 4: what a day is proven from, and what people decide about it. Days are YYYYMMDD, money
 * fen. */
const char witness_schema[] =
    /* The bytes of each file that was taken in, as they came; the digest in upload is theirs. */
    "CREATE TABLE upload_piece (\n"
    "  upload INTEGER NOT NULL REFERENCES upload (id),\n"
    "  piece INTEGER NOT NULL,\n" /* from 1 */
    "  bytes BLOB NOT NULL,\n"
    "  PRIMARY KEY (upload, piece)\n"
    ") STRICT;\n"
    "CREATE INDEX upload_day ON upload (day, id);\n"
    "CREATE INDEX record_place ON record (upload, place);\n"
    "CREATE INDEX posting_day ON posting (day, id);\n"
    /* What moves money beside records and payouts: asked for by one officer, done by another. */
    "CREATE TABLE move (\n"
    "  number TEXT PRIMARY KEY,\n"
    "  kind INTEGER NOT NULL,\n"   /* its place in move.def */
    "  upload INTEGER NOT NULL,\n" /* the record that it is about, or 0 */
    "  place INTEGER NOT NULL,\n"
    "  institution TEXT NOT NULL,\n"
    "  fen INTEGER NOT NULL CHECK (fen > 0),\n"
    "  reference TEXT NOT NULL,\n"
    "  state INTEGER NOT NULL,\n" /* 0 asked, 1 done */
    "  asked INTEGER NOT NULL,\n" /* the day on which it was asked for */
    "  day INTEGER NOT NULL,\n"   /* the day that it belongs to, or 0 while it is not done */
    "  maker TEXT NOT NULL,\n"
    "  approver TEXT NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX move_day ON move (day, number);\n"
    "CREATE INDEX move_record ON move (upload, place);\n"
    /* Cities that cards of ours buy in, and whose cards buy here: named by the first four bytes of
     * their cards' factors. Each is an institution, too, that files come from and money goes to. */
    "CREATE TABLE city (\n"
    "  institution TEXT PRIMARY KEY REFERENCES institution (code),\n"
    "  prefix BLOB NOT NULL UNIQUE\n"
    ") STRICT, WITHOUT ROWID;\n"
    /* What the bank said of each payout, and the file that said it. */
    "CREATE TABLE bank_answer (\n"
    "  day INTEGER NOT NULL,\n"
    "  seq INTEGER NOT NULL,\n"
    "  returned INTEGER NOT NULL,\n"
    "  reason TEXT NOT NULL,\n"
    "  PRIMARY KEY (day, seq),\n"
    "  FOREIGN KEY (day, seq) REFERENCES payout (day, seq)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE bank_return (\n"
    "  day INTEGER PRIMARY KEY REFERENCES business_day (day),\n"
    "  digest BLOB NOT NULL,\n"
    "  taken INTEGER NOT NULL\n" /* the day that was open then: what came back belongs to it */
    ") STRICT;\n";

#include "stores/sql/schema.h"

/* Migration 16: days that were taken in parts. Their records stand in segments beside the
 * database; here is
 * what the segments must be, and what the sums of the day need. Days are YYYYMMDD, money fen. */
const char parts_schema[] =
    "CREATE TABLE parts_day (\n"
    "  day INTEGER PRIMARY KEY REFERENCES business_day (day),\n"
    "  page BLOB NOT NULL,\n" /* the seal of its page */
    "  files INTEGER NOT NULL,\n"
    "  segments INTEGER NOT NULL,\n"
    "  records INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE parts_segment (\n"
    "  day INTEGER NOT NULL,\n"
    "  part INTEGER NOT NULL,\n" /* from 0 */
    "  records INTEGER NOT NULL,\n"
    "  seal BLOB NOT NULL,\n"
    "  PRIMARY KEY (day, part)\n"
    ") STRICT, WITHOUT ROWID;\n"
    /* Of each file and end the records that have no row in record; day is the file's. */
    "CREATE TABLE parts_sum (\n"
    "  upload INTEGER NOT NULL REFERENCES upload (id),\n"
    "  reason INTEGER NOT NULL,\n"
    "  finding INTEGER NOT NULL,\n"
    "  records INTEGER NOT NULL,\n"
    "  fen INTEGER NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  PRIMARY KEY (upload, reason, finding)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX parts_sum_day ON parts_sum (day, reason);\n";

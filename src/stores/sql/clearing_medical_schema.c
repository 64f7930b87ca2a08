#include "stores/sql/schema.h"

/* What medical records have beside the columns of every record, and which blacklist each terminal was given
 * when. Days are YYYYMMDD, times HHMMSS, moments both in one number, money fen. [decision 0055] */
const char medical_schema[] =
    "CREATE TABLE record_medical (\n"
    "  upload INTEGER NOT NULL REFERENCES upload (id),\n"
    "  place INTEGER NOT NULL,\n"
    "  city_factor BLOB NOT NULL,\n"  /* of the card's city, as the terminal says */
    "  first_fen INTEGER NOT NULL,\n" /* the first amount: 0 */
    "  bill_fen INTEGER NOT NULL,\n"  /* the second: the whole bill */
    "  PRIMARY KEY (upload, place)\n"
    ") STRICT, WITHOUT ROWID;\n"
    /* Every list that a terminal was ever given, by the moment of the list; terminal_list has the last. */
    "CREATE TABLE terminal_given (\n"
    "  terminal TEXT NOT NULL,\n"
    "  made INTEGER NOT NULL,\n"
    "  version INTEGER NOT NULL,\n"
    "  PRIMARY KEY (terminal, made)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "INSERT INTO terminal_given (terminal, made, version)\n"
    "  SELECT terminal, day * 1000000 + time, version FROM terminal_list;\n";

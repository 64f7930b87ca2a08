#include "stores/sql/schema.h"

/* Versions of every key: what a card has at another version than it was made with, from which batch on
 * cards are made with another one, and the version of a module's own main control keys. What stands
 * nowhere is version 1. Of a key that cards hold in several versions side by side, the lowest. */
const char keys_schema[] = "CREATE TABLE card_key (\n"
                           "  number TEXT NOT NULL,\n"
                           "  key_name TEXT NOT NULL,\n" /* as the catalogue writes it */
                           "  version INTEGER NOT NULL,\n"
                           "  PRIMARY KEY (number, key_name)\n"
                           ") STRICT, WITHOUT ROWID;\n"
                           "CREATE INDEX card_key_version ON card_key (key_name, version);\n"
                           "INSERT INTO card_key (number, key_name, version)\n"
                           "  SELECT number, 'DPK', version FROM card_version;\n"
                           "DROP TABLE card_version;\n"
                           "CREATE TABLE key_begun (\n"
                           "  key_name TEXT NOT NULL,\n"
                           "  batch INTEGER NOT NULL,\n" /* the first that is made with it */
                           "  version INTEGER NOT NULL,\n"
                           "  PRIMARY KEY (key_name, batch)\n"
                           ") STRICT, WITHOUT ROWID;\n"
                           "ALTER TABLE psam ADD COLUMN main_version INTEGER NOT NULL DEFAULT 1;\n";

#include "stores/sql/schema.h"

/* Migration 7. States are those of ceremony/keeping_life.h. */
const char keeping_schema[] =
    "CREATE TABLE key_officer (\n"
    "  code TEXT PRIMARY KEY,\n"
    "  on_duty INTEGER NOT NULL,\n"
    "  salt BLOB NOT NULL,\n"
    "  proof BLOB NOT NULL\n" /* Argon2id of the passphrase */
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE carrier (\n"
    "  serial INTEGER PRIMARY KEY,\n"
    "  kind TEXT NOT NULL,\n"
    "  ceremony TEXT NOT NULL,\n"
    "  holder TEXT NOT NULL,\n"
    "  place TEXT NOT NULL,\n"
    "  state INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE psam (\n"
    "  terminal TEXT PRIMARY KEY,\n"
    "  institution TEXT NOT NULL,\n"
    "  versions INTEGER NOT NULL,\n" /* of the purchase key: bit n for version n */
    "  state INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"
    /* Cards that have another version of the purchase key than they were made with; a card without a
     * row has version 1. */
    "CREATE TABLE card_version (\n"
    "  number TEXT PRIMARY KEY,\n"
    "  version INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX card_version_index ON card_version (version);\n";

#include "stores/sql/schema.h"

/* Banks, exceptions, limits, stays and months. Days are YYYYMMDD, moments YYYYMMDDHHMMSS, months
 * YYYYMM, money fen. The bank's answers have their tables since migration 4. */
const char settle_schema[] =
    /* The head's yes to payouts that two officers may not let out alone. */
    "CREATE TABLE day_head (\n"
    "  day INTEGER PRIMARY KEY REFERENCES business_day (day),\n"
    "  officer TEXT NOT NULL\n"
    ") STRICT;\n"
    /* What a day was closed with though it was not at its end. */
    "CREATE TABLE day_exception (\n"
    "  day INTEGER NOT NULL REFERENCES business_day (day),\n"
    "  kind INTEGER NOT NULL,\n" /* its place in exception.def */
    "  subject TEXT NOT NULL,\n"
    "  things INTEGER NOT NULL,\n"
    "  fen INTEGER NOT NULL,\n"
    "  settled INTEGER NOT NULL,\n" /* the business day of its end, or 0 */
    "  PRIMARY KEY (day, kind, subject)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX day_exception_open ON day_exception (day, kind, subject) WHERE settled = 0;\n"
    "CREATE TABLE outage (\n"
    "  number TEXT PRIMARY KEY,\n"
    "  institution TEXT NOT NULL,\n" /* or '': everywhere */
    "  began INTEGER NOT NULL,\n"
    "  ended INTEGER NOT NULL,\n"
    "  reason TEXT NOT NULL,\n"
    "  maker TEXT NOT NULL,\n"
    "  approver TEXT NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"
    /* What a terminal sold on a day is asked for each of its files. */
    "CREATE INDEX record_terminal ON record (terminal, moment) WHERE stands = 1;\n"
    /* A settled stay: the bill, the person's year as it was then, and who pays what. */
    "CREATE TABLE stay (\n"
    "  number TEXT PRIMARY KEY,\n"
    "  institution TEXT NOT NULL REFERENCES institution (code),\n"
    "  person INTEGER NOT NULL,\n"
    "  admitted INTEGER NOT NULL,\n"
    "  days INTEGER NOT NULL,\n"
    "  level INTEGER NOT NULL,\n"
    "  person_class INTEGER NOT NULL,\n"
    "  kind INTEGER NOT NULL,\n"
    "  total INTEGER NOT NULL,\n"
    "  own_paid INTEGER NOT NULL,\n"
    "  class_b INTEGER NOT NULL,\n"
    "  year_pooled INTEGER NOT NULL,\n"
    "  year_ceiling INTEGER NOT NULL,\n" /* -1: none */
    "  year_supplementary INTEGER NOT NULL,\n"
    "  year_account_pays INTEGER NOT NULL,\n"
    "  year_account INTEGER NOT NULL,\n"
    "  eligible INTEGER NOT NULL,\n"
    "  deductible INTEGER NOT NULL,\n"
    "  rate INTEGER NOT NULL,\n"
    "  pooled INTEGER NOT NULL,\n"
    "  supplementary INTEGER NOT NULL,\n"
    "  own INTEGER NOT NULL,\n"
    "  account INTEGER NOT NULL,\n"
    "  cash INTEGER NOT NULL,\n"
    "  day INTEGER NOT NULL,\n"
    "  officer TEXT NOT NULL,\n"
    "  CHECK (pooled + supplementary + account + cash = total)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX stay_person ON stay (person, day);\n"
    "CREATE INDEX stay_month ON stay (institution, day);\n"
    "CREATE TABLE month_claim (\n"
    "  month INTEGER NOT NULL,\n"
    "  institution TEXT NOT NULL REFERENCES institution (code),\n"
    "  stays INTEGER NOT NULL,\n"
    "  claimed INTEGER NOT NULL,\n"
    "  cut INTEGER NOT NULL,\n"
    "  retention INTEGER NOT NULL,\n" /* thousandths */
    "  granted INTEGER NOT NULL,\n"
    "  kept INTEGER NOT NULL,\n"
    "  paid INTEGER NOT NULL,\n"
    "  state INTEGER NOT NULL,\n" /* 0 first opinion, 1 decided */
    "  reason TEXT NOT NULL,\n"
    "  first_officer TEXT NOT NULL,\n"
    "  second_officer TEXT NOT NULL,\n"
    "  PRIMARY KEY (month, institution),\n"
    "  CHECK (claimed - cut = granted AND kept + paid = granted)\n"
    ") STRICT, WITHOUT ROWID;\n";

/* What a card bought on a day is asked for each of its records. */
const char limits_schema[] =
    "CREATE INDEX record_card_day ON record (factor, moment) WHERE stands = 1;\n";

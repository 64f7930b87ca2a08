#include <assert.h>
#include <string.h>

#include "stores/postgres/postgres_link.h"

/* What PostgreSQL adds to the tables of an area, right behind its migration and while they are
 * empty; it is a part of the migration, and its digest. [docs/decisions/0037]
 *
 * tables 1: record, posting and entry are partitioned by month, and what belongs to a card
 *           inside a month by the card; a month's partitions are made when a business day is
 *           opened.
 * tables 2: what falls outside of every month that is there lies in a partition of the rest, and
 *           stays there.
 * tables 3: audit is partitioned by blocks of its numbers, which rise with time: one chain, one
 *           key. */

/* The few words of SQLite that our sentences use and PostgreSQL lacks; sums are numeric. */
#define LARGER(type)                                                                               \
    "CREATE FUNCTION max(" type ", " type ") RETURNS " type " LANGUAGE sql IMMUTABLE AS $$\n"      \
    "  SELECT CASE WHEN $1 >= $2 THEN $1 WHEN $2 > $1 THEN $2 END $$;\n"
#define SMALLER(type)                                                                              \
    "CREATE FUNCTION min(" type ", " type ") RETURNS " type " LANGUAGE sql IMMUTABLE AS $$\n"      \
    "  SELECT CASE WHEN $1 <= $2 THEN $1 WHEN $2 < $1 THEN $2 END $$;\n"
#define WORDS_OF_SQLITE                                                                            \
    LARGER("bigint")                                                                               \
    LARGER("numeric")                                                                              \
    SMALLER("bigint")                                                                              \
    SMALLER("numeric")                                                                             \
    "CREATE FUNCTION zeroblob(bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$\n"                \
    "  SELECT decode(repeat('00', $1::int), 'hex') $$;\n"                                          \
    "CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$\n"                       \
    "  SELECT upper(encode($1, 'hex')) $$;\n"

/* One partition from lower to before upper, itself spread over four by the hash of a column, or not
 * (''). Where rows of it lie in the partition of the rest already, none is made (tables 2). */
#define PARTITION_ADD                                                                              \
    "CREATE FUNCTION partition_add(parent text, part text, lower_end bigint, upper_end bigint,\n"  \
    "  spread text) RETURNS void LANGUAGE plpgsql AS $$\n"                                         \
    "BEGIN\n"                                                                                      \
    "  IF to_regclass(part) IS NOT NULL THEN\n"                                                    \
    "    RETURN;\n"                                                                                \
    "  END IF;\n"                                                                                  \
    "  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', part,\n"     \
    "    parent, lower_end, upper_end)\n"                                                          \
    "    || CASE spread WHEN '' THEN '' ELSE format(' PARTITION BY HASH (%I)', spread) END;\n"     \
    "  FOR i IN 0..3 LOOP\n"                                                                       \
    "    EXIT WHEN spread = '';\n"                                                                 \
    "    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4,'\n"           \
    "      ' REMAINDER %s)', part || '_' || i, part, i);\n"                                        \
    "  END LOOP;\n"                                                                                \
    "EXCEPTION WHEN check_violation THEN\n"                                                        \
    "  NULL;\n"                                                                                    \
    "END $$;\n"

static const char registry_more[] = WORDS_OF_SQLITE PARTITION_ADD
    "CREATE TABLE audit_parts (LIKE audit) PARTITION BY RANGE (id);\n"
    "DROP TABLE audit;\n"
    "ALTER TABLE audit_parts RENAME TO audit;\n"
    "ALTER TABLE audit ADD PRIMARY KEY (id);\n"
    "CREATE TABLE audit_rest PARTITION OF audit DEFAULT;\n"
    "SELECT partition_add('audit', 'audit_0', 0, 1000000, '');\n";

static const char clearing_more[] =
    /* The same trade has the same moment: its copies meet in one partition, where a key finds
     * them. */
    "CREATE TABLE record_parts (LIKE record) PARTITION BY RANGE (moment);\n"
    "DROP TABLE record;\n"
    "ALTER TABLE record_parts RENAME TO record;\n"
    "CREATE SEQUENCE record_number;\n"
    "ALTER TABLE record ALTER id SET DEFAULT nextval('record_number');\n"
    "ALTER TABLE record ADD PRIMARY KEY (id, factor, moment);\n"
    "ALTER TABLE record ADD FOREIGN KEY (upload) REFERENCES upload (id);\n"
    "CREATE UNIQUE INDEX record_proof ON record\n"
    "  (terminal, terminal_seq, factor, amount, trade, moment) WHERE stands = 1;\n"
    "CREATE INDEX record_card ON record (factor, number) WHERE stands = 1;\n"
    "CREATE INDEX record_upload ON record (upload);\n"
    "CREATE INDEX record_day ON record (day, reason);\n"
    "CREATE TABLE record_rest PARTITION OF record DEFAULT;\n"
    /* A posting's number is unique over all days: who posts takes the number first. */
    "CREATE TABLE posting_parts (LIKE posting) PARTITION BY RANGE (day);\n"
    "DROP TABLE entry;\n"
    "DROP TABLE posting;\n"
    "ALTER TABLE posting_parts RENAME TO posting;\n"
    "CREATE SEQUENCE posting_id;\n"
    "ALTER TABLE posting ALTER id SET DEFAULT nextval('posting_id');\n"
    "ALTER TABLE posting ADD PRIMARY KEY (id, day);\n"
    "CREATE INDEX posting_number ON posting (number);\n"
    "CREATE TABLE posting_rest PARTITION OF posting DEFAULT;\n"
    "CREATE TABLE posting_taken (number TEXT PRIMARY KEY);\n"
    "CREATE FUNCTION posting_take() RETURNS trigger LANGUAGE plpgsql AS $$\n"
    "BEGIN\n"
    "  INSERT INTO posting_taken VALUES (NEW.number);\n"
    "  RETURN NEW;\n"
    "END $$;\n"
    "CREATE TRIGGER posting_take BEFORE INSERT OR UPDATE OF number ON posting FOR EACH ROW\n"
    "  EXECUTE FUNCTION posting_take();\n"
    /* An entry has the day of its posting and lies with the other entries of its account. */
    "CREATE TABLE entry (\n"
    "  posting bigint NOT NULL,\n"
    "  place bigint NOT NULL,\n"
    "  account bigint NOT NULL REFERENCES account (id),\n"
    "  fen bigint NOT NULL CHECK (fen <> 0),\n"
    "  day bigint NOT NULL,\n"
    "  PRIMARY KEY (posting, place, account, day),\n"
    "  FOREIGN KEY (posting, day) REFERENCES posting (id, day)\n"
    ") PARTITION BY RANGE (day);\n"
    "CREATE INDEX entry_account ON entry (account, fen);\n"
    "CREATE TABLE entry_rest PARTITION OF entry DEFAULT;\n"
    /* The months before, of and after a day, and the block of the audit chain behind its last
     * one. */
    "CREATE FUNCTION day_parts(day bigint) RETURNS void LANGUAGE plpgsql AS $$\n"
    "DECLARE\n"
    "  begins date := date_trunc('month', to_date(day::text, 'YYYYMMDD')) - interval '1 month';\n"
    "  m bigint;\n"
    "  n bigint;\n"
    "BEGIN\n"
    "  FOR i IN 0..2 LOOP\n"
    "    m := to_char(begins + i * interval '1 month', 'YYYYMM')::bigint;\n"
    "    n := to_char(begins + (i + 1) * interval '1 month', 'YYYYMM')::bigint;\n"
    "    PERFORM partition_add('record', 'record_' || m, m * 100000000, n * 100000000,\n"
    "      'factor');\n"
    "    PERFORM partition_add('posting', 'posting_' || m, m * 100, n * 100, '');\n"
    "    PERFORM partition_add('entry', 'entry_' || m, m * 100, n * 100, 'account');\n"
    "  END LOOP;\n"
    "  m := (SELECT coalesce(max(id), 0) / 1000000 + 1 FROM audit);\n"
    "  PERFORM partition_add('audit', 'audit_' || m, m * 1000000, (m + 1) * 1000000, '');\n"
    "END $$;\n"
    "CREATE FUNCTION day_opened() RETURNS trigger LANGUAGE plpgsql AS $$\n"
    "BEGIN\n"
    "  PERFORM day_parts(NEW.day);\n"
    "  RETURN NULL;\n"
    "END $$;\n"
    "CREATE TRIGGER day_opened AFTER INSERT ON business_day FOR EACH ROW\n"
    "  EXECUTE FUNCTION day_opened();\n";

static const struct more {
    const char *area, *script;
} mores[] = {
    {"registry", registry_more},
    {"clearing", clearing_more},
};

const char *postgres_more_tables(const char *area) {
    assert(area);
    for (size_t i = 0; i < sizeof mores / sizeof mores[0]; i++) {
        if (strcmp(mores[i].area, area) == 0) {
            return mores[i].script;
        }
    }
    return "";
}

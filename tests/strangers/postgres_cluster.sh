#!/bin/bash
# shellcheck source=tests/strangers/postgres_server.sh disable=SC2154
# Three servers as a cluster: the records of a month lie by card on two of them, as foreign partitions of
# the third, where the centre works. A day is made, cleared and proven on it, and comes out as in a
# file. [docs/decisions/0037]
. "$(dirname "$0")/postgres_server.sh"

for name in middle east west; do
    server_make "$name"
    server_start "$name"
done
few_people 250
ends 0 pilot_in "$here/file" --forge 2
centre_on middle city "$here/city"

# Each node has the tables of a centre, and two shares of the month with the keys that a partition has.
for name in east west; do
    centre_on "$name" city "$here/$name-tables"
done
share() { # NAME NUMBER
    sql "$1" city "CREATE TABLE record_200310_$2 (LIKE record INCLUDING ALL)"
    sql middle city "IMPORT FOREIGN SCHEMA public LIMIT TO (record_200310_$2) FROM SERVER $1 INTO public"
    sql middle city "ALTER TABLE record_200310 ATTACH PARTITION record_200310_$2
        FOR VALUES WITH (MODULUS 4, REMAINDER $2)"
}

# A foreign partition keeps its keys at home: the parent gives up its own, which say the same, because
# every key has the card and the moment in it.
sql middle city "CREATE EXTENSION postgres_fdw"
sql middle city "ALTER TABLE record DROP CONSTRAINT record_pkey;
    ALTER TABLE record DROP CONSTRAINT record_upload_fkey;
    DROP INDEX record_proof;
    CREATE TABLE record_200310 PARTITION OF record FOR VALUES FROM (20031000000000)
        TO (20031100000000) PARTITION BY HASH (factor)"
for name in east west; do
    sql middle city "CREATE SERVER $name FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host '$here/$name', dbname 'city');
        CREATE USER MAPPING FOR shebao SERVER $name OPTIONS (user 'shebao')"
done
share east 0
share east 1
share west 2
share west 3

ends 0 pilot_in "$here/city" --forge 2
figures proven "$here/city/pilot.json" 2
same_outcome "$here/file" "$here/city"
ends 0 "$pilot" day prove --data "$here/city"
says out "proven"

all=$(sql middle city "SELECT count(*) FROM record")
east=$(sql east city "SELECT (SELECT count(*) FROM record_200310_0) + count(*) FROM record_200310_1")
west=$(sql west city "SELECT (SELECT count(*) FROM record_200310_2) + count(*) FROM record_200310_3")
echo "$all records: $east in the east, $west in the west"
[ "$east" -gt 0 ] || fail "the east has no records"
[ "$west" -gt 0 ] || fail "the west has no records"
[ $((east + west)) = "$all" ] || fail "records lie elsewhere"

# A node refuses the second copy of a trade that stands, as a partition at home would.
columns=$(sql middle city "SELECT string_agg(attname, ', ') FROM pg_attribute
    WHERE attrelid = 'record'::regclass AND attnum > 0 AND attname <> 'id'")
if sql middle city "INSERT INTO record ($columns)
    SELECT $columns FROM record WHERE stands = 1 LIMIT 1" 2>"$here/err"; then
    fail "a copy of a trade was taken"
fi
says err "duplicate key"

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
spread() {
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
}
spread

began=$(date +%s%N)
ends 0 pilot_in "$here/city" --forge 2
took_ms=$((($(date +%s%N) - began) / 1000000))
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

# --- a node is lost in the middle of a commit. The other nodes commit before the middle does, so it may be
# --- that one of them keeps records of a file that the centre never had: they are removed, and noted, when
# --- the centre is opened, and running on comes to the same end.

# What that looks like, made by hand: the last file is taken back in the middle alone.
stray=$(sql middle city "SELECT max(id) + 1 FROM upload")
sql east city "INSERT INTO record_200310_0 SELECT (r).* FROM (SELECT r FROM record_200310_0 r LIMIT 1) AS one" \
    2>"$here/err" && fail "a node took the same row twice"
sql east city "UPDATE record_200310_0 SET upload = $stray, terminal_seq = terminal_seq + 1000000
    WHERE id = (SELECT min(id) FROM record_200310_0)" # a record loses its file
ends 1 "$pilot" day prove --data "$here/city"
says err "does not agree"
[ "$(sql east city "SELECT count(*) FROM record_200310_0 WHERE upload = $stray")" = 0 ] ||
    fail "a stray record is still there"
[ "$(sql middle city "SELECT count(*) FROM audit WHERE what = 'strays-removed'
    AND subject = '1 records, 0 entries'")" = 1 ] || fail "nobody noted the stray record"

# And by chance: a node killed again and again while days are made and cleared.
seed=${KILL_SEED:-$$}
echo "KILL_SEED=$seed"
RANDOM=$seed
sql middle postgres "DROP DATABASE city WITH (FORCE)"
for name in east west; do
    sql "$name" postgres "DROP DATABASE city WITH (FORCE)"
done
centre_on middle city "$here/killed"
for name in east west; do
    centre_on "$name" city "$here/$name-again"
done
spread
kills=0
for _ in $(seq 12); do
    pilot_alone "$here/killed" --forge 2 >"$here/out" 2>"$here/err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$kills" -lt 12 ]; do
        wait_ms=$((took_ms / 10 + RANDOM % (took_ms / 3)))
        sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
        name=$([ $((RANDOM % 2)) = 0 ] && echo east || echo west)
        server_kill "$name"
        server_start "$name"
        kills=$((kills + 1))
    done
    status=0
    wait "$pid" || status=$?
    [ "$status" = 0 ] && break
    [ "$status" = 5 ] || fail "without a node it ended with $status: $(tail -n 3 "$here/err")"
done
echo "$kills kills of a node"
[ "$kills" -ge 3 ] || fail "only $kills kills of a node"
ends 0 pilot_in "$here/killed" --forge 2
figures proven "$here/killed/pilot.json" 2
same_outcome "$here/file" "$here/killed" alike
ends 0 "$pilot" day prove --data "$here/killed"
says out "proven"
[ "$(sql middle city "SELECT count(*) FROM record WHERE upload NOT IN (SELECT id FROM upload)")" = 0 ] ||
    fail "records of no file are left"

#!/bin/bash
# shellcheck source=tests/strangers/postgres_server.sh disable=SC2154
# Every test of the stores that a file passes is passed by a server, too: the same programs, sent
# there by their environment. Those whose disk fails below SQLite have no say about a server.
. "$(dirname "$0")/postgres_server.sh"

server_make one
# postgres_pilot and postgres_cluster kill their servers and let them wait.
server_never_cut
server_start one
sql one postgres "CREATE DATABASE second"
built=$(dirname "$shebao")/tests
cd "$root"

# The programs by turns, in two lanes, each with a database of its own: a centre's has one writer.
lane() { # DATABASE FIRST: every second program
    local name at=0
    SHEBAO_TEST_DATABASE=$(address one "$1")
    export SHEBAO_TEST_DATABASE
    while read -r source; do
        name=${source#"$built/"}
        name=${name%.d}
        # A walk of a hundred thousand orders against a model, and disks that fail below SQLite:
        # nothing in them is a server's.
        case $name in registry/life_walk_test | faults/*) continue ;; esac
        at=$((at + 1))
        [ $((at % 2)) = "$2" ] || continue
        status=0
        "$built/$name" >"$here/out.$2" 2>&1 </dev/null || status=$?
        if [ "$status" != 0 ]; then
            echo "$name: $(grep -E 'ERROR|FAILED|error' "$here/out.$2" | head -n 12)"
            return 1
        fi
        echo "$name: $(grep -E '^\[  PASSED' "$here/out.$2" | tr -dc 0-9) passed," \
            "$(grep -cE '^\[  SKIPPED \] [a-z]' "$here/out.$2" || true) lines of what is SQLite's own"
    done < <(grep -l 'tests/stores/engine_address.h' "$built"/*/*_test.d | xargs grep -L 'failing_disk.h')
}
lane second 0 >"$here/lane.0" &
lane postgres 1 >"$here/lane.1" || fail "$(tail -n 12 "$here/lane.1")"
wait $! || fail "$(tail -n 12 "$here/lane.0")"
cat "$here/lane.0" "$here/lane.1"
run=$(cat "$here/lane.0" "$here/lane.1" | wc -l)
[ "$run" -ge 15 ] || fail "only $run programs; are they built?"

# A server that is not there, or not ours, is told in one sentence, and nothing is left behind.
refuses 5 "does not answer" "$shebao" init --rehearsal --data "$here/none" \
    --database "postgresql:///x?host=$here/nobody"
refuses 2 "holds a password" "$shebao" init --rehearsal --data "$here/none" \
    --database "postgresql://shebao:secret@localhost/x"
if grep -q secret "$here/err"; then
    fail "a password is repeated"
fi
refuses 2 "not like postgresql://" "$shebao" init --rehearsal --data "$here/none" --database city.db
sql one postgres "CREATE DATABASE strange"
sql one strange "CREATE TABLE letter (text text)"
refuses 2 "another program" "$shebao" init --rehearsal --data "$here/none" \
    --database "$(address one strange)"
sql one postgres "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"
refuses 2 "UTF8" "$shebao" init --rehearsal --data "$here/none" --database "$(address one latin)"
[ ! -e "$here/none/centre.json" ] || fail "a refused centre was made"

# One that works: another centre is refused its database, and it is told when its server goes away or has
# lost everything.
pilot=$shebao
centre_on one city "$here/city"
refuses 2 "a centre already" "$shebao" init --rehearsal --data "$here/none" \
    --database "$(address one city)"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/city" --json
says out '"accepted": 1887'
touch "$here/city/pilot.json"
sql one postgres "DROP DATABASE city"
sql one postgres "CREATE DATABASE city"
refuses 2 "restore that database" "$shebao" person show 440102197612110010 --data "$here/city"
as "$programs/pg_ctl" -D "$here/one/data" -m fast stop >/dev/null
refuses 5 "does not answer" "$shebao" person show 440102197612110010 --data "$here/city"

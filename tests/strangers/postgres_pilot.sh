#!/bin/bash
# shellcheck source=tests/strangers/postgres_server.sh disable=SC2154
# A pilot whose books are on a server: the same figures and the same file for the bank as in a file,
# and again when the program, or the server, is killed at random moments.
. "$(dirname "$0")/postgres_server.sh"

seed=${KILL_SEED:-$$}
echo "KILL_SEED=$seed"
RANDOM=$seed
few_people 250
server_make one
server_start one
ends 0 pilot_in "$here/file" --forge 2
figures proven "$here/file/pilot.json" 2

centre_on one calm "$here/calm"
began=$(date +%s%N)
ends 0 pilot_in "$here/calm" --forge 2
took_ms=$((($(date +%s%N) - began) / 1000000))
same_outcome "$here/file" "$here/calm"
ends 0 "$pilot" day prove --data "$here/calm"
says out "proven"
[ ! -e "$here/calm/city.db" ] || fail "there is a file beside the server's database"
[ "$(sql one calm 'SELECT count(*) FROM record_rest')" = 0 ] \
    || fail "a day's records are outside of its month's partition"

# killed WHO DIR: the pilot in DIR, disturbed until it comes to its end; WHO is program or server.
killed() {
    local attempt wait_ms pid status
    for attempt in $(seq 30); do
        wait_ms=$((RANDOM % (took_ms * (attempt + 2) / 6 + 10)))
        pilot_alone "$2" --forge 2 >"$here/out" 2>"$here/err" &
        pid=$!
        sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
        status=0
        if [ "$1" = program ]; then
            kill -KILL "$pid" 2>/dev/null && kills=$((kills + 1))
            wait "$pid" 2>/dev/null || status=$?
            [ "$status" = 0 ] && break
            [ "$status" = 137 ] || fail "after a kill it ended with $status: $(tail -n 3 "$here/err")"
        else
            server_kill one && kills=$((kills + 1))
            server_start one
            wait "$pid" 2>/dev/null || status=$?
            [ "$status" = 0 ] && break
            [ "$status" = 5 ] || fail "without its server it ended with $status: $(tail -n 3 "$here/err")"
        fi
    done
    ends 0 pilot_in "$2" --forge 2
    figures proven "$2/pilot.json" 2
    same_outcome "$here/file" "$2" alike
}

for who in program server; do
    kills=0
    for round in 1 2 3 4 5 6; do # where a machine was slow only at first, few are killed in time
        [ "$round" -le 3 ] || [ "$kills" -lt 5 ] || break
        centre_on one "$who$round" "$here/$who$round"
        killed "$who" "$here/$who$round"
    done
    echo "$kills kills of the $who"
    [ "$kills" -ge 5 ] || fail "only $kills kills of the $who"
done

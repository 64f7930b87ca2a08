#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Desks work while terminals are answered: a loss that is reported counts for the very next question, the
# day ends without a stop, nobody waits long for the other, and what must be alone is refused.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/house/online_city.sh
. "$(dirname "$0")/online_city.sh"

ends 0 key "$till" approver
serve
ends 0 ask "$(ticket 1)" "$factor" 20000

# --- a loss and its lifting, between two questions
began=$(date +%s%N)
ends 0 "$shebao" card lose "$card" --officer point --data "$city"
refuses 2 "state 4" ask "$(ticket 2)" "$factor" 20000
took_ms=$((($(date +%s%N) - began) / 1000000))
echo "a loss reported and refused at a terminal within $took_ms ms"
[ "$took_ms" -lt 60000 ] || fail "it took more than a minute"
ends 0 "$shebao" card found "$card" --officer point --data "$city"
ends 0 ask "$(ticket 3)" "$factor" 20000

# --- desks and lines at the same moment: every question is answered, every report is kept
flood() {
    local i
    for i in $(seq 1000 1150); do
        ask "$(ticket "$i")" "$factor" 20000 >/dev/null 2>>"$here/flood.err" || return 1
    done
}
flood &
flooding=$!
others=$(sqlite3 "$city/city.db" "SELECT number FROM card WHERE life = 1 AND number <> '$card' ORDER BY number LIMIT 12")
for other in $others; do
    ends 0 "$shebao" card lose "$other" --officer point --data "$city"
done
wait "$flooding" || fail "a question was not answered: $(cat "$here/flood.err")"
[ "$(sqlite3 "$city/city.db" "SELECT count(*) FROM card WHERE number IN ('${others//$'\n'/"','"}') AND life = 4")" = 12 ] \
    || fail "a report was lost"

# --- the business day ends and the next begins while they ask
ends 0 "$shebao" day cutover --officer clearer --data "$city"
ends 0 ask "$(ticket 4)" "$factor" 20000
ends 0 ask "$(ticket 3)" "$factor" 20000

# --- and what must be alone says who is there
refuses 5 "another shebao is at work" "$shebao" pilot --people "$root/data/pilot-people.csv" --data "$city"
refuses 5 "lock.online" "$shebao" key version show --data "$city"
kill -TERM "${started[-1]}"
wait "${started[-1]}" || fail "it did not end well: $(cat "$here/started.err")"
says started.out " 0 not kept"
ends 0 "$shebao" report check --data "$city"

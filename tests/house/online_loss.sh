#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A loss that is reported at a desk stops the card at points that ask, within the minute that the city promises:
# the terminals' server runs all the while, and nobody tells it. [system.md 12, effect on host; 4.0.1 T4-T7]
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/house/online_city.sh
. "$(dirname "$0")/online_city.sh"

promised=60
ends 0 key "$till" approver
serve
ends 0 ask "$(ticket 1)" "$factor" 20000
says out Approved

# Another purchase is asked for again and again, from the moment when the desk has answered.
desk() { "$shebao" card "$@" --officer point --data "$city"; }
until_answer() { # STATUS NUMBER: asks until it ends so; the seconds that it took are in $took
    local began=$SECONDS status i=$2
    while true; do
        status=0
        ask "$(ticket "$i")" "$factor" 20000 >"$here/out" 2>"$here/err" || status=$?
        [ "$status" = "$1" ] && break
        [ $((SECONDS - began)) -le "$promised" ] || fail "after $promised seconds still: $(cat "$here/err")"
        i=$((i + 1))
        sleep 0.2
    done
    took=$((SECONDS - began))
}
ends 0 desk lose "$card"
until_answer 2 100
says err "not in use"
echo "lost for now: refused after $took s"
ends 0 desk found "$card"
until_answer 0 200
echo "found again: approved after $took s"
ends 0 desk lose "$card" --formal
until_answer 2 300
says err "not in use"
echo "lost for good: refused after $took s"

# What was approved before the report is answered as it was: the sale was made.
ends 0 ask "$(ticket 1)" "$factor" 20000
says out Approved

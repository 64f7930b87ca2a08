#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The pilot of two thousand people: proven, in time, and the same again from the same seed.
. "$(dirname "$0")/lib.sh"

began=$(date +%s)
ends 0 pilot_in "$here/a" --json
took=$(($(date +%s) - began))
[ "$took" -lt 60 ] || fail "it took $took seconds; at most 60 are promised"
echo "2,000 people in $took s"

# --json says the same as the file that it leaves.
figures proven "$here/a/pilot.json"
cp "$here/out" "$here/printed.json"
figures same "$here/printed.json" "$here/a/pilot.json"
[ ! -s "$here/err" ] || fail "--json is not quiet: $(cat "$here/err")"
chips=$(find "$here/a/chips" -name '*.chip' | wc -l)
made=$(figures get "$here/a/pilot.json" cards.made)
at_once=$(figures get "$here/a/pilot.json" issuing.blanks.good)
[ "$chips" = $((made + at_once)) ] || fail "there is not one chip for each card"

# The long way of a card into a hand: each part of it has happened, and the rows say so.
figures issued "$here/a/pilot.json"
row() { sqlite3 "$here/a/city.db" "$1"; }
[ "$(row "SELECT count(*) FROM handover WHERE enabled > 0")" \
    = $(($(figures get "$here/a/pilot.json" cards.handed_out) + 1)) ] || fail "a card without a receipt, or two"
[ "$(row "SELECT count(*) FROM box_card")" = "$(figures get "$here/a/pilot.json" issuing.point.lying)" ] \
    || fail "the boxes hold other cards than the point answers for"
[ "$(row "SELECT count(*) FROM card WHERE life = 9 AND sub_reason = 91")" = 1 ] || fail "no card was replaced"
[ "$(row "SELECT count(*) FROM card WHERE life = 9 AND sub_reason = 96")" = 1 ] || fail "none was taken back unclaimed"
[ "$(row "SELECT count(*) FROM card WHERE life = 9 AND sub_reason = 98")" = 1 ] || fail "none was taken back as wrong"
ends 0 "$shebao" stock count --data "$here/a"
ends 0 "$shebao" report check --data "$here/a"

# Again on the same centre: nothing is done twice, and the figures stay.
cp "$here/a/pilot.json" "$here/first.json"
ends 0 pilot_in "$here/a"
says out "$here/a/pilot.json"
figures same "$here/first.json" "$here/a/pilot.json"

# The same seed and file elsewhere.
ends 0 pilot_in "$here/b"
same_outcome "$here/a" "$here/b"

# Another order on the same centre is refused, and the centre stays as it was.
refuses 2 "another --data" pilot_in "$here/a" --seed 2
refuses 2 "another --data" pilot_in "$here/a" --forge 1
refuses 2 "another --data" pilot_in "$here/a" --date 20031009
figures same "$here/first.json" "$here/a/pilot.json"

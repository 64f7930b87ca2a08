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
[ "$chips" = "$(figures get "$here/a/pilot.json" cards.made)" ] \
    || fail "there is not one chip for each card"

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

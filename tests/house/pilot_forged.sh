#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Forged and repeated records in the uploads: each is found, none is paid, and the honest ones are.
. "$(dirname "$0")/lib.sh"

few_people 300
ends 0 pilot_in "$here/honest"
figures proven "$here/honest/pilot.json"
for count in 1 7; do
    ends 0 pilot_in "$here/forged$count" --forge "$count"
    figures proven "$here/forged$count/pilot.json" "$count"
    [ "$(figures get "$here/forged$count/pilot.json" payout_fen)" \
        = "$(figures get "$here/honest/pilot.json" payout_fen)" ] || fail "a forged record was paid"
done

# Another seed makes another day.
ends 0 pilot_in "$here/other" --seed 2
figures proven "$here/other/pilot.json"
[ "$(figures get "$here/other/pilot.json" loads.fen)" \
    != "$(figures get "$here/honest/pilot.json" loads.fen)" ] || fail "the seed changes nothing"

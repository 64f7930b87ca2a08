#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# kill -9 at random moments, again and again, until the pilot comes to its end: the figures and the
# bank's file must be those of a pilot that nobody disturbed, but for how much was recovered. KILL_SEED=N repeats a run.
. "$(dirname "$0")/lib.sh"

seed=${KILL_SEED:-$$}
echo "KILL_SEED=$seed"
RANDOM=$seed
few_people 250
began=$(date +%s%N)
ends 0 pilot_in "$here/calm" --forge 2
took_ms=$((($(date +%s%N) - began) / 1000000))
figures proven "$here/calm/pilot.json" 2

kills=0 round=0
while [ "$kills" -lt 15 ] && [ "$round" -lt 20 ]; do
    round=$((round + 1))
    dir=$here/killed$round
    for attempt in $(seq 40); do
        # Later attempts get longer, so that each round ends.
        wait_ms=$((RANDOM % (took_ms * (attempt + 2) / 8 + 10)))
        pilot_alone "$dir" --forge 2 >"$here/out" 2>"$here/err" &
        pid=$!
        sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
        kill -KILL "$pid" 2>/dev/null && kills=$((kills + 1))
        status=0
        wait "$pid" 2>/dev/null || status=$?
        [ "$status" = 0 ] && break
        [ "$status" = 137 ] || fail "after a kill it ended with $status: $(tail -n 3 "$here/err")"
    done
    ends 0 pilot_in "$dir" --forge 2
    figures proven "$dir/pilot.json" 2
    same_outcome "$here/calm" "$dir" alike
    rm -rf "$dir"
done
echo "$kills kills in $round rounds"
[ "$kills" -ge 15 ] || fail "only $kills kills: the pilot was too fast to be disturbed"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# kill -9 at every call that changes the disk, in every step of a business day on the real program: given again,
# the step does its work, and the bank's file and the day's proof are those of a day that nobody disturbed.
. "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || skip "no compiler here for what kills the program"

cc -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$here/kill_at.so" "$root/tests/house/kill_at.c" -ldl
few_people 60
ends 0 pilot_in "$here/base"
day() { "$shebao" day "$1" --data "$dir" "${@:2}"; }
steps=(cutover net balance list approve bankfile close)
officer() { [ "$1" = approve ] && echo approver || echo clearer; }
run_step() { day "$1" 20031009 --officer "$(officer "$1")"; }

# The day after the pilot's, of a move that two officers agreed to, so that there is something to pay.
dir=$here/base
place=$(sqlite3 "$dir/city.db" "SELECT code FROM institution ORDER BY code LIMIT 1")
ends 0 day ask claim K-1 --institution "$place" --fen 1234 --reference 补记 --officer clearer
ends 0 day agree K-1 --officer approver

outcome() {
    ends 0 day prove 20031009
    grep -v "seconds" "$here/out"
    cat "$dir/bank/20031009.pay"
    sqlite3 "$dir/city.db" "SELECT * FROM business_day; SELECT * FROM payout; SELECT number, day FROM posting;
        SELECT kind, owner, fen FROM account; SELECT what, who, subject FROM audit"
}

dir=$here/calm
cp -r "$here/base" "$dir"
for step in "${steps[@]}"; do
    cp -r "$dir" "$here/before-$step"
    SHEBAO_KILL_COUNT=$here/count-$step LD_PRELOAD=$here/kill_at.so ends 0 run_step "$step"
done
outcome >"$here/wanted"
grep -q "^PAY|" "$here/wanted" || fail "there is nothing to pay"

kills=0
dir=$here/killed
for ((i = 0; i < ${#steps[@]}; i++)); do
    calls=$(cat "$here/count-${steps[i]}")
    for ((n = 1; n <= calls; n++)); do
        for after in "" 1; do
            [ "${SHEBAO_CUTS-}" = all ] || [ -n "$after" ] || [ $((n % 2)) = 1 ] || continue
            rm -rf "$dir"
            cp -r "$here/before-${steps[i]}" "$dir"
            status=0
            # The braces keep the shell's own word about the killed program out of the log.
            { env SHEBAO_KILL_AT="$n" ${after:+SHEBAO_KILL_AFTER=1} LD_PRELOAD="$here/kill_at.so" \
                "$shebao" day "${steps[i]}" 20031009 --officer "$(officer "${steps[i]}")" --data "$dir" \
                >"$here/out" 2>"$here/err" </dev/null; } 2>"$here/shell" || status=$?
            [ "$status" = 137 ] || fail "${steps[i]}, call $n: it was not killed but ended with $status"
            kills=$((kills + 1))
            for ((j = i; j < ${#steps[@]}; j++)); do ends 0 run_step "${steps[j]}"; done
            outcome | cmp - "$here/wanted" || fail "${steps[i]}, killed at call $n${after:+, behind it}: another end"
        done
    done
done
echo "$kills kills"
[ "$kills" -ge 20 ] || fail "only $kills kills"

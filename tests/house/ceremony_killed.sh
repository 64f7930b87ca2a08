#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A ceremony on a centre with keys of its own is killed at every call that changes the disk, between its steps
# and inside them; given again it comes to the same end, or it is undone and nothing of it is left.
. "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || skip "no compiler here for what kills the program"

cc -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$here/kill_at.so" "$root/tests/house/kill_at.c" -ldl
echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
cat >"$here/plan" <<'END'
ceremony 2003-7
begin 2003-10-08 09:00
officers key-a key-b
generate DPK 3DES 2
split DPK 3DES 2 into 2 of 3 for zhang li wang
recover DPK 3DES 2 from here zhang wang
share-card 101 DPK 3DES 2 from here for li
psam-batch 1 from 440100000901 at GZYD0001
generate BTK 3DES 2
close BTK 3DES 1
END
base=$here/base
ends 0 "$shebao" init --rehearsal --keys file "${both[@]}" --data "$base"
ends 0 "$shebao" key carriers list --data "$base" # the officers of a rehearsal are there now

hold() { "$shebao" key ceremony "$here/plan" "${both[@]}" --data "$1" "${@:2}"; }
killed_at() {
    SHEBAO_KILL_AT=$1 LD_PRELOAD=$here/kill_at.so hold "$2" >"$here/out" 2>"$here/err" </dev/null
}

# How many there are, and what the end is.
cp -r "$base" "$here/whole"
SHEBAO_KILL_COUNT=$here/count LD_PRELOAD=$here/kill_at.so hold "$here/whole" >/dev/null
calls=$(cat "$here/count")
[ "$calls" -gt 30 ] || fail "only $calls calls change the disk"
# What is the same whoever held it: which keys there are and in which state; carriers, modules, transcript.
outcome() {
    ends 0 "$shebao" key vault check "${both[@]}" --data "$1"
    sed 's/check value.*//' "$here/out"
    ends 0 "$shebao" key carriers list --data "$1"
    cat "$here/out"
    ends 0 "$shebao" key psam list --data "$1"
    cat "$here/out"
    ends 0 "$shebao" key transcript "$1/vault/ceremonies/2003-7/transcript.txt"
    find "$1/vault" "$1/psams" -type f | sed "s|^$1||" | sort
}
outcome "$here/whole" >"$here/wanted"
outcome_before() {
    ends 0 "$shebao" key vault check "${both[@]}" --data "$1"
    cat "$here/out"
    find "$1/psams" "$1/vault" -type f ! -name keys.vault | sed "s|^$1||" | sort
}
outcome_before "$base" >"$here/nothing"

undone=0
every=23
[ "${SHEBAO_CUTS-}" = all ] && every=1
every=${SHEBAO_KILLS:-$every}
for ((n = 1; n <= calls; n += every)); do
    for after in "" 1; do
        rm -rf "$here/c"
        cp -r "$base" "$here/c"
        status=0
        if [ -n "$after" ]; then
            SHEBAO_KILL_AFTER=1 killed_at "$n" "$here/c" || status=$?
        else
            killed_at "$n" "$here/c" || status=$?
        fi
        [ "$status" = 137 ] || fail "call $n did not kill it: status $status, $(cat "$here/err")"
        if [ $((n % 2)) = 0 ] && hold "$here/c" --undo >"$here/out" 2>"$here/err" </dev/null; then
            outcome_before "$here/c" >"$here/got"
            diff "$here/nothing" "$here/got" || fail "undone after call $n, something is left"
            undone=$((undone + 1))
        fi
        # What had reached the vault cannot be undone, and what was undone is begun again.
        hold "$here/c" >"$here/out" 2>"$here/err" </dev/null \
            || grep -q "was held to its end" "$here/err" || fail "after call $n: $(cat "$here/err")"
        outcome "$here/c" >"$here/got"
        diff "$here/wanted" "$here/got" || fail "killed at call $n, it came to another end"
    done
done
[ "$undone" -gt 2 ] || fail "only $undone ceremonies were undone"
echo "$calls calls, every ${every}th killed before and after, $undone undone"

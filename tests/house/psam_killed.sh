#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# `key psam issue` is killed at every call that changes the disk; given again it ends as if nothing had been:
# one module, registered once, that computes as the vault does.
. "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || skip "no compiler here for what kills the program"

cc -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$here/kill_at.so" "$root/tests/house/kill_at.c" -ldl
base=$here/base
terminal=440100000777
ends 0 "$shebao" init --rehearsal --data "$base"
ends 0 "$shebao" key psam list --data "$base" # the officers of a rehearsal are there now
issue() { "$shebao" key psam issue "$terminal" --institution GZYD0001 --data "$1"; }

cp -r "$base" "$here/whole"
SHEBAO_KILL_COUNT=$here/count LD_PRELOAD=$here/kill_at.so issue "$here/whole" >/dev/null
calls=$(cat "$here/count")
[ "$calls" -gt 10 ] || fail "only $calls calls change the disk"

# Given again after a cut, whatever the cut left.
again() {
    if ! issue "$here/c" >"$here/out" 2>"$here/err" </dev/null; then
        # Behind its end nothing is left to do: then it was issued, and says so.
        grep -q "has a module already, which is 生成 made" "$here/err" \
            || fail "after $1: $(cat "$here/err")"
    fi
    ends 0 "$shebao" key psam list --data "$here/c"
    [ "$(grep -c "^$terminal" "$here/out")" = 1 ] || fail "after $1: $(cat "$here/out")"
    [ "$(find "$here/c/psams" -type f | sort)" = "$here/c/psams/$terminal.chip" ] \
        || fail "after $1 something is left: $(ls "$here/c/psams")"
    # It is a whole module: a version that it has is asked for, and it computes as the vault does.
    ends 0 "$shebao" key psam add-key "$terminal" --version 1 --data "$here/c"
}

for ((n = 1; n <= calls; n++)); do
    for after in "" 1; do
        rm -rf "$here/c"
        cp -r "$base" "$here/c"
        status=0
        (
            [ -z "$after" ] || export SHEBAO_KILL_AFTER=1
            SHEBAO_KILL_AT=$n LD_PRELOAD=$here/kill_at.so issue "$here/c" >"$here/out" 2>"$here/err" </dev/null
        ) || status=$?
        [ "$status" = 137 ] || fail "call $n did not kill it: status $status, $(cat "$here/err")"
        again "call $n"
    done
done

# Between two calls, too: the chip is memory while it is made.
killed=0
for ((ms = 5; ms <= 400; ms += ms / 4 + 1)); do
    rm -rf "$here/c"
    cp -r "$base" "$here/c"
    status=0
    timeout -s KILL "0.$(printf %03d "$ms")" "$shebao" key psam issue "$terminal" \
        --institution GZYD0001 --data "$here/c" >"$here/out" 2>"$here/err" </dev/null || status=$?
    [ "$status" = 0 ] || killed=$((killed + 1))
    again "$ms ms"
done
[ "$killed" -gt 2 ] || fail "only $killed were killed by the clock"

# A module that nobody's note speaks of is still left alone.
cp "$here/c/psams/$terminal.chip" "$here/c/psams/440100000778.chip"
refuses 2 "a module that no register knows" "$shebao" key psam issue 440100000778 \
    --institution GZYD0001 --data "$here/c"
echo "$calls calls, killed before and after each, and $killed times by the clock"

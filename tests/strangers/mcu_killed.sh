#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# The microcontroller is killed in the middle of a talk, again and again: its cells are what it had
# programmed until then and nothing else. Each time the chip wakes up in this program's own reader.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs mcu_killed
mcu_command "$full_elf" "$here/mcu.chip" "$here/random" "$here/report" @PORT@

# The emulator is the teller's only child, and pulling it ends the teller. Where the teller just pulls it
# by itself, to take the next chip, there is another one a moment later; and one that dies before it has
# called is waited for as long as a carrier waits.
kill_emulator() { # kill_emulator TELLER
    local i
    for ((i = 0; i < 1500; i++)); do
        # shellcheck disable=SC2046 # a number and a blank, or nothing
        [ $((i % 25)) != 0 ] || kill -KILL $(cat "/proc/$1/task/$1/children" 2>/dev/null) 2>/dev/null || true
        sleep 0.02
        kill -0 "$1" 2>/dev/null || return 0
    done
    return 1
}

killed=0
for ((seed = 1; seed <= 12; seed++)); do
    rm -f "$here/report"
    "$tellers/script_test" --commands 100000 --seed $seed --carrier line --image "$here/mcu.chip" \
        --random "$here/random" -- "${mcu[@]}" >"$here/out" 2>&1 </dev/null &
    teller=$!
    started+=("$teller")
    until_true test -s "$here/report"
    sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
    kill_emulator "$teller" || fail "seed $seed: the talk goes on without a chip"
    killed=$((killed + 1))
    wait "$teller" && fail "seed $seed: the talk ended well without a chip"

    rm -f "$here/err" # what the one before said is no sign that this one listens
    "$shebao" chip serve --image "$here/mcu.chip" --vpcd 127.0.0.1:1 >"$here/out" 2>"$here/err" &
    waiting=$!
    started+=("$waiting")
    until_true grep -q "waiting for it" "$here/err"
    kill -INT "$waiting"
    wait "$waiting" || fail "seed $seed: the chip does not wake up: $(cat "$here/err")"
done
echo "killed $killed times at work, awake each time"

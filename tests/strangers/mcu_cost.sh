#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# What the small card costs on its microcontroller: instructions of a few commands, counted by the
# emulator (-icount: one instruction, one nanosecond), and the deepest stack of all stories, painted.
# Prints what docs/measured.md says; fails above a kilobyte of stack.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs mcu_cost

mcu_command "$small_elf" "$here/mcu.chip" "$here/random" "$here/report" @PORT@
told() { # told PROGRAM WORD...
    local program=$1
    shift
    timeout -k 1 300 "$tellers/$program" "$@" --small --carrier line --image "$here/mcu.chip" \
        --random "$here/random" -- "${mcu[@]}" -icount shift=0,sleep=off >"$here/out" 2>&1 </dev/null \
        || fail "$program: $(tail -n 20 "$here/out")"
}

# A report has a line for each command: class and instruction, ticks of 62.5 instructions, stack.
tell_cost() { # tell_cost COMMAND NAME: half of them took so much, and the most that one took
    local all
    mapfile -t all < <(awk -v which="0000$1" '$1 == which { print $2 }' "$here/costs" | sort)
    [ ${#all[@]} -gt 0 ] || fail "no $2 in the report"
    printf '%-32s %8d instructions, %8d at most, of %d\n' "$2" \
        $((16#${all[${#all[@]} / 2]} * 125 / 2)) $((16#${all[-1]} * 125 / 2)) ${#all[@]}
}

told stories_test
cp "$here/report" "$here/costs"
tell_cost 8050 "INITIALIZE (purchase, load)"
tell_cost 8054 "DEBIT FOR PURCHASE"
tell_cost 8052 "CREDIT FOR LOAD"
tell_cost 0020 "VERIFY"
tell_cost 00B2 "READ RECORD"
tell_cost 00A4 "SELECT"
tell_cost 80D4 "WRITE KEY"
told script_test --commands 5000
stack=$((16#$(cut -d' ' -f3 "$here/report" | sort | tail -n 1)))
echo "the deepest stack seen: $stack bytes"
[ "$stack" -le 1024 ] || fail "more than a kilobyte of stack"

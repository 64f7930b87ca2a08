#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# The card as a microcontroller, a Cortex-M0 under QEMU: every story is told to it as it stands; the same
# talk of some thousand commands gives the same answers and the same cells as in process, with the
# small card and with the whole one. SHEBAO_SCRIPT says how many commands, 2,000 otherwise.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs mcu_stories

commands=${SHEBAO_SCRIPT:-2000}
on_mcu() { # on_mcu ELF PROGRAM WORD...: with the chip on the microcontroller
    local elf=$1 program=$2
    shift 2
    mcu_command "$elf" "$here/mcu.chip" "$here/random" "$here/report" @PORT@
    timeout -k 1 600 "$tellers/$program" "$@" --carrier line --image "$here/mcu.chip" \
        --random "$here/random" -- "${mcu[@]}" >"$here/out" 2>&1 </dev/null \
        || fail "$program: $(tail -n 20 "$here/out")"
}

on_mcu "$full_elf" stories_test
grep -F 'PASSED' "$here/out"
on_mcu "$small_elf" stories_test --small
grep -E 'PASSED|skipped: ' "$here/out"

same_talk() { # same_talk ELF PROGRAM WORD...: there, and in the program itself
    local elf=$1 program=$2
    shift 2
    on_mcu "$elf" script_test --commands "$commands" "$@"
    timeout 600 "$program" --commands "$commands" "$@" >"$here/inside"
    cmp -s "$here/inside" "$here/out" \
        || fail "in process: $(cat "$here/inside"); on the microcontroller: $(cat "$here/out")"
    cat "$here/out"
}
same_talk "$full_elf" "$tellers/script_test"
same_talk "$small_elf" "$small_tellers/script_test" --small

# Killed in the middle of a talk, the chip is what it was: it goes on in this program's own reader.
cmp -n 8 "$here/mcu.chip" <(printf shebaoCH) || fail "the file is no chip any more"
"$shebao" chip serve --image "$here/mcu.chip" --vpcd 127.0.0.1:1 >"$here/out" 2>"$here/err" &
waiting=$!
started+=("$waiting")
until_true grep -q "waiting for it" "$here/err"
kill -INT "$waiting"
wait "$waiting" || fail "the chip of the microcontroller does not wake up: $(cat "$here/err")"

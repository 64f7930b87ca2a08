#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# opensc-tool reads a card that is a microcontroller: a P10 chip made by `shebao chip new` lies in a
# file, a Cortex-M0 under QEMU is its processor, and its serial line leads to the virtual PC/SC reader.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs pcsc_mcu pcscd opensc-tool unshare ip iconv
unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_mcu: needs root or user namespaces for a pcscd of its own"

ends 0 "$shebao" chip new --profile P10 --image "$here/1.chip" --serial 1 --name 样本持卡人 --json
number=$(sed -n 's/.*"card_number": "\([^"]*\)".*/\1/p' "$here/out")
[ ${#number} = 9 ] || fail "no card number in $(cat "$here/out")"
# The system's random numbers, for those of the emulated generator take 0.7 ms a byte.
mcu_command "$small_elf" "$here/1.chip" /dev/urandom "$here/report" 35963
CHIP_COMMAND="${mcu[*]}" timeout -k 1 120 unshare -m -n bash "$root/tests/strangers/pcsc_pilot.sh" \
    "$here/1.chip" 样本持卡人 "$number"
[ "$(grep -c '^00000084' "$here/report")" -ge 200 ] || fail "the microcontroller did not see the commands"

# Out of the microcontroller, into this program's own reader: it is the same chip.
SHEBAO=$shebao timeout -k 1 120 unshare -m -n bash "$root/tests/strangers/pcsc_pilot.sh" \
    "$here/1.chip" 样本持卡人 "$number"

#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# Stories and the same talk of many commands through PC/SC: to `shebao chip serve`, and to the card as a
# microcontroller whose serial line leads to the virtual reader. OpenSC's tool reads that one, too.
# SHEBAO_SCRIPT says how many commands the talk has, 2,000 otherwise.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs pcsc_stories pcscd opensc-tool unshare ip iconv
if [ -z "${IN_NAMESPACE-}" ]; then
    unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_stories: needs root or user namespaces for a pcscd of its own"
    rm -rf "$here"
    IN_NAMESPACE=1 exec timeout -k 1 900 unshare -m -n bash "$0"
fi

# A reader of our own; QEMU cannot ask for quick acknowledgements, so the route does. [readers.md 1.1]
ip link set lo up
for range in 127.0.0.0/8 127.0.0.1; do
    ip route change local $range dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
done
mkdir -p /run/pcscd "$here/small"
mount -t tmpfs none /run/pcscd
mount -t tmpfs none "$here/small" # what lib.sh takes away again
/usr/sbin/pcscd --foreground >"$here/pcscd.log" 2>&1 &
started+=($!)
until_true opensc-tool -l

commands=${SHEBAO_SCRIPT:-2000}
in_reader() { # in_reader PROGRAM WORD... -- COMMAND...: with the chip in the reader
    local program=$1
    shift
    timeout -k 1 600 "$tellers/$program" --carrier reader --image "$here/1.chip" --random "$here/random" "$@" \
        >"$here/out" 2>&1 </dev/null || fail "$program: $(tail -n 20 "$here/out")"
}
timeout 600 "$tellers/script_test" --commands "$commands" >"$here/inside"

serve=("$shebao" chip serve --image "$here/1.chip" --random "$here/random")
in_reader stories_test -- "${serve[@]}"
grep -F 'PASSED' "$here/out"
in_reader script_test --commands "$commands" -- "${serve[@]}"
cmp -s "$here/inside" "$here/out" || fail "in process: $(cat "$here/inside"); through the reader: $(cat "$here/out")"
cat "$here/out"

mcu_command "$full_elf" "$here/1.chip" "$here/random" "$here/report" 35963
in_reader stories_test -- "${mcu[@]}"
grep -F 'PASSED' "$here/out"
in_reader script_test --commands "$commands" -- "${mcu[@]}"
cmp -s "$here/inside" "$here/out" || fail "in process: $(cat "$here/inside"); on the microcontroller: $(cat "$here/out")"

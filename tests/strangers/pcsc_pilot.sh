#!/bin/bash
# pcsc_pilot.sh IMAGE NAME CARDNO: does OpenSC, which knows nothing of us, read this chip?
#
# Runs as `unshare -m -n bash pcsc_pilot.sh ...`: a pcscd of its own, whose files and ports nobody else
# sees. The chip is put into slot 0 of the virtual reader; its answer to reset, its card number and its
# holder's name are read by opensc-tool and compared; then 200 commands must pass within two seconds
# (a chip that forgets TCP_QUICKACK takes nine). SHEBAO names the program. Every wait has an end, and
# everything that was started here is stopped here, by its process id. CHIP_COMMAND puts the chip into
# the reader instead, by connecting to the reader's port.
set -euo pipefail
image=$1 name=$2 number=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
shebao=${SHEBAO:-$root/build/debug/shebao}
work=$(mktemp -d /tmp/shebao-pcsc-XXXXXX)
started=()
trap 'leave $?' EXIT

leave() {
    local i pid
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        for ((i = 0; i < 50; i++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
    exit "$1"
}

fail() {
    echo "not as promised: $*"
    tail -n 5 "$work"/*.log 2>/dev/null || true
    exit 1
}

# opensc-tool's words about a command are lines of hexadecimal with letters behind them: the bytes
# alone, of the last answer that had data.
answer() {
    timeout 10 opensc-tool -r 0 "$@" >"$work/out" 2>"$work/err" || fail "opensc-tool $*: $(cat "$work/err")"
    awk '/^Received/ { bytes = ""; next }
         /^Sending/ { next }
         /^([0-9A-F][0-9A-F] )+/ { for (i = 1; i <= 16 && $i ~ /^[0-9A-F][0-9A-F]$/; i++) bytes = bytes $i }
         END { print bytes }' "$work/out"
}

hex() {
    od -An -v -tx1 | tr -d ' \n' | tr a-f A-F
}

ip link set lo up
mkdir -p /run/pcscd
mount -t tmpfs none /run/pcscd
/usr/sbin/pcscd --foreground >"$work/pcscd.log" 2>&1 &
started+=($!)
if [ -n "${CHIP_COMMAND-}" ]; then
    # Somebody else's line acknowledges late; the route does it for all. [readers.md 1.1]
    for range in 127.0.0.0/8 127.0.0.1; do
        ip route change local $range dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
    done
    for ((i = 0; i < 100; i++)); do
        ss -ltn | grep -q :35963 && break
        sleep 0.1
    done
    # shellcheck disable=SC2086 # words without blanks
    $CHIP_COMMAND >"$work/chip.log" 2>&1 &
else
    "$shebao" chip serve --image "$image" >"$work/chip.log" 2>&1 &
fi
started+=($!)

for ((i = 0; i < 100; i++)); do
    timeout 5 opensc-tool -r 0 -a >"$work/atr" 2>/dev/null && grep -qi '^3b:6d' "$work/atr" && break
    sleep 0.1
done
grep -qi '^3b:6d:00:00:00:99:53:42:10:86:84:44:01' "$work/atr" || fail "answer to reset: $(cat "$work/atr")"

ssse="-s 00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
# shellcheck disable=SC2086 # an option and its value
{
    got=$(answer $ssse -s 00B207280B)
    want=0709$(printf %s "$number" | hex)
    [ "$got" = "$want" ] || fail "card number: $got, not $want"

    got=$(answer $ssse -s 00B2093020)
    want=$(printf %s "$name" | iconv -f UTF-8 -t GB18030 | hex)
    case $got in
    091E"$want"*) ;;
    *) fail "name: $got, not 091E$want" ;;
    esac
    rest=${got#091E"$want"}
    [ -z "${rest//0/}" ] || fail "behind the name stands $rest"

    # By its identifier, too, and what is not there is refused and not a riddle.
    got=$(answer -s 00A4000002DDF1 -s 00B207280B)
    [ "$got" = "0709$(printf %s "$number" | hex)" ] || fail "by DDF1: $got"
    answer -s 00A4040005A000000003 >/dev/null
    grep -q 'SW1=0x6A, SW2=0x82' "$work/out" || fail "a strange name: $(cat "$work/out")"

    # Two hundred challenges in one go.
    many=$(printf -- '-s 0084000008 %.0s' $(seq 200))
    began=$(date +%s%N)
    answer $many >/dev/null
    took=$((($(date +%s%N) - began) / 1000000))
}
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$work/out")" -ge 200 ] || fail "not all of 200 challenges were answered"
[ "$took" -le 2000 ] || fail "200 commands took $took ms"
echo "read by opensc-tool: card number $number, name $name; 200 commands in $took ms"

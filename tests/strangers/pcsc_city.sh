#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Chips of a pilot in a real PC/SC reader: the card that a person was handed, found by the person's
# number, is read by OpenSC's tool. Its number and name are the registry's, its name is the file's.
. "$(dirname "$0")/../house/lib.sh"

for tool in pcscd opensc-tool unshare ip iconv; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_city: $tool is not installed"
done
unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_city: needs root or user namespaces for a pcscd of its own"

head -n 31 "$root/data/pilot-people.csv" >"$here/people.csv"
ends 0 "$shebao" pilot --people "$here/people.csv" --data "$here/city"

checked=0
for line in 2 11 30; do
    person=$(sed -n "${line}p" "$here/people.csv" | iconv -f GB18030 -t UTF-8)
    number=$(printf %s "$person" | cut -d, -f1)
    name=$(printf %s "$person" | cut -d, -f2)
    "$shebao" person show "$number" --data "$here/city" --json >"$here/shown" 2>/dev/null || continue
    card=$(sed -n 's/.*"card": {"number": "\([^"]*\)".*/\1/p' "$here/shown")
    [ -n "$card" ] || continue
    SHEBAO=$shebao timeout 120 unshare -m -n bash "$root/tests/strangers/pcsc_pilot.sh" \
        "$here/city/chips/$card.chip" "$name" "$card"
    checked=$((checked + 1))
done
[ "$checked" -ge 2 ] || fail "only $checked of three people had a card"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# What tools/firmware.py says of the small card, and that it refuses what it should: a limit that is
# exceeded, functions that call each other in a circle, a stack that grows while a function runs.
. "$(dirname "$0")/../house/lib.sh"

command -v arm-none-eabi-size >/dev/null || skip "SKIPPED: firmware_limits: binutils-arm-none-eabi is not installed"
elf=${SHEBAO_FIRMWARE:-$root/build/cortex-m0/firmware.elf}
[ -e "$elf" ] || fail "$elf is not built: make CONF=cortex-m0 firmware"
tool=(python3 "$root/tools/firmware.py")

# The card as it is keeps the promises of decision 0019.
ends 0 "${tool[@]}" "$elf" --code 20480 --ram 1536 --stack 1024
says out "code and constants of the card:" "static RAM:" "stack:" "the deepest stack: reset_handler"

# Each limit by itself.
for limit in code ram stack; do
    ends 1 "${tool[@]}" "$elf" --$limit 100
    says out EXCEEDED
    [ "$(grep -c EXCEEDED "$here/out")" = 1 ] || fail "$limit: $(cat "$here/out")"
done

# The same card with something wrong in its call graph.
cp "$elf" "$here/card.elf"
wrong() { # wrong LINE: the graph with one line more
    rm -rf "$here/card.elf.graph"
    cp -r "$elf.graph" "$here/card.elf.graph"
    [ -z "$1" ] || printf '%s\n' "$1" >>"$here/card.elf.graph/more.ci"
}
wrong ''
ends 0 "${tool[@]}" "$here/card.elf"
wrong 'edge: { sourcename: "x:store_read" targetname: "x:card_exchange" }'
ends 1 "${tool[@]}" "$here/card.elf"
says err "in a circle"
wrong 'node: { title: "x:alloca" label: "alloca\nx.c:1:1\n8 bytes (dynamic)\n1 dynamic objects" }'
ends 1 "${tool[@]}" "$here/card.elf"
says err "alloca"
rm -rf "$here/card.elf.graph"
ends 1 "${tool[@]}" "$here/card.elf"
says err "no call graph"

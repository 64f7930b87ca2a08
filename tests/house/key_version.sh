#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Versions of keys in a city with keys of its own: made in a ceremony, begun for new cards by two officers,
# changed in cards at their next contact, counted, and the old one closed when the last card has gone.
. "$(dirname "$0")/lib.sh"

echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
few_people 6
city=$here/c
at=(--data "$city")
version() { "$shebao" key version "$@" "${both[@]}" "${at[@]}"; }
ceremony() {
    printf 'ceremony %s\nbegin 2003-10-08 09:00\nofficers key-a key-b\n%b' "$1" "$2" >"$here/plan"
    "$shebao" key ceremony "$here/plan" "${both[@]}" "${at[@]}"
}

ends 0 "$shebao" init --rehearsal --keys file "${both[@]}" "${at[@]}"
refuses 2 "version 2 of UK1DF01 (3DES) is not in this vault" version begin --key UK1DF01 --version 2
ends 0 ceremony 2003-1 'generate UK1DF01 3DES 2\ngenerate MK_DF02 3DES 2\ngenerate DPUK 3DES 2\n'

# New cards get what was begun; a whole pilot with them balances, each card read back with its keys.
refuses 2 "cannot be both officers" version begin --key UK1DF01 --version 2 --second key-a
ends 0 version begin --key UK1DF01 --version 2
says out "from batch 1 on"
ends 0 "$shebao" pilot --people "$people" "${both[@]}" "${at[@]}" --json
says out '"balanced": true' '"checked": 6'
ends 0 version count --key UK1DF01 --json
says out '{"cards": {"2": 6}}'
card=$(basename "$(find "$city/chips" -name '*.chip' | sort | head -n 1)" .chip)
ends 0 version show "$card"
says out "UK1DF01    version 2" "UK2DF01    version 1"
ends 0 version unused --key UK1DF01 --version 1
ends 0 ceremony 2003-2 'close UK1DF01 3DES 1\n'

# Another key is changed in one card after the other; the version before is closed last.
refuses 2 "still has version 1 of DPUK" version unused --key DPUK --version 1
ends 2 ceremony 2003-3 'close DPUK 3DES 1\n'
says err "still has version 1 of DPUK"
ends 0 "$shebao" key ceremony "$here/plan" --undo "${both[@]}" "${at[@]}"
left=0
for chip in "$city"/chips/*.chip; do
    ends 0 version change "$(basename "$chip" .chip)" --key DPUK --version 2
    left=$((left + 1))
done
[ "$left" = 6 ] || fail "$left cards"
ends 0 version change "$card" --key DPUK --version 2
ends 0 version change "$card" --key MK_DF02 --version 2
ends 0 version count --key DPUK
says out "version 2           6 cards"
refuses 2 "are made with version 1 of DPUK" version unused --key DPUK --version 1
ends 0 version begin --key DPUK --version 2
ends 0 version unused --key DPUK --version 1
refuses 2 "still has version 1 of MK_DF02" version unused --key MK_DF02 --version 1

# Three versions of the purchase key: modules first, then cards; loads and TACs follow the card's word.
ends 0 ceremony 2003-4 'generate DPK 3DES 2\ngenerate DLK 3DES 2\ngenerate DTK 3DES 2\ngenerate DPK 3DES 3\ngenerate DLK 3DES 3\ngenerate DTK 3DES 3\n'
ends 0 "$shebao" key psam issue 440100000777 --institution GZYD0001 "${both[@]}" "${at[@]}"
ends 0 "$shebao" key psam register 440100000777 "${at[@]}"
refuses 2 "modules get it before cards do" version change "$card" --version 2
for v in 2 3; do ends 0 "$shebao" key psam add-key 440100000777 --version $v "${both[@]}" "${at[@]}"; done
second=$(basename "$(find "$city/chips" -name '*.chip' | sort | sed -n 2p)" .chip)
ends 0 version change "$card" --version 2
ends 0 version change "$second" --version 3
ends 0 version count --json
says out '{"cards": {"1": 4, "2": 1, "3": 1}}'
refuses 2 "still has version 1 of DPK" version unused --key DLK --version 1

# Wrong words change nothing.
refuses 2 'no chip holds a key called "XYZ"' version count --key XYZ
refuses 2 'no chip holds a key called "BTK"' version count --key BTK
refuses 2 "no kind of card" version change "$card" --key UK2DF01 --version 1 --profile P99
refuses 2 "holds no RK1DF01" version change "$card" --key RK1DF01 --version 1
refuses 2 "nothing that is done with a version" version melt
refuses 2 "nine characters" version change --key UK2DF01 --version 1

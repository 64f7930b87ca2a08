#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A city whose wallets are of SM4: cards are made, loaded, buy at modules of SM4, and every TAC is checked at
# the clearing and again by the proof of the day, through the vault. Test keys and a file of two custodians.
. "$(dirname "$0")/lib.sh"

echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
few_people 20
refuses 2 'no cipher "AES"' "$shebao" init --rehearsal --wallets AES --data "$here/none"
refuses 2 "compute 3DES" "$shebao" init --rehearsal --keys module --wallets SM4 --data "$here/none"
[ ! -e "$here/none/centre.json" ] || fail "a centre was made of a wrong word"

for kind in seed file; do
    city=$here/$kind
    words=()
    [ "$kind" = seed ] || words=("${both[@]}")
    ends 0 "$shebao" init --rehearsal --keys "$kind" --wallets SM4 "${words[@]}" --data "$city"
    ends 0 "$shebao" pilot --people "$people" "${words[@]}" --data "$city" --json
    says out '"balanced": true' '"made": 20'
    ends 0 "$shebao" day prove "${words[@]}" --data "$city"
    says out "proven" "good TACs"
    ends 0 "$shebao" key psam issue 440100000777 --institution GZYD0001 "${words[@]}" --data "$city"
done

# The same people at the same moments under 3DES: other TACs, the same money.
ends 0 "$shebao" pilot --people "$people" --data "$here/tdes" --json
! diff -rq "$here/seed/uploads" "$here/tdes/uploads" >/dev/null || fail "two ciphers made the same TACs"
diff -r "$here/seed/bank" "$here/tdes/bank" || fail "the cipher of the wallets changed what the bank pays"

# Told the other cipher, the centre finds no TAC of its cards good.
python3 -c '
import json, sys
card = json.load(open(sys.argv[1]))
del card["wallets"]
json.dump(card, open(sys.argv[1], "w"))' "$here/seed/centre.json"
ends 1 "$shebao" day prove --data "$here/seed"

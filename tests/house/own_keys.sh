#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A rehearsal with keys of its own in a file of two custodians: cards are made, used, cleared and proven
# with these keys, both custodians are asked the same way by every command, and nothing works without.
. "$(dirname "$0")/lib.sh"

echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
few_people 20
city=$here/c
refuses 2 "no place called" "$shebao" init --keys drawer --data "$city"
refuses 2 "are for rehearsals" "$shebao" init --keys seed --data "$city"
ends 0 "$shebao" init --rehearsal --keys file "${both[@]}" --json --data "$city"
says out '"rehearsal": true' '"keys": "file"'

# Without both words nothing is made; a centre that is no rehearsal gets no invented people.
run=("$shebao" pilot --people "$people" --data "$city")
refuses 2 "do not open the vault" "${run[@]}" --custodian-a "$here/b" --custodian-b "$here/a"
refuses 2 "no terminal to ask custodian A" setsid "${run[@]}"
[ -z "$(ls "$city/chips")" ] || fail "a card was made without keys"
ends 0 "$shebao" init "${both[@]}" --data "$here/real"
refuses 2 "is no rehearsal" "$shebao" pilot --people "$people" --data "$here/real" "${both[@]}"

# From files and from descriptors; interrupted by nobody, balanced, proven, and other keys than a seed's.
ends 0 "${run[@]}" --custodian-a <(cat "$here/a") --custodian-b <(cat "$here/b") --json
says out '"balanced": true' '"made": 20'
ends 0 "$shebao" day prove "${both[@]}" --data "$city"
says out "proven"
refuses 2 "do not open the vault" "$shebao" day prove --custodian-a "$here/b" --custodian-b "$here/a" \
    --data "$city"
ends 0 "$shebao" pilot --people "$people" --data "$here/seed" --json
! diff -rq "$city/uploads" "$here/seed/uploads" >/dev/null || fail "two vaults made the same TACs"
upload=$(find "$city/uploads" -type f | head -n 1)
ends 0 "$shebao" day take "$upload" "${both[@]}" --data "$city"
says out "taken in before"

# Modules and cards' keys by the same door, and a ceremony on this centre's vault.
ends 0 "$shebao" key psam issue 440100000777 --institution GZYD0001 "${both[@]}" --data "$city"
refuses 2 "do not open the vault" "$shebao" key psam issue 440100000778 --institution GZYD0001 \
    --custodian-a "$here/b" --custodian-b "$here/a" --data "$city"
refuses 2 "keys of its own" "$shebao" key ceremony --rehearse --data "$city"
printf 'ceremony 2003-1\nbegin 2003-10-08 09:00\nofficers key-a key-b\ngenerate DPK 3DES 2\n' \
    >"$here/plan"
ends 0 "$shebao" key ceremony "$here/plan" "${both[@]}" --data "$city"
ends 0 "$shebao" key psam add-key 440100000777 --version 2 "${both[@]}" --data "$city"

# An older copy of the vault file passes for the new one nowhere.
cp "$city/vault/keys.vault" "$here/new"
ends 0 "$shebao" key vault complete "${both[@]}" --data "$city"
cp "$here/new" "$here/old"
cp "$city/vault/keys.vault" "$here/new"
cp "$here/old" "$city/vault/keys.vault"
refuses 2 "is an older copy: generation" "${run[@]}" "${both[@]}"
refuses 2 "is an older copy: generation" "$shebao" day prove "${both[@]}" --data "$city"
refuses 2 "is an older copy: generation" "$shebao" serve --port 0 "${both[@]}" --data "$city"
refuses 2 "is an older copy: generation" "$shebao" key ceremony "$here/plan" "${both[@]}" --data "$city"
cp "$here/new" "$city/vault/keys.vault"

# What the vault refuses stands in the audit chain: version 9 was never made.
ends 2 "$shebao" key psam add-key 440100000777 --version 9 "${both[@]}" --data "$city"
says err "version 9 of DPK (3DES) is not in this vault"
rows=$(sqlite3 "$city/city.db" "SELECT count(*) FROM audit WHERE what = 'request-refused'
    AND subject LIKE 'version 9 of DPK%'" 2>/dev/null) \
    || rows=$(grep -ac "version 9 of DPK" "$city/city.db")
[ "$rows" -ge 1 ] || fail "the refusal is not in the audit chain"
# ... whichever command asked: the desk that opens a vault hears for all of them.
refuses 2 "version 8 of IRK (3DES) is not in this vault" "$shebao" key version begin --key IRK \
    --version 8 "${both[@]}" --data "$city"
grep -qa "version 8 of IRK" "$city/city.db" "$city"/city.db-* \
    || fail "the refusal of another command is not in the audit chain"
! grep -rqa "words of the" "$city" || fail "a passphrase is in a file"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A centre with keys of its own: two custodians make and open its vault, a file that is cut, changed or
# older is told apart, and no passphrase or key is shown anywhere.
. "$(dirname "$0")/lib.sh"

echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
echo "short" >"$here/short"
both=(--custodian-a "$here/a" --custodian-b "$here/b")

refuses 2 "two persons" "$shebao" init --custodian-a "$here/a" --custodian-b "$here/a" --data "$here/c"
refuses 2 "has 5 bytes" "$shebao" init --custodian-a "$here/short" --custodian-b "$here/b" \
    --data "$here/c"
[ ! -e "$here/c" ] || fail "a refused init left something behind"
ends 0 "$shebao" init "${both[@]}" --data "$here/c"
says out "keys of its own"
[ -z "$(find "$here/c" -perm /077)" ] || fail "others may look into the vault"
refuses 2 "is a centre already" "$shebao" init "${both[@]}" --data "$here/c"
refuses 2 "has a vault already" "$shebao" key vault new "${both[@]}" --data "$here/c"

ends 0 "$shebao" key vault check "${both[@]}" --data "$here/c"
says out "DPK " "generation 1"
cp "$here/out" "$here/before"
ends 0 "$shebao" key vault check "${both[@]}" --data "$here/c" --json
says out '"generation": 1' '"check"'
refuses 2 "do not open the vault" "$shebao" key vault check --custodian-a "$here/b" \
    --custodian-b "$here/a" --data "$here/c"
refuses 2 "name the file of custodian B" "$shebao" key vault check --custodian-a "$here/a" \
    --custodian-b "$here/none" --data "$here/c"
refuses 2 "new, check or complete" "$shebao" key vault open "${both[@]}" --data "$here/c"
ends 0 "$shebao" key vault check --custodian-a <(cat "$here/a") --custodian-b <(cat "$here/b") \
    --data "$here/c"

# The keys stay the same when the file is written anew, and the older file is refused then.
cp "$here/c/vault/keys.vault" "$here/old"
ends 0 "$shebao" key vault complete "${both[@]}" --data "$here/c"
ends 0 "$shebao" key vault check "${both[@]}" --data "$here/c"
says out "generation 2"
diff <(grep check "$here/before") <(grep check "$here/out") || fail "the keys are others now"
cp "$here/c/vault/keys.vault" "$here/new"
cp "$here/old" "$here/c/vault/keys.vault"
refuses 2 "is an older copy: generation 1" "$shebao" key vault check "${both[@]}" --data "$here/c"
head -c 200 "$here/new" >"$here/c/vault/keys.vault"
refuses 4 "is cut short" "$shebao" key vault check "${both[@]}" --data "$here/c"
{ head -c 200 "$here/new"; printf 'X'; tail -c +202 "$here/new"; } >"$here/c/vault/keys.vault"
refuses 4 "was changed" "$shebao" key vault check "${both[@]}" --data "$here/c"
cp "$here/new" "$here/c/vault/keys.vault"
ends 0 "$shebao" key vault check "${both[@]}" --data "$here/c"
rm "$here/c/vault/keys.vault"
refuses 2 "keys.vault" "$shebao" key vault check "${both[@]}" --data "$here/c"
refuses 2 "has a vault already" "$shebao" key vault new "${both[@]}" --data "$here/c"

# A rehearsal keeps none, and no passphrase stands in what a centre keeps.
ends 0 "$shebao" init --rehearsal --data "$here/r"
refuses 2 "is a rehearsal" "$shebao" key vault new "${both[@]}" --data "$here/r"
! grep -rqa "words of the" "$here/c" "$here/r" || fail "a passphrase is in a file"

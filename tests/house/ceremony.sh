#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Key ceremonies from the command line: rehearsed twice to the same transcript, held in a centre of its own
# keys, taken up and undone, and refused in one sentence each.
. "$(dirname "$0")/lib.sh"

ends 0 "$shebao" key ceremony --rehearse --seed 5 --data "$here/r1"
ends 0 "$shebao" key ceremony --rehearse --seed 5 --data "$here/r2" --json
says out '"ceremony": "rehearsal-1"'
first=$here/r1/vault/ceremonies/rehearsal-1/transcript.txt
cmp "$first" "$here/r2/vault/ceremonies/rehearsal-1/transcript.txt" || fail "two transcripts of one seed"
cp "$first" "$here/first"
ends 0 "$shebao" key ceremony --rehearse --seed 5 --data "$here/r1"
cmp "$first" "$here/first" || fail "another transcript the second time"
ends 0 "$shebao" key ceremony --rehearse --seed 6 --data "$here/r3"
! cmp -s "$first" "$here/r3/vault/ceremonies/rehearsal-1/transcript.txt" || fail "seed 6 is like 5"

ends 0 "$shebao" key transcript "$first"
says out "whole and signed"
key=$(sed 's/.*key //' "$here/out")
ends 0 "$shebao" key transcript "$first" --key "$key"
refuses 4 "another key than the centre's" "$shebao" key transcript "$first" --key "${key//[0-9]/0}"
sed 's/generate DPK/generate DLK/' "$first" >"$here/changed"
refuses 4 "was changed at line 4" "$shebao" key transcript "$here/changed"
head -n 5 "$first" >"$here/cut"
refuses 2 "has no signature" "$shebao" key transcript "$here/cut"

# Plans that are none.
plan() { printf 'ceremony 2003-9\nbegin 2003-10-08 09:00\n%b' "$1" >"$here/plan"; }
plan 'officers key-a key-b\nmelt DPK 3DES 2\n'
refuses 4 'line 4 of the plan has the unknown step "melt"' "$shebao" key ceremony "$here/plan" \
    --rehearse --data "$here/r1"
plan 'officers key-a\ngenerate DPK 3DES 2\n'
refuses 4 "line 3 of the plan" "$shebao" key ceremony "$here/plan" --rehearse --data "$here/r1"
plan 'officers key-a key-a\ngenerate DPK 3DES 2\n'
refuses 4 "two different persons" "$shebao" key ceremony "$here/plan" --rehearse --data "$here/r1"
plan 'officers key-a key-c\ngenerate DPK 3DES 2\n'
refuses 2 "key-c is off duty" "$shebao" key ceremony "$here/plan" --rehearse --data "$here/r1"
refuses 2 "is a rehearsal" "$shebao" key ceremony "$here/plan" --data "$here/r1"

# A step that cannot be done stops it; what was done before is taken back.
plan 'officers key-a key-b\nsplit DPK 3DES 1 into 2 of 3 for a1 b1 c1\ngenerate DPK 3DES 1\n'
refuses 2 "step 2 (line 5 of the plan)" "$shebao" key ceremony "$here/plan" --rehearse --data "$here/r1"
[ -e "$here/r1/vault/ceremonies/2003-9/shares/DPK-3DES-v1.a1.share" ] || fail "no share was written"
ends 0 "$shebao" key ceremony "$here/plan" --rehearse --undo --data "$here/r1"
[ -z "$(find "$here/r1/vault/ceremonies/2003-9" -type f)" ] || fail "undoing left something"
refuses 2 "nothing to undo" "$shebao" key ceremony "$here/plan" --rehearse --undo --data "$here/r1"

# A centre with keys of its own: officers sign in by what they know, and the vault has the new key.
echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
mkdir "$here/words"
for who in wu sun zhang li wang; do echo "what only $who knows" >"$here/words/$who"; done
words=(--passphrases "$here/words")
ends 0 "$shebao" init "${both[@]}" --data "$here/c"
plan 'officers wu sun\ngenerate DPK 3DES 2\nsplit DPK 3DES 2 into 2 of 3 for zhang li wang\n'
held=("$shebao" key ceremony "$here/plan" "${both[@]}" "${words[@]}" --data "$here/c")
refuses 2 "wu is no key officer" "${held[@]}"
for who in wu sun; do ends 0 "$shebao" key officer add $who "${words[@]}" --data "$here/c"; done
refuses 2 "wu is an officer already" "$shebao" key officer add wu "${words[@]}" --data "$here/c"
ends 0 "$shebao" key officer off sun --data "$here/c"
refuses 2 "sun is off duty" "${held[@]}"
ends 0 "$shebao" key officer on sun --data "$here/c"
echo "something else entirely" >"$here/words/sun"
refuses 2 "did not say the right words" "${held[@]}"
echo "what only sun knows" >"$here/words/sun"
ends 0 "${held[@]}"
refuses 2 "was held to its end" "${held[@]}"
ends 0 "$shebao" key vault check "${both[@]}" --data "$here/c"
says out "DPK        3DES version 2 " "generation 2"

# Shares that are wrong are named by their custodian, before a key is put together.
shares=$here/c/vault/ceremonies/2003-9/shares
ls "$shares" >"$here/out"
cp -r "$shares" "$here/shares"
recover() {
    printf 'ceremony 2003-1%s\nbegin 2003-10-08 09:00\nofficers wu sun\nrecover DPK 3DES 2 from %s\n' \
        "$1" "$2" >"$here/plan"
    "$shebao" key ceremony "$here/plan" "${both[@]}" "${words[@]}" --data "$here/c"
}
put_back() { cp "$here/shares/"* "$shares/"; }
wang=$shares/DPK-3DES-v2.wang.share
printf 'X' | dd of="$wang" bs=1 seek=40 conv=notrunc 2>/dev/null
ends 4 recover 1 "$shares zhang wang"
says err "wang"
head -c 50 "$here/shares/DPK-3DES-v2.wang.share" >"$wang"
ends 4 recover 2 "$shares zhang wang"
says err "wang"
put_back
cp "$shares/DPK-3DES-v2.li.share" "$wang"
refuses 4 "is that of li; bring the one of wang" recover 3 "$shares zhang wang"
put_back
echo "what wang never knew" >"$here/words/wang"
refuses 2 "wang" recover 4 "$shares zhang wang"
echo "what only wang knows" >"$here/words/wang"
refuses 4 "is not understood" recover 5 "$shares zhang zhang"
ends 0 recover 6 "$shares zhang wang"
! grep -rqa "what only" "$here/c" || fail "a passphrase is in a file"

# Carriers are moved by two officers and counted; modules are made, registered and destroyed.
ends 0 "$shebao" key carriers list --data "$here/r1"
says out "00000101  share-card     chen"
ends 0 "$shebao" key carriers store --serial 101 --place "safe 3" --data "$here/r1"
refuses 2 'it is 入库 stored, and "return"' "$shebao" key carriers return --serial 101 --place desk \
    --data "$here/r1"
refuses 2 "cannot be both officers" "$shebao" key carriers take --serial 101 --second key-a \
    --data "$here/r1"
printf '101\n103\n' >"$here/found"
refuses 2 "not counted on 20031008 (last: never)" "$shebao" key carriers due --data "$here/r1"
refuses 2 "00000102 missing (zhang" "$shebao" key carriers count --counted "$here/found" \
    --data "$here/r1"
echo 102 >>"$here/found"
ends 0 "$shebao" key carriers count --counted "$here/found" --data "$here/r1"
says out "none is missing"
ends 0 "$shebao" key carriers due --data "$here/r1"
says out "counted on 20031008: 3 there, 0 missing"
echo 999 >>"$here/found"
refuses 2 "4 serials were found and the register knows 3" "$shebao" key carriers count \
    --counted "$here/found" --data "$here/r1"
refuses 2 "say where carrier 00000101 is then" "$shebao" key carriers take --serial 101 \
    --data "$here/r1"
ends 0 "$shebao" key carriers take --serial 101 --place "with wu" --data "$here/r1"
refuses 2 "00000101 taken, but there" "$shebao" key carriers count --counted "$here/found" \
    --data "$here/r1"
ends 0 "$shebao" key carriers stop --serial 101 --data "$here/r1"
says out "stop, with wu"
refuses 2 "is in no place" "$shebao" key carriers destroy --serial 101 --place safe --data "$here/r1"
ends 0 "$shebao" key carriers destroy --serial 101 --data "$here/r1"
ends 0 "$shebao" key carriers list --data "$here/r1"
says out "已销毁 destroyed"
ends 0 "$shebao" key psam issue 440100000777 --institution GZYD0001 --data "$here/r1"
refuses 2 "has a module already" "$shebao" key psam issue 440100000777 --institution GZYD0001 \
    --data "$here/r1"
ends 0 "$shebao" key psam add-key 440100000777 --version 2 --data "$here/r1"
refuses 2 "no such institution" "$shebao" key psam register 440100000777 --data "$here/r1"
ends 0 "$shebao" key psam list --json --data "$here/r1"
says out '"terminal": "440100000777"' '"versions": 6'
refuses 2 "begin with 440100" "$shebao" key psam issue 330100000001 --institution GZYD0001 \
    --data "$here/r1"

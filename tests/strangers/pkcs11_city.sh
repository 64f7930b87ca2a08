#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A city whose root keys lie in SoftHSM 2 from the first card to the last fen; and a module that is taken
# out in the middle of a batch stops it with one sentence, and it goes on when the module is back.
. "$(dirname "$0")/../house/lib.sh"

library=
for place in /usr/lib/softhsm /usr/lib/*/softhsm; do
    [ -r "$place/libsofthsm2.so" ] && library=$place/libsofthsm2.so
done
[ -n "$library" ] || skip "no SoftHSM here; install softhsm2"
headers=$(pkg-config --cflags p11-kit-1 2>/dev/null) || skip "no headers of PKCS#11 here; install libp11-kit-dev"

echo "the words of the first" >"$here/a"
echo "the words of the second" >"$here/b"
both=(--custodian-a "$here/a" --custodian-b "$here/b")
echo 20031008 >"$here/pin"
pin=(--pin "$here/pin")

# The token gets a key for each that the catalogue has under 3DES, by the names that a vault file shows.
strangers=$root/tests/strangers
# shellcheck disable=SC2086 # options of a compiler
cc -std=c11 -D_GNU_SOURCE $headers -o "$here/token_fill" "$strangers/token_fill.c" -ldl
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE $headers -shared -fPIC -o "$here/goes.so" "$strangers/module_that_goes.c" -ldl
mkdir "$here/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$here/tokens" \
    >"$here/softhsm2.conf"
export SOFTHSM2_CONF=$here/softhsm2.conf
ends 0 "$shebao" init --rehearsal --keys file "${both[@]}" --data "$here/f"
ends 0 "$shebao" key vault check "${both[@]}" --data "$here/f"
{
    awk '$2 == "3DES" { print "shebao." $1 "." $4 }' "$here/out"
    echo shebao.PIN.0
} | while read -r label; do
    echo "$label $(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
done | grep -v "shebao.DTK.1" >"$here/keys"
"$here/token_fill" "$library" "city of tests" 20031008 <"$here/keys"

# Nobody has said where the keys are; then the module is named, and one key is missing in it.
few_people 20
city=$here/m
ends 0 "$shebao" init --rehearsal --keys module --data "$city"
refuses 2 "nobody has said which security module" "$shebao" pilot --people "$people" --data "$city"
refuses 2 "--library and its --token" "$shebao" key module --use --data "$city"
named=(--library "$library" --token "city of tests" "${pin[@]}")
refuses 2 "are in its file" "$shebao" key module "${named[@]}" --use --data "$here/f"
refuses 2 "not taken into use" "$shebao" key module "${named[@]}" --addresses 'x.{name}.{version}' \
    --use --json --data "$city"
ends 0 "$shebao" key module "${named[@]}" --use --data "$city"
refuses 2 "has a module already" "$shebao" key module "${named[@]}" --use --data "$city"
refuses 2 "are in a security module" "$shebao" key vault new "${both[@]}" --data "$city"
refuses 2 "are in a security module" "$shebao" key vault check "${both[@]}" --data "$city"
ends 2 "$shebao" pilot --people "$people" --data "$city" "${pin[@]}"
says err "shebao.DTK.1" "no card can be made before its keys are there"
[ -z "$(ls "$city/chips")" ] || fail "a chip was spoilt for a key that is missing"

# An exception names the missing key where the site keeps it.
sed -i 's/"exceptions": {}/"exceptions": {"DTK 1": "shebao.DLK.1"}/' "$city/vault/module.json"
ends 0 "$shebao" pilot --people "$people" --data "$city" "${pin[@]}" --json
says out '"balanced": true' '"made": 20'
ends 0 "$shebao" day prove "${pin[@]}" --data "$city"
says out "proven"
! grep -rqa 20031008 "$city/vault" || fail "the PIN is in a file"
sed 's/DTK 1/DTK 99/' "$city/vault/module.json" >"$here/edited"
cp "$here/edited" "$city/vault/module.json"
refuses 4 "is no key of the catalogue" "$shebao" day prove "${pin[@]}" --data "$city"

# Taken out while cards are made: one sentence, status 5, and again; back in its place, it goes on.
export SHEBAO_TEST_MODULE=$library SHEBAO_TEST_GONE=$here/gone
few_people 60
away=$here/away
ends 0 "$shebao" init --rehearsal --keys module --data "$away"
ends 0 "$shebao" key module --library "$here/goes.so" --token "city of tests" "${pin[@]}" --use \
    --data "$away"
sed -i 's/"exceptions": {}/"exceptions": {"DTK 1": "shebao.DLK.1"}/' "$away/vault/module.json"
start "$shebao" pilot --people "$people" --data "$away" "${pin[@]}" --json
until_true test -e "$away/chips/B00000035.chip"
touch "$here/gone"
status=0
wait "${started[-1]}" || status=$?
[ "$status" = 5 ] || fail "without its module the pilot ended with $status: $(cat "$here/started.err")"
grep -Eq "the security module (cannot .*; see to it and start again|has 0 tokens)" "$here/started.err" \
    || fail "said: $(cat "$here/started.err")"
[ "$(grep -c '' "$here/started.err")" = 1 ] || fail "more than one sentence: $(cat "$here/started.err")"
ends 2 "$shebao" pilot --people "$people" --data "$away" "${pin[@]}" --json
says err 'none is called "city of tests"'
rm "$here/gone"
# The server's page says so while it is away, and that it is back.
start "$shebao" serve --port 0 --data "$away" "${pin[@]}"
until_true grep -q http:// "$here/started.out"
url=$(sed -n 's/^\(http:[^ ]*\) .*/\1/p' "$here/started.out")
shows() { curl -fsS "$url" | grep -q "$1"; }
until_true shows "可用 open</span> · 密码机"
touch "$here/gone"
until_true shows "不可用 not answering"
rm "$here/gone"
until_true shows "可用 open</span> · 密码机"
kill "${started[-1]}"
wait "${started[-1]}" || fail "the server did not end well"
ends 0 "$shebao" pilot --people "$people" --data "$away" "${pin[@]}" --json
says out '"balanced": true'
# The same people with a module that never went: the same cards, the same file for the bank.
calm=$here/calm
ends 0 "$shebao" init --rehearsal --keys module --data "$calm"
cp "$away/vault/module.json" "$calm/vault/module.json"
ends 0 "$shebao" pilot --people "$people" --data "$calm" "${pin[@]}" --json
same_outcome "$calm" "$away"

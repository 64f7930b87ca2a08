#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A centre is made once, whole, and only where nothing else lies; what is no centre is told how to
# become one.
. "$(dirname "$0")/lib.sh"

refuses 2 "use --rehearsal" "$shebao" init --data "$here/a"
[ ! -e "$here/a" ] || fail "a refused init left something behind"

ends 0 "$shebao" init --rehearsal --seed 7 --data "$here/a" --json
says out '"rehearsal": true' '"seed": 7' '"date": 20031008'
cp -r "$here/a" "$here/before"
refuses 2 "is a centre already" "$shebao" init --rehearsal --seed 8 --data "$here/a"
diff -r "$here/a" "$here/before" || fail "a refused init changed the centre"

mkdir "$here/letters"
echo dear >"$here/letters/letter"
refuses 2 "holds something that is no centre" "$shebao" init --rehearsal --data "$here/letters"
refuses 2 "is no centre" "$shebao" serve --data "$here/letters"
says err "shebao init --rehearsal"
[ "$(ls "$here/letters")" = letter ] || fail "the directory was touched"

echo '{"format": "shebao-centre-1", "name": ' >"$here/a/centre.json"
refuses 4 "centre.json" "$shebao" serve --data "$here/a"

# A full disk: a file system of our own with no room left.
mkdir "$here/full"
unshare -m -r true 2>/dev/null || unshare -m true 2>/dev/null \
    || skip "no mount namespaces here: the full disk was not tried"
map=$([ "$(id -u)" = 0 ] || echo -r)
# shellcheck disable=SC2016,SC2086 # for the inner shell; map is one word or none
unshare -m $map bash -c '
    mount -t tmpfs -o size=16m tmpfs "$1/full" || exit 99
    head -c 20m /dev/zero >"$1/full/filler" 2>/dev/null
    "$2" init --rehearsal --data "$1/full/a" 2>"$1/err"
    status=$?
    [ ! -e "$1/full/a/centre.json" ] || exit 98
    truncate -s -100k "$1/full/filler" # room for the card of the centre, not for its database
    "$2" init --rehearsal --data "$1/full/a" 2>>"$1/err" && exit 96
    [ ! -e "$1/full/a/centre.json" ] || exit 98
    rm "$1/full/filler"
    "$2" init --rehearsal --data "$1/full/a" >"$1/out" || exit 97
    exit "$status"' - "$here" "$shebao" && status=0 || status=$?
case $status in
5) says err "the disk is full" "free some space" ;;
96) fail "a centre was made where its database does not fit" ;;
97) fail "init does not go on when there is room again" ;;
98) fail "a centre was made on a full disk" ;;
99) skip "no tmpfs here: the full disk was not tried" ;;
*) fail "a full disk ended init with $status: $(cat "$here/err")" ;;
esac

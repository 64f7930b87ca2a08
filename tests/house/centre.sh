#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A centre is made once, whole, and only where nothing else lies; what is no centre is told how to
# become one.
. "$(dirname "$0")/lib.sh"

refuses 2 "name the file of custodian A" "$shebao" init --custodian-a "$here/none" --data "$here/a"
[ ! -e "$here/a" ] || fail "a refused init left something behind"

ends 0 "$shebao" init --rehearsal --seed 7 --data "$here/a" --json
says out '"rehearsal": true' '"seed": 7' '"date": 20031008'
cp -r "$here/a" "$here/before"
[ -z "$(find "$here/a" -perm /077)" ] || fail "others may look into a centre"
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

# Wrong words make nothing, not even a folder.
for wrong in --name=$'\xb9\xe3' --region=044010 --date=99991231; do
    refuses 2 "shebao: " "$shebao" init --rehearsal "$wrong" --data "$here/w"
    [ ! -e "$here/w" ] || fail "$wrong left something behind"
done
# A path that is no UTF-8 is null in JSON.
ends 0 "$shebao" init --rehearsal --data "$here/"$'\xb9' --json
says out '"centre": null'

# A centre that lost its card or its database gets no other: that would be another city's.
ends 0 "$shebao" init --rehearsal --data "$here/l"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/l"
mv "$here/l/centre.json" "$here/kept"
refuses 2 "has lost its centre.json" "$shebao" init --rehearsal --seed 8 --data "$here/l"
refuses 2 "has lost its centre.json" "$shebao" pilot --people "$root/data/pilot-people.csv" \
    --seed 8 --data "$here/l"
[ ! -e "$here/l/centre.json" ] || fail "another centre.json was made"
mv "$here/kept" "$here/l/centre.json"
echo chip >"$here/l/chips/B00000019.chip"
mv "$here/l/city.db" "$here/kept"
refuses 2 "has lost its database" "$shebao" person import "$root/data/pilot-people.csv" \
    --data "$here/l"
[ ! -e "$here/l/city.db" ] || fail "an empty database took the place of the lost one"
mv "$here/kept" "$here/l/city.db"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/l" --json

# A full disk: a file system of our own with no room left.
mkdir "$here/full" "$here/tiny"
unshare -m -r true 2>/dev/null || unshare -m true 2>/dev/null \
    || skip "no mount namespaces here: the full disk was not tried"
map=$([ "$(id -u)" = 0 ] || echo -r)
# shellcheck disable=SC2016,SC2086 # for the inner shell; map is one word or none
unshare -m $map bash -c '
    mount -t tmpfs -o size=16m tmpfs "$1/full" || exit 99
    # Not even room for what the database engine keeps beside the database.
    mount -t tmpfs -o size=24k tmpfs "$1/tiny" || exit 99
    "$2" init --rehearsal --data "$1/tiny/a" 2>&1 | grep -q "disk is full" || exit 95
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
95) fail "a tiny disk is not called full" ;;
96) fail "a centre was made where its database does not fit" ;;
97) fail "init does not go on when there is room again" ;;
98) fail "a centre was made on a full disk" ;;
99) skip "no tmpfs here: the full disk was not tried" ;;
*) fail "a full disk ended init with $status: $(cat "$here/err")" ;;
esac

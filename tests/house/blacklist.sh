#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The blacklist as a terminal gets it: full, increment and bitmap, each signed; torn, forged and foreign
# ones are refused; the centre knows who has which.
. "$(dirname "$0")/lib.sh"

few_people 24
ends 0 pilot_in "$here/c" --json
make() { "$shebao" blacklist make "$@" --data "$here/c" --date 20031009; }
check() { "$shebao" blacklist check "$1" --key "$here/c/blacklist.key.pub" --json; }

ends 0 make "$here/full" --time 020000 --terminal 000000000001
[ "$(stat -c %a "$here/c/blacklist.key")" = 600 ] || fail "others may read the signing key"
ends 0 check "$here/full"
says out '"kind": "full"'
card=$(sqlite3 "$here/c/city.db" "SELECT number FROM card WHERE life = 1 LIMIT 1")
ends 0 "$shebao" card lose "$card" --data "$here/c" --officer point --date 20031009 --time 030000
ends 0 make "$here/part" --since "$here/full" --time 030000 --json
says out '"kind": "increment"'
ends 0 check "$here/part"
says out '"cards": 1'
ends 0 make "$here/bits" --bitmap --time 030000
ends 0 check "$here/bits"
says out '"kind": "bitmap"'
ends 0 make "$here/again" --time 030000
ends 0 check "$here/again"
cards=$(sqlite3 "$here/c/city.db" "SELECT count(*) FROM card WHERE life IN (2, 3, 4, 9)")
says out "\"cards\": $cards"

# One byte changed, cut off, another centre's key, no list at all.
cp "$here/full" "$here/forged"
printf X | dd of="$here/forged" bs=1 seek=30 conv=notrunc status=none
refuses 4 "signature" "$shebao" blacklist check "$here/forged" --key "$here/c/blacklist.key.pub"
head -c 50 "$here/full" >"$here/torn"
refuses 4 "torn" "$shebao" blacklist check "$here/torn" --key "$here/c/blacklist.key.pub"
ends 0 "$shebao" init --rehearsal --data "$here/d"
ends 0 "$shebao" blacklist make "$here/other" --data "$here/d"
refuses 4 "another key" "$shebao" blacklist check "$here/other" --key "$here/c/blacklist.key.pub"
refuses 4 "no signed full list" make "$here/x" --since "$here/bits"
refuses 2 "younger" make "$here/x" --since "$here/again" --time 010000
refuses 2 "no card number is in use" "$shebao" blacklist make "$here/x" --bitmap --data "$here/d"

ends 0 "$shebao" blacklist terminals --data "$here/c"
says out "000000000001" "20031009 020000"

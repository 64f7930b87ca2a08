#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A record is changed with its owner's proof, identity by two officers, and its history says so.
. "$(dirname "$0")/lib.sh"

centre=$here/a
number=990102197612115183
ends 0 "$shebao" init --rehearsal --data "$centre"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$centre" --json
change() { "$shebao" person change "$@" --data "$centre"; }

ends 0 change $number --field AAE004 --value 13800000001 --proof own-word:A1 --officer point
says out "已变更"
ends 0 change $number --field AAE004 --value 13800000001 --proof own-word:A1 --officer point --json
says out '"state": "same"'
ends 0 change $number --field AAC003 --value 梁慧 --proof police-letter:2003-117 --officer point --json
says out '"state": "waits", "change": 1'
refuses 2 "another officer" change --agree 1 --officer point
ends 0 change --agree 1 --officer approver
says out "卡面须更换"
ends 0 "$shebao" person show $number --data "$centre"
says out "梁慧"
ends 0 "$shebao" person history $number --data "$centre"
says out "梁思" "梁慧" "point+approver" "police-letter:2003-117" "*******0001" "2 rows"
ends 0 "$shebao" person history $number --data "$centre" --unmask --reason "complaint" --format csv
says out "13800000001"
refuses 2 "--reason" "$shebao" person history $number --data "$centre" --unmask
refuses 2 "no proof of" change $number --field AAC003 --value 梁思 --proof own-word:A1 --officer point
refuses 2 "never changed" change $number --field AAC002 --value 1 --proof id-card:1 --officer point
refuses 2 "one of its codes" change $number --field marital --value 21 --proof id-card:1 --officer point
refuses 2 "no field" change $number --field hat --value 1 --proof id-card:1 --officer point
refuses 2 "needs NUMBER" change --officer point
refuses 2 "leave NUMBER away" change $number --agree 1 --officer approver
ends 0 sqlite3 "$centre/city.db" "SELECT count(*) FROM audit WHERE what = 'person changed'"
says out 2

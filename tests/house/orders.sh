#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Card numbers from several ranges, applications that go first, and a replacement's fee before its batch.
. "$(dirname "$0")/lib.sh"

few_people 12
ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" person import "$people" --data "$here/c"
run() { "$shebao" "$@" --data "$here/c"; }
db() { sqlite3 "$here/c/city.db" "$1"; }
who() { sed -n "$(($1 + 1))p" "$people" | cut -d, -f1; }
apply() { # LINE: an application, audited; its number is in $id
    ends 0 run application new "$(who "$1")" --point 440100-01 --officer point
    id=$(db "SELECT max(id) FROM application")
    ends 0 run application audit "$id" --officer approver
}

# Two numbers of B are left; a range of D is entered by one officer and let pass by another.
db "UPDATE number_range SET last = 2 WHERE prefix = 'B'"
for line in 1 2 3 4; do apply "$line"; done
refuses 2 "number ask" run batch open --point 440100-01 --officer maker
refuses 2 "letter from B to J" run number ask A --paper P1 --officer maker
refuses 2 "another role" run number ask D --last 500 --paper P1 --officer point
for _ in 1 2; do
    ends 0 run number ask D --last 500 --paper P1 --officer maker --json
    says out '"range": 1' '"state": "waits"'
done
refuses 2 "another role" run number agree 1 --officer maker
ends 0 run number list
says out "number agree 1"
ends 0 run number agree 1 --officer approver
refuses 2 "only adds" run number ask D --last 400 --paper P2 --officer maker

# The third applicant goes first, alone in a batch.
refuses 2 "another role" run application mark 3 --officer point
refuses 2 "there is no priority" run application mark 3 --priority soon --officer approver
ends 0 run application mark 3 --officer approver
ends 0 run batch open --point 440100-01 --officer maker
[ "$(db "SELECT group_concat(application) FROM batch_line WHERE batch = 1")" = 3 ] || fail "not the urgent one"
refuses 2 "waits for no batch" run application mark 3 --priority normal --officer approver
ends 0 run batch open --point 440100-01 --officer maker
[ "$(db "SELECT group_concat(substr(card_number, 1, 8)) FROM batch_line WHERE batch = 2")" \
    = "B0000002,D0000001,D0000002" ] || fail "other numbers"

# What became of the numbers, and a released one that nobody is to get.
ends 0 run number list --json
python3 - "$here/out" <<'END' || fail "the report of ranges is not as promised"
import json, sys
rows = {r["letter"]: r for r in json.load(open(sys.argv[1]))["rows"]}
assert (rows["B"]["left"], rows["B"]["reserved"]) == (0, 2), rows
assert (rows["D"]["left"], rows["D"]["reserved"], rows["D"]["last"]) == (498, 2, 500), rows
END
first=$(db "SELECT card_number FROM batch_line WHERE batch = 2 AND seq = 1")
refuses 2 "is reserved for batch 2" run number lock "$first" --officer approver
ends 0 run batch cancel 2 --officer approver
ends 0 run number lock "$first" --officer approver
ends 0 run number show "$first" --json
says out '"state": "locked"'
ends 0 run batch open --point 440100-01 --officer maker
[ "$(db "SELECT count(*) FROM batch_line WHERE card_number = '$first' AND state <> 99")" = 0 ] || fail "a locked number was taken"
ends 0 run number lock "$first" --unlock --officer approver

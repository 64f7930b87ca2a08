#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Somebody is captured at a service point: documents, record, photo, operator 2, receipt, the day's report.
. "$(dirname "$0")/lib.sh"

pictures=$root/tests/vectors/photo
number=990102197612115183
ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/c"
capture() { "$shebao" capture "$@" --data "$here/c"; }
take() {
    capture take "$number" --document "id-card:$number" --name 梁思 --point P001 --officer point "$@"
}

refuses 2 "C05" take --photo "$pictures/good.jpg"
refuses 2 "背景不白" take --photo "$pictures/grey-ground.jpg" --confirmed
ends 0 take --photo "$pictures/camera.jpg" --confirmed
says out "受理回执" "C20031008-1" "id-card:990102********5183" "可用"
ends 0 take --photo "$pictures/good.jpg" --confirmed --json
says out '"code": "C20031008-1"'
refuses 2 "another role" capture check C20031008-1 --officer maker
ends 0 capture check C20031008-1 --officer approver
says out "已复核 checked"
ends 0 capture check C20031008-1 --officer approver
ends 0 capture show C20031008-1 --json
says out '"state": 2'
refuses 2 "no progress code" capture show C20031008-7
ends 0 capture report
says out "1  采集 captured" "1  已复核 checked" "0  待复核"
ends 0 capture report --json
python3 - "$here/out" <<'END' || fail "the report is not as promised"
import json, sys
day = json.load(open(sys.argv[1]))
assert (day["date"], day["taken"], day["checked"], day["photo_passed"]) == ("20031008", 1, 1, 1)
END

# The receipt on paper: its code in words and squares, no whole number, the same bytes again.
for n in 1 2; do ends 0 "$shebao" print receipt C20031008-1 --data "$here/c" --out "$here/$n.pdf"; done
cmp "$here/1.pdf" "$here/2.pdf" || fail "one receipt, other bytes"
pdftotext -layout "$here/1.pdf" "$here/out"
says out "Receipt" "C20031008-1" "梁思" "已复核"
grep -q "$number" "$here/out" && fail "a whole citizen number is on a receipt"
refuses 2 "no progress code" "$shebao" print receipt C20031008-7 --data "$here/c" --out "$here/3.pdf"
[ ! -e "$here/3.pdf" ] || fail "a receipt of nothing was left"

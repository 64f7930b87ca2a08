#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# People who are insured already: the list of a unit goes out, its answer comes back, who is silent is reminded.
. "$(dirname "$0")/lib.sh"

unit=GZ0001004
ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/c"
capture() { "$shebao" capture "$@"; }
centre() { capture "$@" --data "$here/c" --officer point; }
printf '%064d\n' 7 >"$here/key"
printf '%064d\n' 8 >"$here/other"

ends 0 centre list-for-unit "$unit" --out "$here/list.sbf" --key "$here/key" --json
lines=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["lines"])' "$here/out")
[ "$lines" -gt 3 ] || fail "the unit has only $lines people"
ends 0 centre list-for-unit "$unit" --out "$here/again.sbf" --key "$here/key" --json
says out '"list": 1' # it is out until it is answered
refuses 2 "nobody works" centre list-for-unit NOWHERE --out "$here/x.sbf" --key "$here/key"
grep -qa 99010219 "$here/list.sbf" && fail "the list can be read without the unit's key"

# The form that is read and signed: whole numbers, and somebody answered for them.
ends 0 centre form 1
says out "信息确认表" "990102197612115183" "梁思" "缺 missing" "□ 无误"
for format in pdf xlsx csv; do
    ends 0 centre form 1 --format "$format" --out "$here/form.$format"
done
pdftotext -layout "$here/form.pdf" "$here/out"
says out "信息确认表" "990102197612115183"
refuses 2 "there is no list 9" centre form 9
refuses 2 "another role" capture form 1 --data "$here/c" --officer maker

# Reminded after five working days, and again after five more; the first was a Wednesday.
ends 0 centre remind --date 20031015 --json
says out '"row_count": 0'
ends 0 centre remind --date 20031016 --json
says out '"row_count": 1' "\"unit\": \"$unit\"" '"count": 1'
ends 0 centre remind --date 20031016 --json
says out '"row_count": 0'
ends 0 centre remind --date 20031024 --json
says out '"row_count": 1' '"count": 2'
ends 0 capture packages --data "$here/c" --date 20031022
ends 1 capture packages --data "$here/c" --date 20031023
says out "OVERDUE"

# The unit answers at its own place: all are theirs but two.
answer() { capture answer "$@" --key "$here/key"; }
refuses 4 "list.sbf" capture answer "$here/list.sbf" --out "$here/back.sbf" --key "$here/other"
printf '2|not-ours|unit-letter:7\n2|not-ours|unit-letter:7\n' >"$here/said"
refuses 4 "line 2" answer "$here/list.sbf" --said "$here/said" --out "$here/back.sbf"
[ ! -e "$here/back.sbf" ] || fail "half an answer was left"
printf '# of the 17th\n3|not-ours|unit-letter:7\n2|corrected|id-card:1|AAC003|梁司|AAB004|丙厂\n' >"$here/said"
ends 0 answer "$here/list.sbf" --said "$here/said" --out "$here/back.sbf" --json
says out "\"lines\": $lines, \"confirmed\": $((lines - 2)), \"corrected\": 1, \"not_ours\": 1"
ends 0 answer "$here/list.sbf" --out "$here/other.sbf"

# The answer is taken in whole, once; a torn or another one is not.
head -c 500 "$here/back.sbf" >"$here/torn.sbf"
refuses 4 "torn.sbf" centre confirm "$here/torn.sbf" --key "$here/key"
refuses 4 "list.sbf" centre confirm "$here/list.sbf" --key "$here/key"
for _ in 1 2; do
    ends 0 centre confirm "$here/back.sbf" --key "$here/key" --json
    says out "\"confirmed\": $((lines - 2)), \"corrected\": 1, \"not_ours\": 1"
done
says out '"before": true'
refuses 2 "answered otherwise" centre confirm "$here/other.sbf" --key "$here/key"
ends 0 centre remind --date 20031231 --json
says out '"row_count": 0'
ends 0 capture packages --data "$here/c" --date 20031231
ends 0 centre form 1
says out "AAC003 change 1" "AAB001 cleared" "非本单位"

# Who somebody is changes by two officers.
ends 0 "$shebao" person change --agree 1 --officer approver --data "$here/c"

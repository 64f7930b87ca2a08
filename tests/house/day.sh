#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The day on the command line: its steps in order and again, by two persons; the proof of a day and of
# a card, and what it says when somebody altered the database, the bank's file or a kept upload.
. "$(dirname "$0")/lib.sh"

few_people 300
ends 0 pilot_in "$here/a" --forge 2
day() { "$shebao" day "$@" --data "$here/a"; }
books() { sqlite3 "$here/a/city.db" "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; $1"; }

# --- the proof holds, and says where each fen comes from
ends 0 day prove
says out "20031008" "日结 (closed)" "; proven"
ends 0 day prove 20031008 --lines --json
cp "$here/out" "$here/proof.json"
python3 - "$here/proof.json" "$here/a/bank/20031008.pay" "$here/a/pilot.json" <<'END' || fail "the lines are not the bank's file"
import json, sys
proof = json.load(open(sys.argv[1]))
assert proof["proven"] and proof["difference_count"] == 0, proof["differences"]
paid = {}
for line in open(sys.argv[2], encoding="gb18030"):
    fields = line.rstrip("\r\n").split("|")
    if fields[0].isdigit():
        paid[fields[1]] = round(float(fields[5]) * 100)
traced = {}
for line in proof["lines"]:
    assert len(line["tac"]) == 8 and len(line["terminal"]) == 12 and len(line["card"]) == 9, line
    traced[line["institution"]] = traced.get(line["institution"], 0) + line["fen"]
assert traced == paid, (traced, paid)
assert proof["due_fen"] == json.load(open(sys.argv[3]))["payout_fen"]
END
card=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["lines"][0]["card"])' "$here/proof.json")
ends 0 day prove --card "$card"
says out "load " "purchase " "; proven"
ends 0 day prove --card "$card" --json
python3 -c 'import json, sys
story = json.load(open(sys.argv[1]))
assert story["proven"] and story["steps"][0]["rule"] == "load", story
assert sum(s["fen"] for s in story["steps"]) == story["balance_fen"], story' "$here/out" \
    || fail "the story does not add up"
refuses 2 "no card here" day prove --card A00000000

# --- whoever alters a table, the bank's file or the audit chain is seen
cp "$here/a/city.db" "$here/good.db"
while IFS='|' read -r sentence named; do
    books "$sentence"
    ends 1 day prove 20031008
    says err "$named" "pay nothing out"
    rm -f "$here"/a/city.db-*
    cp "$here/good.db" "$here/a/city.db"
done <<'END'
UPDATE upload SET fen = fen + 1 WHERE id = 1|not what its bytes say
UPDATE upload_piece SET bytes = zeroblob(length(bytes)) WHERE upload = 1|not whole
UPDATE record SET amount = amount + 1 WHERE id = 1|what the terminal sent
UPDATE record SET reason = 0 WHERE reason = 4|not tac-wrong
UPDATE posting SET number = 'gift' WHERE id = (SELECT max(id) FROM posting)|no cause
UPDATE entry SET fen = fen + 1 WHERE posting = (SELECT max(id) FROM posting) AND fen > 0|payout list does not say so
UPDATE account SET fen = fen + 1 WHERE kind = 2 AND id = (SELECT max(id) FROM account WHERE kind = 2)|not even
UPDATE payout SET bank_account = '4401000000000099' WHERE seq = 1|bank file
UPDATE business_day SET approver = 'maker' WHERE day = 20031008|bank file
UPDATE load_order SET amount = amount + 1 WHERE seq = 1|no load of that amount
UPDATE approval SET amount = amount + 1|never approved
UPDATE audit SET who = 'nobody' WHERE id = 3|audit
END
cp "$here/a/bank/20031008.pay" "$here/good.pay"
sed -i 's/|4401/|4402/' "$here/a/bank/20031008.pay"
ends 1 day prove 20031008
says err "was altered"
cp "$here/good.pay" "$here/a/bank/20031008.pay"
ends 0 day prove 20031008

# --- the same file again changes nothing; a file that is none is refused
first=$(find "$here/a/uploads" -type f ! -name '*.forged' | sort | head -n 1)
sent=$first
[ -e "$first.forged" ] && sent=$first.forged
ends 0 day take "$sent" --json
says out '"again": true'
head -c 200 "$sent" >"$here/torn"
refuses 4 "upload refused at byte" day take "$here/torn"
refuses 2 "cannot read" day take "$here/nothing"

# --- what waits for people: two forged records; one is paid after all, by two officers
ends 0 day suspense --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert len(page["records"]) == 2 and not page["moves"], page
assert all(r["why"] == "tac-wrong" and r["age"] == 1 for r in page["records"]), page
assert page["fen"] == sum(r["fen"] for r in page["records"]), page
print(page["records"][0]["name"])' "$here/out" >"$here/name" || fail "the suspense list is wrong"
read -ra record <"$here/name"
read -ra paid < <(python3 -c 'import json, sys
line = json.load(open(sys.argv[1]))["lines"][0]
print("--upload", line["upload"], "--place", line["place"])' "$here/proof.json")
refuses 2 "waits for nobody" day ask pay S0 "${paid[@]}" --reference slip --officer clearer
refuses 2 "no move" day ask give S1 --reference slip --officer clearer
refuses 2 "reference" day ask refuse S1 "${record[@]}" --officer clearer
ends 0 day ask refuse S1 "${record[@]}" --reference "no slip" --officer clearer
ends 0 day suspense
says out "S1 " "挂账退还" "D+1"
refuses 2 "may not" day agree S1 --officer clearer
ends 0 day agree S1 --officer approver
ends 0 day agree S1 --officer approver
ends 0 day suspense --json
python3 -c 'import json, sys
assert len(json.load(open(sys.argv[1]))["records"]) == 1' "$here/out" || fail "S1 still waits"
ends 0 day ask refund R1 "${paid[@]}" --fen 1 --reference "goods came back" --officer clearer
refuses 2 "wait until it has sold more" day agree R1 --officer approver

# --- the next day: steps in order, each again, by two persons
refuses 2 "it must be cut first" day net --officer clearer
refuses 2 "may not" day cutover --officer maker
ends 0 day cutover 20031009 --officer clearer
ends 0 day cutover 20031009 --officer clearer
says out "20031009 日切 (cut)"
for word in net balance list; do ends 0 day "$word" --officer clearer; done
refuses 2 "may not approve" day approve --officer clearer
refuses 2 "not approved" day close --officer clearer
ends 0 day approve --officer approver
ends 0 day bankfile --officer clearer --json
says out '"state": "paid"'
cp "$here/a/bank/20031009.pay" "$here/once.pay"
rm "$here/a/bank/20031009.pay"
ends 0 day close 20031009 --officer clearer
cmp "$here/once.pay" "$here/a/bank/20031009.pay" || fail "the bank's file is not the same again"
ends 0 day close 20031010 --officer clearer --second approver
ends 0 day close 20031010 --officer clearer
says out "20031010 日结 (closed)"
ends 0 day prove 20031009
ends 0 day report 20031008 --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert page["even"] and sum(line["fen"] for line in page["payable"]) == page["payout_fen"], page' \
    "$here/out" || fail "the report does not add up"
refuses 2 "20031231" day report 20031231

# --- a centre whose business has not begun
ends 0 "$shebao" init --rehearsal --data "$here/b"
refuses 2 "no business day is open" "$shebao" day report --data "$here/b"
ends 0 "$shebao" day open --data "$here/b"
ends 0 "$shebao" day open 20031008 --data "$here/b"
refuses 2 "another day" "$shebao" day open 20031020 --data "$here/b"
refuses 2 "no centre" "$shebao" day report --data "$here/c"

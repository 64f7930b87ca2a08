#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# One person is shown masked, or whole with a note of it; a report of a torn file is whole itself; the
# bench of the import has its promised form.
. "$(dirname "$0")/lib.sh"

people=$root/data/pilot-people.csv
ends 0 "$shebao" init --rehearsal --data "$here/a"
ends 0 "$shebao" person import "$people" --data "$here/a" --json

ends 0 "$shebao" person show 990102197612115183 --data "$here/a"
says out "990102********5183" "梁思" "白云区" "********5181"
if grep -q 990102197612115183 "$here/out"; then fail "the number is not masked"; fi
ends 0 "$shebao" person show 990102761211518 --data "$here/a" --unmask --json
says out '"990102197612115183"' '"card": null'
noted=$(sqlite3 "$here/a/city.db" "SELECT count(*) FROM audit WHERE what = 'person shown whole'")
[ "$noted" = 1 ] || fail "showing the number whole was noted $noted times"
refuses 2 "no citizen number" "$shebao" person show 990102197612115184 --data "$here/a"
refuses 2 "nobody here" "$shebao" person show 11010519491231002X --data "$here/a"

# A pipe will do, too; and what a torn file's report says can be read by a machine.
head -c 5000 "$people" >"$here/torn.csv"
status=0
"$shebao" person import - --data "$here/a" --json <"$here/torn.csv" >"$here/out" 2>"$here/err" \
    || status=$?
[ "$status" = 4 ] || fail "a torn pipe ended with $status"
python3 -c 'import json, sys
stopped = json.load(open(sys.argv[1]))["stopped"]
assert stopped["byte"] == 5000 and stopped["line"] > 30' "$here/out" || fail "the report is torn, too"

# A small bench, for its form and its tidiness; what it measures is the business of a quiet machine.
status=0
"$shebao" bench import --lines 20000 --rounds 1 --folder "$here" --json >"$here/out" || status=$?
[ "$status" -le 1 ] || fail "the bench ended with $status"
python3 - "$here/out" <<'END' || fail "the bench's report is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "import" and len(report["figures"]) == 2
for figure in report["figures"]:
    assert set(figure) == {"name", "value", "unit", "yardstick", "yardstick_value", "ratio",
                           "target", "met"}
END
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"

# From all sides: a card that is lost for now, why a terminal refuses it, what is on the account.
few_people 60
pilot_in "$here/p" >/dev/null 2>&1 || fail "the small pilot ended with $?"
lost=$(sqlite3 "$here/p/city.db" "SELECT number17 FROM person JOIN card ON card.person = person.id
    WHERE life = 4 ORDER BY person.id LIMIT 1")
number=$("$shebao" person find --number "$lost" --unmask --reason test --format csv --data "$here/p" \
    2>/dev/null | tail -1)
ends 0 "$shebao" person show "${number%%,*}" --data "$here/p"
says out "临时挂失" "on the blacklist: loss" "loss report holds until 20031023" "balance" "已激活"
ends 0 "$shebao" person show "${number%%,*}" --data "$here/p" --json
python3 - "$here/out" <<'END' || fail "the page is not as promised: $(cat "$here/out")"
import json, sys
page = json.load(open(sys.argv[1]))
card = page["card"]
assert page["cards"] == [card] and card["listed"] == "loss" and card["life"] == 4
assert card["loaded_fen"] - card["spent_fen"] == card["balance_fen"] > 0
assert page["status"]["life"] == 1 and page["application"]["card"] == card["number"]
END

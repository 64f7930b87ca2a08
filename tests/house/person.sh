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
ends 0 "$shebao" person show 990102761211518 --data "$here/a" --plain --json
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

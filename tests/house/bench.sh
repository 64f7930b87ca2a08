#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Every bench has the promised form, meets its target or says so, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

"$shebao" bench pilot --people "$root/data/pilot-people.csv" --folder "$here" --json >"$here/out" \
    || fail "the pilot's bench ended with $?"
python3 - "$here/out" <<'END' || fail "the bench's report is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "pilot" and len(report["figures"]) == 1
figure = report["figures"][0]
assert set(figure) == {"name", "value", "unit", "yardstick", "yardstick_value", "ratio", "target",
                       "met"}
assert figure["unit"] == "s" and figure["target"] == 60 and figure["met"] is (figure["value"] <= 60)
assert figure["yardstick_value"] > 0
END
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"
refuses 2 "name a file of people" "$shebao" bench pilot --people "$here/none.csv" --folder "$here"
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"

# The figures of a moment may miss their targets beside other work; results and form may not.
status=0
"$shebao" bench tac --records 1000 --rounds 1 --wait 0 --json >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of TACs failed: $(cat "$here/err")"
python3 - "$here/out" <<'END' || fail "the report on TACs is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "tac" and 4 <= len(report["figures"]) <= 8
for figure in report["figures"]:
    both = "two cores" in figure["name"]
    assert set(figure) - {"disturbed"} == {"name", "value", "unit", "yardstick", "yardstick_value", "ratio",
                                           "target", "met"} | ({"ratio_by_work"} if both else set())
    assert figure["unit"] == "TACs/s" and figure["value"] > 0 and figure["yardstick_value"] > 0
    disturbed = figure.get("disturbed", False)
    assert both or not disturbed
    assert figure["met"] is (figure["ratio"] >= figure["target"] and not disturbed)
END
refuses 2 "--records is 1000 to" "$shebao" bench tac --records 7
refuses 2 "--wait 0 to" "$shebao" bench tac --wait 3601

# While somebody else has both cores, two cores prove nothing, and the bench says so.
status=0
start timeout 60 sh -c 'while :; do :; done'
start timeout 60 sh -c 'while :; do :; done'
"$shebao" bench tac --records 1000 --rounds 1 --wait 0 >"$here/out" 2>"$here/err" || status=$?
kill "${started[@]}"
[ "$status" = 1 ] || fail "a disturbed bench ended with $status: $(cat "$here/err")"
[ "$(nproc)" != 2 ] || [ "$(grep -c 'two cores.*not in peace: others had .*MISSED' "$here/out")" = 2 ] \
    || fail "the bench does not say that it was disturbed: $(cat "$here/out")"

# Speed depends on the moment; what is programmed does not.
status=0
"$shebao" bench chip --rounds 1 --no-line --json >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of the chip failed: $(cat "$here/err")"
python3 - "$here/out" <<'END' || fail "the report on the chip is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "chip"
figures = {figure["name"]: figure for figure in report["figures"]}
for figure in figures.values():
    assert set(figure) == {"name", "value", "unit", "yardstick", "yardstick_value", "ratio", "target",
                           "met"}
for deed, most in (("purchase, card (8050, 8054)", 3), ("VERIFY, wrong PIN", 2)):
    pages = figures[deed + ": pages programmed at most"]
    assert pages["target"] == most and 0 < pages["value"] <= most and pages["met"]
assert figures["READ RECORD of 64 bytes: pages programmed at most"]["value"] == 0
for name in ("whole purchases with the host's DES, one core",
             "SELECT and READ RECORD of a file behind the PIN, one core"):
    assert figures[name]["value"] > figures[name]["yardstick_value"] > 0
END
refuses 2 "--rounds is 1 to" "$shebao" bench chip --rounds 0

# A day of 200,000 purchases: figures of the moment may miss their targets, the day itself may not.
status=0
"$shebao" bench clear --purchases 200000 --rows 20000 --folder "$here" --json >"$here/out" \
    2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of a day failed: $(cat "$here/err")"
python3 - "$here/out" <<'PY' || fail "the report on a day is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "clear" and 3 <= len(report["figures"]) <= 4
for figure in report["figures"]:
    assert set(figure) == {"name", "value", "unit", "yardstick", "yardstick_value", "ratio", "target",
                           "met"}
    assert figure["value"] > 0
PY
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"
refuses 2 "--purchases is 10000 to" "$shebao" bench clear --purchases 7

# A cell's bench: four figures, and nothing left behind; a slow build may miss the target.
status=0
"$shebao" bench issue --cards 40 --rounds 1 --folder "$here" --json >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of a cell failed: $(cat "$here/err")"
python3 - "$here/out" <<'END' || fail "the report on a cell is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "issue" and len(report["figures"]) == 4
assert all(f["value"] > 0 and f["yardstick_value"] > 0 for f in report["figures"])
assert report["figures"][0]["target"] == 2000
END
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"
refuses 2 "--cards is 10 to" "$shebao" bench issue --cards 9
refuses 2 "--rounds is 1 to" "$shebao" bench issue --rounds 0

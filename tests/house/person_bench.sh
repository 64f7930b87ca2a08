#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The bench of the registry has the promised form and leaves nothing behind; what it measures is the
# business of a quiet machine and of ten million persons.
. "$(dirname "$0")/lib.sh"

status=0
"$shebao" bench registry --persons 20000 --questions 500 --reports 500 --folder "$here" --json \
    >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of the registry failed: $(cat "$here/err")"
python3 - "$here/out" <<'END' || fail "the report on the registry is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "registry" and len(report["figures"]) == 14
figures = {figure["name"]: figure for figure in report["figures"]}
assert len(figures) == 14 and all(figure["value"] >= 0 for figure in figures.values())
assert figures["person by number, 99th hundredth"]["target"] == 1
assert figures["card by number, 99th hundredth"]["target"] == 1
assert figures["name search, 99th hundredth"]["target"] == 20
assert figures["loss reports, 32 to a commit, durable"]["target"] == 2000
assert figures["full blacklist, built and signed"]["target"] == 2
assert figures["search for doubles, all"]["target"] == 600
assert figures["bitmap"]["met"] and figures["bitmap"]["value"] == 17 + 9 + 24000 // 8 + 4
END
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left its folder behind"
refuses 2 "--persons is 1000 to" "$shebao" bench registry --persons 7
refuses 2 "a quarter of the" "$shebao" bench registry --persons 1000 --reports 251
refuses 5 "make a folder in" "$shebao" bench registry --persons 1000 --reports 250 --folder "$here/none"

#!/bin/bash
# shellcheck source=tests/strangers/postgres_server.sh disable=SC2154
# A day in parts into a server's partitions, as bench clear does it: every row arrives, and what a machine
# like this one promises or misses is said.
. "$(dirname "$0")/postgres_server.sh"

chmod 755 "$here"
status=0
"$pilot" bench clear --purchases 40000 --rows 10000 --through postgresql --folder "$here" --json \
    >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench ended with $status: $(cat "$here/err")"
python3 -c 'import json, sys
figures = {f["name"]: f for f in json.load(open(sys.argv[1]))["figures"]}
through = figures["purchases from upload to proof, through PostgreSQL"]
assert through["value"] > 0 and through["yardstick_value"] > 0, through
print("%d rows a second through PostgreSQL, %.2f of its own way" % (through["value"], through["ratio"]))
' "$here/out" || fail "$(cat "$here/out")"
says err "into PostgreSQL's partitions"
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left something behind"
refuses 2 "postgresql or nothing" "$pilot" bench clear --purchases 40000 --through mysql

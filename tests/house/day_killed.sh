#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A day of 30,000 records through day intake, with the real program killed at random moments: whoever
# goes on comes to the same segments, books and bank file, to the byte.
. "$(dirname "$0")/lib.sh"

ends 0 "$shebao" bench clear --purchases 30000 --cards 3000 --leave "$here/a"
says out "day intake"
cp -r "$here/a" "$here/b"
cp -r "$here/a" "$here/c"
take() { "$shebao" day intake "$here/$1/uploads" --data "$here/$1" --json; }

# --- how long it takes, and what it comes to
began=$(date +%s%N)
take a >"$here/a.json" 2>"$here/err" || fail "day intake: $(cat "$here/err")"
took=$((($(date +%s%N) - began) / 1000000))
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert page["files_taken"] == 30 and page["files_bad"] == 0, page' "$here/a.json"

# --- killed twenty times, somewhere in that time; where the day was kept before, a new centre begins it
RANDOM=20031008
kills=0
for _ in $(seq 20); do
    "$shebao" day intake "$here/b/uploads" --data "$here/b" >/dev/null 2>&1 &
    pid=$! # the program itself
    ms=$((took * RANDOM / 32768))
    sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
    kill -KILL "$pid" 2>/dev/null || true
    if wait "$pid" 2>/dev/null; then
        rm -r "$here/b"
        cp -r "$here/c" "$here/b"
    else
        kills=$((kills + 1))
    fi
done
[ "$kills" -gt 9 ] || fail "only $kills of twenty were killed"
take b >"$here/b.json" 2>"$here/err" || fail "day intake after kills: $(cat "$here/err")"
sed 's/"again": [a-z]*, //; s/"files_taken": [0-9]*, "files_known": [0-9]*, //' "$here/a.json" >"$here/a.cut"
sed 's/"again": [a-z]*, //; s/"files_taken": [0-9]*, "files_known": [0-9]*, //' "$here/b.json" >"$here/b.cut"
cmp "$here/a.cut" "$here/b.cut" || fail "the day came to other figures"

# --- nothing twice, nothing lost, nothing left over
for dir in a b; do
    (cd "$here/$dir/segments" && sha256sum -- * | grep -v parts.lock) >"$here/$dir.seals"
    for table in parts_day parts_segment parts_sum upload record posting entry account; do
        sqlite3 "$here/$dir/city.db" "SELECT '$table', * FROM $table ORDER BY 2, 3"
    done | sha256sum >"$here/$dir.rows"
    ends 0 "$shebao" day close 20031008 --officer clearer --second approver --data "$here/$dir"
    ends 0 "$shebao" day prove 20031008 --data "$here/$dir"
    says out "; proven"
done
cmp "$here/a.seals" "$here/b.seals" || fail "the segments differ"
cmp "$here/a.rows" "$here/b.rows" || fail "the books differ"
cmp "$here/a/bank/20031008.pay" "$here/b/bank/20031008.pay" || fail "the bank's files differ"

# --- a card of the day is followed through its segment; its first money is the bench's, of no load
card=$(sqlite3 "$here/b/city.db" "SELECT number FROM card LIMIT 1 OFFSET 77")
ends 1 "$shebao" day prove --card "$card" --json --data "$here/b"
says out '"rule": "purchase"' '"difference_count": 1,' '["opening '

# --- the same way as a bench: closed, proven, timed, and nothing left behind
ends 0 "$shebao" bench clear --centre --purchases 20000 --rows 1000 --folder "$here" --json
says out '"bench": "clear"' "closed and proven day"
says err "taken in" "proven in"
[ -z "$(find "$here" -name 'shebao-bench-*')" ] || fail "the bench left something behind"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# An import says about each line what the expected file says, twice changes nothing, and a bad file
# is refused at its place with nothing lost.
. "$(dirname "$0")/lib.sh"

people=$root/data/pilot-people.csv
import() { "$shebao" person import "$@" --data "$here/a"; }
# verdict WORD: how many lines of the last --json report have it.
verdict() { python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["verdicts"].get(sys.argv[2], 0))' "$here/out" "$1"; }

ends 0 "$shebao" init --rehearsal --data "$here/a"
ends 0 import "$people" --json
python3 - "$here/out" "$root/data/pilot-people.expected.json" <<'END' || fail "the report differs"
import json, sys
got, expected = (json.load(open(name)) for name in sys.argv[1:])
lines = {str(one["line"]): one["verdict"] for one in got["lines_not_accepted"]}
assert got["lines"] == expected["lines"], got["lines"]
seen = {verdict: count for verdict, count in got["verdicts"].items() if count}
assert seen == expected["verdicts"], seen
assert lines == expected["by_line"], sorted(set(lines.items()) ^ set(expected["by_line"].items()))
assert all(one["text"] for one in got["lines_not_accepted"])
END
accepted=$(verdict accepted)

# Once more: whoever was accepted is now unchanged, and nobody is new.
ends 0 import "$people" --json
[ "$(verdict accepted)" = 0 ] || fail "the same file made new people"
[ "$(verdict unchanged)" = "$accepted" ] || fail "the same file changed people"
ends 3 import "$people" --strict
says err "correct them and send them again"
refuses 2 "name a file of people" import "$here/no.csv"

# Files that are not as they should be: status 4, one sentence with the place.
head -c 100000 "$people" >"$here/torn.csv"
printf 'AAC002,AAC003\r\n' >"$here/headings.csv"
{ head -n 5 "$people" && printf '\xff\xff,\x81\r\n'; } >"$here/bytes.csv"
: >"$here/empty.csv"
iconv -f GB18030 -t UTF-8 "$people" >"$here/utf8.csv"
for bad in torn headings bytes empty utf8; do
    rm -rf "$here/a"
    ends 0 "$shebao" init --rehearsal --data "$here/a"
    ends 4 import "$here/$bad.csv"
    grep -q '^shebao' "$here/err" || fail "$bad: no sentence: $(cat "$here/err")"
done

# What stood before the tear is in, and the mended file completes it.
ends 4 import "$here/torn.csv" --json
ends 0 import "$people" --json
total=$(($(verdict accepted) + $(verdict unchanged)))
[ "$total" = "$accepted" ] || fail "after the mended file there are $total people, not $accepted"

refuses 2 "is no centre" "$shebao" person import "$people" --data "$here/none"
ends 2 import "$here/none.csv"
grep -q "none.csv" "$here/err" || fail "a missing file is not named"

# One process at a time: another one holds the centre.
exec 9>>"$here/a/lock"
flock -n 9 || fail "the lock is held after the end"
refuses 5 "is at work on this centre" "$shebao" person import "$people" --data "$here/a"
if grep -q kill "$here/err"; then fail "who holds the lock is unknown, and yet to be killed"; fi

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Every command of the table answers --help, refuses what it does not know, and a slip of the pen is
# told what is near.
. "$(dirname "$0")/lib.sh"

ends 0 "$shebao" --version
says out "shebao $(cat "$root/VERSION")"
ends 0 "$shebao" --help
says out "init" "serve" "Exit status: 0 done"
ends 2 "$shebao"
says err "shebao COMMAND"

# The names, one a line, as --help shows them: two spaces, the name, two spaces or more.
"$shebao" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' >"$here/names"
[ "$(wc -l <"$here/names")" -ge 140 ] || fail "too few commands in --help"
while read -r name; do
    # shellcheck disable=SC2086 # a name of two words is two arguments
    ends 0 "$shebao" $name --help
    says out "shebao $name" "--help"
    cp "$here/out" "$here/page"
    # shellcheck disable=SC2086
    ends 0 "$shebao" help $name
    cmp "$here/out" "$here/page" || fail "help $name shows another page"
    # shellcheck disable=SC2086
    refuses 2 "unknown option --no-such-option" "$shebao" $name --no-such-option
done <"$here/names"

# What the pages promise, each example among it, holds for every command.
python3 "$root/tests/house/help_pages.py" "$shebao" "$here/names" >"$here/out" \
    || fail "help pages: $(cat "$here/out")"

refuses 2 'did you mean "init"?' "$shebao" inti
refuses 2 'did you mean "serve"?' "$shebao" serv
refuses 2 'there is no command "quite-another"' "$shebao" quite-another

# A report that reaches nobody is told; a reader who had enough is not. Without any standard file the
# work is done all the same, and no report goes into a file of the centre.
# shellcheck disable=SC2016 # for the inner shell
ends 5 bash -c '"$1" --version >/dev/full' - "$shebao"
says err "the report could not be written" "No space left"
"$shebao" --help | head -n 1 >"$here/out"
[ "${PIPESTATUS[0]}" = 0 ] || fail "a reader who had enough is an error"
status=0
"$shebao" init --rehearsal --data "$here/c" <&- >&- 2>&- || status=$?
[ "$status" = 5 ] || fail "without standard output init ended with $status"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/c" --json
if grep -rlq "is a centre now" "$here/c"; then fail "the report went into the centre"; fi

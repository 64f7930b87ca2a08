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
"$shebao" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' >"$here/names"
[ "$(wc -l <"$here/names")" -ge 2 ] || fail "no commands in --help"
while read -r name; do
    # shellcheck disable=SC2086 # a name of two words is two arguments
    ends 0 "$shebao" $name --help
    says out "shebao $name" "--help"
    # shellcheck disable=SC2086
    refuses 2 "unknown option --no-such-option" "$shebao" $name --no-such-option
done <"$here/names"

refuses 2 'did you mean "init"?' "$shebao" inti
refuses 2 'did you mean "serve"?' "$shebao" serv
refuses 2 'there is no command "quite-another"' "$shebao" quite-another

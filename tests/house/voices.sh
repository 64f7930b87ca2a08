#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# All commands speak with one voice [decision 0064]: what does not exist, a file that is none and a centre
# that is not there end with the same status everywhere, in one sentence that says what to do next; and
# what --json prints is JSON.
. "$(dirname "$0")/lib.sh"

cd "$here"
number=44010419700305123X # nobody's: it fits, and its check character does not
ends 0 "$shebao" init --rehearsal --data c
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data c
number=$(sed -n 2p "$root/data/pilot-people.csv" | iconv -f GB18030 -t UTF-8 | grep -oE '[0-9]{17}[0-9X]' | head -n 1)
head -c 1000 /dev/zero >BAD
printf '%064d\n' 0 >KEY
echo "a passphrase of some length" >WORDS
ends 0 "$shebao" chip new --profile blank --image CHIP

# told STATUS COMMAND...: one sentence beside the progress, whose it is, and a next step: a command, or
# what to do with what one has.
told() {
    local status=$1
    shift
    ends "$status" "$@"
    [ "$(grep -vc '^  ' "$here/err")" = 1 ] || fail "$*: not one sentence: $(cat "$here/err")"
    grep -qE '^shebao.*(; |shebao [a-z]+ [a-z]+|production start)' "$here/err" \
        || fail "$*: no next step: $(cat "$here/err")"
}
while read -r status line; do
    case $status in \#* | "") continue ;; esac
    line=${line//44010419700305123X/$number}
    # shellcheck disable=SC2086 # a command and its words
    told "$status" "$shebao" $line --data c
    # shellcheck disable=SC2086
    [ "$status" = 4 ] || [ "${line#report show}" != "$line" ] || refuses 2 "is no centre" "$shebao" $line --data none
done <"$root/tests/house/voices.txt"

# Everything that only shows something, on a centre that has a little of it.
ends 0 "$shebao" application new "$number" --point GZ01 --officer point --data c --json
for page in "person show $number" "person history $number" "person find --name 梁思 --reason x" "photo queue" \
    "capture report" "capture packages" "application progress $number" "batch list" "box list" \
    "point packages" "point unclaimed --officer point" "point wrong-list --officer point" "point count GZ01 --counted 0 --officer point" \
    "stock show" "stock count" "stock take --point GZ01 --counted 0 --officer approver" "report list" "report show cards-by-district" \
    "report check" "blacklist make list.bin" "blacklist terminals" "parameter list" "key carriers list" \
    "key psam list" "key version count" "key officer off key-c" "application audit 1 --officer approver" \
    "batch open --point GZ01 --officer maker" "batch show 1" "batch lines 1" "batch list" "day open" "day suspense" \
    "person duplicates list" "card expire"; do
    data=(--data c)
    [ "$page" != "report list" ] || data=()
    # shellcheck disable=SC2086
    ends 0 "$shebao" $page "${data[@]}" --json
    python3 -m json.tool "$here/out" >"$here/pretty" || fail "$page --json: $(head -c 300 "$here/out")"
done

# A list without rows says so where the rows cannot.
ends 0 "$shebao" box list --format csv --data c
says err "the list has no rows"

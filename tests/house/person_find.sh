#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A person is found by number, name, sound, code point, placeholder and telephone, masked, with a reason in
# the chain; lines that wait and doubles are decided by two officers on the command line, and undone.
. "$(dirname "$0")/lib.sh"

people=$root/data/pilot-people.csv
centre=$here/a
find_by() { ends 0 "$shebao" person find "$@" --reason "asks at the counter" --data "$centre"; }
ends 0 "$shebao" init --rehearsal --data "$centre"
ends 0 "$shebao" person import "$people" --data "$centre" --json

for known in "--number 990102197612115183" "--number 990102761211518" "--name 梁思" "--name 梁U+601D" \
    "--name 梁□" "--sound 良四"; do
    # shellcheck disable=SC2086
    find_by $known
    says out "990102********5183" "梁思" "*******0275"
    if grep -q 990102197612115183 "$here/out"; then fail "the number is not masked: $known"; fi
done
find_by --name 梁思 --unmask --json
says out '"number": "990102197612115183"' '"row_count": 1'
[ "$(sqlite3 "$centre/city.db" "SELECT count(*) FROM audit WHERE what = 'person shown whole'")" = 1 ] \
    || fail "an unmasked answer was not noted"
find_by --number 990102 --limit 2 --format csv
says err "there are more"
[ "$(grep -c '' "$here/out")" = 3 ] || fail "not two lines and a heading: $(cat "$here/out")"
refuses 2 "takes" "$shebao" person find --name 梁思 --data "$centre"
refuses 2 "say one of" "$shebao" person find --name 梁思 --phone 1 --reason x --data "$centre"
refuses 2 "no officer" "$shebao" person find --name 梁思 --officer nobody --reason x --data "$centre"
refuses 2 "neither a citizen number" "$shebao" person find --number 99 --reason x --data "$centre"

# The same person twice: another number, the same name, birth and telephone.
cat >"$here/twice.utf8" <<'END'
AAC002,AAC003,AAC004,AAC005,AAC006,AAB301,AAC009,AAE006,AAE007,AAE005,AAE004,AAB001,AAB004
44010419700305123Y,李伟,1,01,19700305,440111,11,一号,510020,,13800000001,,
440104197003052135,李伟,1,01,19700305,440111,11,一号,510020,,13800000001,,
END
sed -i 's/123Y/1239/' "$here/twice.utf8"
iconv -f UTF-8 -t GB18030 "$here/twice.utf8" >"$here/twice.csv"
ends 0 "$shebao" person import "$here/twice.csv" --data "$centre" --json
ends 0 "$shebao" person duplicates find --data "$centre" --json --folder "$here"
says out '"persons": 1889' '"likely": 1' '"new": 12'
ends 0 "$shebao" person duplicates list --limit 1 --data "$centre" --format csv
case=$(sqlite3 "$centre/city.db" "SELECT id FROM duplicate WHERE second_person <> 0")
refuses 2 "reason" "$shebao" person duplicates decide "$case" --decision merge --officer point --data "$centre"
ends 0 "$shebao" person duplicates decide "$case" --decision merge --keep 440104197003051239 --officer point \
    --reason "both papers seen" --data "$centre"
refuses 2 "approver" "$shebao" person duplicates agree "$case" --officer point --data "$centre"
ends 0 "$shebao" person duplicates agree "$case" --officer approver --data "$centre"
find_by --number 440104197003052135
says out "440104********1239"
ends 0 "$shebao" person duplicates undo "$case" --officer point --second approver --reason "two brothers" \
    --data "$centre"
find_by --number 440104197003052135
says out "440104********2135"
refuses 2 "say find, list" "$shebao" person duplicates guess --data "$centre"

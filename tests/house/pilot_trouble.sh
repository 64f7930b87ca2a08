#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# What else can go wrong around a pilot: each gets one sentence and a next step, and a later start
# comes to the figures that an undisturbed one has.
. "$(dirname "$0")/lib.sh"

few_people 300
ends 0 pilot_in "$here/calm"

# A second process on the same centre, while the first is at work and stopped in the middle of it.
start pilot_alone "$here/a"
first=${started[0]}
until_true test -s "$here/a/city.db"
kill -STOP "$first"
[ ! -e "$here/a/pilot.json" ] || fail "the pilot was too fast to be met at work"
refuses 5 "another shebao is at work" pilot_in "$here/a"
refuses 5 "another shebao is at work" "$pilot" person import "$people" --data "$here/a"
kill -CONT "$first"
wait "$first" || fail "the first process ended with $?: $(cat "$here/started.err")"
same_outcome "$here/calm" "$here/a"

# A file that is torn, then mended: the same centre goes on.
whole=$people
head -c 20000 "$whole" >"$here/people-torn.csv"
people=$here/people-torn.csv
refuses 4 "$here/people-torn.csv" pilot_in "$here/b"
people=$whole
ends 0 pilot_in "$here/b"
figures proven "$here/b/pilot.json"
for figure in people.accepted cards.made; do
    [ "$(figures get "$here/b/pilot.json" $figure)" \
        = "$(figures get "$here/calm/pilot.json" $figure)" ] || fail "people were lost with the tear"
done

# No GB 18030, no file at all, and a directory that holds something else.
{ head -n 3 "$whole" && printf '\xff\xff\r\n'; } >"$here/bytes.csv"
people=$here/bytes.csv
refuses 4 "bytes.csv" pilot_in "$here/c"
people=$here/none.csv
ends 2 pilot_in "$here/d"
says err "none.csv"
refuses 2 "is no ordinary file" timeout 10 "$pilot" pilot --people /dev/zero --data "$here/d"
[ ! -e "$here/d" ] || fail "a centre was made for people who do not exist"
people=$whole
mkdir "$here/letters"
echo dear >"$here/letters/letter"
refuses 2 "holds something that is no centre" pilot_in "$here/letters"
[ "$(ls "$here/letters")" = letter ] || fail "the directory was touched"

# What was proven once is proven again at each start: a chip that changed since is found, and one that
# is gone is named.
chips=("$here"/a/chips/*.chip)
cp "$here/a/pilot.json" "$here/proven.json"
for chip in "${chips[@]:10:20}"; do
    [ "$chip" = "${chips[12]}" ] || cp "${chips[12]}" "$chip"
done
refuses 1 "not everything is accounted for" pilot_in "$here/a" --json
[ "$(figures get "$here/a/pilot.json" balanced)" = False ] || fail "pilot.json says it balances"
cp -r "$here/calm/chips" "$here/a"
ends 0 pilot_in "$here/a" --json
figures same "$here/proven.json" "$here/a/pilot.json"
rm "${chips[12]}"
refuses 2 "put it back from a backup" pilot_in "$here/a" --json

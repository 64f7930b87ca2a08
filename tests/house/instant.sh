#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# An instant card on the command line: in steps, killed at any moment of each, with a chip that fails, a
# printer that fails, and a card that nobody takes. No number twice, no blank unaccounted for, no card
# without an owner.
. "$(dirname "$0")/lib.sh"

data=$here/a
person() { awk -F, -v n="$1" 'NR == n + 1 { print $1 }' "$root/data/pilot-people.csv"; }
db() { sqlite3 "$data/city.db" "$1"; }
stock() {
    ends 0 "$shebao" stock "$1" --request "$2" --first 1 --count 40 --point GZ01 --officer point \
        --note works --data "$data"
}
mother="张兰,ID9,020-9"
blank() { ends 0 "$shebao" chip new --profile blank --image "$here/$1.chip" --serial "$1"; }
instant() { # PERSON CHIP [OPTION]...
    local who=$1 chip=$2
    shift 2
    "$shebao" point instant "$(person "$who")" --point GZ01 --image "$here/$chip.chip" \
        --officer point --second approver --data "$data" "$@"
}
holds() {
    local wrong
    wrong=$(db "
        SELECT count(*) - count(DISTINCT card_number) FROM batch_line WHERE state <> 99;
        SELECT count(*) FROM card WHERE person NOT IN (SELECT id FROM person);
        SELECT count(*) - 40 FROM blank;
        SELECT count(*) FROM batch_line WHERE state = 40 AND (SELECT count(*) FROM blank WHERE
            state = 40) = 0;
        SELECT (SELECT count(*) FROM blank WHERE state = 40) - (SELECT count(*) FROM batch_line WHERE
            card_factor IS NOT NULL)" | tr '\n' ' ')
    [ "$wrong" = "0 0 0 0 0 " ] || fail "after a kill: $wrong"
}

ends 0 "$shebao" init --rehearsal --data "$data"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$data" --json
stock purchase P
stock receive R
stock requisition Q
ends 0 "$shebao" stock sign Q --officer approver --data "$data"
echo 271828 >"$here/pin"

# In one go, with the printer and the holder in between.
blank 1
refuses 2 "takes two" "$shebao" point instant "$(person 1)" --point GZ01 --image "$here/1.chip" \
    --officer point --data "$data"
ends 0 instant 1 1
says out "已写卡" "--printed"
ends 2 instant 1 1 --not-printed "ribbon empty"
says err "ribbon empty"
ends 0 instant 1 1 --printed
says out "已回盘" "--taken"
ends 0 instant 1 1 --taken --new-pin "$here/pin" --json
says out '"step": 90'
refuses 2 "formal loss first" instant 1 1

# A chip that is no blank is spoiled, and the number goes to the next one.
ends 0 "$shebao" chip new --profile P10 --image "$here/2.chip" --serial 2
ends 2 instant 2 2
says err "the number stays"
blank 3
ends 0 instant 2 3 --printed --json
says out '"tries": 1' '"step": 50'
ends 0 instant 2 3 --recycle
says out "已回收"

# Under sixteen: the guardian of the record, with that document, and nobody else.
blank 4
ends 0 instant 15 4 --printed
refuses 2 "under 16" instant 15 4 --taken --new-pin "$here/pin"
refuses 2 "names no guardian" instant 15 4 --taken --guardian "$mother" --new-pin "$here/pin"
change() {
    ends 0 "$shebao" person change "$(person 15)" --field "$2" --value "$3" \
        --proof household-book:A1 --officer point --data "$data"
    ends 0 "$shebao" person change --agree "$1" --officer approver --data "$data"
}
change 1 g-name 张兰
change 2 g-id ID9
refuses 2 "only the guardian" instant 15 4 --taken --guardian "张兰,ID8,020-9" --new-pin "$here/pin"
ends 0 instant 15 4 --taken --guardian "$mother" --new-pin "$here/pin"

# Killed at any moment, the same command goes on, and what was half made is found or spoiled.
# Eight of age, by the fifth column of the file, behind those above.
adults=$(LC_ALL=C awk -F, 'NR > 21 && $5 <= 19871008 && n++ < 8 { print NR - 1 }' "$root/data/pilot-people.csv")
chip=10
for who in $adults; do
    chip=$((chip + 1))
    blank "$chip"
    (exec "$shebao" point instant "$(person "$who")" --point GZ01 --image "$here/$chip.chip" --printed \
        --taken --new-pin "$here/pin" --officer point --second approver --data "$data") \
        >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$((chip - 10))" # 10 to 80 milliseconds
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    holds
    if [ "$(db "SELECT count(*) FROM card WHERE life = 1 AND person = $who")" = 0 ] \
        && ! instant "$who" "$chip" --printed --taken --new-pin "$here/pin" >/dev/null 2>&1; then
        blank $((chip + 20)) # the chip was half made: it is spoiled, another one is put in
        ends 0 instant "$who" $((chip + 20)) --printed --taken --new-pin "$here/pin"
    fi
    holds
done
[ "$(db "SELECT count(*) FROM card WHERE life = 1")" = 10 ] || fail "not ten cards in use"
[ "$(db "SELECT count(*) FROM card_number")" = 11 ] || fail "a number was lost"
ends 0 "$shebao" point close GZ01 --counted 0 --officer point --data "$data"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The life of a card at the counter: what is reported, lifted, ordered, locked, cancelled; who may; the
# slip that is the same when the order is sent again; and what the blacklist says to a terminal.
. "$(dirname "$0")/lib.sh"

few_people 24
ends 0 pilot_in "$here/c" --json
db=$here/c/city.db
ask() { sqlite3 "$db" "$1"; }
card=$(ask "SELECT number FROM card WHERE life = 1 ORDER BY number LIMIT 1")
other=$(ask "SELECT number FROM card WHERE life = 1 ORDER BY number LIMIT 1 OFFSET 1")
[ -n "$other" ] || fail "the pilot left no two cards in use"
desk() { "$shebao" card "$@" --data "$here/c" --officer point --date 20031009; }

# Lost for now, and the same order again: the same slip, and one row of the audit chain.
ends 0 desk lose "$card" --request p-1 --time 090000
cp "$here/out" "$here/slip"
says out "临时挂失" "20031024" "version" "p-1"
ends 0 desk lose "$card" --request p-1 --time 100000
cmp "$here/out" "$here/slip" || fail "the same order got another slip"
[ "$(ask "SELECT count(*) FROM card_event WHERE card = '$card' AND request = 'p-1'")" = 1 ] \
    || fail "the order was carried out twice"
refuses 2 "request p-1 was another" desk found "$card" --request p-1
refuses 2 "临时挂失" desk lose "$card" --request p-2
ends 0 desk found "$card" --request p-3
ends 0 desk lose "$card" --formal --request p-4 --json
says out '"became": 2' '"request": "p-4"'

# A replacement ends the way back, until it is withdrawn.
ends 0 desk replace "$card" --request p-5
says out "application"
refuses 2 "a replacement is ordered" desk found "$card" --request p-6
refuses 2 "ordered already" desk replace "$card" --request p-7
ends 0 desk replace "$card" --withdraw --request p-8
ends 0 desk found "$card" --request p-9
refuses 2 "may be renewed from" desk renew "$card" --request p-10

# Two people lock, one unlocks; a reason is named and known.
refuses 2 "--second is missing" desk lock "$card" --request p-11
refuses 2 "cannot be the second" desk lock "$card" --second point --request p-11
ends 0 desk lock "$card" --second approver --request p-11
says out "point+approver"
ends 0 desk unlock "$card" --request p-12
refuses 2 "is no reason here" desk cancel "$card" --reason spoiled --request p-13
ends 0 desk cancel "$card" --reason moved --request p-13
refuses 2 "注销" desk found "$card" --request p-14
refuses 2 "cannot spoil a card that is in use" desk spoil "$other" --reason spoiled \
    --second approver --request p-15

# Wrong numbers, strangers, no time of day; without --request one is made and shown.
refuses 2 "is no card number" desk lose B00000001
refuses 2 "is no officer" "$shebao" card lose "$other" --data "$here/c" --officer stranger
refuses 2 "is no time of day" desk lose "$other" --time 246000
ends 0 desk lose "$other"
says out "counter-"

# The night (which the pilot's own losses go through, too): the term of that report is over after its last day.
ends 0 "$shebao" card expire --data "$here/c" --date 20031024 --json
[ "$(ask "SELECT life FROM card WHERE number = '$other'")" = 4 ] || fail "lifted a day too early"
ends 0 "$shebao" card expire --data "$here/c" --date 20031025 --json
says out '"lifted": 1'

# Everything stands in the card's own history; its holder's number is masked there.
ends 0 "$shebao" card show "$card" --data "$here/c"
says out "注销" "94 moved" "cancel" "point+approver" "********"
ends 0 "$shebao" card show "$card" --data "$here/c" --json
python3 - "$here/out" <<'END' || fail "the card's history is not as promised"
import json, sys
card = json.load(open(sys.argv[1]))
assert card["life"] == 9 and card["sub_reason"] == 94
steps = [(s["was"], s["became"]) for s in card["steps"]]
assert steps == [(0, 1), (1, 4), (4, 1), (1, 2), (2, 2), (2, 2), (2, 1), (1, 3), (3, 1), (1, 9)], steps
END

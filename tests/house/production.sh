#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154,SC2119,SC2120
# The centre's own production cell on the command line: two officers, blanks, test card, cards, killed at
# any card and gone on with, the quality sheet with two faces exchanged, spoils and their destruction.
. "$(dirname "$0")/lib.sh"

data=$here/a
person() { awk -F, -v n="$1" 'NR == n + 1 { print $1 }' "$root/data/pilot-people.csv"; }
ask() { sqlite3 "$data/city.db" "$1"; }
stock() { "$shebao" stock "$@" --data "$data"; }
production() { "$shebao" production "$@" --data "$data"; }
both=(--officer maker --second approver)
blanks() { # FIRST COUNT: bought, counted in, drawn by two
    ends 0 stock purchase --request "B$1" --first "$1" --count "$2" --point 440100 --officer maker --note works
    ends 0 stock receive --request "R$1" --first "$1" --count "$2" --point 440100 --officer maker
    ends 0 stock requisition --request "Q$1" --first "$1" --count "$2" --point 440100 --officer maker --note batch
    ends 0 stock sign "Q$1" --officer approver
}

ends 0 "$shebao" init --rehearsal --data "$data"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$data" --json
people=40
for n in $(seq 1 $people); do
    "$shebao" application new "$(person "$n")" --point 440100-01 --officer point --data "$data" >/dev/null 2>&1 || true
done
for n in $(seq 1 "$(ask 'SELECT count(*) FROM application')"); do
    ends 0 "$shebao" application audit "$n" --officer approver --data "$data"
done
lines=$(ask 'SELECT count(*) FROM application')
[ "$lines" -ge 30 ] || fail "only $lines applications"
ends 0 "$shebao" batch open --point 440100-01 --officer maker --data "$data"
blanks 501 60

# Not before the second officer, not by one alone, not with blanks that are not drawn.
refuses 2 "only a batch with its maker" production start 1 "${both[@]}" --first 501 --count 60
ends 0 "$shebao" batch approve 1 --officer approver --data "$data"
says out "batch 1  15 已复核 (approved)"
refuses 2 "another role" production start 1 --officer maker --second maker --first 501 --count 60
refuses 2 "with --first and --count" production start 1 "${both[@]}"
refuses 2 "are not in production" production start 1 "${both[@]}" --first 501 --count 61
ends 0 "$shebao" batch show 1 --data "$data" # a run that was refused leaves the batch where it was
says out "15 已复核"
refuses 2 "no open run" production run 1 "${both[@]}"
refuses 2 "--seats is 1 to 64" production start 1 "${both[@]}" --first 501 --count 60 --seats 65
refuses 2 "fmcos or datang" production start 1 "${both[@]}" --first 501 --count 60 --dialect siemens

ends 0 production start 1 "${both[@]}" --first 501 --count 60
says out "test card good"
ends 0 production start 1 "${both[@]}" --first 501 --count 60 # sent again
[ "$(ask 'SELECT count(*) FROM production_piece WHERE seq = 0')" = 1 ] || fail "two test cards"
refuses 2 "go on there" production run 1 "${both[@]}" --machine cell-2

# Killed at any card: at every moment no number is used twice, no card lacks an owner, and each blank is in
# one state.
holds() {
    local wrong
    wrong=$(ask "
        SELECT count(*) - count(DISTINCT card_factor) FROM batch_line WHERE card_factor IS NOT NULL;
        SELECT count(*) FROM card WHERE person NOT IN (SELECT id FROM person);
        SELECT (SELECT count(*) FROM card) - (SELECT count(*) FROM batch_line WHERE state = 40);
        SELECT count(*) - 60 FROM blank WHERE state IN (20, 30, 40, 50);
        SELECT (SELECT count(*) FROM blank WHERE state = 40) - (SELECT count(*) FROM card)" | tr '\n' ' ')
    [ "$wrong" = "0 0 0 0 0 " ] || fail "after a kill: $wrong"
}
for wait in 0.05 0.1 0.15 0.2 0.25 0.3 0.12 0.18 0.22 0.28; do
    (exec "$shebao" production resume 1 "${both[@]}" --data "$data") >/dev/null 2>&1 &
    pid=$!
    sleep "$wait"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    holds
    [ "$(ask 'SELECT ended FROM production_run')" = 0 ] || break
done
if [ "$(ask 'SELECT ended FROM production_run')" = 0 ]; then
    ends 0 production run 1 "${both[@]}" --json
    python3 - "$here/out" "$lines" <<'END' || fail "the run's counts do not add up"
import json, sys
run = json.load(open(sys.argv[1]))
assert run["ended"] and run["tested"] and run["profile"] == "P10"
assert run["received"] == run["passed"] + run["rejected"] + run["returned"]
assert run["passed"] == int(sys.argv[2]) and run["in_machine"] == 0
END
fi
holds
[ "$(ask 'SELECT state FROM batch')" = 31 ] || fail "the batch is not back from its maker"
[ "$(ask "SELECT count(*) FROM batch_line WHERE state = 40")" = "$lines" ] || fail "lines are missing"
chips=("$data"/chips/*.chip)
[ "${#chips[@]}" = "$lines" ] || fail "chips and cards differ"
ends 0 stock count
ends 0 production show 1 --all
says out "cell-1" "passed 合格" "test card 测试卡, good" "3B6D0000"
refuses 2 "no open run" production resume 1 "${both[@]}"

# The quality sheet. Every card of the sample is looked at; two faces were exchanged.
number() { ask "SELECT card_number FROM batch_line WHERE seq = $1"; }
look() { # SEQ OF THE FACE, SEQ OF THE CHIP
    production quality 1 --face "$(number "$1")" --chip "$data/chips/$(number "$2").chip" --officer approver "${@:3}"
}
ends 1 production quality 1
says err "still to be looked at"
refuses 2 "still to be looked at" "$shebao" batch pack 1 --officer maker --data "$data" # not before the sheet is good
ends 0 look 1 1
says out "good 合格"
ends 0 look 1 1 # sent again
refuses 2 "a sheet is not changed" look 1 1 --faults photo
refuses 2 "no fault that an eye finds" look 2 2 --faults photo,teeth
refuses 2 "another role" production quality 1 --face "$(number 2)" --chip "$data/chips/$(number 2).chip" --officer point
refuses 2 "no card number" production quality 1 --face B00000018 --chip "$data/chips/$(number 2).chip" --officer maker
ends 1 look 2 2 --faults photo,surface
says out "照片" "卡面"
ends 1 look 3 4
says out "卡面与芯片不符"
ends 1 look 4 3
for n in $(seq 5 "$lines"); do ends 0 look "$n" "$n"; done
ends 1 production quality 1
says out "exchanged with 互换 $(number 4)" "exchanged with 互换 $(number 3)"
says err "3 cards have a fault, 2 of them another's face"
ends 1 production quality 1 --json
says out '"missing": 0' '"pairs": 1' '"open": 3'
refuses 2 "3 cards have a fault" "$shebao" batch pack 1 --officer maker --data "$data"
for n in 2 3 4; do
    ends 0 "$shebao" point recover "$(number $n)" --reason 95 --officer point --second approver --data "$data"
done
ends 0 production quality 1
refuses 2 "3 of its lines are still taken back" "$shebao" batch pack 1 --officer maker --data "$data"

# On paper: the same bytes again, each card once, the verdict, both hands.
paper() { # NAME ARGUMENTS...: printed twice, and its text without blanks in $here/out
    ends 0 "$shebao" print "${@:2}" --out "$here/$1" --data "$data"
    ends 0 "$shebao" print "${@:2}" --out "$here/again.pdf" --data "$data"
    cmp "$here/$1" "$here/again.pdf" || fail "print ${*:2}: other bytes"
    pdftotext -raw "$here/$1" "$here/text" && tr -d "[:space:]" <"$here/text" >"$here/out"
}
paper quality.pdf quality 1
says out "质检单" "卡面与芯片不符" "照片、卡面" "已检judged$lines" "结论Verdict合格good" "检验员签名" "复核人签名"
for n in 1 2 "$lines"; do says out "$(number "$n")"; done
ends 0 "$shebao" print quality 1 --out "$here/again.pdf" --data "$data" --json
says out "\"judged\": $lines" '"missing": 0'
ends 0 "$shebao" print destruction 1 --out "$here/again.pdf" --data "$data" --json
says out '"rows": 4'
refuses 2 "no such batch" "$shebao" print quality 9 --out "$here/none.pdf" --data "$data"
[ ! -e "$here/none.pdf" ] || fail "a paper about no batch"
paper destroyed.pdf destruction 1
says out "销毁清册" "00000501" "notonalist" "$(number 2)" "已收回待销毁" "共4张"

# Spoils: the test card at least; listed by one officer, destroyed when another signs.
ends 0 production spoil 1
says out "501  line 0" "test card"
refuses 2 "with --officer" production spoil 1 --destroy L1
ends 0 production spoil 1 --destroy L1 --officer maker
ends 0 stock sign L1-501 --officer approver
[ "$(ask 'SELECT state FROM blank WHERE serial = 501')" = 60 ] || fail "501 is not destroyed"
paper destroyed.pdf destruction 1 --list L1
says out "已销毁" "maker、approver" "监销人签名"

# A centre that makes 3.0 cards, on the other maker's blanks.
data=$here/b
ends 0 "$shebao" init --rehearsal --date 20200106 --data "$data"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$data" --json
for n in 1 2 3 4 5 6; do
    "$shebao" application new "$(person $n)" --point 440100-01 --officer point --data "$data" >/dev/null 2>&1 || true
done
lines=$(ask 'SELECT count(*) FROM application')
[ "$lines" -ge 3 ] || fail "only $lines applications"
for n in $(seq 1 "$lines"); do
    ends 0 "$shebao" application audit "$n" --officer approver --data "$data"
done
ends 0 "$shebao" batch open --point 440100-01 --officer maker --data "$data"
ends 0 "$shebao" batch approve 1 --officer approver --data "$data"
blanks 501 8
ends 0 production start 1 "${both[@]}" --first 501 --count 8 --dialect datang
ends 0 production run 1 "${both[@]}" --dialect datang --json
says out '"profile": "P30"' "\"passed\": $lines" '"rejected": 0'
ends 0 stock count
refuses 2 "still to be looked at" "$shebao" batch pack 1 --officer maker --data "$data"

# A 3.0 card says its number to the centre's own key, and its batch leaves when the sheet is good.
for seq in $(seq 1 "$lines"); do
    ends 0 look "$seq" "$seq"
    says out "good 合格"
done
ends 0 production quality 1
ends 0 "$shebao" batch pack 1 --officer maker --data "$data"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# From the box to the hand, on the command line: boxes counted, a holder, an agent, a package, a temporary
# card, a reminder, a wrong card, a remake, a restored batch, and a replacement from its order to the
# moment that ends the old card. At the end every point's day closes and every batch's cards are told of.
. "$(dirname "$0")/lib.sh"

maker=$root/tests/house/maker.py
data=$here/a
person() { awk -F, -v n="$1" 'NR == n + 1 { print $1 }' "$root/data/pilot-people.csv"; }
run() { "$shebao" "$@" --data "$data"; }
batch() { run batch "$@"; }
point() { run point "$@" --officer point; }
db() { sqlite3 "$data/city.db" "$1"; }
card() { db "SELECT card_number FROM batch_line WHERE batch = $1 AND seq = $2"; }

printf '%064d\n' 7 >"$here/key"
ends 0 "$shebao" init --rehearsal --data "$data"
ends 0 run person import "$root/data/pilot-people.csv" --json
apply() {
    ends 0 run application new "$(person "$1")" --point 440100-01 --officer point
    ends 0 run application audit "$1" --officer approver
}
stock() {
    ends 0 run stock "$1" --request "$2" --first "$3" --count "$4" --point 440100 --officer maker --note works
}
for n in 1 2 3 4 5 6; do apply $n; done
stock purchase B1 1 50
stock receive R1 1 50
stock requisition Q1 1 20
ends 0 run stock sign Q1 --officer approver

# made ID: batch ID goes to the card maker and the initialising centre and comes back.
made() {
    local first=$2 how=${3-}
    ends 0 batch approve "$1" --officer approver
    ends 0 batch export "$1" --for maker --out "$here/order" --key "$here/key" --officer maker
    python3 "$maker" "$here/key" "$here/order" "$here/answer" maker "$first" "$how"
    ends 0 batch return "$here/answer" --key "$here/key" --officer maker
    ends 0 batch export "$1" --for keys --out "$here/order" --key "$here/key" --officer maker
    python3 "$maker" "$here/key" "$here/order" "$here/answer" keys 0
    ends 0 batch return "$here/answer" --key "$here/key" --officer maker
}

# An approval is taken back and given again; packed boxes are unpacked and packed again.
ends 0 batch open --point 440100-01 --officer maker
ends 0 batch approve 1 --officer approver
refuses 2 "maker and an approver" batch restore 1 --officer maker
ends 0 batch restore 1 --officer maker --second approver
made 1 1 fails
ends 0 batch pack 1 --officer maker
ends 0 batch restore 1 --officer maker --second approver
ends 0 batch pack 1 --officer maker
ends 0 batch deliver 1 --officer maker
refuses 2 "with others already" batch restore 1 --officer maker --second approver
ends 0 run box list --batch 1
says out "1-1-1" "在途"
ends 0 run print boxes 1 --out "$here/boxes.pdf"
[ "$(pdfinfo "$here/boxes.pdf" | grep -c "Pages: *2")" = 1 ] || fail "no note and label"
pdftotext "$here/boxes.pdf" - | grep -q "1-1-1" || fail "the box is not on paper"
refuses 2 "packs them" run print boxes 9 --out "$here/none.pdf"
[ ! -e "$here/none.pdf" ] || fail "a paper of nothing was left"
ends 0 point receive 1-1-1 --count 5
# Cards are found by their number, their holder, their batch and box, with the place where they lie.
seek() { run card find "$@" --reason "asks at the window"; }
for known in "--card $(card 1 1)" "--number $(person 1)" "--sound 良四 --batch 0"; do
    # shellcheck disable=SC2086
    ends 0 seek $known
    says out "$(card 1 1)" "1-1-1-" "440100-01" "封存"
    ! grep -q "$(person 1)" "$here/out" || fail "the number is not masked: $known"
done
ends 0 seek --batch 1 --box 1 --json
says out '"row_count": 5'
ends 0 seek --batch 1 --box 2 --json
says out '"row_count": 0'
refuses 2 "either --card or --number" seek --card "$(card 1 1)" --number "$(person 1)"
refuses 2 "say one of" seek --name 梁思 --phone 1
ends 0 run person show "$(person 1)"
says out "在箱 in box 1-1-1-" "缺照片"
ends 0 batch store 1 --officer point
ends 0 run box show 1-1-1
says out "received"

# Line 2 failed with a chip named: a new number in a batch of its own.
ends 0 batch remake 1 --officer maker --json
says out '"lines": 1' '"new_numbers": 1'
refuses 2 "has failed" batch remake 1 --officer maker

# A real chip of card 1: its number is that of the record, its keys are those of the same seed.
chip() { # SERIAL
    ends 0 "$shebao" chip new --profile P10 --image "$here/$1.chip" --serial "$1" --seed "${2-20031008}"
}
seed=$(python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['seed'])" "$data/centre.json")
chip 1 "$seed"
echo 271828 >"$here/new"
ends 0 run pin letter "$(card 1 1)" --out "$here/letter" --officer maker
[ "$(stat -c %a "$here/letter")" = 600 ] || fail "others can read the letter"
refuses 2 "takes a second officer" run pin letter "$(card 1 1)" --out "$here/letter" --officer maker
refuses 2 "PIN" point hand-out "$(card 1 1)" --image "$here/1.chip" --old-pin "$here/new" --new-pin "$here/new"
refuses 2 "is not" point hand-out "$(card 1 3)" --image "$here/1.chip" --old-pin "$here/new" --new-pin "$here/key"

# A temporary card while the card is being made, and none afterwards for whoever has one.
ends 0 run temporary issue "$(person 1)" --point 440100-01 --officer point
says out "to 20031206"
refuses 2 "prolong" run temporary issue "$(person 1)" --point 440100-01 --officer point
ends 0 run temporary prolong 1 --officer point
ends 0 run temporary return 1 --officer point
refuses 2 "apply" run temporary issue "$(person 9)" --point 440100-01 --officer point

# A unit takes cards 3 and 4; one finds nobody and comes back.
card 1 3 >"$here/list"
card 1 4 >>"$here/list"
package() {
    point package 440100-01 --unit X1 --letter 17 --first "梁思,ID1,020-1" \
        --second-handler "陈安,$1,020-2" --cards "$here/list" --json
}
refuses 2 "two handlers" package ID1
ends 0 package ID2
says out '"handed_out": 2' '"due": 20031015'
refuses 2 "collected already" package ID2
ends 0 point returned "$(card 1 4)"
ends 0 point sign-list 1
says out "1 cards are not enabled"
ends 0 run point packages
says out "X1"
ends 0 run application progress "$(person 3)"
says out "领卡未激活" "GETTIME" "INSURETIME"
ends 0 run application progress "$(person 5)" --json
says out '"ZXWZ": "1-1-1-' '"VALIDTAG": 1'
ends 0 run application progress "$(person 99)"
says out "没有查询到制卡信息"

# Reminded once; wrong data go to nobody, are taken back, and ordered again free of charge.
ends 0 point unclaimed --date 20031018
says out "第一次提醒"
ends 0 point remind --date 20031018
ends 0 point unclaimed --date 20031018
if grep -q "第一次提醒" "$here/out"; then fail "reminded twice"; fi
ends 0 point wrong "$(card 1 5)" --what "姓名有误"
ends 0 point wrong-list
says out "姓名有误"
ends 0 point recover "$(card 1 5)" --reason 98 --second approver
ends 0 point wrong-list
if grep -q "姓名有误" "$here/out"; then fail "still on the list"; fi
ends 0 run application again 5 --officer point --second approver
says out "waits for the next batch"

# Into the holder's hand, once: the temporary card comes back, the PIN is the holder's own from now on.
hand() { # NUMBER CHIP LETTER [OPTION]...
    local number=$1 image=$2 letter=$3
    shift 3
    point hand-out "$number" --image "$here/$image.chip" --old-pin "$here/$letter" \
        --new-pin "$here/new" "$@"
}
ends 0 run temporary issue "$(person 1)" --point 440100-01 --officer point
refuses 2 "temporary card 2" hand "$(card 1 1)" 1 letter
ends 0 hand "$(card 1 1)" 1 letter --temporary-returned
says out "已领卡启用"
refuses 2 "in use" hand "$(card 1 1)" 1 letter
ends 0 run application progress "$(person 1)"
says out "已激活"

# The night: what is left is card 4 that came back, and card 6.
refuses 1 "1 are missing" point close 440100-01 --counted 1
ends 0 point close 440100-01 --counted 2 --json
says out '"handed_out": 3' '"returned": 1' '"closing": 2'

# The remade line, and the one ordered again: urgent ones have a batch of their own.
made 2 11
ends 0 batch open --point 440100-01 --officer maker
[ "$(db "SELECT count(*) FROM batch_line WHERE batch = 3")" = 1 ] || fail "not one urgent line"
twice=$(db "SELECT count(*) - count(DISTINCT card_number) FROM batch_line WHERE state <> 99")
[ "$twice" = 0 ] || fail "$twice numbers are used twice"
without=$(db "SELECT count(*) FROM card WHERE person NOT IN (SELECT id FROM person)")
[ "$without" = 0 ] || fail "$without cards without an owner"

# The holder of card 1 loses it. The replacement is ordered for the point where the old one was fetched,
# made with the urgent one and others, handed out the next day, and in that step the old one ends.
ends 0 run card lose "$(card 1 1)" --formal --officer point
ends 0 run card replace "$(card 1 1)" --officer point
says out "fee due: 20.00"
order=$(db "SELECT max(id) FROM application")
ends 0 run application audit "$order" --officer approver
made 3 12
# Its fee comes first; what is paid is not withdrawn any more.
refuses 2 "no audited application waits" batch open --point 440100-01 --officer maker
ends 0 run application progress "$(person 1)" --json
says out "待缴费" '"due_fen": 2000'
refuses 2 "two officers" run application waive "$order" --reason hardship --officer point --second point
for _ in 1 2; do ends 0 run application pay "$order" --receipt R-17 --officer point; done
refuses 2 "receipt R-17" run application pay "$order" --receipt R-18 --officer point
ends 0 run application progress "$(person 1)"
says out "已缴费"
refuses 2 "its fee is paid" run card replace "$(card 1 1)" --officer point --withdraw
ends 0 batch open --point 440100-01 --officer maker
made 4 9
ends 0 batch pack 4 --officer maker
ends 0 batch deliver 4 --officer maker
refuses 2 "has closed" point receive 4-1-1 --count 1
ends 0 point receive 4-1-1 --count 1 --date 20031009
ends 0 batch store 4 --officer point
new=$(card 4 1)
ends 0 run pin letter "$new" --out "$here/letter4" --officer maker
ends 0 run pin letter "$new" --out "$here/letter4.pdf" --form pdf --officer maker --second approver
[ "$(stat -c %a "$here/letter4.pdf")" = 600 ] || fail "others may read a PIN letter"
pdftotext -layout "$here/letter4.pdf" - | sed -n '/Tear off here/,$p' | grep -q "$(head -1 "$here/letter4")" \
    || fail "the PIN is not below the line"
ends 0 "$shebao" chip new --profile P10 --image "$here/9.chip" --serial 9 --seed "$seed"
[ "$(db "SELECT card_number FROM batch_line WHERE batch = 4")" = "$new" ] || fail "another number"
ends 0 hand "$new" 9 letter4 --date 20031009
ends 0 run card show "$(card 1 1)"
says out "注销"
[ "$(db "SELECT sub_reason FROM card WHERE number = '$(card 1 1)'")" = 91 ] || fail "not replaced"
ends 0 run card show "$new"
says out "正常"
ends 0 point close 440100-01 --counted 2 --date 20031009
# What was handed out, boxed, bought and listed adds up in each other's tables, too.
ends 0 run report check

# Slips on paper: words, masked numbers, the same bytes again.
reads() { # FILE TEXT...
    pdftotext -layout "$here/$1" "$here/out"
    says out "${@:2}"
}
paper() { # FILE COMMAND...: the same record is the same bytes
    ends 0 run print "${@:2}" --out "$here/$1"
    ends 0 run print "${@:2}" --out "$here/again.pdf"
    cmp "$here/$1" "$here/again.pdf" || fail "print ${*:2}: other bytes"
}
paper hand.pdf hand-over "$new"
reads hand.pdf "Hand-over slip" "$new" "本人"
grep -q "[0-9]\{17\}" "$here/out" && fail "a whole citizen number is on a slip"
ends 0 run card lose "$new" --officer point --time 090000 --request paper-1
paper loss.pdf slip "$new"
reads loss.pdf "Loss slip" "$new" "临时挂失" "09:00:00" "paper-1"
refuses 2 "no such slip" run print slip "$new" --slip 99999 --out "$here/none.pdf"
[ ! -e "$here/none.pdf" ] || fail "a slip of nothing was left"

# A letter as a sheet: the PIN once, below the line that is torn, its owner's alone.
refuses 2 "text or pdf" run pin letter "$new" --out "$here/none.pdf" --form gif --officer maker

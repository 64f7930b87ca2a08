#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154,SC2119,SC2120
# Blank cards on the command line: from purchase to destruction, two signatures, the count of the
# night, and killed at any moment. Then a batch, from applications to boxes, over the sealed files of a
# card maker and of the initialising centre, wrong ones among them, and killed at every step.
. "$(dirname "$0")/lib.sh"

data=$here/a
stock() { "$shebao" stock "$@" --data "$data"; }
# order STEP REQUEST FIRST COUNT [OPTION]...: by the maker, at the centre's store.
order() {
    local step=$1 request=$2 first=$3 count=$4
    shift 4
    stock "$step" --request "$request" --first "$first" --count "$count" --point 440100 \
        --officer maker "$@"
}

ends 0 "$shebao" init --rehearsal --data "$data"
ends 0 order purchase B1 1 1000 --note "east works"
ends 0 order receive R1 1 1000
says out "R1: receive of 1000 chips from 1 at 440100, done"
ends 0 order requisition Q1 1 100 --note "batch 1"
says out "waits for a second officer"
refuses 2 "cannot sign it, too" stock sign Q1 --officer maker
refuses 2 "chip 1 is in store" order make M1 1 96
ends 0 stock sign Q1 --officer approver --json
says out '"done": true'
refuses 2 "is in production" order receive R2 1 1000
ends 0 order receive R1 1 1000 # sent again
refuses 2 "take a new number" order receive R1 1 999

# A night with blanks in production is refused; said of each what became of it, it adds up.
ends 1 stock count
says err "100 blanks in production"
ends 0 order make M1 1 96
ends 0 order spoil S1 97 3 --note "chip mute"
ends 0 order return T1 100 1
ends 0 stock count --json
says out '"received": 1000' '"in_store": 901' '"good": 96' '"spoiled": 3' '"balanced": true'
ends 0 order destroy D1 97 3 --note "list 1"
ends 0 stock sign D1 --officer approver
ends 0 order send X1 101 50 --to 440100-01
ends 0 stock receive --request X2 --first 101 --count 50 --point 440100-01 --officer point
ends 0 stock count
says out "440100-01"
ends 0 stock take --point 440100-01 --counted 50 --officer approver
ends 1 stock take --point 440100 --counted 850 --officer approver
says err "1 are missing"
refuses 2 "a note" order spoil S2 1 1
refuses 2 "1 to 100000" order purchase B2 2000 0 --note x

# A row taken out behind the ledger's back is missing in the night.
sqlite3 "$data/city.db" "DELETE FROM blank WHERE serial = 500"
ends 1 stock count
says err "1 are missing"
sqlite3 "$data/city.db" "INSERT INTO blank VALUES (500, 20, '440100')"

# Killed at any moment, the same orders sent again end in the same state, each exactly once.
n=0
for wait in 0 0.002 0.004 0.006 0.008 0.012 0.02 0.05; do
    n=$((n + 1))
    first=$((10000 * n))
    for step in purchase receive; do
        (exec "$shebao" stock "$step" --request "K$n$step" --first "$first" --count 5000 \
            --point 440100 --officer maker --note works --data "$data") >/dev/null 2>&1 &
        pid=$!
        sleep "$wait"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        ends 0 order "$step" "K$n$step" "$first" 5000 --note works
    done
    ends 0 stock count
done
twice=$(sqlite3 "$data/city.db" "SELECT count(*) - count(DISTINCT request) FROM stock_order")
[ "$twice" = 0 ] || fail "$twice orders are in the ledger twice"
rows=$(sqlite3 "$data/city.db" "SELECT count(*) FROM blank")
[ "$rows" = $((1000 + n * 5000)) ] || fail "$rows blanks instead of $((1000 + n * 5000))"

# --- a batch -------------------------------------------------------------------------------------

maker=$root/tests/house/maker.py
data=$here/b
person() { awk -F, -v n="$1" 'NR == n + 1 { print $1 }' "$root/data/pilot-people.csv"; }
batch() { "$shebao" batch "$@" --data "$data"; }
apply() {
    ends 0 "$shebao" application new "$(person "$1")" --point 440100-01 --officer point --data "$data"
    ends 0 "$shebao" application audit "$1" --officer approver --data "$data"
    says out "application $1 waits for a batch"
}
export_for() {
    batch export 1 --for "$1" --out "$here/order" --key "$here/key" --officer maker
}
return_file() { batch return "$here/answer" --key "$here/key" --officer maker "$@"; }

# What must hold at any moment: no number twice, no card without an owner, no blank unaccounted for.
holds() {
    local wrong
    wrong=$(sqlite3 "$data/city.db" "
        SELECT count(*) - count(DISTINCT card_number) FROM batch_line WHERE state <> 99;
        SELECT count(*) FROM card WHERE person NOT IN (SELECT id FROM person);
        SELECT count(*) - 10 FROM blank;
        SELECT (SELECT count(*) FROM batch_line) - (SELECT count(*) FROM card_number)" | tr '\n' ' ')
    [ "$wrong" = "0 0 0 0 " ] || fail "after a kill: $wrong"
}
# sure STATE COMMAND...: a step of the batch, killed at three moments, then done if it is not yet.
state() { sqlite3 "$data/city.db" "SELECT coalesce(max(state), 0) FROM batch"; }
sure() {
    local want=$1 pid wait
    shift
    for wait in 0.001 0.004 0.008; do
        [ "$(state)" != "$want" ] || break
        (exec "$shebao" batch "$@" --data "$data") >/dev/null 2>&1 &
        pid=$!
        sleep "$wait"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        holds
    done
    [ "$(state)" = "$want" ] || ends 0 batch "$@"
    [ "$(state)" = "$want" ] || fail "$* led to $(state), not $want"
    holds
}

printf '%064d\n' 7 >"$here/key"
printf '%064d\n' 8 >"$here/other-key"
ends 0 "$shebao" init --rehearsal --data "$data"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$data" --json
for n in 1 2 3 4; do apply $n; done
refuses 2 "one" "$shebao" application new "$(person 1)" --point 440100-01 --officer point --data "$data"
refuses 2 "another role" "$shebao" application new "$(person 5)" --point 440100-01 --officer maker --data "$data"
ends 0 order purchase B1 501 10 --note works
ends 0 order receive R1 501 10
ends 0 order requisition Q1 501 4 --note "batch 1"
ends 0 stock sign Q1 --officer approver

sure 10 open --point 440100-01 --officer maker
refuses 2 "no audited application" batch open --point 440100-01 --officer maker
refuses 2 "another role" batch approve 1 --officer maker
ends 2 export_for maker # not before the second officer
sure 15 approve 1 --officer approver
sure 30 export 1 --for maker --out "$here/order" --key "$here/key" --officer maker
ends 0 export_for maker
cp "$here/order" "$here/first"
ends 0 export_for maker # once more, the same under another nonce
if cmp -s "$here/order" "$here/first"; then fail "the nonce is the same"; fi
if grep -q "$(person 1)" "$here/order"; then fail "the order is not sealed"; fi

# Answers that do not fit are refused in one sentence, and nothing is half done.
for how in short doubled reordered other unsealed; do
    python3 "$maker" "$here/key" "$here/order" "$here/answer" maker 501 $how
    status=0
    return_file >"$here/out" 2>"$here/err" || status=$?
    [ "$status" != 0 ] || fail "an answer that is $how was taken"
    [ "$(grep -c '' "$here/err")" = 1 ] || fail "more than one sentence: $(cat "$here/err")"
    ends 0 batch show 1
    says out "工厂已导出" "4  10 入批"
done
python3 "$maker" "$here/key" "$here/order" "$here/answer" maker 501 fails
refuses 4 "another file key" batch return "$here/answer" --key "$here/other-key" --officer maker

# The right one, killed at several moments, is taken once and whole.
for wait in 0 0.002 0.004 0.008 0.016; do
    (exec "$shebao" batch return "$here/answer" --key "$here/key" --officer maker --data "$data") \
        >/dev/null 2>&1 &
    pid=$!
    sleep "$wait"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    moved=$(sqlite3 "$data/city.db" "SELECT count(*) FROM batch_line WHERE state IN (30, 31)")
    gone=$(sqlite3 "$data/city.db" "SELECT count(*) FROM blank WHERE state IN (40, 50)")
    used=$(sqlite3 "$data/city.db" "SELECT count(*) FROM card_number WHERE state = 2")
    case $moved-$gone-$used in
    0-0-0 | 4-4-3) ;;
    *) fail "an answer was half taken: $moved lines, $gone blanks, $used numbers" ;;
    esac
done
ends 0 return_file
ends 0 return_file --json
says out '"before": true'
ends 0 stock count
says out "440100"
ends 0 batch lines 1
says out "mute"

sure 40 export 1 --for keys --out "$here/order" --key "$here/key" --officer maker
ends 0 export_for keys
python3 "$maker" "$here/key" "$here/order" "$here/answer" keys 0
sure 41 return "$here/answer" --key "$here/key" --officer maker
sure 45 pack 1 --officer maker
sure 50 deliver 1 --officer maker
refuses 2 "point receive" batch store 1 --officer point
ends 1 "$shebao" point receive 1-1-1 --count 2 --officer point --data "$data"
says out "隔离"
ends 0 "$shebao" point recount 1-1-1 --count 3 --officer point --second approver --data "$data"
sure 55 store 1 --officer point
ends 0 "$shebao" point close 440100-01 --counted 3 --officer point --data "$data"
says out "received 3"
refuses 2 "still" batch close 1 --officer approver
ends 0 batch list
says out "网点已入库"
owners=$(sqlite3 "$data/city.db" "SELECT count(*) FROM card JOIN person ON person.id = card.person")
[ "$owners" = 3 ] || fail "$owners cards have an owner, not 3"

recover() { # CARD SECOND DAY
    "$shebao" point recover "$1" --officer point --second "$2" --date "$3" --data "$data"
}
# Nobody fetches the cards: taken back, destroyed with the one that failed, and the batch closes.
for number in $(sqlite3 "$data/city.db" "SELECT number FROM card ORDER BY number"); do
    refuses 2 "cannot be the second person" recover "$number" point 20031009
    refuses 2 "has closed" recover "$number" approver 20031008
    ends 0 recover "$number" approver 20031009
    refuses 2 "taken back" recover "$number" approver 20031009
done
refuses 2 "still" batch close 1 --officer approver
for line in 1 2 3 4; do
    ends 0 batch destroy 1 --line $line --officer maker --second approver
done
sure 60 close 1 --officer approver
ends 0 batch show 1
says out "已结束" "4  95 已销毁"

# --- a name that no card of the day holds -----------------------------------------------------------

# Refused at the counter in one sentence, with the way on; no application, no number, no blank.
data=$here/c
long=阿不都热合曼阿不都热依木买买提江
name_file() { # NAME: the pilot's first person under it
    head -2 "$root/data/pilot-people.csv" | iconv -f GB18030 -t UTF-8 \
        | sed "2s/^\([^,]*\),[^,]*/\1,$1/" | iconv -f UTF-8 -t GB18030 >"$here/named.csv"
}
first() { "$shebao" application new "$(person 1)" --point 440100-01 --officer point --data "$data"; }
kept() { sqlite3 "$data/city.db" "SELECT (SELECT count(*) FROM application) || '-' ||
    (SELECT count(*) FROM card_number) || '-' || (SELECT count(*) FROM blank)"; }

ends 0 "$shebao" init --rehearsal --data "$data"
name_file "$long"
ends 0 "$shebao" person import "$here/named.csv" --data "$data" --json
refuses 2 "the name takes 32 bytes of GB 18030 and a 1.0 card holds 30; apply for a 2.0 card, whose name extension holds the rest" first
refuses 2 "2.0 card" first # asked again, the same
[ "$(kept)" = 0-0-0 ] || fail "a refused application left $(kept) behind"

# One character less, and the card is made as any other.
data=$here/d
ends 0 "$shebao" init --rehearsal --data "$data"
name_file "${long%江}"
ends 0 "$shebao" person import "$here/named.csv" --data "$data" --json
ends 0 first

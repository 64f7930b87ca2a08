#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A day in parts on the command line, against the same files taken one by one by the pilot: the same
# report, the same bank file to the byte; dry run, again, proof, and what is refused afterwards.
. "$(dirname "$0")/lib.sh"

few_people 300
ends 0 pilot_in "$here/a" --forge 2
cp -r "$here/a" "$here/b"
day() { "$shebao" day "$@" --data "$here/b"; }

# --- the second centre has not taken its files yet: what became of them is taken back
sqlite3 "$here/b/city.db" >/dev/null <<'END'
PRAGMA foreign_keys = OFF;
DELETE FROM payout; DELETE FROM record; DELETE FROM upload_piece; DELETE FROM upload;
DELETE FROM entry WHERE posting IN
  (SELECT id FROM posting WHERE number LIKE 'record %' OR number LIKE 'payout %');
DELETE FROM posting WHERE number LIKE 'record %' OR number LIKE 'payout %';
UPDATE account SET fen = coalesce((SELECT sum(fen) FROM entry WHERE entry.account = account.id), 0);
UPDATE approval SET used = 0;
DELETE FROM business_day WHERE day > 20031008;
UPDATE business_day SET state = 0, maker = '', approver = '', pay_digest = zeroblob(32);
END
rm "$here"/b/bank/*
mkdir "$here/files"
for file in "$here"/a/uploads/*; do
    case $file in
    *.forged) ;;
    *) cp "$([ -e "$file.forged" ] && echo "$file.forged" || echo "$file")" "$here/files/" ;;
    esac
done

# --- a dry run says what it would come to; the day itself the same, and again
ends 0 day intake "$here/files" --dry-run --json
says out '"dry_run": true' '"files_bad": 0' '"tac-wrong": {"count": 2'
sed 's/"dry_run": true/"dry_run": false/' "$here/out" >"$here/dry"
ends 0 day report 20031008 --json
says out '"records": 0'
head -c 200 "$(find "$here/files" -type f | sort | head -n 1)" >"$here/files/torn"
ends 0 day intake "$here/files"
says out "20031008: " " 1 bad; " "tac-wrong"
rm "$here/files/torn"
refuses 2 "with other files" day intake "$here/files"
head -c 200 "$(find "$here/files" -type f | sort | head -n 1)" >"$here/files/torn"
ends 0 day intake "$here/files"
says out "taken in before"
ends 0 day report 20031008 --json
cp "$here/out" "$here/open.json"

# --- from cutover to close: report and bank file are those of the day that was taken one by one
ends 0 day close 20031008 --officer clearer --second approver
cmp "$here/a/bank/20031008.pay" "$here/b/bank/20031008.pay" || fail "the bank's files differ"
ends 0 day report 20031008 --json
cp "$here/out" "$here/parts.json"
ends 0 "$shebao" day report 20031008 --json --data "$here/a"
cmp "$here/out" "$here/parts.json" || fail "the reports differ"
for kind in summary payable differences trial payout exceptions; do
    ends 0 day report 20031008 --kind "$kind" --format csv
    cp "$here/out" "$here/$kind.csv"
    ends 0 "$shebao" day report 20031008 --kind "$kind" --format csv --data "$here/a"
    cmp "$here/out" "$here/$kind.csv" || fail "the $kind reports differ"
done

# --- the proof holds, and sees one altered byte or sum
ends 0 day prove 20031008
says out "日结 (closed)" "; proven"
ends 0 day prove 20031008 --json
says out '"proven": true' '"difference_count": 0'
segment=$here/b/segments/20031008-000.seg
cp "$segment" "$here/good.seg"
printf 'X' | dd of="$segment" bs=1 seek=100 conv=notrunc status=none
ends 1 day prove 20031008
says err "20031008-000.seg" "pay nothing out"
cp "$here/good.seg" "$segment"
sqlite3 "$here/b/city.db" "UPDATE parts_sum SET fen = fen + 1 WHERE reason = 0 AND upload = 1"
ends 1 day prove 20031008
says err "sums"
sqlite3 "$here/b/city.db" "UPDATE parts_sum SET fen = fen - 1 WHERE reason = 0 AND upload = 1"
ends 0 day prove 20031008

# --- what waits is decided by two officers
ends 0 day suspense --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert len(page["records"]) == 2, page
print(page["records"][0]["name"])' "$here/out" >"$here/name" || fail "the suspense list is wrong"
read -ra record <"$here/name"
ends 0 day ask refuse S1 "${record[@]}" --reference "no slip" --officer clearer
ends 0 day agree S1 --officer approver

# --- records are found in segments: a card's story, a statement, a match, a line for each fen
card=$(sqlite3 "$here/b/city.db" "SELECT card.number FROM card JOIN account ON account.owner = hex(card.factor) JOIN entry ON entry.account = account.id JOIN posting ON posting.id = entry.posting WHERE posting.number LIKE 'parts %' LIMIT 1")
shop=$(sqlite3 "$here/b/city.db" "SELECT min(institution) FROM payout")
ends 0 day prove --card "$card" --json
says out '"proven": true' '"rule": "purchase"'
cp "$here/out" "$here/card.json"
ends 0 "$shebao" day prove --card "$card" --json --data "$here/a"
python3 -c 'import json, sys
parts, rows = (json.load(open(name)) for name in sys.argv[1:])
for story in parts, rows:
    for step in story["steps"]:
        del step["posting"]  # files have other numbers where they came in another order
    story["steps"].sort(key=lambda step: (step["moment"], step["terminal"], step["fen"]))
    for step in story["steps"]:
        del step["after_fen"]
assert parts == rows' "$here/card.json" "$here/out" || fail "the card has another story in parts"
ends 0 day statement "$shop" 20031008 --out "$here/statement"
ends 0 "$shebao" day statement "$shop" 20031008 --out "$here/other" --data "$here/a"
cmp <(grep -v '^END' "$here/statement" | sort) <(grep -v '^END' "$here/other" | sort) ||
    fail "the statements differ"
ends 0 day match "$here/statement" --officer clearer
says err "short" " 0 "
ends 0 day prove 20031008 --lines --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert page["proven"] and sum(line["fen"] for line in page["lines"]) == page["due_fen"], page
assert all(len(line["tac"]) == 8 for line in page["lines"])' "$here/out" || fail "the lines do not add up"
refuses 2 "day intake" day take "$(find "$here/files" -type f | sort | head -n 1)"
refuses 2 "name a folder" day intake "$here/nothing"
mkdir "$here/empty"
refuses 4 "no upload files" day intake "$here/empty"

# --- the centre that took its files one by one changes over with the next day, and not back at once
cp "$here/files/torn" "$here/empty/"
ends 0 "$shebao" day intake "$here/files" --dry-run --data "$here/a"
says out " known before"
ends 0 "$shebao" day intake "$here/empty" --data "$here/a"
says out "20031009: " " 1 bad; "
[ -s "$here/a/segments/20031008.day" ] || fail "the day before was not written down"
refuses 2 "taken in parts" "$shebao" day take "$(find "$here/files" -type f | sort | head -n 1)" --data "$here/a"
ends 0 "$shebao" day prove 20031008 --data "$here/a"
says out "; proven"
ends 0 "$shebao" report check --data "$here/a"

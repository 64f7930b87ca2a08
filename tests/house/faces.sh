#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Faces of cards as pictures: both sides and both forms, the same bytes again, a run that goes on, a card
# that cannot be drawn, and pictures of strangers.
. "$(dirname "$0")/lib.sh"

few_people 30
ends 0 pilot_in "$here/a"
faces() { "$shebao" batch faces 1 --officer maker --data "$here/a" --out "$@"; }

# --- a batch: four files for each card, and nothing is drawn twice
ends 0 faces "$here/f" --json
cards=$(grep -o '"drawn": [0-9]*' "$here/out" | tr -dc 0-9)
bare=$(grep -o '"without_photo": [0-9]*' "$here/out" | tr -dc 0-9) # of some the pilot took photos
[ "$cards" -gt 20 ] || fail "$cards cards were drawn"
[ "$(find "$here/f" -name '*.p??' | wc -l)" = $((cards * 4)) ] || fail "not four files for each card"
ends 0 faces "$here/f" --json
says out '"drawn": 0' "\"stood\": $cards"
one=$(basename "$(find "$here/f" -name '*-back.png' | sort | head -1)" -back.png)
cp -r "$here/f" "$here/g"
rm "$here/g/$one-back.png" "$here/g/$one-front.pdf"
ends 0 faces "$here/g" --json
says out '"drawn": 1'
diff -r "$here/f" "$here/g" || fail "the same faces are not the same bytes"
pdftotext "$here/f/$one-back.pdf" - | grep -q "$one" || fail "the number is not on the page"
pdftotext -raw "$here/f/$one-front.pdf" "$here/text" && tr -d "[:space:]" <"$here/text" >"$here/out"
says out "社会保障卡" "SPECIMEN"
[ "$(pdfinfo "$here/f/$one-back.pdf" | grep -c '242\.6[0-9]* x 153\.0')" = 1 ] || fail "a page is no card"

# --- what a face shows was written down: another picture is another face
dd if=/dev/urandom of="$here/stranger.jpg" bs=1k count=8 status=none
refuses 2 "card $one" "$shebao" card face "$one" --out "$here/h" --officer maker --data "$here/a" --photo "$here/stranger.jpg"
ends 0 "$shebao" card face "$one" --out "$here/h" --officer maker --data "$here/a" --form png
cmp "$here/h/$one-back.png" "$here/f/$one-back.png" || fail "one card's face differs from its batch's"
[ ! -e "$here/h/$one-back.pdf" ] || fail "a form was drawn that nobody asked for"

# --- the accepted photo comes from the store; without one the face says so, or is refused
pictures=$root/tests/vectors/photo
data=$here/a
ask() { sqlite3 "$data/city.db" "$1"; }
holder() { # SEQ: the citizen number of a line's holder, whose last character the people's file knows
    local number17
    number17=$(ask "SELECT number17 FROM batch_line l JOIN person p ON p.id = l.person WHERE l.seq = $1 AND l.batch = 1")
    grep -o -m 1 "^${number17}[0-9Xx]" "$people"
}
card() { ask "SELECT card_number FROM batch_line WHERE batch = 1 AND seq = $1"; }
ends 0 "$shebao" photo add "$(holder 7)" "$pictures/good.jpg" --officer point --data "$data"
refuses 2 "to show other data" "$shebao" card face "$(card 7)" --out "$here/k" --officer maker --data "$data" # its face is out without
ends 1 faces "$here/k" --need-photo --form png --json
says out "\"failed\": $((bare))"
says err "shebao photo add"

# --- wrong words
refuses 2 "png, pdf or both" "$shebao" card face "$one" --out "$here/h" --officer maker --data "$here/a" --form gif
refuses 2 "no officer" "$shebao" card face "$one" --out "$here/h" --officer nobody --data "$here/a"
ends 2 "$shebao" card face B99999999 --out "$here/h" --officer maker --data "$here/a"
ends 2 "$shebao" batch faces 99 --out "$here/h" --officer maker --data "$here/a"

refuses 2 "no destination" "$shebao" card face "$one" --out "$here/h" --officer maker --data "$here/a" --profile moon

# --- a stranger's file instead of a picture: that card is told, the others are drawn
ends 0 pilot_in "$here/b"
number=$(sed -n 2p "$people" | grep -o '[0-9]\{17\}[0-9X]' | head -1)
mkdir "$here/photos" && cp "$here/stranger.jpg" "$here/photos/$number.jpg"
ends 1 "$shebao" batch faces 1 --officer maker --data "$here/b" --out "$here/i" --photos "$here/photos" --form png --json
says out "\"drawn\": $((cards - 1))" '"failed": 1'
says err "the holder's picture"

# --- a centre with two accepted photos: they are drawn, and the quality sheet hears from the face's own code
# whose face it is
data=$here/c
ends 0 pilot_in "$data"
for seq in 1 2; do
    ends 0 "$shebao" photo add "$(holder $seq)" "$pictures/good.jpg" --officer point --data "$data"
done
with() { "$shebao" batch faces 1 --officer maker --data "$data" --form png --json "$@"; }
ends 0 with --out "$here/m"
says out '"failed": 0' "\"without_photo\": $((bare - 2))"
ends 0 with --out "$here/n" --profile city # another destination of the same photo: the same face
says out '"failed": 0'
card() { ask "SELECT card_number FROM batch_line WHERE batch = 1 AND seq = $1"; }
cmp -s "$here/m/$(card 1)-back.png" "$here/n/$(card 1)-back.png" && fail "the destination does not show"
cmp "$here/m/$(card 3)-back.png" "$here/n/$(card 3)-back.png" || fail "a face without a photo has changed"
code() { echo "$(card "$1"):$(ask "SELECT hex(digest) FROM production_face WHERE batch = 1 AND seq = $1")"; }
look() { "$shebao" production quality 1 --officer approver --data "$data" "$@"; }
ends 0 look --code "$(code 1)" --chip "$data/chips/$(card 1).chip"
says out "good 合格"
ends 1 look --code "$(code 2)" --chip "$data/chips/$(card 3).chip" # its chip is another's
says out "卡面与芯片不符"
ends 1 look --face "$(card 4)" --code "$(code 5)" --chip "$data/chips/$(card 4).chip" # two faces in one
says out "卡面与芯片不符"
refuses 2 "scan it again" look --code "$(card 6):00" --chip "$data/chips/$(card 6).chip"

# --- the bench has the promised form, whatever else the machine does
status=0
"$shebao" bench face --faces 2 --rounds 1 --json >"$here/out" 2>"$here/err" || status=$?
[ "$status" -le 1 ] || fail "the bench of faces failed: $(cat "$here/err")"
python3 - "$here/out" <<'END' || fail "the report on faces is not as promised"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["bench"] == "face" and len(report["figures"]) == 4
for figure in report["figures"]:
    assert figure["value"] > 0 and figure["yardstick_value"] > 0 and figure["unit"].endswith("/s")
assert [figure["target"] for figure in report["figures"][:2]] == [0.5, 0.5]
END
refuses 2 "--faces is 1 to" "$shebao" bench face --faces 0
refuses 2 "--rounds 1 to" "$shebao" bench face --rounds 100

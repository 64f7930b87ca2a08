#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A package goes out on a laptop, works without a centre, comes back, and is compared both ways.
. "$(dirname "$0")/lib.sh"

pictures=$root/tests/vectors/photo
number=990102197612115183
other=99020219381103771X
ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/c"
capture() { "$shebao" capture "$@" --data "$here/c"; }
echo "thirteen letters" >"$here/pass"
echo "others who try in vain" >"$here/wrong"

ends 0 capture pack GZ0001004 --out "$here/school.scp" --passphrase "$here/pass" --spare 3 \
    --point P001 --officer point --json
says out '"package": 1, "first": 1'
refuses 2 "is there already" capture pack GZ0001004 --out "$here/school.scp" --passphrase "$here/pass" \
    --point P001 --officer point
refuses 2 "nobody works" capture pack NOWHERE --out "$here/x.scp" --passphrase "$here/pass" \
    --point P001 --officer point
ends 0 capture packages
says out "已采 captured 0"
cp "$here/school.scp" "$here/second.scp"

# Without a line and without a centre: the photo is judged, the number is told again.
road() {
    local file=$1 who=$2 name=$3
    shift 3
    "$shebao" capture road "$here/$file" "$who" --name "$name" --document "id-card:$who" \
        --passphrase "$here/pass" --date 20031008 --officer point "$@"
}
good=(--confirmed --photo "$pictures/good.jpg")
refuses 2 "背景不白" road school.scp "$number" 梁思 --confirmed --photo "$pictures/grey-ground.jpg"
refuses 2 "C05" road school.scp "$number" 梁思 --photo "$pictures/good.jpg"
ends 0 road school.scp "$number" 梁思 "${good[@]}" --json
says out '"sequence": 1'
ends 0 road school.scp "$number" 梁思 "${good[@]}" --json
says out '"sequence": 1'
ends 0 road second.scp "$other" 朱娣镕 "${good[@]}"
grep -qa "$number" "$here/school.scp" && fail "the package can be read without its passphrase"

# Another passphrase, a torn file and a changed byte open nothing.
upload() { capture upload "$@" --officer point; }
refuses 4 "school.scp" upload "$here/school.scp" --passphrase "$here/wrong"
head -c 900 "$here/school.scp" >"$here/torn.scp"
refuses 4 "torn.scp" upload "$here/torn.scp" --passphrase "$here/pass"
refuses 4 "no package" upload "$pictures/good.jpg" --passphrase "$here/pass"

# It comes back, twice; who was not expected is told; a second laptop with the same numbers is caught.
ends 0 upload "$here/school.scp" --passphrase "$here/pass" --json
says out '"captured": 1, "refused": 0'
ends 0 upload "$here/school.scp" --passphrase "$here/pass" --json
says out '"captured": 1, "refused": 0'
ends 1 upload "$here/second.scp" --passphrase "$here/pass" --json
says out '"captured": 0, "refused": 1'
says err "two laptops"
ends 0 capture packages
says out "已采 captured 1" "名单外 not on the list 0"
ends 0 capture report
says out "1  流动采集"

# Who of the unit has no photo yet: one fewer than it has people.
ends 2 capture gaps NOWHERE
ends 1 capture gaps GZ0001004 --json
python3 - "$here/out" <<'END' || fail "the list of missing photos is not as promised"
import json, sys
gaps = json.load(open(sys.argv[1]))
assert gaps and all("*" in gap["number"] for gap in gaps)
assert "990102********5183" not in [gap["number"] for gap in gaps]
END

# Late, and overdue.
ends 0 capture pack GZ0001004 --out "$here/late.scp" --passphrase "$here/pass" --point P001 --officer point
ends 0 road late.scp "$other" 朱娣镕 "${good[@]}"
ends 0 capture packages --date 20031015
ends 1 capture packages --date 20031016
says out "超期未交"
ends 1 upload "$here/late.scp" --passphrase "$here/pass" --date 20031010 --json
says out '"captured": 1, "refused": 0, "late": 1'
ends 0 capture packages --date 20031016
says out "名单外 not on the list 1"

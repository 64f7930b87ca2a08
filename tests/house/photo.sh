#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A photo is judged in the painter's process, waits for a person where the rule does not know, and goes out as
# each destination takes it. The heads are drawn: nobody's portrait.
. "$(dirname "$0")/lib.sh"

pictures=$root/tests/vectors/photo
number=990102197612115183
ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/c"
photo() { "$shebao" photo "$@" --data "$here/c"; }

# Before the camera nothing is kept, and no centre is needed.
ends 0 "$shebao" photo check "$pictures/good.jpg"
says out "photo 照片: pass"
ends 0 "$shebao" photo check "$pictures/camera.jpg" --out "$here/cut.jpg"
ends 0 "$shebao" photo check "$here/cut.jpg"
ends 1 "$shebao" photo check "$pictures/grey-ground.jpg"
says out "背景不白" "photo 照片: fail"
ends 0 "$shebao" photo check "$pictures/doubtful.jpg" --json
python3 - "$here/out" <<'END' || fail "the doubtful picture is not told as promised"
import json, sys
seen = json.load(open(sys.argv[1]))
assert seen["judgement"] == "person"
assert seen["figures"]["faces"] == {"value": None, "judgement": "person"}
END

# Other formats, torn files and lies of size are refused by name, and the next picture is looked at.
printf '\211PNG\r\n\032\n....' >"$here/photo.jpg"
refuses 4 "PNG picture" "$shebao" photo check "$here/photo.jpg"
: >"$here/empty.jpg"
refuses 4 "empty" "$shebao" photo check "$here/empty.jpg"
head -c 5000 "$pictures/good.jpg" >"$here/torn.jpg"
refuses 4 "torn or damaged" "$shebao" photo check "$here/torn.jpg"
refuses 2 "No such file" "$shebao" photo check "$here/none.jpg"

# Kept as it is judged; the same file again is the same photo; only one of a point takes photos.
ends 1 photo add "$number" "$pictures/grey-ground.jpg" --officer point
says out "P1: 不合格"
refuses 2 "no such photo" photo export "$number" --out "$here/x.jpg"
ends 0 photo add "$number" "$pictures/doubtful.jpg" --officer point
says out "P2: 待人工审核"
ends 0 photo add "$number" "$pictures/doubtful.jpg" --officer point --json
says out '"photo": 2'
refuses 2 "approver" photo add "$number" "$pictures/good.jpg" --officer approver
refuses 2 "more than 180 days ago" photo add "$number" "$pictures/good.jpg" --officer point \
    --taken 20030101
refuses 2 "cannot come on" photo add "$number" "$pictures/good.jpg" --officer point --taken 20040101

# A person decides: an approver, once.
ends 0 photo queue --out "$here/queue"
says out "P2" "无法测量" "1 photos wait"
[ -s "$here/queue/P2.jpg" ] || fail "the picture of the queue was not written"
refuses 2 "point" photo decide 2 --reason "seen" --officer point
refuses 2 "only one that waits" photo decide 1 --reason "seen" --officer approver
ends 0 photo decide 2 --reason "seen: dark skin, all features clear" --officer approver
ends 0 photo decide 2 --reason "seen: dark skin, all features clear" --officer approver
refuses 2 "only one that waits" photo decide 2 --reject --reason "no" --officer approver
ends 0 photo queue
says out "0 photos wait"
ends 0 "$shebao" person history "$number" --data "$here/c"
says out "own-word:P2"

# Each destination gets its own size.
for profile in ministry city tight kiosk; do
    ends 0 photo add "$number" "$pictures/good.jpg" --officer point
    ends 0 photo export "$number" --profile "$profile" --out "$here/$profile.jpg" --json
done
python3 - "$here" <<'END' || fail "a destination does not get what it takes"
import os, sys
for name, size, least, most in (("ministry", (441, 358), 14336, 40960), ("city", (295, 236), 0, 102400),
                                ("tight", (441, 358), 9216, 20480), ("kiosk", (441, 384), 0, 1 << 20)):
    data = open(os.path.join(sys.argv[1], name + ".jpg"), "rb").read()
    frame = data.index(b"\xff\xc0") + 5
    shape = tuple(int.from_bytes(data[frame + i:frame + i + 2], "big") for i in (0, 2))
    assert shape == size and least <= len(data) <= most, (name, shape, len(data))
END
refuses 2 "no destination" photo export "$number" --profile mars --out "$here/x.jpg"
ends 0 photo expire --officer point
says out "0 photos expired"

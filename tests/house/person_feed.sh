#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A file of the police is compared, torn, sent twice; what it says of a death is in the record and its
# history; files of others keep to their own fields.
. "$(dirname "$0")/lib.sh"

centre=$here/a
ends 0 "$shebao" init --rehearsal --data "$centre"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$centre" --json
iconv -f UTF-8 -t GB18030 >"$here/police.csv" <<'END'
AAC002,AAC003,AAC004,AAC006,life,died,police-photo
990102197612115183,梁思,2,19761211,2,20031001,1
990402198311269921,苏洋惠,2,19831126,1,,1
11010519491231002X,王五,2,19491231,1,,1
END
feed() { "$shebao" person feed "$@" --data "$centre"; }
police=("$here/police.csv" --owner police --officer maker --second approver)

refuses 2 "two officers" feed "$here/police.csv" --owner police --officer maker
refuses 2 "--owner is" feed "$here/police.csv" --owner hospital --officer maker
ends 0 feed "${police[@]}" --json
python3 - "$here/out" <<'END' || fail "the report is not as promised: $(cat "$here/out")"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["lines"] == 3 and report["verdicts"]["dead"] == 1 and len(report["lines_to_see"]) == 3
assert report["verdicts"]["unknown-person"] == 1
END
ends 3 feed "${police[@]}" --strict
says err "correct them and send them again"
says out "查无此人" "unchanged"
head -c 150 "$here/police.csv" >"$here/torn.csv"
ends 4 feed "$here/torn.csv" --owner police --officer maker --second approver --json
python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["stopped"]["byte"] == 150' "$here/out" \
    || fail "the report of a torn file"
refuses 4 "no field of the labour" feed "$here/police.csv" --owner labour --officer maker
ends 0 "$shebao" person history 990102197612115183 --data "$centre"
says out "生存状态" "maker+approver" "feed 1, line 2"
ends 0 "$shebao" person find --name 梁思 --reason test --data "$centre"
says out "死亡 dead"

# Who is dead is not applied for; for a child only the guardian of the record is heard.
refuses 2 "answer 4, 人员已死亡" "$shebao" application new 990102197612115183 --point 440100-01 --officer point \
    --data "$centre"
refuses 2 "answer 1, 查无此人" "$shebao" application new 11010519491231002X --point 440100-01 --officer point \
    --data "$centre"
child=$(sqlite3 "$centre/city.db" "SELECT number17 FROM person WHERE birth > 19900101 LIMIT 1")
child=$("$shebao" person find --number "$child" --unmask --reason test --format csv --data "$centre" | tail -1)
child=${child%%,*}
apply=("$shebao" application new "$child" --point 440100-01 --officer point --data "$centre")
refuses 2 "names no guardian" "${apply[@]}"
for field in g-name=梁伟 g-id=440104197003051239; do
    ends 0 "$shebao" person change "$child" --field "${field%=*}" --value "${field#*=}" \
        --proof household-book:7 --officer point --json --data "$centre"
    waiting=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["change"])' "$here/out")
    ends 0 "$shebao" person change --agree "$waiting" --officer approver --data "$centre"
done
refuses 2 "only the guardian" "${apply[@]}"
refuses 2 "answer 2" "${apply[@]}" --guardian 440104197003051239 --name 别人
ends 0 "${apply[@]}" --guardian 440104197003051239
refuses 2 "answer 3, 重复申请" "${apply[@]}" --guardian 440104197003051239

# The drawn file of the police: each verdict as often as its maker says, and nothing new the second time.
ends 0 "$shebao" init --rehearsal --data "$here/b"
ends 0 "$shebao" person import "$root/data/pilot-people.csv" --data "$here/b" --json
drawn=("$shebao" person feed "$root/data/pilot-people-police.csv" --owner police --officer maker --second approver
    --data "$here/b" --json)
ends 0 "${drawn[@]}"
python3 - "$here/out" "$root/data/pilot-people-police.expected.json" <<'END' || fail "the verdicts differ"
import json, sys
report, expected = (json.load(open(path)) for path in sys.argv[1:])
assert {key: report[key] for key in expected} == expected, (report["verdicts"], expected["verdicts"])
END
ends 0 "${drawn[@]}"
python3 - "$here/out" <<'END' || fail "something was new the second time: $(tail -c 300 "$here/out")"
import json, sys
verdicts = json.load(open(sys.argv[1]))["verdicts"]
assert "updated" not in verdicts and "dead" not in verdicts and verdicts["unchanged"] == 1748 + 31
END
mkdir "$here/drawn"
cp "$root/data/pilot-people.csv" "$root/data/pilot-people.expected.json" "$here/drawn"
python3 "$root/tools/draw_police.py" "$here/drawn/pilot-people.csv" 20031008
cmp "$here/drawn/pilot-people-police.csv" "$root/data/pilot-people-police.csv" || fail "drawn again, it is another"

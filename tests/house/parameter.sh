#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A figure of the city changes by two officers, from a day to come.
. "$(dirname "$0")/lib.sh"

ends 0 "$shebao" init --rehearsal --data "$here/c"
ends 0 "$shebao" parameter list --data "$here/c"
says out "loss-days" "offline-purchase-fen"
set_loss() { "$shebao" parameter set loss-days "$@" --data "$here/c"; }
approve() { "$shebao" parameter approve "$@" --data "$here/c"; }

ends 0 set_loss 10 --from 20031101 --officer maker --json
says out '{"proposal": 1}'
ends 0 "$shebao" parameter list --data "$here/c" --json
python3 - "$here/out" <<'END' || fail "the proposal is not shown as promised"
import json, sys
shown = json.load(open(sys.argv[1]))
assert [w["value"] for w in shown["waiting"]] == [10]
assert [p["value"] for p in shown["parameters"] if p["name"] == "loss-days"] == [15]
END
refuses 2 "may not do this" approve 1 --officer maker
ends 0 approve 1 --officer approver
refuses 2 "approved it already" approve 1 --officer approver --refuse
ends 0 "$shebao" parameter list --data "$here/c" --date 20031101
grep -q "loss-days  *10 " "$here/out" || fail "the new value does not hold: $(cat "$here/out")"
refuses 2 "there is no figure" "$shebao" parameter set loss-week 1 --from 20031101 --officer maker \
    --data "$here/c"
refuses 2 "is 1 to 365" set_loss 0 --from 20031101 --officer maker
refuses 2 "from 20031009 on" set_loss 10 --from 20031008 --officer maker
refuses 2 "no officer" set_loss 10 --from 20031101 --officer stranger
refuses 2 "no such proposal" approve 7 --officer approver

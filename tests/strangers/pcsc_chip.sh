#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A P10 chip in a real PC/SC reader: made by `shebao chip new`, served by `shebao chip serve`, read by
# OpenSC's tool through Debian's pcscd. Also with a name whose characters are beyond the first plane.
. "$(dirname "$0")/../house/lib.sh"

for tool in pcscd opensc-tool unshare ip iconv; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_chip: $tool is not installed"
done
unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_chip: needs root or user namespaces for a pcscd of its own"

serial=0
for name in 样本持卡人 欧阳·𠮷 王𡌴; do
    serial=$((serial + 1))
    ends 0 "$shebao" chip new --profile P10 --image "$here/$serial.chip" --serial $serial --name "$name" --json
    number=$(sed -n 's/.*"card_number": "\([^"]*\)".*/\1/p' "$here/out")
    [ ${#number} = 9 ] || fail "no card number in $(cat "$here/out")"
    SHEBAO=$shebao timeout 120 unshare -m -n bash "$root/tests/strangers/pcsc_pilot.sh" \
        "$here/$serial.chip" "$name" "$number"
done

# A chip is never overwritten, and one that is in a reader cannot be put into a second one.
refuses 2 "never overwritten" "$shebao" chip new --profile blank --image "$here/1.chip"
refuses 2 "--profile" "$shebao" chip new --profile P40 --image "$here/4.chip"
ls "$here"/4.chip* >/dev/null 2>&1 && fail "something was left behind"
refuses 4 "$here/out" "$shebao" chip serve --image "$here/out"
refuses 2 "nowhere.chip" "$shebao" chip serve --image "$here/nowhere.chip"
refuses 2 "HOST:PORT" "$shebao" chip serve --image "$here/1.chip" --vpcd nonsense

# Without a reader it says so once, waits, and ends at the first request.
"$shebao" chip serve --image "$here/1.chip" --vpcd 127.0.0.1:1 >"$here/wait.out" 2>"$here/wait.err" &
waiting=$!
started+=("$waiting")
until_true grep -q "waiting for it" "$here/wait.err"
refuses 2 "1.chip" "$shebao" chip serve --image "$here/1.chip"
kill -INT "$waiting"
wait "$waiting" || fail "chip serve did not end cleanly"
[ "$(grep -c '' "$here/wait.err")" = 1 ] || fail "said more than once: $(cat "$here/wait.err")"

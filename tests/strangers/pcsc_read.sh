#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# `shebao card read` through Debian's pcscd: the specimen that lies in the virtual reader is read; a
# card that is pulled, another one, a mute one, a reader in use and a daemon that ends are told, each
# with the next step; two hundred reads take a few seconds. Runs in a space of its own, whose pcscd
# nobody else sees.
if [ -z "${IN_NAMESPACE-}" ]; then
    . "$(dirname "$0")/../house/lib.sh"
    for tool in pcscd opensc-explorer unshare ip python3; do
        PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_read: $tool is not installed"
    done
    unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_read: needs root or user namespaces for a pcscd of its own"
    IN_NAMESPACE=1 timeout 240 unshare -m -n bash "$0"
    exit
fi
. "$(dirname "$0")/../house/lib.sh"
ip link set lo up
mkdir -p /run/pcscd
mount -t tmpfs none /run/pcscd

# A program in the background whose process id is in $started_pid, and one that is asked to end.
begin() {
    "$@" >>"$here/background.log" 2>&1 </dev/null &
    started_pid=$!
    started+=("$started_pid")
}
finish() {
    kill "$@" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
daemon_begins() {
    begin /usr/sbin/pcscd --foreground "$@"
    daemon=$started_pid
    until_true test -e /run/pcscd/pcscd.comm
}
# pcscd looks into its readers every 0.4 s and may overlook a card that another took the place of in
# less: no hand is that quick.
card_out() {
    finish "$1"
    sleep 1
    until_true slot_is empty
}
card_in() {
    begin "$shebao" chip serve --image "$here/$1.chip"
    chip=$started_pid
}
slot_is() {
    "$shebao" reader list | grep -q "^Virtual PCD 00 00  *$1"
}
# What the card of the chip new with that report must be read as.
reads() {
    ends 0 "$shebao" card read --json --wait 10
    says out "\"name\": \"$1\"" "\"number\": \"$2\"" '"number": "440102********' '"birth": 19800101' \
        '"issued": 20031008' '"valid_until": 20131008' '"reader": "Virtual PCD 00 00"'
    if grep -q 44010219 "$here/out"; then fail "the number is shown whole"; fi
}

# The third name goes on in the extension, at a character of four bytes; the fourth card wants RKSSSE.
names=(样本持卡人 欧阳·𠮷 阿不都热西提·阿不都克热木江𪝆买买提 王𡌴)
profiles=(P10 P10 P20 P30)
for i in 0 1 2 3; do
    ends 0 "$shebao" chip new --profile "${profiles[i]}" --image "$here/$i.chip" --serial $((i + 1)) \
        --name "${names[i]}" --json
    numbers[i]=$(sed -n 's/.*"card_number": "\([^"]*\)".*/\1/p' "$here/out")
done

# Nothing there, from the outside to the inside: no daemon, no reader, no such reader, no card.
refuses 5 "start it" "$shebao" card read
refuses 5 "start it" "$shebao" reader list --json
mkdir "$here/no-readers"
daemon_begins --config "$here/no-readers"
refuses 5 "there is no reader" "$shebao" card read
refuses 5 "plug one in" "$shebao" reader list
finish "$daemon"
daemon_begins
until_true slot_is empty
refuses 2 'no reader is called "Omnikey"' "$shebao" card read --reader Omnikey
refuses 2 '2 readers are called "Virtual"' "$shebao" card read --reader Virtual
refuses 5 "there is no card in it; put one in" "$shebao" card read
refuses 5 "Virtual PCD 00 01: there is no card in it" "$shebao" card read --reader "Virtual PCD 00 01" --wait 1
refuses 2 "--wait is 0 to 3600" "$shebao" card read --wait 3601

# Somebody waits, and the card comes.
"$shebao" card read --wait 10 >"$here/waited" 2>&1 &
waiting=$!
started+=("$waiting")
sleep 0.5
card_in 0
wait "$waiting" || fail "waited in vain: $(cat "$here/waited")"
grep -q "${names[0]}" "$here/waited" || fail "read otherwise: $(cat "$here/waited")"
reads "${names[0]}" "${numbers[0]}"
ends 0 "$shebao" card read --unmask --reader "Virtual PCD 00 00"
says out "number       44010219800101000" "name         ${names[0]}" "card         ${numbers[0]}, version 1.00"
until_true slot_is card
ends 0 "$shebao" reader list --json
says out '"name": "Virtual PCD 00 00", "state": "card", "atr": "3B6D000000995342108684440100000001"' \
    '"name": "Virtual PCD 00 01", "state": "empty", "atr": null'

began=$(date +%s%N)
for ((i = 0; i < 200; i++)); do
    "$shebao" card read >"$here/out" 2>&1 || fail "read $i of 200: $(cat "$here/out")"
done
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -le 20000 ] || fail "200 reads took $took ms"

# Another program holds the card: told after a moment, and right again when it has left.
mkfifo "$here/held"
opensc-explorer -r 0 <"$here/held" >"$here/explorer.log" 2>&1 &
explorer=$!
started+=("$explorer")
exec 7>"$here/held"
until_true slot_is "in use"
refuses 5 "another program uses the reader" "$shebao" card read
exec 7>&-
wait "$explorer" || true
reads "${names[0]}" "${numbers[0]}"

# Pulled while it is being read, again and again: a whole read, or one sentence and never half a card.
(while "$shebao" card read >"$here/last.out" 2>"$here/last.err"; do :; done) &
reading=$!
started+=("$reading")
sleep 0.5
card_out "$chip"
wait "$reading" || true
[ ! -s "$here/last.out" ] || fail "half a card was shown: $(cat "$here/last.out")"
[ "$(grep -c '^shebao: .*; put' "$here/last.err")" = 1 ] || fail "no next step: $(cat "$here/last.err")"
refuses 5 "there is no card in it; put one in" "$shebao" card read
card_in 1
reads "${names[1]}" "${numbers[1]}"

# The daemon ends and comes back; the chip finds it by itself.
finish "$daemon"
refuses 5 "start it" "$shebao" card read
daemon_begins
reads "${names[1]}" "${numbers[1]}"
card_out "$chip"

# Cards of strangers. mute: answers to reset and to nothing else. FILL NAME: has every record, full of
# one byte, and the name of another.
cat >"$here/stranger.py" <<'END'
import socket, sys
line = socket.create_connection(("127.0.0.1", 35963))
def say(text):
    line.sendall(len(text).to_bytes(2, "big") + text)
while head := line.recv(2, socket.MSG_WAITALL):
    body = line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
    if body == b"\x04":
        say(bytes.fromhex("3B6D000000995342108684440100000007"))
    elif len(body) >= 5 and sys.argv[1] != "mute":
        fill = bytes.fromhex(sys.argv[2 if body[2] == 9 else 1])
        record = bytes([body[2], body[4] - 2]) + fill * (body[4] - 2)
        say(record[: body[4]] + b"\x90\0" if body[1] == 0xB2 else b"\x90\0")
END
stranger_in() {
    begin python3 "$here/stranger.py" "$@"
    stranger=$started_pid
    until_true slot_is card
}
# A mute one hangs the driver; pulled, it frees the reader.
stranger_in mute
began=$(date +%s)
refuses 5 "no answer within 5 s; take the card out" "$shebao" card read
[ $(($(date +%s) - began)) -le 12 ] || fail "a mute card held us up for $(($(date +%s) - began)) s"
card_out "$stranger"
# What would not be fit for a terminal is not shown; fields that were never filled are said to be empty.
stranger_in 41 1B
refuses 4 "holds control characters" "$shebao" card read
card_out "$stranger"
stranger_in 41 80
refuses 4 "no GB 18030 text (byte 1)" "$shebao" card read --json
card_out "$stranger"
stranger_in 1B 41
refuses 4 "on the card is no text (byte 1 is 1B)" "$shebao" card read
card_out "$stranger"
stranger_in FF FF
ends 0 "$shebao" card read --json
says out '"number": ""' '"name": ""' '"sex": null' '"birth": null' '"valid_until": null'
ends 0 "$shebao" card read
says out "born         none" "sex          not said"
card_out "$stranger"
card_in 0
reads "${names[0]}" "${numbers[0]}"
card_out "$chip"
for i in 2 3; do
    card_in "$i"
    until_true slot_is card
    [ "$i" = 2 ] || refuses 2 "does not believe RKSSSE" "$shebao" card read --seed 2
    reads "${names[i]}" "${numbers[i]}"
    card_out "$chip"
done
card_in 0
echo "read through pcscd: ${names[*]}; 200 reads in $took ms"

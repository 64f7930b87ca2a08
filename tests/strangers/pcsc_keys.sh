#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Keys through Debian's pcscd: a module is issued into a blank chip in the reader and gets another version, and
# a card of a city gets new versions at its contact; another card than the one that was named is left alone.
if [ -z "${IN_NAMESPACE-}" ]; then
    . "$(dirname "$0")/../house/lib.sh"
    for tool in pcscd unshare ip; do
        PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_keys: $tool is not installed"
    done
    unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_keys: needs root or user namespaces for a pcscd of its own"
    IN_NAMESPACE=1 timeout 240 unshare -m -n bash "$0"
    exit
fi
. "$(dirname "$0")/../house/lib.sh"
ip link set lo up
mkdir -p /run/pcscd
mount -t tmpfs none /run/pcscd

begin() {
    "$@" >>"$here/background.log" 2>&1 </dev/null &
    started_pid=$!
    started+=("$started_pid")
}
slot_is() { "$shebao" reader list | grep -q "^Virtual PCD 00 00  *$1"; }
put_in() {
    begin "$shebao" chip serve --image "$1"
    chip=$started_pid
    until_true slot_is card
}
take_out() {
    kill "$chip" 2>/dev/null || true
    wait "$chip" 2>/dev/null || true
    sleep 1
    until_true slot_is empty
}

few_people 4
city=$here/c
at=(--data "$city")
reader=(--reader "Virtual PCD 00 00")
ends 0 "$shebao" pilot --people "$people" "${at[@]}" --json
begin /usr/sbin/pcscd --foreground
until_true test -e /run/pcscd/pcscd.comm

# A module: made in the reader, read back there, and one version more.
ends 0 "$shebao" chip new --profile blank --image "$here/blank.chip" --serial 777
refuses 5 "" "$shebao" key psam issue 440100000777 --institution GZYD0001 "${reader[@]}" "${at[@]}"
put_in "$here/blank.chip"
ends 0 "$shebao" key psam issue 440100000777 --institution GZYD0001 "${reader[@]}" "${at[@]}"
ends 0 "$shebao" key psam add-key 440100000777 --version 2 "${reader[@]}" "${at[@]}"
ends 0 "$shebao" key psam list --json "${at[@]}"
says out '"terminal": "440100000777"' '"versions": 6'
[ ! -e "$city/psams/440100000777.chip" ] || fail "a second chip was made in a file"
# A module in the reader that is another terminal's.
ends 0 "$shebao" key psam issue 440100000778 --institution GZYD0001 "${at[@]}"
refuses 2 "is not that of terminal 440100000778" "$shebao" key psam add-key 440100000778 --version 2 \
    "${reader[@]}" "${at[@]}"
take_out

# A card, at its contact.
mapfile -t cards < <(find "$city/chips" -name '*.chip' | sort)
first=$(basename "${cards[0]}" .chip)
second=$(basename "${cards[1]}" .chip)
put_in "${cards[0]}"
change() { "$shebao" key version change "$@" "${reader[@]}" "${at[@]}"; }
ends 0 change "$first" --key UK1DF01 --version 2
ends 0 change "$first" --key MK_DF01 --version 2
ends 0 change "$first" --key UK1DF01 --version 3
refuses 2 "is not $second" change "$second" --key UK1DF01 --version 2
ends 0 "$shebao" key version show "$first" "${at[@]}"
says out "UK1DF01    version 3" "MK_DF01    version 2"
ends 0 "$shebao" key version show "$second" "${at[@]}"
says out "UK1DF01    version 1"
take_out

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Chips in files: what cannot be made is refused before anything is written, and what is no chip, or
# no address of a reader, is told from what only has to be waited for.
. "$(dirname "$0")/lib.sh"

new() { "$shebao" chip new --profile P10 --image "$here/x.chip" "$@"; }
serve() { timeout -k 5 10 "$shebao" chip serve --image "$here/$1" --vpcd "${2-127.0.0.1:1}"; }

refuses 2 "--serial is 1 to 9999999" new --serial 10000000
refuses 2 "--serial is 1 to 9999999" new --serial 0
refuses 2 "give an earlier --date" new --date 99991231
refuses 2 "the name has no GB 18030 code" new --name=$'\xff'
refuses 2 "--dialect is fmcos or datang" new --dialect timecos
refuses 2 "a PSAM is made" "$shebao" chip new --profile PSAM --dialect datang --image "$here/x.chip"
refuses 2 "a 1.0 card holds 30" new --name "A name that no card of the first kind has room for"
refuses 5 "its folder must exist" "$shebao" chip new --profile blank --image "$here/none/x.chip"
[ -z "$(find "$here" -name '*.chip*')" ] || fail "a refused chip left something behind"

ends 0 new --serial 9999999 --json
cp "$here/x.chip" "$here/before"
refuses 2 "never overwritten" new
cmp "$here/x.chip" "$here/before" || fail "a chip was overwritten"

# A card of the other maker is another chip with the same card on it.
ends 0 "$shebao" chip new --profile P10 --dialect datang --image "$here/datang.chip" --serial 9999999
says out "3B6D000000875342108684" "card number B99999992"

head -c 1000 "$here/x.chip" >"$here/torn.chip"
echo letter >"$here/letter.chip"
refuses 4 "is torn" serve torn.chip
refuses 4 "is no chip image" serve letter.chip
refuses 2 "no such chip image" serve none.chip
refuses 5 "check that it is a file" serve .
for address in 127.0.0.1 127.0.0.1:0 127.0.0.1:65536 :35963 x:y; do
    refuses 2 "is no address of a virtual reader" serve x.chip "$address"
done

# No reader is no end: it is waited for until Ctrl-C, and meanwhile nobody else has the chip.
start "$shebao" chip serve --image "$here/x.chip" --vpcd 127.0.0.1:1
until_true grep -q "waiting for it" "$here/started.err"
refuses 2 "under power" serve x.chip
kill -INT "${started[0]}"
wait "${started[0]}" || fail "Ctrl-C ended it with $?"

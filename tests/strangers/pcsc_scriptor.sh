#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# scriptor of pcsc-tools makes a card of a blank chip of the second making, in a real PC/SC reader:
# the commands of format-datang.script, each with the answer that has to come. [card.md 2.8]
. "$(dirname "$0")/../house/lib.sh"

for tool in pcscd scriptor unshare ip; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_scriptor: $tool is not installed"
done

# The reader's files and ports are seen by nobody else.
if [ -z "${IN_NAMESPACE-}" ]; then
    unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_scriptor: needs root or user namespaces for a pcscd of its own"
    rm -rf "$here"
    IN_NAMESPACE=1 exec timeout 120 unshare -m -n bash "$0"
fi
ip link set lo up
mkdir -p /run/pcscd "$here/small"
mount -t tmpfs none /run/pcscd
mount -t tmpfs none "$here/small" # what lib.sh takes away again

ends 0 "$shebao" chip new --profile blank --dialect datang --image "$here/blank.chip" --serial 9
/usr/sbin/pcscd --foreground >"$here/pcscd.log" 2>&1 &
started+=($!)
"$shebao" chip serve --image "$here/blank.chip" >"$here/chip.log" 2>&1 &
started+=($!)
until_true grep -q "in the reader" "$here/chip.log"

# scriptor takes the first reader that holds a card.
script=$root/tests/strangers/format-datang.script
sed -n 's/ *#.*//; /^[0-9A-F]/p' "$script" >"$here/commands"
sed -n 's/^[0-9A-F][^#]*# *//p' "$script" >"$here/expected"
# Each answer is told with its meaning behind a colon, and may go on over several lines.
answers() {
    scriptor -p T=0 "$here/commands" 2>&1 | awk '
        /^< / { if (answer != "") print answer; answer = substr($0, 3); more = 1 }
        /^> / { if (answer != "") print answer; answer = ""; more = 0 }
        !/^[<>] / && more { answer = answer " " $0 }
        END { if (answer != "") print answer }' \
        | sed 's/ *:.*//; s/  */ /g; s/ *$//'
}
until_true sh -c 'echo | timeout 5 scriptor -p T=0 /dev/null 2>/dev/null'
answers >"$here/answers"
diff "$here/expected" "$here/answers" >"$here/differences" || fail "scriptor was answered otherwise: $(cat "$here/differences")"
echo "$(grep -c '' "$here/expected") commands by scriptor, all answered as card.md has it"

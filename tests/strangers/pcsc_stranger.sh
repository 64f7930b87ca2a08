#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A blank chip in a real PC/SC reader, formatted and traded with by a program that knows nothing of us:
# pyscard for the reader, another library for every MAC. See stranger.py.
. "$(dirname "$0")/../house/lib.sh"

python=/usr/bin/python3 # Debian's, which has Debian's modules
for tool in pcscd unshare ip; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "SKIPPED: pcsc_stranger: $tool is not installed"
done
"$python" -c 'import smartcard, cryptography' 2>/dev/null \
    || skip "SKIPPED: pcsc_stranger: python3-pyscard or python3-cryptography is not installed"

# The reader's files and ports are seen by nobody else.
if [ -z "${IN_NAMESPACE-}" ]; then
    unshare -m -n true 2>/dev/null || skip "SKIPPED: pcsc_stranger: needs root or user namespaces for a pcscd of its own"
    rm -rf "$here"
    IN_NAMESPACE=1 exec timeout 120 unshare -m -n bash "$0"
fi
ip link set lo up
mkdir -p /run/pcscd "$here/small"
mount -t tmpfs none /run/pcscd
mount -t tmpfs none "$here/small" # what lib.sh takes away again

/usr/sbin/pcscd --foreground >"$here/pcscd.log" 2>&1 &
started+=($!)

# One blank of each making; the second lies in the reader when the first has been taken out.
for dialect in fmcos datang; do
    ends 0 "$shebao" chip new --profile blank --dialect $dialect --image "$here/$dialect.chip" --serial 7
    rm -f "$here/chip.log" # the last chip was in the reader, too
    "$shebao" chip serve --image "$here/$dialect.chip" >"$here/chip.log" 2>&1 &
    chip=$!
    started+=("$chip")
    until_true grep -q "in the reader" "$here/chip.log"
    until_true "$python" -c 'from smartcard.System import readers; readers()[0].createConnection().connect()'
    kind=()
    [ $dialect = fmcos ] || kind=("--$dialect")
    "$python" "$root/tests/strangers/stranger.py" "${kind[@]}" >"$here/out" 2>"$here/err" \
        || fail "$dialect: $(cat "$here/out"): $(tail -n 5 "$here/err")"
    says out numbers
    echo "$dialect: $(tr '\n' ' ' <"$here/out")"
    kill -INT "$chip"
    wait "$chip" || fail "chip serve ended with $?"
done

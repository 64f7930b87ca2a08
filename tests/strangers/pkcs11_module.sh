#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# SoftHSM 2, set up with its own tools and with OpenSC's, behind `shebao key module`: the keys that are
# in the token are found by their labels, through the caged process, and nothing else is.
. "$(dirname "$0")/../house/lib.sh"

library=
for place in /usr/lib/softhsm /usr/lib/*/softhsm; do
    [ -r "$place/libsofthsm2.so" ] && library=$place/libsofthsm2.so
done
[ -n "$library" ] || skip "no SoftHSM here; install softhsm2"
command -v openssl >/dev/null || skip "no openssl here; install it"
command -v pkcs11-tool >/dev/null || skip "no pkcs11-tool here; install opensc"

mkdir "$here/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$here/tokens" \
    >"$here/softhsm2.conf"
export SOFTHSM2_CONF=$here/softhsm2.conf
softhsm2-util --init-token --free --label "city of tests" --so-pin 87654321 --pin 20031008 >/dev/null
half=0123456789abcdef0123456789abcdee # two halves that differ: the key of three parts is K1 K2 K1
i=0
for key in DLK.1 DLK.2 DTK.1; do
    i=$((i + 1))
    hex=$i${half:1}$i${half:1:15}
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$hex" >"$here/key"
    head -c 8 /dev/zero | openssl enc -des-ede3 -nopad -K "$hex" | od -An -tx1 -N3 | tr -d ' \n' \
        | tr a-f A-F >"$here/$key"
    pkcs11-tool --module "$library" --token-label "city of tests" --login --pin 20031008 \
        --write-object "$here/key" --type secrkey --key-type DES3:24 --label "shebao.$key" \
        --sensitive >"$here/tool" 2>&1 || skip "this pkcs11-tool writes no 3DES keys"
done

echo 20031008 >"$here/pin"
token=(--library "$library" --token "city of tests")
ends 0 "$shebao" key module "${token[@]}" --pin "$here/pin"
says out "DLK        3DES version 1  check value $(cat "$here/DLK.1")" \
    "DLK        3DES version 2  check value $(cat "$here/DLK.2")" \
    "DTK        3DES version 1  check value $(cat "$here/DTK.1")" "3 keys"
ends 0 "$shebao" key module "${token[@]}" --pin "$here/pin" --json
says out '"count": 3'
ends 0 "$shebao" key module "${token[@]}" --pin "$here/pin" --addresses 'other.{name}.{version}'
says out "0 keys"
refuses 2 "no pattern for the addresses" "$shebao" key module "${token[@]}" --pin "$here/pin" \
    --addresses shebao.key
echo 1111 >"$here/wrong"
refuses 2 "refuses the PIN" "$shebao" key module "${token[@]}" --pin "$here/wrong"
refuses 2 'none is called "another"' "$shebao" key module --library "$library" --token another \
    --pin "$here/pin"
refuses 2 "no library of PKCS#11" "$shebao" key module --library "$here/pin" --token x \
    --pin "$here/pin"

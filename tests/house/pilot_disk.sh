#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A disk that fills up at many places of the pilot: one sentence, a next step, and with more room the
# pilot goes on to the same figures. The disk is a small file system of our own, which grows by a
# part of what is needed after each end; it lives in a mount namespace and goes with it.
if [ -z "${IN_NAMESPACE-}" ]; then
    for how in -m -mr; do
        if unshare "$how" true 2>/dev/null; then
            IN_NAMESPACE=1 exec unshare "$how" "$0"
        fi
    done
    echo "no mount namespaces here: full disks were not tried"
    exit 77
fi
. "$(dirname "$0")/lib.sh"

few_people 100
ends 0 pilot_in "$here/calm"
size_kb=$(du -sk "$here/calm" | cut -f 1)
mkdir "$here/small"
kb=64
mount -t tmpfs -o "size=${kb}k" tmpfs "$here/small" || skip "no tmpfs here"

ends_full=0
while :; do
    status=0
    pilot_in "$here/small/a" >"$here/out" 2>"$here/err" || status=$?
    [ "$status" = 0 ] && break
    [ "$status" = 5 ] || fail "a disk of $kb KB ended it with $status: $(cat "$here/err")"
    grep -qE "disk is full|disk full|No space left|disk I/O error|do not fit into" "$here/err" || fail "it does not say why: $(cat "$here/err")"
    [ "$kb" -le $((4 * size_kb + 65536)) ] || fail "$kb KB are not enough: $(cat "$here/err")"
    ends_full=$((ends_full + 1))
    kb=$((kb + size_kb / 12 + 16))
    mount -o "remount,size=${kb}k" "$here/small"
done
[ "$ends_full" -ge 3 ] || fail "the disk was full only $ends_full times"
same_outcome "$here/calm" "$here/small/a" alike
echo "$ends_full full disks"

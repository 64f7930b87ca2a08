#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The card says the same whoever compiled it: gcc and clang at -O0, -O1, -O2 and -Os each build the card
# alone, and the same talk of many commands has the same two sums, of its answers and of the cells.
# SHEBAO_SCRIPT says how many commands, 10,000 otherwise; the small card is compared, too.
. "$(dirname "$0")/../house/lib.sh"
commands=${SHEBAO_SCRIPT:-10000}
cd "$root"
shopt -s nullglob
card=(src/base/*.c src/crypto/*.c src/wire/*.c src/card/*/*.c src/host/why.c
    ports/sim/memory.c ports/sim/image.c)
pcsc=$(pkg-config --cflags --libs libpcsclite)
small=$(sed -n 's/^SMALL *:= //p' conf/common.mk)

# said FILE COMPILER FLAG...: what the talk came to
said() {
    local file=$1
    shift
    # shellcheck disable=SC2086 # lists of flags
    "$@" -std=c11 -D_GNU_SOURCE -ffunction-sections -Wl,--gc-sections -Isrc -I. -Itests "${card[@]}" tests/stories/script_test.c \
        $pcsc -lcmocka -o "$here/script" >"$here/err" 2>&1 || fail "$*: $(tail -n 5 "$here/err")"
    "$here/script" --commands "$commands" >"$here/$file" || fail "$*: the talk did not end well"
}

said first gcc -O0
cat "$here/first"
for compiler in gcc clang; do
    for level in -O0 -O1 -O2 -Os; do
        [ "$compiler$level" = gcc-O0 ] && continue
        said other $compiler $level
        cmp -s "$here/first" "$here/other" \
            || fail "gcc -O0: $(cat "$here/first"); $compiler $level: $(cat "$here/other")"
    done
done

# shellcheck disable=SC2086
said first gcc -Os $small
# shellcheck disable=SC2086
said other clang -O2 $small
cmp -s "$here/first" "$here/other" || fail "small card: $(cat "$here/first" "$here/other")"
echo "small card: $(tail -n 2 "$here/other" | tr '\n' ' ')"

#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# A purchase module from its issue to its end: what a terminal sends whose module is suspended is held with a
# reason and told; registered again it is cleared; destroyed it never comes back.
. "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || skip "no compiler here for what kills the program"
cc -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$here/kill_at.so" "$root/tests/house/kill_at.c" -ldl

few_people 60
city=$here/c
at=(--data "$city")
psam() { "$shebao" key psam "$@" "${at[@]}"; }
state() { ends 0 psam list && says out "$1"; }

# A city that was cut when its terminals had sold and nothing was uploaded yet.
status=0
SHEBAO_KILL_NAME=uploads/ LD_PRELOAD=$here/kill_at.so "$shebao" pilot --people "$people" "${at[@]}" \
    >"$here/out" 2>"$here/err" </dev/null || status=$?
[ "$status" = 137 ] || fail "the pilot was not cut: $status"
terminal=$(basename "$(find "$city/terminals" -name '*.journal' -size +2k | sort | head -n 1)" .journal)
institution=$(sqlite3 "$city/city.db" "SELECT institution FROM terminal WHERE number = X'$terminal'" 2>/dev/null) \
    || institution=
[ -n "$institution" ] || skip "no sqlite3 here to ask whose terminal it is"

# Its module is exchanged: the old one is put away first.
refuses 2 "a module that no register knows" psam issue "$terminal" --institution "$institution"
mv "$city/psams/$terminal.chip" "$here/old.chip"
ends 0 psam issue "$terminal" --institution "$institution"
state "生成 made"
refuses 2 '"suspend" does not lead on' psam suspend "$terminal"
ends 0 psam register "$terminal"
state "启用 registered"
refuses 2 "cannot be both officers" psam suspend "$terminal" --second key-a
ends 0 psam suspend "$terminal"
state "停用 suspended"

# The day goes on: what this terminal sends is proven, and held, and its officers are told why.
ends 1 "$shebao" pilot --people "$people" "${at[@]}" --json
cp "$here/out" "$here/pilot.out"
ends 0 "$shebao" day suspense "${at[@]}"
cp "$here/out" "$here/held"
grep -q "终端未登记或已停用" "$here/held" || fail "nothing is held: $(cat "$here/held")"
ends 0 "$shebao" day prove "${at[@]}"

# Registered again; the next one that is destroyed stays so.
ends 0 psam register "$terminal"
state "启用 registered"
ends 0 psam destroy "$terminal"
state "销毁 destroyed"
refuses 2 '"register" does not lead on' psam register "$terminal"
refuses 2 "was destroyed" psam add-key "$terminal" --version 1
refuses 2 "has a module already, which is 销毁 destroyed" psam issue "$terminal" \
    --institution "$institution"

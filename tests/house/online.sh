#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The centre answers terminals over a line: who may ask, the same again, a kill in the middle, two
# servers, sockets that a killed server left behind, strangers on the line.
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/house/online_city.sh
. "$(dirname "$0")/online_city.sh"

refuses 2 "12 digits" key 44010000 approver
refuses 2 "another officer" key "$till" clearer
refuses 2 "terminal 999999999999" key 999999999999 approver
ends 0 key "$till" approver
[ "$(stat -c %a "$here/$till.key")" = 600 ] || fail "the key is not its owner's alone"

rows() { python3 -c "
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM approval_all').fetchone()[0])" "$city/city.db"; }

refuses 5 "cannot reach" ask "$(ticket 1)" "$factor" 20000
before=$(rows)
serve
[ "$(stat -c %a "$here/line")" = 600 ] || fail "the socket is not its owner's alone"
ends 0 ask "$(ticket 1)" "$factor" 20000
says out Approved
ends 0 ask "$(ticket 1)" "$factor" 20000
refuses 2 "another purchase" ask "$(ticket 1)" "$factor" 20001
refuses 2 "no such card" ask "$(ticket 2)" FFFFFFFFFFFFFFFF 20000
refuses 2 "hexadecimal" ask 12 "$factor" 20000
refuses 5 "another shebao is at work" "$shebao" online serve --data "$city" --socket "$here/line2"

# A line key that is not this terminal's ends the line; so do strangers, and nobody else notices.
cp "$here/$till.key" "$here/good.key"
printf '%032d\n' 7 >"$here/$till.key"
refuses 5 "line key" ask "$(ticket 3)" "$factor" 20000
cp "$here/good.key" "$here/$till.key"
python3 - "$here/line" <<'PY'
import os, socket, sys
for size in (0, 1, 2, 64, 4096, 100000):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(5)
    assert s.recv(100)[:8] == b"SHONLINE"
    try:
        s.sendall(b"\xff" + os.urandom(size) if size else b"")
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096):
            pass
    except (BrokenPipeError, ConnectionResetError):
        pass
PY
ends 0 ask "$(ticket 4)" "$factor" 30000
[ "$(rows)" = $((before + 2)) ] || fail "not the two rows that were answered"

# Killed again and again while it is asked: what was answered is there, what was not can be asked again.
answered=()
for round in 1 2 3; do
    (sleep "0.$round"; kill -KILL "${started[-1]}") &
    killer=$!
    for i in $(seq "$round"001 "$round"200); do
        if ask "$(ticket "$i")" "$factor" 20000 >/dev/null 2>&1; then
            answered+=("$i")
        else
            last=$i
            break
        fi
    done
    wait "$killer"
    wait "${started[-1]}" 2>/dev/null || true
    until_true flock -n "$city/lock.online" true
    serve
    ends 0 ask "$(ticket "$last")" "$factor" 20000
    answered+=("$last")
done
for i in "${answered[@]}"; do
    ends 0 ask "$(ticket "$i")" "$factor" 20000
done
[ "$(rows)" = $((before + 2 + ${#answered[@]})) ] || fail "rows and answers are not as many"

# Without its vault the server ends, and says why.
vault=$(pgrep -P "${started[-1]}" | head -n 1)
kill -KILL "$vault"
status=0
wait "${started[-1]}" || status=$?
[ "$status" = 5 ] || fail "it ended with $status without its vault"
says started.err "vault"
serve
kill -TERM "${started[-1]}"
status=0
wait "${started[-1]}" || status=$?
[ "$status" = 0 ] || fail "SIGTERM ended it with $status"
says started.out "0 not kept"
[ ! -e "$here/line" ] || fail "the socket is still there"

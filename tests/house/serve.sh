#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# The server shows a centre on the loopback only, says when its port is taken, and ends when told.
. "$(dirname "$0")/lib.sh"

ends 0 "$shebao" init --rehearsal --data "$here/a"
refuses 2 "is no centre" "$shebao" serve --data "$here/none" --port 0
refuses 2 "a port is a number" "$shebao" serve --data "$here/a" --port 65536

start "$shebao" serve --data "$here/a" --port 0
first=${started[0]}
until_true grep -q http:// "$here/started.out"
url=$(sed -n 's/^\(http:[^ ]*\) .*/\1/p' "$here/started.out")
port=$(echo "$url" | sed 's/.*:\([0-9]*\)\/$/\1/')

page=$(curl -fsS "$url")
case $page in
*测试密钥*) ;;
*) fail "the page does not say that the keys are test keys" ;;
esac
[ "$(curl -s -o "$here/out" -w '%{http_code}' "${url}none")" = 404 ] || fail "no 404"
[ "$(curl -s -o "$here/out" -w '%{http_code}' -X POST "$url")" = 405 ] || fail "no 405"
curl -fsS "${url}healthz" | grep -q '"ok": true' || fail "no health"
address=$(hostname -I 2>/dev/null | cut -d ' ' -f 1)
if [ -n "$address" ]; then
    ! curl -s --max-time 2 "http://$address:$port/" >/dev/null || fail "it listens on $address"
fi

refuses 5 "is in use" "$shebao" serve --data "$here/a" --port "$port"
says err "--port"

for signal in TERM INT; do
    kill -"$signal" "$first"
    status=0
    wait "$first" || status=$?
    [ "$status" = 0 ] || fail "SIG$signal ended it with $status: $(cat "$here/started.err")"
    ! curl -s --max-time 2 "$url" >/dev/null || fail "it still answers"
    # The port is free at once for the next one.
    start "$shebao" serve --data "$here/a" --port "$port"
    first=${started[-1]}
    until_true curl -fsS "$url"
done

# It has a vault, and shows so; when the vault's process is killed it ends, too, with one sentence.
page=$(curl -fsS "$url")
vault=$(echo "$page" | sed -n 's/.*可用 open.*test keys of a seed, process \([0-9]*\)<.*/\1/p')
[ -n "$vault" ] || fail "no vault on the page"
[ "$(ps -o ppid= -p "$vault" | tr -d ' ')" = "$first" ] || fail "process $vault is not the server's"
kill -KILL "$vault"
status=0
wait "$first" || status=$?
[ "$status" = 5 ] || fail "without its vault it ended with $status"
says started.err "the server has ended with its vault; start it again" "ended by signal 9"
[ "$(grep -c '' "$here/started.err")" = 1 ] || fail "more than one sentence: $(cat "$here/started.err")"
! curl -s --max-time 2 "$url" >/dev/null || fail "it still answers"
# The other way round: with the server its vault goes.
start "$shebao" serve --data "$here/a" --port "$port"
until_true curl -fsS "$url"
vault=$(curl -fsS "$url" | sed -n 's/.*of a seed, process \([0-9]*\)<.*/\1/p')
kill -KILL "${started[-1]}"
gone() { ! kill -0 "$vault" 2>/dev/null; }
until_true gone

# A vault of two custodians is opened before anything is shown.
echo "the words of the first" >"$here/a1"
echo "the words of the second" >"$here/b1"
both=(--custodian-a "$here/a1" --custodian-b "$here/b1")
ends 0 "$shebao" init "${both[@]}" --data "$here/own"
refuses 2 "do not open the vault" "$shebao" serve --port "$port" --data "$here/own" \
    --custodian-a "$here/b1" --custodian-b "$here/a1"
start "$shebao" serve --port "$port" --data "$here/own" "${both[@]}"
until_true curl -fsS "$url"
curl -fsS "$url" >"$here/out"
says out "a file of two custodians, process" "可用 open"
! grep -q "演练" "$here/out" || fail "a real centre's page speaks of a rehearsal"

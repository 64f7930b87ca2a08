# shellcheck shell=bash source=tests/house/lib.sh disable=SC2154
# What the tests with a PostgreSQL of their own share: servers from Debian's package, in the test's own
# directory, on a socket only, run by an ordinary user, stopped when the test ends.
. "$(dirname "${BASH_SOURCE[0]}")/../house/lib.sh"

programs=/usr/lib/postgresql/15/bin
[ -x "$programs/initdb" ] || skip "no PostgreSQL 15 here; install postgresql-15"
if [ "$(id -u)" = 0 ]; then
    runuser -u nobody -- true 2>/dev/null || skip "root may not become nobody here, and a server needs it"
    chmod 711 "$here"
fi

# as PROGRAM...: an ordinary user's; a server refuses to be root's.
as() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u nobody -- "$@")
    else
        (cd / && "$@")
    fi
}

servers=()
house_leave=$(declare -f leave)
eval "house_${house_leave}"
leave() {
    for name in "${servers[@]}"; do
        as "$programs/pg_ctl" -D "$here/$name/data" -m immediate stop >/dev/null 2>&1 || true
    done
    house_leave "$1"
}

# server_make NAME: a server in $here/NAME, not yet started.
server_make() {
    mkdir "$here/$1"
    [ "$(id -u)" != 0 ] || chown nobody "$here/$1"
    as "$programs/initdb" -A trust -U shebao -E UTF8 --locale=C -D "$here/$1/data" >/dev/null
    servers+=("$1")
}

# What is loaded before a server; see server_never_cut.
before_server=

# server_never_cut: no test kills the servers that start from now on, so they need not wait for the disk.
server_never_cut() {
    command -v cc >/dev/null || return 0
    before_server=$here/no_forcing.so
    cc -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$before_server" "$root/tests/strangers/no_forcing.c"
}

# server_start NAME: and again after a crash, whose last processes may need a moment to go.
server_start() {
    local i
    for ((i = 0; i < 100; i++)); do
        as env ${before_server:+LD_PRELOAD="$before_server"} "$programs/pg_ctl" \
            -D "$here/$1/data" -w -l "$here/$1/log" \
            -o "-k $here/$1 -c listen_addresses=" start >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    fail "the server $1 does not start: $(tail -n 3 "$here/$1/log")"
}

# server_kill NAME: its first process, by its number; the others follow.
server_kill() {
    kill -KILL "$(head -n 1 "$here/$1/data/postmaster.pid")"
}

# sql NAME DATABASE TEXT: the answer, bare.
sql() {
    "$programs/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$here/$1" -U shebao -d "$2" -c "$3"
}

# address NAME DATABASE: as --database takes it.
address() {
    echo "postgresql:///$2?host=$here/$1&user=shebao"
}

# centre_on NAME DATABASE DIR: an empty rehearsal on a database of its own.
centre_on() {
    sql "$1" postgres "CREATE DATABASE $2"
    ends 0 "$pilot" init --rehearsal --seed 1 --data "$3" --database "$(address "$1" "$2")"
}

# shellcheck shell=bash disable=SC2154,SC2034
# What the tests of terminals on a line share: a rehearsed city, one of its terminals and one of its
# cards in good standing, and the commands that both sides say. Sourced behind lib.sh.

city=$here/city
ends 0 "$shebao" pilot --people "$root/data/pilot-people.csv" --data "$city" --json
read -r till factor card < <(python3 - "$city/city.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
till = db.execute("SELECT hex(number) FROM terminal WHERE stopped = 0 ORDER BY number").fetchone()[0]
factor, card = db.execute("SELECT hex(factor), number FROM card WHERE life = 1 AND factor NOT IN "
                          "(SELECT factor FROM blacklist) ORDER BY number").fetchone()
print(till, factor, card)
PY
)
key() { "$shebao" online key "$1" --out "$here/$1.key" --officer clearer --second "$2" --data "$city"; }

serve() {
    start "$shebao" online serve --data "$city" --socket "$here/line"
    until_true grep -q "answers for" "$here/started.out"
}
ask() {
    "$shebao" online ask "$till" --key "$here/$till.key" --ticket "$1" --factor "$2" --fen "$3" \
        --socket "$here/line"
}
ticket() { printf '%032d' "$1"; }

# shellcheck shell=bash disable=SC2034
# What the end-to-end tests share: a directory of their own, and saying what a command must do.
# Each script is one check of ./test: it ends with 0, or at the first thing that is not as promised.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
shebao=${SHEBAO:-$root/build/debug/shebao}
here=$(mktemp -d /tmp/shebao-house-XXXXXX)
trap 'leave $?' EXIT

# Programs started with start() end with the test, however it ends.
started=()
leave() {
    for pid in "${started[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [ -z "${IN_NAMESPACE-}" ] || umount "$here/small" 2>/dev/null || true
    rm -rf "$here"
    exit "$1"
}
start() {
    : >"$here/started.out" # what an earlier one said is no word of this one
    : >"$here/started.err"
    "$@" >"$here/started.out" 2>"$here/started.err" &
    started+=($!)
}

fail() {
    echo "not as promised: $*"
    exit 1
}

# Cannot be tried on this machine; the last line says why.
skip() {
    echo "$*"
    exit 77
}

# ends STATUS COMMAND...: it must end with that status. What it printed is in $here/out and $here/err.
ends() {
    local expected=$1 status=0
    shift
    "$@" >"$here/out" 2>"$here/err" </dev/null || status=$?
    [ "$status" = "$expected" ] \
        || fail "$* ended with $status, not $expected: $(tail -n 3 "$here/err")"
}

# says FILE TEXT...: each text stands in what was printed.
says() {
    local file=$here/$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || fail "\"$text\" is not in: $(cat "$file")"
    done
}

# refuses STATUS TEXT COMMAND...: one sentence on standard error that holds the text, nothing else.
refuses() {
    local expected=$1 text=$2
    shift 2
    ends "$expected" "$@"
    says err "$text"
    [ "$(grep -c '' "$here/err")" = 1 ] || fail "more than one sentence: $(cat "$here/err")"
    case $(cat "$here/err") in
    shebao*) ;;
    *) fail "the sentence does not say whose it is: $(cat "$here/err")" ;;
    esac
}

# Waits until the command succeeds; ten seconds at most.
until_true() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    fail "waited ten seconds for: $*"
}

# The pilot in its release build, as ./run runs it; "pilot_in DIR [OPTION]..." uses $people.
pilot=${SHEBAO_RELEASE:-$root/build/release/shebao}
people=$root/data/pilot-people.csv
pilot_in() {
    local dir=$1
    shift
    "$pilot" pilot --people "$people" --data "$dir" "$@"
}
# The same for "pilot_alone DIR ... &" and start(): the process itself, so that $! can be killed.
pilot_alone() {
    local dir=$1
    shift
    exec "$pilot" pilot --people "$people" --data "$dir" "$@"
}
figures() { python3 "$root/tests/house/figures.py" "$@" || fail "figures $*"; }

# A file of the first so many people, for what is done many times.
few_people() {
    head -n "$(($1 + 1))" "$root/data/pilot-people.csv" >"$here/people.csv"
    people=$here/people.csv
}

# The same figures and the same file for the bank; what was disturbed may have recovered more often.
same_outcome() {
    figures "${3:-same}" "$1/pilot.json" "$2/pilot.json"
    diff -r "$1/bank" "$2/bank" || fail "the bank's files of $1 and $2 differ"
}

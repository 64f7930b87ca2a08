# shellcheck shell=sh disable=SC2154
# What ./run and ./test share: the packages that are missing, and the building. Sourced by both after
# they set root, the directory of the project. Plain POSIX: a bare Debian's sh is dash.

# Says one sentence and ends with the status that host/ending.h gives to trouble outside.
trouble() {
    echo "$(basename "$0"): $*" >&2
    exit 5
}

# The packages of packages.txt: the first part for "run", both parts for "test".
packages_for() {
    awk -v want="$1" '/^[[:space:]]*(#|$)/ {next} want == "test" || $2 != "#" {print $1}' \
        "$root/packages.txt"
}

packages_missing() {
    packages_for "$1" | while read -r name; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) || state=
        [ "$state" = installed ] || printf '%s ' "$name"
    done
}

# How to become root: nothing when we are, sudo when there is one.
root_prefix() {
    if [ "$(id -u)" = 0 ]; then
        echo
    elif command -v sudo >/dev/null 2>&1; then
        echo sudo
    else
        return 1
    fi
}

# Installs what is missing; says nothing and needs nobody's rights when nothing is.
packages_install() {
    command -v dpkg-query >/dev/null 2>&1 \
        || trouble "this is no Debian (there is no dpkg-query); install the packages of packages.txt by hand, then: make CONF=release"
    missing=$(packages_missing "$1")
    [ -n "$missing" ] || return 0
    as_root=$(root_prefix) \
        || trouble "these packages are missing: $missing; run this once as root, or install sudo"
    mkdir -p "$root/build" 2>/dev/null || trouble "cannot write to $root; run this as its owner"
    log=$root/build/setup.log
    echo "installing $(echo "$missing" | wc -w) packages (a minute or two; $log has the details): $missing" >&2
    # A mirror that cannot be asked is no end yet: what apt has already may do.
    $as_root apt-get -q -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 || true
    # shellcheck disable=SC2086 # missing is a list of names
    if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
        tail -n 5 "$log" >&2
        trouble "apt-get could not install $missing; is the network there? $log has the details, and starting again goes on"
    fi
    still=$(packages_missing "$1")
    [ -z "$still" ] || trouble "still missing after installing: $still; see $log"
}

# Builds one configuration: build CONF [TARGET]... One builder at a time, for two would spoil each
# other's objects.
build() {
    conf=$1
    shift
    mkdir -p "$root/build" 2>/dev/null || trouble "cannot write to $root; run this as its owner"
    flock "$root/build/.lock" \
        make -C "$root" --no-print-directory -s -j"${JOBS:-$(nproc)}" CONF="$conf" "$@"
}

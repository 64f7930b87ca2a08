#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# ./run on machines that are not as they should be: each says one sentence and what to do. The
# machine is made of stand-ins for dpkg-query, apt-get, id and sudo, first in the path.
. "$(dirname "$0")/lib.sh"

mkdir "$here/bin" "$here/clone" "$here/clone/build"
cp -r "$root/run" "$root/test" "$root/tools" "$root/packages.txt" "$here/clone"
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$here/bin/$1"
    chmod +x "$here/bin/$1"
}
run_there() { (cd / && PATH="$here/bin:$PATH" "$here/clone/run" "$@"); }
test_there() { (cd / && PATH="$here/bin:$PATH" "$here/clone/test" "$@"); }

ends 0 run_there --help
says out "--once" "--port"
ends 0 test_there --help
says out "passed"
ends 2 test_there --no-such-option
says err "unknown argument"
ends 2 run_there --port
says err "needs a value"

ends 2 run_there --data --once
says err "--data needs a value"
for port in x 65536 "" 99999999999999999999; do
    ends 2 run_there "--port=$port"
    says err "--port takes a number"
done

# Nothing is missing: apt-get must not be called, and the build begins.
stand_in dpkg-query 'echo installed'
stand_in apt-get 'echo called >>'"$here/apt"'; exit 100'
stand_in make 'echo "make: broken" >&2; exit 2'
ends 5 run_there --once
says err "the build failed"
[ ! -e "$here/apt" ] || fail "apt-get was called although nothing is missing"

# Something is missing, and nobody is root.
stand_in dpkg-query 'exit 1'
stand_in id 'echo 1000'
path_without_sudo() {
    mkdir -p "$here/few"
    for tool in sh dirname basename readlink awk cat mkdir id; do
        [ -e "$here/few/$tool" ] || ln -s "$(command -v $tool)" "$here/few/$tool"
    done
    rm -f "$here/few/id"
    PATH="$here/bin:$here/few" "$here/clone/run" --once
}
ends 5 path_without_sudo
says err "run this once as root, or install sudo" "gcc" "libsqlite3-dev"

# No network: apt-get fails.
stand_in id 'echo 0'
ends 5 run_there --once
says err "could not install" "is the network there?" "starting again goes on"
[ "$(wc -l <"$here/apt")" = 2 ] || fail "apt-get was not asked to update and to install"

# apt-get works, and its work is seen.
stand_in apt-get 'touch '"$here/installed"
stand_in dpkg-query 'if [ -e '"$here/installed"' ]; then echo installed; else exit 1; fi'
ends 5 run_there --once
says err "installing" "the build failed"

# No Debian at all.
few_tools() { PATH="$here/few" "$here/clone/run" --once; }
ends 5 few_tools
says err "this is no Debian"

# The first part of packages.txt is for run, both are for test.
grep -q '^libcmocka-dev .*# test' "$root/packages.txt" || fail "cmocka is no package of ./test alone"

#!/bin/bash
# shellcheck source=tests/house/lib.sh source=tests/strangers/mcu.sh disable=SC2154
# The firmware as it goes into a chip: no file and no emulator's calls, its cells in memory. The
# factory's part is played by QEMU, which puts a blank chip's cells where they belong; then the card
# answers on its serial line, is formatted, and loses what it had not kept at a reset. Without a chip in
# its cells it is mute.
. "$(dirname "$0")/../house/lib.sh"
. "$root/tests/strangers/mcu.sh"
mcu_needs mcu_firmware python3 arm-none-eabi-nm
elf=${small_elf%/*}/firmware.elf

ends 0 "$shebao" chip new --profile blank --image "$here/blank.chip" --serial 7 --size 8192
address=0x$(arm-none-eabi-nm -S "$elf" | awk '$4 == "cells" { print $1 }')
room=$((16#$(arm-none-eabi-nm -S "$elf" | awk '$4 == "cells" { print $2 }')))
tail -c +65 "$here/blank.chip" | head -c "$room" >"$here/cells" # behind the image's header

cat >"$here/driver.py" <<'PYTHON'
"""The virtual reader's end of the wire: tells frames, prints what is answered, or "mute"."""
import socket, subprocess, sys

listener = socket.create_server(("127.0.0.1", 0))
words = [w.replace("@PORT@", str(listener.getsockname()[1])) for w in sys.argv[2:]]
emulator = subprocess.Popen(words, stdin=subprocess.DEVNULL)
try:
    line, _ = listener.accept()
    line.settimeout(5)

    def take(count):
        got = b""
        while len(got) < count:
            got += line.recv(count - len(got))
        return got

    for frame in sys.argv[1].split(","):
        body = bytes.fromhex(frame)
        line.sendall(len(body).to_bytes(2, "big") + body)
        if body not in (b"\x00", b"\x01", b"\x02"):
            try:
                print(take(int.from_bytes(take(2), "big")).hex().upper())
            except TimeoutError:
                print("mute")
finally:
    emulator.kill()
    emulator.wait()
PYTHON

tell() { # tell FRAMES WORD...: to the firmware, with more words for QEMU
    local frames=$1
    shift
    timeout -k 1 60 python3 "$here/driver.py" "$frames" qemu-system-arm -M microbit -display none \
        -monitor none -chardev socket,id=line,host=127.0.0.1,port=@PORT@,nodelay=on -serial chardev:line \
        -kernel "$elf" "$@" >"$here/out" 2>"$here/err" || fail "$(tail -n 3 "$here/err")"
}

# Answer to reset; CREATE MF twice, the second refused; a challenge; reset, and the master file stayed.
tell 01,04,80E03F000D38FFFFF0F001FFFFFFFFFFFFFF,80E03F000D38FFFFF0F001FFFFFFFFFFFFFF,0084000008,02,00A40000023F00 \
    -device "loader,file=$here/cells,addr=$address,force-raw=on"
mapfile -t said <"$here/out"
[ "${said[0]}" = 3B6D000000995342108684440100000007 ] || fail "answer to reset: ${said[0]}"
[ "${said[1]} ${said[2]}" = "9000 6A86" ] || fail "CREATE MF: ${said[1]}, then ${said[2]}"
[[ ${said[3]} =~ ^[0-9A-F]{16}9000$ ]] || fail "GET CHALLENGE: ${said[3]}"
[ "${said[4]:0:2}" = 61 ] || fail "SELECT after a reset: ${said[4]}"

tell 01,04
[ "$(cat "$here/out")" = mute ] || fail "without a chip: $(cat "$here/out")"

# shellcheck shell=bash disable=SC2034,SC2154
# What the tests with the microcontroller share: QEMU as a command for tests/stories/carriers.h.
#
# mcu_command ELF CHIP RANDOM REPORT LINE: sets mcu to the words that start QEMU with this firmware over
# the chip's file, its serial line connected to 127.0.0.1:LINE. With -icount one instruction takes one
# nanosecond, and every run is the same.
mcu_command() {
    mcu=(qemu-system-arm -M microbit -display none -monitor none
        -chardev "socket,id=line,host=127.0.0.1,port=$5,nodelay=on" -serial chardev:line
        -semihosting-config "enable=on,target=native,arg=firmware,arg=$2,arg=$3,arg=$4"
        -kernel "$1")
}

# Skips the test where the tools are missing; builds the firmware and the tellers otherwise.
mcu_needs() {
    local name=$1 tool
    shift
    for tool in qemu-system-arm arm-none-eabi-gcc "$@"; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || skip "SKIPPED: $name: $tool is not installed"
    done
    tellers=${SHEBAO_TESTS:-$root/build/debug/tests}/stories
    small_tellers=${SHEBAO_SMALL_TESTS:-$root/build/small/tests}/stories
    small_elf=${SHEBAO_SMALL_ELF:-$root/build/cortex-m0/emulated.elf}
    full_elf=${SHEBAO_FULL_ELF:-$root/build/cortex-m0-full/emulated.elf}
    for tool in "$tellers/stories_test" "$tellers/script_test" "$small_tellers/script_test" "$small_elf" "$full_elf"; do
        [ -e "$tool" ] || fail "$tool is not built: make tests, make CONF=small test-small, make CONF=cortex-m0 firmware, and the same with cortex-m0-full"
    done
}

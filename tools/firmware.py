#!/usr/bin/env python3
"""The three figures of a firmware: code and constants, static RAM, and the deepest stack.

    firmware.py ELF [--code MAX] [--ram MAX] [--stack MAX]

Prints them with what they are made of, and ends with 1 when one is above its MAX (bytes).

Code and constants: .text and .data of the ELF file; MAX is for the card, that is without the functions
of the board and its line (ports/, strings.c excepted, which the card calls). Static RAM: .data and .bss, without the cells of
the card that the image keeps in RAM (the array named "cells"), which are a chip's EEPROM.

Stack: the deepest way through the call graph that gcc wrote beside the ELF file
(-fcallgraph-info=su), from the reset handler. A call through a pointer goes to whatever is called in
no other way: the commands named by the table of src/card/loop/rules.c, and the functions of the ports.
A command is called by the answer loop only (LOOP); every other pointer leads to a port.
Whatever calls itself, or has a stack that grows while it runs, is refused."""

import argparse
import glob
import os
import re
import subprocess
import sys

UNSEEN = 16  # bytes for each helper of the compiler, which has no line in the graph: two words pushed at most
ENTRY = "reset_handler"
LOOP = ("run", "card_exchange", "line_serve", "firmware_run", "reset_handler")  # whichever the optimiser left


def plain(name):
    """The function's own name, without file, and without what the optimiser hung on it."""
    return re.sub(r"\.(part|constprop|isra|lto_priv|cold)\.\d+", "", name.split(":")[-1])


def read_graph(elf):
    """Stack of each function, and whom it calls, from all .ci files beside the ELF file."""
    stack, calls, grows = {}, {}, []
    for path in glob.glob(os.path.join(os.path.dirname(elf), os.path.basename(elf) + ".graph", "*.ci")):
        for line in open(path, encoding="utf-8"):
            node = re.match(r'node: \{ title: "([^"]*)" label: "([^"]*)"', line)
            edge = re.match(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', line)
            if node:
                size = re.search(r"(\d+) bytes \((static|dynamic)", node.group(2))
                name = node.group(1).split(":")[-1]
                if size:
                    stack[name] = int(size.group(1))
                    if size.group(2) == "dynamic":
                        grows.append(name)
            elif edge:
                source, target = (side.split(":")[-1] for side in edge.groups())
                calls.setdefault(source, set()).add(target)
    return stack, calls, grows


def commands_of(path):
    """The names in the last column of the table of commands."""
    return set(re.findall(r"^\s*\{0x.*,\s*(\w+)\s*\},", open(path, encoding="utf-8").read(), re.M))


def resolve(stack, calls, commands):
    """Puts real functions in the place of calls through pointers."""
    called = set().union(*calls.values()) if calls else set()
    alone = {name for name in stack if name not in called and plain(name) not in (ENTRY, "stop_handler")}
    runs = {name for name in stack if plain(name) in commands}
    ports = alone - runs
    pointers = [name for name in calls if "__indirect_call" in calls[name]]
    loop = [name for name in pointers if plain(name) in LOOP]
    if len(loop) != 1:
        sys.exit("firmware: which function calls the commands? Of " + " ".join(LOOP) + f" these do: {loop}")
    for name in pointers:
        calls[name].discard("__indirect_call")
        calls[name] |= ports | runs if name in loop else ports


def deepest(name, stack, calls, known, path):
    """Bytes from this function on down, and the way; a circle is an error."""
    if name in path:
        sys.exit("firmware: these call each other in a circle: " + " ".join(path + [name]))
    if name not in known:
        below, way = 0, []
        for callee in sorted(calls.get(name, ())):
            depth, rest = deepest(callee, stack, calls, known, path + [name])
            if depth > below:
                below, way = depth, rest
        own = stack.get(name, UNSEEN)
        known[name] = (own + below, [(name, own)] + way)
    return known[name]


def sizes(elf):
    """Code with constants, how much of it is the port's, and static RAM without the cells."""
    out = subprocess.run(["arm-none-eabi-size", elf], check=True, capture_output=True, text=True)
    text, data, bss = (int(n) for n in out.stdout.splitlines()[1].split()[:3])
    out = subprocess.run(["arm-none-eabi-nm", "-S", "-l", elf], check=True, capture_output=True, text=True)
    cells = sum(int(m, 16) for m in re.findall(r"^\S+ (\S+) [bB] cells\b", out.stdout, re.M))
    port = sum(int(m, 16) for m in
               re.findall(r"^\S+ (\S+) [tTrR] .*/ports/(?!\S*strings\.c)\S+$", out.stdout, re.M))
    return text + data, port, data + bss - cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf")
    for limit in ("code", "ram", "stack"):
        parser.add_argument("--" + limit, type=int, default=0)
    args = parser.parse_args()
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

    stack, calls, grows = read_graph(args.elf)
    if ENTRY not in stack:
        sys.exit(f"firmware: no call graph beside {args.elf}; build it with make CONF=cortex-m0 firmware")
    if grows:
        sys.exit("firmware: the stack of these grows while they run: " + " ".join(grows))
    resolve(stack, calls, commands_of(os.path.join(here, "src/card/loop/rules.c")))
    depth, way = deepest(ENTRY, stack, calls, {}, [])
    code, port, ram = sizes(args.elf)
    print(f"the whole image: {code} bytes, {port} of them the board and its line")

    exceeded = False
    for name, value, limit in (("code and constants of the card", code - port, args.code),
                               ("static RAM", ram, args.ram), ("stack", depth, args.stack)):
        over = limit and value > limit
        exceeded = exceeded or over
        told = f", at most {limit}" + (": EXCEEDED" if over else "") if limit else ""
        print(f"{name}: {value} bytes{told}")
    print("the deepest stack: " + ", ".join(f"{plain(name)} {own}" for name, own in way))
    sys.exit(1 if exceeded else 0)


if __name__ == "__main__":
    main()

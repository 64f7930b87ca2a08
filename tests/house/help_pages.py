"""Reads the help page of every command as a stranger would, and says what does not hold.

Usage: help_pages.py SHEBAO NAMES, where NAMES has one command a line. Every page must have a synopsis,
what the command does, its options and at least one example; every example must be one that the
command takes: known options, values where they are needed, nothing missing. One thing has one word:
who does it is --officer CODE, the other one --second CODE.
"""
import re
import shlex
import subprocess
import sys

OTHER_WORDS = {
    "--by": "--officer", "--officer-a": "--officer", "--officer-b": "--second",
    "--approver": "--second", "--plain": "--unmask",
}
# What has no result to print: servers, and chips that are served until they are taken out.
NO_JSON = {"serve", "online serve", "chip serve", "chip trace", "chip check"}
WORDS_OF = {"--officer": "CODE", "--second": "CODE", "--data": "DIR", "--json": "", "--unmask": ""}


def read_page(shebao, name):
    """The page in parts: synopsis, options {name: word}, positional names, examples."""
    done = subprocess.run([shebao, *name.split(), "--help"], capture_output=True, text=True, check=True)
    options, positional, examples = {}, [], []
    lines = done.stdout.splitlines()
    for line in lines:
        option = re.match(r"  (--[a-z-]+) (\S*) ", line)
        place = re.match(r"  ([A-Z]+)  ", line)
        if line.startswith("  shebao "):
            examples.append(line.removeprefix("  shebao "))
        elif option:
            options[option[1]] = option[2]
        elif place:
            positional.append(place[1])
    return lines[0], options, positional, examples


def trouble_of(name, page, example):
    """What is wrong with one example, or None."""
    synopsis, options, positional, _ = page
    words = shlex.split(example)
    if words[:len(name.split())] != name.split():
        return "is of another command"
    rest, given, places = words[len(name.split()):], set(), 0
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            places += 1
        elif word not in options:
            return f"has {word}, which the page does not show"
        elif word in given:
            return f"has {word} twice"
        else:
            given.add(word)
            if options[word] and (not rest or rest.pop(0).startswith("--")):
                return f"has no value for {word}"
    needed = re.findall(r" (--[a-z-]+) ", synopsis.replace("[OPTION]", ""))
    missing = [word for word in needed if word not in given]
    least = len([w for w in positional if re.search(rf" {w}( |$)", synopsis)])
    if missing:
        return f"lacks {' '.join(missing)}"
    if not least <= places <= len(positional):
        return f"has {places} words, not {least} to {len(positional)}"
    return None


def troubles(name, page):
    """Everything that does not hold on one page."""
    synopsis, options, _, examples = page
    if not synopsis.startswith(f"shebao {name}"):
        yield "does not begin with its synopsis"
    if not examples:
        yield "has no example: add a line to src/apps/examples.def"
    if ("--json" in options) == (name in NO_JSON):
        yield "has a result and no --json, or the other way round"
    for word in options:
        if word in OTHER_WORDS:
            yield f"has {word}; everywhere else it is {OTHER_WORDS[word]}"
        if word in WORDS_OF and options[word] != WORDS_OF[word]:
            yield f"calls the value of {word} \"{options[word]}\", not \"{WORDS_OF[word]}\""
    for example in examples:
        trouble = trouble_of(name, page, example)
        if trouble:
            yield f"example \"{example}\" {trouble}"


def main():
    shebao, names = sys.argv[1], open(sys.argv[2], encoding="utf-8").read().splitlines()
    found = [f"{name} --help {trouble}" for name in names
             for trouble in troubles(name, read_page(shebao, name))]
    print("\n".join(found) if found else f"{len(names)} pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

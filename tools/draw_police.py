#!/usr/bin/env python3
"""draw_police.py PEOPLE SEED: a file of the police about the people of a file, and what is to come of it.

Writes PEOPLE with -police.csv and -police.expected.json in place of .csv. Of the people whom an import
accepts, most match; some have another name, another birth, no photo, have died, or are not there at all;
a few lines are torn or about nobody. The same seed draws the same file.
"""
import csv, io, json, random, sys

HEADING = ["AAC002", "AAC003", "AAC004", "AAC006", "life", "died", "police-photo"]
KINDS = [("match", 880), ("no-photo", 40), ("name", 30), ("birth", 10), ("dead", 15), ("unknown", 15),
         ("torn", 5), ("twice", 5)]


def people(path, refused):
    """The first line of each person whom the import accepted."""
    rows = list(csv.reader(io.StringIO(open(path, "rb").read().decode("gb18030"))))
    seen = set()
    for line, row in enumerate(rows[1:], start=2):
        if line not in refused and row[0] not in seen:
            seen.add(row[0])
            yield row


def line_of(kind, row, chance):
    number, name, sex, birth = row[0], row[1].strip(), row[2], row[4]
    if kind == "name":
        name = name[0] + chance.choice([c for c in "安宁康乐" if c not in name])
    if kind == "birth":
        birth = str(int(birth) ^ 1)
    if kind == "unknown":
        number = "11010519491231002X"
    cells = [number, name, sex, birth, "1", "", "0" if kind == "no-photo" else "1"]
    if kind == "dead":
        cells[4:6] = ["2", "20030915"]
    return ",".join(cells[:4] if kind == "torn" else cells)


VERDICT = {"match": "updated", "no-photo": "updated", "name": "cannot-verify", "birth": "data-differs",
           "dead": "dead", "unknown": "unknown-person", "torn": "line-malformed", "twice": "updated"}


def main():
    path, seed = sys.argv[1], int(sys.argv[2])
    base = path.removesuffix(".csv")
    expected = json.load(open(base + ".expected.json"))
    refused = {int(line) for line in expected["by_line"]}
    chance = random.Random(seed)
    words, shares = zip(*KINDS)
    lines, verdicts = [",".join(HEADING)], {}
    for row in people(path, refused):
        kind = chance.choices(words, shares)[0]
        lines.append(line_of(kind, row, chance))
        verdicts[VERDICT[kind]] = verdicts.get(VERDICT[kind], 0) + 1
        if kind == "twice":
            lines.append(line_of(kind, row, chance))
            verdicts["repeated-person"] = verdicts.get("repeated-person", 0) + 1
    with open(base + "-police.csv", "wb") as out:
        out.write("".join(line + "\r\n" for line in lines).encode("gb18030"))
    with open(base + "-police.expected.json", "w") as out:
        json.dump({"lines": len(lines) - 1, "verdicts": verdicts}, out, indent=1, sort_keys=True)
        out.write("\n")


main()

#!/usr/bin/env python3
"""sounds.py [--check]: prints src/registry/sound.def, how each Han character is read, from Unihan.

The readings are kMandarin of the Unicode Han database (Debian's unicode-data has it), without their
tones: one line for each syllable, with every character that is read so. --check changes nothing and
fails when the table is not what Unihan says.
"""
import bz2, collections, os, sys, unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "src/registry/sound.def")
UNIHAN = "/usr/share/unicode/Unihan_Readings.txt.bz2"
HEAD = """/* How Han characters are read: Mandarin syllables without tones, one line each, with all characters
 * that are read so; \\u00fc is written v. Include it with SOUND() defined. Printed by tools/sounds.py from
 * kMandarin of the Unicode Han database, version 15.
 *
 * Unicode Data Files: Copyright 1991-2022 Unicode, Inc. All rights reserved. Distributed under the
 * Terms of Use in https://www.unicode.org/copyright.html (Unicode licence for data files and
 * software: may be used, copied, changed and passed on with this notice).
 *
 * syllable, characters */
""".replace("\\u00fc", "\u00fc")


def plain(reading):
    """A syllable without its tone: marks above letters fall, the two dots of \u00fc make it a v."""
    letters = unicodedata.normalize("NFD", reading.replace("\u00ea", "e"))
    letters = letters.replace("u\u0308", "v")
    return "".join(c for c in letters if not unicodedata.combining(c))


def readings():
    sounds = collections.defaultdict(list)
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if len(cells) == 3 and cells[1] == "kMandarin":
                sounds[plain(cells[2].split(" ")[0])].append(chr(int(cells[0][2:], 16)))
    sounds["ling"].append("\u3007")  # the zero is no character of that database
    return sounds


def main():
    text = HEAD
    for sound, characters in sorted(readings().items()):
        assert sound.isascii() and sound.isalpha() and len(sound) <= 6, sound
        assert len("".join(characters).encode()) < 4000, sound
        text += 'SOUND("%s", "%s")\n' % (sound, "".join(characters))
    text += "#undef SOUND\n"
    if "--check" in sys.argv:
        sys.exit(0 if text == open(TABLE, encoding="utf-8").read() else "sound.def is not Unihan's")
    with open(TABLE, "w", encoding="utf-8") as out:
        out.write(text)


main()

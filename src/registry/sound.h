/* How a name sounds: Mandarin syllables without tones, for names that were heard and not seen.
 *
 * 梁思 and 良四 are both "liang si ". The key of a name is its syllables, each with a blank behind it,
 * so that the key of a name's beginning is the beginning of its key. A character of which Unihan
 * knows no reading stands for itself, as "u" and its code point in hexadecimal; the middle dot is
 * not heard. Family names that are read otherwise than the character alone (曾 zeng) are in
 * surname.def, the readings of some 41,000 characters in sound.def, where ü is v.
 *
 * The two tables are turned into an index once, at the first use; afterwards any number of threads
 * may ask at once. Nothing is allocated. [system.md 4.1.2, 11 row 8] */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The key of the longest name: fifty letters of at most six characters and a blank, and an end. */
enum { SOUND_ROOM = 50 * 7 + 1 };

/* Writes the key of a name, well-formed UTF-8 of at most fifty letters, with its end. False, and ""
 * in sound, when it is none such; what lies beyond the Han characters is no obstacle. */
bool sound_of(struct bytes name, char sound[SOUND_ROOM]);

/* The syllable of one character, such as "liang", or NULL when no reading of it is known; static. */
const char *sound_of_character(int32_t character);

/* The 64 bits of a key that lists of millions are sorted by. Equal keys have equal ones; that others
 * may have, too, is for the caller to look at. */
uint64_t sound_hash(const char *sound);

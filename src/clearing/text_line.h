/* Lines of the text files that banks, institutions and cities exchange with the centre: they end with
 * CR LF and their fields are parted by '|'. [system.md 5.2.3]
 *
 * Nothing is copied: fields are views into the file. A line without its end is no line, so a torn
 * file stops where it is torn. Never allocates, never fails otherwise; any thread. */
#pragma once

#include "base/bytes.h"

/* A file being read. number is that of the line read last, from 1; a line that was asked for and was
 * not there counts too, so that a sentence about it names its place. */
struct text_lines {
    struct bytes all, rest;
    uint32_t number;
};

/* At the beginning of the file, which is borrowed. */
struct text_lines text_lines_of(struct bytes file);

/* Reads the next line, which must have exactly count fields. False, and nothing more can be read from
 * here, when the line has no end or another number of fields. */
bool text_line(struct text_lines *lines, struct bytes *fields, size_t count);

/* True when the next line begins with that word and '|'; reads nothing. */
bool text_next_is(const struct text_lines *lines, const char *word);

/* What was read so far: the bytes before the next line. */
struct bytes text_behind(const struct text_lines *lines);

/* Reads yuan with exactly two decimals, no sign, no commas, no superfluous zero: "0.05", "1234.50".
 * False, and *fen untouched, for anything else and above 9,999,999,999,999.99. */
bool text_yuan(struct bytes field, int64_t *fen);

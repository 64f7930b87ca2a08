/* What a unit sends back, made from the list it got and from what it says to single lines: the unit's own side
 * of unit_list.h, without a centre. [system.md 4.1.5]
 *
 * What the unit says is text, one line for each person who is not simply confirmed, in the order of the list
 * or not; empty lines and lines that begin with # are passed over:
 *
 *     sequence|corrected|PROOF|FIELD|VALUE[|FIELD|VALUE]
 *     sequence|not-ours|PROOF
 *
 * Every other line of the list is answered "confirmed". Whether a correction can stand is the centre's to say:
 * a unit has no table of fields. */
#pragma once

#include "base/builder.h"
#include "host/why.h"

/* How many lines of an answer say what. */
struct answer_made {
    int64_t lines, confirmed, corrected, not_ours;
};

/* Writes the answer to `list` into out, which has room for list.len + said.len + UNIT_LINE_ROOM bytes at least.
 * ERR_INVALID, with the line: the list is none or was changed; what is said names no line of the list, or one
 * twice, or says neither corrected nor not-ours. Nothing in out counts then. */
enum err unit_answer_write(struct bytes list, struct bytes said, struct builder *out,
    struct answer_made *made, struct why *why);

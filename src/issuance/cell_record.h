/* What became of a group of pieces, written down: lines, numbers, cards, blanks and pieces in one
 * transaction. For issuance/cell*.c only. */
#pragma once

#include "issuance/cell_seat.h"

/* Cell 1: these pieces are in the machine from now on. */
enum err cell_take(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *pieces, size_t count, struct why *why);

/* Writes down what the group's fates say; open and unknown ones stay taken. Wipes what is secret in
 * them in any case. *left counts those that stayed, and *story is one of theirs. */
enum err cell_record(const struct cell *cell, const struct production_run *run,
    struct cell_group *group, size_t *left, struct why *story, struct why *why);

/* A row of the audit chain about a run. */
enum err cell_note(const struct cell *cell, const struct production_run *run, const char *who,
    const char *what, struct why *why);

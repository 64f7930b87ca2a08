/* Takes upload files in: every record ends as cleared, in suspense or refused; none is dropped.
 *
 *  1. A file is taken whole or not at all: torn, altered or longer, and nothing of it is kept.
 *  2. The same file again changes nothing and is answered with the same figures.
 *  3. Each record is judged in the order of reason.def, and its row says why.
 *  4. Only a record with a good TAC takes a place (terminal and sequence, card and number), so that
 *     no forged copy can stand where a true record will want to stand.
 *  5. A record with a good TAC that is not in the books yet moves its money, to the institution or
 *     into suspense, exactly once.
 *
 * Memory does not grow with the file: records are read, and their TACs made, INTAKE_AT_ONCE at a
 * time. */
#pragma once

#include "clearing/clearing.h"

enum { INTAKE_AT_ONCE = 256 };

/* What became of a file, a day, or everything. */
struct intake_figures {
    uint64_t records;
    uint64_t tac_good, tac_bad; /* the others were refused before their TAC was made */
    uint64_t duplicates;
    struct reason_sum by_reason[REASON_COUNT];
    struct reason_sum by_ruling[RULING_COUNT];
};

/* Reads a file from its source and takes it into the open business day. ERR_INVALID with the place
 * when it is not whole; ERR_CONFLICT when no day is open. *again, unless NULL, says that this file
 * had been taken in before. */
enum err intake_file(const struct clearing *c, struct upload_source source,
    struct intake_figures *out, bool *again, struct why *why);

/* The figures of a business day, or of all days with day 0. */
enum err intake_figures_of(
    const struct clearing *c, uint32_t day, struct intake_figures *out, struct why *why);

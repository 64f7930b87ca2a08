/* Takes upload files in: every record ends as cleared, in suspense or refused; none is dropped.
 * [purse.md 8.1 to 8.3; system.md 5.2.3]
 *
 * intake 1: a file is taken whole or not at all: torn, altered or longer, and nothing of it is
 *           kept.
 * intake 2: the same file again changes nothing and is answered with the same figures.
 * intake 3: each record is judged in the order of reason.def, and its row says why.
 * intake 4: only a record with a good TAC takes a place (terminal and sequence, card and number),
 *           so that no forged copy can stand where a true record will want to stand.
 * intake 5: a record with a good TAC that is not in the books yet moves its money, to the
 *           institution or into suspense, exactly once.
 * intake 6: the bytes of a file that was taken are kept as they came, beside what was made of them.
 *
 * Memory does not grow with the file: records are read, and their TACs made, INTAKE_AT_ONCE at a
 * time. A file is one transaction: after a failure, or a kill, it may be sent again as it is. */
#pragma once

#include "clearing/clearing.h"

/* Enough for the engine of a vault to work on full registers most of the time; some 900 KiB of
 * records. */
enum { INTAKE_AT_ONCE = 2048 };

/* What became of a file, a day, or everything. The sums of by_reason and of by_ruling are both
 * records. */
struct intake_figures {
    uint64_t records;
    uint64_t tac_good, tac_bad; /* the others were refused before their TAC was made */
    uint64_t duplicates;
    struct reason_sum by_reason[REASON_COUNT];
    struct reason_sum by_ruling[RULING_COUNT];
};

/* Reads a file from its source, to its end, and takes it into the open business day. ERR_INVALID
 * with the place when it is not whole; ERR_CONFLICT when no day is open; ERR_OUTSIDE when store or
 * vault fail. *again, unless NULL, says that this file had been taken in before; the figures are
 * then those of that time. */
enum err intake_file(const struct clearing *c, struct upload_source source,
    struct intake_figures *out, bool *again, struct why *why);

/* The figures of a business day, or of all days with day 0; a day without records has zeros. */
enum err intake_figures_of(
    const struct clearing *c, uint32_t day, struct intake_figures *out, struct why *why);

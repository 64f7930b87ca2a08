/* The line from the terminals of a rehearsal to its centre: none at all, the clearing is asked at
 * once. What goes over a real line goes through the same table of functions. [system.md 5.2.1]
 *
 * It is never down: what the centre cannot answer ends the step, and is asked again by the next run.
 * The errors are the clearing's: whatever is not ERR_OUTSIDE is the centre's no. */
#pragma once

#include "terminal/centre_line.h"

struct clearing;

/* The caller owns it; clearing is borrowed. now is the centre's clock, BCD YYYYMMDDHHMMSS: set it
 * before each trade. */
struct short_line {
    const struct clearing *clearing;
    uint8_t now[MOMENT_LEN];
};

/* The table of functions over it; the line must outlive every terminal that has it. */
struct centre_line line_to_clearing(struct short_line *line);

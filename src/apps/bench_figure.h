/* What a bench prints: each figure beside its yardstick, which was measured in the same run.
 *
 * Machines differ and are noisy; what counts is the ratio of value to yardstick. A figure has one
 * target: a least or a most ratio, or a least or a most value. One that is promised by its value
 * may do without a yardstick (NULL). One without any target is told and promises nothing. One that
 * only a machine in peace can show, and that was measured beside others, never meets its target. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bench_figure {
    const char *name, *unit, *yardstick;
    double value, yardstick_value;
    double least_ratio, most_ratio, least_value, most_value; /* at most one is not 0: the target */
    bool disturbed; /* others used the machine: it proves nothing */
    double others;  /* what they had of its cores in the quietest turn, 0 to 1 */
    double by_work; /* the ratio by the time that cores worked, which others touch less; 0: none */
};

/* Prints all figures, a line each, or as the one JSON object that every bench gives:
 * {"bench", "figures": [{"name", "value", "unit", "yardstick", "yardstick_value", "ratio", "target",
 * "met"}]}; where it is known also "ratio_by_work", and "disturbed": true for a figure that proves
 * nothing. Returns ENDING_DONE when every target is met, else ENDING_MISSED. */
int bench_report(const char *bench, const struct bench_figure *figures, size_t count, bool json);

/* Whether a machine is in peace: what its cores do that a bench did not ask for.
 *
 * A figure of all cores at once means nothing while somebody else uses them, for then it measures who is
 * stronger. The system says how long its cores have worked altogether, in hundredths of a second, and
 * how long the machine that it runs on took them away; a bench knows what it worked itself; the
 * difference is what others had. [proc(5), /proc/stat] */
#pragma once

#include <stdbool.h>

/* Seconds that all cores together have worked since the system started, for whoever it was, with those
 * that the host of a virtual machine took. False, and *seconds 0, where the system does not say. */
bool peace_busy_seconds(double *seconds);

/* The same from the first line of /proc/stat, "cpu  " and the ticks that were spent in user programs,
 * in those of low rank, in the system, idle, waiting, in interrupts (two kinds), stolen. Of
 * `ticks` to a second. False for any other line. */
bool peace_read_line(const char *line, long ticks, double *seconds);

/* What others had of the machine: a share of `cores` cores over `seconds`, 0 to 1, when the cores worked
 * `busy` seconds and the bench `own` of them. Ticks are coarse; what they make less than nothing is
 * nothing. */
double peace_share_of_others(double busy, double own, double seconds, long cores);

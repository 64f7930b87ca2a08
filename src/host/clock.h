/* Time that passes, and time on the wall.
 *
 * The stopwatch never jumps and never runs back; it is for durations, rates and deadlines. The wall
 * is for logs only: nothing that a rehearsal decides may depend on it, for the same seed has to
 * give the same figures on any day. */
#pragma once

#include <stdint.h>

enum { CLOCK_TEXT_ROOM = 32 };

/* Nanoseconds of the stopwatch that runs since some moment in the past. */
uint64_t clock_ns(void);

/* Seconds since an earlier clock_ns(). */
double clock_seconds_since(uint64_t earlier_ns);

/* The wall's time in UTC, "2003-10-08T09:30:00.123Z", in text. Returns text. */
const char *clock_wall(char text[CLOCK_TEXT_ROOM]);

/* Sides of a bench that take turns, so that what else the machine does meets all of them alike.
 *
 * In each round every side has one turn of a twentieth of a second, in which it runs its batch again
 * and again. Two rates come of it: items for each second that the wall's clock went on, and items for
 * each second that a core really worked for the side, here and in the process that helps it. On a
 * machine with nothing else to do they are the same; on a busy one the second is what a core is worth.
 * What counts of a side are fast turns, for whatever else runs only takes time away: the third fastest by
 * the work of cores, so that two turns that met a burst of the clock prove nothing; by the wall's clock
 * the fastest.
 *
 * A side that wants several cores at once can be judged in peace only. Such sides, and those they are
 * compared with, have turns of their own afterwards, a fifth of a second each, of which those count in
 * which others had hardly anything of the machine (host/peace.h). */
#pragma once

#include "host/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_FAST_TURNS = 3 };

struct bench_side {
    enum err (*run)(
        void *self, struct why *why); /* the whole batch, once; NULL: not on this machine */
    void *self;
    size_t items; /* of a batch */
    pid_t helper; /* a process that works for this side; 0: none */
    double rate;  /* items for each second of a core's work: the last of those below */
    double fast[BENCH_FAST_TURNS]; /* the same in the fastest turns so far, the fastest first */
    double wall_rate;              /* items a second, in the fastest turn so far */
    bool wants_peace;              /* has turns in peace, too */
    size_t in_peace;               /* of those turns that counted; 0: it was never quiet */
    double peace_rate;             /* items a second, in the fastest of them */
    double others; /* what others had of the machine's cores, 0 to 1, in the quietest turn */
};

/* Lets the sides take `rounds` turns each (1 or more), one after another; shows progress
 * on standard error unless quiet. The first side that fails ends it. */
enum err bench_take_turns(const char *bench, struct bench_side *sides, size_t count, size_t rounds,
    bool quiet, struct why *why);

/* Lets the sides that want peace have turns, one after another, until each had five in peace or `wait`
 * seconds have gone by, two rounds at least. The first side that fails ends it. */
enum err bench_take_turns_in_peace(const char *bench, struct bench_side *sides, size_t count,
    double wait, bool quiet, struct why *why);

/* What several cores gave against one, for a figure: by the wall's clock, in peace when both had such
 * turns (true), else as it came (false). */
bool bench_both_rates(const struct bench_side *several, const struct bench_side *one,
    double *several_rate, double *one_rate);

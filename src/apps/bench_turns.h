/* Sides of a bench that take turns, so that what else the machine does meets all of them alike.
 *
 * In each round every side has one turn of a twentieth of a second, in which it runs its batch again
 * and again. What counts of a side is its fastest turn: whatever else runs only takes time away, and
 * short turns, many and mixed, leave each side some that nothing disturbed. */
#pragma once

#include "host/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_side {
    enum err (*run)(
        void *self, struct why *why); /* the whole batch, once; NULL: not on this machine */
    void *self;
    size_t items; /* of a batch */
    double rate;  /* items a second in the fastest turn so far */
};

/* Lets the sides take `rounds` turns each (1 or more), one after another; shows progress
 * on standard error unless quiet. The first side that fails ends it. */
enum err bench_take_turns(const char *bench, struct bench_side *sides, size_t count, size_t rounds,
    bool quiet, struct why *why);

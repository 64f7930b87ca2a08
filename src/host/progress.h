/* How far a long piece of work is, for the person who waits for it.
 *
 * On a terminal: one line on standard error with a bar (as long as there is room for), the count,
 * the rate and the time left, drawn at most ten times a second, and only once the work has taken a
 * second. Elsewhere: a plain line every ten seconds. At the end, both ways, one plain line that
 * stays: what, how many, how long. Quiet (with --json): nothing at all. One thread draws; counting
 * is cheap enough for each item. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label; /* "personalise": borrowed until progress_end() */
    const char *unit;  /* "cards" */
    uint64_t total;    /* 0 when nobody knows: then no bar and no time left, only the rate */
    uint64_t done;
    uint64_t began_ns, drawn_ns;
    bool quiet, terminal;
    unsigned columns; /* of the terminal; the line never fills the last one */
    bool drawn;       /* a line stands on the terminal that the next one must replace */
};

/* Begins now. */
struct progress progress_begin(const char *label, const char *unit, uint64_t total, bool quiet);

/* done items are done in all; draws when it is time to. */
void progress_at(struct progress *p, uint64_t done);

/* Replaces the bar by the line that stays, and returns the seconds it took. The line is printed
 * even for work of no time, so that every step of a run leaves its trace. */
double progress_end(struct progress *p);

/* Removes the bar and leaves no line: the work failed and its sentence follows. */
void progress_abandon(struct progress *p);

/* A day's sealed segments through PostgreSQL: each part of the cards a partition of its own, by COPY in the
 * order of its keys, which are built after; on two connections. */
#pragma once

#include <stdint.h>

#include "host/why.h"

/* segments: the folder of the day's segments, which were made. folder: below it the server lives, and
 * is removed again. rows: of the yardstick. */
struct through_order {
    const char *folder, *segments;
    uint32_t day;
    uint64_t purchases;
    int64_t rows;
};

/* seconds: from the first segment read to the last partition attached. yardstick_rate: rows a second of
 * the server's own COPY of such rows, unsorted, into one table without keys, with its two unique keys
 * built after; 0 where no server can run here. */
struct through_figures {
    double seconds, yardstick_rate;
};

/* Starts a server of its own, copies, counts the rows there, and measures the yardstick on the same
 * server. ERR_CONFLICT: other rows are there than were sealed; ERR_OUTSIDE: server or disk failed. Where
 * PostgreSQL 15 is not installed: OK, zeros, and a sentence on standard error. */
enum err bench_through(
    const struct through_order *order, struct through_figures *out, struct why *why);

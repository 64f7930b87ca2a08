/* Bare SQLite as a yardstick: how fast a table takes rows of a purchase's size in the order of its key. */
#pragma once

#include <stdint.h>

#include "host/why.h"

/* Rows a second into a new database at path, which is removed again: 96 bytes each, by card and number,
 * 100,000 to a commit, with the last checkpoint in the time. ERR_OUTSIDE when the disk fails. */
enum err bench_sqlite_rate(const char *path, int64_t rows, double *rate, struct why *why);

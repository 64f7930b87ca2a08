/* PostgreSQL 15 as a yardstick: how fast it takes rows by binary COPY.
 *
 * A server of its own is started from Debian's package in a folder that is removed again, as an
 * ordinary user, on a socket alone. */
#pragma once

#include "host/why.h"

#include <stdint.h>

/* Rows a second of COPY into a table with the two unique keys of purchases, in the order of their
 * uploading; 0 and OK, and a sentence on standard error, where PostgreSQL 15 is not installed or the
 * user that must run it cannot reach the folder. ERR_INVALID for a folder with a quotation mark. */
enum err postgres_rate(const char *folder, int64_t rows, double *rate, struct why *why);

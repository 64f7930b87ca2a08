/* A day whose files came one by one, as page and segments: partition_down.c. */
#pragma once

#include "clearing/partition_parts.h"

/* Writes page and segments of a business day down from the rows of its records, into the folder. The day
 * stays what it is in the store, and is no day in parts; whoever makes a day behind it may name it as an
 * earlier one. The same rows come to the same bytes. Memory: 96 bytes a record. ERR_CONFLICT: a record
 * has no row, or there are more than fifty million; ERR_OUTSIDE: store, memory or disk failed. */
enum err parts_write_down(const struct clearing *c, const char *folder, uint32_t day,
    struct day_register *city, struct why *why);

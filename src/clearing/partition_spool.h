/* Rows on their way from files to partitions: as many heaps on disk as there are partitions.
 *
 * Several workers put rows of one length at the same time, each through buffers of its own; a heap
 * then holds them in any order, which is why rows say where they come from. What lies here is of no
 * worth after a power cut: nothing is forced to the disk, and the day begins anew. The files have no
 * name from the beginning, so that none is left behind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

enum { SPOOL_HEAPS_MAX = 256, SPOOL_WORKERS_MAX = 64 };

struct spool;

/* Opens heaps in a folder, for rows of row_len bytes and workers counted from 0. */
struct spool_order {
    const char *folder;
    size_t row_len, heaps, workers;
};
enum err spool_open(const struct spool_order *order, struct spool **out, struct why *why);

/* Closes it and all its files; NULL does nothing. */
void spool_close(struct spool *s);

/* Puts one row on a heap. */
enum err spool_put(struct spool *s, size_t worker, size_t heap, const void *row, struct why *why);

/* Writes out what a worker's buffers still hold; before anybody reads. */
enum err spool_flush(struct spool *s, size_t worker, struct why *why);

/* How many rows lie on a heap. */
size_t spool_count(const struct spool *s, size_t heap);

/* Reads all rows of a heap; rows has room for spool_count(). The heap is emptied. */
enum err spool_take(struct spool *s, size_t heap, void *rows, struct why *why);

/* Rows on their way from files to partitions: as many heaps on disk as there are partitions.
 *
 * Several workers put rows of one length at the same time, each through buffers of its own; a heap
 * then holds them in any order, which is why rows say where they come from. What lies here is of no
 * worth after a power cut: nothing is forced to the disk, and the day begins anew. The files have no
 * name from the beginning, so that none is left behind; they are written past the system's cache in
 * whole buffers, and what a buffer holds at the end never leaves memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

enum { SPOOL_HEAPS_MAX = 256, SPOOL_WORKERS_MAX = 64 };

struct spool;

/* Opens heaps in a folder, for rows of row_len bytes and workers counted from 0; a buffer has rows_each
 * rows, which come to whole blocks of the disk (direct_file.h). */
struct spool_order {
    const char *folder;
    size_t row_len, rows_each, heaps, workers;
};
enum err spool_open(const struct spool_order *order, struct spool **out, struct why *why);

/* Closes it and all its files; NULL does nothing. */
void spool_close(struct spool *s);

/* Room for one more row on a heap, which the worker writes before it asks for another one. NULL, and
 * why, when the disk fails. */
void *spool_row(struct spool *s, size_t worker, size_t heap, struct why *why);

/* How many rows lie on a heap; when nobody puts any more. */
size_t spool_count(const struct spool *s, size_t heap);

/* Reads all rows of a heap; rows has direct_whole() of so many bytes and begins on a block. The heap is
 * gone. Different heaps may be taken at the same time. */
enum err spool_take(struct spool *s, size_t heap, void *rows, struct why *why);

/* A file of people as a stream of checked lines.
 *
 * GB 18030, a heading line of field codes, lines that end with CR LF or LF, thirteen fields each. The
 * file is read once from front to back, in bounded memory, and may be a pipe. What is wrong with a
 * line is a verdict and the reading goes on; what is wrong with the file (other headings, bytes that
 * are no GB 18030, an end in the middle of a line) stops it at that line and byte. */
#pragma once

#include <stdint.h>

#include "host/why.h"
#include "registry/person_chunk.h"

struct people_file; /* opaque */

/* Where a bad file stopped: the line from 1, the byte from 0. */
struct people_place {
    uint64_t line, byte;
};

/* Opens path, or standard input for "-". *size is 0 for what has no size. */
enum err people_file_open(struct people_file **file, const char *path, uint32_t business_day,
    uint64_t *size, struct why *why);
void people_file_close(struct people_file *file);

/* Fills the chunk, which is cleared first, with the next lines, sorted and ready for the store; an
 * empty one is the end. ERR_INVALID: the file is bad at *place, and the chunk holds what came before
 * it. ERR_OUTSIDE: it could not be read on; likewise. */
enum err people_file_next(struct people_file *file, struct person_chunk *chunk,
    struct people_place *place, struct why *why);

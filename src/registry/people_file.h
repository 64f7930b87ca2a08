/* A file of people as a stream of checked lines. [system.md 4.1.1]
 *
 * GB 18030, a heading line of field codes (those of person_field.def, in its order), lines that
 * end with CR LF or LF, thirteen fields each. A field may stand in quotes as CSV knows them
 * (host/csv.h).
 *
 * The file is read once from front to back, in bounded memory, and may be a pipe. What is wrong
 * with a line is a verdict and the reading goes on; what is wrong with the file (other
 * headings, bytes that are no GB 18030, an end in the middle of a line) stops it at that line
 * and byte. A last line without its end counts as torn: nobody can tell whether more was to
 * come. One thread at a time; no globals, so two files may be read side by side. */
#pragma once

#include <stdint.h>

#include "host/why.h"
#include "registry/person_chunk.h"
#include "registry/text_file.h"

struct people_file; /* opaque */

/* Opens path, or standard input for "-"; *size is its bytes, or 0 for what has no size. The
 * heading is read and judged by the first people_file_next(). ERR_NOT_FOUND: no such file, or a
 * directory; ERR_OUTSIDE: the system refuses it. *file is the caller's to close, and untouched
 * after a failure. */
enum err people_file_open(struct people_file **file, const char *path, uint32_t business_day,
    uint64_t *size, struct why *why);
/* Ends it; standard input stays open, and NULL is nothing to end. */
void people_file_close(struct people_file *file);

/* Fills the chunk, which is cleared first, with the next lines, sorted and ready for the store;
 * an empty one is the end. ERR_INVALID: the file is bad at *place, and the chunk holds what
 * came before it. ERR_OUTSIDE: it could not be read on; likewise. After an error the file is
 * done with: close it. */
enum err people_file_next(struct people_file *file, struct person_chunk *chunk,
    struct text_place *place, struct why *why);

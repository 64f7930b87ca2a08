/* A text file of GB 18030, line by line, however long, in bounded memory.
 *
 * Read once from front to back; it may be a pipe. Lines end with LF or CR LF. What is wrong with the file
 * (bytes that are no GB 18030, an end in the middle of a line, UTF-8 instead) stops it at that line
 * and byte: a last line without its end counts as torn, for nobody can tell whether more was to come.
 * One thread at a time; no globals, so two files may be read side by side. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "host/why.h"

struct text_file; /* opaque */

/* Where a bad file stopped: the line from 1, the byte of the file from 0. */
struct text_place {
    uint64_t line, byte;
};

/* Opens path, or standard input for "-"; *size is its bytes, or 0 for what has no size. ERR_NOT_FOUND: no
 * such file, or a directory; ERR_OUTSIDE: the system refuses it. *file is the caller's to close, and
 * untouched after a failure. */
enum err text_file_open(struct text_file **file, const char *path, uint64_t *size, struct why *why);
/* Ends it; standard input stays open, and NULL is nothing to end. */
void text_file_close(struct text_file *file);

/* The next line as UTF-8 without its end, borrowed until the next call; *there is false at the good end
 * of the file. ERR_INVALID: the file is bad at *place; ERR_OUTSIDE: it could not be read on. After an
 * error the file is done with: close it. */
enum err text_file_next(struct text_file *file, struct bytes *line, bool *there,
    struct text_place *place, struct why *why);

/* Which line the last one was, from 1, and how many bytes of the file are used up. */
uint64_t text_file_line(const struct text_file *file);
uint64_t text_file_bytes(const struct text_file *file);

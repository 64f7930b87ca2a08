/* A sealed segment of a business day: the records of some cards, as they came, and their ends.
 *
 * A day is kept as segments beside the database, one for each part of the cards, because rows that
 * are appended in order and sealed once cost a tenth of rows in a table with two keys. [decision
 * 0031] A segment is written once, whole or not at all, and never changed:
 *
 *     header   "SHSEGMNT" | version (4) | day (4) | part (4) | parts (4) | rows (8) | 0 (32)
 *     row      struct segment_row, 96 bytes each
 *     seal     SHA-256 of everything before it (32)
 *
 * Numbers of header and rows are little-endian; the piece is as the terminal sent it. Rows stand in
 * the order of the cards' factors, and for one card in the order in which they were uploaded. The
 * seal is SHA-256 and not SM3 because processors compute it; it is a checksum and no signature. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "clearing/clearing.h"
#include "host/files.h"

enum { SEGMENT_HEAD_LEN = 64, SEGMENT_SEAL_LEN = 32 };

/* One record and what became of it. file counts from 0 in the day's list of files, place from 1 in
 * the file. */
struct segment_row {
    uint8_t piece[UPLOAD_PIECE_MAX]; /* the record's bytes; a shorter one has zeros behind it */
    uint8_t reason, tac, posted;     /* enum reason, enum tac_finding, 0 or 1 */
    uint32_t file, place;
    uint32_t spare; /* 0 */
};
_Static_assert(sizeof(struct segment_row) == 96, "rows of a segment have no gaps");

/* Which segment of which day it is, and how many rows it has. */
struct segment_head {
    uint32_t day, part, parts;
    uint64_t rows;
};

/* Reads the record of a row; false when its piece is none. */
bool segment_record(const struct segment_row *row, struct upload_record *out);

/* A segment being written. */
struct segment_writer;

/* Begins the segment of that head in a file of its own beside path. The caller ends it with
 * segment_keep() or segment_drop(). */
enum err segment_begin(const char *path, const struct segment_head *head,
    struct segment_writer **out, struct why *why);

/* Appends rows, borrowed for the call. */
enum err segment_add(
    struct segment_writer *w, const struct segment_row *rows, size_t count, struct why *why);

/* Seals it, forces it to the disk and puts it in its place; the seal is written to seal. As many rows
 * as the head says must have been added. The writer is used up either way. */
enum err segment_keep(struct segment_writer *w, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

/* Gives it up: nothing of it stays. NULL does nothing. */
void segment_drop(struct segment_writer *w);

/* Reads a segment from front to end and hands its rows over, some thousand at a time, in order.
 * ERR_NOT_FOUND when there is none; ERR_CONFLICT when it is torn, longer, altered, or another than
 * head says (head->rows is not asked, but written). What was handed over counts only when this says
 * OK. */
enum err segment_read(const char *path, struct segment_head *head,
    enum err (*take)(void *self, const struct segment_row *rows, size_t count, struct why *why),
    void *self, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

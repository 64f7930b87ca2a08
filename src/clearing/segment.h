/* A sealed segment of a business day: the records of some cards, as they came, and their ends.
 *
 * A day is kept as segments beside the database, one for each part of the cards, because rows that
 * are appended in order and sealed once cost a tenth of rows in a table with two keys. [decisions
 * 0031, 0036] A segment is written once, whole or not at all, and never changed:
 *
 *     header   "SHSEGMNT" | version (4) | day (4) | part (4) | parts (4) | rows (8) | 0 (32)
 *     row      struct segment_row, 96 bytes each
 *     seal     SHA-256 of everything before it (32)
 *
 * Numbers of header and rows are little-endian; the piece is as the terminal sent it. Rows stand in
 * the order of the cards' factors, and for one card in the order in which they were uploaded. The
 * seal is SHA-256 and not SM3 because processors compute it; it is a checksum and no signature.
 *
 * A segment is made, and read, as one image in memory; images are used again for the next one. */
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
    uint32_t card; /* 0 in a file; on the way there the number of the card in the register */
};
_Static_assert(sizeof(struct segment_row) == 96, "rows of a segment have no gaps");

/* Which segment of which day it is, and how many rows it has. */
struct segment_head {
    uint32_t day, part, parts;
    uint64_t rows;
};

/* Reads the record of a row; false when its piece is none. */
bool segment_record(const struct segment_row *row, struct upload_record *out);

/* Room for a segment as it lies in its file. Begins as {0}; free with segment_image_free(). */
struct segment_image {
    uint8_t *at;
    size_t room;
};
void segment_image_free(struct segment_image *image);

/* Room for that many rows, which are then the caller's to write; the rows of an earlier call are gone.
 * ERR_OUTSIDE without memory. */
enum err segment_room(struct segment_image *image, uint64_t rows, struct why *why);

/* The rows of an image that has room for some. */
static inline struct segment_row *segment_rows(const struct segment_image *image) {
    return (struct segment_row *)(void *)(image->at + SEGMENT_HEAD_LEN);
}

/* Puts header and seal around head->rows rows of the image, forces them to the disk beside path and
 * then puts them in its place. The seal is written to seal. The name is on the disk when the folder
 * was forced there, which is the caller's. After a failure nothing of it stays. */
enum err segment_write(const char *path, const struct segment_head *head,
    struct segment_image *image, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

/* Reads a segment into the image and checks it. head->rows is not asked, but written. ERR_NOT_FOUND
 * when there is none; ERR_CONFLICT when it is torn, longer, altered, or another than head says. */
enum err segment_load(const char *path, struct segment_head *head, struct segment_image *image,
    uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

/* Reads the first row of a segment that has some, without looking at its seal: good for finding the
 * segment that is to be loaded, and for nothing else. ERR_NOT_FOUND when there is no segment. */
enum err segment_first(const char *path, struct segment_row *row, struct why *why);

/* Loads a segment and hands its rows over, some thousand at a time, in order. */
enum err segment_read(const char *path, struct segment_head *head,
    enum err (*take)(void *self, const struct segment_row *rows, size_t count, struct why *why),
    void *self, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

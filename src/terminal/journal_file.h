/* The bytes of a journal file: a header, then records of one length. Pure, no file in sight.
 *
 * header   "SSBJ" | version 1 (2) | terminal BCD (6) | CRC-32 (4)
 * record   kind (1) | body, filled with zeros to 75 | CRC-32 (4) over the record's index and the rest
 *
 * A trade's body is its struct journal_record in the order of the members, without the batch. The whole
 * bill of a medical trade, which has no issuer, stands in the place of one: total (4) and zeros (4). The
 * body of a batch is number (4) and day (4). Numbers are big-endian.
 *
 * As the index goes into the checksum, a record is good in its own place only: what an older,
 * longer file left behind a cut, or a block that was written twice, is not taken for a record.
 *
 * The decoder is strict: whatever it accepts, journal_line_write() writes again as the same bytes.
 * The checksum finds accidents; it keeps nobody from writing a journal of his own, but no TAC of
 * his will be true at the centre. */
#pragma once

#include "base/bytes.h"
#include "terminal/journal.h"

enum {
    JOURNAL_HEADER_LEN = 16,
    JOURNAL_RECORD_LEN = 80,
};

/* The first byte of a record. */
enum journal_kind {
    KIND_TRADE = 1,
    KIND_BATCH = 2,     /* opens a batch: everything that is done goes into it */
    KIND_CONFIRMED = 3, /* the centre has it */
};

/* What one record of the file says. */
struct journal_line {
    enum journal_kind kind;
    struct journal_record trade; /* KIND_TRADE; its batch is not in the file */
    uint32_t batch, day;         /* the other two */
};

/* The first sixteen bytes of every journal of this terminal. */
void journal_header_write(const uint8_t terminal[TERMINAL_LEN], uint8_t to[JOURNAL_HEADER_LEN]);

/* False, and terminal untouched, when the bytes are no header of this version. */
bool journal_header_read(const uint8_t from[JOURNAL_HEADER_LEN], uint8_t terminal[TERMINAL_LEN]);

/* A record for the index-th place, from 0. The line must be one that can stand in a journal: a known
 * state and trade, and a reason with a refusal only. */
void journal_line_write(
    const struct journal_line *line, uint32_t index, uint8_t to[JOURNAL_RECORD_LEN]);

/* False, and *out untouched, when the checksum is wrong, or right and the record still says what no
 * journal of ours writes. */
bool journal_line_read(
    const uint8_t from[JOURNAL_RECORD_LEN], uint32_t index, struct journal_line *out);

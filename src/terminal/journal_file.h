/* The bytes of a journal file: a header, then records of one length. Pure, no file in sight.
 *
 * header   "SSBJ" version 1, terminal 6, CRC-32
 * record   kind 1, body, CRC-32 over the record's index and everything before the CRC
 *
 * As the index goes into the checksum, a record is good in its own place only: what an older, longer
 * file left behind a cut, or a block that was written twice, is not taken for a record. */
#pragma once

#include "base/bytes.h"
#include "terminal/journal.h"

enum {
    JOURNAL_HEADER_LEN = 16,
    JOURNAL_RECORD_LEN = 80,
};

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

void journal_header_write(const uint8_t terminal[TERMINAL_LEN], uint8_t to[JOURNAL_HEADER_LEN]);
/* False when the bytes are no header of this version. */
bool journal_header_read(const uint8_t from[JOURNAL_HEADER_LEN], uint8_t terminal[TERMINAL_LEN]);

void journal_line_write(
    const struct journal_line *line, uint32_t index, uint8_t to[JOURNAL_RECORD_LEN]);
/* False when the checksum is wrong, or right and the record still says what no journal of ours
 * writes. */
bool journal_line_read(
    const uint8_t from[JOURNAL_RECORD_LEN], uint32_t index, struct journal_line *out);

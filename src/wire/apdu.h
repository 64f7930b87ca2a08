/* A command to a card and its reply, as bytes on the line. [ISO/IEC 7816-3 12.1; purse.md 1.1]
 *
 * The host builds a command with apdu_write(), the chip takes it apart with apdu_decode(). Short
 * lengths only: Lc 1 to 255, Le 1 to 256.
 *
 *     bare    CLA INS P1 P2 (00)             wants an answer   CLA INS P1 P2 Le
 *     data    CLA INS P1 P2 Lc data          both ways         CLA INS P1 P2 Lc data Le
 *
 * Nothing here allocates, keeps a state or fails but for lengths, and all of it compiles for the
 * chip. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"
#include "wire/sw.h"

/* Bytes of the longest line in each direction. */
enum {
    APDU_DATA_MAX = 255,
    APDU_HEAD =
        5, /* CLA INS P1 P2 Lc: what lies in front of the data in any line that brings some */
    APDU_MAX = APDU_HEAD + APDU_DATA_MAX + 1, /* and Le behind them */
    REPLY_DATA_MAX = 256,
    REPLY_MAX = REPLY_DATA_MAX + 2,
    ATR_MAX = 33,
};

/* The shapes of a command, as bits so that tables may allow several. */
enum apdu_shape {
    APDU_BARE = 1,         /* header only (a fifth byte 00 of T=0 counts as bare, too) */
    APDU_WANTS_ANSWER = 2, /* Le */
    APDU_BRINGS_DATA = 4,  /* Lc, data */
    APDU_BOTH_WAYS = 8,    /* Lc, data, Le */
    /* A fifth byte 00 alone: T=0 sends it for "nothing asked", too, and only the table of commands
     * knows which is meant. Both bits are set, so that a rule for either takes it. */
    APDU_BARE_OR_WANTS = APDU_BARE | APDU_WANTS_ANSWER,
};

/* A command taken apart, or to be put together; apdu_write() does not look at the shape, which
 * follows from data and le. */
struct apdu {
    uint8_t cla, ins, p1, p2;
    struct bytes data; /* borrowed; no bytes when the command brings none */
    uint16_t le;       /* 1 to 256, or 0 when no answer is asked for */
    enum apdu_shape shape;
};

/* Takes a command apart. The data stay where they are and are borrowed. A fifth byte alone is Le,
 * and 00 means 256 (or none: APDU_BARE_OR_WANTS). False, and *out left alone, when there are fewer
 * than four bytes or the lengths contradict each other: a byte too few, one too many, or Lc 00. */
bool apdu_decode(struct bytes line, struct apdu *out);

/* Puts a command together: Lc and data when data is not empty, Le when le is not 0 (256 is sent
 * as 00). The header alone is followed by 00, as T=0 wants it. More than 255 bytes of data or le
 * above 256 count as an overflow of b. */
void apdu_write(struct builder *b, const struct apdu *apdu);

/* What came back from a card: data, and the status word behind them. */
struct reply {
    uint8_t data[REPLY_DATA_MAX];
    size_t len; /* of the data */
    uint16_t sw;
};

/* The data, borrowed from the reply. */
static inline struct bytes reply_bytes(const struct reply *r) {
    return (struct bytes){r->data, r->len};
}

/* Splits a line of at least two bytes into data and status word; false when it is shorter than
 * that or longer than REPLY_MAX. */
bool reply_decode(struct bytes line, struct reply *out);

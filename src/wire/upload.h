/* The file in which a terminal brings its trades to the centre. [purse.md 8.2]
 *
 * A header, then records of one length, then a trailer; each begins with a byte that says which of
 * the three it is, so that a torn file is seen where it is torn. The trailer repeats what the
 * records add up to and seals everything before it with CRC-32 (for accidents of the line) and SM3
 * (the file's name at the centre: the same file again is known by it). Neither is a secret: what
 * makes a record true is the card's TAC, nothing else. Big-endian throughout:
 *
 *     header   "SHUPLOAD" | 1 (1) | institution (8) | terminal BCD (6) | batch (4) | day BCD (4)
 *     record   01 | ticket (16) | ASN (10) | issuer (8) | trade (1) | amount (4) | balance (4) |
 *              number (2) | overdraft (3) | key version (1) | algorithm (1) | terminal BCD (6) |
 *              sequence (4) | moment BCD (7) | TAC (4) | MAC2 checked (1) | flag (1) | batch (4)
 *     medical  02 | ticket (16) | card's factor (8) | city's factor (8) | trade (1) |
 *              three amounts (12) | balance (4) | number (2) | key version (1) | algorithm (1) |
 *              terminal BCD (6) | sequence (4) | moment BCD (7) | TAC (4) | MAC2 checked (1) |
 *              flag (1) | batch (4)
 *     trailer  FF | records (4) | fen (8) | CRC-32 (4) | SM3 (32)
 *
 * A medical record is that of a trade with the account of DF04: the account has no number of its own,
 * so the two factors say which card of which city it was, and three amounts are in the TAC. What left
 * the account is the third, and counts in the trailer. [decision 0022]
 *
 * Writing: upload_begin(), upload_put() for each record, upload_end(); each appends its piece to a
 * builder with at least UPLOAD_PIECE_MAX bytes of room, and the caller stores the pieces in order.
 *
 * Reading: upload_open() over a source, then upload_next() until it says UPLOAD_END or UPLOAD_BAD.
 * The decoder is strict: torn, longer, wrong totals, wrong digest are UPLOAD_BAD with a fault and
 * the place. Memory does not grow with the file. As the seal stands at the end, nothing that was
 * read is to be relied on before UPLOAD_END: whoever acts on records takes that back otherwise. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"
#include "base/day.h"
#include "crypto/sm3.h"
#include "wire/purse_message.h"

enum {
    TICKET_LEN = 16,     /* record id: the number that the terminal gave this trade */
    INSTITUTION_LEN = 8, /* code of a pharmacy or hospital: '0' to '9', 'A' to 'Z' */
    UPLOAD_ISSUER_LEN = 8,
    UPLOAD_RECORDS_MAX = 1000000,
    UPLOAD_HEADER_LEN = 31,
    UPLOAD_RECORD_LEN = 78,
    UPLOAD_MEDICAL_LEN = 81,
    UPLOAD_TRAILER_LEN = 49,
    UPLOAD_PIECE_MAX = UPLOAD_MEDICAL_LEN, /* the longest of the four */
};

/* Who sends, from which terminal, and which of its files this is. */
struct upload_header {
    char institution[INSTITUTION_LEN + 1];
    uint8_t terminal[TERMINAL_LEN]; /* the PSAM's, as in each of its records */
    uint32_t batch;                 /* the terminal's number of this file, from 1 */
    uint32_t business_day;          /* YYYYMMDD: the day on which the terminal closed the batch */
};

/* How a record came about: exactly one of the three. */
enum upload_flag {
    UPLOAD_NORMAL = 0x01,    /* offline, answered at once */
    UPLOAD_RECOVERED = 0x02, /* offline, the answer was lost and fetched by PROVE */
    UPLOAD_ONLINE = 0x04,    /* the centre was asked first and approved the ticket */
};

/* One trade. The TAC covers amount, trade, terminal, terminal_seq and moment (and, by its key, the
 * card); everything else is the terminal's word. The trade TRADE_MEDICAL_PURCHASE makes it a medical
 * record, which has no issuer and no overdraft, and whose ASN is two zeros and the factor. */
struct upload_record {
    /* Which trade, and whose. */
    uint8_t ticket[TICKET_LEN];
    uint8_t asn[ASN_LEN]; /* its right 8 bytes are the card's factor */
    uint8_t issuer[UPLOAD_ISSUER_LEN];
    uint8_t city_factor[FACTOR_LEN]; /* medical records only */
    /* What the card said and did. */
    enum trade trade;
    uint32_t amount;                   /* fen */
    uint32_t medical[AMOUNTS_MAX - 1]; /* medical records only: 0, and the whole bill */
    uint32_t balance_before;           /* fen, as INITIALIZE FOR PURCHASE answered */
    uint16_t number;                   /* the card's offline number, before the trade */
    uint32_t overdraft;                /* fen, three bytes; 0 for the electronic purse */
    uint8_t key_version, algorithm;    /* as INITIALIZE FOR PURCHASE answered */
    uint8_t terminal[TERMINAL_LEN];
    /* The module's count and the terminal's clock. */
    uint32_t terminal_seq;
    uint8_t moment[MOMENT_LEN];
    uint8_t tac[MAC_LEN];
    /* What the terminal knows beside it. */
    bool mac2_checked; /* the PSAM found the card's MAC2 right */
    enum upload_flag flag;
    uint32_t batch; /* as in the header */
};

/* What the end of the file says about the rest of it. */
struct upload_trailer {
    uint32_t count;          /* records */
    int64_t total_fen;       /* the sum of their amounts */
    uint32_t crc;            /* over everything before it */
    uint8_t digest[SM3_LEN]; /* over everything before it, the CRC included */
};

/* The right 8 bytes of a record's ASN, borrowed. */
static inline const uint8_t *upload_factor(const struct upload_record *r) {
    return r->asn + ASN_LEN - FACTOR_LEN;
}

/* What the TAC of a record was made over. */
struct purchase_facts upload_facts(const struct upload_record *r);

/* --- writing ------------------------------------------------------------------------------- */

/* What a file holds so far. Both sides keep one. */
struct upload_tally {
    uint32_t count;
    int64_t total_fen;
    uint32_t crc;
    struct sm3 hash;
};

/* Begins a file and its tally. institution must be eight digits or capital letters, terminal packed
 * digits and the day one of the calendar, or no reader will take the file. */
void upload_begin(struct upload_tally *t, const struct upload_header *h, struct builder *out);

/* Appends one record. A piece for which out has no room is neither appended nor counted. */
void upload_put(struct upload_tally *t, const struct upload_record *r, struct builder *out);

/* Ends the file; the tally is used up. digest, unless NULL, gets the file's name. */
void upload_end(struct upload_tally *t, struct builder *out, uint8_t *digest);

/* --- reading ------------------------------------------------------------------------------- */

/* Where bytes come from: reads up to len bytes to to[] and says how many; 0 at the end of the file,
 * negative when the medium failed. It may give less than asked for at any time. */
struct upload_source {
    void *self;
    long (*read)(void *self, uint8_t *to, size_t len);
};

/* What a reader can find wrong, each with its own sentence. */
enum upload_fault {
    UPLOAD_WHOLE,        /* nothing wrong */
    UPLOAD_UNREADABLE,   /* the source failed */
    UPLOAD_TORN,         /* ends before its trailer does */
    UPLOAD_NO_UPLOAD,    /* does not begin as an upload file of this version does */
    UPLOAD_BAD_HEADER,   /* a field of the header is none: date, digits, code */
    UPLOAD_BAD_RECORD,   /* a record that no terminal of ours writes */
    UPLOAD_BAD_PIECE,    /* neither a record nor a trailer begins here */
    UPLOAD_TOO_MANY,     /* more than UPLOAD_RECORDS_MAX records */
    UPLOAD_WRONG_TOTALS, /* the trailer's count or sum is another than the records' */
    UPLOAD_WRONG_SEAL,   /* CRC or digest is another than the bytes' */
    UPLOAD_LONGER,       /* bytes after the trailer */
    UPLOAD_FAULT_COUNT,
};

/* One clear sentence in English, without a full stop; never NULL. */
const char *upload_fault_text(enum upload_fault fault);

/* What upload_next() came to. */
enum upload_step { UPLOAD_RECORD, UPLOAD_END, UPLOAD_BAD };

/* One file being read; about 400 bytes, the caller's. The members are for reading only. */
struct upload_reader {
    struct upload_source source;
    struct upload_header header;   /* after upload_open() */
    struct upload_trailer trailer; /* after UPLOAD_END */
    struct upload_tally tally;
    enum upload_fault fault; /* after UPLOAD_BAD */
    uint64_t offset;         /* of the piece being read: where the fault is */
    enum upload_step last;
};

/* Reads the header. False when it is bad: fault and offset say why and where. The source is
 * borrowed until the end of the reading. */
bool upload_open(struct upload_reader *r, struct upload_source source);

/* The next record, or the end, or what is wrong; after an end or a fault always the same again.
 * *record is written only with UPLOAD_RECORD. */
enum upload_step upload_next(struct upload_reader *r, struct upload_record *record);

/* Reads one record from exactly UPLOAD_RECORD_LEN or UPLOAD_MEDICAL_LEN bytes; false, and *out
 * untouched, when they are none: another tag than the length's or the trade's, a flag or a byte that
 * no terminal writes, digits that are none. */
bool upload_record_decode(struct bytes piece, struct upload_record *out);

/* A source over bytes in memory; view is what is left, and is moved on. */
struct upload_source upload_source_bytes(struct bytes *view);

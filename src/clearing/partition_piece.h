/* The fields of a purchase where they lie: records of an upload file read without being copied.
 *
 * upload_record_decode() makes a struct of 150 bytes from 78; a day of twenty million records asks each
 * for a few fields, several times. Here a field is read from the bytes of the file when it is needed.
 * piece_good() accepts exactly what upload_record_decode() accepts among the records of the usual kind
 * (tag 01); medical records, of which no purse knows, go through the struct. [wire/upload.h; decision
 * 0036]
 *
 * A piece has UPLOAD_RECORD_LEN bytes. */
#pragma once

#include <string.h>

#include "keys/vault.h"
#include "wire/upload.h"

enum {
    PIECE_USUAL = 0x01, /* tags: the first byte of a piece */
    PIECE_MEDICAL = 0x02,
    PIECE_TRAILER = 0xFF,
};

/* Where the fields begin. */
enum {
    AT_TICKET = 1,
    AT_FACTOR = 19,
    AT_TRADE = 35,
    AT_AMOUNT = 36,
    AT_BALANCE = 40,
    AT_NUMBER = 44,
    AT_OVERDRAFT = 46,
    AT_VERSION = 49,
    AT_TERMINAL = 51,
    AT_SEQ = 57,
    AT_MOMENT = 61,
    AT_TAC = 68,
    AT_CHECKED = 72,
    AT_FLAG = 73,
    AT_BATCH = 74,
    AT_MEDICAL_FACTOR = 17, /* of a medical record */
};
_Static_assert(AT_BATCH + 4 == UPLOAD_RECORD_LEN, "the fields fill a record");

static inline uint16_t piece_u16(const uint8_t *at) {
    uint16_t value = 0;
    (void)memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t piece_u32(const uint8_t *at) {
    uint32_t value = 0;
    (void)memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t piece_u64(const uint8_t *at) {
    uint64_t value = 0;
    (void)memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

static inline uint32_t piece_amount(const uint8_t *piece) {
    return piece_u32(piece + AT_AMOUNT);
}

static inline uint32_t piece_balance(const uint8_t *piece) {
    return piece_u32(piece + AT_BALANCE);
}

static inline uint16_t piece_number(const uint8_t *piece) {
    return piece_u16(piece + AT_NUMBER);
}

/* Its seven bytes as a number that compares as moments do: what stands before them is shifted out. */
static inline uint64_t piece_moment_key(const uint8_t *piece) {
    return piece_u64(piece + AT_MOMENT - 1) << 8 >> 8;
}

/* Its six bytes as a number. */
static inline uint64_t piece_terminal(const uint8_t *piece) {
    return piece_u64(piece + AT_TERMINAL) >> 16;
}

/* The highest bit of each half byte that is no decimal digit. */
static inline uint64_t not_digits(uint64_t packed) {
    return packed & (packed << 1 | packed << 2) & UINT64_C(0x8888888888888888);
}

/* True when a piece of the usual kind is a record: packed digits where they belong, a known flag, and
 * no medical trade. */
static inline bool piece_good(const uint8_t *piece) {
    uint64_t terminal = piece_u64(piece + AT_TERMINAL) & ~UINT64_C(0xFFFF);
    uint64_t moment = piece_u64(piece + AT_MOMENT) & ~UINT64_C(0xFF);
    uint8_t flag = piece[AT_FLAG];
    bool flagged = flag == UPLOAD_NORMAL || flag == UPLOAD_RECOVERED || flag == UPLOAD_ONLINE;
    return piece[0] == PIECE_USUAL && (not_digits(terminal) | not_digits(moment)) == 0 && flagged
           && piece[AT_CHECKED] <= 1 && piece[AT_TRADE] != TRADE_MEDICAL_PURCHASE;
}

/* The job of its TAC under the cipher of the centre's wallets: as put_purchase_tac() writes the message, amount, trade, terminal, sequence and
 * moment. What the job held before is gone, but for bytes that its length leaves out. */
static inline void piece_tac_job(
    const uint8_t *piece, enum key_algorithm purse, struct tac_job *job) {
    enum { REST_LEN = AT_TAC - AT_TERMINAL };
    (void)memcpy(job->card_factor, piece + AT_FACTOR, FACTOR_LEN);
    (void)memcpy(job->data, piece + AT_AMOUNT, 4);
    job->data[4] = piece[AT_TRADE];
    (void)memcpy(job->data + 5, piece + AT_TERMINAL, REST_LEN);
    job->version = piece[AT_VERSION];
    job->algorithm = (uint8_t)purse;
    job->data_len = 5 + REST_LEN;
    job->account = TAC_OF_WALLET;
}

/* Compares without a branch on the bytes. */
static inline bool piece_tac_is(const uint8_t *piece, const uint8_t tac[MAC_LEN]) {
    return (piece_u32(piece + AT_TAC) ^ piece_u32(tac)) == 0;
}

/* Whether cards made the TACs of records: what intake and proof ask a vault, many at a time.
 *
 * A purchase of a wallet is asked for under the cipher of the centre's wallets and in the version that
 * the record names. A medical purchase is asked for in the version that the register of keys has for
 * its card, under 3DES first, and where that is not the card's TAC under SM4 once more: generations
 * of cards differ in it, and what a terminal says of a cipher decides nothing. A vault that has no SM4
 * has no such cards: the TAC is then wrong, and the day goes on. [decisions 0053, 0055] */
#pragma once

#include "clearing/clearing.h"
#include "keys/vault.h"

/* One record and what is to be known of it. */
struct tac_question {
    const struct upload_record *record; /* borrowed; a purchase of a wallet or a medical one */
    uint8_t version;                    /* of the TAC key */
    bool good;                          /* out */
};

/* Answers all of them. jobs has room for count, which may be 0. ERR_OUTSIDE: the vault failed, and
 * nothing is known; ERR_INVALID or ERR_DENIED: it refuses a wallet's key, with its own sentence. */
enum err tac_questions(const struct clearing *c, struct tac_question *questions, size_t count,
    struct tac_job *jobs, struct why *why);

/* The version of the TAC key behind a record: for a wallet what the record says; for a medical purchase
 * what the register says. ERR_NOT_FOUND: the register does not know the card. */
enum err tac_version(
    const struct clearing *c, const struct upload_record *r, uint8_t *version, struct why *why);

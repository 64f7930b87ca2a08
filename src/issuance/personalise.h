/* Makes a blank chip into a card, command by command, through any reader: the same code for a chip
 * in this program and for a plastic card in a machine. [system.md 4.2.4; card.md 2, 5; purse.md 2]
 *
 * Two stages, as in a factory: initialising makes directories, files with blank records, and keys;
 * personalising selects each directory again, proves the keys that guard its files and writes the
 * holder's data under them. A failure names the directory and the step. A chip whose making was cut
 * short is spoilt: the caller takes a fresh blank; nothing is kept here that would hinder that.
 *
 * Keys never pass through here in clear: the vault wraps each for the chip's own challenge. The one
 * exception is the public transport key, with which every blank begins. */
#pragma once

#include "issuance/card_data.h"
#include "reader/reader.h"

/* Whose chips: each maker has commands of his own for making files and keys, and a card comes out
 * the same from all. [card.md 2.8; decisions 0003, 0024] */
enum chips_of { CHIPS_OF_FMCOS, CHIPS_OF_DATANG };

/* Where, by whom, and for whom. All of it is borrowed. */
struct personalisation {
    const struct reader *reader;
    const struct vault *vault;
    const struct issuer *issuer;
    enum chips_of chips;       /* in the reader; CHIPS_OF_FMCOS when nothing is said */
    enum profile_name profile; /* of the card; P10 when nothing is said. A PSAM is always PSAM */
    bool hospital; /* of a PSAM: its purchase keys are the medical account's, not the wallet's */
    uint8_t purchase_version; /* of a PSAM's first purchase key; the issuer's when 0 */
};

/* What was done, for the record of the machine. */
struct personalise_result {
    unsigned commands;     /* sent, challenges included */
    unsigned keys;         /* written */
    unsigned records;      /* written, blank ones included */
    struct card_data data; /* what the card carries now; wipe with card_data_wipe() */
};

/* Resets the chip, makes the person's data for it and writes everything. *result is filled as far
 * as things went. ERR_CONFLICT: the chip refused a command, or is none for these cards;
 * ERR_INVALID: the person's data do not fit a card, and the chip is still blank; ERR_OUTSIDE: chip
 * or vault have gone. */
enum err personalise_card(const struct personalisation *p, const struct person *person,
    const char *card_number, struct personalise_result *result, struct why *why);

/* Makes a blank chip into a PSAM of a terminal: its number (BCD), its files, and the purchase key
 * derived to the province: the wallet's, or for a hospital all versions of the medical account's. A
 * module has one of the two, for a key is found in it by usage and version alone. Errors as above.
 * [purse.md 6; card.md 5.2, 7] */
enum err personalise_psam(const struct personalisation *p, const uint8_t terminal[6],
    struct personalise_result *result, struct why *why);

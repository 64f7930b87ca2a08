/* What a holder does at a terminal with the card in hand: be known, and change the PIN.
 *
 * Names come out as the card holds them, GB 18030 [card.md 2.4]; whoever shows them converts. What
 * a blank field holds (00, FF or 20 on the right) is cut off. Cards from 2.0 on have an extension
 * of the name, which is put behind it; 3.0 cards tell who they belong to only after RKSSSE, so
 * whoever reads them brings a prover. [card.md 2.6, 2.7] A card keeps two PINs, one for the social
 * security application and one for the wallet; the holder has one, so both are changed together.
 *
 * Each function begins by selecting what it needs, so they may be called in any order on a card
 * that holder_power() woke up. Errors: ERR_OUTSIDE the card has gone, ERR_CONFLICT it refused a
 * command (which one, and its word, are told), ERR_INVALID it is made otherwise than its profile
 * says, and ERR_DENIED the PIN. Nothing is kept; the PIN is wiped from memory before the functions
 * return. */
#pragma once

#include <stdbool.h>

#include "reader/reader.h"

enum { HOLDER_NAME_MAX = 50, HOLDER_PIN_MAX = 12 };

/* The canonical read of a card [card.md 6.5], tag by tag [card.md 2.5]. Text has an end, bytes are
 * as on the chip; days are BCD YYYYMMDD. */
struct holder {
    uint8_t factor[8];              /* T6 to TD of the answer to reset */
    uint8_t card_id[16];            /* tag 01 */
    char card_number[9 + 1];        /* tag 07 */
    char version[4 + 1];            /* tag 03 */
    char person_number[18 + 1];     /* tag 08 */
    char name[HOLDER_NAME_MAX + 1]; /* tags 09 and 4E, GB 18030 */
    char sex;                       /* tag 0A, GB/T 2261 */
    uint8_t nation;                 /* tag 0B, BCD */
    uint8_t birthplace[3];          /* tag 0C, BCD */
    uint8_t born[4];                /* tag 0D, BCD */
    uint8_t issued[4], expires[4];  /* tags 05 and 06, BCD */
};

/* Powers the card up and answers its factor, T6 to TD of its answer to reset. ERR_INVALID when it
 * is no card of ours. */
enum err holder_power(const struct reader *card, uint8_t factor[8], struct why *why);

/* Selects the social security application by name, or by its file identifier where the name is not
 * known. */
enum err holder_select(const struct reader *card, struct why *why);

/* Reads who the card belongs to; the card must have been powered by holder_power(), whose factor is
 * left as it was. ERR_INVALID names the record that is missing or has another length. */
enum err holder_read(const struct reader *card, struct holder *out, struct why *why);

/* Who can prove RKSSSE to a card: a PSAM, or a vault. prove() makes the eight bytes for a challenge
 * and an original; card has been read as far as its EF05, factor included. */
struct holder_prover {
    void *self;
    enum err (*prove)(void *self, const struct holder *card, const uint8_t challenge[8],
        const uint8_t original[8], uint8_t proof[8], struct why *why);
};

/* The same for cards that want RKSSSE first, with a prover; NULL is nobody. ERR_DENIED when the
 * card wants a proof and there is nobody, or it does not believe it. */
enum err holder_read_proven(const struct reader *card, const struct holder_prover *prover,
    struct holder *out, struct why *why);

/* Reads the card number alone: select, and one record. number has an end; untouched when it
 * fails. */
enum err holder_card_number(const struct reader *card, char number[9 + 1], struct why *why);

/* VERIFY in the social security application. ERR_DENIED tells how many tries are left, or that the
 * PIN is locked; a PIN that is not 4 to 12 digits is ERR_INVALID and costs no try. */
enum err holder_verify(const struct reader *card, const char *pin, struct why *why);

/* A change of the PIN, 4 to 12 digits each. */
struct pin_change {
    const char *old_pin, *new_pin;
    /* An earlier change to the same new PIN was interrupted: an application that refuses the old PIN
     * is asked whether it already has the new one. That costs a try where the old PIN was wrong, so
     * it is not done unasked. */
    bool resumed;
};

/* Changes the PIN in both applications. ERR_DENIED when the old PIN is wrong (with the tries that are
 * left) or locked. After ERR_OUTSIDE one of the two may be changed already: power up the card and
 * call it again with resumed. */
enum err holder_change_pin(
    const struct reader *card, const struct pin_change *change, struct why *why);

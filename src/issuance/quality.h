/* The quality sheet of a batch 质检单: which cards are looked at, what was found, and whether a face and a
 * chip are of one card. [system.md 4.2.4, 4.0.2 step 45; decision 0042]
 *
 * Every card was read back when it was made; a sample of them is looked at by a person, who has the card
 * in the hand: the face's number is read from the face, the chip's from the chip. Two cards whose faces
 * were exchanged are found as a pair, because each bears the other's number.
 *
 * The sample is nobody's choice: a line is in it by the digest of batch and line, and the first
 * finished one when no other is, so that neither machine
 * nor inspector knows a way to leave a card out, and anybody can draw it again.
 *
 * Quality invariants:
 *
 *   1. A line is judged once; another judgement of the same words answers as before.
 *   2. A sheet is complete when each finished line of the sample has its row; it is good when it is
 *      complete, no face is on another's chip, and no row has a fault whose card is still finished. */
#pragma once

#include "issuance/production_store.h"

/* Whose word a fault is. */
enum quality_by { BY_EYE, BY_MACHINE };

/* Bits of the sheet, in the order of quality.def. */
enum quality_fault {
#define QUALITY_FAULT(member, word, by, zh, en) QUALITY_BIT_##member,
#include "issuance/quality.def"
    QUALITY_FAULTS
};

/* A line of quality.def; static, NULL behind the last. */
struct quality_kind {
    const char *word;
    enum quality_by by;
    const char *zh, *en;
};
const struct quality_kind *quality_kind(unsigned fault);

/* "photo,name" as bits; what only machines say, and unknown words, are ERR_INVALID with the words
 * that there are. "" is 0. */
enum err quality_read(const char *words, unsigned *faults, struct why *why);

/* Whether line seq of a batch is in the sample of so many in a hundred; 100 takes all, 0 none. */
bool quality_samples(int64_t batch, int32_t seq, int64_t percent);

/* What an inspector has in the hand. */
struct quality_seen {
    int64_t batch;
    const char *face_number;    /* as the face says it */
    const char *chip_number;    /* as the chip says it; "": it does not read */
    const uint8_t *face_digest; /* of what the face shows [card_face.h]; NULL: nobody made one */
    unsigned faults;            /* by eye */
    uint32_t day;
    const char *officer;
};

/* Who keeps the sheet. Borrowed. */
struct quality_desk {
    const struct issuance_store *store;
    const struct registry_store *registry;
    const struct production_store *production;
    int64_t percent; /* of the sample */
};

/* Writes a row for the line whose number the face bears; *row is what it says, found by machine
 * included. ERR_INVALID: the face's number is no card's; ERR_NOT_FOUND: it is of no line of this
 * batch, or has a digest and no face was written down for it; ERR_DENIED: the officer is neither
 * maker nor approver; ERR_CONFLICT: judged before, with other words. */
enum err quality_judge(const struct quality_desk *desk, const struct quality_seen *seen,
    struct production_quality *row, struct why *why);

/* What a sheet adds up to. */
struct quality_sheet {
    int64_t finished, sampled, judged; /* lines; judged may be more than sampled */
    int64_t missing;                   /* of the sample */
    int64_t faulty, mixed, pairs;      /* pairs: two faces that were exchanged */
    int64_t open; /* faulty ones that are still finished: to be taken back and destroyed */
};

/* Reads it; print (may be NULL) is called for each row in its order, with the number on whose face
 * the chip's own number is found, "" when there is none: the other one of a pair. */
enum err quality_sheet_read(const struct quality_desk *desk, int64_t batch,
    struct quality_sheet *sheet,
    void (*print)(void *cookie, const struct production_quality *row, const char *other),
    void *cookie, struct why *why);

/* ERR_CONFLICT unless quality 2 holds; the story says what is missing. */
enum err quality_check(const struct quality_sheet *sheet, struct why *why);

/* PIN letters 密码信封: the first PIN of one card as data for one sealed print. [system.md 4.2.4, pack]
 *
 * A letter exists only for a card that is sealed: once its holder has changed the PIN, the first one is
 * nobody's business. It is printed once by one maker; every further print takes two officers. The row and
 * the audit row that count the print are written before the PIN leaves the vault, so a print that nobody
 * counted cannot be. Whoever prints wipes the letter afterwards. */
#pragma once

#include "issuance/box.h"
#include "issuance/window_store.h"
#include "keys/vault.h"

/* What stands on one letter. */
struct pin_letter {
    char card[CARD_NUMBER_LEN + 1];
    char name[PERSON_NAME_ROOM];
    char point[POINT_MAX + 1]; /* where the card is fetched */
    char place[BOX_PLACE_MAX]; /* batch-bin-box-position as packed, or empty */
    char pin[7];               /* six digits; wipe with pin_letter_wipe() */
    int32_t print;             /* 1 for the first, 2 for the first repeat, ... */
    uint32_t day;
};

/* Where, by whom, with which vault. Borrowed. */
struct pin_desk {
    const struct window_store *store;
    const struct registry_store *registry;
    const struct vault *vault;
    const char *officer; /* a maker */
    const char *second;  /* an approver from the second print on, or NULL */
    uint32_t day;
};

/* Counts a print and fills the letter. ERR_NOT_FOUND: no such card; ERR_CONFLICT: it is not sealed any
 * more; ERR_DENIED: an officer may not, or a second one is missing. After an error the letter is empty;
 * a print that was counted and could not be filled in counts. */
enum err pin_letter_fill(const struct pin_desk *desk, const char *card_number,
    struct pin_letter *letter, struct why *why);

/* Overwrites all of it. */
void pin_letter_wipe(struct pin_letter *letter);

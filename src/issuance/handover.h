/* Handing a card to its holder 领卡. [system.md 4.0.1 T2, 4.3]
 *
 * The officer, one of a service point, has identified the person. The chip is read: it must be the
 * card of the record. The PIN is changed in both applications before first use. Then, in one
 * transaction: the card is enabled (0 -> 1), the line of the batch is handed out, the application
 * has succeeded, the card in whose place it comes (if any) is cancelled, and the audit knows who did
 * it. A card cannot be handed out twice.
 *
 * The chip changes before the records do. When the second part fails, or the program is killed
 * between the two, the same call with the same old and new PIN may be made again: a PIN that is
 * already the new one counts as changed. */
#pragma once

#include "issuance/issuance_store.h"
#include "issuance/personalise.h"

/* One handing over. Everything is borrowed for the call. */
struct handover {
    const struct issuance_store *store;
    const struct registry_store *registry;
    const struct reader *reader;
    const char *officer;
    const char *card_number;
    const char *old_pin, *new_pin; /* six digits each; the same is refused */
    uint32_t day, time;            /* YYYYMMDD, HHMMSS: from when on the card is enabled */
};

/* ERR_DENIED: the officer is none of a service point, or the old PIN is wrong. ERR_CONFLICT: the card
 * is handed out already or not ready, the chip is another one, or batch and registry differ.
 * ERR_INVALID: a PIN is not six digits, or both are the same. ERR_OUTSIDE: the chip or the store has
 * gone; call again. Until the records are written the registry says that the card is sealed. */
enum err hand_over(const struct handover *h, struct why *why);

/* Only the card's part: reads the chip, compares the number and changes both PINs. The records stay
 * as they are. Errors as above. */
enum err hand_over_chip(const struct reader *reader, const char *card_number, const char *old_pin,
    const char *new_pin, struct why *why);

/* Handing a card to its holder 领卡. [system.md 4.0.1 T2, 4.3]
 *
 * The officer, one of a service point, has identified the person. The chip is read: it must be the
 * card of the record. The PIN is changed in both applications before first use. Then, in one
 * transaction: the card is enabled (0 -> 1), the line of the batch is handed out, the application
 * has succeeded, the card in whose place it comes (if any) is cancelled, and the audit knows who did
 * it. A card cannot be handed out twice.
 *
 * At a window, the card also leaves its box, and a receipt says who took it: the holder, or an agent with
 * both documents and a telephone number; for a holder under 16 only a guardian. A temporary card comes
 * back in the same step, or is said to be lost. A card that left in a package (handover_package.h) is
 * enabled here, too, and leaves no box a second time.
 *
 * The chip changes before the records do. When the second part fails, or the program is killed
 * between the two, the same call with the same old and new PIN may be made again: a PIN that is
 * already the new one counts as changed. */
#pragma once

#include "issuance/personalise.h"
#include "issuance/point_store.h"
#include "issuance/window_store.h"

/* One handing over. Everything is borrowed for the call. */
struct handover {
    const struct issuance_store *store;
    const struct registry_store *registry;
    const struct reader *reader;
    const char *officer;
    const char *card_number;
    const char *old_pin, *new_pin; /* six digits each; the same is refused */
    uint32_t day, time;            /* YYYYMMDD, HHMMSS: from when on the card is enabled */
    /* The rest is the window's; where cards are handed out as they are made, without boxes and receipts,
     * points and window are NULL and nothing of it is asked for. */
    const struct point_store *points;  /* the boxes */
    const struct window_store *window; /* receipts, temporary cards */
    enum handover_kind kind;           /* TO_HOLDER or TO_AGENT */
    const struct taker *agent;         /* for TO_AGENT */
    bool guardian;                     /* the agent is the holder's guardian, as documents show */
    enum temporary_state temporary;    /* what became of the temporary card: returned, lost, or 0 */
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

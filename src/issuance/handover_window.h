/* The window's part of a hand-over: whom the card is given to, the box that it leaves, the temporary card
 * that comes back, the receipt. Called by handover.c, before the chip is touched and when the records
 * are written. [system.md 4.3; decision 0040] */
#pragma once

#include "issuance/handover.h"
#include "issuance/window_store.h"

/* Refuses before anything is done: ERR_CONFLICT when the card was collected already, is on the list of
 * wrong cards, or lies in a box that is not stored; or when a temporary card is out and nobody said what
 * became of it. ERR_INVALID when an agent is not named whole. ERR_DENIED when the holder is under 16 and
 * no guardian takes the card. *out is true when it left the point already, in a package. */
enum err handover_look(
    const struct handover *h, const struct card_record *card, bool *out, struct why *why);

/* Writes box, receipt and temporary card, in the caller's transaction. */
enum err handover_write(
    const struct handover *h, const struct card_record *card, bool out, struct why *why);

/* Whether a taker is named whole: name, number and telephone. ERR_INVALID says what is missing; who is
 * "the agent", "the first handler". */
enum err taker_check(const struct taker *taker, const char *who, struct why *why);

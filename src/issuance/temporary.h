/* Temporary cards 临时卡: a paper that stands in for a card while it is being made. [system.md 4.3.4;
 * decision 0040]
 *
 * Temporary card invariants:
 *
 *   1. It exists only for a person whose order is running and who has no card in hand, or whose card is
 *      lost (2) or cancelled (9); one valid one for a person.
 *   2. It is good in its own city only, moves no money, and ends by itself with its last day.
 *   3. Its days may be prolonged, but never beyond temporary-card-most-days from its first day.
 *   4. It comes back, or is said to be lost, in the step that enables the real card.
 *
 * ERR_CONFLICT: the person may have none, or the card is in another state. Each function is one
 * transaction with its row of the audit chain. */
#pragma once

#include "issuance/window.h"

/* What a temporary card is shown for. */
enum temporary_use { USE_IDENTITY, USE_MONEY };

/* Issues one to a person, from desk->at.day on; region is the city's. */
enum err temporary_issue(const struct window_desk *desk, int64_t person, uint32_t region,
    const char *point, struct temporary_card *card, struct why *why);

/* So many days more, from its last day on; the last day is cut to what invariant 3 allows, and
 * ERR_CONFLICT when that gives no day more. */
enum err temporary_prolong(
    const struct window_desk *desk, int64_t id, struct temporary_card *card, struct why *why);

/* It came back before the real card is there, or its holder says that it is lost. */
enum err temporary_end(
    const struct window_desk *desk, int64_t id, enum temporary_state how, struct why *why);

/* Whether it may be used: ERR_CONFLICT when it is over, returned, lost, shown in another region, or for
 * money; the story says which. Changes nothing. */
enum err temporary_check(const struct temporary_card *card, uint32_t day, uint32_t region,
    enum temporary_use use, struct why *why);

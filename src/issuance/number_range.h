/* 号段: the ranges of card numbers that the city was granted. [system.md 4.2.1; card.md 3.2; decision 0062]
 *
 * A range is a letter, B to J, with serials from 1 to the last one granted. Numbers are taken from the first
 * letter that has any; released ones come first (numbers.h). A new letter, or more serials of one, is entered
 * by a maker with the number of the paper that grants it, and an approver lets it pass.
 *
 * range 1: what was granted is never taken back: last only grows.
 * range 2: a released number may be locked, so that nobody gets it, and unlocked; one that is reserved belongs
 *          to its batch, and one that is used to its card. */
#pragma once

#include "issuance/order_store.h"

/* Enters a range; fills in request->id from letter, last and letter_no. The same that waits already is found
 * again. ERR_INVALID: no letter of ours, a last serial outside 1 to 9,999,999, or no number of a paper;
 * ERR_CONFLICT: range 1; ERR_DENIED: the officer is no maker. */
enum err range_ask(const struct order_desk *desk, struct range_request *request, struct why *why);

/* desk->officer, an approver and not who entered it, lets it pass or refuses. Deciding the same again changes
 * nothing. ERR_NOT_FOUND, ERR_CONFLICT (decided otherwise, or range 1 by now), ERR_DENIED. */
enum err range_decide(const struct order_desk *desk, int64_t id, bool agreed,
    struct range_request *request, struct why *why);

/* Locks a released number, or unlocks a locked one. The same again changes nothing. ERR_INVALID: no number of this
 * city; ERR_NOT_FOUND: never taken; ERR_CONFLICT: range 2; ERR_DENIED: the officer is no approver. */
enum err number_lock(
    const struct order_desk *desk, const char *number, bool locked, struct why *why);

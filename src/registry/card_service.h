/* What is done for a holder's card at the counter, by the telephone and by the timer: the one gate
 * in front of the life of a card. [system.md 4.0.1, 4.4, 9]
 *
 * card_step() in registry.h knows what may follow what; this gate knows who may order it. The table
 * says it (struct card_step, hands): one officer of a service point; two, of whom the second is an
 * approver and another person; or nobody but the centre itself. Behind the gate the order is
 * carried out, and its receipt is read back from the history, so the same order sent again gets the
 * very same slip.
 *
 * Everything is in one transaction of the store or of the caller. One thread at a time. */
#pragma once

#include "registry/registry.h"

/* Carries out an order of an officer (or of "system") and fills in the receipt. An event that
 * cancels for a reason of sub_reason.def must name one; the blacklist then says what that line
 * says. ERR_DENIED: who may not order it, or the second person is missing, the same, or no
 * approver. ERR_CONFLICT: the card is in another state, a guard refuses, or the request's number
 * was another order's. ERR_INVALID: the number is no card's, or the order is not whole. */
enum err card_serve(const struct registry_store *store, const struct card_order *order,
    struct card_receipt *receipt, struct why *why);

/* Ends the card for which `application` brought the card `young`, which must be in use by now: one
 * that is lost is replaced (补卡, 91), any other is exchanged (换卡, 92). A temporary loss is
 * confirmed first. Nothing happens when the application was for no card's place, or the old card is
 * cancelled already. [system.md 4.0.1 T2, T9, T12] who: the officer who handed the new one over. */
enum err card_end_replaced(const struct registry_store *store, int64_t application,
    const struct card_order *young, struct why *why);

/* What the timer did. */
struct card_timer {
    uint64_t lifted;  /* temporary losses whose term is over: in use again */
    uint64_t expired; /* cards whose validity is over: cancelled */
};

/* What falls due on that day: every temporary loss report whose term is over is lifted, every card
 * whose validity has passed is cancelled, each in a transaction of its own. Killed or repeated, it
 * goes on where it was; after an error *done says how far it came. [system.md 4.0.1 T6, T13] */
enum err card_timer_run(const struct registry_store *store, uint32_t day, uint32_t time,
    struct card_timer *done, struct why *why);

/* What a terminal asks its centre while a holder waits: a table of functions.
 *
 * Who stands behind it is the program's affair: a rehearsal connects it to clearing/load directly, a
 * shop to a line. Every question carries the caller's ticket and may be sent again with the same
 * answer, because an answer may be lost. [system.md 5.2.1]
 *
 * A centre answers a load order for one card at a time: as long as an order is open (authorised,
 * neither confirmed nor cancelled) it authorises no other load of that card. Otherwise a later load
 * would overwrite the card's only proof of the open one. An order over the same card number shows
 * that the open one did not happen: it is taken back, and the new one granted. [purse.md 4.13, 7.3]
 *
 * Errors: ERR_OUTSIDE means that nobody knows (no line, no answer in time); any other error is the
 * centre's no, nothing is open there for this ticket, and why is what the holder is told. */
#pragma once

#include <stdbool.h>

#include "host/why.h"
#include "wire/purse_message.h"
#include "wire/upload.h" /* TICKET_LEN */

/* A purchase that a terminal may not make without asking. */
struct sale_question {
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN]; /* which card: T6 to TD of its answer to reset */
    uint8_t terminal[TERMINAL_LEN];
    uint32_t amount;
    uint8_t moment[MOMENT_LEN]; /* of the terminal */
};

/* A load that the card has begun and the centre shall grant. */
struct load_order {
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN]; /* which card: T6 to TD of its answer to reset */
    struct load_facts facts;    /* moment is the terminal's; the centre's own counts */
    uint8_t key_version, algorithm;
    uint8_t random[RANDOM_LEN]; /* the card's */
    uint8_t mac1[MAC_LEN];      /* the card's, over balance, amount, trade and terminal */
};

/* The centre's yes. */
struct load_grant {
    uint8_t moment[MOMENT_LEN]; /* of the centre; the card's TAC speaks of this one */
    uint8_t mac2[MAC_LEN];
};

/* The questions, one function each. self is whoever stands behind it; everything else is borrowed
 * for the call. */
struct centre_line {
    void *self;
    /* May this card be used for this purchase? OK means yes, and the centre remembers the ticket;
     * ERR_DENIED tells why not. Asked before a purchase that is too large, or comes too late in the
     * day, to be made without asking. */
    enum err (*card_status)(void *self, const struct sale_question *question, struct why *why);
    /* Checks MAC1, the card's state and the limits, takes the money from the pool, and answers with
     * MAC2. The same order again gets the same grant. */
    enum err (*load_authorise)(
        void *self, const struct load_order *order, struct load_grant *grant, struct why *why);
    /* The card has taken the money; its TAC is the proof. ERR_DENIED: the TAC is wrong.
     * ERR_NOT_FOUND, ERR_CONFLICT: the order was never granted, or was taken back, and the TAC is
     * not its own; so what the card has taken is another load. */
    enum err (*load_confirm)(
        void *self, const uint8_t ticket[TICKET_LEN], const uint8_t tac[MAC_LEN], struct why *why);
    /* The card has shown that it did not take the money. Cancelling what was never authorised, or
     * is cancelled already, is OK; ERR_CONFLICT means that the load is posted, by the card's TAC. */
    enum err (*load_cancel)(void *self, const uint8_t ticket[TICKET_LEN], struct why *why);
    /* A line that is never down: without its answer nothing is decided, no refusal is written, and the
     * same may be asked again. A rehearsal's is, for there a centre that does not answer is no
     * mishap of the day but the end of the run. Over another line the limits without one decide. */
    bool always;
};

/* Why a record was not cleared: the one list of reasons, from reason.def.
 *
 * The order of the list is the order of the checks, and it follows one thought. Until the TAC is
 * found right nothing proves that a card paid: whatever fails up to there is refused, and no money
 * moves. Once it is right, the card has paid, and the money is no longer the holder's: whatever
 * fails from there on is held in suspense until people decide. A proven trade that is already in
 * the books is refused, for its money has moved once. */
#pragma once

#include <stdint.h>

/* What an end means for the money. */
enum ruling {
    RULING_CLEARED,  /* the institution gets the money */
    RULING_SUSPENSE, /* held: a decision of two officers is needed */
    RULING_REFUSED,  /* no money moves */
    RULING_COUNT,
};

/* REASON_NONE is cleared; the values are those of the database, which is why lines are only
 * added. */
enum reason {
#define REASON(name, word, ruling, zh, en) REASON_##name,
#include "clearing/reason.def"
    REASON_COUNT
};

/* A line of the list, for programs and for people. */
struct reason_line {
    const char *word; /* as reports and pilot.json write it: "tac-wrong" */
    enum ruling ruling;
    const char *zh, *en; /* what a cashier is told */
};

/* The line of a reason; never NULL for a member of the enum. */
const struct reason_line *reason_line(enum reason reason);

/* "cleared", "suspense", "refused". */
const char *ruling_word(enum ruling ruling);

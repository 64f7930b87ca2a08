/* A reader in the hand of somebody who pulls the card at the worst moment: when the debit goes by.
 * [purse.md 7; system.md 5.2.1]
 *
 * It happens once. Until then, and after the card was put back (reset), everything passes. */
#pragma once

#include "reader/pulled.h"

/* The caller owns it and keeps it where it is. */
struct clumsy {
    struct pulled pulled;
    struct reader watched; /* the reader that pulled makes */
    enum pull_moment moment;
    bool happened; /* for whoever then asks the same again */
};

/* A reader over inner from which the card is pulled at that moment of DEBIT FOR PURCHASE.
 * PULL_NEVER: a steady hand. inner is borrowed; closing the clumsy reader does not close it. */
struct reader clumsy_reader(struct clumsy *c, const struct reader *inner, enum pull_moment moment);

/* The random number that a terminal asked for, and its short life.
 *
 * It serves the very next command and no other: the loop calls challenge_age() after each command,
 * and a number that was not asked for by that command dies. So it is gone after whatever came
 * next, after a selection, and with the power. [purse.md 1.3] */
#pragma once

#include "card/store/nvm.h"

enum { CHALLENGE_LEN = 8, CHALLENGE_SHORT_LEN = 4, CHALLENGE_LONG_LEN = 16 };

struct challenge {
    uint8_t bytes[CHALLENGE_LONG_LEN]; /* a shorter one has zeros behind, as an initial vector */
    uint8_t len;                       /* as it was drawn */
    uint8_t lives; /* commands it still outlives: 2 when just made, 0 when dead */
};

/* Draws len random bytes, 4, 8 or 16; what was drawn before is forgotten. */
void challenge_draw(struct challenge *c, const struct nvm *nvm, uint8_t len);

/* One command is over. */
void challenge_age(struct challenge *c);

/* Ends it at once. */
void challenge_forget(struct challenge *c);

/* True while it may be used. */
static inline bool challenge_live(const struct challenge *c) {
    return c->lives > 0;
}

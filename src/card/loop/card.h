/* A chip: reset it, give it commands, take its replies.
 *
 * The chip speaks T=0 on the level of whole commands: what a reader sends in one go comes in one
 * go, and what the chip answers is data and status word. A command with data that has an answer
 * says 61xx and waits for GET RESPONSE when the line carries no Le; where the line carries
 * Lc, data and Le (as PC/SC clients send it) the data come at once. [purse.md 1.1; readers.md 4]
 *
 * Power: everything in struct card is volatile and gone with card_power_off(); everything that
 * must last is in the memory behind the port, whole or absent after any cut. Nothing allocates,
 * nothing points into itself, one struct card for one chip; no two threads in one chip. */
#pragma once

#include "base/bytes.h"
#include "card/loop/card_state.h"
#include "card/store/nvm.h"
#include "wire/apdu.h"

/* What the factory burns in before a chip leaves it. */
struct chip_birth {
    uint8_t historical[13]; /* bytes T1 to TD of the answer to reset [card.md 1.1] */
    uint8_t transport[8];   /* the code that opens a blank chip [purse.md 2.2; card.md 1.1] */
    enum dialect dialect;   /* which commands format it; DIALECT_FMCOS when nothing is said */
};

/* Makes a memory into that of a blank chip; whatever it held is gone. False when it is too small
 * or refuses, or when this build does not speak the dialect. */
bool card_manufacture(const struct nvm *nvm, const struct chip_birth *birth);

/* Power on or warm reset: recovers what a cut left half done, forgets every proof and every
 * transaction, and writes the answer to reset. Returns its length, or 0 for a memory that holds no
 * chip. */
size_t card_reset(struct card *card, const struct nvm *nvm, uint8_t atr[ATR_MAX]);

/* One command line in, one reply line out; returns the length of the reply, at least 2. */
size_t card_exchange(struct card *card, struct bytes line, uint8_t reply[REPLY_MAX]);

void card_power_off(struct card *card);

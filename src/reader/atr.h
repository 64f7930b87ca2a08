/* What an answer to reset says about a social security card. [card.md 1.1; ISO/IEC 7816-3 8.2] */
#pragma once

#include "base/bytes.h"

enum { CARD_FACTOR_LEN = 8 };

/* The historical bytes of an answer to reset, borrowed from it; empty when the answer is torn, or
 * when it has bytes too many. Interface bytes are skipped by T0 and the TDi, and a check byte TCK is
 * told from a historical byte by the protocols that are offered. */
struct bytes atr_historical(struct bytes atr);

/* The card's factor, T6 to TD: maker, city and serial of the chip, from which all of its keys are
 * derived. False when the answer has no thirteen historical bytes: then it is no card of ours. */
bool atr_factor(struct bytes atr, uint8_t factor[CARD_FACTOR_LEN]);

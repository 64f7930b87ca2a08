/* Whether a vault has every key that cards of a profile are made with, asked before the first chip is
 * touched: a chip whose making stops half way is spoilt. [system.md 4.2.4] */
#pragma once

#include "issuance/personalise.h"

/* Asks the vault of p to derive each key for a card that nobody has, in the versions that go in
 * (p->issuer) and those that a card holds side by side, and to make its check value. p->reader is not used. ERR_CONFLICT: the vault lacks one; the
 * sentence names it. ERR_OUTSIDE: the vault has gone. */
enum err keys_ready(const struct personalisation *p, struct why *why);

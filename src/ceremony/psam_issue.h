/* Making a purchase module (PSAM) from the vault, and making sure that it is what was meant. [purse.md
 * 6; card.md 7; system.md 6.1]
 *
 * A module is made from a blank chip, read back through the terminal's own commands, and asked for
 * MAC1 of a purchase that nobody makes; the vault computes the same MAC1. Only then it may be
 * registered. It holds one purchase key for each version of it that cards have: a new version goes
 * into modules before any card gets it. */
#pragma once

#include "issuance/personalise.h"

/* What is issued; all borrowed. issuer->key_version is that of the module's own main control keys. */
struct psam_order {
    const struct reader *reader;
    const struct vault *vault;
    const struct issuer *issuer;
    uint64_t terminal; /* twelve digits: city code and serial */
    uint16_t versions; /* of the purchase key: bit n for version n, one at least */
};

/* Makes the module and checks it. ERR_CONFLICT: the chip refused, or says something else than was put
 * in; ERR_OUTSIDE: chip or vault have gone. The chip is spoilt after a failure. */
enum err psam_issue(const struct psam_order *order, struct why *why);

/* Puts one more version of the purchase key into a module of ours, and checks that it computes with
 * it. Again with a version that it has: nothing is done. Errors as above; a failure
 * leaves the module with the versions it had. */
enum err psam_add_version(const struct psam_order *order, uint8_t version, struct why *why);

/* Compares what a module says with what was meant: its terminal number, and MAC1 under that version.
 * ERR_CONFLICT says what differs. Takes one number of the module's count. */
enum err psam_check(const struct psam_order *order, uint8_t version, struct why *why);

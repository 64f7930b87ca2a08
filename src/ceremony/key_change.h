/* A new version of a key for a card, at its next contact with a terminal or counter that has a line to the
 * vault. [system.md 6.1.3; purse.md 2.4; decision 0034]
 *
 * Any key that the catalogue gives to cards can be changed: WRITE KEY under the main control key of its
 * directory replaces it whole or not at all. The main control key itself is replaced under itself; whoever
 * asks again after a cut finds the new one in place.
 *
 * The three keys of a wallet's trades go together, for a record says one version and the clearing checks
 * its TAC with that one: TAC (DTK), load (DLK), purchase (DPK), in this order. A card that was pulled in
 * between says an old version and makes TACs with the new one: whoever began asks again before the card
 * may be used, and asking again is the same as asking once. Modules must have the purchase key's version
 * before [stores/sql/keeping_keys.h].
 *
 * p->issuer says in which versions the card's keys are now (key_version, key_versions), its main control
 * keys above all. */
#pragma once

#include "issuance/personalise.h"

/* Changes the wallet's three in the card in the reader. ERR_CONFLICT: the card refused; ERR_OUTSIDE: card
 * or vault have gone, and it is to be asked again. */
enum err key_change_card(const struct personalisation *p, uint8_t version, struct why *why);

/* Changes one key and those that go with it: for DPK, DLK or DTK the three; for DPKDF04 or DTKDF04 the
 * purchase key first, and a TAC key of the lowest version that the card then has. ERR_CONFLICT besides for a key that cards of this
 * profile do not hold; and of one that they hold in several versions side by side only the next may
 * come, which takes the place of the oldest. */
enum err key_change_one(
    const struct personalisation *p, enum key_name name, uint8_t version, struct why *why);

/* The key whose version tells that of this one: KEY_DPK for a wallet's three, KEY_DPKDF04 for the TAC key
 * of the medical account, else itself. */
enum key_name key_change_leader(enum key_name name);

/* What the register says of a card after the change: the version, or the lowest of those side by side. Of a
 * key that goes with another, version is the other's. */
uint8_t key_change_lowest(enum key_name name, uint8_t version);

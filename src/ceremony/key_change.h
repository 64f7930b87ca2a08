/* A new version of the purchase keys for a card, at its next contact with a terminal or counter that has a
 * line to the vault. [system.md 6.1.3; purse.md 2.4]
 *
 * The wallet's purchase key (DPK) and TAC key (DTK) change together, for a record says one version and
 * the clearing checks its TAC with that one. Each is replaced by WRITE KEY under the wallet's main
 * control key, whole or not at all; DTK first. A card that was pulled between the two still says the
 * old version and makes TACs with the new one: whoever began asks again before the card may buy, and
 * asking again is the same as asking once. Modules must have the version before
 * (keeping_card_version()). */
#pragma once

#include "issuance/personalise.h"

/* Changes the card in the reader to that version. p->issuer->key_version is the version that it was made
 * with, of its main control keys. ERR_CONFLICT: the card refused; ERR_OUTSIDE: card or vault have
 * gone, and it is to be asked again. */
enum err key_change_card(const struct personalisation *p, uint8_t version, struct why *why);

/* Checks a finished card the way a stranger would use it: reset, read everything back and
 * compare it byte for byte, prove every key. [system.md 4.2.4 step Test]
 *
 * What proves which key:
 *   IRK             internal authentication
 *   39-type keys    external authentication, each in its directory
 *   STK             an UPDATE RECORD with MAC that writes what is there already
 *   DAMK            an UPDATE BINARY with MAC, likewise
 *   DPUK, DRPK      PIN UNBLOCK and RELOAD PIN to the PIN that is set
 *   DLK, DSK        MAC1 of INITIALIZE, which is then dropped
 *   DPK, DTK        a purchase of zero fen with each version of the key [card.md 8.1: 24, 27]
 *
 * What is in the files is compared after the proof that reading them asks for; what nobody may read
 * must be refused. Zero purchases are real ones: the wallet that leaves here has used offline
 * number 0 and has one line in its log; the medical account has used three, one for each version of
 * its purchase key. PIN and tries are as before.
 *
 * Checking goes on after a difference, so that a bad card names all that is wrong with it, up to
 * INSPECT_FINDINGS_MAX; it stops at once when the reader fails. */
#pragma once

#include "issuance/personalise.h"

enum { INSPECT_FINDINGS_MAX = 8, INSPECT_FINDING_LEN = 120 };

/* What one pass found out. */
struct inspection {
    unsigned commands;      /* sent */
    unsigned bytes;         /* of data compared */
    unsigned keys;          /* proven */
    unsigned finding_count; /* differences found; more than fit in the list are counted, too */
    char findings[INSPECT_FINDINGS_MAX][INSPECT_FINDING_LEN];
};

/* data is what the card should carry, its PIN included. moment is the zero purchase's, BCD
 * YYYYMMDDHHMMSS. OK when nothing differs; ERR_CONFLICT, with the first finding in why, when
 * something does; ERR_OUTSIDE when the reader or the vault failed and nobody knows; ERR_INVALID
 * when data has no PIN to check with. *found is filled as far as the pass went. */
enum err inspect_card(const struct personalisation *p, const struct card_data *data,
    const uint8_t moment[7], struct inspection *found, struct why *why);

/* The same for a card that may have been inspected before: its logs may hold zero purchases of
 * inspections, and nothing else. Each time it makes more of them. */
enum err inspect_card_again(const struct personalisation *p, const struct card_data *data,
    const uint8_t moment[7], struct inspection *found, struct why *why);

/* Reads the public files of a PSAM back and proves its main control keys. Its purchase key is
 * proven with the first purchase: a PSAM answers no question about it. */
enum err inspect_psam(const struct personalisation *p, const struct card_data *data,
    struct inspection *found, struct why *why);

/* A carrier: a chip that holds one sealed or encrypted text for whoever keeps it. [system.md 6.1;
 * purse.md 2; decision 0028]
 *
 * The profile: a master file with a main control key of the chip's own (MK_MF, derived by its factor), a
 * PIN of six digits, and one transparent file EF01. The main control key may be used only after the PIN
 * was right, and the file read and written only after both: the PIN's follow-up state is 1, the main
 * key asks for exactly 1 and leads to 2, the file asks for exactly 2. So a carrier opens where both
 * its PIN and the vault are. Both come from the vault, by the chip's factor: nobody has to write one
 * down. What lies in the file is sealed or encrypted besides.
 *
 * The file: length (2), content, zeros. A chip whose making was cut is spoilt: take a fresh blank. */
#pragma once

#include "issuance/station.h"

enum { CARRIER_CONTENT_MAX = 2000 };

/* Makes a blank chip a carrier with that content. station has reader, vault, key_version; transport
 * is the code that opens a blank. ERR_CONFLICT: the chip refused a command; ERR_OUTSIDE: chip or vault have
 * gone; ERR_INVALID: the content is too long. */
enum err carrier_make(
    struct station *station, const uint8_t transport[8], struct bytes content, struct why *why);

/* Reads what a carrier holds into room (CARRIER_CONTENT_MAX). ERR_CONFLICT when the chip is no carrier of
 * this vault's, or what it holds makes no sense. */
enum err carrier_read(struct station *station, uint8_t *room, size_t *len, struct why *why);

/* The chips of a rehearsal, as files in the centre's directory: chips/NUMBER.chip for cards and
 * psams/TERMINAL.chip for security modules. Offers rehearsal's struct chip_rack over ports/sim. */
#pragma once

#include "rehearsal/pilot.h"

enum { RACK_CHIP_SIZE = 16384 }; /* bytes of memory of one chip */

/* The caller owns it. */
struct rack {
    const char *dir; /* the centre's, borrowed */
    uint32_t region;
};

struct chip_rack rack_of(struct rack *rack);

/* What the factory burns into a chip of ours: maker bytes, the issuing city, the serial in eight
 * digits, and the public transport code of test chips, FF x 8. [card.md 1.1] */
struct chip_birth;
void rack_birth(uint32_t region, uint32_t serial, struct chip_birth *birth);

/* Makes a birth that of a Datang chip, which speaks the second dialect: its transport code is 00 00 || T8 to TD under
 * the public transport key, FF x 16. [card.md 1.1; decision 0024] */
void rack_birth_datang(struct chip_birth *birth);

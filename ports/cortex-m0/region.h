/* The port's memory as a region of addresses: cells that can be written byte by byte and read like
 * any memory, as those of an EEPROM or of a RAM with a battery can.
 *
 * Bytes of one page are programmed one after another, which is more than nvm.h asks for. A chip
 * whose flash must erase a page before it programs one brings a region of its own. */
#pragma once

#include "card/store/nvm.h"

struct region {
    volatile uint8_t *cells; /* volatile only so that what was programmed is really read back */
    uint32_t size;
    void (*random)(void *self, uint8_t *to, uint32_t len); /* the board's; self is the region */
};

/* The port over the region, which must outlive it. */
struct nvm region_nvm(struct region *r);

/* The memory that keeps its content without power: the port that every chip has to bring.
 *
 * It is an EEPROM of pages: any bytes can be read, and bytes of one page at a time are programmed,
 * which erases and writes the cells of that page in one cycle of some milliseconds. There is no
 * erase of its own; each programming is one cycle of wear for its page.
 *
 * Promise of the port about power: what write() answered true for is kept. When power fails during
 * a write, EVERY byte of that page may hold anything afterwards, those that were not to be changed
 * included; no other page is touched. Anything stronger the store makes itself.
 *
 * One caller at a time. Nothing here is freed: self and cells belong to the port and outlive the
 * struct, which may be copied. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { NVM_PAGE = 32 }; /* bytes that are programmed in one go, and torn in one go */

struct nvm {
    void *self;
    uint32_t size; /* bytes; whole pages */
    /* The memory as the processor sees it, byte 0 first and always up to date, or NULL when it is
     * not in the address space. It only makes reading fast: read() must work in any case. */
    const uint8_t *cells;
    /* RAM of `size` bytes that the store may keep as reading will find the memory, so that it need
     * not look into the ring; NULL where RAM is dear. For programs that play many commands a second
     * [base/features.h: CARD_MIRROR]. Filled by store_recover(); nobody else writes to it. */
    uint8_t *mirror;
    /* Any bytes in [0, size); cannot fail. */
    void (*read)(void *self, uint32_t at, void *to, uint32_t len);
    /* Programs len bytes, 1 to NVM_PAGE, that all lie in the page of `at`, inside [0, size). False
     * when the memory refuses; the page may then hold anything. */
    bool (*write)(void *self, uint32_t at, const void *from, uint32_t len);
    /* True random bytes for challenges and session keys. */
    void (*random)(void *self, uint8_t *to, uint32_t len);
};

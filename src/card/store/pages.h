/* Pages of the memory, seen from the store: where they begin and end, the numbers in them, and how
 * one is programmed so that it holds.
 *
 * An address or a place is any byte; its page is the NVM_PAGE bytes around it that are programmed
 * together [nvm.h]. Nothing here keeps anything; no function fails but page_program(). */
#pragma once

#include "card/store/nvm.h"

#include <string.h>

enum { PAGE_MASK = NVM_PAGE - 1 };

/* Where the page of a place begins. */
static inline uint32_t page_down(uint32_t place) {
    return place & ~(uint32_t)PAGE_MASK;
}

/* The first page that begins at this place or behind it. */
static inline uint32_t page_up(uint32_t place) {
    return page_down(place + PAGE_MASK);
}

/* How many of so many bytes lie in the page of the first. */
static inline uint32_t page_part(uint32_t place, uint32_t len) {
    uint32_t left = NVM_PAGE - (place & PAGE_MASK);
    return left < len ? left : len;
}

/* Whether len bytes from `at` on lie in [from, to); no sum of these can overflow. */
static inline bool inside(uint32_t at, uint32_t len, uint32_t from, uint32_t to) {
    return at >= from && at <= to && len <= to - at;
}

/* So many bytes, 4 at most, as a number, the highest first. */
static inline uint32_t big_endian(const uint8_t *from, uint32_t len) {
    uint32_t value = 0;
    while (len-- > 0) {
        value = value << 8 | *from++;
    }
    return value;
}

/* The other way round; what does not fit into len bytes is left away. */
void put_big_endian(uint8_t *to, uint32_t value, uint32_t len);

/* What the cells hold now, by the short way where the port has one. Inside [0, size) only. */
static inline void cells_read(const struct nvm *nvm, uint32_t at, void *to, uint32_t len) {
    if (nvm->cells) {
        (void)memcpy(to, nvm->cells + at, len);
    } else {
        nvm->read(nvm->self, at, to, len);
    }
}

/* Whether the page at `at` holds the bytes of `wanted`, where the memory can be seen; false where it
 * cannot. As long for one content as for any other. */
static inline bool page_same(const struct nvm *nvm, uint32_t at, const uint8_t wanted[NVM_PAGE]) {
    uint8_t differs = 0;
    for (uint32_t i = 0; nvm->cells && i < NVM_PAGE; i++) {
        differs |= nvm->cells[at + i] ^ wanted[i];
    }
    return nvm->cells && differs == 0;
}

/* Which bytes of the page at `at` are not those of `wanted`: a bit for each, the first byte the
 * lowest. 0: nothing needs to be programmed. */
uint32_t page_differs(const struct nvm *nvm, uint32_t at, const uint8_t wanted[NVM_PAGE]);

/* Programs the page at `at` and looks whether its cells took it, so that worn ones are noticed.
 * False when the memory refused or holds something else; the page may then hold anything. */
bool page_program(const struct nvm *nvm, uint32_t at, const uint8_t from[NVM_PAGE]);

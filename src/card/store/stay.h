/* Why the oldest batch of the ring stays there: bytes of a page that it alone has, and that are not at
 * home. (store 9) What a store knows of it lasts until something goes home, and is kept only where a
 * port may lend RAM; elsewhere nothing is ever known, and a compiler takes all of this out. For store.c
 * alone. */
#pragma once

#include "card/store/store.h"

/* These bytes of the page keep the batch at this place; no bits: nothing is known. */
static inline void stay_note(struct store *s, uint32_t place, uint32_t page, uint32_t bits) {
#if CARD_MIRROR
    s->stay_place = place;
    s->stay_page = page;
    s->stay_bits = bits;
#else
    (void)s, (void)place, (void)page, (void)bits;
#endif
}

/* The bytes that kept the oldest batch when it was last asked, and in *page where; 0 when nobody knows. */
static inline uint32_t stay_known(const struct store *s, uint32_t *page) {
#if CARD_MIRROR
    *page = s->stay_page;
    return s->stay_place == s->tail ? s->stay_bits : 0;
#else
    (void)s;
    *page = 0;
    return 0;
#endif
}

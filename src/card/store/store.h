/* What survives a power cut: several writes that happen together or not at all.
 *
 * A change of the card is a batch. store_begin() opens it, store_write() stages as many ranges as
 * it likes, store_commit() makes all of them last; store_abandon() forgets them. Power may fail
 * during any programming of a page in any of this, leaving that whole page as garbage, and again
 * during the recovery: after the next store_recover() the memory holds the state before the batch
 * or the state after it, and nothing between.
 *
 *     store_begin(&store);
 *     ... staging functions of card/files: balance, log, proof ...
 *     if (!store_commit(&store)) { return SW_MEMORY; }
 *
 * How: the memory keeps a ring of pages. A batch is appended to it, on fresh pages, under one
 * checksum; its first page is programmed last, and with that the batch is committed. That is all
 * that a commit does: a batch of up to 23 bytes costs one page programming, of up to 55 two, of up
 * to 87 three (each range counts STORE_RECORD_HEAD more than its bytes). Reads lay what the ring
 * holds over what is at home. Old batches are brought home when the ring needs their room, and only
 * those of their bytes that no newer batch has written again: balances and counters, which are
 * written again and again, stay in the ring, and every page of it wears alike.
 *
 * When that costs programming: in store_begin(), if less room is free than the batch may take. So
 * that a command with money seldom meets it, store_begin_brief() asks for less, and store_tidy()
 * does it ahead of time; SELECT calls it.
 *
 * Reads see the batch that is open, so that steps of one command build upon each other; what an
 * abandoned batch had staged was never there.
 *
 * Failure is sticky: when the memory refuses a write, or a batch outgrows STORE_BATCH_MAX, the
 * batch is lost, further writes of it are refused, and the commit says false with nothing changed.
 * When the memory refuses the last page of a batch, or a page on its way home, the store says false
 * to everything until the next store_recover(), which finds out what the cells hold.
 *
 * RAM: sizeof(struct store) and about 100 bytes of stack; nothing is allocated. Secrets that were
 * staged stay readable in the ring, as in any cell of the chip, until later batches overwrite
 * them. */
#pragma once

#include "base/features.h"
#include "card/store/layout.h"
#include "card/store/nvm.h"

#include <stddef.h>

enum {
    STORE_RECORD_HEAD = 4, /* address and length, in front of each staged range */
    STORE_BATCH_HEAD = 9,  /* checksum 4, number 2, tail 1, length 2, in front of each batch */
    /* What a batch may stage: the bytes of its ranges and STORE_RECORD_HEAD for each. Enough for
     * any record, and for a compound purchase of as many records as are kept. */
    STORE_BATCH_MAX = 13 * NVM_PAGE - STORE_BATCH_HEAD,
    STORE_BRIEF_MAX = 4 * NVM_PAGE - STORE_BATCH_HEAD, /* what a brief one may */
    STORE_REGIONS = 128, /* parts of the memory of which it is known whether the ring has news */
};

/* The whole state of a store. Who owns it allocates it and never looks inside. */
struct store {
    const struct nvm *nvm;
    uint32_t seed;                   /* where checksums begin on this chip */
    uint32_t crc;                    /* of what the open batch staged */
    uint16_t head, tail;             /* where the ring's live batches end and begin */
    uint16_t number;                 /* of the newest batch */
    uint16_t staged;                 /* bytes of the open batch, its head included */
    uint16_t longest;                /* so many it may have */
    uint8_t region_shift;            /* an address >> this is its region */
    bool open;                       /* between store_begin() and its end */
    bool lost;                       /* this batch can only be abandoned */
    bool stuck;                      /* nothing works until store_recover() */
    uint8_t news[STORE_REGIONS / 8]; /* regions that the ring has ranges of; some may have none */
    uint8_t pages[2][NVM_PAGE];      /* of the open batch: its first page, and the one it fills */
#if CARD_MIRROR
    /* Where RAM is not dear: what keeps the batch at a place in the ring, as far as it is known. */
    uint32_t stay_place, stay_page;
    uint32_t stay_bits; /* bytes of that page; 0: nothing is known */
#endif
};

/* Makes the ring of a memory empty, whatever it held, by giving it a new seed. The first step of
 * making a chip. False when the memory has a size that no chip has (LAYOUT_SIZE_MIN to
 * LAYOUT_SIZE_MAX, whole pages), or refuses. */
bool store_format(const struct nvm *nvm);

/* To be called at every reset before anything is read: finds the newest whole batch, drops one that
 * was cut, finishes a page that was cut on its way home. The nvm must outlive the store. False when
 * the size is none of a chip, a live batch is damaged, or the memory refuses; the store is then
 * stuck. */
bool store_recover(struct store *s, const struct nvm *nvm);

/* The bytes as they are, with the open batch's writes over them. Stays inside the memory or gives
 * zeros for what lies beyond; a stuck store, which cannot know, gives nothing but zeros. */
void store_read(const struct store *s, uint32_t at, void *to, uint32_t len);

/* Opens a batch. One that was left open is abandoned. May program pages to make room for the
 * longest batch there is; if that fails, the batch cannot be committed. */
void store_begin(struct store *s);

/* The same for a batch of STORE_BRIEF_MAX at most: a try, a transaction. It asks for so much less
 * room that what other commands left behind rarely has to go home first, even where nobody has
 * selected anything for a long time. */
void store_begin_brief(struct store *s);

/* Stages one range. False without an open batch, outside of life and files, beyond STORE_BATCH_MAX,
 * or when the memory refuses. An empty range is staged by doing nothing. */
bool store_write(struct store *s, uint32_t at, const void *from, uint32_t len);

/* Makes everything staged last and closes the batch. True means it will be there after any power
 * cut; false means that nothing of it will (or, when the store is stuck, all of it after reset).
 * An empty batch is committed without a write. */
bool store_commit(struct store *s);

/* Closes the batch and forgets what it staged. Without a batch it does nothing. */
void store_abandon(struct store *s);

/* Fills a range of the file space: for space that no file owns yet, as the first thing of the batch
 * that gives it to one. Whole pages are programmed at once, not through the ring; the rest of the
 * range, less than a page at each end, is staged, because those pages may have neighbours in
 * use. False without an open batch, with something staged in it, or when the memory refuses. */
bool store_fill(struct store *s, uint32_t at, uint8_t value, uint32_t len);

/* Brings old batches home until there is room for some usual commands, when there is not. To be
 * called where time does not matter, outside of batches; does nothing inside one. */
void store_tidy(struct store *s);

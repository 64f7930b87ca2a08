/* What survives a power cut: several writes that happen together or not at all.
 *
 * A change of the card is a batch. store_begin() opens it, store_write() stages as many ranges as
 * it likes, store_commit() makes all of them last; store_abandon() forgets them. Power may fail at
 * any byte of any of this, and again at any byte of the recovery: after the next store_recover()
 * the memory holds the state before the batch or the state after it, and nothing between.
 *
 *     store_begin(&store);
 *     ... staging functions of card/files: balance, log, proof ...
 *     if (!store_commit(&store)) { return SW_MEMORY; }
 *
 * How: staged writes go to the journal, never to their homes. The commit writes one seal with a
 * checksum over the journal, copies every range home, and clears the seal. A whole seal at reset
 * means that the copying is to be done again, which does no harm.
 *
 * Reads see the batch that is open, so that steps of one command build upon each other; what an
 * abandoned batch had staged was never there.
 *
 * Failure is sticky: when the memory refuses a write, or a batch outgrows the journal, the batch is
 * lost, further writes of it are refused, and the commit says false with nothing changed. When the
 * copying home itself fails the store says false to everything until the next store_recover(),
 * which will finish the batch: its seal is whole.
 *
 * RAM: sizeof(struct store), nothing else; nothing is allocated. A batch of n ranges costs 2n + 2
 * writes of the memory. Secrets that were staged stay readable in the journal, as in any cell of
 * the chip, until later batches overwrite them. Wear levelling of balances is not done here: it
 * belongs to the wallet file, whose place among the files the layout keeps free to move. */
#pragma once

#include "card/store/layout.h"
#include "card/store/nvm.h"

enum {
    STORE_RECORD_HEAD = 6, /* address 4, length 2, in front of each staged range */
    /* What one batch may stage: the bytes of its ranges and STORE_RECORD_HEAD for each. */
    STORE_BATCH_MAX = LAYOUT_JOURNAL_END - LAYOUT_JOURNAL_RECORDS,
};
_Static_assert(STORE_BATCH_MAX >= 640 + 16 * STORE_RECORD_HEAD, "640 bytes in sixteen ranges fit");

struct store {
    const struct nvm *nvm;
    uint32_t crc;    /* of what the open batch staged */
    uint16_t staged; /* bytes of the journal in use by it */
    bool open;       /* between store_begin() and store_commit() or store_abandon() */
    bool lost;       /* a write of this batch failed: it can only be abandoned */
    bool stuck;      /* copying home failed: nothing works until store_recover() */
};

/* Makes the journal of a memory empty, whatever it held. The first step of making a chip. */
bool store_format(const struct nvm *nvm);

/* To be called at every reset before anything is read: finishes a batch that was committed and cut,
 * drops one that was not. The nvm must outlive the store. False when the memory is too small or
 * refuses a write; the store is then stuck. */
bool store_recover(struct store *s, const struct nvm *nvm);

/* The bytes as they are, with the open batch's writes over them. Stays inside the memory or gives
 * zeros for what lies beyond. */
void store_read(const struct store *s, uint32_t at, void *to, uint32_t len);

/* Opens a batch. One that was left open is abandoned. */
void store_begin(struct store *s);

/* Stages one range. False without an open batch, outside of life and files, beyond
 * STORE_BATCH_MAX, or when the memory refuses. An empty range is staged by doing nothing. */
bool store_write(struct store *s, uint32_t at, const void *from, uint32_t len);

/* Makes everything staged last and closes the batch. True means it will be there after any power
 * cut; false means that nothing of it will (or, when the store is stuck, all of it after reset).
 * An empty batch is committed without a write. */
bool store_commit(struct store *s);

/* Closes the batch and forgets what it staged. Without a batch it does nothing. */
void store_abandon(struct store *s);

/* Fills a range of the file space at once, not through the journal: for space that no file owns
 * yet, before the batch that gives it to one. Only with nothing staged, for only then is what
 * counts as free sure to be free in the committed state, too. False otherwise or when the memory
 * refuses. */
bool store_fill(struct store *s, uint32_t at, uint8_t value, uint32_t len);

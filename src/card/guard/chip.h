/* The chip as its guard sees it: the memory, where the terminal stands in the file tree, and what
 * it has proven since reset. All of it is volatile but the memory behind the store.
 *
 * Invariants:
 *   chip 1  dir is a directory of the tree, or no directory at all on a blank chip
 *   chip 2  ef is a file of dir, or none
 *   chip 3  no proof outlives the selection that ends it (see guard_enter)
 *   chip 4  blocked is what the memory says of dir and of every directory above it */
#pragma once

#include "card/files/tree.h"
#include "card/guard/challenge.h"
#include "card/guard/life.h"
#include "card/store/store.h"

enum { NO_KEY = 0x100 }; /* no key number: numbers are bytes */

/* The commands that make files and keys on this chip; the factory chooses. What is made is the same
 * tree, and the same commands use it. [decisions 0003, 0024] */
enum dialect {
    DIALECT_FMCOS = 0,  /* purse.md 2 */
    DIALECT_DATANG = 1, /* card.md 2.8, 5.4: T514 of Datang */
};

/* Who has proven what. [purse.md 2.5; card.md 4] */
struct guard {
    uint8_t mf_state, df_state; /* the purse dialect's two security states, 0 to 15 */
    uint16_t key_here;          /* the last external key proven in dir, or NO_KEY */
    uint16_t key_above;         /* the one proven in the directory above on the way down */
    struct dir pin_home;        /* the directory whose PIN was verified; depth 0 for none */
    uint8_t pin_level;          /* what controls may call that PIN beside CONTROL_PIN, or 0 */
    bool open;                  /* all rights are free: dir had no key file when it was selected,
                                   or is still being made by who may (guard.h) */
};

/* Small and often asked for things first: a byte far from the beginning costs a small processor one
 * more instruction each time. */
struct chip {
    struct dir dir;               /* the current directory */
    enum dir_family family;       /* its dialect */
    enum dir_algorithm algorithm; /* the cipher of its keys */
    enum dialect dialect;         /* burnt in: set before chip_wake(), which leaves it alone */
    bool opened;                  /* the transport code was shown since reset [decision 0024] */
    uint8_t blocked;              /* enum app_block, of dir and all above it the gravest */
    bool card_blocked;            /* CARD BLOCK was done */
    uint8_t record;               /* the current record in ef, 0 is none */
    bool broken; /* an invariant did not hold: nothing is written any more until reset */
    struct guard guard;
    struct challenge challenge;
    struct ef ef;       /* the current file; at 0 is none */
    struct store store; /* the last: all before it begins as zeros */
};

/* Whether an application is blocked: the byte that dir_block() keeps. The graver the higher. */
enum app_block {
    APP_FREE = 0,
    APP_BLOCKED = 1, /* for a time: APPLICATION UNBLOCK ends it */
    APP_DEAD = 2,    /* for ever */
};

/* After a reset: nothing proven, nothing selected but the master file, if there is one. */
void chip_wake(struct chip *chip);

/* States what must hold whatever a terminal says. Where it does not, the fault is ours: the mistake
 * is counted in the memory, the batch that is open is dropped, no other can begin, and the loop
 * answers 6F00 and is mute until the next reset. Returns whether it held. */
bool chip_assert(struct chip *chip, bool holds);

/* The historical bytes of the answer to reset: what the factory burnt in, or what was set since. */
enum { CHIP_HISTORICAL_LEN = 13 };
void chip_historical(const struct chip *chip, uint8_t historical[CHIP_HISTORICAL_LEN]);

/* Sets some of them, from number `at` on, in a batch of its own; they count from the next reset on.
 * Called by the second dialect of making only. 6581. */
enum sw chip_set_historical(struct chip *chip, uint8_t at, struct bytes part);

/* How many broken invariants the memory has counted, up to 255: for whoever examines a chip. */
uint8_t chip_mistakes(const struct chip *chip);

/* Ends the batch that is open: commits it, or abandons it when sw, which the staging came to, is not
 * 9000. 6581 when the memory refuses. */
enum sw chip_settle(struct chip *chip, enum sw sw);

/* What life stage decides about the next command. */
enum life chip_life(const struct chip *chip);

/* Blocks the whole card for ever, in a batch of its own. */
enum sw chip_block(struct chip *chip);

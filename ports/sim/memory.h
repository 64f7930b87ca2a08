/* A chip's memory in RAM, for tests and measurements: it counts what is programmed, page by page,
 * it can lose its power in any programming, and its random numbers can be foretold.
 *
 * After the cut, programming fails and reads go on, so that a test may look at what is left;
 * memory_power() brings the power back. The struct may be copied to keep a state and copied back,
 * whole or with memory_copy(); take the nvm anew from the place where it lives (it points at the
 * struct). */
#pragma once

#include "base/bytes.h"
#include "card/store/nvm.h"

enum {
    MEMORY_MAX = 0x10000, /* bytes */
    MEMORY_QUEUE_MAX = 256,
};

/* What a programming that was cut leaves in its page. Any other number stands for the kind that its
 * remainder by MEMORY_TEARS says, with other dice. */
enum memory_tear {
    TEAR_OLD,      /* nothing has happened */
    TEAR_NEW,      /* all was done, but the chip was never told */
    TEAR_MIXED,    /* new up to some byte, that byte anything, old behind it */
    TEAR_ANYTHING, /* every byte of the page */
    TEAR_ZEROS,
    TEAR_ONES,
    TEAR_BITS, /* each bit old or new */
    MEMORY_TEARS,
};

struct memory {
    uint32_t size;
    uint64_t left;     /* power for so many programmings; MEMORY_ENDLESS without a budget */
    bool dark;         /* the power is gone */
    uint8_t torn;      /* what the page of a cut gets, enum memory_tear */
    uint64_t programs; /* pages programmed since memory_make(), */
    uint64_t bytes;    /* and bytes in them */
    uint64_t seed;
    uint32_t queued, taken;
    uint8_t queue[MEMORY_QUEUE_MAX];
    uint8_t cells[MEMORY_MAX];
    uint32_t worn[MEMORY_MAX / NVM_PAGE]; /* how often each page was programmed */
};

#define MEMORY_ENDLESS UINT64_MAX

/* A memory of size bytes (at most MEMORY_MAX), all FF, with power; random numbers follow the
 * seed. */
void memory_make(struct memory *m, uint32_t size, uint64_t seed);

/* Copies all but the counts of single pages and the cells beyond the size, in less time. */
void memory_copy(struct memory *to, const struct memory *from);

/* The port over this memory. */
struct nvm memory_nvm(struct memory *m);

/* The next `programs` programmings are done, the one after them is torn, and then it is dark. */
void memory_cut_after(struct memory *m, uint64_t programs, uint8_t torn);

/* Power without a budget. */
void memory_power(struct memory *m);

/* These bytes come out of random() before anything else, in order. At most MEMORY_QUEUE_MAX
 * wait. */
void memory_foretell(struct memory *m, struct bytes random);

/* ---- wear ---- */

/* What some commands cost the memory. Each programming erases its page, too: the erases of an
 * EEPROM are as many as its programmings, and no others are done. */
struct memory_wear {
    uint64_t programs;
    uint32_t hottest_page; /* number of the page that was programmed most often, */
    uint32_t hottest;      /* and how often; 0 when none was */
};

/* From now on memory_wear() counts from nothing. The state of the chip stays as it is. */
void memory_wear_begin(struct memory *m);

/* What was programmed since memory_wear_begin() or memory_make(). */
struct memory_wear memory_wear(const struct memory *m);

/* Years until the page of this wear that suffers most has seen `cycles`, when what was measured was
 * `commands` commands and a card does `a_day` of them each day. 0 days without wear are infinitely
 * many years: INFINITY. */
double memory_years(struct memory_wear wear, uint64_t commands, double a_day, double cycles);

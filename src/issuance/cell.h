/* A production cell 制卡单元: makes the cards of a batch in several readers at once, and writes down what
 * became of every blank. [system.md 4.2.4, 4.5; decision 0042]
 *
 *     begin --> test card --> make, group by group --> end
 *                  ^               |  kill, reader gone
 *                  +--- the same calls again go on ---+
 *
 * A group of pieces is written down as taken, is made in the seats, and is written down
 * again with its lines, numbers, cards and blanks in one transaction, while the next group is made.
 *
 * Cell invariants:
 *
 *   1. A chip is touched only when a row says that its serial is in the machine, and for which line.
 *   2. Nothing is made before a test card of this run was made, read back and proven.
 *   3. A card that counts as passed was read back whole: every byte, every key, PIN and balance.
 *   4. received = passed + rejected + returned when a run ends, and no line is left to be made.
 *   5. A cell that was cut, or lost its readers, goes on by finding out: what is still taken is read,
 *      and is a good card, or a blank that is made now, or spoiled. [decision 0008]
 *   6. The officer at the machine is not the one who reviews.
 *
 * A seat is a reader, a hand is a thread: one hand attends to one seat or to many, and what many want to
 * know of the vault it asks together [decision 0054]. A cell holds no key; each hand has a vault of its
 * own, or a line to one. */
#pragma once

#include "issuance/inspect.h"
#include "issuance/production_store.h"
#include "issuance/stock.h"

enum {
    CELL_SEATS_MAX = 64,
    CELL_HANDS_MAX = 16,
    CELL_CARDS_AT_ONCE = 64, /* pieces of a group; one transaction records them */
    CELL_TRIES_MAX = 3,      /* blanks that are spent on a line; then it is left failed */
};

/* What a seat found out about a piece. */
enum cell_fate {
    FATE_OPEN,     /* not begun */
    FATE_GOOD,     /* made, and read back as it must be */
    FATE_WRONG,    /* made, and something differs */
    FATE_FAILED,   /* the chip refused, or is dead: spoiled */
    FATE_UNFIT,    /* the person's data are for no card of this profile; the blank is untouched */
    FATE_MISTAKEN, /* another chip, or another's face, than the one that was due; untouched */
    FATE_UNKNOWN,  /* the reader or the vault went away in the middle */
};

/* One piece on its way through the cell: the line it is for, and what came of it. */
struct cell_piece {
    struct batch_line line; /* seq 0: the test card */
    struct person person;
    int64_t serial; /* of the blank */
    bool again;     /* taken before, by a run that was cut: it is read before it is made */
    enum cell_fate fate;
    unsigned seat;
    uint8_t atr[ATR_MAX];
    size_t atr_len;
    uint64_t micros;
    struct personalise_result made; /* wiped when it is written down */
    struct inspection found;
    struct why why; /* of every fate but a good one */
};

/* Where blanks come from and cards go to. Different hands call at the same moment. */
struct cell_feed {
    void *self;
    /* Puts the piece's blank into the seat's reader. Any error: there is no such blank, or the reader or
     * the disk failed; the seat stops, and the piece is found out later. */
    enum err (*load)(void *self, unsigned seat, const struct cell_piece *piece, struct reader *out,
        struct why *why);
    /* Takes it out, once the reader is closed: a card among the cards, everything else aside. What is
     * among the cards is whole, whenever power or program end. */
    enum err (*unload)(void *self, unsigned seat, const struct cell_piece *piece, struct why *why);
    /* Whether the seat's reader is there, card or no card: tells a dead chip from a dead reader. */
    bool (*alive)(void *self, unsigned seat);
};

/* Who works where and with what; all of it borrowed. */
struct cell {
    const struct issuance_store *store;
    const struct registry_store *registry;
    const struct production_store *production;
    const struct stock_store
        *stock;        /* NULL: each number has its own blank, and nobody counts them */
    const char *point; /* whose blanks they are, when they are counted */
    const struct cell_feed *feed;
    const struct issuer *issuer;
    const struct vault *vaults[CELL_HANDS_MAX]; /* one for each hand */
    unsigned seats;
    unsigned
        hands; /* at most CELL_HANDS_MAX; 0: each seat has one. Seats of readers that take their
                       time want one each, for a hand waits with all its seats */
    void (*moved)(void *cookie, uint64_t lines); /* lines done so far; NULL: nobody wants to know */
    void *cookie;
};

/* Begins a run: run->batch, machine, officer, second, first and count are the caller's; the rest is
 * filled in. A batch whose run was cut is gone on with: the run that is open comes back, with more
 * blanks when first and count say so. ERR_DENIED: the officers are one, or may not; ERR_CONFLICT:
 * the batch is not with its maker, no rule has a profile for this day, or an open run is of another
 * machine. */
enum err cell_begin(const struct cell *cell, struct production_run *run, struct why *why);

/* Makes, reads back and proves the run's test card, unless that was done; its blank is spoiled. It
 * bears the name 测试 and a number that no holder has. ERR_CONFLICT: it is not as it must be: the
 * cell must not work; the blank is gone, and the call may be made again with the next one. */
enum err cell_test(const struct cell *cell, struct production_run *run, struct why *why);

/* Makes everything that is still to be made. ERR_CONFLICT: the blanks are used up, or the run has
 * no good test card; ERR_OUTSIDE: readers, vault or store failed. In each case what was done is
 * written down, and the same call goes on when the trouble is mended. */
enum err cell_make(const struct cell *cell, struct production_run *run, struct why *why);

/* Ends a run with nothing left in the machine: unused and untouched blanks go back to the store.
 * *counts is what cell 4 adds up. ERR_CONFLICT: something is left to be made or found out. A run
 * that has ended answers again. */
enum err cell_end(const struct cell *cell, struct production_run *run,
    struct production_counts *counts, struct why *why);

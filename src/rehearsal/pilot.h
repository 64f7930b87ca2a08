/* The pilot: a file of people becomes cards, the cards buy, the day is cleared, every fen is proven.
 *
 * Steps, in their order: import, duplicates, photos, apply, cards, tills, packages, day, counter, upload,
 * clear, prove. Each may be cut
 * anywhere, by a kill or a full disk, and run again: what was done is found (in the registry, in the
 * batch, in the terminals' journals, on the chips, in the books) and not done twice. So a pilot that
 * was interrupted is simply started again with the same order; another order on the same centre is
 * refused. The figures are read from the records, not counted on the way, and come out the same.
 *
 * The pilot owns nothing: stores, vaults and chips are handed in by whoever runs it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/why.h"
#include "keys/catalogue.h"
#include "reader/reader.h"
#include "rehearsal/figures.h"

struct registry_store;
struct issuance_store;
struct clearing_store;
struct production_store;
struct person_store;
struct capture_store;
struct point_store;
struct window_store;
struct stock_store;
struct photo_seen;
struct cell_feed;
struct vault;

/* Two kinds of chips, in two folders of a centre. */
enum rack_shelf { SHELF_CARDS, SHELF_PSAMS };

/* Where the chips of the city stand. Different chips may be used in different threads. */
struct chip_rack {
    void *self;
    /* Puts a blank chip of that serial on the shelf, in place of whatever stood there. */
    enum err (*blank)(
        void *self, enum rack_shelf shelf, const char *name, uint32_t serial, struct why *why);
    /* Puts a chip into a reader of its own; reader_close() puts it back. */
    enum err (*insert)(
        void *self, enum rack_shelf shelf, const char *name, struct reader *out, struct why *why);
    /* Everything that the chips hold is on the disk when this returns. */
    enum err (*settle)(void *self, struct why *why);
};

/* Seats of the cell that makes the cards, each in a thread of its own. */
enum {
    PILOT_WORKERS = 2, /* threads that make cards, each with a line to the vault */
    PILOT_SEATS = 32,  /* readers that they attend to [decision 0054] */
};

/* Which versions of keys cards of a batch are made with: versions has a place for each key of the catalogue.
 * Asked by the one thread that runs the steps. */
struct pilot_keys {
    void *self;
    enum err (*of_batch)(void *self, int64_t batch, uint8_t *versions, struct why *why);
};

/* The room in which strangers' pictures are looked at: a process of its own, which only apps can start. */
struct pilot_studio {
    void *self;
    /* What capture/photo_skill.h says of a picture file; *seen is the studio's until its next answer.
     * ERR_INVALID: it is no photo. */
    enum err (*look)(void *self, struct bytes file, struct photo_seen *seen, struct why *why);
};

/* Who plays which part. All borrowed. */
struct pilot_parts {
    const struct registry_store *registry;
    const struct issuance_store *issuance;
    const struct clearing_store *clearing;
    const struct production_store *production;
    const struct cell_feed *feed;              /* of blanks, for PILOT_SEATS seats */
    const struct vault *vaults[PILOT_WORKERS]; /* the same keys, one for each thread */
    const struct chip_rack *rack;
    struct pilot_keys keys; /* of_batch NULL: version 1 of all */
    const struct person_store *persons;
    const struct capture_store *captures;
    const struct point_store *points;
    const struct window_store *window;
    const struct stock_store *stock;
    struct pilot_studio studio;
};

/* What is to be rehearsed, and where. An interrupted pilot goes on with the same order. */
struct pilot_order {
    const char *people; /* the file */
    const char *dir;    /* the centre's directory */
    uint64_t seed;
    uint32_t region, date;
    uint32_t forge; /* so many forged and so many repeated records are slipped into the uploads */
    bool quiet;     /* no progress */
    enum key_algorithm purse; /* of the wallets and modules that are made */
};

/* Runs the pilot to its end and fills in the figures. OK says that everything was done; whether it
 * balances, figures_balance() tells. ERR_CONFLICT: the directory holds the pilot of another order.
 * Any other error names the step; what was done until then stays, and the same call goes on from
 * there. */
enum err pilot_run(const struct pilot_parts *parts, const struct pilot_order *order,
    struct pilot_figures *out, struct why *why);

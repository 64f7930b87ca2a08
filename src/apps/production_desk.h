/* A centre opened for the work of its production cell: registry, issuing, stock, production, and,
 * where chips are made, its vault and the cell's feed. */
#pragma once

#include "apps/cell_feed.h"
#include "apps/stock_desk.h"
#include "apps/vault_desk.h"
#include "issuance/quality.h"
#include "stores/sql/production_rows.h"

struct production_desk {
    struct stock_desk stock;
    struct production_store production;
    struct vault vaults[CELL_HANDS_MAX]; /* lines to one process */
    struct cell_feed feed;
    struct issuer issuer;
    uint8_t key_versions[KEY_COUNT]; /* what the batch is made with, after production_desk_keys() */
    struct cell cell;
};

/* What a cell is opened with. */
struct production_order {
    const char *data;
    const struct vault_words *words;
    int64_t seats;
    enum chips_of chips; /* whose blanks the factory delivered */
    bool quiet;
};

/* Opens the centre without a cell: for questions and sheets. production_desk_close() ends it, also
 * after a failure. */
enum err production_desk_open(struct production_desk *desk, const char *data, struct why *why);

/* Opens all of it: the vault's process first, then the centre, then the cell with its feed.
 * ERR_CONFLICT: seats out of range; ERR_DENIED: not a rehearsal, whose chips are plastic and in
 * readers of their own. */
enum err production_desk_open_cell(
    struct production_desk *desk, const struct production_order *order, struct why *why);

/* Has the cell make the batch with the versions of keys that were begun for it, once the vault has all of
 * them. ERR_CONFLICT names the one that it lacks, and no chip is touched. [decision 0034] */
enum err production_desk_keys(struct production_desk *desk, int64_t batch, struct why *why);

void production_desk_close(struct production_desk *desk);
#define PRODUCTION_DESK_SCOPE(name)                                                                \
    __attribute__((cleanup(production_desk_close))) struct production_desk name = {                \
        .stock.city.use = USE_DESK}

/* The quality sheet's desk over the open centre, with the sample of its day. */
enum err production_desk_quality(
    struct production_desk *desk, struct quality_desk *out, struct why *why);

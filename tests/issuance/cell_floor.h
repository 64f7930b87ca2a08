/* A production floor for tests: a counter with an approved batch, blanks in production, and a feed
 * whose chips and readers fail on purpose. */
#pragma once

#include "base/day.h"
#include "card/loop/card.h"
#include "counter.h"
#include "issuance/card_data.h"
#include "issuance/cell.h"
#include "ports/sim/workpiece.h"
#include "reader/inside.h"
#include "stores/sql/issuance_stock.h"
#include "stores/sql/production_rows.h"
#include "vaults/soft/soft_vault.h"

enum {
    FLOOR_SEATS = 16,
    FLOOR_HANDS = 2,
    FLOOR_CHIPS = 256,
    FLOOR_BYTES = 16384,
    FLOOR_FIRST = 501
};

/* What goes wrong with one blank. */
enum fault {
    FAULT_NONE,
    FAULT_MUTE,    /* no answer to reset */
    FAULT_DIES,    /* the chip stops answering after some commands */
    FAULT_READER,  /* the reader goes, and stays away until it is mended */
    FAULT_LIES,    /* what is read back differs in a bit */
    FAULT_OTHER,   /* the feeder gives another chip */
    FAULT_REFUSES, /* the chip refuses a command in the middle */
    FAULT_JAM,     /* it cannot be taken out */
};

struct floor;

/* How many seats a floor has: one for each of its two hands, or many. */
static unsigned floor_seats = FLOOR_HANDS;

/* A seat: the reader inside, and what it does to the commands. */
struct floor_seat {
    struct floor *floor;
    struct workpiece *piece;
    struct reader inside;
    enum fault fault;
    unsigned left; /* commands until the fault */
    bool gone;
};

struct floor {
    struct counter *c;
    struct stock_store stock;
    struct production_store production;
    struct vault vaults[FLOOR_SEATS];
    struct issuer issuer;
    struct cell_feed feed;
    struct cell cell;
    struct production_run run;
    struct production_counts counts;
    struct floor_seat seats[FLOOR_SEATS];
    enum fault faults[FLOOR_CHIPS];
    unsigned after[FLOOR_CHIPS];
    bool touched[FLOOR_CHIPS];
    uint8_t *kept[FLOOR_CHIPS]; /* cells of chips that were taken out, whatever they had become */
    uint64_t moved;
};

/* --- the readers ------------------------------------------------------------------------------ */

static inline enum err floor_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    struct floor_seat *s = self;
    if (s->gone || s->fault == FAULT_MUTE) {
        return why_say(why, ERR_OUTSIDE, "no answer to reset");
    }
    return reader_reset(&s->inside, atr, len, why);
}

static inline enum err floor_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct floor_seat *s = self;
    bool now = s->left == 0;
    s->left -= now ? 0 : 1;
    bool dies = s->fault == FAULT_DIES || s->fault == FAULT_READER;
    if (s->gone || (now && dies)) {
        s->gone = true;
        return why_say(why, ERR_OUTSIDE, "the card has gone");
    }
    if (now && s->fault == FAULT_REFUSES) {
        *reply = (struct reply){.sw = 0x6581};
        return OK;
    }
    enum err err = s->inside.exchange(s->inside.self, line, reply, why);
    if (!err && s->fault == FAULT_LIES && line.at[1] == 0xB2 && reply->len > 2) {
        reply->data[reply->len - 1] ^= 1;
    }
    return err;
}

static inline void floor_close(void *self) {
    struct floor_seat *s = self;
    reader_close(&s->inside);
}

/* --- the feed --------------------------------------------------------------------------------- */

static inline size_t floor_place(const struct cell_piece *piece) {
    size_t at = (size_t)(piece->serial % FLOOR_CHIPS);
    return at;
}

static inline enum err floor_load(void *self, unsigned seat, const struct cell_piece *piece,
    struct reader *out, struct why *why) {
    struct floor *f = self;
    struct floor_seat *s = &f->seats[seat];
    size_t at = floor_place(piece);
    struct chip_birth birth = {
        .historical = {0x00, 0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01}
    };
    s->fault = f->faults[at];
    s->left = f->after[at];
    s->gone = false;
    f->touched[at] = true;
    workpiece_blank(s->piece);
    bcd_write((uint64_t)piece->serial + (s->fault == FAULT_OTHER), birth.historical + 9, 4);
    (void)memset(birth.transport, 0xFF, sizeof birth.transport);
    if (f->kept[at]) {
        const struct nvm *nvm = workpiece_nvm(s->piece);
        for (uint32_t i = 0; i < nvm->size; i += NVM_PAGE) {
            assert_true(nvm->write(nvm->self, i, f->kept[at] + i, NVM_PAGE));
        }
    } else {
        assert_true(card_manufacture(workpiece_nvm(s->piece), &birth));
    }
    enum err err = inside_open(workpiece_nvm(s->piece), &s->inside, why);
    *out = (struct reader){
        .self = s, .reset = floor_reset, .exchange = floor_exchange, .close = floor_close};
    return err;
}

static inline enum err floor_unload(
    void *self, unsigned seat, const struct cell_piece *piece, struct why *why) {
    struct floor *f = self;
    struct floor_seat *s = &f->seats[seat];
    size_t at = floor_place(piece);
    const struct nvm *nvm = workpiece_nvm(s->piece);
    f->kept[at] = f->kept[at] ? f->kept[at] : malloc(nvm->size);
    assert_non_null(f->kept[at]);
    nvm->read(nvm->self, 0, f->kept[at], nvm->size);
    return s->fault == FAULT_JAM ? why_say(why, ERR_OUTSIDE, "the card is stuck") : OK;
}

static inline bool floor_alive(void *self, unsigned seat) {
    struct floor *f = self;
    return !(f->seats[seat].gone && f->seats[seat].fault == FAULT_READER);
}

static inline void floor_moved(void *cookie, uint64_t lines) {
    struct floor *f = cookie;
    f->moved = lines;
}

/* --- the floor -------------------------------------------------------------------------------- */

static inline void floor_order(
    struct floor *f, enum stock_step step, const char *request, int64_t first, int64_t count) {
    struct stock_order o = {.step = step, .first = first, .count = count, .day = 20031008};
    (void)snprintf(o.request, sizeof o.request, "%s", request);
    (void)snprintf(o.point, sizeof o.point, "%s", "440100");
    (void)snprintf(o.officer, sizeof o.officer, "%s", "maker");
    (void)snprintf(o.note, sizeof o.note, "%s", "note");
    counter_expect(f->c, stock_order_make(&f->stock, &f->c->registry, &o, &f->c->why));
}

/* blanks of them bought, and all but `hold` drawn for production. */
static inline void floor_blanks(struct floor *f, int64_t first, int64_t count, int64_t hold) {
    struct stock_order signed_one;
    char request[32];
    (void)snprintf(request, sizeof request, "buy %d", (int)first);
    floor_order(f, STOCK_PURCHASE, request, first, count);
    (void)snprintf(request, sizeof request, "in %d", (int)first);
    floor_order(f, STOCK_RECEIVE, request, first, count);
    (void)snprintf(request, sizeof request, "out %d", (int)first);
    floor_order(f, STOCK_REQUISITION, request, first, count - hold);
    counter_expect(
        f->c, stock_sign(&f->stock, &f->c->registry, request, "approver", &signed_one, &f->c->why));
}

/* A batch of so many lines with its maker, and blanks for it; 0 blanks: nobody counts them. */
static inline struct floor *floor_open(int lines, int64_t blanks) {
    struct floor *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->c = counter_open(lines);
    counter_expect(f->c, stock_rows_open(&f->c->db, &f->c->store, &f->stock, &f->c->why));
    counter_expect(f->c, production_rows_open(&f->c->db, &f->production, &f->c->why));
    counter_apply(f->c, lines);
    int32_t made = 0;
    struct batch b = counter_batch(f->c, &made);
    assert_int_equal(made, lines);
    counter_expect(f->c, batch_step(&f->c->store, b.id, BATCH_APPROVE, "approver", &f->c->why));
    counter_expect(f->c, batch_step(&f->c->store, b.id, BATCH_TO_MAKER, "maker", &f->c->why));
    if (blanks > 0) {
        floor_blanks(f, FLOOR_FIRST, blanks, 0);
    }
    f->issuer = issuer_of(440100, 20031008, 10);
    f->feed = (struct cell_feed){
        .self = f, .load = floor_load, .unload = floor_unload, .alive = floor_alive};
    f->cell = (struct cell){.store = &f->c->store,
        .registry = &f->c->registry,
        .production = &f->production,
        .stock = blanks > 0 ? &f->stock : NULL,
        .point = "440100",
        .feed = &f->feed,
        .issuer = &f->issuer,
        .seats = floor_seats,
        .hands = FLOOR_HANDS,
        .moved = floor_moved,
        .cookie = f};
    for (unsigned i = 0; i < FLOOR_SEATS; i++) {
        counter_expect(f->c, soft_vault_open_rehearsal("floor", 440100, &f->vaults[i], &f->c->why));
        if (i < FLOOR_HANDS) {
            f->cell.vaults[i] = &f->vaults[i];
        }
        f->seats[i].floor = f;
        counter_expect(f->c, workpiece_open(FLOOR_BYTES, &f->seats[i].piece, &f->c->why));
    }
    f->run = (struct production_run){.batch = b.id,
        .machine = "cell-1",
        .officer = "maker",
        .second = "approver",
        .first = blanks > 0 ? FLOOR_FIRST : 0,
        .count = blanks};
    return f;
}

static inline void floor_end(struct floor *f) {
    for (unsigned i = 0; i < FLOOR_SEATS; i++) {
        f->vaults[i].close(f->vaults[i].self);
        workpiece_close(f->seats[i].piece);
    }
    for (size_t i = 0; i < FLOOR_CHIPS; i++) {
        free(f->kept[i]);
    }
    production_rows_close(&f->production);
    stock_rows_close(&f->stock);
    counter_close(f->c);
    free(f);
}

/* Begin and test card, which must be good. */
static inline void floor_begin(struct floor *f) {
    counter_expect(f->c, cell_begin(&f->cell, &f->run, &f->c->why));
    counter_expect(f->c, cell_test(&f->cell, &f->run, &f->c->why));
    assert_true(f->run.tested);
}

static inline int64_t floor_ask(struct floor *f, const char *sql) {
    return counter_ask(f->c, sql);
}

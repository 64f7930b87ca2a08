/* What boxes and service points 网点 need from a store: named functions, no SQL.
 * stores/sql/issuance_box_rows.h offers it.
 *
 * Transactions and audit are those of issuing (struct issuance_store, over the same database). Rules
 * as there: a function that changes a state names the one that it expects, ERR_CONFLICT when the row
 * is in another; ERR_NOT_FOUND for things that are not there, and what was to come out is untouched.
 * What goes in is borrowed for the call. One thread at a time. */
#pragma once

#include "issuance/issuance_store.h"

/* Where a box can be; the codes stand in the database. */
enum box_state {
#define BOX_STATE(member, code, zh, en) member = (code),
#include "issuance/box.def"
};

/* What is written down about a box, in codes of box.def. */
enum box_entry_kind {
#define BOX_ENTRY(member, code, word, zh) member = (code),
#include "issuance/box.def"
};

enum { NOTE_MAX = 200, ENTRY_KINDS_MAX = 16 };

/* A box as the rows know it. */
struct box {
    int64_t id;
    int64_t batch;  /* whose label it carries: batch-bin-box */
    int32_t number; /* 1, 2, ... inside its batch */
    enum box_state state;
    char point[POINT_MAX + 1]; /* where it lies; on its way: where it goes */
    int32_t cards;             /* that lie in it, by the rows */
    uint32_t since;            /* day on which it came into this state, YYYYMMDD */
};

/* A card that lies in a box. */
struct box_card {
    int64_t box;
    int32_t position; /* 1, 2, ... without gaps */
    char card[CARD_NUMBER_LEN + 1];
    uint32_t stored; /* the day on which a point first counted it in; 0: none has */
};

/* A row of the ledger. stock is by how many cards the row changes what the point answers for. */
struct box_entry {
    int64_t id;
    enum box_entry_kind kind;
    int64_t box;
    char point[POINT_MAX + 1];
    char card[CARD_NUMBER_LEN + 1]; /* of one card; empty for a whole box */
    int32_t expected, counted;      /* 0, 0 where nothing was counted */
    int32_t stock;
    uint32_t day, time; /* YYYYMMDD, HHMMSS */
    char officer[OFFICER_MAX + 1];
    char second[OFFICER_MAX + 1]; /* empty where one is enough */
    char note[NOTE_MAX + 1];
};

/* What the ledger adds up to, one entry for each kind that occurs. */
struct entry_sums {
    size_t count;
    struct entry_sum {
        enum box_entry_kind kind;
        int64_t stock;
    } kinds[ENTRY_KINDS_MAX];
};

/* A day that a point has closed. */
struct point_day {
    char point[POINT_MAX + 1];
    uint32_t day;
    int64_t opening, received, handed, returned, closing;
    char officer[OFFICER_MAX + 1];
};

/* The table of functions. self is the store's own and comes first in every call. */
struct point_store {
    void *self;
    const struct issuance_store *issuance; /* borrowed; over the same database */

    /* Finished lines of a batch that have no place, in the order in which they are packed: by unit,
     * where there is none by region, then by name. Up to *count of them, then how many came; of each
     * batch, seq and card_number are filled in, and the rest is zero. */
    enum err (*lines_to_pack)(
        void *self, int64_t batch, struct batch_line *list, size_t *count, struct why *why);

    /* Adds a box and fills in its id; ERR_CONFLICT when the batch has one of that number. */
    enum err (*box_add)(void *self, struct box *box, struct why *why);
    /* By id, and by its label. */
    enum err (*box_get)(void *self, int64_t id, struct box *box, struct why *why);
    enum err (*box_labelled)(
        void *self, int64_t batch, int32_t number, struct box *box, struct why *why);
    /* Boxes with an id above after, in order; of one point, or NULL for all, and of one batch, or 0
     * for all. ERR_NOT_FOUND behind the last one. */
    enum err (*box_after)(void *self, const char *point, int64_t batch, int64_t after,
        struct box *box, struct why *why);
    /* Expects it in box->state; it is in the other one at that point from day on. */
    enum err (*box_move)(void *self, const struct box *box, enum box_state to, const char *point,
        uint32_t day, struct why *why);
    /* Takes a box away with its cards, and the places of its lines: it was never sent. */
    enum err (*box_remove)(void *self, const struct box *box, struct why *why);

    /* Puts a card into a box; ERR_CONFLICT when it lies in one. */
    enum err (*card_put)(void *self, const struct box_card *card, struct why *why);
    /* Where a card lies; ERR_NOT_FOUND when it lies in no box. */
    enum err (*card_place)(
        void *self, const char *card_number, struct box_card *card, struct why *why);
    /* Takes it out, and those behind it move up. */
    enum err (*card_remove)(void *self, const struct box_card *card, struct why *why);
    /* The next card of a box behind that position; ERR_NOT_FOUND behind the last one. */
    enum err (*card_after)(
        void *self, int64_t box, int32_t position, struct box_card *card, struct why *why);
    /* All cards of one box go behind the last of another, which has so many. */
    enum err (*cards_shift)(
        void *self, int64_t from, int64_t into, int32_t behind, struct why *why);
    /* Cards of a box that no point counted in before were counted in on that day. */
    enum err (*cards_stored)(void *self, int64_t box, uint32_t day, struct why *why);
    /* The next card in a stored box of a point, first counted in on or before that day, after card
     * number `after` ("": from the beginning). */
    enum err (*card_waiting)(void *self, const char *point, uint32_t until, const char *after,
        struct box_card *card, struct why *why);
    /* The same of the persons of one unit (AAB001). */
    enum err (*card_of_unit)(void *self, const char *point, const char *unit, const char *after,
        struct box_card *card, struct why *why);
    /* How many cards lie in stored boxes of a point. */
    enum err (*cards_at)(void *self, const char *point, int64_t *count, struct why *why);

    /* A row of the ledger; fills in its id. Never changed. */
    enum err (*entry_add)(void *self, struct box_entry *entry, struct why *why);
    /* The next row about a box behind that id; box 0: about any of the point, or NULL for all. */
    enum err (*entry_after)(void *self, int64_t box, const char *point, int64_t after,
        struct box_entry *entry, struct why *why);
    /* What the rows of a point from the day after `after` to `until` add up to, by kind. */
    enum err (*entry_sums)(void *self, const char *point, uint32_t after, uint32_t until,
        struct entry_sums *sums, struct why *why);

    /* The last day that a point closed; ERR_NOT_FOUND when it never did. */
    enum err (*day_last)(void *self, const char *point, struct point_day *day, struct why *why);
    enum err (*day_add)(void *self, const struct point_day *day, struct why *why);
};

/* Blank cards as value paper 空白卡: each chip is known by its serial from its purchase to its end,
 * and at every moment somebody answers for it. [system.md 5.1.1, 6.3.2; decision 0032]
 *
 *     not known --purchase--> on its way --receive--> in store --requisition--> in production
 *                                 ^--------- send ------/  ^------- return -------/  |     |
 *                                                        made into a card <--make---/   spoil
 *                                                             destroyed <--destroy-- spoiled
 *
 * Stock invariants:
 *
 *   1. A chip has one row for ever, in one state of stock.def, at one point.
 *   2. A run of chips moves as a whole or not at all, in one transaction with its row of the ledger
 *      and its row of the audit chain.
 *   3. A request has one number; sent again with the same words it answers as before and changes
 *      nothing, sent again with other words it is refused.
 *   4. Where two signatures are asked for, nothing moves before the second; it is an approver's, and
 *      not that of whoever ordered.
 *   5. At each point: received - sent on = in store + in production + good + spoiled + destroyed. The
 *      left side is what the ledger says, the right side what the rows say. At night nothing may be
 *      in production.
 *
 * Errors: ERR_INVALID: the order itself is wrong; ERR_CONFLICT: the chips are not in the state or
 * place it assumes, and the story names the first that is not; ERR_DENIED: the officer may not. After
 * a failure, or a kill, nothing has changed and the call may be made again. */
#pragma once

#include "issuance/issuance_store.h"

/* Where a blank can be; the codes stand in the database. */
enum blank_state {
#define BLANK_STATE(member, code, zh, en) member = (code),
#include "issuance/stock.def"
};

/* What can be ordered, in the order of stock.def. */
enum stock_step {
#define STOCK_STEP(member, word, from, to, signatures, zh) member,
#include "issuance/stock.def"
    STOCK_STEPS
};

enum {
    STOCK_REQUEST_MAX = 40,      /* letters of a request's number */
    STOCK_NOTE_MAX = 120,        /* bytes of what there is to say: a reason, a supplier, a batch */
    STOCK_RUN_MAX = 100000,      /* chips of one order */
    STOCK_SERIAL_MAX = 99999999, /* eight digits, the end of a chip's factor [decision 0005] */
};

/* One order: a run of chips with serials first to first + count - 1, at a point. What is text ends
 * with a 0. */
struct stock_order {
    char request[STOCK_REQUEST_MAX + 1]; /* the caller's number of it */
    enum stock_step step;
    int64_t first, count;
    char point[POINT_MAX + 1];     /* where they are; for a purchase, where they go */
    char other[POINT_MAX + 1];     /* where they are sent; else empty */
    char note[STOCK_NOTE_MAX + 1]; /* asked for by purchase, requisition, spoil and destroy */
    uint32_t day;                  /* YYYYMMDD */
    char officer[OFFICER_MAX + 1];
    char second[OFFICER_MAX + 1]; /* empty until signed, and where one signature will do */
    bool done;                    /* false while it waits for its second signature */
};

/* How many blanks are in which state at a point, as their rows say. */
struct stock_count {
    enum blank_state state;
    int64_t count;
};
enum { BLANK_STATES_MAX = 8 };

/* What stock needs from a store; transactions and audit are those of issuing. Rules as in
 * issuance_store.h. */
struct stock_store {
    void *self;
    const struct issuance_store *issuance; /* borrowed; over the same database */
    /* Rows of the ledger, by the caller's number; ERR_CONFLICT for a number that is there. */
    enum err (*order_add)(void *self, const struct stock_order *order, struct why *why);
    enum err (*order_get)(
        void *self, const char *request, struct stock_order *order, struct why *why);
    /* The second signature of one that waits for it. */
    enum err (*order_sign)(void *self, const char *request, const char *second, struct why *why);
    /* Adds a run of blanks; ERR_CONFLICT when one of them is known. */
    enum err (*blanks_add)(
        void *self, const struct stock_order *order, enum blank_state state, struct why *why);
    /* Moves those of the run that are in `from` at order->point, and says how many there were; to is
     * at order->other when that is not empty. */
    enum err (*blanks_move)(void *self, const struct stock_order *order, enum blank_state from,
        enum blank_state to, int64_t *moved, struct why *why);
    /* How many of the run are in that state at order->point. */
    enum err (*blanks_count)(void *self, const struct stock_order *order, enum blank_state state,
        int64_t *count, struct why *why);
    /* The first of the run that is known and not in that state at order->point: its serial, state and
     * point. ERR_NOT_FOUND when there is none. */
    enum err (*blank_odd)(void *self, const struct stock_order *order, enum blank_state expected,
        struct stock_count *odd, char point[POINT_MAX + 1], struct why *why);
    /* One entry for each state that occurs at a point; NULL for all points. */
    enum err (*counts)(void *self, const char *point, struct stock_count counts[BLANK_STATES_MAX],
        size_t *count, struct why *why);
    /* What the ledger says was received at a point, less what was sent on; NULL for all points. */
    enum err (*received)(void *self, const char *point, int64_t *received, struct why *why);
    /* The next point after that name which ever had blanks, in the order of names. ERR_NOT_FOUND at
     * the end. */
    enum err (*point_after)(
        void *self, const char *after, char point[POINT_MAX + 1], struct why *why);
};

/* The word of a step on the command line, and the names of a state. Static. */
const char *stock_step_word(enum stock_step step);
const char *blank_state_en(enum blank_state state);
const char *blank_state_zh(enum blank_state state);

/* True when this step waits for a second officer. */
bool stock_needs_second(enum stock_step step);

/* Records an order, and carries it out when one signature is enough; order->done says whether. The
 * ends of the text are the caller's to check by stock_order_fill(). Officers: a maker or one of a
 * service point. */
enum err stock_order_make(const struct stock_store *store, const struct registry_store *registry,
    struct stock_order *order, struct why *why);

/* The second signature of an order that waits, and its carrying out; *order says what it was. An
 * order that this officer has signed already answers as before. ERR_NOT_FOUND: no such request. */
enum err stock_sign(const struct stock_store *store, const struct registry_store *registry,
    const char *request, const char *officer, struct stock_order *order, struct why *why);

/* Copies text into a member of an order; ERR_INVALID, and the name of what was too long. */
enum err stock_word(
    char *to, size_t room, const char *from, const char *what_it_is, struct why *why);

/* The equation of stock 5 at one point, or of the whole city. */
struct stock_balance {
    int64_t received; /* the ledger's */
    int64_t coming, stored, out, good, spoiled, destroyed;
};

/* Reads both sides. point NULL: all points together. */
enum err stock_balance_read(const struct stock_store *store, const char *point,
    struct stock_balance *balance, struct why *why);

/* ERR_CONFLICT unless stock 5 holds at that point; the story says by how much it does not, or how many
 * are still in production. */
enum err stock_balance_check(
    const struct stock_balance *balance, const char *point, struct why *why);

/* A stock-take: somebody has counted the blanks in the store of a point. Both what was counted and
 * what the rows say go into the audit chain; ERR_CONFLICT when they differ, and the row is kept. */
enum err stock_take(const struct stock_store *store, const char *point, int64_t counted,
    const char *officer, struct why *why);

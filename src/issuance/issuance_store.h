/* What issuing needs from a store: named functions, no SQL. stores/sql/issuance_rows.h offers
 * it.
 *
 * begin() to commit() is one transaction, and it may span other stores of the same database; scopes
 * nest, the outermost decides. WORK_SCOPE abandons whatever was not committed, on every way out. A
 * function that changes a state names the state that it expects: when the row is in another one,
 * nothing changes and the answer is ERR_CONFLICT. Things not there: ERR_NOT_FOUND, and what was to
 * come out is untouched. ERR_OUTSIDE: the medium failed; give the scope up. What goes in is
 * borrowed for the call. One thread at a time.
 *
 * Which steps exist is machine.h's to say; a store knows none of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/why.h"
#include "issuance/machine.h"
#include "registry/registry.h"

/* Bytes of an identification, letters of the words, bytes of a place's label with its end. */
enum {
    CARD_ID_LEN = 16,
    POINT_MAX = 16,   /* letters of a service point's code */
    OFFICER_MAX = 32, /* letters of an officer's name */
    REASON_MAX = 240,
    BOX_PLACE_MAX = 64,
};

/* 申领类别 and its source, as live systems code them. [system.md 4.0] */
enum application_kind { APPLY_NEW = 1, APPLY_LOST = 5, APPLY_EXCHANGE = 6, APPLY_WARRANTY = 7 };

/* 优先级: what a batch is made for; one batch holds one of them. [system.md 4.0, 4.0.2 step 10] */
enum priority { PRIORITY_NORMAL, PRIORITY_URGENT, PRIORITY_INSTANT, PRIORITY_CENTRE, PRIORITIES };

/* What the officer who looked at an application said of it. */
enum audit_result { AUDIT_OPEN = 0, AUDIT_PASSED = 1, AUDIT_REFUSED = 2, AUDIT_FAILED = 3 };

/* Somebody asks for a card. One person has one open application at a time. */
struct application {
    int64_t id;
    int64_t person;
    enum application_kind kind;
    enum application_state state;
    enum audit_result audit;
    uint32_t day; /* YYYYMMDD */
    char point[POINT_MAX + 1];
    enum priority priority;
};

/* The header of a batch: whose it is, where it goes, how far it is. */
struct batch {
    int64_t id;
    enum batch_state state;
    uint32_t day;
    char point[POINT_MAX + 1];
    char maker[OFFICER_MAX + 1];
    char approver[OFFICER_MAX + 1]; /* empty until approved */
};

/* One card to be made, from its application to the holder's hand. Its number is reserved when the
 * line is made and used when the chip is. */
struct batch_line {
    int64_t batch;
    int32_t seq; /* 1, 2, ... */
    int64_t application;
    int64_t person;
    enum line_state state;
    char card_number[CARD_NUMBER_LEN + 1];
    uint8_t card_factor[8];       /* T6 to TD of the chip; zero until made */
    uint8_t card_id[CARD_ID_LEN]; /* zero until made */
    int32_t box, position;        /* 0, 0 until packed */
    char reason[REASON_MAX + 1];  /* why it failed; empty when it did not */
};

/* How many lines of a batch are in which state. */
struct line_count {
    enum line_state state;
    int64_t count;
};
enum { LINE_STATES_MAX = 16 };

/* A file of a batch, as it went out or came back: the SM3 digest of its bytes, so that it is known when
 * it comes again. way: 2 * enum errand for out, one more for back. [issuance/errand.h] */
struct batch_file {
    int64_t batch;
    int way;
    uint8_t digest[32];
    int32_t lines;
    uint32_t day;
    char officer[OFFICER_MAX + 1];
};

/* The table of functions. self is the store's own and comes first in every call. */
struct issuance_store {
    void *self;
    /* Opens a scope, keeps what was done in the innermost one, or takes it back. After a commit
     * that failed the scope is still open; abandon() belongs to an open scope and cannot fail. */
    enum err (*begin)(void *self, struct why *why);
    enum err (*commit)(void *self, struct why *why);
    void (*abandon)(void *self);
    /* A row of the audit chain, in the same transaction. */
    enum err (*audit)(
        void *self, const char *who, const char *what, const char *subject, struct why *why);

    /* Adds an application; ERR_CONFLICT when the person has an open one. Fills in a->id. */
    enum err (*application_add)(void *self, struct application *a, struct why *why);
    /* By its number. */
    enum err (*application_get)(void *self, int64_t id, struct application *a, struct why *why);
    /* From one state to another, as machine_next() said. */
    enum err (*application_move)(void *self, int64_t id, enum application_state from,
        enum application_state to, struct why *why);
    /* Writes the answer of the audit down; whether it may be given is asked before. */
    enum err (*application_audit)(
        void *self, int64_t id, enum audit_result result, struct why *why);
    /* Up to room applications of a point, applied for and audited: of the highest priority first, then
     * the oldest first. */
    enum err (*applications_waiting)(void *self, const char *point, struct application *list,
        size_t room, size_t *count, struct why *why);

    /* The lowest serial of the range that is free: a released one, else the first that was never
     * taken; ERR_NOT_FOUND when the range is used up. It is reserved for the batch. */
    enum err (*number_reserve)(void *self, int64_t batch, uint32_t *serial, struct why *why);
    /* State of a serial and the batch that reserved it; ERR_NOT_FOUND when it was never taken. */
    enum err (*number_get)(
        void *self, uint32_t serial, enum number_state *state, int64_t *batch, struct why *why);
    enum err (*number_move)(
        void *self, uint32_t serial, enum number_state from, enum number_state to, struct why *why);

    /* Adds a batch and fills in b->id. */
    enum err (*batch_add)(void *self, struct batch *b, struct why *why);
    /* By its number. */
    enum err (*batch_get)(void *self, int64_t id, struct batch *b, struct why *why);
    /* The first batch whose number is above after: numbers may have gaps, for a database keeps those
     * of transactions that were taken back. ERR_NOT_FOUND when there is none. */
    enum err (*batch_after)(void *self, int64_t after, struct batch *b, struct why *why);
    enum err (*batch_move)(
        void *self, int64_t id, enum batch_state from, enum batch_state to, struct why *why);
    /* Who approved it; the table refuses the officer who made it. */
    enum err (*batch_approver)(void *self, int64_t id, const char *officer, struct why *why);
    /* The last batch that is neither closed nor cancelled; ERR_NOT_FOUND when there is none. */
    enum err (*batch_open)(void *self, const char *point, struct batch *b, struct why *why);

    /* ERR_CONFLICT when the number or the application stands in another line that counts. */
    enum err (*line_add)(void *self, const struct batch_line *line, struct why *why);
    /* By its batch and its place there. */
    enum err (*line_get)(
        void *self, int64_t batch, int32_t seq, struct batch_line *line, struct why *why);
    /* The line that holds this card number; cancelled lines are passed over. */
    enum err (*line_of_card)(
        void *self, const char *card_number, struct batch_line *line, struct why *why);
    /* Lines of a batch with seq above after, in order. *count is the room of the list at first,
     * then how many came; 0 at the end. */
    enum err (*lines_after)(void *self, int64_t batch, int32_t after, struct batch_line *list,
        size_t *count, struct why *why);
    /* Expects the line in line->state; batch and seq say which one it is. */
    enum err (*line_move)(void *self, const struct batch_line *line, enum line_state to,
        const char *reason, struct why *why);
    /* Which chip the line became; ERR_CONFLICT when another line has it. */
    enum err (*line_chip)(void *self, int64_t batch, int32_t seq, const uint8_t factor[8],
        const uint8_t card_id[CARD_ID_LEN], struct why *why);
    /* Box and position, both from 1. */
    enum err (*line_place)(
        void *self, int64_t batch, int32_t seq, int32_t box, int32_t position, struct why *why);
    /* One entry for each state that occurs among the lines of a batch. */
    enum err (*line_counts)(void *self, int64_t batch, struct line_count counts[LINE_STATES_MAX],
        size_t *count, struct why *why);

    /* One file for each way of a batch; ERR_CONFLICT when it has one. */
    enum err (*file_add)(void *self, const struct batch_file *file, struct why *why);
    /* By batch and way. */
    enum err (*file_get)(
        void *self, int64_t batch, int way, struct batch_file *file, struct why *why);
};

/* A transaction as a scope: left in any way without work_commit(), it is rolled back. */
struct work {
    const struct issuance_store *store; /* NULL once there is nothing to abandon */
};

/* Abandons the scope if it is still open; WORK_SCOPE() calls it at its end. */
void work_leave(struct work *work);
#define WORK_SCOPE(name) __attribute__((cleanup(work_leave))) struct work name = {NULL}

/* Begins it; the store is borrowed until the end of the scope. */
enum err work_begin(struct work *work, const struct issuance_store *store, struct why *why);

/* Keeps what was done; after a failure, leaving the scope takes everything back. */
enum err work_commit(struct work *work, struct why *why);

/* What orders of cards need beside issuance_store.h: fees, priorities, and the ranges of the city's card
 * numbers. [system.md 4.0, 4.2.1, 4.4.4; decision 0062]
 *
 * No SQL here: stores/sql/issuance_order_rows.h offers it, over the same database as the issuance store, whose
 * begin() to commit() is the transaction and whose audit() is the chain. ERR_NOT_FOUND: no such thing;
 * ERR_CONFLICT: it is in another state than the caller says; ERR_OUTSIDE: the keeper failed. Money is fen,
 * days are YYYYMMDD. One thread at a time. */
#pragma once

#include "issuance/numbers.h"
#include "registry/registry.h"

enum { FEE_RECEIPT_ROOM = 33 }; /* bytes of the number of a receipt or a paper, with its end */

/* 已缴费: what an application costs. It is settled when it is paid or waived; until then no batch takes it. */
struct fee {
    int64_t application;
    int64_t fen;
    uint32_t settled;               /* the day, or 0 */
    char receipt[FEE_RECEIPT_ROOM]; /* of the payment; empty when it was waived */
    char waived[REASON_MAX + 1];    /* why, or empty */
    char officer[OFFICER_MAX + 1];
    char second[OFFICER_MAX + 1]; /* the approver who waived it, or empty */
};

/* The city's numbers of one letter: serials 1 to last; next is the first that was never taken. */
struct number_range {
    char letter;
    uint32_t last, next;
};

/* The numbers of a letter that were taken once, by what they are now. */
struct number_counts {
    int64_t released, reserved, used, locked;
};

enum range_decision { RANGE_WAITS, RANGE_AGREED, RANGE_REFUSED };

/* A range that the ministry or the province granted, entered by one officer and decided by another. */
struct range_request {
    int64_t id;
    char letter;
    uint32_t last;
    uint32_t day;
    enum range_decision decision;
    char letter_no[FEE_RECEIPT_ROOM]; /* number of the paper that grants it */
    char officer[OFFICER_MAX + 1], second[OFFICER_MAX + 1];
};

struct order_store {
    void *self;
    const struct issuance_store *issuance; /* borrowed; over the same database */

    /* ERR_CONFLICT when the application has one. */
    enum err (*fee_add)(void *self, const struct fee *fee, struct why *why);
    enum err (*fee_get)(void *self, int64_t application, struct fee *out, struct why *why);
    /* Writes how it was settled; ERR_CONFLICT when it is already, or another has the receipt. */
    enum err (*fee_settle)(void *self, const struct fee *fee, struct why *why);

    /* Expects the application to wait for its batch. */
    enum err (*priority_put)(void *self, int64_t application, enum priority to, struct why *why);

    /* The next letter behind that one; '\0' before the first. */
    enum err (*range_after)(void *self, char letter, struct number_range *out, struct why *why);
    /* Opens a letter, or moves its last serial. */
    enum err (*range_put)(void *self, const struct number_range *range, struct why *why);
    enum err (*range_counts)(void *self, char letter, struct number_counts *out, struct why *why);

    /* Fills in its number. */
    enum err (*request_add)(void *self, struct range_request *request, struct why *why);
    enum err (*request_get)(void *self, int64_t id, struct range_request *out, struct why *why);
    /* The next that waits, behind that number. */
    enum err (*request_after)(
        void *self, int64_t after, struct range_request *out, struct why *why);
    /* Writes decision and second; it must wait. */
    enum err (*request_decide)(void *self, const struct range_request *request, struct why *why);
};

/* Who works on an order, and when. Borrowed. */
struct order_desk {
    const struct order_store *store;
    const struct registry_store *registry; /* over the same database */
    const char *officer, *second;          /* second: where two are asked for, else NULL */
    uint32_t day;
};

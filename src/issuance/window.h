/* A service window 窗口: who stands behind it, and what its parts have in common. */
#pragma once

#include "issuance/box.h"
#include "issuance/order_store.h"
#include "issuance/window_store.h"

/* Who does it, when, and over which stores. Borrowed for the call. */
struct window_desk {
    struct point_desk at;             /* officers, moment, boxes, registry */
    const struct window_store *store; /* over the same database */
    const struct order_store *orders; /* fees; NULL where nobody asks about them */
};

/* An officer of a service point. ERR_DENIED otherwise. */
enum err window_officer(const struct window_desk *desk, struct why *why);

/* The same, and a second person, an approver. */
enum err window_two(const struct window_desk *desk, struct why *why);

/* A row of the audit chain: what happened to which thing, by its number: "card B00000012". */
enum err window_note(const struct window_desk *desk, const char *what, const char *thing,
    const char *number, struct why *why);

/* Whole days from one day to a later or equal one. */
int32_t days_between(uint32_t from, uint32_t to);

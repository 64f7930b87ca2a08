/* Days in parts of a centre that is open (clearing/partition_take.h): its folder segments/, its
 * store, and what
 * other commands of the day have to know of them. */
#pragma once

#include "apps/day_desk.h"
#include "clearing/day_proof.h"
#include "clearing/partition_take.h"
#include "stores/sql/clearing_parts.h"

/* Opened beside a desk, whose database it borrows. */
struct day_parts {
    struct sql_parts *rows;
    struct parts_store store;
    char folder[PATH_ROOM]; /* DIR/segments, which is made when the centre has none */
};

/* Opens the days in parts of the centre in dir, whose desk is open. ERR_INVALID: the directory's
 * name is too
 * long; ERR_OUTSIDE as db_prepare() and files_make_folder(). */
enum err day_parts_open(
    struct day_parts *parts, struct day_desk *desk, const char *dir, struct why *why);
void day_parts_close(struct day_parts *parts);
#define DAY_PARTS_SCOPE(name)                                                                      \
    __attribute__((cleanup(day_parts_close))) struct day_parts name = {.rows = NULL}

/* OK when a file may be taken by itself into the open day; ERR_CONFLICT says why not. */
enum err day_parts_allow_file(struct day_desk *desk, struct why *why);

/* ERR_CONFLICT for a day that was taken in parts: `what` (a sentence's beginning) needs every
 * record as a
 * row. */
enum err day_parts_forbid(struct day_desk *desk, uint32_t day, const char *what, struct why *why);

/* ERR_CONFLICT for a card that bought on a day in parts. */
enum err day_parts_forbid_card(
    struct day_desk *desk, const uint8_t factor[FACTOR_LEN], struct why *why);

/* Proves a day in parts: its segments against the store as parts_prove_books() does, net against
 * the books,
 * the payout list against net, the trial balance. Loads, and the decisions of two officers, count
 * as the
 * store has them. ERR_NOT_FOUND when the day was not taken in parts. */
enum err day_parts_prove(
    struct day_desk *desk, const char *dir, uint32_t day, struct day_proof *out, struct why *why);

/* The centre's end of all lines, without the lines: bytes come in, bytes go out. [decision 0052]
 *
 * Whoever has the sockets (api/line_server.h) calls
 *
 *     line = online_came(hall, &out);            the greeting is in out
 *     used = online_take(hall, line, came, &out) for as long as it uses something
 *     online_settle(hall);                       one transaction; every answer is in its line's out
 *     online_gone(hall, line);
 *
 * hall 1: nothing is decided for a line that has not signed in with the key of its terminal, and
 *         nothing that is not sealed with the key of the connection.
 * hall 2: a question is taken only when its answer has room in out: who does not read is not asked
 *         for more, and costs nobody else anything.
 * hall 3: an answer is written to out after its group was kept, never before (group 1). When the
 *         store failed, each of the group is told so: nothing happened, it may be asked again.
 * hall 4: a line is of one day: its key is. When the day is over, the line ends and signs in anew.
 *
 * One thread. Nothing here waits for a line; the vault and the store are asked where they stand. */
#pragma once

#include "clearing/online_group.h"

struct online_hall;
struct online_visitor; /* one line */

/* What the hall needs from outside. */
struct online_outside {
    void *self;
    /* The host's moment: BCD YYYYMMDDHHMMSS. */
    void (*moment)(void *self, uint8_t now[MOMENT_LEN]);
    /* Fills room with bytes that nobody can foresee; false when the system has none. */
    bool (*chance)(void *self, uint8_t *room, size_t len);
};

/* What has happened since the hall was opened. */
struct online_counts {
    uint64_t lines, turned_away;             /* that came; that were ended for what they said */
    uint64_t groups, asked, refused, failed; /* groups kept; questions; of them refused; not kept */
    size_t largest;                          /* group */
};

/* A hall over the clearing, which is copied; what it and *outside point to is borrowed. NULL when
 * there is no memory. online_hall_free() ends it when all visitors are gone; NULL does nothing. */
struct online_hall *online_hall_new(
    const struct clearing *clearing, const struct online_outside *outside);
void online_hall_free(struct online_hall *hall);

/* A line has come; NULL, and nothing in out, when it cannot be served (no memory, no chance). out
 * needs room for ONLINE_GREETING_LEN bytes. */
struct online_visitor *online_came(struct online_hall *hall, struct builder *out);

/* Takes one frame from the bytes that came. How many it used; 0 when none is whole yet, the group
 * is full or out has no room for an answer: settle, send, come again. -1: the line has to be ended,
 * after what is in out. out must be the same at each call and stay where it is until online_gone():
 * the answer is put there by online_settle(). */
long online_take(struct online_hall *hall, struct online_visitor *visitor, struct bytes came,
    struct builder *out);

/* Decides everything that was taken and puts the answers into the lines' outs. */
void online_settle(struct online_hall *hall);

/* The line has ended. What it has asked and was not yet settled is dropped: nobody would hear. */
void online_gone(struct online_hall *hall, struct online_visitor *visitor);

/* True when the visitor has signed in. */
bool online_signed_in(const struct online_visitor *visitor);

/* What has happened so far; borrowed. */
const struct online_counts *online_counted(const struct online_hall *hall);

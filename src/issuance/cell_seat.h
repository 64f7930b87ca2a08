/* A seat of a production cell: one reader, one vault, one thread. For issuance/cell*.c only. */
#pragma once

#include "issuance/cell.h"

/* Makes one piece in a seat and finds out what became of it: piece->fate, and piece->why beside
 * every fate but a good one. False when the seat cannot go on. */
bool seat_make(const struct cell *cell, const struct production_run *run, unsigned seat,
    struct cell_piece *piece);

/* Pieces that are in the machine together, and the threads at work on them. */
struct cell_group {
    const struct cell *cell;
    const struct production_run *run;
    struct cell_piece *pieces; /* CELL_CARDS_AT_ONCE of them */
    size_t count;
    struct seat_thread *threads; /* CELL_SEATS_MAX of them */
    unsigned started;
    _Atomic size_t next; /* the next piece that no seat has */
};

/* Allocates the pieces; the rest is as memory is when it is new. group_close() wipes and frees. */
enum err group_open(struct cell_group *group, const struct cell *cell,
    const struct production_run *run, struct why *why);
void group_close(struct cell_group *group);

/* Starts a thread for each seat; ERR_OUTSIDE when not even one could be started. */
enum err group_start(struct cell_group *group, struct why *why);
/* Waits for all of them. What no seat could begin is FATE_OPEN. */
void group_wait(struct cell_group *group);

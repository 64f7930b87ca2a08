/* A seat of a production cell: one reader, and the vault that it asks; and the hands, threads that attend
 * to seats. For issuance/cell*.c only. */
#pragma once

#include "issuance/cell.h"

/* Where a piece is made. */
struct seat_at {
    const struct cell *cell;
    const struct production_run *run;
    unsigned seat;
    const struct vault *vault; /* its hand's, or what a round gives it */
};

/* Makes one piece in a seat and finds out what became of it: piece->fate, and piece->why beside
 * every fate but a good one. False when the seat cannot go on. */
bool seat_make(const struct seat_at *at, struct cell_piece *piece);

/* Pieces that are in the machine together, and the hands at work on them. */
struct cell_group {
    const struct cell *cell;
    const struct production_run *run;
    struct cell_piece *pieces; /* CELL_CARDS_AT_ONCE of them */
    size_t count;
    struct hand *hands; /* CELL_HANDS_MAX of them */
    unsigned started;
    _Atomic size_t next; /* the next piece that no seat has */
};

/* Allocates the pieces, and what hands with several seats need; the rest is as memory is when it is
 * new. group_close() wipes and frees, also after a failure. */
enum err group_open(struct cell_group *group, const struct cell *cell,
    const struct production_run *run, struct why *why);
void group_close(struct cell_group *group);

/* Starts a thread for each hand; ERR_OUTSIDE when not even one could be started. */
enum err group_start(struct cell_group *group, struct why *why);
/* Waits for all of them. What no seat could begin is FATE_OPEN. */
void group_wait(struct cell_group *group);

/* Several seats of a cell in one thread: each works on its own card, as if alone, and what they want to
 * know from the vault is asked together. For issuance/cell*.c only. [decision 0054]
 *
 *     seat 0  command, command, ask --+                +-- go on ...
 *     seat 1  command, ask -----------+-- one request -+-- go on ...
 *     seat 2  command, ask -----------+                +-- go on ...
 *
 * A seat of a round has a vault that looks like any other. Its functions for proofs, MACs and wrapped
 * keys pause the seat until all seats of the round ask for something or have come to their end; then the
 * questions go to the real vault in one message, and each seat goes on with its answer. All other
 * functions, those that take or give a PIN among them, go through at once. */
#pragma once

#include "host/fiber.h"
#include "keys/vault_job.h"

enum { ROUND_SEATS_MAX = 64 };

/* A seat of the round: where its work pauses, and the vault that it sees. */
struct round_seat {
    struct round *round;
    struct fiber *fiber;
    struct vault vault;    /* its self is this struct */
    struct vault_job *job; /* what it waits for; NULL when it does not */
};

/* The round of one thread. */
struct round {
    const struct vault *vault; /* the real one; borrowed */
    struct round_seat seats[ROUND_SEATS_MAX];
    unsigned count;
    struct vault_job
        *jobs;     /* two arrays of ROUND_SEATS_MAX: the questions, and the answers before */
    size_t asked;  /* questions so far */
    unsigned turn; /* which array has the questions: 0 or 1 */
};

/* Makes the fibers of count seats (1 to ROUND_SEATS_MAX) over a vault. round_close() ends it, also
 * after a failure: ERR_OUTSIDE without memory. The struct must stay where it is. */
enum err round_open(
    struct round *round, const struct vault *vault, unsigned count, struct why *why);
void round_close(struct round *round);

/* Runs work(selves[i]) in seat i, all in turn, until each has returned. */
void round_run(struct round *round, void (*work)(void *self), void *const *selves);

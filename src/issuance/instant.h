/* Instant cards 即时制卡: ordered, made and handed out while the person waits. [system.md 4.2.5;
 * decision 0041]
 *
 *     begun -> ordered -> written -> printed -> returned -> enabled
 *       \---------\-> given up                      \-> recycled
 *
 * Instant invariants:
 *
 *   1. A person has one open job. Each step that is done is saved with what it did, in one transaction;
 *      a job that is begun again goes on behind its last step.
 *   2. A job is locked for whoever works on it, for instant-lock-seconds; a step that fails releases the
 *      lock at once, and so does instant_leave(). The same officer gets his own lock again.
 *   3. A chip that could not be written is spoiled in the stock of the point; the number stays, and the
 *      next blank gets it. A chip that was written when the program was killed is found good, not made
 *      twice.
 *   4. What could not be printed or sent back stays at its step and is tried again: the card stays inside.
 *   5. A card that nobody takes is taken back and cancelled as 96, by two officers.
 *
 * Every step takes the job by the struct that instant_begin() filled, and keeps it up to date. Errors:
 * ERR_CONFLICT: another step is due, somebody else has the lock, the person has a card in use, or chip
 * or blank are not what they should be; ERR_DENIED: an officer may not; ERR_OUTSIDE: reader, vault or
 * store have gone. The job then says so in job->trouble, too. */
#pragma once

#include "issuance/personalise.h"
#include "issuance/stock.h"
#include "issuance/window.h"

enum instant_step {
#define STEP(member, code, zh, en) member = (code),
#include "issuance/instant.def"
};

/* Who works, on what. Borrowed for the call; reader and vault are needed for writing and enabling only. */
struct instant_desk {
    struct window_desk window; /* an officer of the point, and an approver */
    const struct stock_store *stock;
    const struct reader *reader;
    const struct vault *vault;
    const struct taker *guardian; /* who takes the card of a holder under 16; else NULL */
    const char *point;            /* where blanks are, and where the person stands */
    uint32_t region;              /* 440100 */
    uint32_t valid_years;         /* of a card */
    enum key_algorithm purse;     /* of its wallet, as in struct issuer */
    /* The versions of every key, by enum key_name, that the cards of a batch are made with; NULL: the
     * issuer's. keys is its own. [decision 0034] */
    enum err (*versions)(void *keys, int64_t batch, uint8_t *versions, struct why *why);
    void *keys;
    int64_t now; /* seconds since 1970, for the lock */
};

/* The names of a step; static. */
const char *instant_zh(int step);
const char *instant_en(int step);

/* Finds the person's open job, or begins one, and locks it. Refused: a card that is in use or locked
 * (report its formal loss first), a card that waits to be fetched, an application under way. */
enum err instant_begin(
    const struct instant_desk *desk, int64_t person, struct instant_row *job, struct why *why);

/* Application (in place of a lost card: its replacement), audit, batch of one, number, approval. */
enum err instant_order(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* Makes the chip in the reader, reads it back, and books blank, line and number. */
enum err instant_write(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* The face was printed; reason not NULL: it was not, and that is noted. */
enum err instant_print(
    const struct instant_desk *desk, struct instant_row *job, const char *reason, struct why *why);

/* Sends the result back: the registry gets the card, the batch is stored. */
enum err instant_return(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* The holder's own PIN, six digits; the card is handed over and enabled, an old one ends. */
enum err instant_enable(
    const struct instant_desk *desk, struct instant_row *job, const char *new_pin, struct why *why);

/* Nobody took the card. */
enum err instant_recycle(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* The person went away before a chip was made: number and batch are free again. */
enum err instant_give_up(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* Lets go of the lock; a job that is not ours is left alone. */
enum err instant_leave(const struct instant_desk *desk, struct instant_row *job, struct why *why);

/* For the files of this part: the line of the job's batch. */
enum err instant_line(const struct instant_desk *desk, const struct instant_row *job,
    struct batch_line *line, struct why *why);

/* For the files of this part: checks lock and step, does the deed in one transaction with the row that
 * says so, or releases the lock and notes the trouble. deed may be NULL. */
enum err instant_do(const struct instant_desk *desk, struct instant_row *job,
    enum instant_step from, enum instant_step to,
    enum err (*deed)(const struct instant_desk *desk, struct instant_row *job, struct why *why),
    struct why *why);

/* For the files of this part: writes what went wrong, and lets go of the lock. Returns err. */
enum err instant_trouble(
    const struct instant_desk *desk, struct instant_row *job, enum err err, struct why *why);

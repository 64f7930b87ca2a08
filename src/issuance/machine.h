/* States and the events that change them, as tables. [system.md 4.0, 4.0.2, 4.0.3]
 *
 * Four kinds of things have a life in issuing: an application, a card number, a batch, a line of a
 * batch. Each is a machine: names of states and events, and the steps between them; machine.c has
 * their figures. What is not in the table cannot happen; a refusal says what state the thing is in
 * and what it can do from there.
 *
 *     err = machine_next(&batch_machine, b.state, BATCH_DELIVER, &to, why);
 *
 * Everything here is constant and may be read from any thread. What a step asks beside its line in
 * the table (a second officer, a chip, a count) is a guard of whoever takes it. */
#pragma once

#include <stddef.h>

#include "host/why.h"

/* A state or an event: its code, and what people call it. Events are numbered from 0. */
struct machine_name {
    int code; /* of live systems where they have one */
    const char *zh, *en;
};

/* One arrow of the figure. */
struct machine_step {
    int from, event, to;
};

/* The whole figure. */
struct machine {
    const char *thing; /* "application" */
    const struct machine_name *states, *events;
    size_t state_count, event_count;
    const struct machine_step *steps; /* in the order in which a refusal names them */
    size_t step_count;
};

/* Writes the next state to *to; ERR_CONFLICT, and *to untouched, when the table has no such step.
 * from may be anything that a row said: a code that the table does not hold has no step. */
enum err machine_next(const struct machine *m, int from, int event, int *to, struct why *why);

/* English and Chinese names; "unknown" and "未知" for a code that the table does not hold. Static. */
const char *machine_state_en(const struct machine *m, int state);
const char *machine_state_zh(const struct machine *m, int state);
const char *machine_event_en(const struct machine *m, int event);

/* 申请状态 and its events. [system.md 4.0, variable D] */
enum application_state {
    APPLICATION_APPLIED = 0,
    APPLICATION_WITHDRAWN = 1,
    APPLICATION_SUCCEEDED = 2,
    APPLICATION_FAILED = 3,
    APPLICATION_TROUBLED = 4,
    APPLICATION_IN_WORK = 5,
    APPLICATION_TROUBLE_SOLVED = 6,
    APPLICATION_TROUBLE_LOST = 7,
};
/* What happens to an application, in the order of its table. */
enum application_event {
    APPLICATION_BATCH, /* taken into a batch */
    APPLICATION_WITHDRAW,
    APPLICATION_SUCCEED, /* card handed out */
    APPLICATION_FAIL,
    APPLICATION_TROUBLE, /* something for a person to look at */
    APPLICATION_SOLVE,
    APPLICATION_GIVE_UP,
};
extern const struct machine application_machine;

/* State of a card number. A used one never comes back. [system.md 4.0] */
enum number_state { NUMBER_FREE = 0, NUMBER_RESERVED = 1, NUMBER_USED = 2, NUMBER_LOCKED = 3 };
/* What happens to a number; LOCK keeps one out of use, for whatever reason. */
enum number_event { NUMBER_RESERVE, NUMBER_RELEASE, NUMBER_USE, NUMBER_LOCK, NUMBER_UNLOCK };
extern const struct machine number_machine;

/* Header of a batch. [system.md 4.0.2] 20 and 21 are walked by cards with a bank account only. */
enum batch_state {
    /* At the centre, before anything is made: only here can it still be cancelled. */
    BATCH_MADE = 10,
    BATCH_APPROVED = 15,
    /* With others, who send back what came of it. */
    BATCH_BANK_OUT = 20,
    BATCH_BANK_BACK = 21,
    BATCH_MAKER_OUT = 30,
    BATCH_MAKER_BACK = 31,
    BATCH_KEYS_OUT = 40,
    BATCH_KEYS_BACK = 41,
    /* Finished cards on their way to their holders. */
    BATCH_PACKED = 45,
    BATCH_DELIVERED = 50,
    BATCH_STORED = 55,
    BATCH_CLOSED = 60,
    BATCH_CANCELLED = 99,
};
/* What happens to a batch, in the order of its table. */
enum batch_event {
    BATCH_APPROVE, /* by a second officer */
    BATCH_CANCEL,
    BATCH_TO_BANK,
    BATCH_FROM_BANK,
    BATCH_TO_MAKER,
    BATCH_FROM_MAKER,
    BATCH_TO_KEYS,
    BATCH_FROM_KEYS,
    BATCH_PACK,
    BATCH_DELIVER,
    BATCH_STORE,
    BATCH_CLOSE,
    BATCH_RESTORE,      /* one state back, whose outputs nobody has yet 还原 */
    BATCH_RESTORE_KEYS, /* the same for a batch that was with the initialising centre */
};
extern const struct machine batch_machine;

/* A line of a batch: one card to be made. 90, 95, 96 and 99 are ours: taken back,
 * destroyed, missing, cancelled with its batch or taken on by a remake batch. */
enum line_state {
    /* Before the chip. */
    LINE_IN_BATCH = 10,
    LINE_ACCOUNT = 20,
    LINE_NO_ACCOUNT = 21,
    LINE_ACCOUNT_MISMATCH = 22,
    /* The chip was tried; 31 and 32 have none that counts. */
    LINE_MADE = 30,
    LINE_FAILED = 31,
    LINE_ODD = 32,
    /* The chip was read back. */
    LINE_FINISHED = 40,
    LINE_KEYS_WRONG = 41,
    /* Ends, but for a card taken back, which is then destroyed. */
    LINE_HANDED_OUT = 60,
    LINE_RECOVERED = 90,
    LINE_DESTROYED = 95,
    LINE_MISSING = 96, /* not in its box: written off by two, reported to the police */
    LINE_CANCELLED = 99,
};
/* What happens to a line, in the order of its table. */
enum line_event {
    /* What the machine finds out. */
    LINE_MAKE,   /* the chip took every command */
    LINE_FAIL,   /* it did not */
    LINE_DOUBT,  /* nobody knows: the reader or the card went away in the middle */
    LINE_PASS,   /* read back, every byte and every key right */
    LINE_REJECT, /* read back, something differs */
    /* What people do. */
    LINE_HAND_OUT,
    LINE_RECOVER, /* came back unclaimed or wrong */
    LINE_DESTROY, /* before two persons */
    LINE_REMAKE,  /* once more, with a fresh blank and the same number */
    LINE_CANCEL,  /* with its batch; number and application are free again */
    /* What the bank answers, for cards with an account. */
    LINE_OPENED,   /* there is an account */
    LINE_UNOPENED, /* there is none: the line ends without a card */
    LINE_MISMATCH, /* the account is another's: likewise */
    /* What may go wrong at the point, and what goes on elsewhere. */
    LINE_MISS,  /* two officers say that the card is not there */
    LINE_BACK,  /* a unit or the post brought a card back that was never enabled */
    LINE_LEAVE, /* a remake batch takes its application over, and its number where no chip has it */
};
extern const struct machine line_machine;

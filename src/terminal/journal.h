/* What a terminal must not forget: an append-only file, one record for each step of each trade.
 *
 * A trade is known by its ticket, sixteen bytes that the caller chose. The journal answers what has
 * become of a ticket: its latest record counts. Tickets go
 *
 *     nothing --> PENDING --> DONE        the card was debited (or credited) and proved it
 *        |           |------> UNTOLD ---> DONE    a load is on the card; the centre must hear it
 *        |           |------> VOID        the card showed that nothing happened; may begin again
 *        |           |------> DOUBTFUL    the card's proof is gone; the centre must settle it
 *        '-----------'------> REFUSED     somebody said no, and nothing happened
 *
 * and nothing else is taken.
 *
 * 1. A PENDING record is in the file before the command goes to the card; with `durable`, it is on
 *    the disk. Without, journal_sync() promises it later: for rehearsals that sync once a step.
 * 2. Every record carries its own checksum. A tail that was torn by a power cut is cut off at
 *    opening; a bad record with good ones after it is damage, and such a journal is not opened.
 * 3. After a failed write or sync the journal takes nothing more until it is opened again: what is on
 *    the disk is unknown, and a second attempt may lie.
 * 4. One process holds a journal at a time. One thread at a time in it. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "host/why.h"
#include "terminal/centre_line.h"

/* Where a ticket stands; the values are those in the file. */
enum journal_state {
    TICKET_NEW = 0, /* never in the file */
    TICKET_PENDING = 1,
    TICKET_DONE = 2,
    TICKET_VOID = 3,
    TICKET_DOUBTFUL = 4,
    TICKET_REFUSED = 5,
    TICKET_UNTOLD = 6, /* a load: the TAC is in the record, its confirmation did not get through */
};

/* What is known of a trade beside its state: bits of journal_record.flags. */
enum journal_flag {
    JOURNAL_ONLINE = 1,     /* the centre was asked and agreed */
    JOURNAL_RECOVERED = 2,  /* completed by GET TRANSACTION PROVE */
    JOURNAL_MAC2_GOOD = 4,  /* the security module checked the card's proof */
    JOURNAL_MAC2_WRONG = 8, /* it did, and the proof was false */
};

/* One trade, as far as it has come. The caller fills it in; the journal looks at ticket, state,
 * trade, flags, factor, amount and moment, and keeps the rest for whoever asks. */
struct journal_record {
    uint8_t ticket[TICKET_LEN];
    enum journal_state state;
    enum trade trade; /* TRADE_EP_PURCHASE, TRADE_EP_LOAD or TRADE_MEDICAL_PURCHASE */
    uint8_t reason;   /* enum refusal when REFUSED, else 0 */
    uint8_t flags;    /* journal_flag */
    uint8_t attempt;  /* how often this ticket was VOID before */
    uint8_t factor[FACTOR_LEN];
    uint8_t
        issuer[UPLOAD_ISSUER_LEN]; /* of the card, as its wallet says; zeros of a medical trade */
    uint32_t total;                /* of a medical trade: the whole bill, fen; else 0 */
    uint32_t amount;               /* fen */
    uint32_t balance;              /* before the trade */
    uint16_t number;               /* the card's transaction number before the trade */
    uint8_t key_version, algorithm;
    uint8_t terminal[TERMINAL_LEN];
    uint32_t terminal_seq; /* of the security module; 0 for a load */
    uint8_t moment[MOMENT_LEN];
    uint8_t mac1[MAC_LEN], tac[MAC_LEN];
    uint32_t batch; /* the upload it went with; 0 before. Kept by the journal. */
};

struct journal;

/* Opens or makes the journal of one terminal; *out is the caller's to close, and NULL after a
 * failure. ERR_CONFLICT when the file belongs to another terminal or another process holds it,
 * ERR_INVALID when it is no journal or damaged: the file is then left as it is. ERR_OUTSIDE when
 * disk or memory fail. */
enum err journal_open(const char *path, const uint8_t terminal[TERMINAL_LEN], bool durable,
    struct journal **out, struct why *why);

/* NULL does nothing. Says nothing about the disk: journal_sync() before, where it matters. */
void journal_close(struct journal *j);

/* Bytes that opening cut off the end, 0 as a rule. */
size_t journal_torn_bytes(const struct journal *j);

/* --- tickets ------------------------------------------------------------------------------------ */

/* The latest record of a ticket, borrowed until the next journal_put(); NULL for a new ticket. */
const struct journal_record *journal_find(
    const struct journal *j, const uint8_t ticket[TICKET_LEN]);

/* Appends a record; batch in it is not looked at. ERR_CONFLICT, and nothing written, when the ticket
 * cannot go to this state from where it is; ERR_OUTSIDE when disk or memory fail: then the ticket is
 * where it was, as far as this program is concerned, and the next opening tells what the disk has. */
enum err journal_put(struct journal *j, const struct journal_record *r, struct why *why);

/* Everything so far is on the disk when this returns OK. A failure is final: see 3. */
enum err journal_sync(struct journal *j, struct why *why);

/* Tickets in the order of their first record; NULL past the end. Borrowed like journal_find()'s. */
size_t journal_count(const struct journal *j);
const struct journal_record *journal_at(const struct journal *j, size_t index);

/* The oldest PENDING ticket of a card, or NULL. */
const struct journal_record *journal_pending_of(
    const struct journal *j, const uint8_t factor[FACTOR_LEN]);

/* The oldest UNTOLD load, or NULL. */
const struct journal_record *journal_untold(const struct journal *j);

/* PENDING tickets of all cards: what must be 0 before a day is settled. */
size_t journal_pending_count(const struct journal *j);

/* What this terminal has sold without asking on a day YYYYMMDD, in fen: offline purchases that are
 * DONE, or may turn out to be (PENDING, DOUBTFUL). */
int64_t journal_offline_fen(struct journal *j, uint32_t day);

/* --- uploads ------------------------------------------------------------------------------------ */

/* A batch is what one upload file holds: every purchase that was DONE when the batch was opened, or
 * DOUBTFUL with a TAC that the centre can judge, and in no batch before. It never changes
 * afterwards, so its file can be written again, byte for byte.
 *
 * Opens the next batch for a business day and answers its number; when the last batch has not been
 * confirmed yet, answers that one and its own day again. *batch is 0 when there is nothing to
 * upload. */
enum err journal_batch_open(
    struct journal *j, uint32_t day, uint32_t *batch, uint32_t *batch_day, struct why *why);

/* The centre has registered the batch. Confirming twice is OK; a batch never opened is
 * ERR_NOT_FOUND. */
enum err journal_batch_confirm(struct journal *j, uint32_t batch, struct why *why);

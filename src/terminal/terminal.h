/* A terminal: a security module, a journal, a blacklist, perhaps a line to the centre. It sells
 * against the wallet of a card, or takes a bill from its medical account, loads the wallet, and finds out what became of a trade that was cut short.
 *
 * A trade is asked for with a ticket, sixteen bytes of the caller's choice. The same ticket again is
 * answered again and not traded again, whether it came out well or was refused; a ticket with another
 * amount or kind, or one that waits for another card, is ERR_CONFLICT.
 *
 * OK means that the trade is decided: look into the receipt, which holds the record or the reason of
 * the refusal. ERR_OUTSIDE means that it is not: a card was pulled, a module or the line is silent, a
 * disk is full. Then ask again with the same ticket, same card in the reader. Whatever this card left
 * open at this terminal is settled first, always, by GET TRANSACTION PROVE; what another card left
 * open waits for that card. [purse.md 7.2, 7.3; system.md 5.2.1, 6.3.6]
 *
 * What is promised about money: whatever happens to card, module, line, disk and program, the wallet
 * is debited for a ticket once at most, and when it is, one record with the card's own TAC says so;
 * a load that is on the card is in the centre's books, or in the journal as still to be told.
 *
 * Amounts are fen. Moments are BCD YYYYMMDDHHMMSS of the caller's business clock; a terminal has no
 * clock of its own. One thread at a time. */
#pragma once

#include "reader/reader.h"
#include "terminal/journal.h"
#include "terminal/refusal.h"

struct blacklist; /* wire/blacklist.h */

/* What a terminal may do without asking: parameters of the city, in force on the day. */
struct terminal_limits {
    uint32_t offline_each_fen;  /* one purchase without a line; more asks the centre */
    uint32_t offline_day_fen;   /* all of them of one terminal and day; more asks the centre */
    uint32_t list_offline_days; /* a blacklist older than that: nothing without a line */
    uint32_t list_any_days;     /* older than that: nothing at all */
};

/* What a terminal is made of. Everything behind a pointer is borrowed until terminal_close(). */
struct terminal_setup {
    char institution[INSTITUTION_LEN + 1]; /* whose counter it stands on; goes into uploads */
    const struct reader *module;           /* with the PSAM in it */
    const char *journal_path;              /* made when it is not there */
    const struct blacklist *blacklist;     /* NULL: none was ever received, and nothing is sold */
    const struct centre_line *line;        /* NULL: offline */
    struct terminal_limits limits;
    uint8_t city_factor[8]; /* of the cards' city: "440100sx" [card.md 3.7] */
    bool durable;           /* each pending record is on the disk before the card is debited */
    uint8_t medical_key; /* which purchase key of DF04 its module has, as EF1C there says; 0: it has
                             * the wallet's, and takes no bills */
};

struct terminal;

/* Powers the module, opens the journal that belongs to its terminal number. ERR_CONFLICT when the
 * journal is another terminal's, another program's, or the module is none; ERR_INVALID when the
 * journal is damaged; ERR_OUTSIDE when module or disk do not answer. *out is NULL on failure. */
enum err terminal_open(const struct terminal_setup *setup, struct terminal **out, struct why *why);

/* Ends it; module, line and list stay the caller's. What is not on the disk yet is not forced there:
 * terminal_sync() before, where it matters. NULL does nothing. */
void terminal_close(struct terminal *t);

/* The number of the module, and the journal for reading. */
const uint8_t *terminal_number(const struct terminal *t);
const struct journal *terminal_journal(const struct terminal *t);

/* The newest list counts from the next trade on; NULL as in the setup. */
void terminal_set_blacklist(struct terminal *t, const struct blacklist *list);

/* From the next question on; NULL: the line is down. */
void terminal_set_line(struct terminal *t, const struct centre_line *line);

/* Everything so far is on the disk: for a terminal that is not durable, once a step. */
enum err terminal_sync(struct terminal *t, struct why *why);

/* What the holder and the cashier are told. */
struct receipt {
    bool done;                    /* goods may be handed over; or the load is on the card */
    enum refusal reason;          /* why not, when it is not done */
    struct journal_record record; /* as the journal holds it: TAC, flags, card */
    uint16_t sw;                  /* what the card or the module said, where one of them refused */
    struct why story;             /* of a centre that refused; else empty */
};

/* What is asked for. Everything is the caller's and is not kept. */
struct trade_order {
    uint8_t ticket[TICKET_LEN];
    uint32_t amount;
    uint8_t moment[MOMENT_LEN];
    const char *pin; /* of a load; NULL for a purchase */
    uint32_t total;  /* of a medical purchase: the whole bill; else 0 */
};

/* Sells: blacklist, limits, INITIALIZE FOR PURCHASE, 8070, journal, DEBIT, 8072, journal. Powers
 * the card up itself. A receipt that is not done although its record is TICKET_DONE (reason
 * CARD_FALSE) is a card whose proof the module did not believe: no goods, and the centre judges the
 * TAC. [purse.md 4.6, 4.7, 6.3; system.md 5.2.1] */
enum err terminal_purchase(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why);

/* Takes a bill at a hospital's till from the medical account of DF04: of order->total fen, amount fen
 * leave the account. Everything else is as with terminal_purchase(): ticket, list, limits, journal,
 * proof. ERR_INVALID, and nothing happened: the module has no key of DF04, or the account is to pay
 * nothing or more than the bill. [card.md 6.4; decisions 0022, 0055] */
enum err terminal_medical_purchase(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why);

/* Loads: PIN, INITIALIZE FOR LOAD, journal, the centre, CREDIT FOR LOAD, the centre, journal. When
 * the last word to the centre does not get through, the load is done all the same (TICKET_UNTOLD)
 * and is told at the next visit of any card. [purse.md 4.4, 4.5, 7.3] */
enum err terminal_load(struct terminal *t, const struct reader *card,
    const struct trade_order *order, struct receipt *out, struct why *why);

/* What a visit of a card settled: trades that turned out to have happened, not to have happened,
 * and those of which the proof is gone. */
struct settled {
    unsigned done, undone, doubtful;
};

/* Settles what this card left open here, and nothing else; for a counter that is asked "did it go
 * through?". Purchase and load do it unasked. ERR_CONFLICT: the card refuses to tell; what it left
 * open stays open. */
enum err terminal_recover(
    struct terminal *t, const struct reader *card, struct settled *out, struct why *why);

/* An upload file on the disk. */
struct upload_made {
    char path[256];
    uint32_t batch; /* 0 when there was nothing to upload, and no file */
    uint32_t count; /* records */
    int64_t fen;    /* their sum */
};

/* Writes the next upload file into a folder, or the last one again, byte for byte, as long as it is
 * not confirmed. The file is whole or absent, and the journal is on the disk before it. */
enum err terminal_upload(
    struct terminal *t, const char *folder, uint32_t day, struct upload_made *out, struct why *why);

/* The centre has registered it; its records will not be uploaded again. */
enum err terminal_upload_confirm(struct terminal *t, uint32_t batch, struct why *why);

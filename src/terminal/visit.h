/* One card at one terminal, from the moment it is put in: what purchase and load have in common.
 *
 * Inside this folder only. A visit goes: known ticket? who is it? settle what it left open, look at
 * the list, select the wallet. Each step may decide the visit (the receipt is then complete) or
 * fail (nobody knows); the next step is taken only when neither happened.
 *
 * visit 1: before the ticket is PENDING in the journal, nothing was asked of the card that changes
 *          it.
 * visit 2: a decided visit is in the journal, and on the receipt as the journal has it.
 * visit 3: a ticket that an earlier visit left PENDING is closed by the card that began it, or
 * not. */
#pragma once

#include "terminal/psam.h"
#include "terminal/terminal.h"
#include "terminal/wallet.h"

/* What terminal.h keeps opaque: the setup, the module with its session, and the journal. */
struct terminal {
    struct terminal_setup setup;
    struct psam module;
    /* The module keeps the session of the purchase that it began last until its proof was checked:
     * it can still say whether a proof that was fetched later is this purchase's. */
    bool session_open;
    uint32_t session_seq; /* terminal sequence of that purchase */
    struct journal *journal;
};

/* A visit under way. Whoever begins it fills in the first two, the order and out; the rest is
 * zero. */
struct visit {
    struct terminal *terminal;
    const struct reader *card;
    const struct trade_order *order;
    struct journal_record record; /* of this trade, as far as it has come */
    struct receipt *out;
    bool decided;
    uint16_t sw; /* the last status word of a card or module */
};

/* Checks the order, answers a ticket that is decided already, powers the card, settles what it left
 * open, and looks it up in the blacklist. */
enum err visit_begin(struct visit *v, enum trade trade, struct why *why);

/* Selects the wallet; it must be this card's, and valid on the day. */
enum err visit_wallet(struct visit *v, struct why *why);

/* The same, and behind it the medical account when that is what the trade is with. */
enum err visit_account(struct visit *v, struct why *why);

/* The visit ends with a no: journaled, and on the receipt. */
enum err visit_refuse(struct visit *v, enum refusal reason, struct why *why);

/* The same for the status word v->sw of a step. */
enum err visit_refuse_sw(struct visit *v, enum refusal_step step, struct why *why);

/* Puts v->record into the journal in this state; the visit is decided unless it is PENDING. */
enum err visit_put(struct visit *v, enum journal_state state, struct why *why);

/* Has the module check the card's MAC2 while it holds the session of the purchase r, and writes into
 * r->flags what it found; nothing when the session is gone or the module is silent. [purse.md 7.2] */
void module_judge(struct terminal *t, struct journal_record *r, const uint8_t mac2[MAC_LEN]);

/* Is a list of this moment older than so many days? No list is older than anything. */
bool list_older(const struct blacklist *list, uint32_t days, const uint8_t moment[MOMENT_LEN]);

/* Settles everything that a card left open here; it is powered, and nothing is selected. *sw is 9000,
 * or the word with which the card refused to tell. [purse.md 7.2, 7.3] */
enum err settle_card(struct terminal *t, const struct reader *card,
    const uint8_t factor[FACTOR_LEN], struct settled *out, uint16_t *sw, struct why *why);

/* Brings the centre the loads that it has not heard of, as far as the line carries. */
enum err settle_untold(struct terminal *t, struct why *why);

/* The ticket under which the centre knows an attempt at a load. An order that was cancelled is closed
 * for good there; each further attempt is an order of its own. */
void load_ticket(const struct journal_record *r, uint8_t ticket[TICKET_LEN]);

/* What came of telling the centre that a load is on the card: DONE, UNTOLD when the line is down, or
 * DOUBTFUL when the centre does not believe the TAC. A load that is only now proven is VOID when the
 * centre knows that its order is not under way: then the proof is that of another load. */
enum journal_state load_tell(const struct terminal *t, const struct journal_record *r);

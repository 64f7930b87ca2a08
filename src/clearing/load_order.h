/* Online loads (圈存), and the centre's yes to purchases above the offline limit. [purse.md 7.3;
 * system.md 5.2.1]
 *
 *              load_authorise            load_confirm (good TAC)
 *      (none) ----------------> AUTHORISED ----------------------> POSTED
 *                                   |  ^                              ^
 *                       load_cancel |  | (never)      good TAC after  |
 *                                   v                 all             |
 *                               CANCELLED ----------------------------+
 *
 * load 1: money moves from the pool to the card exactly when the card's TAC proves that it was
 *         loaded.
 * load 2: a ticket names one order: sent again it gets the same answer, and other facts under the
 *         same ticket are refused.
 * load 3: a card has one open order at most. An INITIALIZE with the same online number, whose MAC1
 *         is right, is the card's word that the earlier order did not happen: it is cancelled by
 *         it. With a higher number the earlier order must first be confirmed (GET TRANSACTION
 *         PROVE).
 * load 4: a cancelled order whose TAC turns up is posted all the same: the card's proof beats the
 *         terminal's word.
 *
 * Every function is one transaction or none: a question whose answer was lost is asked again. */
#pragma once

#include "clearing/clearing.h"

/* An order is of the wallet (TRADE_EP_LOAD), out of the pool, or of the medical account of DF04
 * (TRADE_MEDICAL_LOAD), out of what the medical insurance paid in: facts.trade says which. The keys are
 * then those of DF04, of whichever cipher makes the card's MAC1 right, and the parameters of wallets do
 * not hold: the account gathers for years, up to the chip's own ceiling. load 3 is of both together: an
 * order that is open for the one must be settled before the other begins. [decisions 0022, 0055]
 *
 * What the terminal sends after INITIALIZE FOR LOAD. */
struct load_request {
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN]; /* right 8 bytes of the card's ASN */
    struct load_facts facts;    /* balance before; the moment does not count: the host's does */
    uint8_t key_version;
    uint8_t random[RANDOM_LEN]; /* the card's */
    uint8_t mac1[MAC_LEN];
};

/* What the terminal takes to the card. */
struct load_answer {
    uint8_t moment[MOMENT_LEN]; /* for CREDIT FOR LOAD */
    uint8_t mac2[MAC_LEN];
};

/* Checks MAC1, the card and the limits, and answers MAC2. now is the host's moment.
 * ERR_DENIED is a refusal that the holder is told: the MAC, the card, the terminal, a limit, an
 * earlier order or the pool forbids it. ERR_CONFLICT when the ticket stands for something else or
 * for an order that was cancelled. */
enum err load_authorise(const struct clearing *c, const struct load_request *request,
    const uint8_t now[MOMENT_LEN], struct load_answer *out, struct why *why);

/* The card's TAC: posts the load. Nothing changes when the TAC is wrong: ERR_DENIED, or ERR_CONFLICT
 * for an order that was cancelled, since the load that the card proves is then another one. */
enum err load_confirm(const struct clearing *c, const uint8_t ticket[TICKET_LEN],
    const uint8_t tac[MAC_LEN], struct why *why);

/* The card gave no proof (9406): nothing happened. A ticket that was never authorised, or is
 * cancelled already, is OK; ERR_CONFLICT when the load is posted. */
enum err load_cancel(const struct clearing *c, const uint8_t ticket[TICKET_LEN], struct why *why);

/* Whether the TAC in the order's row is the one that its card makes over this load: the proof that it
 * was loaded. Asks the vault, and nothing else. */
enum err load_proven(
    const struct clearing *c, const struct load_row *row, bool *proven, struct why *why);

/* What can happen to an order, and the only table of it: ERR_CONFLICT names the state for every
 * pair that the figure above does not show. */
enum load_event { LOAD_CONFIRM, LOAD_CANCEL, LOAD_EVENT_COUNT };
enum err load_next(
    enum load_state from, enum load_event event, enum load_state *to, struct why *why);

/* How the number of a load's posting begins, by the account that it fills: "load FACTOR NUMBER", or
 * "medical-load FACTOR NUMBER". */
const char *load_word(enum account_kind kind);

/* "authorised", "posted", "cancelled". */
const char *load_state_word(enum load_state state);

/* Counts and sums by state, of one business day or (0) of all. */
enum err load_figures_of(const struct clearing *c, uint32_t day,
    struct reason_sum by_state[LOAD_STATE_COUNT], struct why *why);

/* Says yes or no to a purchase above the offline limit and remembers a yes, so that the record
 * that comes later with UPLOAD_ONLINE and this ticket is known. The same approval again is OK; now
 * is the host's moment. ERR_DENIED with the reason when the card may not buy. */
enum err purchase_approve(const struct clearing *c, const struct approval *a,
    const uint8_t now[MOMENT_LEN], struct why *why);

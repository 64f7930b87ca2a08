/* What became of a trade that was cut short: asks the card, tells the centre, closes the ticket.
 *
 * For a purchase the card's counter speaks first. Unmoved: nothing happened. Moved by one: the card's
 * proof tells what moved it. Moved further: the proof is gone. That a proof belongs to this very
 * purchase, and not to one of the same amount at another terminal, the module says by the MAC2 as long
 * as it holds the session; after that only the TAC shows it, which the centre checks, and at the
 * counter the balance has to do. A load has no counter to look at without
 * the holder's PIN; its proof, or that there is none, is the answer. The proof may be that of a load
 * at another terminal, which took this one's place: the centre knows, for it grants that one only
 * when the open order is taken back. [purse.md 7.2, 7.3, C-02] */
#include "terminal/visit.h"

#include <assert.h>

#include "crypto/sm3.h"
#include "terminal/medical.h"

/* The first attempt is the ticket itself; each further one is drawn from it, so that it is found
 * again after a restart without being written down. */
void load_ticket(const struct journal_record *r, uint8_t ticket[TICKET_LEN]) {
    uint8_t digest[SM3_LEN];
    struct sm3 hash;
    if (r->attempt == 0) {
        (void)memcpy(ticket, r->ticket, TICKET_LEN);
        return;
    }
    sm3_begin(&hash);
    sm3_add(&hash, bytes_of(r->ticket, TICKET_LEN));
    sm3_add(&hash, bytes_of(&r->attempt, 1));
    sm3_end(&hash, digest);
    (void)memcpy(ticket, digest, TICKET_LEN);
}

/* A proof that a card gives when its trade is settled may be that of another load; one that it
 * gives to the credit is this one's. */
enum journal_state load_tell(const struct terminal *t, const struct journal_record *r) {
    const struct centre_line *line = t->setup.line;
    uint8_t ticket[TICKET_LEN];
    struct why unheard = {{0}};
    assert(r->trade == TRADE_EP_LOAD);
    if (!line) {
        return TICKET_UNTOLD;
    }
    load_ticket(r, ticket);
    enum err err = line->load_confirm(line->self, ticket, r->tac, &unheard);
    bool settling = r->state == TICKET_PENDING && (r->flags & JOURNAL_RECOVERED);
    if (settling && (err == ERR_NOT_FOUND || err == ERR_CONFLICT)) {
        return TICKET_VOID;
    }
    return err == OK ? TICKET_DONE : err == ERR_OUTSIDE ? TICKET_UNTOLD : TICKET_DOUBTFUL;
}

/* The oldest first; a line that breaks again ends the round and is no failure of the visit. */
enum err settle_untold(struct terminal *t, struct why *why) {
    const struct journal_record *untold = NULL;
    enum err err = OK;
    while (!err && t->setup.line && (untold = journal_untold(t->journal)) != NULL) {
        struct journal_record r = *untold;
        r.state = load_tell(t, &r);
        if (r.state == TICKET_UNTOLD) {
            break; /* the line is down after all; the next visit tries again */
        }
        err = journal_put(t->journal, &r, why);
    }
    return err;
}

static bool is_medical(const struct journal_record *r) {
    return r->trade == TRADE_MEDICAL_PURCHASE;
}

/* INITIALIZE over nothing, of the account that paid. */
static enum err ask_account(const struct terminal *t, const struct reader *card,
    const struct journal_record *r, struct wallet_begun *now, uint16_t *sw, struct why *why) {
    struct medical_order nothing = {.key_index = t->setup.medical_key};
    (void)memcpy(nothing.terminal, r->terminal, TERMINAL_LEN);
    return is_medical(r) ? medical_begin_purchase(card, &nothing, now, sw, why)
                         : wallet_begin_purchase(card, 0, r->terminal, now, sw, why);
}

/* What the card says about its offline trades: where its counter stands, and what it holds. At the
 * end of its life the counter stands at FFFF and no purchase begins any more. */
static enum err counter_ask(const struct terminal *t, const struct reader *card,
    const struct journal_record *r, struct wallet_begun *now, uint16_t *sw, struct why *why) {
    enum err err = ask_account(t, card, r, now, sw, why);
    if (!err && *sw == SW_COUNTER_FULL) {
        now->number = UINT16_MAX;
        err = is_medical(r) ? medical_balance(card, &now->balance, sw, why)
                            : wallet_balance(card, &now->balance, sw, why);
    }
    return err;
}

/* The counter first, then the proof, then the balance, as the head of this file says. */
static enum err settle_purchase(struct terminal *t, const struct reader *card,
    struct journal_record *r, uint16_t *sw, struct why *why) {
    struct wallet_begun now = {0};
    struct trade_proof proof = {0};
    assert(r->state == TICKET_PENDING);
    assert(r->trade == TRADE_EP_PURCHASE || is_medical(r));
    enum err err = counter_ask(t, card, r, &now, sw, why);
    if (err || *sw != SW_OK) {
        return err;
    }
    if (now.number == r->number) {
        r->state = TICKET_VOID;
        return OK;
    }
    r->state = TICKET_DOUBTFUL;
    if (now.number != r->number + 1) {
        return OK;
    }
    uint16_t proven = 0;
    err = is_medical(r) ? medical_prove(card, r->trade, now.number, &proof, &proven, why)
                        : wallet_prove(card, r->trade, now.number, &proof, &proven, why);
    if (!err && proven == SW_OK) {
        (void)memcpy(r->tac, proof.tac, MAC_LEN);
        r->flags |= JOURNAL_RECOVERED;
        module_judge(t, r, proof.mac2);
        bool fits = r->amount <= r->balance && now.balance == r->balance - r->amount
                    && !(r->flags & JOURNAL_MAC2_WRONG);
        r->state = fits ? TICKET_DONE : TICKET_DOUBTFUL;
    } else if (!err && proven == SW_NO_PROOF && now.balance == r->balance) {
        r->state = TICKET_VOID;
    }
    return err;
}

/* The card has no proof: the centre takes its order back. Without a line the load stays open, and
 * this card cannot trade here until the centre has heard it. An order that cannot be taken back is
 * posted: the centre had the TAC already, and a later load took the proof's place. [system.md 5.2.1] */
static enum err load_undo(struct terminal *t, struct journal_record *r, struct why *why) {
    const struct centre_line *line = t->setup.line;
    uint8_t ticket[TICKET_LEN];
    assert(r->state == TICKET_PENDING);
    if (!line) {
        return why_say(why, ERR_OUTSIDE,
            "a load of this card is still open at the centre; try again when the line is up");
    }
    load_ticket(r, ticket);
    enum err err = line->load_cancel(line->self, ticket, why);
    r->state = err == ERR_CONFLICT ? TICKET_DONE : err ? TICKET_DOUBTFUL : TICKET_VOID;
    r->flags |= err == ERR_CONFLICT ? JOURNAL_ONLINE : 0;
    return err == ERR_OUTSIDE ? why_add(why, err, "cancel an open load of this card") : OK;
}

/* Nobody can judge the TAC while the line is down. The holder is told that the load is done only when
 * the balance says so, too; else the ticket waits for the line. */
static enum err untold_check(
    const struct reader *card, const struct journal_record *r, uint16_t *sw, struct why *why) {
    uint32_t balance = 0;
    assert(r->state == TICKET_UNTOLD);
    enum err err = wallet_balance(card, &balance, sw, why);
    if (!err && *sw == SW_OK && balance != r->balance + r->amount) {
        err = why_say(why, ERR_OUTSIDE,
            "only the centre can tell which load this card proves; try again when the line is up");
    }
    return err;
}

/* The proof is asked for by the number after the load; without one the centre takes its order
 * back. */
static enum err settle_load(struct terminal *t, const struct reader *card, struct journal_record *r,
    uint16_t *sw, struct why *why) {
    struct trade_proof proof = {0};
    uint16_t proven = 0;
    assert(r->state == TICKET_PENDING);
    assert(r->trade == TRADE_EP_LOAD);
    enum err err = wallet_prove(card, r->trade, (uint16_t)(r->number + 1), &proof, &proven, why);
    if (err) {
        return err;
    }
    if (proven == SW_NO_PROOF) {
        return load_undo(t, r, why);
    }
    *sw = proven;
    if (proven == SW_OK) {
        (void)memcpy(r->tac, proof.tac, MAC_LEN);
        r->flags |= JOURNAL_RECOVERED;
        r->state = load_tell(t, r);
    }
    return r->state == TICKET_UNTOLD ? untold_check(card, r, sw, why) : OK;
}

/* For the counter: what is on the card is done, told or not. */
static void count_settled(struct settled *out, enum journal_state state) {
    assert(state != TICKET_PENDING);
    assert(state != TICKET_NEW);
    out->done += (state == TICKET_DONE || state == TICKET_UNTOLD);
    out->undone += (state == TICKET_VOID);
    out->doubtful += (state == TICKET_DOUBTFUL);
}

/* The ticket is closed in the journal only when the card or the centre has said how. */
static enum err settle_one(struct terminal *t, const struct reader *card, struct journal_record *r,
    uint16_t *sw, struct why *why) {
    struct wallet_card wallet = {0};
    enum err err = is_medical(r) ? medical_select(card, sw, why)
                                 : wallet_select(card, &wallet, sw, why);
    if (err || *sw != SW_OK) {
        return err;
    }
    err = r->trade == TRADE_EP_LOAD ? settle_load(t, card, r, sw, why)
                                    : settle_purchase(t, card, r, sw, why);
    if (err || *sw != SW_OK) {
        return err;
    }
    assert(r->state != TICKET_PENDING);
    return journal_put(t->journal, r, why);
}

/* Loads that wait to be told go first, whatever card is in: the line may not hold. */
enum err settle_card(struct terminal *t, const struct reader *card,
    const uint8_t factor[FACTOR_LEN], struct settled *out, uint16_t *sw, struct why *why) {
    const struct journal_record *open = NULL;
    enum err err = settle_untold(t, why);
    *sw = SW_OK;
    while (!err && *sw == SW_OK && (open = journal_pending_of(t->journal, factor)) != NULL) {
        struct journal_record r = *open;
        assert(memcmp(r.factor, factor, FACTOR_LEN) == 0); /* visit 3 */
        err = settle_one(t, card, &r, sw, why);
        if (!err && *sw == SW_OK) {
            count_settled(out, r.state);
        }
    }
    return err ? why_add(why, err, "settle an interrupted trade") : OK;
}

#include "clearing/load_order.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "clearing/day_cycle.h"
#include "crypto/secret.h"
#include "keys/vault.h"

enum {
    LIFE_IN_ORDER = 1, /* 正常: the only state in which a card is loaded or sells online */
    MEDICAL_CEILING_FEN = 100000000, /* of the account in the chip [decision 0022] */
};

static bool is_medical(const struct load_row *row) {
    return trade_is_medical(row->facts.trade);
}

/* The whole life of an order; what is not here cannot happen. */
static const struct order_step {
    enum load_state from;
    enum load_event event;
    enum load_state to;
} steps[] = {
    {LOAD_AUTHORISED, LOAD_CONFIRM, LOAD_POSTED   },
    {LOAD_AUTHORISED, LOAD_CANCEL,  LOAD_CANCELLED},
    {LOAD_CANCELLED,  LOAD_CONFIRM, LOAD_POSTED   }, /* load 4: the proof beats the word */
    {LOAD_CANCELLED,  LOAD_CANCEL,  LOAD_CANCELLED},
    {LOAD_POSTED,     LOAD_CONFIRM, LOAD_POSTED   },
};

const char *load_state_word(enum load_state state) {
    static const char *const words[LOAD_STATE_COUNT] = {"authorised", "posted", "cancelled"};
    assert((unsigned)state < LOAD_STATE_COUNT);
    return words[state];
}

/* The one place that knows which states follow. */
enum err load_next(
    enum load_state from, enum load_event event, enum load_state *to, struct why *why) {
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].from == from && steps[i].event == event) {
            *to = steps[i].to;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT, "cannot %s a load that is %s",
        event == LOAD_CONFIRM ? "confirm" : "cancel", load_state_word(from));
}

/* --- MACs ---------------------------------------------------------------------------------- */

/* The card's own load key: root, province, city, card. */
static struct key_ref load_key(const struct load_row *row, enum key_algorithm algorithm) {
    struct key_ref key = {.name = is_medical(row) ? KEY_DLKDF04 : KEY_DLK,
        .algorithm = algorithm,
        .version = row->key_version,
        .depth = KEY_CARD};
    (void)memcpy(key.card_factor, row->factor, FACTOR_LEN);
    return key;
}

/* One question to the vault. A card of SM4 is known by its MAC1, which 3DES does not make; a vault
 * without SM4 has no such cards. */
static enum err macs_ask(
    const struct clearing *c, const struct load_macs *macs, struct load_row *row, struct why *why) {
    struct key_ref key = load_key(row, is_medical(row) ? KEY_TDES : c->purse);
    enum err err = c->vault->answer_load(c->vault->self, &key, macs, row->mac2, why);
    if (err != ERR_CONFLICT || !is_medical(row)) {
        return err;
    }
    key.algorithm = KEY_SM4;
    err = c->vault->answer_load(c->vault->self, &key, macs, row->mac2, why);
    return err == OK || err == ERR_OUTSIDE ? err : ERR_CONFLICT;
}

/* MAC1 says that this card, at this number and balance, asks for this amount; MAC2 tells the card that
 * the centre says yes, and at which moment. One question to the vault: it makes MAC2 only when MAC1 is
 * right. */
static enum err macs_answer(const struct clearing *c, struct load_row *row, struct why *why) {
    uint8_t asked_room[PURSE_MESSAGE_MAX], answered_room[PURSE_MESSAGE_MAX];
    struct builder asked = builder_in(asked_room, sizeof asked_room);
    struct builder answered = builder_in(answered_room, sizeof answered_room);
    struct load_macs macs;
    assert(row->facts.amount > 0);
    assert(moment_number(row->facts.moment) != 0);
    put_load_mac1(&asked, &row->facts);
    put_load_mac2(&answered, &row->facts);
    assert(!asked.overflowed);
    assert(!answered.overflowed);
    macs.asked = builder_bytes(&asked);
    macs.answered = builder_bytes(&answered);
    (void)memcpy(macs.mac1, row->mac1, MAC_LEN);
    load_session_input(row->random, row->facts.number, macs.input);
    enum err err = macs_ask(c, &macs, row, why);
    return err == ERR_CONFLICT
               ? why_say(why, ERR_DENIED, "the card's MAC1 is wrong; use another card")
               : err;
}

/* The message of a load's TAC, which speaks of the balance after it. */
static void fill_tac(const struct load_row *row, struct tac_job *job) {
    struct load_facts facts = row->facts;
    struct builder b = builder_in(job->data, sizeof job->data);
    assert(facts.balance <= UINT32_MAX - facts.amount); /* limits_check() saw to it */
    facts.balance += facts.amount;
    put_load_tac(&b, &facts);
    assert(b.len > 0);
    assert(!b.overflowed);
    job->data_len = (uint8_t)b.len;
    (void)memcpy(job->card_factor, row->factor, FACTOR_LEN);
}

/* The key that proves: of the wallet in the version of the load, of the medical account in the version
 * that the register has. */
static enum err tac_key(
    const struct clearing *c, const struct load_row *row, struct tac_job *job, struct why *why) {
    if (!is_medical(row)) {
        *job = (struct tac_job){.version = row->key_version, .algorithm = (uint8_t)c->purse};
        return OK;
    }
    *job = (struct tac_job){.account = TAC_OF_MEDICAL};
    return c->store->medical_version(c->store->self, row->factor, &job->version, why);
}

/* The TAC says that the card has the money. A medical one is asked for under both ciphers, as in
 * tac_question.h. */
static enum err tac_check(const struct clearing *c, const struct load_row *row,
    const uint8_t tac[MAC_LEN], struct why *why) {
    struct tac_job job;
    enum err err = tac_key(c, row, &job, why);
    if (err) {
        return err;
    }
    fill_tac(row, &job);
    err = c->vault->tacs(c->vault->self, &job, 1, why);
    bool good = !err && crypto_equal(job.tac, tac, MAC_LEN);
    if (!err && !good && is_medical(row)) {
        job.algorithm = KEY_SM4;
        err = c->vault->tacs(c->vault->self, &job, 1, why);
        good = !err && crypto_equal(job.tac, tac, MAC_LEN);
        err = err == ERR_OUTSIDE ? err : OK;
    }
    return err || good ? err : why_say(why, ERR_DENIED, "the card did not make this TAC");
}

/* A row that was altered may not even add up. */
enum err load_proven(
    const struct clearing *c, const struct load_row *row, bool *proven, struct why *why) {
    *proven = false;
    if (row->facts.balance > UINT32_MAX - row->facts.amount) {
        return OK;
    }
    enum err err = tac_check(c, row, row->tac, why);
    *proven = err == OK;
    return err == ERR_DENIED ? OK : err;
}

/* --- authorising --------------------------------------------------------------------------- */

/* Everything that the terminal says, field by field: structs have padding. */
static bool same_request(const struct load_row *row, const struct load_request *q) {
    return memcmp(row->factor, q->factor, FACTOR_LEN) == 0
           && memcmp(row->random, q->random, RANDOM_LEN) == 0
           && memcmp(row->mac1, q->mac1, MAC_LEN) == 0
           && memcmp(row->facts.terminal, q->facts.terminal, TERMINAL_LEN) == 0
           && row->key_version == q->key_version && row->facts.balance == q->facts.balance
           && row->facts.amount == q->facts.amount && row->facts.number == q->facts.number
           && row->facts.trade == q->facts.trade;
}

/* A fresh order, with the host's moment in the place of the terminal's. */
static struct load_row row_of(const struct load_request *q, const uint8_t now[MOMENT_LEN]) {
    struct load_row row = {
        .key_version = q->key_version, .facts = q->facts, .state = LOAD_AUTHORISED};
    (void)memcpy(row.ticket, q->ticket, TICKET_LEN);
    (void)memcpy(row.factor, q->factor, FACTOR_LEN);
    (void)memcpy(row.random, q->random, RANDOM_LEN);
    (void)memcpy(row.mac1, q->mac1, MAC_LEN);
    (void)memcpy(row.facts.moment, now, MOMENT_LEN);
    return row;
}

/* A refusal must read as one: what is not there is denied, what is broken stays what it is. */
static enum err denied_if_missing(enum err err, const char *sentence, struct why *why) {
    return err == ERR_NOT_FOUND ? why_say(why, ERR_DENIED, "%s", sentence) : err;
}

/* A terminal that is registered and not stopped. */
static enum err terminal_check(
    const struct clearing *c, const uint8_t number[TERMINAL_LEN], struct why *why) {
    struct terminal_row terminal;
    enum err err = c->store->terminal_find(c->store->self, number, &terminal, why);
    if (!err && terminal.stopped) {
        return why_say(why, ERR_DENIED, "the terminal is stopped; call the card centre");
    }
    return denied_if_missing(err, "the terminal is not registered; call the card centre", why);
}

/* A card that may be loaded, or buy online, at this moment. */
static enum err standing_check(const struct clearing *c, const uint8_t factor[FACTOR_LEN],
    const uint8_t now[MOMENT_LEN], struct why *why) {
    struct card_standing standing;
    enum err err = c->store->card_find(c->store->self, factor, moment_number(now), &standing, why);
    if (err) {
        return denied_if_missing(err, "this city has no such card", why);
    }
    if (standing.listed) {
        return why_say(why, ERR_DENIED, "the card is on the blacklist; keep to the loss procedure");
    }
    if (standing.life != LIFE_IN_ORDER) {
        return why_say(why, ERR_DENIED,
            "the card is in state %u and not in use; go to a service point", standing.life);
    }
    return OK;
}

/* What one load and one wallet may be, on the day of the load; a medical account as much as the chip
 * takes. */
static enum err limits_check(
    const struct clearing *c, const struct load_row *row, struct why *why) {
    struct clearing_limits limits;
    if (is_medical(row)) {
        return (int64_t)row->facts.balance + row->facts.amount <= MEDICAL_CEILING_FEN
                   ? OK
                   : why_say(why, ERR_DENIED, "a medical account holds at most %d fen",
                       (int)MEDICAL_CEILING_FEN);
    }
    enum err err = c->store->limits(c->store->self, row->day, &limits, why);
    if (err) {
        return err;
    }
    if (row->key_version < limits.key_version_first || row->key_version > limits.key_version_last) {
        return why_say(why, ERR_DENIED, "key version %u is not in use", row->key_version);
    }
    if (row->facts.amount > limits.load_fen) {
        return why_say(why, ERR_DENIED, "one load is at most %" PRId64 " fen", limits.load_fen);
    }
    if ((int64_t)row->facts.balance + row->facts.amount > limits.balance_fen) {
        return why_say(
            why, ERR_DENIED, "a wallet holds at most %" PRId64 " fen", limits.balance_fen);
    }
    return OK;
}

/* Where the money comes from. */
static struct account_name source_of(const struct load_row *row) {
    return account_named(is_medical(row) ? ACCOUNT_INSURANCE : ACCOUNT_POOL, NULL);
}

/* The pool must cover this load and all that are under way, whichever account they are for. */
static enum err pool_check(const struct clearing *c, const struct load_row *row, struct why *why) {
    struct account_name name = source_of(row);
    struct account pool = {0};
    int64_t reserved = 0;
    enum err err = c->store->account_find(c->store->self, &name, &pool, why);
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : c->store->load_reserved(c->store->self, &reserved, why);
    assert(err || reserved >= 0);
    assert(err || pool.fen >= 0);
    if (!err && pool.fen - reserved < (int64_t)row->facts.amount) {
        return why_say(
            why, ERR_DENIED, "the pool does not cover this load; the centre must fund it");
    }
    return err;
}

/* load 3: what the card's online number says about an order that is still open. */
static enum err settle_open_order(
    const struct clearing *c, const struct load_row *row, struct why *why) {
    struct load_row open;
    enum err err = c->store->load_open(c->store->self, row->factor, &open, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    assert(open.state == LOAD_AUTHORISED);
    assert(memcmp(open.factor, row->factor, FACTOR_LEN) == 0);
    if (open.facts.number != row->facts.number || open.facts.trade != row->facts.trade) {
        return why_say(why, ERR_DENIED,
            "an earlier load of this card is not confirmed; the terminal must fetch its proof");
    }
    char ticket[2 * TICKET_LEN + 1];
    hex_write(bytes_of(open.ticket, TICKET_LEN), ticket);
    err = load_next(open.state, LOAD_CANCEL, &open.state, why);
    err = err ? err : c->store->load_update(c->store->self, &open, why);
    return err ? err : c->store->audit(c->store->self, "system", "load-cancel", ticket, why);
}

/* What can be refused without asking anybody. */
static enum err request_check(
    const struct load_request *q, const uint8_t now[MOMENT_LEN], struct why *why) {
    if (moment_number(now) == 0) {
        return why_say(why, ERR_INVALID, "the centre's moment is none");
    }
    bool known = q->facts.trade == TRADE_EP_LOAD || q->facts.trade == TRADE_MEDICAL_LOAD;
    if (!known || q->facts.amount == 0) {
        return why_say(why, ERR_DENIED,
            "only loads of the electronic purse or the medical account, above zero, are made");
    }
    return OK;
}

/* Everything that can forbid a new order; a good one has its MAC2 then. Nothing is changed but that. */
static enum err order_check(const struct clearing *c, struct load_row *row, struct why *why) {
    assert(row->facts.trade == TRADE_EP_LOAD || is_medical(row));
    assert(row->facts.amount > 0);
    enum err err = terminal_check(c, row->facts.terminal, why);
    err = err ? err : standing_check(c, row->factor, row->facts.moment, why);
    err = err ? err : limits_check(c, row, why);
    err = err ? err : macs_answer(c, row, why);
    return err ? err : pool_check(c, row, why);
}

/* The order before is settled, this one checked and kept: all of it or nothing. */
static enum err order_add(const struct clearing *c, struct load_row *row, struct why *why) {
    CLEARING_SCOPE(scope);
    assert(row->state == LOAD_AUTHORISED);
    assert(row->day != 0);
    char ticket[2 * TICKET_LEN + 1];
    hex_write(bytes_of(row->ticket, TICKET_LEN), ticket);
    enum err err = clearing_begin(&scope, c->store, why);
    err = err ? err : settle_open_order(c, row, why);
    err = err ? err : order_check(c, row, why);
    err = err ? err : c->store->load_add(c->store->self, row, why);
    err = err ? err : c->store->audit(c->store->self, "system", "load-authorise", ticket, why);
    return err ? err : clearing_commit(&scope, why);
}

/* Moment and MAC2 belong together: the MAC speaks of the moment. */
static struct load_answer answer_of(const struct load_row *row) {
    struct load_answer answer;
    assert(moment_number(row->facts.moment) != 0);
    assert(row->state != LOAD_CANCELLED);
    (void)memcpy(answer.moment, row->facts.moment, MOMENT_LEN);
    (void)memcpy(answer.mac2, row->mac2, MAC_LEN);
    return answer;
}

/* load 2: the same again is answered again. */
static enum err answer_again(const struct load_row *row, const struct load_request *q,
    struct load_answer *out, struct why *why) {
    if (!same_request(row, q)) {
        return why_say(why, ERR_CONFLICT, "the ticket stands for another load");
    }
    if (row->state == LOAD_CANCELLED) {
        return why_say(why, ERR_CONFLICT, "the load was cancelled; begin again with a new ticket");
    }
    *out = answer_of(row);
    return OK;
}

/* A ticket that is known is answered from its row, before anything else is judged: the first answer
 * may have been lost. */
enum err load_authorise(const struct clearing *c, const struct load_request *request,
    const uint8_t now[MOMENT_LEN], struct load_answer *out, struct why *why) {
    struct load_row row;
    enum err err = request_check(request, now, why);
    if (err) {
        return err;
    }
    err = c->store->load_find(c->store->self, request->ticket, &row, why);
    if (err != ERR_NOT_FOUND) {
        return err ? err : answer_again(&row, request, out, why);
    }
    row = row_of(request, now);
    err = day_open(c->store, &row.day, why);
    err = err ? err : order_add(c, &row, why);
    if (err) {
        return why_add(why, err, "load");
    }
    *out = answer_of(&row);
    return OK;
}

/* --- confirming and cancelling ------------------------------------------------------------- */

const char *load_word(enum account_kind kind) {
    return kind == ACCOUNT_MEDICAL ? "medical-load" : "load";
}

/* From the pool to the card, once for each online number of a card: two orders with the same facts
 * have the same TAC, but the card was loaded once. */
static enum err load_post(const struct clearing *c, const struct load_row *row, struct why *why) {
    struct account_name pool = source_of(row);
    struct account_name card = is_medical(row) ? account_of_medical(row->factor)
                                               : account_of_card(row->factor);
    struct posting p = posting_between(&pool, &card, row->facts.amount, row->day);
    bool made = false;
    assert(row->state == LOAD_POSTED);
    assert(row->day != 0);
    (void)snprintf(
        p.number, sizeof p.number, "%s %s %u", load_word(card.kind), card.of, row->facts.number);
    enum err err = ledger_post_within(c->store, &p, &made, why);
    if (!err && !made) {
        return why_say(why, ERR_CONFLICT, "this load is in the books under another ticket");
    }
    return err;
}

/* Writes what has become of an order, with its posting and its audit row. */
static enum err load_settle(const struct clearing *c, struct load_row *row, struct why *why) {
    CLEARING_SCOPE(scope);
    char ticket[2 * TICKET_LEN + 1];
    const char *what = row->state == LOAD_POSTED ? "load-confirm" : "load-cancel";
    assert(row->state != LOAD_AUTHORISED);
    hex_write(bytes_of(row->ticket, TICKET_LEN), ticket);
    enum err err = clearing_begin(&scope, c->store, why);
    if (row->state == LOAD_POSTED) {
        err = err ? err : day_open(c->store, &row->day, why);
        err = err ? err : load_post(c, row, why);
    }
    err = err ? err : c->store->load_update(c->store->self, row, why);
    err = err ? err : c->store->audit(c->store->self, "system", what, ticket, why);
    return err ? err : clearing_commit(&scope, why);
}

/* Table, then proof, then books; a confirmation that comes again is proven again and moves
 * nothing. */
enum err load_confirm(const struct clearing *c, const uint8_t ticket[TICKET_LEN],
    const uint8_t tac[MAC_LEN], struct why *why) {
    struct load_row row;
    enum load_state to = LOAD_POSTED;
    enum err err = c->store->load_find(c->store->self, ticket, &row, why);
    err = err ? err : load_next(row.state, LOAD_CONFIRM, &to, why);
    err = err ? err : tac_check(c, &row, tac, why);
    if (err == ERR_DENIED && row.state == LOAD_CANCELLED) {
        err = why_say(why, ERR_CONFLICT, "it was cancelled, and the TAC is of another load");
    }
    if (err || row.state == to) {
        return err ? why_add(why, err, "confirm load") : OK;
    }
    assert(to == LOAD_POSTED);
    row.state = to;
    (void)memcpy(row.tac, tac, MAC_LEN);
    err = load_settle(c, &row, why);
    return err ? why_add(why, err, "confirm load") : OK;
}

/* Nothing to take back is as good as taken back, so a terminal may always ask. */
enum err load_cancel(const struct clearing *c, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct load_row row;
    enum load_state to = LOAD_CANCELLED;
    enum err err = c->store->load_find(c->store->self, ticket, &row, why);
    if (err == ERR_NOT_FOUND) {
        return OK;
    }
    err = err ? err : load_next(row.state, LOAD_CANCEL, &to, why);
    if (err || row.state == to) {
        return err;
    }
    assert(to == LOAD_CANCELLED);
    row.state = to;
    err = load_settle(c, &row, why);
    return err ? why_add(why, err, "cancel load") : OK;
}

/* From the rows, like all figures. */
enum err load_figures_of(const struct clearing *c, uint32_t day,
    struct reason_sum by_state[LOAD_STATE_COUNT], struct why *why) {
    return c->store->load_sums(c->store->self, day, by_state, why);
}

/* --- purchases that ask first -------------------------------------------------------------- */

/* The ticket stands for one purchase; whether it was used is no part of it. */
static bool same_approval(const struct approval *a, const struct approval *b) {
    return memcmp(a->factor, b->factor, FACTOR_LEN) == 0
           && memcmp(a->terminal, b->terminal, TERMINAL_LEN) == 0 && a->amount == b->amount;
}

/* The answer may be lost, so the same approval is yes again; whether the card may still buy is
 * asked only the first time. */
enum err purchase_approve(const struct clearing *c, const struct approval *a,
    const uint8_t now[MOMENT_LEN], struct why *why) {
    struct approval before;
    if (moment_number(now) == 0 || a->amount == 0) {
        return why_say(why, ERR_INVALID, "an approval needs a moment and an amount");
    }
    enum err err = c->store->approval_find(c->store->self, a->ticket, &before, why);
    if (!err && !same_approval(a, &before)) {
        return why_say(why, ERR_CONFLICT, "the ticket stands for another purchase");
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    CLEARING_SCOPE(scope);
    struct approval fresh = *a;
    fresh.used = false;
    err = clearing_begin(&scope, c->store, why);
    err = err ? err : terminal_check(c, a->terminal, why);
    err = err ? err : standing_check(c, a->factor, now, why);
    err = err ? err : c->store->approval_add(c->store->self, &fresh, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "purchase") : OK;
}

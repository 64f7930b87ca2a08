#include "clearing/online_group.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Invariants
 *
 * desk 1: what `known` says is what the store would answer inside the open transaction. A question
 *         that takes its writes back makes the desk forget.
 * desk 2: the store has a transaction of the question's own (a savepoint) from its first write that
 *         is not its last. An approval is whole or not at all without one:
 *         what a store may sort beside it are the same approvals before and after.
 * desk 3: a write that could not be taken back spoils the group, and a spoilt group is not kept. */
struct online_desk {
    struct clearing inner;      /* the real store and vault */
    struct clearing_store face; /* what the rules see; its self is this desk */
    struct clearing clearing;   /* face and vault */
    struct {
        bool limits, pool, reserved, day;
    } known;
    uint32_t limits_day;
    struct clearing_limits limits;
    struct account pool;
    int64_t reserved_fen;
    struct day_row day;
    bool open;    /* a rule's scope */
    bool saved;   /* the store has a transaction for it */
    bool written; /* it wrote without one */
    bool spoilt;
};

static void forget(struct online_desk *d) {
    (void)memset(&d->known, 0, sizeof d->known);
}

/* --- the scope of one question ---------------------------------------------------------------- */

/* Most questions are refused or answered before they write: a savepoint for them would be for
 * nothing. */
static enum err face_begin(void *self, struct why *why) {
    struct online_desk *d = self;
    (void)why;
    assert(!d->open); /* the rules of a question do not nest */
    assert(!d->saved);
    d->open = true;
    d->written = false;
    return OK;
}

static enum err face_commit(void *self, struct why *why) {
    struct online_desk *d = self;
    assert(d->open);
    enum err err = d->saved ? d->inner.store->commit(d->inner.store->self, why) : OK;
    d->open = err != OK;
    d->saved = d->saved && err;
    return err;
}

static void face_rollback(void *self) {
    struct online_desk *d = self;
    assert(d->open);
    if (d->saved) {
        d->inner.store->rollback(d->inner.store->self);
    } else if (d->written) {
        d->spoilt = true; /* desk 3 */
    }
    d->open = false;
    d->saved = false;
    forget(d); /* desk 1 */
}

/* desk 2, before a write. */
static enum err save(struct online_desk *d, struct why *why) {
    assert(d->open);
    if (d->saved) {
        return OK;
    }
    enum err err = d->inner.store->begin(d->inner.store->self, why);
    d->saved = err == OK;
    return err;
}

/* --- what is known, and what is asked --------------------------------------------------------- */

static enum err face_limits(
    void *self, uint32_t day, struct clearing_limits *out, struct why *why) {
    struct online_desk *d = self;
    if (!d->known.limits || d->limits_day != day) {
        enum err err = d->inner.store->limits(d->inner.store->self, day, &d->limits, why);
        d->known.limits = err == OK;
        d->limits_day = day;
        if (err) {
            return err;
        }
    }
    *out = d->limits;
    return OK;
}

static enum err face_day_last(void *self, struct day_row *out, struct why *why) {
    struct online_desk *d = self;
    if (!d->known.day) {
        enum err err = d->inner.store->day_last(d->inner.store->self, &d->day, why);
        d->known.day = err == OK;
        if (err) {
            return err;
        }
    }
    *out = d->day;
    return OK;
}

static enum err face_load_reserved(void *self, int64_t *fen, struct why *why) {
    struct online_desk *d = self;
    if (!d->known.reserved) {
        enum err err = d->inner.store->load_reserved(d->inner.store->self, &d->reserved_fen, why);
        d->known.reserved = err == OK;
        if (err) {
            return err;
        }
    }
    assert(d->reserved_fen >= 0);
    *fen = d->reserved_fen;
    return OK;
}

/* Only the pool is asked for by everybody. */
static enum err face_account_find(
    void *self, const struct account_name *name, struct account *out, struct why *why) {
    struct online_desk *d = self;
    bool pool = name->kind == ACCOUNT_POOL;
    if (pool && d->known.pool) {
        *out = d->pool;
        return OK;
    }
    enum err err = d->inner.store->account_find(d->inner.store->self, name, out, why);
    if (!err && pool) {
        d->pool = *out;
        d->known.pool = true;
    }
    return err;
}

static enum err face_terminal_find(
    void *self, const uint8_t number[TERMINAL_LEN], struct terminal_row *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->terminal_find(s->self, number, out, why);
}

static enum err face_card_find(void *self, const uint8_t factor[FACTOR_LEN], uint64_t moment,
    struct card_standing *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->card_find(s->self, factor, moment, out, why);
}

static enum err face_load_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct load_row *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->load_find(s->self, ticket, out, why);
}

static enum err face_load_open(
    void *self, const uint8_t factor[FACTOR_LEN], struct load_row *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->load_open(s->self, factor, out, why);
}

static enum err face_approval_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct approval *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->approval_find(s->self, ticket, out, why);
}

static enum err face_posting_find(
    void *self, const char *number, struct posting *out, struct why *why) {
    const struct clearing_store *s = ((struct online_desk *)self)->inner.store;
    return s->posting_find(s->self, number, out, why);
}

/* --- what is written -------------------------------------------------------------------------- */

static enum err face_audit(
    void *self, const char *who, const char *what, const char *subject, struct why *why) {
    struct online_desk *d = self;
    enum err err = save(d, why);
    return err ? err : d->inner.store->audit(d->inner.store->self, who, what, subject, why);
}

static enum err face_load_add(void *self, const struct load_row *row, struct why *why) {
    struct online_desk *d = self;
    enum err err = save(d, why);
    err = err ? err : d->inner.store->load_add(d->inner.store->self, row, why);
    if (!err && row->state == LOAD_AUTHORISED) {
        d->reserved_fen += row->facts.amount;
    }
    return err;
}

/* What was reserved for an order is free when it is open no more. */
static enum err face_load_update(void *self, const struct load_row *row, struct why *why) {
    struct online_desk *d = self;
    const struct clearing_store *s = d->inner.store;
    struct load_row before;
    assert(row->state != LOAD_AUTHORISED); /* no arrow of load_order.h leads back */
    enum err err = save(d, why);
    err = err ? err : s->load_find(s->self, row->ticket, &before, why);
    err = err ? err : s->load_update(s->self, row, why);
    if (!err && before.state == LOAD_AUTHORISED) {
        d->reserved_fen -= before.facts.amount;
    }
    return err;
}

/* desk 2: the one write of its question. */
static enum err face_approval_add(void *self, const struct approval *a, struct why *why) {
    struct online_desk *d = self;
    assert(d->open);
    enum err err = d->inner.store->approval_add(d->inner.store->self, a, why);
    d->written = d->written || err == OK;
    return err;
}

static enum err face_account_add(void *self, struct account *account, struct why *why) {
    struct online_desk *d = self;
    enum err err = save(d, why);
    return err ? err : d->inner.store->account_add(d->inner.store->self, account, why);
}

static enum err face_posting_add(void *self, const struct posting *p, const int64_t *accounts,
    const int64_t *after, struct why *why) {
    struct online_desk *d = self;
    enum err err = save(d, why);
    d->known.pool = false; /* most postings here take from it */
    return err ? err : d->inner.store->posting_add(d->inner.store->self, p, accounts, after, why);
}

/* --- desks ------------------------------------------------------------------------------------ */

/* Everything that the rules of a question ask of a store; nothing else is there to be asked. */
static struct clearing_store face_of(struct online_desk *d) {
    return (struct clearing_store){
        .self = d,
        .begin = face_begin,
        .commit = face_commit,
        .rollback = face_rollback,
        .audit = face_audit,
        .terminal_find = face_terminal_find,
        .card_find = face_card_find,
        .limits = face_limits,
        .load_find = face_load_find,
        .load_open = face_load_open,
        .load_add = face_load_add,
        .load_update = face_load_update,
        .load_reserved = face_load_reserved,
        .approval_find = face_approval_find,
        .approval_add = face_approval_add,
        .account_find = face_account_find,
        .account_add = face_account_add,
        .posting_find = face_posting_find,
        .posting_add = face_posting_add,
        .day_last = face_day_last,
    };
}

struct online_desk *online_desk_new(const struct clearing *clearing) {
    struct online_desk *d = calloc(1, sizeof *d);
    assert(clearing->store && clearing->vault);
    if (d) {
        d->inner = *clearing;
        d->face = face_of(d);
        d->clearing = *clearing;
        d->clearing.store = &d->face;
    }
    return d;
}

void online_desk_free(struct online_desk *desk) {
    free(desk);
}

/* --- one question ----------------------------------------------------------------------------- */

static enum err decide_sale(struct online_desk *d, const struct online_request *q,
    const uint8_t now[MOMENT_LEN], struct why *why) {
    struct approval a = {.amount = q->amount};
    (void)memcpy(a.ticket, q->ticket, TICKET_LEN);
    (void)memcpy(a.factor, q->factor, FACTOR_LEN);
    (void)memcpy(a.terminal, q->terminal, TERMINAL_LEN);
    return purchase_approve(&d->clearing, &a, now, why);
}

static enum err decide_load(
    struct online_desk *d, struct online_ask *ask, const uint8_t now[MOMENT_LEN], struct why *why) {
    const struct online_request *q = &ask->request;
    struct load_request request = {.facts = q->facts, .key_version = q->key_version};
    (void)memcpy(request.ticket, q->ticket, TICKET_LEN);
    (void)memcpy(request.factor, q->factor, FACTOR_LEN);
    (void)memcpy(request.random, q->random, RANDOM_LEN);
    (void)memcpy(request.mac1, q->mac1, MAC_LEN);
    (void)memcpy(request.facts.terminal, q->terminal, TERMINAL_LEN);
    return load_authorise(&d->clearing, &request, now, &ask->answer.load, why);
}

/* group 4. A ticket that nobody knows is nobody's, and the rules say what that means. */
static enum err owner_check(
    struct online_desk *d, const struct online_request *q, struct why *why) {
    struct load_row row;
    enum err err = d->inner.store->load_find(d->inner.store->self, q->ticket, &row, why);
    if (!err && memcmp(row.facts.terminal, q->terminal, TERMINAL_LEN) != 0) {
        return why_say(why, ERR_DENIED, "the ticket is another terminal's");
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err decide_one(
    struct online_desk *d, struct online_ask *ask, const uint8_t now[MOMENT_LEN], struct why *why) {
    const struct online_request *q = &ask->request;
    if (q->kind == ONLINE_SALE) {
        return decide_sale(d, q, now, why);
    }
    if (q->kind == ONLINE_LOAD) {
        return decide_load(d, ask, now, why);
    }
    enum err err = owner_check(d, q, why);
    if (err) {
        return err;
    }
    return q->kind == ONLINE_CONFIRM ? load_confirm(&d->clearing, q->ticket, q->tac, why)
                                     : load_cancel(&d->clearing, q->ticket, why);
}

/* --- the group -------------------------------------------------------------------------------- */

enum err online_decide(struct online_desk *desk, struct online_ask *asks, size_t count,
    const uint8_t now[MOMENT_LEN], struct why *why) {
    CLEARING_SCOPE(scope);
    assert(count > 0);
    assert(count <= ONLINE_GROUP_MAX);
    forget(desk);
    desk->spoilt = false;
    enum err err = clearing_begin(&scope, desk->inner.store, why);
    for (size_t i = 0; !err && i < count; i++) {
        struct online_answer *answer = &asks[i].answer;
        struct why said = {{0}};
        assert(asks[i].request.kind > ONLINE_SIGN_IN);
        *answer = (struct online_answer){
            .kind = asks[i].request.kind, .number = asks[i].request.number};
        answer->err = decide_one(desk, &asks[i], now, &said);
        (void)snprintf(
            answer->story, sizeof answer->story, "%.*s", (int)ONLINE_STORY_MAX, said.text);
        assert(!desk->open);
        err = desk->spoilt ? why_say(why, ERR_OUTSIDE, "the group was taken back; ask again") : OK;
    }
    return err ? err : clearing_commit(&scope, why);
}

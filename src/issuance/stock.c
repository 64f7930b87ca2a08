#include "issuance/stock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SUBJECT_MAX = 120 };

/* The sheet, as tables. */
static const struct step_fact {
    const char *word;
    enum blank_state from, to;
    int signatures;
} steps[STOCK_STEPS] = {
#define STOCK_STEP(member, word, from, to, signatures, zh) [member] = {word, from, to, signatures},
#include "issuance/stock.def"
};

static const struct state_fact {
    enum blank_state state;
    const char *zh, *en;
} states[] = {
#define BLANK_STATE(member, code, zh, en) {member, zh, en},
#include "issuance/stock.def"
};

/* A code that no program of this make has written is shown, not trusted. */
static const struct state_fact *state_fact(enum blank_state state) {
    static const struct state_fact unknown = {BLANK_NEW, "未知", "in an unknown state"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (states[i].state == state) {
            return &states[i];
        }
    }
    return &unknown;
}

const char *blank_state_en(enum blank_state state) {
    return state_fact(state)->en;
}

const char *blank_state_zh(enum blank_state state) {
    return state_fact(state)->zh;
}

const char *stock_step_word(enum stock_step step) {
    assert(step < STOCK_STEPS);
    return steps[step].word;
}

bool stock_needs_second(enum stock_step step) {
    assert(step < STOCK_STEPS);
    return steps[step].signatures == 2;
}

/* Cut off, one name would pass for another. */
enum err stock_word(
    char *to, size_t room, const char *from, const char *what_it_is, struct why *why) {
    size_t len = from ? strlen(from) : 0;
    if (len >= room) {
        return why_say(why, ERR_INVALID, "%s has at most %zu bytes, not %zu; shorten it",
            what_it_is, room - 1, len);
    }
    (void)memset(to, 0, room);
    (void)memcpy(to, from ? from : "", len);
    return OK;
}

/* --- is the order one ------------------------------------------------------------------------ */

/* Which steps have to say more than which chips. */
static enum err check_words(const struct stock_order *o, struct why *why) {
    bool sent = o->step == STOCK_SEND;
    bool says = o->step == STOCK_PURCHASE || o->step == STOCK_SPOIL || stock_needs_second(o->step);
    if (o->request[0] == '\0' || o->point[0] == '\0') {
        return why_say(
            why, ERR_INVALID, "an order needs a number of its own and a point; give both");
    }
    if (sent != (o->other[0] != '\0') || (sent && strcmp(o->point, o->other) == 0)) {
        return why_say(why, ERR_INVALID, "what is sent, and only that, goes to another point");
    }
    if (says && o->note[0] == '\0') {
        return why_say(why, ERR_INVALID,
            "%s needs a note: the supplier, the batch, or the reason; give one",
            stock_step_word(o->step));
    }
    return OK;
}

/* No run may leave the serials that a chip can have. */
static enum err check_order(const struct stock_order *o, struct why *why) {
    if (o->count < 1 || o->count > STOCK_RUN_MAX) {
        return why_say(why, ERR_INVALID, "an order is for 1 to %d chips, not %" PRId64,
            STOCK_RUN_MAX, o->count);
    }
    if (o->first < 1 || o->first > STOCK_SERIAL_MAX - o->count + 1) {
        return why_say(why, ERR_INVALID,
            "the run of %" PRId64 " from serial %" PRId64 " leaves the serials 1 to %d", o->count,
            o->first, STOCK_SERIAL_MAX);
    }
    return check_words(o, why);
}

/* Who keeps blanks: makers at the centre, officers of a point elsewhere. */
static enum err check_officer(
    const struct registry_store *registry, const char *officer, struct why *why) {
    return officer_require(registry, officer, ROLE_MAKER, why) == OK
               ? OK
               : officer_require(registry, officer, ROLE_POINT, why);
}

/* Stock 3: everything but who signed is part of what was asked. */
static enum err check_same(
    const struct stock_order *before, const struct stock_order *now, struct why *why) {
    const char *what = before->step != now->step               ? "for another step"
                       : before->first != now->first           ? "for other chips"
                       : before->count != now->count           ? "for another number of chips"
                       : strcmp(before->point, now->point)     ? "at another point"
                       : strcmp(before->other, now->other)     ? "to another point"
                       : strcmp(before->note, now->note)       ? "with another note"
                       : strcmp(before->officer, now->officer) ? "by another officer"
                                                               : NULL;
    return what ? why_say(why, ERR_CONFLICT,
               "request %s was used %s (%s of %" PRId64 " from %" PRId64 "); take a new number",
               now->request, what, stock_step_word(before->step), before->count, before->first)
                : OK;
}

/* --- carrying it out ------------------------------------------------------------------------- */

/* The first chip that is known and elsewhere is in the way; none is the good case. */
static enum err check_none_odd(
    const struct stock_store *store, const struct stock_order *o, struct why *why) {
    struct stock_count odd = {BLANK_NEW, 0}; /* count is the serial here */
    char point[POINT_MAX + 1] = "";
    enum blank_state from = steps[o->step].from;
    enum err err = store->blank_odd(store->self, o, from, &odd, point, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return why_say(why, ERR_CONFLICT,
        "cannot %s %" PRId64 " chips from %" PRId64 ": all have to be %s at %s, but chip %" PRId64
        " is %s (%s) at %s",
        stock_step_word(o->step), o->count, o->first, blank_state_en(from), o->point, odd.count,
        blank_state_en(odd.state), blank_state_zh(odd.state), point);
}

/* Stock 2: looked at first, then moved. When fewer move than were asked for, the others are not
 * known, and the scope around takes back those that did. */
static enum err carry_out(
    const struct stock_store *store, const struct stock_order *o, struct why *why) {
    const struct step_fact *step = &steps[o->step];
    int64_t moved = 0;
    assert(o->count >= 1);
    if (step->from == BLANK_NEW) {
        return store->blanks_add(store->self, o, step->to, why);
    }
    enum err err = check_none_odd(store, o, why);
    err = err ? err : store->blanks_move(store->self, o, step->from, step->to, &moved, why);
    if (err || moved == o->count) {
        return err;
    }
    assert(moved < o->count);
    return why_say(why, ERR_CONFLICT,
        "cannot %s %" PRId64 " chips from %" PRId64 ": only %" PRId64
        " of them were ever bought; look at the delivery note",
        stock_step_word(o->step), o->count, o->first, moved);
}

/* Before a second signature nothing moves, but an order that could not be carried out is refused at
 * once: it is tried, and taken back. */
static enum err try_out(
    const struct stock_store *store, const struct stock_order *o, struct why *why) {
    WORK_SCOPE(trial);
    enum err err = work_begin(&trial, store->issuance, why);
    return err ? err : carry_out(store, o, why);
}

/* One row of the audit chain, in words that name chips and never persons. */
static enum err note(const struct stock_store *store, const struct stock_order *o,
    const char *officer, const char *what, struct why *why) {
    char subject[SUBJECT_MAX + 1];
    (void)snprintf(subject, sizeof subject, "%s: %" PRId64 " chips from %" PRId64 " at %s",
        o->request, o->count, o->first, o->point);
    return store->issuance->audit(store->issuance->self, officer, what, subject, why);
}

/* The words that the audit chain has for a step, asked for or carried out. */
static void audit_word(const struct stock_order *o, char word[SUBJECT_MAX + 1]) {
    (void)snprintf(
        word, SUBJECT_MAX + 1, "%sstock %s", o->done ? "" : "ask for ", stock_step_word(o->step));
}

/* --- orders ---------------------------------------------------------------------------------- */

/* A new order: written down, told, and carried out or tried. */
static enum err make_new(const struct stock_store *store, struct stock_order *o, struct why *why) {
    char word[SUBJECT_MAX + 1];
    o->done = !stock_needs_second(o->step);
    o->second[0] = '\0';
    audit_word(o, word);
    enum err err = o->done ? carry_out(store, o, why) : try_out(store, o, why);
    err = err ? err : store->order_add(store->self, o, why);
    return err ? err : note(store, o, o->officer, word, why);
}

enum err stock_order_make(const struct stock_store *store, const struct registry_store *registry,
    struct stock_order *order, struct why *why) {
    struct stock_order before;
    assert(order->step < STOCK_STEPS);
    enum err err = check_order(order, why);
    err = err ? err : check_officer(registry, order->officer, why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, store->issuance, why);
    err = err ? err : store->order_get(store->self, order->request, &before, why);
    if (err == OK) {
        err = check_same(&before, order, why);
        *order = err ? *order : before;
    } else if (err == ERR_NOT_FOUND) {
        err = make_new(store, order, why);
    }
    return err ? err : work_commit(&work, why);
}

/* Stock 4. Told before anything is changed. */
static enum err check_second(const struct registry_store *registry, const struct stock_order *o,
    const char *officer, struct why *why) {
    if (!stock_needs_second(o->step)) {
        return why_say(why, ERR_CONFLICT, "request %s needs no second signature", o->request);
    }
    if (strcmp(o->officer, officer) == 0) {
        return why_say(why, ERR_DENIED,
            "%s ordered it and cannot sign it, too; a second officer has to", officer);
    }
    if (o->done && strcmp(o->second, officer) != 0) {
        return why_say(
            why, ERR_CONFLICT, "request %s was signed by %s already", o->request, o->second);
    }
    return officer_require(registry, officer, ROLE_APPROVER, why);
}

/* What waits is carried out now; between order and signature the chips may have gone elsewhere. */
static enum err sign_waiting(
    const struct stock_store *store, struct stock_order *o, const char *officer, struct why *why) {
    char word[SUBJECT_MAX + 1];
    enum err err = stock_word(o->second, sizeof o->second, officer, "an officer's code", why);
    o->done = true;
    audit_word(o, word);
    err = err ? err : carry_out(store, o, why);
    err = err ? err : store->order_sign(store->self, o->request, officer, why);
    return err ? err : note(store, o, officer, word, why);
}

enum err stock_sign(const struct stock_store *store, const struct registry_store *registry,
    const char *request, const char *officer, struct stock_order *order, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store->issuance, why);
    err = err ? err : store->order_get(store->self, request, order, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, err, "there is no request %s; order it first", request);
    }
    err = err ? err : check_second(registry, order, officer, why);
    if (!err && !order->done) {
        err = sign_waiting(store, order, officer, why);
    }
    return err ? err : work_commit(&work, why);
}

/* --- counting -------------------------------------------------------------------------------- */

/* Where a state stands in the equation. */
static int64_t *balance_member(struct stock_balance *b, enum blank_state state) {
    switch (state) {
    case BLANK_COMING:
        return &b->coming;
    case BLANK_STORED:
        return &b->stored;
    case BLANK_OUT:
        return &b->out;
    case BLANK_GOOD:
        return &b->good;
    case BLANK_SPOILED:
        return &b->spoiled;
    case BLANK_DESTROYED:
        return &b->destroyed;
    case BLANK_NEW:
        break;
    }
    return NULL;
}

enum err stock_balance_read(const struct stock_store *store, const char *point,
    struct stock_balance *balance, struct why *why) {
    struct stock_count counts[BLANK_STATES_MAX];
    size_t count = 0;
    *balance = (struct stock_balance){0};
    WORK_SCOPE(work); /* both sides are of one moment */
    enum err err = work_begin(&work, store->issuance, why);
    err = err ? err : store->received(store->self, point, &balance->received, why);
    err = err ? err : store->counts(store->self, point, counts, &count, why);
    for (size_t i = 0; !err && i < count; i++) {
        int64_t *member = balance_member(balance, counts[i].state);
        if (!member) {
            return why_say(why, ERR_CONFLICT,
                "%" PRId64 " blanks are in a state that stock.def does not hold (%d); restore a "
                "backup",
                counts[i].count, (int)counts[i].state);
        }
        *member = counts[i].count;
    }
    return err;
}

/* Stock 5. */
enum err stock_balance_check(
    const struct stock_balance *balance, const char *point, struct why *why) {
    const struct stock_balance *b = balance;
    int64_t held = b->stored + b->out + b->good + b->spoiled + b->destroyed;
    if (held != b->received) {
        return why_say(why, ERR_CONFLICT,
            "%s received %" PRId64 " blanks by the ledger but answers for %" PRId64 ": %" PRId64
            " %s; verify the audit chain and restore a backup",
            point, b->received, held, held < b->received ? b->received - held : held - b->received,
            held < b->received ? "are missing" : "too many");
    }
    if (b->out != 0) {
        return why_say(why, ERR_CONFLICT,
            "%s has %" PRId64
            " blanks in production; say of each whether it was made, spoiled or returned",
            point, b->out);
    }
    return OK;
}

/* The row is kept even, and above all, when the two differ. */
enum err stock_take(const struct stock_store *store, const char *point, int64_t counted,
    const char *officer, struct why *why) {
    struct stock_balance balance;
    char subject[SUBJECT_MAX + 1];
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store->issuance, why);
    err = err ? err : stock_balance_read(store, point, &balance, why);
    if (err) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "%s: counted %" PRId64 ", recorded %" PRId64, point,
        counted, balance.stored);
    err = store->issuance->audit(store->issuance->self, officer, "stock take", subject, why);
    err = err ? err : work_commit(&work, why);
    if (!err && counted != balance.stored) {
        int64_t gap = counted < balance.stored ? balance.stored - counted
                                               : counted - balance.stored;
        err = why_say(why, ERR_CONFLICT,
            "%s holds %" PRId64 " blanks by the books, %" PRId64 " were counted: %" PRId64
            " %s; count again, then report it",
            point, balance.stored, counted, gap,
            counted < balance.stored ? "are missing" : "too many");
    }
    return err;
}

#include "clearing/day_cycle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "base/money.h"
#include "clearing/exception.h"
#include "clearing/pay_file.h"
#include "clearing/pay_sign.h"

/* What a step works on. */
struct step_call {
    const struct clearing *c;
    const struct day_order *order;
    struct day_row *row;
};

static enum err run_cut(const struct step_call *s, struct why *why);
static enum err run_net(const struct step_call *s, struct why *why);
static enum err run_balance(const struct step_call *s, struct why *why);
static enum err run_list(const struct step_call *s, struct why *why);
static enum err run_approve(const struct step_call *s, struct why *why);
static enum err run_pay(const struct step_call *s, struct why *why);
static enum err run_close(const struct step_call *s, struct why *why);

/* The states of a day, and how each is reached from the one before it. */
static const struct state {
    const char *word, *zh;
    const char *event; /* of the audit chain */
    enum clearing_duty duty;
    enum err (*run)(const struct step_call *s, struct why *why);
} states[DAY_STATE_COUNT] = {
    [DAY_OPEN] = {"open",     "营业",       "day-open",    DUTY_CLEAR,   NULL       },
    [DAY_CUT] = {"cut",      "日切",       "day-cut",     DUTY_CLEAR,   run_cut    },
    [DAY_NETTED] = {"netted",   "轧差",       "day-net",     DUTY_CLEAR,   run_net    },
    [DAY_BALANCED] = {"balanced", "试算平衡", "day-balance", DUTY_CLEAR,   run_balance},
    [DAY_LISTED] = {"listed",   "拨付清单", "day-list",    DUTY_CLEAR,   run_list   },
    [DAY_APPROVED] = {"approved", "拨付审批", "day-approve", DUTY_APPROVE, run_approve},
    [DAY_PAID] = {"paid",     "已付款",    "day-pay",     DUTY_CLEAR,   run_pay    },
    [DAY_CLOSED] = {"closed",   "日结",       "day-close",   DUTY_CLEAR,   run_close  },
};

const char *day_state_word(enum day_state state) {
    assert((unsigned)state < DAY_STATE_COUNT);
    return states[state].word;
}

const char *day_state_zh(enum day_state state) {
    assert((unsigned)state < DAY_STATE_COUNT);
    return states[state].zh;
}

/* --- opening ------------------------------------------------------------------------------- */

/* The subject of a day's audit rows is the day. */
static enum err audit_day(const struct clearing_store *store, const char *who, uint32_t day,
    enum day_state state, struct why *why) {
    char text[16];
    (void)snprintf(text, sizeof text, "%08" PRIu32, day);
    return store->audit(store->self, who, states[state].event, text, why);
}

/* The row of a day that begins. */
static enum err put_open_day(
    const struct clearing_store *store, const char *who, uint32_t day, struct why *why) {
    struct day_row row = {.day = day, .state = DAY_OPEN};
    assert(day_exists(day));
    enum err err = store->day_put(store->self, &row, why);
    return err ? err : audit_day(store, who, day, DAY_OPEN, why);
}

/* The same day again is recognised by its row, whether it is still open or closed long ago. */
enum err day_begin(const struct clearing *c, uint32_t day, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct day_row row;
    if (!day_exists(day)) {
        return why_say(why, ERR_INVALID, "%" PRIu32 " is no day", day);
    }
    enum err err = clearing_begin(&scope, store, why);
    err = err ? err : store->day_last(store->self, &row, why);
    if (err == OK) {
        err = store->day_find(store->self, day, &row, why);
        return err != ERR_NOT_FOUND
                   ? err
                   : why_say(why, ERR_CONFLICT,
                       "business days have begun already, with another day than %" PRIu32, day);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    err = put_open_day(store, "system", day, why);
    return err ? err : clearing_commit(&scope, why);
}

/* The youngest day is the open one, because cutting a day opens the next. */
enum err day_open(const struct clearing_store *store, uint32_t *day, struct why *why) {
    struct day_row row;
    enum err err = store->day_last(store->self, &row, why);
    if (err) {
        return err == ERR_NOT_FOUND ? why_say(why, ERR_CONFLICT,
                   "no business day is open; \"shebao day open\" begins the first")
                                    : err;
    }
    assert(row.state == DAY_OPEN); /* cutting a day opens the next (day 2) */
    *day = row.day;
    return OK;
}

/* --- the steps ----------------------------------------------------------------------------- */

/* day 2: what comes from now on has a day to belong to. */
static enum err run_cut(const struct step_call *s, struct why *why) {
    uint32_t next = day_plus(s->order->day, 1);
    if (next == 0) {
        return why_say(why, ERR_INVALID, "no day comes after %" PRIu32, s->order->day);
    }
    return put_open_day(s->c->store, s->order->officer, next, why);
}

/* day 3: the records and the books are two witnesses of the same money. */
static enum err run_net(const struct step_call *s, struct why *why) {
    const struct clearing_store *store = s->c->store;
    struct net_row net = {0};
    char behind[INSTITUTION_LEN + 1] = "";
    enum err err = OK;
    while (!(err = store->net_next(store->self, s->order->day, behind, &net, why))) {
        assert(strcmp(net.institution, behind) > 0);
        if (net.fen != net.booked_fen) {
            return why_say(why, ERR_CONFLICT,
                "institution %s: records say %" PRId64 " fen, the books %" PRId64
                "; stop and call the chief",
                net.institution, net.fen, net.booked_fen);
        }
        (void)memcpy(behind, net.institution, sizeof behind);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* day 4. */
static enum err run_balance(const struct step_call *s, struct why *why) {
    struct trial_balance trial;
    enum err err = ledger_trial(s->c->store, &trial, why);
    if (!err && !trial_even(&trial)) {
        return why_say(why, ERR_CONFLICT,
            "the books are off by %" PRId64 " fen, %" PRId64
            " accounts astray; stop and call the chief",
            trial.difference_fen, trial.astray);
    }
    return err;
}

/* The line keeps name and account as they are today: the bank file follows from the list. */
static enum err list_one(
    const struct step_call *s, const struct net_row *net, uint32_t seq, struct why *why) {
    const struct clearing_store *store = s->c->store;
    struct payout p = {.day = s->order->day, .seq = seq, .trades = net->trades, .fen = net->fen};
    assert(seq > 0);
    assert(net->fen > 0);
    enum err err = store->institution_find(store->self, net->institution, &p.to, why);
    return err ? why_add(why, err, "institution %s", net->institution)
               : store->payout_add(store->self, &p, why);
}

/* The payout list, in the order of the institutions' codes, and who made it. */
static enum err run_list(const struct step_call *s, struct why *why) {
    const struct clearing_store *store = s->c->store;
    struct net_row net = {0};
    char behind[INSTITUTION_LEN + 1] = "";
    uint32_t seq = 0;
    enum err err = OK;
    while (!(err = store->net_next(store->self, s->order->day, behind, &net, why))) {
        err = net.fen > 0 ? list_one(s, &net, ++seq, why) : OK; /* a city may owe us */
        if (err) {
            return err;
        }
        (void)memcpy(behind, net.institution, sizeof behind);
    }
    (void)snprintf(s->row->maker, sizeof s->row->maker, "%s", s->order->officer);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Two officers let money out: the one who made the list, and this one. */
static enum err run_approve(const struct step_call *s, struct why *why) {
    assert(s->row->maker[0] != '\0');
    if (strcmp(s->order->officer, s->row->maker) == 0) { /* day 5 */
        return why_say(why, ERR_DENIED, "%s made the list; another officer must approve it",
            s->order->officer);
    }
    (void)snprintf(s->row->approver, sizeof s->row->approver, "%s", s->order->officer);
    return OK;
}

/* What was payable to one institution leaves through the bank. */
static enum err pay_one(const struct step_call *s, const struct payout *payout, struct why *why) {
    enum err city = s->c->store->city_check(s->c->store->self, payout->to.code, why);
    if (city && city != ERR_NOT_FOUND) {
        return city;
    }
    struct account_name from = account_named(
        city == OK ? ACCOUNT_CITY : ACCOUNT_INSTITUTION, payout->to.code);
    struct account_name to = account_named(ACCOUNT_BANK, NULL);
    assert(payout->seq > 0);
    assert(payout->fen > 0);
    struct posting p = posting_between(&from, &to, payout->fen, payout->day);
    (void)snprintf(
        p.number, sizeof p.number, "payout %" PRIu32 "/%" PRIu32, payout->day, payout->seq);
    return ledger_post_within(s->c->store, &p, NULL, why);
}

/* day 7: the head has said yes, where a payout of the list is above the limit. */
static enum err head_agreed(
    const struct step_call *s, const struct payout *payout, struct why *why) {
    const struct clearing_store *store = s->c->store;
    struct clearing_limits limits;
    char head[OFFICER_NAME_MAX + 1], fen[FEN_TEXT_MAX], most[FEN_TEXT_MAX];
    enum err err = store->limits(store->self, payout->day, &limits, why);
    if (err || limits.head_fen == 0 || payout->fen <= limits.head_fen) {
        return err;
    }
    err = store->head_find(store->self, payout->day, head, why);
    return err != ERR_NOT_FOUND
               ? err
               : why_say(why, ERR_CONFLICT,
                   "%s yuan to %s are more than %s: the head of the centre must agree, too",
                   fen_text(payout->fen, fen), payout->to.code, fen_text(limits.head_fen, most));
}

/* The books first and the file after them, for the bank acts on the file: a file that is missing is
 * written when the step is run again. */
static enum err run_pay(const struct step_call *s, struct why *why) {
    const struct clearing_store *store = s->c->store;
    struct payout payout = {0};
    enum err err = OK;
    assert(strcmp(s->row->maker, s->row->approver) != 0); /* day 5 */
    while (!(err = store->payout_next(store->self, s->order->day, payout.seq, &payout, why))) {
        err = head_agreed(s, &payout, why);
        err = err ? err : pay_one(s, &payout, why);
        if (err) {
            return why_add(why, err, "payout %" PRIu32, payout.seq);
        }
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    return err ? err : pay_file_digest(s->c, s->row, s->row->pay_digest, why);
}

/* day 9: where the city wants it, everybody who let the money out has signed for it. */
static enum err signed_check(const struct step_call *s, struct why *why) {
    struct clearing_limits limits;
    char path[PATH_ROOM];
    enum err err = s->c->store->limits(s->c->store->self, s->order->day, &limits, why);
    if (err || !limits.bank_signed) {
        return err;
    }
    err = pay_file_path(s->row, s->order->bank_dir, path, why);
    return err ? err : pay_sign_complete(s->c, s->row, path, why);
}

/* What is closed can be shown to the bank: the file on disk is the one that was paid. */
static enum err run_close(const struct step_call *s, struct why *why) {
    assert(s->order->bank_dir);
    enum err err = pay_file_check(s->row, s->order->bank_dir, why);
    err = err ? err : signed_check(s, why);
    return err ? err : exceptions_note(s->c, s->order->day, why); /* day 8 */
}

/* --- the head ------------------------------------------------------------------------------ */

/* Which payouts a yes can be about. */
static enum err head_allowed(
    const struct clearing *c, const struct day_row *row, const char *officer, struct why *why) {
    enum err err = c->store->officer_check(c->store->self, officer, DUTY_HEAD, why);
    if (err) {
        return err;
    }
    if (row->state != DAY_LISTED && row->state != DAY_APPROVED) {
        return why_say(why, ERR_CONFLICT, "the day is %s; its list must be made and not be paid",
            states[row->state].word);
    }
    return strcmp(officer, row->maker) != 0 && strcmp(officer, row->approver) != 0
               ? OK
               : why_say(why, ERR_DENIED,
                   "%s made or approved the list; the head is a third person", officer);
}

enum err day_head(const struct clearing *c, uint32_t day, const char *officer, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct day_row row = {0};
    char before[OFFICER_NAME_MAX + 1] = "", text[16];
    enum err err = clearing_begin(&scope, store, why);
    err = err ? err : store->day_find(store->self, day, &row, why);
    err = err ? err : store->head_find(store->self, day, before, why);
    if (err == OK && strcmp(before, officer) == 0) {
        return OK; /* day 1 */
    }
    err = err == ERR_NOT_FOUND && row.day == day ? OK : err;
    err = err ? err : head_allowed(c, &row, officer, why);
    err = err ? err : store->head_put(store->self, day, officer, why);
    (void)snprintf(text, sizeof text, "%08" PRIu32, day);
    err = err ? err : store->audit(store->self, officer, "day-head", text, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "day %" PRIu32 ", head", day) : OK;
}

/* --- taking a step ------------------------------------------------------------------------- */

/* The officer with the duty of this step, and the folder where it needs one. */
static enum err step_allowed(
    const struct clearing *c, const struct day_order *order, enum day_state to, struct why *why) {
    if (!order->officer || strlen(order->officer) > OFFICER_NAME_MAX) {
        return why_say(why, ERR_INVALID, "a step of the day needs an officer");
    }
    if (to >= DAY_PAID && !order->bank_dir) {
        return why_say(why, ERR_INVALID, "the folder for bank files is needed");
    }
    return c->store->officer_check(c->store->self, order->officer, states[to].duty, why);
}

/* The change of one state, whole or absent. */
static enum err step_change(
    const struct clearing *c, const struct day_order *order, enum day_state to, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct day_row row = {0};
    struct step_call call = {c, order, &row};
    enum err err = clearing_begin(&scope, store, why);
    err = err ? err : store->day_find(store->self, order->day, &row, why);
    if (err || row.state >= (int)to) {
        return err; /* day 1: done before */
    }
    assert(row.day == order->day);
    if (row.state != (int)to - 1) {
        return why_say(why, ERR_CONFLICT, "the day is %s; it must be %s first",
            states[row.state].word, states[to - 1].word);
    }
    assert(states[to].run);
    err = step_allowed(c, order, to, why);
    err = err ? err : states[to].run(&call, why);
    row.state = (int)to;
    err = err ? err : store->day_put(store->self, &row, why);
    err = err ? err : audit_day(store, order->officer, order->day, to, why);
    return err ? err : clearing_commit(&scope, why);
}

/* day 6: the same bytes, whenever; a file that is there already is left alone. */
static enum err ensure_pay_file(
    const struct clearing *c, const struct day_order *order, struct why *why) {
    struct day_row row;
    enum err err = c->store->day_find(c->store->self, order->day, &row, why);
    if (!err && !order->bank_dir) {
        return why_say(why, ERR_INVALID, "the folder for bank files is needed");
    }
    assert(err || row.state >= DAY_PAID);
    return err ? err : pay_file_write(c, &row, order->bank_dir, why);
}

/* The transaction first, and then the file that follows from it: a bank file never speaks of a day
 * that is not paid. */
enum err day_step(
    const struct clearing *c, const struct day_order *order, enum day_state to, struct why *why) {
    assert(to > DAY_OPEN && to < DAY_STATE_COUNT);
    enum err err = step_change(c, order, to, why);
    if (!err && to == DAY_PAID) {
        err = ensure_pay_file(c, order, why);
    }
    return err ? why_add(why, err, "day %" PRIu32 ", %s", order->day, states[to].word) : OK;
}

/* Whoever approves takes that one step and no other. */
enum err day_run(const struct clearing *c, const struct day_order *order, const char *approver,
    struct why *why) {
    enum err err = OK;
    for (int to = DAY_CUT; !err && to < DAY_STATE_COUNT; to++) {
        struct day_order step = *order;
        step.officer = states[to].duty == DUTY_APPROVE ? approver : order->officer;
        err = day_step(c, &step, (enum day_state)to, why);
    }
    return err;
}

/* Two walks over what was written, with no figure kept on the way. */
enum err day_figures_of(
    const struct clearing *c, uint32_t day, struct day_figures *out, struct why *why) {
    const struct clearing_store *store = c->store;
    struct day_row row;
    struct net_row net = {0};
    struct payout payout = {0};
    *out = (struct day_figures){0};
    enum err err = store->day_find(store->self, day, &row, why);
    if (err) {
        return why_add(why, err, "day %" PRIu32, day);
    }
    out->state = (enum day_state)row.state;
    while (!(err = store->net_next(store->self, day, net.institution, &net, why))) {
        out->institutions++;
        out->net_fen += net.fen;
    }
    while (
        err == ERR_NOT_FOUND && !store->payout_next(store->self, day, payout.seq, &payout, why)) {
        out->payout_fen += payout.fen;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

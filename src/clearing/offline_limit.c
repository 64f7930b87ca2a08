#include "clearing/offline_limit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "clearing/move.h"

/* --- limits -------------------------------------------------------------------------------- */

uint64_t moment_hours_before(uint64_t moment, uint32_t hours) {
    uint32_t days = hours / 24, rest = hours % 24;
    uint64_t hour = moment / 10000 % 100;
    assert(hours <= OFFLINE_HOURS_MAX);
    bool day_before = hour < rest;
    days += day_before ? 1 : 0;
    hour = hour + (day_before ? 24 : 0) - rest;
    uint64_t day = day_plus((uint32_t)(moment / 1000000), -(int32_t)days);
    return day == 0 ? 0 : day * 1000000 + hour * 10000 + moment % 10000;
}

/* By the list that the terminal should have had at the moment of the trade; of one that had been given none
 * by then nothing is known. */
static enum err judge_list(const struct clearing_store *store, const struct clearing_limits *limits,
    const struct upload_record *r, enum reason *reason, struct why *why) {
    uint64_t moment = moment_number(r->moment), list = 0;
    if (limits->list_hours == 0 || limits->list_hours > OFFLINE_HOURS_MAX) {
        return OK;
    }
    enum err err = store->terminal_list_moment(store->self, r->terminal, moment, &list, why);
    assert(err || list <= moment);
    if (!err && list < moment_hours_before(moment, limits->list_hours)) {
        *reason = REASON_LIST_OLD;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Whether the row before a record is as long as it may be. The cheapest to ask: it ends at its limit. A
 * load in the row was a word with the centre. */
static enum err row_passed(const struct clearing_store *store, const struct clearing_limits *limits,
    const struct upload_record *r, bool *passed, struct why *why) {
    struct offline_sums sums = {0};
    struct chain_loads loads = {0};
    uint64_t moment = moment_number(r->moment);
    *passed = false;
    if (limits->in_row == 0) {
        return OK;
    }
    enum err err = store->offline_row(store->self, r, limits->in_row, &sums, why);
    if (err || sums.in_row < limits->in_row) {
        return err;
    }
    uint64_t first = sums.row_began < moment ? sums.row_began : moment;
    uint64_t last = sums.row_began < moment ? moment : sums.row_began;
    err = store->loads_between(store->self, r, first, last, &loads, why);
    *passed = !err && loads.possible_fen == 0;
    return err;
}

/* The card's day, its row, the terminal's day, in this order; what the one decides the next is not
 * asked. */
static enum err judge_sums(const struct clearing_store *store, const struct clearing_limits *limits,
    const struct upload_record *r, enum reason *reason, struct why *why) {
    struct offline_sums sums = {0};
    struct clearing_limits asked = *limits;
    bool row = false;
    enum err err = row_passed(store, limits, r, &row, why);
    asked.terminal_day_fen = row ? 0 : limits->terminal_day_fen;
    if (!err && (asked.card_day_fen != 0 || asked.terminal_day_fen != 0)) {
        err = store->offline_sums(store->self, r, &asked, &sums, why);
    }
    if (err) {
        return err;
    }
    if (asked.card_day_fen != 0 && sums.card_fen > asked.card_day_fen - r->amount) {
        *reason = REASON_LIMIT_DAY;
    } else if (row) {
        *reason = REASON_LIMIT_ROW;
    } else if (asked.terminal_day_fen != 0
               && sums.terminal_fen > asked.terminal_day_fen - r->amount) {
        *reason = REASON_LIMIT_TILL;
    }
    return OK;
}

enum err offline_judge(const struct clearing_store *store, const struct clearing_limits *limits,
    const struct upload_record *r, enum reason *reason, struct why *why) {
    assert(r->flag != UPLOAD_ONLINE);
    assert(r->amount > 0);
    assert(*reason == REASON_NONE);
    if ((int64_t)r->amount > limits->offline_fen) {
        *reason = REASON_LIMIT;
        return OK;
    }
    enum err err = judge_sums(store, limits, r, reason, why);
    return err || *reason != REASON_NONE ? err : judge_list(store, limits, r, reason, why);
}

/* --- outages ------------------------------------------------------------------------------- */

bool outage_excuses(enum reason reason) {
    return reason == REASON_LIMIT || reason == REASON_LATE
           || (reason >= REASON_LIMIT_DAY && reason <= REASON_LIST_OLD);
}

enum err outage_judge(const struct clearing_store *store, const char *institution, uint64_t moment,
    enum reason *reason, struct why *why) {
    struct outage_row row;
    if (!outage_excuses(*reason)) {
        return OK;
    }
    enum err err = store->outage_at(store->self, institution, moment, &row, why);
    *reason = err ? *reason : REASON_OUTAGE;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* True for a moment of the calendar, to the second. */
static bool moment_exists(uint64_t moment) {
    uint8_t packed[MOMENT_LEN];
    bcd_write(moment, packed, MOMENT_LEN);
    return moment < 100000000000000 && moment_number(packed) == moment && moment != 0;
}

/* A number that fits on a slip and into the numbers of its moves. */
static enum err outage_check(const struct outage_order *o, struct why *why) {
    size_t len = strlen(o->number);
    size_t good = strspn(o->number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    size_t reason = o->reason ? strlen(o->reason) : 0;
    if (len == 0 || len > 12 || good != len) {
        return why_say(why, ERR_INVALID,
            "an outage's number has 1 to 12 digits, capital letters and '-'; \"%.20s\" has not",
            o->number);
    }
    if (!moment_exists(o->from) || !moment_exists(o->to) || o->from > o->to) {
        return why_say(why, ERR_INVALID,
            "an outage lasts from one moment (YYYYMMDDHHMMSS) to a later one; %" PRIu64
            " to %" PRIu64 " is none",
            o->from, o->to);
    }
    return reason > 0 && reason <= SETTLE_REASON_MAX
               ? OK
               : why_say(why, ERR_INVALID, "an outage needs a reason of 1 to %d bytes",
                   (int)SETTLE_REASON_MAX);
}

static enum err officers_check(const struct clearing_store *store, const char *officer,
    const char *approver, struct why *why) {
    if (strcmp(officer, approver) == 0) {
        return why_say(
            why, ERR_DENIED, "%s cannot be both officers; another one must approve", officer);
    }
    enum err err = store->officer_check(store->self, officer, DUTY_CLEAR, why);
    return err ? err : store->officer_check(store->self, approver, DUTY_APPROVE, why);
}

static struct outage_row outage_of(const struct outage_order *o) {
    struct outage_row row = {.from = o->from, .to = o->to};
    (void)snprintf(row.number, sizeof row.number, "%s", o->number);
    (void)snprintf(
        row.institution, sizeof row.institution, "%s", o->institution ? o->institution : "");
    (void)snprintf(row.reason, sizeof row.reason, "%s", o->reason);
    (void)snprintf(row.maker, sizeof row.maker, "%s", o->officer);
    (void)snprintf(row.approver, sizeof row.approver, "%s", o->approver);
    return row;
}

enum err outage_declare(
    const struct clearing *c, const struct outage_order *order, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct outage_row before;
    struct institution place;
    enum err err = outage_check(order, why);
    err = err ? err : officers_check(store, order->officer, order->approver, why);
    err = err ? err : clearing_begin(&scope, store, why);
    if (!err && order->institution) {
        err = store->institution_find(store->self, order->institution, &place, why);
    }
    if (err) {
        return why_add(why, err, "outage %s", order->number);
    }
    const struct outage_row row = outage_of(order);
    err = store->outage_find(store->self, order->number, &before, why);
    if (err != ERR_NOT_FOUND) {
        bool same = !err && before.from == row.from && before.to == row.to
                    && strcmp(before.institution, row.institution) == 0
                    && strcmp(before.reason, row.reason) == 0;
        return err || same ? err
                           : why_say(why, ERR_CONFLICT, "outage %s was declared as another one",
                               order->number);
    }
    err = store->outage_put(store->self, &row, why);
    err = err ? err : store->audit(store->self, order->officer, "outage", order->number, why);
    err = err ? err
              : store->audit(store->self, order->approver, "outage-agree", order->number, why);
    return err ? err : clearing_commit(&scope, why);
}

/* One record of the outage: asked for by one, agreed to by the other. */
static enum err settle_one(const struct clearing *c, const char *number, const struct record_row *r,
    const char *officer, const char *approver, struct why *why) {
    char move[MOVE_NUMBER_MAX + 1], reference[MOVE_REFERENCE_MAX + 1];
    int len = snprintf(move, sizeof move, "%s/%" PRId64 "/%" PRIu32, number, r->upload, r->place);
    (void)snprintf(reference, sizeof reference, "outage %s", number);
    const struct move_order order = {.number = move,
        .kind = MOVE_PAY,
        .upload = r->upload,
        .place = r->place,
        .reference = reference};
    if (len < 0 || (size_t)len >= sizeof move) {
        return why_say(why, ERR_CONFLICT,
            "record %" PRIu32 " of upload %" PRId64 " is decided by hand (day ask)", r->place,
            r->upload);
    }
    enum err err = move_ask(c, &order, officer, why);
    return err ? err : move_agree(c, move, approver, why);
}

/* Each record is a transaction of its own: what was paid stays paid when a later one cannot be. */
enum err outage_settle(const struct clearing *c, const char *number, const char *officer,
    const char *approver, struct outage_figures *out, struct why *why) {
    const struct clearing_store *store = c->store;
    struct outage_row outage = {.number = ""}, of;
    struct record_row r = {.upload = 0};
    struct upload_row upload;
    *out = (struct outage_figures){0};
    enum err err = officers_check(store, officer, approver, why);
    err = err ? err : store->outage_find(store->self, number, &outage, why);
    while (!err
           && !(err = store->record_waiting(store->self, UINT32_MAX, r.upload, r.place, &r, why))) {
        uint64_t moment = moment_number(r.record.moment);
        err = store->upload_numbered(store->self, r.upload, &upload, why);
        err = err || r.reason != REASON_OUTAGE
                  ? err
                  : store->outage_at(store->self, upload.header.institution, moment, &of, why);
        if (!err && r.reason == REASON_OUTAGE && strcmp(of.number, number) == 0) {
            err = settle_one(c, number, &r, officer, approver, why);
            out->records += err ? 0 : 1;
            out->fen += err ? 0 : (int64_t)r.record.amount;
        }
        if (err) {
            return why_add(why, err, "outage %s", number);
        }
    }
    return err == ERR_NOT_FOUND && outage.number[0] != '\0' ? OK : err;
}

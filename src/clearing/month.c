#include "clearing/month.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/money.h"
#include "clearing/day_cycle.h"
#include "clearing/move.h"
#include "clearing/record_proof.h"

enum { STAY_DAYS_MAX = 3660 }; /* ten years in one bed: more is a mistake */

/* --- stays --------------------------------------------------------------------------------- */

/* A number that a sheet shows and a clerk can type. */
static enum err number_check(const char *number, struct why *why) {
    size_t len = strlen(number);
    size_t good = strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return len > 0 && len <= SETTLE_NUMBER_MAX && good == len
               ? OK
               : why_say(why, ERR_INVALID,
                   "a stay's number has 1 to %d digits, capital letters and '-'",
                   (int)SETTLE_NUMBER_MAX);
}

/* Nights, but one day at least. */
static enum err stay_days(const struct stay_order *o, uint32_t *days, struct why *why) {
    uint32_t at = o->bill.admitted;
    *days = 0;
    bool in_order = day_exists(at) && day_exists(o->discharged) && at <= o->discharged;
    while (in_order && at < o->discharged && *days <= STAY_DAYS_MAX) {
        at = day_plus(at, 1);
        ++*days;
    }
    *days = *days == 0 ? 1 : *days;
    return in_order && *days <= STAY_DAYS_MAX
               ? OK
               : why_say(why, ERR_INVALID,
                   "a stay from %08" PRIu32 " to %08" PRIu32 " cannot be; correct the two days",
                   o->bill.admitted, o->discharged);
}

/* month 5, and no stay of tomorrow. */
static enum err stay_in_time(
    const struct clearing *c, const struct stay_order *o, struct why *why) {
    const struct clearing_store *store = c->store;
    struct claim_row claim;
    uint32_t today = 0;
    enum err err = day_open(store, &today, why);
    if (!err && o->discharged > today) {
        return why_say(why, ERR_CONFLICT,
            "the stay ends on %" PRIu32 ", and today is %" PRIu32 "; settle it when it has ended",
            o->discharged, today);
    }
    err = err ? err
              : store->claim_find(store->self, o->discharged / 100, o->institution, &claim, why);
    if (!err && claim.state == CLAIM_DECIDED) {
        return why_say(why, ERR_CONFLICT,
            "the claim of %s for %" PRIu32 " is decided; a stay of that month goes by a decision "
            "of its own",
            o->institution, o->discharged / 100);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The person's year as it is before this stay. */
static enum err year_of(
    const struct clearing *c, const struct stay_order *o, struct fee_year *year, struct why *why) {
    const struct clearing_store *store = c->store;
    struct clearing_limits limits;
    *year = (struct fee_year){.supplementary = o->supplementary,
        .account_pays = o->account_pays,
        .account_fen = o->account_fen};
    enum err err = store->limits(store->self, o->discharged, &limits, why);
    if (!err) {
        year->ceiling_fen = limits.fee_ceiling_fen == 0 ? NO_CEILING : limits.fee_ceiling_fen;
        err = store->stay_pooled(
            store->self, o->person, o->discharged / 10000, &year->pooled_fen, why);
    }
    return err;
}

/* month 1: what an officer said, said again. */
static bool same_stay(const struct stay_row *row, const struct stay_order *o, uint32_t days) {
    const struct fee_bill *a = &row->bill, *b = &o->bill;
    return strcmp(row->institution, o->institution) == 0 && row->person == o->person
           && row->day == o->discharged && a->admitted == b->admitted && a->days == days
           && a->level == b->level && a->person == b->person && a->kind == b->kind
           && a->total_fen == b->total_fen && a->own_paid_fen == b->own_paid_fen
           && a->class_b_fen == b->class_b_fen && row->year.supplementary == o->supplementary
           && row->year.account_pays == o->account_pays && row->year.account_fen == o->account_fen;
}

/* The row of a stay that was never settled before. */
static enum err stay_new(const struct clearing *c, const struct stay_order *o, const char *officer,
    struct stay_row *out, struct why *why) {
    const struct clearing_store *store = c->store;
    struct institution institution;
    struct stay_row row = {.person = o->person, .bill = o->bill, .day = o->discharged};
    enum err err = stay_days(o, &row.bill.days, why);
    err = err ? err : store->institution_find(store->self, o->institution, &institution, why);
    err = err ? err : stay_in_time(c, o, why);
    err = err ? err : year_of(c, o, &row.year, why);
    err = err ? err : fee_split(&row.bill, &row.year, &row.split, why);
    if (err) {
        return err;
    }
    (void)snprintf(row.number, sizeof row.number, "%s", o->number);
    (void)snprintf(row.institution, sizeof row.institution, "%s", o->institution);
    (void)snprintf(row.officer, sizeof row.officer, "%s", officer);
    err = store->stay_put(store->self, &row, why);
    err = err ? err : store->audit(store->self, officer, "stay", row.number, why);
    *out = err ? *out : row;
    return err;
}

enum err stay_settle(const struct clearing *c, const struct stay_order *order, const char *officer,
    struct stay_row *out, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    uint32_t days = 0;
    enum err err = number_check(order->number, why);
    if (!err && order->person <= 0) {
        err = why_say(why, ERR_INVALID, "a stay is of a person of the registry");
    }
    err = err ? err : store->officer_check(store->self, officer, DUTY_CLEAR, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->stay_find(store->self, order->number, out, why);
    if (err == OK) {
        err = stay_days(order, &days, why);
        return err || same_stay(out, order, days)
                   ? err
                   : why_say(
                       why, ERR_CONFLICT, "stay %s was settled with another bill", order->number);
    }
    err = err == ERR_NOT_FOUND ? stay_new(c, order, officer, out, why) : err;
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "stay %s", order->number) : OK;
}

/* --- claims -------------------------------------------------------------------------------- */

/* A month of the calendar that is over, and a cut with its reason. */
static enum err month_check(
    const struct clearing *c, const struct month_order *o, struct why *why) {
    uint32_t today = 0;
    size_t reason = o->reason ? strlen(o->reason) : 0;
    if (o->month > 999912 || !day_exists(o->month * 100 + 1)) {
        return why_say(why, ERR_INVALID, "%" PRIu32 " is no month (YYYYMM)", o->month);
    }
    if (reason > SETTLE_REASON_MAX || (o->cut_fen != 0 && reason == 0)) {
        return why_say(
            why, ERR_INVALID, "a cut needs a reason of 1 to %d bytes", (int)SETTLE_REASON_MAX);
    }
    enum err err = day_open(c->store, &today, why);
    return err || today / 100 > o->month
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the month %" PRIu32 " is not over on %" PRIu32 "; claim it when it is",
                   o->month, today);
}

/* month 2 and 4: the figures of a claim with that cut. */
static enum err claim_figures(
    const struct clearing *c, const struct month_order *o, struct claim_row *row, struct why *why) {
    const struct clearing_store *store = c->store;
    struct clearing_limits limits;
    uint32_t last = day_plus(day_plus(o->month * 100 + 1, 31) / 100 * 100 + 1, -1);
    row->month = o->month;
    (void)snprintf(row->institution, sizeof row->institution, "%s", o->institution);
    (void)snprintf(row->reason, sizeof row->reason, "%s", o->reason ? o->reason : "");
    row->claim.cut_fen = o->cut_fen;
    enum err err = store->limits(store->self, last, &limits, why);
    err = err ? err
              : store->stay_sums(
                  store->self, o->institution, o->month, &row->stays, &row->claim.claimed_fen, why);
    if (!err && row->stays == 0) {
        return why_say(
            why, ERR_CONFLICT, "no stay of %s ended in %" PRIu32, o->institution, o->month);
    }
    row->claim.retention = err ? 0 : limits.retention;
    return err ? err : month_claim_settle(&row->claim, why);
}

/* The claim as it is kept; ERR_NOT_FOUND when nobody has given an opinion. */
static enum err claim_before(
    const struct clearing *c, const struct month_order *o, struct claim_row *out, struct why *why) {
    struct institution institution;
    enum err err = c->store->institution_find(c->store->self, o->institution, &institution, why);
    if (err) {
        return err == ERR_NOT_FOUND
                   ? why_say(why, ERR_INVALID, "there is no institution %s", o->institution)
                   : err;
    }
    return c->store->claim_find(c->store->self, o->month, o->institution, out, why);
}

static enum err claim_audit(const struct clearing *c, const char *officer, const char *what,
    const struct month_order *o, struct why *why) {
    char subject[32];
    (void)snprintf(subject, sizeof subject, "%" PRIu32 " %s", o->month, o->institution);
    return c->store->audit(c->store->self, officer, what, subject, why);
}

enum err month_opinion(const struct clearing *c, const struct month_order *order,
    const char *officer, struct claim_row *out, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct claim_row before = {.month = 0}, row = {.state = CLAIM_OPINION};
    enum err err = store->officer_check(store->self, officer, DUTY_CLEAR, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : month_check(c, order, why);
    err = err ? err : claim_before(c, order, &before, why);
    if (!err && before.state == CLAIM_DECIDED) {
        return why_say(why, ERR_CONFLICT, "the claim of %s for %" PRIu32 " is decided",
            order->institution, order->month);
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : claim_figures(c, order, &row, why);
    (void)snprintf(row.first, sizeof row.first, "%s", officer);
    err = err ? err : store->claim_put(store->self, &row, why);
    err = err ? err : claim_audit(c, officer, "month-opinion", order, why);
    err = err ? err : clearing_commit(&scope, why);
    *out = err ? *out : row;
    return err ? why_add(why, err, "month %" PRIu32, order->month) : OK;
}

/* month 4: due on the open day, by both officers. */
static enum err claim_due(const struct clearing *c, const struct claim_row *row, struct why *why) {
    const struct clearing_store *store = c->store;
    struct posting posting;
    struct move_row move = {
        .kind = MOVE_MONTH, .fen = row->claim.paid_fen, .done = true, .maker = ""};
    char granted[FEN_TEXT_MAX], cut[FEN_TEXT_MAX];
    enum err err = day_open(store, &move.day, why);
    if (err || row->claim.paid_fen == 0) {
        return err;
    }
    move.asked = move.day;
    (void)snprintf(
        move.number, sizeof move.number, "month %" PRIu32 " %s", row->month, row->institution);
    (void)snprintf(move.institution, sizeof move.institution, "%s", row->institution);
    (void)snprintf(move.reference, sizeof move.reference, "granted %s, cut %s",
        fen_text(row->claim.granted_fen, granted), fen_text(row->claim.cut_fen, cut));
    (void)snprintf(move.maker, sizeof move.maker, "%s", row->first);
    (void)snprintf(move.approver, sizeof move.approver, "%s", row->second);
    err = move_posting(c, &move, &posting, why);
    err = err ? err : ledger_post_within(store, &posting, NULL, why);
    return err ? err : store->move_put(store->self, &move, why);
}

/* month 3: who decides, and about what. */
static enum err decision_allowed(const struct claim_row *before, const struct month_order *o,
    const char *officer, struct why *why) {
    if (before->state == CLAIM_DECIDED) {
        return why_say(why, ERR_CONFLICT,
            "the claim of %s for %" PRIu32 " was decided otherwise, by %s", o->institution,
            o->month, before->second);
    }
    return strcmp(before->first, officer) != 0
               ? OK
               : why_say(
                   why, ERR_DENIED, "%s gave the opinion; another officer must decide", officer);
}

struct account_name retention_account(const char *institution, uint32_t year) {
    char of[ACCOUNT_OF_LEN + 1];
    assert(strlen(institution) <= INSTITUTION_LEN);
    assert(year <= 9999);
    (void)snprintf(
        of, sizeof of, "%.*s/%04" PRIu32, (int)INSTITUTION_LEN, institution, year % 10000);
    return account_named(ACCOUNT_RETENTION, of);
}

struct posting retention_posting(const struct claim_row *row, uint32_t day) {
    struct account_name funding = account_named(ACCOUNT_FUNDING, NULL);
    struct account_name kept = retention_account(row->institution, row->month / 100);
    struct posting p = posting_between(&funding, &kept, row->claim.kept_fen, day);
    assert(row->claim.kept_fen >= 0);
    (void)snprintf(
        p.number, sizeof p.number, "retention %06" PRIu32 " %s", row->month, row->institution);
    p.count = row->claim.kept_fen > 0 ? p.count : 0;
    return p;
}

enum err retention_proven(
    const struct clearing *c, const struct posting *posting, bool *proven, struct why *why) {
    struct claim_row claim = {.month = 0};
    const char *of = strchr(posting->number, ' '), *code = strrchr(posting->number, ' ');
    *proven = false;
    if (!of || strlen(code + 1) != INSTITUTION_LEN) {
        return OK;
    }
    uint32_t month = (uint32_t)strtoul(of + 1, NULL, 10);
    enum err err = c->store->claim_find(c->store->self, month, code + 1, &claim, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    const struct posting expected = retention_posting(&claim, posting->day);
    *proven = claim.state == CLAIM_DECIDED && expected.count == 2 && posting->count == 2
              && strcmp(expected.number, posting->number) == 0 && same_entries(&expected, posting);
    return OK;
}

/* month 4: what is kept is owed, though it is not due yet. */
static enum err claim_keep(const struct clearing *c, const struct claim_row *row, struct why *why) {
    uint32_t today = 0;
    enum err err = day_open(c->store, &today, why);
    const struct posting p = retention_posting(row, today);
    return err || p.count == 0 ? err : ledger_post_within(c->store, &p, NULL, why);
}

/* The decision of a claim that has its opinion. */
static enum err decide(const struct clearing *c, const struct month_order *o, const char *officer,
    const struct claim_row *before, struct claim_row *row, struct why *why) {
    const struct clearing_store *store = c->store;
    enum err err = decision_allowed(before, o, officer, why);
    err = err ? err : claim_figures(c, o, row, why);
    row->state = CLAIM_DECIDED;
    (void)snprintf(row->first, sizeof row->first, "%s", before->first);
    (void)snprintf(row->second, sizeof row->second, "%s", officer);
    err = err ? err : store->claim_put(store->self, row, why);
    err = err ? err : claim_due(c, row, why);
    err = err ? err : claim_keep(c, row, why);
    return err ? err : claim_audit(c, officer, "month-decide", o, why);
}

enum err month_decision(const struct clearing *c, const struct month_order *order,
    const char *officer, struct claim_row *out, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct claim_row before = {.month = 0}, row = {.state = CLAIM_DECIDED};
    enum err err = store->officer_check(store->self, officer, DUTY_APPROVE, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : month_check(c, order, why);
    err = err ? err : claim_before(c, order, &before, why);
    if (err) {
        return err == ERR_NOT_FOUND ? why_say(why, ERR_CONFLICT,
                   "the first level has given no opinion on %s for %" PRIu32 " yet",
                   order->institution, order->month)
                                    : err;
    }
    if (before.state == CLAIM_DECIDED && before.claim.cut_fen == order->cut_fen
        && strcmp(before.reason, order->reason ? order->reason : "") == 0) {
        *out = before;
        return OK;
    }
    err = decide(c, order, officer, &before, &row, why);
    err = err ? err : clearing_commit(&scope, why);
    *out = err ? *out : row;
    return err ? why_add(why, err, "month %" PRIu32, order->month) : OK;
}

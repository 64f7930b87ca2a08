#include "clearing/exception.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "clearing/offline_limit.h"

static const struct kind {
    const char *word, *zh;
} kinds[EXCEPTION_KIND_COUNT] = {
#define EXCEPTION(name, word, zh, en) {word, zh},
#include "clearing/exception.def"
};

const char *exception_word(enum exception_kind kind) {
    assert((unsigned)kind < EXCEPTION_KIND_COUNT);
    return kinds[kind].word;
}

const char *exception_zh(enum exception_kind kind) {
    assert((unsigned)kind < EXCEPTION_KIND_COUNT);
    return kinds[kind].zh;
}

/* --- ageing -------------------------------------------------------------------------------- */

static const struct age ages[] = {
#define AGE(days, word, zh, whose, whose_zh) {days, word, zh, whose, whose_zh},
#include "clearing/ageing.def"
};

/* Days are counted up to the oldest line; what is older is as good as that. */
const struct age *age_since(uint32_t since, uint32_t today) {
    uint32_t days = 0;
    size_t i = 0;
    assert(day_exists(since));
    while (days < ages[0].days && since < today) {
        since = day_plus(since, 1);
        days++;
    }
    while (ages[i].days > days) {
        i++;
    }
    assert(i < sizeof ages / sizeof ages[0]);
    return &ages[i];
}

/* --- the bank's answer --------------------------------------------------------------------- */

static struct exception_row answer_row(uint32_t day) {
    struct exception_row row = {.day = day, .kind = EXCEPTION_RETURN, .count = 1};
    (void)snprintf(row.subject, sizeof row.subject, "%08" PRIu32 ".pay", day);
    return row;
}

/* A day that paid nothing out has nothing to be answered. */
static enum err note_answer(const struct clearing *c, uint32_t day, struct why *why) {
    const struct clearing_store *store = c->store;
    struct exception_row row = answer_row(day);
    struct payout payout = {0};
    uint8_t digest[SM3_LEN];
    uint32_t taken = 0;
    enum err err = store->bank_return_find(store->self, day, digest, &taken, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    while (!(err = store->payout_next(store->self, day, payout.seq, &payout, why))) {
        row.fen += payout.fen;
    }
    if (err != ERR_NOT_FOUND || payout.seq == 0) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return store->exception_put(store->self, &row, why);
}

/* The row as the day was closed, found among the day's, with the day of its end. */
enum err exception_answered(
    const struct clearing *c, uint32_t day, uint32_t today, struct why *why) {
    const struct clearing_store *store = c->store;
    struct exception_row row = {.day = day};
    enum err err = OK;
    assert(today >= day);
    while (!(err = store->exception_next(store->self, day, &row, why))) {
        if (row.kind == EXCEPTION_RETURN) {
            row.settled = today;
            return store->exception_put(store->self, &row, why);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- what waits ---------------------------------------------------------------------------- */

/* One row for each reason for which records of this day or before wait. */
static enum err note_records(const struct clearing *c, uint32_t day, struct why *why) {
    const struct clearing_store *store = c->store;
    struct reason_sum sums[REASON_COUNT] = {{0}};
    struct record_row r = {.upload = 0};
    enum err err = OK;
    while (!(err = store->record_waiting(store->self, day, r.upload, r.place, &r, why))) {
        sums[r.reason].count++;
        sums[r.reason].fen += r.record.amount;
    }
    for (int i = 0; err == ERR_NOT_FOUND && i < REASON_COUNT; i++) {
        struct exception_row row = {
            .day = day, .kind = EXCEPTION_HELD, .count = sums[i].count, .fen = sums[i].fen};
        (void)snprintf(row.subject, sizeof row.subject, "%s", reason_line((enum reason)i)->word);
        enum err put = row.count > 0 ? store->exception_put(store->self, &row, why) : OK;
        err = put ? put : err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* One row for all decisions that nobody has agreed to, up to this day. */
static enum err note_moves(const struct clearing *c, uint32_t day, struct why *why) {
    const struct clearing_store *store = c->store;
    struct exception_row row = {.day = day, .kind = EXCEPTION_MOVE, .subject = "moves"};
    struct move_row move = {.number = ""};
    enum err err = OK;
    while (!(err = store->move_next(store->self, 0, move.number, &move, why))) {
        row.count += move.asked <= day ? 1 : 0;
        row.fen += move.asked <= day ? move.fen : 0;
    }
    if (err == ERR_NOT_FOUND) {
        err = row.count > 0 ? store->exception_put(store->self, &row, why) : OK;
    }
    return err;
}

/* One row for each institution whose trades came later than they should: nothing is to be done about
 * them any more, so it is settled at once. Files know no hour of their coming, so a trade is late when
 * its hours were over before the day began. */
static enum err note_late(const struct clearing *c, uint32_t day, struct why *why) {
    const struct clearing_store *store = c->store;
    struct clearing_limits limits;
    struct net_row late = {.institution = ""};
    enum err err = store->limits(store->self, day, &limits, why);
    if (err || limits.upload_hours == 0 || limits.upload_hours > OFFLINE_HOURS_MAX) {
        return err;
    }
    uint64_t before = moment_hours_before((uint64_t)day * 1000000, limits.upload_hours);
    while (!(err = store->late_next(store->self, day, before, &late, why))) {
        struct exception_row row = {.day = day,
            .kind = EXCEPTION_LATE,
            .count = late.trades,
            .fen = late.fen,
            .settled = day};
        (void)snprintf(row.subject, sizeof row.subject, "%s", late.institution);
        err = store->exception_put(store->self, &row, why);
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err exceptions_note(const struct clearing *c, uint32_t day, struct why *why) {
    enum err err = note_answer(c, day, why);
    err = err ? err : note_records(c, day, why);
    err = err ? err : note_late(c, day, why);
    return err ? err : note_moves(c, day, why);
}

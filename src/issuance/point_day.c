#include "issuance/point_day.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/stock.h"

enum { SUBJECT_MAX = 96 };

/* --- the ledger ------------------------------------------------------------------------------- */

/* The last closing of a point; *day is all zero when there was none. */
static enum err last_closing(
    const struct point_store *store, const char *point, struct point_day *day, struct why *why) {
    *day = (struct point_day){.day = 0};
    enum err err = store->day_last(store->self, point, day, why);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Box 5. */
static enum err check_open(const struct point_desk *desk, const char *point, struct why *why) {
    struct point_day last;
    enum err err = last_closing(desk->store, point, &last, why);
    return !err && desk->day <= last.day ? why_say(why, ERR_CONFLICT,
               "point %s has closed %" PRIu32 "; nothing can be done there on %" PRIu32
               " any more, do it on the next day",
               point, last.day, desk->day)
                                         : err;
}

enum err point_entry(const struct point_desk *desk, struct box_entry *entry, struct why *why) {
    assert(entry->kind > 0);
    enum err err = entry->point[0] ? check_open(desk, entry->point, why) : OK;
    entry->day = desk->day;
    entry->time = desk->time;
    err = err ? err
              : stock_word(
                  entry->officer, sizeof entry->officer, desk->officer, "an officer's code", why);
    err = err ? err
              : stock_word(
                  entry->second, sizeof entry->second, desk->second, "an officer's code", why);
    return err ? err : desk->store->entry_add(desk->store->self, entry, why);
}

/* --- the day ---------------------------------------------------------------------------------- */

/* Which figure of the day a kind of row belongs to; rows that move no stock belong to none. */
static int64_t *figure_of(struct point_count *c, enum box_entry_kind kind) {
    switch (kind) {
    case ENTRY_RECEIVED:
    case ENTRY_RELEASED:
    case ENTRY_BACK:
        return &c->received;
    case ENTRY_HANDED:
        return &c->handed;
    case ENTRY_RECOVERED:
    case ENTRY_MISSING:
    case ENTRY_LEFT:
        return &c->returned;
    case ENTRY_SENT:
    case ENTRY_DIFFERS:
    case ENTRY_MERGED:
        break;
    }
    return NULL;
}

/* What came is a plus, what went a minus: both are shown as amounts. */
static void add_up(struct point_count *c, const struct entry_sums *sums) {
    for (size_t i = 0; i < sums->count; i++) {
        const struct entry_sum *sum = &sums->kinds[i];
        int64_t *figure = figure_of(c, sum->kind);
        assert(figure || sum->stock == 0);
        if (figure) {
            *figure += figure == &c->received ? sum->stock : -sum->stock;
        }
    }
    c->closing = c->opening + c->received - c->handed - c->returned;
}

enum err point_count_read(
    const struct point_desk *desk, const char *point, struct point_count *count, struct why *why) {
    const struct point_store *store = desk->store;
    struct entry_sums sums;
    struct point_day last;
    *count = (struct point_count){.opening = 0};
    WORK_SCOPE(work); /* both sides are of one moment */
    enum err err = work_begin(&work, store->issuance, why);
    err = err ? err : last_closing(store, point, &last, why);
    err = err ? err : store->entry_sums(store->self, point, last.day, desk->day, &sums, why);
    err = err ? err : store->cards_at(store->self, point, &count->lying, why);
    if (!err) {
        count->last_closed = last.day;
        count->opening = last.closing;
        add_up(count, &sums);
    }
    return err;
}

enum err point_count_check(
    const struct point_count *c, const char *point, int64_t counted, struct why *why) {
    if (c->closing != c->lying) {
        return why_say(why, ERR_CONFLICT,
            "point %s answers for %" PRId64 " cards by its ledger, but %" PRId64
            " lie in its boxes by their rows; verify the audit chain and restore a backup",
            point, c->closing, c->lying);
    }
    if (c->closing != counted) {
        int64_t gap = counted < c->closing ? c->closing - counted : counted - c->closing;
        return why_say(why, ERR_CONFLICT,
            "point %s should hold %" PRId64 " cards (%" PRId64 " + %" PRId64 " - %" PRId64
            " - %" PRId64 "), %" PRId64 " were counted: %" PRId64
            " %s; the day stays open, count again box by box",
            point, c->closing, c->opening, c->received, c->handed, c->returned, counted, gap,
            counted < c->closing ? "are missing" : "too many");
    }
    return OK;
}

/* One row, whatever came of it. */
static enum err note(const struct point_desk *desk, const char *point, int64_t counted,
    const struct point_count *c, struct why *why) {
    char subject[SUBJECT_MAX];
    const struct issuance_store *issuance = desk->store->issuance;
    (void)snprintf(subject, sizeof subject,
        "point %.16s on %" PRIu32 ": counted %" PRId64 ", recorded %" PRId64, point, desk->day,
        counted, c->closing);
    return issuance->audit(issuance->self, desk->officer, "count a point", subject, why);
}

/* The same once more is no second closing. */
static enum err closed_before(const struct point_day *last, const char *point, int64_t counted,
    struct point_count *c, struct why *why) {
    *c = (struct point_count){.last_closed = last->day,
        .opening = last->opening,
        .received = last->received,
        .handed = last->handed,
        .returned = last->returned,
        .closing = last->closing,
        .lying = last->closing};
    return last->closing == counted
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "point %s has closed %" PRIu32 " already, with %" PRId64 " cards", point,
                   last->day, last->closing);
}

/* A day that agrees is written down. */
static enum err write_day(const struct point_desk *desk, const char *point,
    const struct point_count *c, struct why *why) {
    struct point_day day = {.day = desk->day,
        .opening = c->opening,
        .received = c->received,
        .handed = c->handed,
        .returned = c->returned,
        .closing = c->closing};
    assert(c->closing == c->lying);
    enum err err = stock_word(day.point, sizeof day.point, point, "a point's code", why);
    err = err ? err
              : stock_word(
                  day.officer, sizeof day.officer, desk->officer, "an officer's code", why);
    return err ? err : desk->store->day_add(desk->store->self, &day, why);
}

enum err point_close(const struct point_desk *desk, const char *point, int64_t counted,
    struct point_count *count, struct why *why) {
    struct point_day last;
    struct why story = {0};
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : last_closing(desk->store, point, &last, why);
    if (!err && last.day >= desk->day && last.day != 0) {
        return last.day == desk->day ? closed_before(&last, point, counted, count, why)
                                     : check_open(desk, point, why);
    }
    err = err ? err : point_count_read(desk, point, count, why);
    if (err) {
        return err;
    }
    enum err differs = point_count_check(count, point, counted, &story);
    err = note(desk, point, counted, count, why);
    err = err || differs ? err : write_day(desk, point, count, why);
    err = err ? err : work_commit(&work, why);
    return err || !differs ? err : why_say(why, differs, "%s", story.text);
}

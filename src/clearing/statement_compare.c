/* Two sides of one day, batch by batch, and trade by trade where their totals differ. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "clearing/day_cycle.h"
#include "clearing/statement.h"

/* A comparison under way. The cursors stand at the first trade of the batch being looked at. */
struct comparing {
    const struct statement *list, *centre;
    size_t list_at, centre_at;
    struct report_sink *sink;
    struct statement_figures *out;
};

/* --- rows ---------------------------------------------------------------------------------- */

static const struct report_column columns[] = {
    {"outcome",  "结果 Outcome",     REPORT_TEXT,   28, false},
    {"terminal", "终端 Terminal",    REPORT_TEXT,   13, false},
    {"batch",    "批次 Batch",       REPORT_NUMBER, 10, false},
    {"sequence", "流水号 Sequence", REPORT_NUMBER, 15, false},
    {"list",     "机构 List",        REPORT_FEN,    14, true },
    {"centre",   "中心 Centre",      REPORT_FEN,    14, true },
    {"end",      "中心处理 End",   REPORT_TEXT,   14, false},
};

enum outcome { SURPLUS, SHORTAGE, AMOUNT, TWICE, NO_DETAILS };
static const char *const outcomes[] = {
    [SURPLUS] = "长款 not on the list",
    [SHORTAGE] = "短款 not at the centre",
    [AMOUNT] = "金额不符 amounts differ",
    [TWICE] = "重复 twice on the list",
    [NO_DETAILS] = "批总不符，请上传明细 send details",
};

/* One thing that differs; list or centre may be NULL. */
static enum err tell(struct comparing *w, enum outcome outcome, const struct statement_trade *list,
    const struct statement_trade *centre, struct why *why) {
    const struct statement_trade *any = list ? list : centre;
    char terminal[2 * TERMINAL_LEN + 1];
    assert(any);
    hex_write(bytes_of(any->terminal, TERMINAL_LEN), terminal);
    const struct report_value row[] = {report_text(outcomes[outcome]), report_text(terminal),
        report_number(any->batch), report_number(any->seq), report_number(list ? list->fen : 0),
        report_number(centre ? centre->fen : 0), report_text(centre ? centre->end : "")};
    return report_row(w->sink, row, why);
}

/* --- trades -------------------------------------------------------------------------------- */

/* The same sequence on both sides, or on one. Both cursors move behind it, and behind its repeats on
 * the list. */
static enum err compare_seq(struct comparing *w, const struct statement_trade *list,
    const struct statement_trade *centre, struct why *why) {
    if (!list || (centre && centre->seq < list->seq)) {
        assert(centre);
        w->centre_at++;
        w->out->surplus++;
        w->out->surplus_fen += centre->fen;
        return tell(w, SURPLUS, NULL, centre, why);
    }
    w->list_at++;
    if (!centre || list->seq < centre->seq) {
        w->out->shortage++;
        w->out->shortage_fen += list->fen;
        return tell(w, SHORTAGE, list, NULL, why);
    }
    w->centre_at++;
    if (list->fen == centre->fen) {
        w->out->matched++;
        return OK;
    }
    w->out->amount++;
    return tell(w, AMOUNT, list, centre, why);
}

/* The next trade of a side that is in this batch, or NULL. */
static const struct statement_trade *next_in(
    const struct statement *s, size_t at, const struct statement_batch *b) {
    const struct statement_trade *t = at < s->trade_count ? &s->trades[at] : NULL;
    bool in = t && t->batch == b->batch && memcmp(t->terminal, b->terminal, TERMINAL_LEN) == 0;
    return in ? t : NULL;
}

/* The list's trade at the cursor stands there a second time. */
static bool is_twice(const struct comparing *w, const struct statement_batch *b) {
    const struct statement_trade *t = next_in(w->list, w->list_at, b);
    const struct statement_trade *before = w->list_at > 0 ? next_in(w->list, w->list_at - 1, b)
                                                          : NULL;
    return t && before && t->seq == before->seq;
}

static enum err compare_trades(
    struct comparing *w, const struct statement_batch *b, struct why *why) {
    enum err err = OK;
    while (!err) {
        const struct statement_trade *list = next_in(w->list, w->list_at, b);
        const struct statement_trade *centre = next_in(w->centre, w->centre_at, b);
        if (!list && !centre) {
            return OK;
        }
        if (is_twice(w, b)) {
            w->list_at++;
            w->out->twice++;
            err = tell(w, TWICE, list, NULL, why);
        } else {
            err = compare_seq(w, list, centre, why);
        }
    }
    return err;
}

/* --- batches ------------------------------------------------------------------------------- */

/* Moves a cursor behind the trades that come before a batch, or are in it. */
static size_t behind(
    const struct statement *s, size_t at, const struct statement_batch *b, bool in_it) {
    while (at < s->trade_count) {
        const struct statement_trade *t = &s->trades[at];
        int order = memcmp(t->terminal, b->terminal, TERMINAL_LEN);
        order = order != 0 ? order : (t->batch > b->batch) - (t->batch < b->batch);
        if (order > 0 || (order == 0 && !in_it)) {
            break;
        }
        at++;
    }
    return at;
}

/* A batch that is on both sides, or on one (the other is NULL). */
static enum err compare_batch(struct comparing *w, const struct statement_batch *list,
    const struct statement_batch *centre, struct why *why) {
    const struct statement_batch *b = list ? list : centre;
    assert(b);
    w->list_at = behind(w->list, w->list_at, b, false);
    w->centre_at = behind(w->centre, w->centre_at, b, false);
    if (list && centre && list->trades == centre->trades && list->fen == centre->fen) {
        w->out->batches_equal++;
        w->out->matched += centre->trades;
        w->list_at = behind(w->list, w->list_at, b, true);
        w->centre_at = behind(w->centre, w->centre_at, b, true);
        return OK;
    }
    if (list && list->trades > 0 && !next_in(w->list, w->list_at, b)) {
        const struct statement_trade total = {.batch = b->batch, .fen = list->fen, .end = ""};
        struct statement_trade of_list = total, of_centre = total;
        (void)memcpy(of_list.terminal, b->terminal, TERMINAL_LEN);
        (void)memcpy(of_centre.terminal, b->terminal, TERMINAL_LEN);
        of_centre.fen = centre ? centre->fen : 0;
        w->out->batches_missing++;
        w->centre_at = behind(w->centre, w->centre_at, b, true);
        return tell(w, NO_DETAILS, &of_list, &of_centre, why);
    }
    return compare_trades(w, b, why);
}

/* Which side's batch comes first: below zero the list's. */
static int side_order(const struct statement_batch *list, const struct statement_batch *centre) {
    if (!list || !centre) {
        return list ? -1 : 1;
    }
    int order = memcmp(list->terminal, centre->terminal, TERMINAL_LEN);
    return order != 0 ? order : (list->batch > centre->batch) - (list->batch < centre->batch);
}

static enum err compare_batches(struct comparing *w, struct why *why) {
    size_t l = 0, c = 0;
    enum err err = OK;
    while (!err && (l < w->list->batch_count || c < w->centre->batch_count)) {
        const struct statement_batch *list = l < w->list->batch_count ? &w->list->batches[l] : NULL;
        const struct statement_batch *centre = c < w->centre->batch_count ? &w->centre->batches[c]
                                                                          : NULL;
        int order = side_order(list, centre);
        err = compare_batch(w, order <= 0 ? list : NULL, order >= 0 ? centre : NULL, why);
        l += order <= 0 ? 1 : 0;
        c += order >= 0 ? 1 : 0;
    }
    return err;
}

bool statement_agrees(const struct statement_figures *f) {
    return f->batches_missing == 0 && f->surplus == 0 && f->shortage == 0 && f->amount == 0
           && f->twice == 0;
}

enum err statement_compare(const struct statement *list, const struct statement *centre,
    struct report_sink *sink, struct statement_figures *out, struct why *why) {
    struct comparing w = {.list = list, .centre = centre, .sink = sink, .out = out};
    char about[64];
    *out = (struct statement_figures){0};
    if (list->day != centre->day || list->number != centre->number
        || strcmp(list->institution, centre->institution) != 0) {
        return why_say(why, ERR_CONFLICT,
            "the list is number %" PRIu32 " of %s for %" PRIu32 ", the centre's is number %" PRIu32
            " of %s for %" PRIu32 "; compare two of one day",
            list->number, list->institution, list->day, centre->number, centre->institution,
            centre->day);
    }
    (void)snprintf(about, sizeof about, "%s, %" PRIu32, list->institution, list->day);
    const struct report_head head = {"reconciliation", "机构对账差错 Reconciliation", about,
        columns, sizeof columns / sizeof columns[0]};
    enum err err = report_begin(sink, &head, why);
    err = err ? err : compare_batches(&w, why);
    return err ? err : report_end(sink, why);
}

/* --- at the centre ------------------------------------------------------------------------- */

/* The day's exception of that institution, or what settles it. */
static enum err note(const struct clearing *c, const struct statement *list,
    const struct statement_figures *f, struct why *why) {
    const struct clearing_store *store = c->store;
    struct exception_row row = {.day = list->day}, mine = {.day = list->day};
    enum err err = OK;
    bool there = false;
    (void)snprintf(mine.subject, sizeof mine.subject, "%s", list->institution);
    mine.kind = EXCEPTION_DIFFERENCE;
    mine.count = (uint64_t)f->surplus + f->shortage + f->amount + f->twice + f->batches_missing;
    mine.fen = f->surplus_fen + f->shortage_fen;
    while (!(err = store->exception_next(store->self, list->day, &row, why))) {
        there = there
                || (row.kind == EXCEPTION_DIFFERENCE && strcmp(row.subject, mine.subject) == 0);
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    if (err || (statement_agrees(f) && !there)) {
        return err;
    }
    if (statement_agrees(f)) {
        err = day_open(store, &mine.settled, why);
    }
    return err ? err : store->exception_put(store->self, &mine, why);
}

static void bytes_free(char **at) {
    free(*at);
}

/* The centre's side of the same day, read back from what it would send. */
static enum err centre_side(const struct clearing *c, const struct statement *list,
    struct statement *out, struct why *why) {
    __attribute__((cleanup(bytes_free))) char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = statement_write(c, list->day, list->institution, to, why);
    (void)fclose(to);
    return err ? err : statement_read(bytes_of(text, len), out, why);
}

enum err statement_match(const struct clearing *c, const struct statement *list,
    const char *officer, struct report_sink *sink, struct statement_figures *out, struct why *why) {
    CLEARING_SCOPE(scope);
    STATEMENT_SCOPE(centre);
    const struct clearing_store *store = c->store;
    char subject[32];
    enum err err = store->officer_check(store->self, officer, DUTY_CLEAR, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : centre_side(c, list, &centre, why);
    err = err ? err : statement_compare(list, &centre, sink, out, why);
    err = err ? err : note(c, list, out, why);
    (void)snprintf(subject, sizeof subject, "%" PRIu32 " %s", list->day, list->institution);
    err = err ? err : store->audit(store->self, officer, "day-match", subject, why);
    return err ? err : clearing_commit(&scope, why);
}

#include "stores/sql/issuance_stock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/no_such.h"

/* SENTENCE_ORDER_ADD and so on, in the order of issuance_stock.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/issuance_stock.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/issuance_stock.def"
};

struct stock_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

/* Begins one of the sentences; self is a struct stock_rows. */
static struct say begin(struct stock_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* --- the ledger ------------------------------------------------------------------------------ */

/* A number that is there already is the table's to refuse. */
static enum err order_add(void *self, const struct stock_order *o, struct why *why) {
    struct say s = begin(self, SENTENCE_ORDER_ADD);
    assert(o->second[0] == '\0');
    say_text(&s, o->request);
    say_int(&s, (int64_t)o->step);
    say_int(&s, o->first);
    say_int(&s, o->count);
    say_text(&s, o->point);
    say_text(&s, o->other);
    say_text(&s, o->note);
    say_int(&s, o->day);
    say_text(&s, o->officer);
    say_int(&s, o->done);
    return say_done(&s, why);
}

/* The columns of an order, as issuance_stock.def has them. */
static void row_order(struct say *s, struct stock_order *o) {
    row_text(s, o->request, sizeof o->request);
    o->step = (enum stock_step)row_int(s);
    o->first = row_int(s);
    o->count = row_int(s);
    row_text(s, o->point, sizeof o->point);
    row_text(s, o->other, sizeof o->other);
    row_text(s, o->note, sizeof o->note);
    o->day = (uint32_t)row_int(s);
    row_text(s, o->officer, sizeof o->officer);
    row_text(s, o->second, sizeof o->second);
    o->done = row_int(s) != 0;
    assert(o->step < STOCK_STEPS);
}

/* By the caller's number of it. */
static enum err order_get(
    void *self, const char *request, struct stock_order *order, struct why *why) {
    struct say s = begin(self, SENTENCE_ORDER_GET);
    say_text(&s, request);
    bool there = say_next(&s);
    if (there) {
        row_order(&s, order);
    }
    enum err err = say_end(&s, why);
    return err || there ? err : no_such(why, "request");
}

/* Only one that waits; the table refuses whoever ordered. */
static enum err order_sign(void *self, const char *request, const char *second, struct why *why) {
    struct stock_rows *rows = self;
    struct say s = begin(rows, SENTENCE_ORDER_SIGN);
    say_text(&s, request);
    say_text(&s, second);
    enum err err = say_done(&s, why);
    return err || db_changed(rows->db) == 1
               ? err
               : why_say(why, ERR_CONFLICT, "request %s does not wait for a signature", request);
}

/* --- blanks ---------------------------------------------------------------------------------- */

/* One by one: the first that is known already is named. */
static enum err blanks_add(
    void *self, const struct stock_order *o, enum blank_state state, struct why *why) {
    assert(state != BLANK_NEW);
    for (int64_t i = 0; i < o->count; i++) {
        struct say s = begin(self, SENTENCE_BLANK_ADD);
        say_int(&s, o->first + i);
        say_int(&s, (int64_t)state);
        say_text(&s, o->point);
        enum err err = say_done(&s, why);
        if (err == ERR_CONFLICT) {
            return why_say(why, err,
                "chip %" PRId64 " was bought before; look at the delivery note", o->first + i);
        }
        if (err) {
            return err;
        }
    }
    return OK;
}

/* Both ends of the run, the state and the place: what every sentence about a run begins with. */
static struct say begin_run(struct stock_rows *rows, enum sentence which,
    const struct stock_order *o, enum blank_state state) {
    struct say s = begin(rows, which);
    say_int(&s, o->first);
    say_int(&s, o->first + o->count - 1);
    say_int(&s, (int64_t)state);
    say_text(&s, o->point);
    return s;
}

/* How many fitted is the caller's to judge, in whose transaction this is. */
static enum err blanks_move(void *self, const struct stock_order *o, enum blank_state from,
    enum blank_state to, int64_t *moved, struct why *why) {
    struct stock_rows *rows = self;
    assert(from != to);
    struct say s = begin_run(rows, SENTENCE_BLANKS_MOVE, o, from);
    say_int(&s, (int64_t)to);
    say_text(&s, o->other);
    enum err err = say_done(&s, why);
    *moved = err ? 0 : db_changed(rows->db);
    return err;
}

static enum err blanks_count(void *self, const struct stock_order *o, enum blank_state state,
    int64_t *count, struct why *why) {
    struct say s = begin_run(self, SENTENCE_BLANKS_COUNT, o, state);
    *count = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* Asked before anything moves; whoever is not known at all is not odd. */
static enum err blank_odd(void *self, const struct stock_order *o, enum blank_state expected,
    struct stock_count *odd, char point[POINT_MAX + 1], struct why *why) {
    struct say s = begin_run(self, SENTENCE_BLANK_ODD, o, expected);
    bool there = say_next(&s);
    if (there) {
        odd->count = row_int(&s);
        odd->state = (enum blank_state)row_int(&s);
        row_text(&s, point, POINT_MAX + 1);
    }
    enum err err = say_end(&s, why);
    return err || there ? err : why_say(why, ERR_NOT_FOUND, "all that are known are right");
}

/* --- counting -------------------------------------------------------------------------------- */

/* One row for each state that occurs; there are fewer states than room. */
static enum err counts(void *self, const char *point, struct stock_count list[BLANK_STATES_MAX],
    size_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_COUNTS);
    say_text(&s, point);
    *count = 0;
    while (*count < BLANK_STATES_MAX && say_next(&s)) {
        list[*count].state = (enum blank_state)row_int(&s);
        list[(*count)++].count = row_int(&s);
    }
    return say_end(&s, why);
}

/* From the ledger alone; the rows of the blanks are not looked at. */
static enum err received(void *self, const char *point, int64_t *sum, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIVED);
    say_text(&s, point);
    say_int(&s, STOCK_RECEIVE);
    say_int(&s, STOCK_SEND);
    bool there = say_next(&s);
    *sum = there ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* min() answers NULL, read as an empty text, when there is none. */
static enum err point_after(
    void *self, const char *after, char point[POINT_MAX + 1], struct why *why) {
    char next[POINT_MAX + 1] = "";
    struct say s = begin(self, SENTENCE_POINT_AFTER);
    say_text(&s, after);
    if (say_next(&s)) {
        row_text(&s, next, sizeof next);
    }
    enum err err = say_end(&s, why);
    if (err || next[0] == '\0') {
        return err ? err : why_say(why, ERR_NOT_FOUND, "no further point has blanks");
    }
    (void)memcpy(point, next, sizeof next);
    return OK;
}

/* --- opening and closing --------------------------------------------------------------------- */

/* What issuance/stock.h names, function by function. */
static const struct stock_store functions = {
    .order_add = order_add,
    .order_get = order_get,
    .order_sign = order_sign,
    .blanks_add = blanks_add,
    .blanks_move = blanks_move,
    .blanks_count = blanks_count,
    .blank_odd = blank_odd,
    .counts = counts,
    .received = received,
    .point_after = point_after,
};

enum err stock_rows_open(struct db *db, const struct issuance_store *issuance,
    struct stock_store *out, struct why *why) {
    struct stock_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "stock");
    }
    *out = functions;
    out->self = rows;
    out->issuance = issuance;
    return OK;
}

void stock_rows_close(struct stock_store *store) {
    struct stock_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

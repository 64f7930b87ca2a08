#include "stores/sql/issuance_order_rows.h"

#include <assert.h>
#include <stdlib.h>

/* SENTENCE_FEE_ADD and so on, in the order of issuance_order.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/issuance_order.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/issuance_order.def"
};

struct order_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

static struct say begin(struct order_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : why_say(why, ERR_NOT_FOUND, "no such %s", thing);
}

/* Ends a sentence that had to change exactly one row. */
static enum err changed(
    struct order_rows *rows, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    return err || db_changed(rows->db) == 1
               ? err
               : why_say(why, ERR_CONFLICT,
                   "no such %s, or it is in another state by now; look at it again", thing);
}

/* --- fees and priorities ---------------------------------------------------------------------- */

static enum err fee_add(void *self, const struct fee *fee, struct why *why) {
    struct say s = begin(self, SENTENCE_FEE_ADD);
    assert(fee->fen > 0);
    say_int(&s, fee->application);
    say_int(&s, fee->fen);
    return say_done(&s, why);
}

static enum err fee_get(void *self, int64_t application, struct fee *out, struct why *why) {
    struct say s = begin(self, SENTENCE_FEE_GET);
    say_int(&s, application);
    bool there = say_next(&s);
    if (there) {
        out->application = row_int(&s);
        out->fen = row_int(&s);
        out->settled = (uint32_t)row_int(&s);
        row_text(&s, out->receipt, sizeof out->receipt);
        row_text(&s, out->waived, sizeof out->waived);
        row_text(&s, out->officer, sizeof out->officer);
        row_text(&s, out->second, sizeof out->second);
    }
    return ended(&s, there, "fee", why);
}

static enum err fee_settle(void *self, const struct fee *fee, struct why *why) {
    struct say s = begin(self, SENTENCE_FEE_SETTLE);
    assert(fee->settled != 0);
    assert((fee->receipt[0] == '\0') != (fee->waived[0] == '\0'));
    say_int(&s, fee->application);
    say_int(&s, fee->settled);
    say_text(&s, fee->receipt);
    say_text(&s, fee->waived);
    say_text(&s, fee->officer);
    say_text(&s, fee->second);
    return changed(self, &s, "fee", why);
}

static enum err priority_put(void *self, int64_t application, enum priority to, struct why *why) {
    struct say s = begin(self, SENTENCE_PRIORITY_PUT);
    say_int(&s, application);
    say_int(&s, (int64_t)to);
    return changed(self, &s, "application that waits", why);
}

/* --- ranges ----------------------------------------------------------------------------------- */

static enum err range_after(void *self, char letter, struct number_range *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RANGE_AFTER);
    const char after[2] = {letter, '\0'};
    char found[2] = "";
    say_text(&s, after);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, found, sizeof found);
        out->letter = found[0];
        out->last = (uint32_t)row_int(&s);
        out->next = (uint32_t)row_int(&s);
    }
    return ended(&s, there, "range of card numbers", why);
}

static enum err range_put(void *self, const struct number_range *range, struct why *why) {
    struct say s = begin(self, SENTENCE_RANGE_PUT);
    const char letter[2] = {range->letter, '\0'};
    assert(range->last < NUMBER_SERIALS);
    say_text(&s, letter);
    say_int(&s, range->last);
    say_int(&s, range->next);
    return changed(self, &s, "range of card numbers", why);
}

static enum err range_counts(void *self, char letter, struct number_counts *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RANGE_COUNTS);
    int64_t first = (int64_t)(letter - 'B') * NUMBER_SERIALS;
    assert(letter >= 'B');
    say_int(&s, first);
    say_int(&s, first + NUMBER_SERIALS);
    bool there = say_next(&s);
    if (there) {
        out->released = row_int(&s);
        out->reserved = row_int(&s);
        out->used = row_int(&s);
        out->locked = row_int(&s);
    }
    return ended(&s, there, "range of card numbers", why);
}

/* --- requests --------------------------------------------------------------------------------- */

static enum err request_add(void *self, struct range_request *request, struct why *why) {
    struct say s = begin(self, SENTENCE_REQUEST_ADD);
    const char letter[2] = {request->letter, '\0'};
    say_text(&s, letter);
    say_int(&s, request->last);
    say_int(&s, request->day);
    say_text(&s, request->letter_no);
    say_text(&s, request->officer);
    return say_added(&s, &request->id, why);
}

static enum err request_row(struct say *s, struct range_request *out, struct why *why) {
    char letter[2] = "";
    bool there = say_next(s);
    if (there) {
        out->id = row_int(s);
        row_text(s, letter, sizeof letter);
        out->letter = letter[0];
        out->last = (uint32_t)row_int(s);
        out->day = (uint32_t)row_int(s);
        out->decision = (enum range_decision)row_int(s);
        row_text(s, out->letter_no, sizeof out->letter_no);
        row_text(s, out->officer, sizeof out->officer);
        row_text(s, out->second, sizeof out->second);
    }
    return ended(s, there, "range that was entered", why);
}

static enum err request_get(void *self, int64_t id, struct range_request *out, struct why *why) {
    struct say s = begin(self, SENTENCE_REQUEST_GET);
    say_int(&s, id);
    return request_row(&s, out, why);
}

static enum err request_after(
    void *self, int64_t after, struct range_request *out, struct why *why) {
    struct say s = begin(self, SENTENCE_REQUEST_AFTER);
    say_int(&s, after);
    return request_row(&s, out, why);
}

static enum err request_decide(void *self, const struct range_request *request, struct why *why) {
    struct say s = begin(self, SENTENCE_REQUEST_DECIDE);
    assert(request->decision != RANGE_WAITS);
    say_int(&s, request->id);
    say_int(&s, (int64_t)request->decision);
    say_text(&s, request->second);
    return changed(self, &s, "range that waits", why);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct order_store functions = {
    .fee_add = fee_add,
    .fee_get = fee_get,
    .fee_settle = fee_settle,
    .priority_put = priority_put,
    .range_after = range_after,
    .range_put = range_put,
    .range_counts = range_counts,
    .request_add = request_add,
    .request_get = request_get,
    .request_after = request_after,
    .request_decide = request_decide,
};

enum err order_rows_open(struct db *db, const struct issuance_store *issuance,
    struct order_store *out, struct why *why) {
    struct order_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "orders");
    }
    *out = functions;
    out->self = rows;
    out->issuance = issuance;
    return OK;
}

void order_rows_close(struct order_store *store) {
    struct order_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

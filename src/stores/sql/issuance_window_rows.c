#include "stores/sql/issuance_window_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/no_such.h"

/* SENTENCE_RECEIPT_ADD and so on, in the order of issuance_window.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/issuance_window.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/issuance_window.def"
};

struct window_rows {
    struct db *db;                         /* borrowed */
    const struct issuance_store *issuance; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

/* Begins one of the sentences; self is a struct window_rows. */
static struct say begin(struct window_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Ends a sentence that had to change exactly one row. */
static enum err changed(
    struct window_rows *rows, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    return err || db_changed(rows->db) == 1 ? err : no_such_now(why, thing);
}

/* --- receipts --------------------------------------------------------------------------------- */

static enum err receipt_add(void *self, const struct handover_receipt *r, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIPT_ADD);
    say_text(&s, r->card);
    say_int(&s, (int64_t)r->kind);
    say_int(&s, r->package);
    say_text(&s, r->taker.name);
    say_text(&s, r->taker.number);
    say_text(&s, r->taker.phone);
    say_text(&s, r->taker.address);
    say_text(&s, r->point);
    say_text(&s, r->officer);
    say_int(&s, r->day);
    say_int(&s, r->time);
    say_int(&s, r->enabled);
    return say_done(&s, why);
}

static enum err receipt_row(struct say *s, struct handover_receipt *r, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_text(s, r->card, sizeof r->card);
        r->kind = (enum handover_kind)row_int(s);
        r->package = row_int(s);
        row_text(s, r->taker.name, sizeof r->taker.name);
        row_text(s, r->taker.number, sizeof r->taker.number);
        row_text(s, r->taker.phone, sizeof r->taker.phone);
        row_text(s, r->taker.address, sizeof r->taker.address);
        row_text(s, r->point, sizeof r->point);
        row_text(s, r->officer, sizeof r->officer);
        r->day = (uint32_t)row_int(s);
        r->time = (uint32_t)row_int(s);
        r->enabled = (uint32_t)row_int(s);
    }
    return ended(s, there, "hand-over", why);
}

static enum err receipt_get(
    void *self, const char *card_number, struct handover_receipt *r, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIPT_GET);
    say_text(&s, card_number);
    return receipt_row(&s, r, why);
}

static enum err receipt_enabled(
    void *self, const char *card_number, uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIPT_ENABLED);
    say_text(&s, card_number);
    say_int(&s, day);
    return changed(self, &s, "hand-over", why);
}

static enum err receipt_remove(void *self, const char *card_number, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIPT_REMOVE);
    say_text(&s, card_number);
    return changed(self, &s, "hand-over", why);
}

static enum err receipt_open(
    void *self, int64_t package, const char *after, struct handover_receipt *r, struct why *why) {
    struct say s = begin(self, SENTENCE_RECEIPT_OPEN);
    say_int(&s, package);
    say_text(&s, after);
    return receipt_row(&s, r, why);
}

/* --- packages --------------------------------------------------------------------------------- */

static enum err package_add(void *self, struct package *p, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_ADD);
    say_int(&s, (int64_t)p->kind);
    say_text(&s, p->point);
    say_text(&s, p->unit);
    say_text(&s, p->letter);
    say_text(&s, p->first.name);
    say_text(&s, p->first.number);
    say_text(&s, p->first.phone);
    say_text(&s, p->first.address);
    say_text(&s, p->second.name);
    say_text(&s, p->second.number);
    say_text(&s, p->second.phone);
    say_int(&s, p->day);
    say_int(&s, p->due);
    say_int(&s, p->back);
    say_text(&s, p->officer);
    return say_added(&s, &p->id, why);
}

static enum err package_row(struct say *s, struct package *p, struct why *why) {
    bool there = say_next(s);
    if (there) {
        p->id = row_int(s);
        p->kind = (enum handover_kind)row_int(s);
        row_text(s, p->point, sizeof p->point);
        row_text(s, p->unit, sizeof p->unit);
        row_text(s, p->letter, sizeof p->letter);
        row_text(s, p->first.name, sizeof p->first.name);
        row_text(s, p->first.number, sizeof p->first.number);
        row_text(s, p->first.phone, sizeof p->first.phone);
        row_text(s, p->first.address, sizeof p->first.address);
        row_text(s, p->second.name, sizeof p->second.name);
        row_text(s, p->second.number, sizeof p->second.number);
        row_text(s, p->second.phone, sizeof p->second.phone);
        p->day = (uint32_t)row_int(s);
        p->due = (uint32_t)row_int(s);
        p->back = (uint32_t)row_int(s);
        row_text(s, p->officer, sizeof p->officer);
    }
    return ended(s, there, "package", why);
}

static enum err package_get(void *self, int64_t id, struct package *p, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_GET);
    say_int(&s, id);
    return package_row(&s, p, why);
}

static enum err package_after(
    void *self, const char *point, int64_t after, struct package *p, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_AFTER);
    say_text(&s, point);
    say_int(&s, after);
    return package_row(&s, p, why);
}

static enum err package_counts(
    void *self, int64_t id, struct package_count *count, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_COUNTS);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        count->cards = row_int(&s);
        count->enabled = row_int(&s);
        count->returned = row_int(&s);
    }
    return ended(&s, there, "package", why);
}

static enum err package_moved(
    void *self, int64_t id, int64_t left, int64_t returned, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_MOVED);
    say_int(&s, id);
    say_int(&s, left);
    say_int(&s, returned);
    return changed(self, &s, "package", why);
}

static enum err package_back(void *self, int64_t id, uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_BACK);
    say_int(&s, id);
    say_int(&s, day);
    return changed(self, &s, "package without its list", why);
}

/* --- temporary cards -------------------------------------------------------------------------- */

/* The table lets a person have one that is valid. */
static enum err temporary_add(void *self, struct temporary_card *t, struct why *why) {
    struct say s = begin(self, SENTENCE_TEMPORARY_ADD);
    assert(t->from <= t->until);
    say_int(&s, t->person);
    say_int(&s, (int64_t)t->state);
    say_int(&s, t->region);
    say_int(&s, t->from);
    say_int(&s, t->until);
    say_text(&s, t->point);
    say_text(&s, t->officer);
    return say_added(&s, &t->id, why);
}

static enum err temporary_row(struct say *s, struct temporary_card *t, struct why *why) {
    bool there = say_next(s);
    if (there) {
        t->id = row_int(s);
        t->person = row_int(s);
        t->state = (enum temporary_state)row_int(s);
        t->region = (uint32_t)row_int(s);
        t->from = (uint32_t)row_int(s);
        t->until = (uint32_t)row_int(s);
        row_text(s, t->point, sizeof t->point);
        row_text(s, t->officer, sizeof t->officer);
        t->ended = (uint32_t)row_int(s);
    }
    return ended(s, there, "temporary card", why);
}

static enum err temporary_get(void *self, int64_t id, struct temporary_card *t, struct why *why) {
    struct say s = begin(self, SENTENCE_TEMPORARY_GET);
    say_int(&s, id);
    return temporary_row(&s, t, why);
}

static enum err temporary_of(
    void *self, int64_t person, struct temporary_card *t, struct why *why) {
    struct say s = begin(self, SENTENCE_TEMPORARY_OF);
    say_int(&s, person);
    return temporary_row(&s, t, why);
}

static enum err temporary_move(void *self, const struct temporary_card *t, enum temporary_state to,
    uint32_t until, uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_TEMPORARY_MOVE);
    say_int(&s, t->id);
    say_int(&s, (int64_t)t->state);
    say_int(&s, (int64_t)to);
    say_int(&s, until);
    say_int(&s, day);
    return changed(self, &s, "temporary card", why);
}

/* --- cards that wait, or are wrong ------------------------------------------------------------ */

static enum err reminder_add(void *self, const struct reminder *r, struct why *why) {
    struct say s = begin(self, SENTENCE_REMINDER_ADD);
    assert(r->stage >= 1);
    say_text(&s, r->card);
    say_int(&s, r->stage);
    say_int(&s, r->day);
    say_text(&s, r->officer);
    return say_done(&s, why);
}

static enum err reminder_stage(
    void *self, const char *card_number, int32_t *stage, struct why *why) {
    struct say s = begin(self, SENTENCE_REMINDER_STAGE);
    say_text(&s, card_number);
    bool there = say_next(&s);
    *stage = there ? (int32_t)row_int(&s) : 0;
    return say_end(&s, why);
}

static enum err wrong_add(void *self, const struct wrong_card *w, struct why *why) {
    struct say s = begin(self, SENTENCE_WRONG_ADD);
    say_text(&s, w->card);
    say_text(&s, w->what);
    say_int(&s, w->day);
    say_text(&s, w->officer);
    return say_done(&s, why);
}

static enum err wrong_row(struct say *s, struct wrong_card *w, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_text(s, w->card, sizeof w->card);
        row_text(s, w->what, sizeof w->what);
        w->day = (uint32_t)row_int(s);
        w->ended = (uint32_t)row_int(s);
        row_text(s, w->officer, sizeof w->officer);
    }
    return ended(s, there, "card with wrong data", why);
}

static enum err wrong_after(void *self, const char *after, struct wrong_card *w, struct why *why) {
    struct say s = begin(self, SENTENCE_WRONG_AFTER);
    say_text(&s, after);
    return wrong_row(&s, w, why);
}

static enum err wrong_get(
    void *self, const char *card_number, struct wrong_card *w, struct why *why) {
    struct say s = begin(self, SENTENCE_WRONG_GET);
    say_text(&s, card_number);
    return wrong_row(&s, w, why);
}

static enum err wrong_end(void *self, const char *card_number, uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_WRONG_END);
    say_text(&s, card_number);
    say_int(&s, day);
    return say_done(&s, why);
}

/* --- instant cards ---------------------------------------------------------------------------- */

static enum err instant_add(void *self, struct instant_row *job, struct why *why) {
    struct say s = begin(self, SENTENCE_INSTANT_ADD);
    say_int(&s, job->person);
    say_int(&s, job->application);
    say_int(&s, job->batch);
    say_text(&s, job->point);
    say_text(&s, job->officer);
    say_text(&s, job->second);
    say_int(&s, job->step);
    say_int(&s, job->day);
    say_text(&s, job->owner);
    say_int(&s, job->lock_until);
    say_int(&s, job->tries);
    say_text(&s, job->trouble);
    return say_added(&s, &job->id, why);
}

static enum err instant_row(struct say *s, struct instant_row *job, struct why *why) {
    bool there = say_next(s);
    if (there) {
        job->id = row_int(s);
        job->person = row_int(s);
        job->application = row_int(s);
        job->batch = row_int(s);
        row_text(s, job->point, sizeof job->point);
        row_text(s, job->officer, sizeof job->officer);
        row_text(s, job->second, sizeof job->second);
        job->step = (int)row_int(s);
        job->day = (uint32_t)row_int(s);
        row_text(s, job->owner, sizeof job->owner);
        job->lock_until = row_int(s);
        job->tries = (int32_t)row_int(s);
        row_text(s, job->trouble, sizeof job->trouble);
    }
    return ended(s, there, "job of an instant card", why);
}

static enum err instant_get(void *self, int64_t id, struct instant_row *job, struct why *why) {
    struct say s = begin(self, SENTENCE_INSTANT_GET);
    say_int(&s, id);
    return instant_row(&s, job, why);
}

static enum err instant_of(void *self, int64_t person, struct instant_row *job, struct why *why) {
    struct say s = begin(self, SENTENCE_INSTANT_OF);
    say_int(&s, person);
    return instant_row(&s, job, why);
}

static enum err instant_put(void *self, const struct instant_row *job, int from, struct why *why) {
    struct say s = begin(self, SENTENCE_INSTANT_PUT);
    say_int(&s, job->id);
    say_int(&s, from);
    say_int(&s, job->application);
    say_int(&s, job->batch);
    say_text(&s, job->officer);
    say_text(&s, job->second);
    say_int(&s, job->step);
    say_text(&s, job->owner);
    say_int(&s, job->lock_until);
    say_int(&s, job->tries);
    say_text(&s, job->trouble);
    return changed(self, &s, "job of an instant card", why);
}

/* --- PIN letters ------------------------------------------------------------------------------ */

static enum err letter_get(
    void *self, const char *card_number, struct letter_row *letter, struct why *why) {
    struct say s = begin(self, SENTENCE_LETTER_GET);
    say_text(&s, card_number);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, letter->card, sizeof letter->card);
        letter->printed = (int32_t)row_int(&s);
        letter->day = (uint32_t)row_int(&s);
        row_text(&s, letter->officer, sizeof letter->officer);
        row_text(&s, letter->second, sizeof letter->second);
    }
    return ended(&s, there, "PIN letter", why);
}

static enum err letter_put(void *self, const struct letter_row *letter, struct why *why) {
    struct say s = begin(self, SENTENCE_LETTER_PUT);
    assert(letter->printed >= 1);
    say_text(&s, letter->card);
    say_int(&s, letter->printed);
    say_int(&s, letter->day);
    say_text(&s, letter->officer);
    say_text(&s, letter->second);
    return changed(self, &s, "PIN letter", why);
}

/* --- applications and lines ------------------------------------------------------------------- */

/* Found here, read by issuing's own rows. */
static enum err application_last(
    void *self, int64_t person, struct application *a, struct why *why) {
    struct window_rows *rows = self;
    struct say s = begin(rows, SENTENCE_APPLICATION_LAST);
    say_int(&s, person);
    bool there = say_next(&s);
    int64_t id = there ? row_int(&s) : 0;
    enum err err = ended(&s, there, "application", why);
    return err ? err : rows->issuance->application_get(rows->issuance->self, id, a, why);
}

static enum err line_of_application(
    void *self, int64_t application, struct batch_line *line, struct why *why) {
    struct window_rows *rows = self;
    struct say s = begin(rows, SENTENCE_LINE_OF_APPLICATION);
    say_int(&s, application);
    bool there = say_next(&s);
    int64_t batch = there ? row_int(&s) : 0;
    int32_t seq = there ? (int32_t)row_int(&s) : 0;
    enum err err = ended(&s, there, "line of a batch", why);
    return err ? err : rows->issuance->line_get(rows->issuance->self, batch, seq, line, why);
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* What issuance/window_store.h names, function by function. */
static const struct window_store functions = {
    .receipt_add = receipt_add,
    .receipt_get = receipt_get,
    .receipt_enabled = receipt_enabled,
    .receipt_remove = receipt_remove,
    .receipt_open = receipt_open,
    .package_add = package_add,
    .package_get = package_get,
    .package_after = package_after,
    .package_counts = package_counts,
    .package_moved = package_moved,
    .package_back = package_back,
    .temporary_add = temporary_add,
    .temporary_get = temporary_get,
    .temporary_of = temporary_of,
    .temporary_move = temporary_move,
    .reminder_add = reminder_add,
    .reminder_stage = reminder_stage,
    .wrong_add = wrong_add,
    .wrong_after = wrong_after,
    .wrong_get = wrong_get,
    .wrong_end = wrong_end,
    .instant_add = instant_add,
    .instant_get = instant_get,
    .instant_of = instant_of,
    .instant_put = instant_put,
    .letter_get = letter_get,
    .letter_put = letter_put,
    .application_last = application_last,
    .line_of_application = line_of_application,
};

enum err window_rows_open(struct db *db, const struct issuance_store *issuance,
    struct window_store *out, struct why *why) {
    struct window_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    rows->issuance = issuance;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "windows");
    }
    *out = functions;
    out->self = rows;
    out->issuance = issuance;
    return OK;
}

void window_rows_close(struct window_store *store) {
    struct window_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

#include "stores/sql/issuance_box_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/no_such.h"

/* SENTENCE_BOX_ADD and so on, in the order of issuance_box.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/issuance_box.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/issuance_box.def"
};

struct box_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

/* Begins one of the sentences; self is a struct box_rows. */
static struct say begin(struct box_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Ends a sentence that had to change exactly one row. */
static enum err changed(struct box_rows *rows, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    return err || db_changed(rows->db) == 1 ? err : no_such_now(why, thing);
}

/* --- boxes ------------------------------------------------------------------------------------ */

/* By unit, region and name; the caller gives each a place before it asks for more. */
static enum err lines_to_pack(
    void *self, int64_t batch, struct batch_line *list, size_t *count, struct why *why) {
    size_t room = *count;
    struct say s = begin(self, SENTENCE_LINES_TO_PACK);
    say_int(&s, batch);
    say_int(&s, (int64_t)room);
    *count = 0;
    while (say_next(&s)) {
        assert(*count < room); /* the sentence has a LIMIT */
        struct batch_line *line = &list[(*count)++];
        *line = (struct batch_line){.state = LINE_FINISHED};
        line->batch = row_int(&s);
        line->seq = (int32_t)row_int(&s);
        row_text(&s, line->card_number, sizeof line->card_number);
    }
    return say_end(&s, why);
}

static enum err box_add(void *self, struct box *box, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_ADD);
    assert(box->number >= 1);
    say_int(&s, box->batch);
    say_int(&s, box->number);
    say_int(&s, (int64_t)box->state);
    say_text(&s, box->point);
    say_int(&s, box->since);
    return say_added(&s, &box->id, why);
}

/* The columns of a box, as issuance_box.def has them; the cards are counted, not remembered. */
static enum err box_row(struct say *s, struct box *box, struct why *why) {
    bool there = say_next(s);
    if (there) {
        box->id = row_int(s);
        box->batch = row_int(s);
        box->number = (int32_t)row_int(s);
        box->state = (enum box_state)row_int(s);
        row_text(s, box->point, sizeof box->point);
        box->cards = (int32_t)row_int(s);
        box->since = (uint32_t)row_int(s);
    }
    return ended(s, there, "box", why);
}

static enum err box_get(void *self, int64_t id, struct box *box, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_GET);
    say_int(&s, id);
    return box_row(&s, box, why);
}

static enum err box_labelled(
    void *self, int64_t batch, int32_t number, struct box *box, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_LABELLED);
    say_int(&s, batch);
    say_int(&s, number);
    return box_row(&s, box, why);
}

static enum err box_after(
    void *self, const char *point, int64_t batch, int64_t after, struct box *box, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_AFTER);
    say_text(&s, point);
    say_int(&s, batch);
    say_int(&s, after);
    return box_row(&s, box, why);
}

/* Moves on only from the state that the caller saw. */
static enum err box_move(void *self, const struct box *box, enum box_state to, const char *point,
    uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_MOVE);
    assert(box->state != to);
    say_int(&s, box->id);
    say_int(&s, (int64_t)box->state);
    say_int(&s, (int64_t)to);
    say_text(&s, point);
    say_int(&s, day);
    return changed(self, &s, "box", why);
}

/* Cards first, since they name the box; the lines forget their places. */
static enum err box_remove(void *self, const struct box *box, struct why *why) {
    struct say s = begin(self, SENTENCE_BOX_EMPTIED);
    say_int(&s, box->id);
    enum err err = say_done(&s, why);
    if (err) {
        return err;
    }
    s = begin(self, SENTENCE_PLACES_LOST);
    say_int(&s, box->batch);
    say_int(&s, box->number);
    err = say_done(&s, why);
    if (err) {
        return err;
    }
    s = begin(self, SENTENCE_BOX_REMOVE);
    say_int(&s, box->id);
    say_int(&s, (int64_t)box->state);
    return changed(self, &s, "box", why);
}

/* --- cards in boxes --------------------------------------------------------------------------- */

/* The number is the key: a card that lies somewhere is refused by the table. */
static enum err card_put(void *self, const struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_PUT);
    assert(card->position >= 1);
    say_int(&s, card->box);
    say_int(&s, card->position);
    say_text(&s, card->card);
    say_int(&s, card->stored);
    return say_done(&s, why);
}

static enum err card_row(struct say *s, struct box_card *card, struct why *why) {
    bool there = say_next(s);
    if (there) {
        card->box = row_int(s);
        card->position = (int32_t)row_int(s);
        row_text(s, card->card, sizeof card->card);
        card->stored = (uint32_t)row_int(s);
    }
    return ended(s, there, "card in a box", why);
}

static enum err card_place(
    void *self, const char *card_number, struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_PLACE);
    say_text(&s, card_number);
    return card_row(&s, card, why);
}

static enum err card_remove(void *self, const struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_REMOVE);
    say_text(&s, card->card);
    say_int(&s, card->box);
    enum err err = changed(self, &s, "card in a box", why);
    if (err) {
        return err;
    }
    s = begin(self, SENTENCE_CARDS_UP);
    say_int(&s, card->box);
    say_int(&s, card->position);
    return say_done(&s, why);
}

static enum err card_after(
    void *self, int64_t box, int32_t position, struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_AFTER);
    say_int(&s, box);
    say_int(&s, position);
    return card_row(&s, card, why);
}

static enum err cards_shift(
    void *self, int64_t from, int64_t into, int32_t behind, struct why *why) {
    struct say s = begin(self, SENTENCE_CARDS_SHIFT);
    assert(from != into);
    say_int(&s, from);
    say_int(&s, into);
    say_int(&s, behind);
    return say_done(&s, why);
}

static enum err cards_stored(void *self, int64_t box, uint32_t day, struct why *why) {
    struct say s = begin(self, SENTENCE_CARDS_STORED);
    say_int(&s, box);
    say_int(&s, day);
    return say_done(&s, why);
}

static enum err card_waiting(void *self, const char *point, uint32_t until, const char *after,
    struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_WAITING);
    say_text(&s, point);
    say_int(&s, until);
    say_text(&s, after);
    return card_row(&s, card, why);
}

static enum err card_of_unit(void *self, const char *point, const char *unit, const char *after,
    struct box_card *card, struct why *why) {
    struct say s = begin(self, SENTENCE_CARD_OF_UNIT);
    say_text(&s, point);
    say_text(&s, unit);
    say_text(&s, after);
    return card_row(&s, card, why);
}

static enum err cards_at(void *self, const char *point, int64_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_CARDS_AT);
    say_text(&s, point);
    bool there = say_next(&s);
    *count = there ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* --- the ledger and the days ------------------------------------------------------------------ */

static enum err entry_add(void *self, struct box_entry *e, struct why *why) {
    struct say s = begin(self, SENTENCE_ENTRY_ADD);
    say_int(&s, (int64_t)e->kind);
    say_int(&s, e->box);
    say_text(&s, e->point);
    say_text(&s, e->card);
    say_int(&s, e->expected);
    say_int(&s, e->counted);
    say_int(&s, e->stock);
    say_int(&s, e->day);
    say_int(&s, e->time);
    say_text(&s, e->officer);
    say_text(&s, e->second);
    say_text(&s, e->note);
    return say_added(&s, &e->id, why);
}

static enum err entry_after(void *self, int64_t box, const char *point, int64_t after,
    struct box_entry *e, struct why *why) {
    struct say s = begin(self, SENTENCE_ENTRY_AFTER);
    say_int(&s, box);
    say_text(&s, point);
    say_int(&s, after);
    bool there = say_next(&s);
    if (there) {
        e->id = row_int(&s);
        e->kind = (enum box_entry_kind)row_int(&s);
        e->box = row_int(&s);
        row_text(&s, e->point, sizeof e->point);
        row_text(&s, e->card, sizeof e->card);
        e->expected = (int32_t)row_int(&s);
        e->counted = (int32_t)row_int(&s);
        e->stock = (int32_t)row_int(&s);
        e->day = (uint32_t)row_int(&s);
        e->time = (uint32_t)row_int(&s);
        row_text(&s, e->officer, sizeof e->officer);
        row_text(&s, e->second, sizeof e->second);
        row_text(&s, e->note, sizeof e->note);
    }
    return ended(&s, there, "row of a point's ledger", why);
}

/* One row for each kind that occurs; there are fewer kinds than room. */
static enum err entry_sums(void *self, const char *point, uint32_t after, uint32_t until,
    struct entry_sums *sums, struct why *why) {
    struct say s = begin(self, SENTENCE_ENTRY_SUMS);
    say_text(&s, point);
    say_int(&s, after);
    say_int(&s, until);
    sums->count = 0;
    while (sums->count < ENTRY_KINDS_MAX && say_next(&s)) {
        sums->kinds[sums->count].kind = (enum box_entry_kind)row_int(&s);
        sums->kinds[sums->count++].stock = row_int(&s);
    }
    return say_end(&s, why);
}

static enum err day_last(void *self, const char *point, struct point_day *day, struct why *why) {
    struct say s = begin(self, SENTENCE_DAY_LAST);
    say_text(&s, point);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, day->point, sizeof day->point);
        day->day = (uint32_t)row_int(&s);
        day->opening = row_int(&s);
        day->received = row_int(&s);
        day->handed = row_int(&s);
        day->returned = row_int(&s);
        day->closing = row_int(&s);
        row_text(&s, day->officer, sizeof day->officer);
    }
    return ended(&s, there, "day that this point closed", why);
}

static enum err day_add(void *self, const struct point_day *day, struct why *why) {
    struct say s = begin(self, SENTENCE_DAY_ADD);
    say_text(&s, day->point);
    say_int(&s, day->day);
    say_int(&s, day->opening);
    say_int(&s, day->received);
    say_int(&s, day->handed);
    say_int(&s, day->returned);
    say_int(&s, day->closing);
    say_text(&s, day->officer);
    return say_done(&s, why);
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* What issuance/point_store.h names, function by function. */
static const struct point_store functions = {
    .lines_to_pack = lines_to_pack,
    .box_add = box_add,
    .box_get = box_get,
    .box_labelled = box_labelled,
    .box_after = box_after,
    .box_move = box_move,
    .box_remove = box_remove,
    .card_put = card_put,
    .card_place = card_place,
    .card_remove = card_remove,
    .card_after = card_after,
    .cards_shift = cards_shift,
    .cards_stored = cards_stored,
    .card_waiting = card_waiting,
    .card_of_unit = card_of_unit,
    .cards_at = cards_at,
    .entry_add = entry_add,
    .entry_after = entry_after,
    .entry_sums = entry_sums,
    .day_last = day_last,
    .day_add = day_add,
};

enum err box_rows_open(struct db *db, const struct issuance_store *issuance,
    struct point_store *out, struct why *why) {
    struct box_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "boxes");
    }
    *out = functions;
    out->self = rows;
    out->issuance = issuance;
    return OK;
}

void box_rows_close(struct point_store *store) {
    struct box_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

#include "stores/sql/production_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/no_such.h"

/* SENTENCE_RUN_ADD and so on, in the order of production.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/production.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/production.def"
};

struct production_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

/* Begins one of the sentences; self is a struct production_rows. */
static struct say begin(struct production_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Ends a sentence that had to change one row. */
static enum err changed(
    struct production_rows *rows, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    return err || db_changed(rows->db) == 1
               ? err
               : why_say(why, ERR_CONFLICT, "no such %s, or it is settled already", thing);
}

/* A digest has the length of its column, or is our own mistake. */
static void row_copy(struct say *s, void *to, size_t len) {
    struct bytes blob = row_blob(s);
    assert(blob.len == len);
    (void)memcpy(to, blob.at, len);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* The table lets a batch have one run that has not ended. */
static enum err run_add(void *self, struct production_run *run, struct why *why) {
    struct say s = begin(self, SENTENCE_RUN_ADD);
    say_int(&s, run->batch);
    say_text(&s, run->machine);
    say_text(&s, run->officer);
    say_text(&s, run->second);
    say_int(&s, run->first);
    say_int(&s, run->count);
    say_int(&s, run->profile);
    say_int(&s, run->key_version);
    say_int(&s, run->day);
    say_int(&s, run->tested);
    say_int(&s, run->ended);
    return say_added(&s, &run->id, why);
}

/* The columns of a run, as production.def has them. */
static enum err run_row(struct say *s, struct production_run *run, struct why *why) {
    bool there = say_next(s);
    if (there) {
        *run = (struct production_run){.id = row_int(s), .batch = 0};
        run->batch = row_int(s);
        row_text(s, run->machine, sizeof run->machine);
        row_text(s, run->officer, sizeof run->officer);
        row_text(s, run->second, sizeof run->second);
        run->first = row_int(s);
        run->count = row_int(s);
        run->profile = (int)row_int(s);
        run->key_version = (uint8_t)row_int(s);
        run->day = (uint32_t)row_int(s);
        run->tested = row_int(s) != 0;
        run->ended = row_int(s) != 0;
    }
    return ended(s, there, "run of a production cell", why);
}

/* By its number. */
static enum err run_get(void *self, int64_t id, struct production_run *run, struct why *why) {
    struct say s = begin(self, SENTENCE_RUN_GET);
    say_int(&s, id);
    return run_row(&s, run, why);
}

/* The newest one. */
static enum err run_of_batch(
    void *self, int64_t batch, struct production_run *run, struct why *why) {
    struct say s = begin(self, SENTENCE_RUN_OF_BATCH);
    say_int(&s, batch);
    return run_row(&s, run, why);
}

/* Machine and officers stay those who began it. */
static enum err run_change(void *self, const struct production_run *run, struct why *why) {
    struct say s = begin(self, SENTENCE_RUN_CHANGE);
    say_int(&s, run->id);
    say_int(&s, run->first);
    say_int(&s, run->count);
    say_int(&s, run->tested);
    say_int(&s, run->ended);
    return changed(self, &s, "run", why);
}

/* --- pieces ---------------------------------------------------------------------------------- */

/* The key of the table lets a run have a serial once. */
static enum err piece_add(void *self, const struct production_piece *p, struct why *why) {
    struct say s = begin(self, SENTENCE_PIECE_ADD);
    assert(p->atr_len <= sizeof p->atr);
    say_int(&s, p->run);
    say_int(&s, p->serial);
    say_int(&s, p->batch);
    say_int(&s, p->seq);
    say_int(&s, (int64_t)p->state);
    say_int(&s, p->seat);
    say_blob(&s, bytes_of(p->atr, p->atr_len));
    say_int(&s, p->key_version);
    say_int(&s, p->commands);
    say_int(&s, p->micros);
    say_text(&s, p->reason);
    return say_done(&s, why);
}

/* Only from PIECE_TAKEN: the sentence says so. */
static enum err piece_settle(void *self, const struct production_piece *p, struct why *why) {
    struct say s = begin(self, SENTENCE_PIECE_SETTLE);
    assert(p->atr_len <= sizeof p->atr);
    say_int(&s, p->run);
    say_int(&s, p->serial);
    say_int(&s, (int64_t)p->state);
    say_int(&s, p->seat);
    say_blob(&s, bytes_of(p->atr, p->atr_len));
    say_int(&s, p->key_version);
    say_int(&s, p->commands);
    say_int(&s, p->micros);
    say_text(&s, p->reason);
    return changed(self, &s, "piece in the machine", why);
}

/* The columns of a piece, as production.def has them. */
static void row_piece(struct say *s, struct production_piece *p) {
    *p = (struct production_piece){.run = row_int(s), .serial = 0};
    p->serial = row_int(s);
    p->batch = row_int(s);
    p->seq = (int32_t)row_int(s);
    p->state = (enum piece_state)row_int(s);
    p->seat = (int)row_int(s);
    struct bytes atr = row_blob(s);
    assert(atr.len <= sizeof p->atr);
    p->atr_len = atr.len;
    (void)memcpy(p->atr, atr.len ? atr.at : p->atr, atr.len);
    p->key_version = (uint8_t)row_int(s);
    p->commands = row_int(s);
    p->micros = row_int(s);
    row_text(s, p->reason, sizeof p->reason);
    assert(p->state < PIECE_STATES);
}

/* A window over a run: *count is the room before and what was found after. */
static enum err pieces_after(void *self, const struct piece_question *question,
    struct production_piece *list, size_t *count, struct why *why) {
    size_t room = *count;
    bool all = question->only == PIECE_STATES;
    struct say s = begin(self, all ? SENTENCE_PIECES_AFTER : SENTENCE_PIECES_OF);
    say_int(&s, question->run);
    say_int(&s, question->after);
    say_int(&s, (int64_t)room);
    if (!all) {
        say_int(&s, (int64_t)question->only);
    }
    *count = 0;
    while (say_next(&s)) {
        assert(*count < room); /* the sentence has a LIMIT */
        row_piece(&s, &list[(*count)++]);
    }
    return say_end(&s, why);
}

/* A sentence that always answers one number. */
static enum err number_of(struct say *s, int64_t *number, struct why *why) {
    bool there = say_next(s);
    *number = there ? row_int(s) : 0;
    return say_end(s, why);
}

/* Within the blanks that were drawn last: serials of several draws need not rise. */
static enum err serial_last(
    void *self, int64_t run, int64_t first, int64_t last, int64_t *serial, struct why *why) {
    struct say s = begin(self, SENTENCE_SERIAL_LAST);
    say_int(&s, run);
    say_int(&s, first);
    say_int(&s, last);
    return number_of(&s, serial, why);
}

/* Of all runs of the batch. */
static enum err tries(void *self, int64_t batch, int32_t seq, int64_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_TRIES);
    say_int(&s, batch);
    say_int(&s, seq);
    return number_of(&s, count, why);
}

/* One row for each state that occurs. */
static enum err counts(void *self, int64_t run, struct production_counts *out, struct why *why) {
    struct say s = begin(self, SENTENCE_COUNTS);
    say_int(&s, run);
    *out = (struct production_counts){.received = 0};
    while (say_next(&s)) {
        int64_t state = row_int(&s);
        int64_t count = row_int(&s);
        assert(state >= 0);
        assert(state < PIECE_STATES);
        out->by[state] = count;
        out->received += count;
    }
    return say_end(&s, why);
}

/* --- faces and quality ----------------------------------------------------------------------- */

/* One face for a line. */
static enum err face_add(void *self, const struct production_face *face, struct why *why) {
    struct say s = begin(self, SENTENCE_FACE_ADD);
    say_int(&s, face->batch);
    say_int(&s, face->seq);
    say_text(&s, face->card_number);
    say_blob(&s, bytes_of(face->digest, sizeof face->digest));
    return say_done(&s, why);
}

/* By batch and place in it. */
static enum err face_get(
    void *self, int64_t batch, int32_t seq, struct production_face *face, struct why *why) {
    struct say s = begin(self, SENTENCE_FACE_GET);
    say_int(&s, batch);
    say_int(&s, seq);
    bool there = say_next(&s);
    if (there) {
        face->batch = row_int(&s);
        face->seq = (int32_t)row_int(&s);
        row_text(&s, face->card_number, sizeof face->card_number);
        row_copy(&s, face->digest, sizeof face->digest);
    }
    return ended(&s, there, "face", why);
}

/* The key of the table lets a line be judged once. */
static enum err quality_add(void *self, const struct production_quality *q, struct why *why) {
    struct say s = begin(self, SENTENCE_QUALITY_ADD);
    say_int(&s, q->batch);
    say_int(&s, q->seq);
    say_int(&s, q->faults);
    say_text(&s, q->face_number);
    say_text(&s, q->chip_number);
    say_int(&s, q->day);
    say_text(&s, q->officer);
    return say_done(&s, why);
}

/* A window over a sheet, as over pieces. */
static enum err quality_after(void *self, int64_t batch, int32_t after,
    struct production_quality *list, size_t *count, struct why *why) {
    size_t room = *count;
    struct say s = begin(self, SENTENCE_QUALITY_AFTER);
    say_int(&s, batch);
    say_int(&s, after);
    say_int(&s, (int64_t)room);
    *count = 0;
    while (say_next(&s)) {
        assert(*count < room); /* the sentence has a LIMIT */
        struct production_quality *q = &list[(*count)++];
        q->batch = row_int(&s);
        q->seq = (int32_t)row_int(&s);
        q->faults = (unsigned)row_int(&s);
        row_text(&s, q->face_number, sizeof q->face_number);
        row_text(&s, q->chip_number, sizeof q->chip_number);
        q->day = (uint32_t)row_int(&s);
        row_text(&s, q->officer, sizeof q->officer);
    }
    return say_end(&s, why);
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* What production_store.h names, function by function. */
static const struct production_store functions = {
    .run_add = run_add,
    .run_get = run_get,
    .run_of_batch = run_of_batch,
    .run_change = run_change,
    .piece_add = piece_add,
    .piece_settle = piece_settle,
    .pieces_after = pieces_after,
    .serial_last = serial_last,
    .tries = tries,
    .counts = counts,
    .face_add = face_add,
    .face_get = face_get,
    .quality_add = quality_add,
    .quality_after = quality_after,
};

/* The table of functions is copied out, and carries its self with it. */
enum err production_rows_open(struct db *db, struct production_store *out, struct why *why) {
    struct production_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "production");
    }
    *out = functions;
    out->self = rows;
    return OK;
}

/* Closed twice does no harm. */
void production_rows_close(struct production_store *store) {
    struct production_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

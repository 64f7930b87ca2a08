#include "stores/sql/issuance_rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "issuance/numbers.h"
#include "stores/sql/audit.h"
#include "stores/sql/no_such.h"

/* SENTENCE_APPLICATION_ADD and so on, in the order of issuance.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/issuance.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/issuance.def"
};

enum { NEST_MAX = 8 }; /* scopes inside each other: a batch step inside a hand-over inside a day */

struct issuance_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
    struct tx nest[NEST_MAX]; /* the scopes that are open, outermost first */
    int open;
};

/* Begins one of the sentences; self is a struct issuance_rows. */
static struct say begin(struct issuance_rows *is, enum sentence which) {
    return say(is->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Ends a sentence that had to change exactly one row; none means that another was faster, or that
 * the thing is not in the state that the caller assumed. */
static enum err changed(
    struct issuance_rows *is, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    if (!err && db_changed(is->db) != 1) {
        err = no_such_now(why, thing);
    }
    return err;
}

/* --- transactions and audit --------------------------------------------------------------- */

/* Scopes are kept here as a stack, because the trade knows begin and commit but no database. */
static enum err store_begin(void *self, struct why *why) {
    struct issuance_rows *is = self;
    assert(is->open >= 0);
    assert(is->open < NEST_MAX);
    is->nest[is->open] = (struct tx){NULL};
    enum err err = tx_begin(&is->nest[is->open], is->db, why);
    is->open += err ? 0 : 1;
    return err;
}

/* A commit that fails leaves the scope open; store_abandon() then takes it back. */
static enum err store_commit(void *self, struct why *why) {
    struct issuance_rows *is = self;
    assert(is->open > 0);
    enum err err = tx_commit(&is->nest[is->open - 1], why);
    is->open -= err ? 0 : 1;
    return err;
}

/* The innermost scope; tx_leave() says nothing, because nothing is kept whatever happens. */
static void store_abandon(void *self) {
    struct issuance_rows *is = self;
    assert(is->open > 0);
    is->open--;
    tx_leave(&is->nest[is->open]);
}

/* In the caller's transaction, so that the deed and its row are one. */
static enum err store_audit(
    void *self, const char *who, const char *what, const char *subject, struct why *why) {
    struct issuance_rows *is = self;
    return db_audit(is->db, who, what, subject, why);
}

/* --- applications ------------------------------------------------------------------------- */

/* The columns of every sentence that reads an application, in the order of issuance.def. */
static void row_application(struct say *s, struct application *a) {
    a->id = row_int(s);
    a->person = row_int(s);
    a->kind = (enum application_kind)row_int(s);
    a->state = (enum application_state)row_int(s);
    a->audit = (enum audit_result)row_int(s);
    a->day = (uint32_t)row_int(s);
    row_text(s, a->point, sizeof a->point);
    a->priority = (enum priority)row_int(s);
}

/* The table lets a person have one open application; a second one is ERR_CONFLICT. The id is the
 * row's. */
static enum err application_add(void *self, struct application *a, struct why *why) {
    struct issuance_rows *is = self;
    struct say s = begin(is, SENTENCE_APPLICATION_ADD);
    say_int(&s, a->person);
    say_int(&s, (int64_t)a->kind);
    say_int(&s, (int64_t)a->state);
    say_int(&s, (int64_t)a->audit);
    say_int(&s, a->day);
    say_text(&s, a->point);
    say_int(&s, (int64_t)a->priority);
    return say_added(&s, &a->id, why);
}

/* By number; applications are never taken out of the table. */
static enum err application_get(void *self, int64_t id, struct application *a, struct why *why) {
    struct say s = begin(self, SENTENCE_APPLICATION_GET);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        row_application(&s, a);
    }
    return ended(&s, there, "application", why);
}

/* The three machines that are moved by number alone. */
static enum err move(struct issuance_rows *is, enum sentence which, int64_t id, int64_t from,
    int64_t to, struct why *why) {
    assert(from != to);
    struct say s = begin(is, which);
    say_int(&s, id);
    say_int(&s, from);
    say_int(&s, to);
    return changed(is, &s, "thing to move", why);
}

/* Its number goes into the story, since the sentence names only "a thing". */
static enum err application_move(void *self, int64_t id, enum application_state from,
    enum application_state to, struct why *why) {
    enum err err = move(self, SENTENCE_APPLICATION_MOVE, id, (int64_t)from, (int64_t)to, why);
    return err ? why_add(why, err, "application %" PRId64, id) : OK;
}

/* The finding of the reviewer; the state stays. */
static enum err application_audit(
    void *self, int64_t id, enum audit_result result, struct why *why) {
    struct say s = begin(self, SENTENCE_APPLICATION_AUDIT);
    say_int(&s, id);
    say_int(&s, (int64_t)result);
    return changed(self, &s, "application", why);
}

/* Applied for and passed, of one service point, the oldest first. */
static enum err applications_waiting(void *self, const char *point, struct application *list,
    size_t room, size_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_APPLICATIONS_WAITING);
    say_text(&s, point);
    say_int(&s, (int64_t)room);
    *count = 0;
    while (say_next(&s)) {
        assert(*count < room); /* the sentence has a LIMIT */
        row_application(&s, &list[(*count)++]);
    }
    return say_end(&s, why);
}

/* --- card numbers ------------------------------------------------------------------------- */

/* A sentence without parameters that answers one number, or none. */
static enum err ask(
    struct issuance_rows *is, enum sentence which, bool *there, uint32_t *value, struct why *why) {
    struct say s = begin(is, which);
    *there = say_next(&s);
    if (*there) {
        *value = (uint32_t)row_int(&s);
    }
    return say_end(&s, why);
}

/* The first serial of the first letter that has any left, taken out of its range in the transaction that
 * reserves the number. */
static enum err number_advance(
    struct issuance_rows *is, bool *there, uint32_t *serial, struct why *why) {
    struct say s = begin(is, SENTENCE_NUMBER_NEXT);
    char letter[2] = "";
    int64_t next = 0;
    *there = say_next(&s);
    if (*there) {
        row_text(&s, letter, sizeof letter);
        next = row_int(&s);
    }
    enum err err = say_end(&s, why);
    if (err || !*there) {
        return err;
    }
    if (letter[0] < 'B' || next < 1 || next >= NUMBER_SERIALS) {
        return why_say(why, ERR_OUTSIDE, "a range of card numbers is damaged: letter %s", letter);
    }
    *serial = (uint32_t)(letter[0] - 'B') * NUMBER_SERIALS + (uint32_t)next;
    s = begin(is, SENTENCE_NUMBER_ADVANCE);
    say_text(&s, letter);
    say_int(&s, next);
    return changed(is, &s, "number range", why);
}

/* Released numbers first, so that a range is used without gaps. */
static enum err number_pick(struct issuance_rows *is, uint32_t *serial, struct why *why) {
    bool there = false;
    enum err err = ask(is, SENTENCE_NUMBER_RELEASED, &there, serial, why);
    if (err || there) {
        return err;
    }
    err = number_advance(is, &there, serial, why);
    return err || there ? err
                        : why_say(why, ERR_NOT_FOUND,
                            "the city's card numbers are used up; enter another range: number ask");
}

/* Picked and put down in the caller's transaction: abandoned, the number is free again. */
static enum err store_number_reserve(void *self, int64_t batch, uint32_t *serial, struct why *why) {
    struct issuance_rows *is = self;
    enum err err = number_pick(is, serial, why);
    if (err) {
        return err;
    }
    struct say s = begin(is, SENTENCE_NUMBER_PUT);
    say_int(&s, *serial);
    say_int(&s, batch);
    return changed(is, &s, "card number", why);
}

/* What became of a serial, and the batch that took it. */
static enum err number_get(
    void *self, uint32_t serial, enum number_state *state, int64_t *batch, struct why *why) {
    struct say s = begin(self, SENTENCE_NUMBER_GET);
    say_int(&s, serial);
    bool there = say_next(&s);
    if (there) {
        *state = (enum number_state)row_int(&s);
        *batch = row_int(&s);
    }
    return ended(&s, there, "card number taken so far", why);
}

/* The serial is the row's key, so move() serves here, too. */
static enum err number_move(
    void *self, uint32_t serial, enum number_state from, enum number_state to, struct why *why) {
    return move(self, SENTENCE_NUMBER_MOVE, serial, (int64_t)from, (int64_t)to, why);
}

/* --- batches ------------------------------------------------------------------------------ */

/* Likewise of a batch. */
static void row_batch(struct say *s, struct batch *b) {
    b->id = row_int(s);
    b->state = (enum batch_state)row_int(s);
    b->day = (uint32_t)row_int(s);
    row_text(s, b->point, sizeof b->point);
    row_text(s, b->maker, sizeof b->maker);
    row_text(s, b->approver, sizeof b->approver);
}

/* A batch begins without an approver; the table keeps maker and approver apart. */
static enum err batch_add(void *self, struct batch *b, struct why *why) {
    struct issuance_rows *is = self;
    struct say s = begin(is, SENTENCE_BATCH_ADD);
    say_int(&s, (int64_t)b->state);
    say_int(&s, b->day);
    say_text(&s, b->point);
    say_text(&s, b->maker);
    return say_added(&s, &b->id, why);
}

/* The batch of the row that a sentence finds. */
static enum err batch_row(struct say *s, struct batch *b, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_batch(s, b);
    }
    return ended(s, there, "batch", why);
}

/* By its number. */
static enum err batch_get(void *self, int64_t id, struct batch *b, struct why *why) {
    struct say s = begin(self, SENTENCE_BATCH_GET);
    say_int(&s, id);
    return batch_row(&s, b, why);
}

/* The next one in the order of numbers. */
static enum err batch_after(void *self, int64_t after, struct batch *b, struct why *why) {
    struct say s = begin(self, SENTENCE_BATCH_AFTER);
    say_int(&s, after);
    return batch_row(&s, b, why);
}

/* The youngest batch of a service point that is neither closed nor cancelled, if there is one. */
static enum err batch_open(void *self, const char *point, struct batch *b, struct why *why) {
    struct say s = begin(self, SENTENCE_BATCH_OPEN);
    say_text(&s, point);
    return batch_row(&s, b, why);
}

/* Its state moves on only from the one that the caller saw. */
static enum err batch_move(
    void *self, int64_t id, enum batch_state from, enum batch_state to, struct why *why) {
    return move(self, SENTENCE_BATCH_MOVE, id, (int64_t)from, (int64_t)to, why);
}

/* Who approved it; the table refuses the maker. */
static enum err batch_approver(void *self, int64_t id, const char *officer, struct why *why) {
    struct say s = begin(self, SENTENCE_BATCH_APPROVER);
    say_int(&s, id);
    say_text(&s, officer);
    return changed(self, &s, "batch", why);
}

/* --- lines -------------------------------------------------------------------------------- */

/* Blobs have the length of their column or are our own mistake. */
static void row_copy(struct say *s, void *to, size_t len) {
    struct bytes blob = row_blob(s);
    assert(len > 0);
    assert(blob.len == len);
    (void)memcpy(to, blob.at, len);
}

/* Likewise of a line; a line without a chip has zeros for factor and identification. */
static void row_line(struct say *s, struct batch_line *line) {
    line->batch = row_int(s);
    line->seq = (int32_t)row_int(s);
    line->application = row_int(s);
    line->person = row_int(s);
    line->state = (enum line_state)row_int(s);
    row_text(s, line->card_number, sizeof line->card_number);
    row_copy(s, line->card_factor, sizeof line->card_factor);
    row_copy(s, line->card_id, sizeof line->card_id);
    line->box = (int32_t)row_int(s);
    line->position = (int32_t)row_int(s);
    row_text(s, line->reason, sizeof line->reason);
}

/* The line of the row that a sentence finds. */
static enum err line_row(struct say *s, struct batch_line *line, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_line(s, line);
    }
    return ended(s, there, "line of a batch", why);
}

/* The chip is not known yet: factor, identification, box and place come later. A number or an
 * application that is in another live line is ERR_CONFLICT. */
static enum err line_add(void *self, const struct batch_line *line, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_ADD);
    say_int(&s, line->batch);
    say_int(&s, line->seq);
    say_int(&s, line->application);
    say_int(&s, line->person);
    say_int(&s, (int64_t)line->state);
    say_text(&s, line->card_number);
    return say_done(&s, why);
}

/* By batch and place in it. */
static enum err line_get(
    void *self, int64_t batch, int32_t seq, struct batch_line *line, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_GET);
    say_int(&s, batch);
    say_int(&s, seq);
    return line_row(&s, line, why);
}

static enum err line_of_card(
    void *self, const char *card_number, struct batch_line *line, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_OF_CARD);
    say_text(&s, card_number);
    return line_row(&s, line, why);
}

/* A window over a batch, in its order: *count is the room before and what was found after. */
static enum err lines_after(void *self, int64_t batch, int32_t after, struct batch_line *list,
    size_t *count, struct why *why) {
    size_t room = *count;
    struct say s = begin(self, SENTENCE_LINES_AFTER);
    say_int(&s, batch);
    say_int(&s, after);
    say_int(&s, (int64_t)room);
    *count = 0;
    while (say_next(&s)) {
        assert(*count < room); /* the sentence has a LIMIT */
        row_line(&s, &list[(*count)++]);
    }
    return say_end(&s, why);
}

/* One step of a line, with what there is to say about it. */
static enum err line_move(void *self, const struct batch_line *line, enum line_state to,
    const char *reason, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_MOVE);
    size_t len = strnlen(reason, REASON_MAX);
    /* A long story is cut before a character, not inside one. */
    while (reason[len] && len > 0 && ((unsigned char)reason[len] & 0xC0) == 0x80) {
        len--;
    }
    say_int(&s, line->batch);
    say_int(&s, line->seq);
    say_int(&s, (int64_t)line->state);
    say_int(&s, (int64_t)to);
    say_words(&s, bytes_of(reason, len));
    return changed(self, &s, "line of a batch", why);
}

/* Which chip took the line. A chip that is in another line is ERR_CONFLICT. */
static enum err line_chip(void *self, int64_t batch, int32_t seq, const uint8_t factor[8],
    const uint8_t card_id[CARD_ID_LEN], struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_CHIP);
    say_int(&s, batch);
    say_int(&s, seq);
    say_blob(&s, bytes_of(factor, 8));
    say_blob(&s, bytes_of(card_id, CARD_ID_LEN));
    return changed(self, &s, "line of a batch", why);
}

/* Where the finished card lies: its box, and its place there. */
static enum err line_place(
    void *self, int64_t batch, int32_t seq, int32_t box, int32_t position, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_PLACE);
    say_int(&s, batch);
    say_int(&s, seq);
    say_int(&s, box);
    say_int(&s, position);
    return changed(self, &s, "line of a batch", why);
}

/* One row for each state that occurs; there are fewer states than room. */
static enum err line_counts(void *self, int64_t batch, struct line_count counts[LINE_STATES_MAX],
    size_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_LINE_COUNTS);
    say_int(&s, batch);
    *count = 0;
    while (*count < LINE_STATES_MAX && say_next(&s)) {
        counts[*count].state = (enum line_state)row_int(&s);
        counts[(*count)++].count = row_int(&s);
    }
    return say_end(&s, why);
}

/* --- files of a batch --------------------------------------------------------------------- */

/* The key of the table lets a way have one file. */
static enum err file_add(void *self, const struct batch_file *file, struct why *why) {
    struct say s = begin(self, SENTENCE_FILE_ADD);
    say_int(&s, file->batch);
    say_int(&s, file->way);
    say_blob(&s, bytes_of(file->digest, sizeof file->digest));
    say_int(&s, file->lines);
    say_int(&s, file->day);
    say_text(&s, file->officer);
    return say_done(&s, why);
}

/* By batch and way. */
static enum err file_get(
    void *self, int64_t batch, int way, struct batch_file *file, struct why *why) {
    struct say s = begin(self, SENTENCE_FILE_GET);
    say_int(&s, batch);
    say_int(&s, way);
    bool there = say_next(&s);
    if (there) {
        file->batch = row_int(&s);
        file->way = (int)row_int(&s);
        row_copy(&s, file->digest, sizeof file->digest);
        file->lines = (int32_t)row_int(&s);
        file->day = (uint32_t)row_int(&s);
        row_text(&s, file->officer, sizeof file->officer);
    }
    return ended(&s, there, "file of a batch", why);
}

/* --- opening and closing ------------------------------------------------------------------ */

/* What issuance_store.h names, function by function. */
static const struct issuance_store functions = {
    .begin = store_begin,
    .commit = store_commit,
    .abandon = store_abandon,
    .audit = store_audit,
    .application_add = application_add,
    .application_get = application_get,
    .application_move = application_move,
    .application_audit = application_audit,
    .applications_waiting = applications_waiting,
    .number_reserve = store_number_reserve,
    .number_get = number_get,
    .number_move = number_move,
    .batch_add = batch_add,
    .batch_get = batch_get,
    .batch_after = batch_after,
    .batch_move = batch_move,
    .batch_approver = batch_approver,
    .batch_open = batch_open,
    .line_add = line_add,
    .line_get = line_get,
    .line_of_card = line_of_card,
    .lines_after = lines_after,
    .line_move = line_move,
    .line_chip = line_chip,
    .line_place = line_place,
    .line_counts = line_counts,
    .file_add = file_add,
    .file_get = file_get,
};

/* The table of functions is copied out, and carries its self with it. */
enum err issuance_rows_open(struct db *db, struct issuance_store *out, struct why *why) {
    struct issuance_rows *is = calloc(1, sizeof *is);
    if (!is) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    is->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, is->prepared, why);
    if (err) {
        free(is);
        return why_add(why, err, "issuance");
    }
    *out = functions;
    out->self = is;
    return OK;
}

void issuance_rows_close(struct issuance_store *store) {
    struct issuance_rows *is = store->self;
    if (is) {
        assert(is->open == 0);
        db_finalize(is->prepared, SENTENCES);
        free(is);
        store->self = NULL;
    }
}

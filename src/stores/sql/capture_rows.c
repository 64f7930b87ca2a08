#include "stores/sql/capture_rows.h"

#include <assert.h>
#include <stdlib.h>

#include "stores/sql/no_such.h"

/* SENTENCE_PHOTO_ADD and so on, in the order of capture.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/capture.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/capture.def"
};

struct capture_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

static struct say begin(struct capture_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

/* Ends a sentence that had to find one row. */
static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Ends a sentence that had to change exactly one row. */
static enum err changed(
    struct capture_rows *rows, struct say *s, const char *thing, struct why *why) {
    enum err err = say_done(s, why);
    return err || db_changed(rows->db) == 1 ? err : no_such_now(why, thing);
}

static void row_digest(struct say *s, uint8_t digest[32]) {
    struct bytes bytes = row_blob(s);
    if (bytes.len == 32) {
        (void)memcpy(digest, bytes.at, 32);
    } else {
        row_odd(s);
    }
}

/* --- photos ----------------------------------------------------------------------------------- */

static enum err photo_add(void *self, struct photo *photo, struct bytes jpeg, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_ADD);
    assert(jpeg.len > 0);
    say_int(&s, photo->person);
    say_int(&s, (int64_t)photo->state);
    say_int(&s, photo->taken);
    say_int(&s, photo->day);
    say_text(&s, photo->officer);
    say_text(&s, photo->second);
    say_text(&s, photo->reason);
    say_blob(&s, bytes_of(photo->digest, sizeof photo->digest));
    say_blob(&s, jpeg);
    return say_added(&s, &photo->id, why);
}

/* The columns of a photo, as capture.def has them. */
static enum err photo_row(struct say *s, struct photo *photo, struct why *why) {
    bool there = say_next(s);
    if (there) {
        photo->id = row_int(s);
        photo->person = row_int(s);
        photo->state = (enum photo_state)row_int(s);
        photo->taken = (uint32_t)row_int(s);
        photo->day = (uint32_t)row_int(s);
        row_text(s, photo->officer, sizeof photo->officer);
        row_text(s, photo->second, sizeof photo->second);
        row_text(s, photo->reason, sizeof photo->reason);
        row_digest(s, photo->digest);
    }
    return ended(s, there, "photo", why);
}

static enum err photo_get(void *self, int64_t id, struct photo *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_GET);
    say_int(&s, id);
    return photo_row(&s, out, why);
}

static enum err photo_picture(void *self, int64_t id, struct builder *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_PICTURE);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        put_bytes(out, row_blob(&s));
    }
    return ended(&s, there, "photo", why);
}

static enum err photo_same(
    void *self, int64_t person, const uint8_t digest[32], struct photo *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_SAME);
    say_int(&s, person);
    say_blob(&s, bytes_of(digest, 32));
    return photo_row(&s, out, why);
}

static enum err photo_usable(void *self, int64_t person, struct photo *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_USABLE);
    say_int(&s, person);
    return photo_row(&s, out, why);
}

static enum err photo_after(void *self, enum photo_state state, uint32_t before, int64_t after,
    struct photo *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_AFTER);
    say_int(&s, (int64_t)state);
    say_int(&s, before);
    say_int(&s, after);
    return photo_row(&s, out, why);
}

/* Moves on only from the state that the caller saw. */
static enum err photo_move(
    void *self, const struct photo *photo, enum photo_state was, struct why *why) {
    struct say s = begin(self, SENTENCE_PHOTO_MOVE);
    assert(photo->state != was);
    say_int(&s, photo->id);
    say_int(&s, (int64_t)was);
    say_int(&s, (int64_t)photo->state);
    say_text(&s, photo->second);
    say_text(&s, photo->reason);
    return changed(self, &s, "photo", why);
}

/* --- records ---------------------------------------------------------------------------------- */

static enum err record_add(void *self, struct capture_record *record, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_ADD);
    assert((record->package == 0) == (record->sequence == 0));
    say_int(&s, record->person);
    say_int(&s, record->photo);
    say_int(&s, (int64_t)record->state);
    say_int(&s, record->package);
    say_int(&s, record->sequence);
    say_text(&s, record->point);
    say_text(&s, record->materials);
    say_text(&s, record->officer);
    say_text(&s, record->second);
    say_text(&s, record->reason);
    say_int(&s, record->day);
    say_int(&s, record->time);
    return say_added(&s, &record->id, why);
}

/* The columns of a record, as capture.def has them. */
static enum err record_row(struct say *s, struct capture_record *record, struct why *why) {
    bool there = say_next(s);
    if (there) {
        record->id = row_int(s);
        record->person = row_int(s);
        record->photo = row_int(s);
        record->state = (enum record_state)row_int(s);
        record->package = row_int(s);
        record->sequence = row_int(s);
        row_text(s, record->point, sizeof record->point);
        row_text(s, record->materials, sizeof record->materials);
        row_text(s, record->officer, sizeof record->officer);
        row_text(s, record->second, sizeof record->second);
        row_text(s, record->reason, sizeof record->reason);
        record->day = (uint32_t)row_int(s);
        record->time = (uint32_t)row_int(s);
    }
    return ended(s, there, "captured record", why);
}

static enum err record_get(void *self, int64_t id, struct capture_record *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_GET);
    say_int(&s, id);
    return record_row(&s, out, why);
}

static enum err record_of(
    void *self, int64_t person, uint32_t since, struct capture_record *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_OF);
    say_int(&s, person);
    say_int(&s, since);
    return record_row(&s, out, why);
}

static enum err record_numbered(
    void *self, int64_t package, int64_t sequence, struct capture_record *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_NUMBERED);
    say_int(&s, package);
    say_int(&s, sequence);
    return record_row(&s, out, why);
}

static enum err record_after(
    void *self, uint32_t day, int64_t after, struct capture_record *out, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_AFTER);
    say_int(&s, day);
    say_int(&s, after);
    return record_row(&s, out, why);
}

static enum err record_move(
    void *self, const struct capture_record *record, enum record_state was, struct why *why) {
    struct say s = begin(self, SENTENCE_RECORD_MOVE);
    assert(record->state != was);
    say_int(&s, record->id);
    say_int(&s, (int64_t)was);
    say_int(&s, (int64_t)record->state);
    say_text(&s, record->second);
    say_text(&s, record->reason);
    return changed(self, &s, "captured record", why);
}

/* --- packages --------------------------------------------------------------------------------- */

/* The columns of a package, as capture.def has them. */
static enum err package_row(struct say *s, struct capture_package *package, struct why *why) {
    bool there = say_next(s);
    if (there) {
        package->id = row_int(s);
        package->kind = (enum package_kind)row_int(s);
        row_text(s, package->place, sizeof package->place);
        package->first = row_int(s);
        package->last = row_int(s);
        row_text(s, package->officer, sizeof package->officer);
        package->day = (uint32_t)row_int(s);
        package->time = (uint32_t)row_int(s);
        package->back = (uint32_t)row_int(s);
        row_digest(s, package->digest);
    }
    return ended(s, there, "package", why);
}

static enum err package_get(void *self, int64_t id, struct capture_package *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_GET);
    say_int(&s, id);
    return package_row(&s, out, why);
}

/* The range comes behind all that were ever reserved; the row is read again for it. */
static enum err package_add(
    void *self, struct capture_package *package, int64_t count, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_ADD);
    assert(count >= 1);
    say_int(&s, (int64_t)package->kind);
    say_text(&s, package->place);
    say_int(&s, count);
    say_text(&s, package->officer);
    say_int(&s, package->day);
    say_int(&s, package->time);
    say_blob(&s, bytes_of(package->digest, sizeof package->digest));
    int64_t id = 0;
    enum err err = say_added(&s, &id, why);
    return err ? err : package_get(self, id, package, why);
}

static enum err package_after(void *self, enum package_kind kind, int64_t after,
    struct capture_package *out, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_AFTER);
    say_int(&s, (int64_t)kind);
    say_int(&s, after);
    return package_row(&s, out, why);
}

static enum err package_back(void *self, const struct capture_package *package, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_BACK);
    assert(package->back != 0);
    say_int(&s, package->id);
    say_int(&s, package->back);
    say_blob(&s, bytes_of(package->digest, sizeof package->digest));
    return changed(self, &s, "package", why);
}

static enum err package_remind(void *self, const struct unit_reminder *reminder, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_REMIND);
    assert(reminder->day != 0);
    say_int(&s, reminder->package);
    say_int(&s, reminder->day);
    say_text(&s, reminder->officer);
    return say_done(&s, why);
}

static enum err package_reminded(
    void *self, int64_t package, uint32_t *last, int64_t *count, struct why *why) {
    struct say s = begin(self, SENTENCE_PACKAGE_REMINDED);
    say_int(&s, package);
    bool there = say_next(&s);
    if (there) {
        *last = (uint32_t)row_int(&s);
        *count = row_int(&s);
    }
    return ended(&s, there, "package", why);
}

static enum err expected_put(void *self, const struct expected *expected, struct why *why) {
    struct say s = begin(self, SENTENCE_EXPECTED_PUT);
    say_int(&s, expected->package);
    say_int(&s, expected->person);
    say_int(&s, (int64_t)expected->state);
    say_text(&s, expected->note);
    return say_done(&s, why);
}

static enum err expected_after(
    void *self, int64_t package, int64_t after, struct expected *out, struct why *why) {
    struct say s = begin(self, SENTENCE_EXPECTED_AFTER);
    say_int(&s, package);
    say_int(&s, after);
    bool there = say_next(&s);
    if (there) {
        out->package = row_int(&s);
        out->person = row_int(&s);
        out->state = (enum expected_state)row_int(&s);
        row_text(&s, out->note, sizeof out->note);
    }
    return ended(&s, there, "expected person", why);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct capture_store functions = {
    .photo_add = photo_add,
    .photo_get = photo_get,
    .photo_picture = photo_picture,
    .photo_same = photo_same,
    .photo_usable = photo_usable,
    .photo_after = photo_after,
    .photo_move = photo_move,
    .record_add = record_add,
    .record_get = record_get,
    .record_of = record_of,
    .record_numbered = record_numbered,
    .record_after = record_after,
    .record_move = record_move,
    .package_add = package_add,
    .package_get = package_get,
    .package_after = package_after,
    .package_back = package_back,
    .package_remind = package_remind,
    .package_reminded = package_reminded,
    .expected_put = expected_put,
    .expected_after = expected_after,
};

enum err capture_rows_open(struct db *db, struct capture_store *out, struct why *why) {
    struct capture_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    rows->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, rows->prepared, why);
    if (err) {
        free(rows);
        return why_add(why, err, "capturing");
    }
    *out = functions;
    out->self = rows;
    return OK;
}

void capture_rows_close(struct capture_store *store) {
    struct capture_rows *rows = store->self;
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
        store->self = NULL;
    }
}

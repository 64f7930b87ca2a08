#include <assert.h>

#include "stores/sql/registry_person_rows.h"
#include "stores/sql/registry_rows.h"

/* --- what stands in the way, and fields beyond the first ones ---------------------------------------- */

/* No row: nothing stands in the way. */
static enum err status_get(void *self, int64_t person, struct person_status *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_STATUS_GET);
    *out = (struct person_status){.life = 1};
    say_int(&s, person);
    if (say_next(&s)) {
        out->life = (int)row_int(&s);
        out->died = (uint32_t)row_int(&s);
        out->frozen = row_int(&s);
        out->merged = row_int(&s);
        out->result = (int)row_int(&s);
        out->compared = (uint32_t)row_int(&s);
    }
    assert(out->life >= 1);
    return say_end(&s, why);
}

static enum err status_put(
    void *self, int64_t person, const struct person_status *status, struct why *why) {
    struct say s = people_say(self, PEOPLE_STATUS_PUT);
    assert(status->life >= 1);
    say_int(&s, person);
    say_int(&s, status->life);
    say_int(&s, status->died);
    say_int(&s, status->frozen);
    say_int(&s, status->merged);
    say_int(&s, status->result);
    say_int(&s, status->compared);
    return say_done(&s, why);
}

static enum err item_get(
    void *self, int64_t person, const char *field, char value[ITEM_ROOM], struct why *why) {
    struct say s = people_say(self, PEOPLE_ITEM_GET);
    value[0] = '\0';
    say_int(&s, person);
    say_text(&s, field);
    if (say_next(&s)) {
        row_text(&s, value, ITEM_ROOM);
    }
    return say_end(&s, why);
}

static enum err item_put(
    void *self, int64_t person, const char *field, const char *value, struct why *why) {
    struct say s = people_say(self, PEOPLE_ITEM_PUT);
    say_int(&s, person);
    say_text(&s, field);
    say_text(&s, value);
    return say_done(&s, why);
}

/* --- the first thirteen ------------------------------------------------------------------------------ */

static enum err person_one(
    struct person_rows *rows, int64_t id, struct person *out, struct why *why) {
    struct say s = people_say(rows, PEOPLE_PERSON_ONE);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        row_person(&s, out);
    }
    return people_found_row(&s, there, "person", why);
}

static enum err person_write(
    struct person_rows *rows, const struct person *person, struct why *why) {
    struct say s = people_say(rows, PEOPLE_PERSON_PUT);
    say_int(&s, person->id);
    say_text(&s, person->name);
    say_int(&s, person->sex);
    say_int(&s, person->nation);
    say_int(&s, person->birth);
    say_int(&s, person->region);
    say_text(&s, person->household);
    say_text(&s, person->address);
    say_text(&s, person->postcode);
    say_text(&s, person->phone);
    say_text(&s, person->mobile);
    say_text(&s, person->employer);
    say_text(&s, person->employer_name);
    return people_changed(rows, &s, "person", why);
}

/* Out of the index as it was, into it as it is. */
static enum err person_put(void *self, const struct person *person, struct why *why) {
    struct person_rows *rows = self;
    struct person was;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : person_one(rows, person->id, &was, why);
    err = err ? err : people_index_person(rows, &was, false, why);
    err = err ? err : person_write(rows, person, why);
    err = err ? err : people_index_person(rows, person, true, why);
    return err ? err : tx_commit(&tx, why);
}

/* --- history ----------------------------------------------------------------------------------------- */

static enum err history_add(
    void *self, int64_t person, const struct person_change_row *row, struct why *why) {
    struct say s = people_say(self, PEOPLE_CHANGE_ADD);
    say_int(&s, person);
    say_int(&s, row->line);
    say_text(&s, row->field);
    say_text(&s, row->was);
    say_text(&s, row->became);
    say_int(&s, row->feed);
    say_int(&s, row->day);
    say_int(&s, row->time);
    say_text(&s, row->who);
    say_text(&s, row->proof);
    return say_done(&s, why);
}

/* A change of an import has the day of its file. */
static enum err history_after(
    void *self, int64_t person, int64_t after, struct person_change_row *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_CHANGE_AFTER);
    say_int(&s, person);
    say_int(&s, after);
    bool there = say_next(&s);
    if (there) {
        out->id = row_int(&s);
        out->import = row_int(&s);
        out->feed = row_int(&s);
        out->line = (uint32_t)row_int(&s);
        out->day = (uint32_t)row_int(&s);
        out->time = (uint32_t)row_int(&s);
        row_text(&s, out->field, sizeof out->field);
        row_text(&s, out->was, sizeof out->was);
        row_text(&s, out->became, sizeof out->became);
        row_text(&s, out->who, sizeof out->who);
        row_text(&s, out->proof, sizeof out->proof);
    }
    return people_found_row(&s, there, "change", why);
}

/* --- changes that wait for a second officer ------------------------------------------------------------ */

static enum err request_same(
    struct person_rows *rows, const struct person_request *r, int64_t *id, struct why *why) {
    struct say s = people_say(rows, PEOPLE_REQUEST_SAME);
    say_int(&s, r->person);
    say_text(&s, r->field);
    say_text(&s, r->becomes);
    say_text(&s, r->proof);
    say_text(&s, r->who);
    bool there = say_next(&s);
    *id = there ? row_int(&s) : 0;
    return people_found_row(&s, there, "request", why);
}

static enum err request_add(void *self, struct person_request *r, struct why *why) {
    enum err err = request_same(self, r, &r->id, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    struct say s = people_say(self, PEOPLE_REQUEST_ADD);
    say_int(&s, r->person);
    say_text(&s, r->field);
    say_text(&s, r->was);
    say_text(&s, r->becomes);
    say_text(&s, r->proof);
    say_text(&s, r->who);
    say_int(&s, r->day);
    return say_added(&s, &r->id, why);
}

static enum err request_get(void *self, int64_t id, struct person_request *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_REQUEST_GET);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        out->id = row_int(&s);
        out->person = row_int(&s);
        row_text(&s, out->field, sizeof out->field);
        row_text(&s, out->was, sizeof out->was);
        row_text(&s, out->becomes, sizeof out->becomes);
        row_text(&s, out->proof, sizeof out->proof);
        row_text(&s, out->who, sizeof out->who);
        out->day = (uint32_t)row_int(&s);
        out->waits = row_int(&s) == 0;
    }
    return people_found_row(&s, there, "change that waits", why);
}

static enum err request_end(
    void *self, int64_t id, bool made, const char *second, struct why *why) {
    struct say s = people_say(self, PEOPLE_REQUEST_END);
    say_int(&s, id);
    say_int(&s, made ? 1 : 2);
    say_text(&s, second);
    return people_changed(self, &s, "change that waits", why);
}

/* --- files of the owners ------------------------------------------------------------------------------- */

static enum err feed_begin(
    void *self, const char *owner, const char *file, uint32_t day, int64_t *feed, struct why *why) {
    struct say s = people_say(self, PEOPLE_FEED_ADD);
    say_text(&s, owner);
    say_text(&s, file);
    say_int(&s, day);
    return say_added(&s, feed, why);
}

static enum err feed_end(void *self, int64_t feed, struct why *why) {
    struct say s = people_say(self, PEOPLE_FEED_END);
    say_int(&s, feed);
    return people_changed(self, &s, "file", why);
}

/* 0 and 0 for a number that no file of that owner had. */
static enum err feed_seen(void *self, const char *owner, int64_t number17, int64_t *feed,
    int64_t *line, struct why *why) {
    struct say s = people_say(self, PEOPLE_FEED_SEEN);
    say_text(&s, owner);
    say_int(&s, number17);
    bool there = say_next(&s);
    *feed = there ? row_int(&s) : 0;
    *line = there ? row_int(&s) : 0;
    return say_end(&s, why);
}

static enum err feed_see(
    void *self, const char *owner, int64_t number17, int64_t feed, int64_t line, struct why *why) {
    struct say s = people_say(self, PEOPLE_FEED_SEE);
    say_text(&s, owner);
    say_int(&s, number17);
    say_int(&s, feed);
    say_int(&s, line);
    return say_done(&s, why);
}

void people_record_functions(struct person_store *store) {
    store->status_get = status_get;
    store->status_put = status_put;
    store->item_get = item_get;
    store->item_put = item_put;
    store->person_put = person_put;
    store->history_add = history_add;
    store->history_after = history_after;
    store->request_add = request_add;
    store->request_get = request_get;
    store->request_end = request_end;
    store->feed_begin = feed_begin;
    store->feed_end = feed_end;
    store->feed_seen = feed_seen;
    store->feed_see = feed_see;
}

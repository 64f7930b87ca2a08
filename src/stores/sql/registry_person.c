#include "stores/sql/registry_person.h"

#include <assert.h>
#include <stdlib.h>

#include "stores/sql/audit.h"
#include "stores/sql/no_such.h"
#include "stores/sql/registry_person_rows.h"

static const char *const sentences[PEOPLE_SENTENCES] = {
#define SQL(name, text) [PEOPLE_##name] = (text),
#include "stores/sql/registry_person.def"
};

struct say people_say(struct person_rows *rows, enum people_sentence which) {
    return say(rows->prepared[which]);
}

enum err people_found_row(struct say *s, bool there, const char *what, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, what);
}

enum err people_changed(
    struct person_rows *rows, struct say *s, const char *what, struct why *why) {
    enum err err = say_done(s, why);
    if (!err && db_changed(rows->db) != 1) {
        err = no_such_now(why, what);
    }
    return err;
}

/* --- transactions and audit ------------------------------------------------------------------------ */

/* Scopes are kept here as a stack, because the trade knows begin and commit but no database. */
static enum err people_begin(void *self, struct why *why) {
    struct person_rows *rows = self;
    assert(rows->open >= 0);
    assert(rows->open < PERSON_NEST_MAX);
    rows->nest[rows->open] = (struct tx){NULL};
    enum err err = tx_begin(&rows->nest[rows->open], rows->db, why);
    rows->open += err ? 0 : 1;
    return err;
}

/* A commit that fails leaves the scope open; people_abandon() then takes it back. */
static enum err people_commit(void *self, struct why *why) {
    struct person_rows *rows = self;
    assert(rows->open > 0);
    enum err err = tx_commit(&rows->nest[rows->open - 1], why);
    rows->open -= err ? 0 : 1;
    return err;
}

/* The innermost scope; tx_leave() says nothing, because nothing is kept whatever happens. */
static void people_abandon(void *self) {
    struct person_rows *rows = self;
    assert(rows->open > 0);
    rows->open--;
    tx_leave(&rows->nest[rows->open]);
}

static enum err people_audit(
    void *self, const char *who, const char *what, const char *subject, struct why *why) {
    struct person_rows *rows = self;
    return db_audit(rows->db, who, what, subject, why);
}

/* --- opening ----------------------------------------------------------------------------------------- */

enum err person_rows_open(struct person_rows **rows, struct db *db, struct why *why) {
    *rows = NULL;
    struct person_rows *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return why_say(why, ERR_OUTSIDE, "no memory for the registry; end other programs");
    }
    opened->db = db;
    enum err err = db_prepare(db, sentences, PEOPLE_SENTENCES, opened->prepared, why);
    if (err) {
        person_rows_close(opened);
        return why_add(why, err, "persons");
    }
    *rows = opened;
    return OK;
}

void person_rows_close(struct person_rows *rows) {
    if (rows) {
        assert(rows->open == 0); /* every scope was left */
        db_finalize(rows->prepared, PEOPLE_SENTENCES);
        free(rows);
    }
}

struct person_store person_store_of(struct person_rows *rows) {
    struct person_store store = {.self = rows,
        .begin = people_begin,
        .commit = people_commit,
        .abandon = people_abandon,
        .audit = people_audit};
    people_find_functions(&store);
    people_record_functions(&store);
    people_case_functions(&store);
    return store;
}

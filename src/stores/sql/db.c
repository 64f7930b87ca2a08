#include "stores/sql/db.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/hex.h"
#include "stores/postgres/postgres_engine.h"
#include "stores/sql/schema.h"
#include "stores/sqlite/sqlite_engine.h"

/* ROW_ODD: the trouble of a sentence whose row holds what no program of ours writes; ROW_LOST: there was no
 * memory to bring what a row holds. Engines never answer them. */
enum { DIGEST_LEN = 32, ROW_ODD = -1, ROW_LOST = -2 };

enum err db_run(struct db *db, const char *sentence, struct why *why) {
    assert(db->link);
    return db->engine->run(db->link, sentence, why);
}

/* --- migrations --------------------------------------------------------------------------- */

/* Every script that was ever released, in its order; a number is its place here, from 1. */
static const struct migration {
    const char *area, *script;
} migrations[] = {
#define MIGRATION(area, script) {area, script},
#include "stores/sql/migrations.def"
};
enum { MIGRATIONS = sizeof migrations / sizeof migrations[0] };

/* The digest tells a script that was changed after its release from the one that was released. It
 * covers what the engine adds, which is nothing for SQLite. */
static enum err digest_of(
    const char *script, const char *more, char text[2 * DIGEST_LEN + 1], struct why *why) {
    uint8_t digest[DIGEST_LEN];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1
                && EVP_DigestUpdate(context, script, strlen(script)) == 1
                && EVP_DigestUpdate(context, more, strlen(more)) == 1
                && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (!done) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    hex_write(bytes_of(digest, sizeof digest), text);
    return OK;
}

/* Runs one script and records it, in the caller's transaction. */
static enum err migration_run(struct db *db, int number, const char *digest, struct why *why) {
    assert(number >= 1);
    assert(number <= MIGRATIONS);
    const struct migration *m = &migrations[number - 1];
    struct prepared *stmt[1] = {NULL};
    static const char *const sentence[1] = {
        "INSERT INTO migration (number, area, digest, moment) VALUES (?1, ?2, ?3, ?4)"};
    enum err err = db_run(db, m->script, why);
    err = err ? err : db_run(db, db->engine->more_tables(m->area), why);
    err = err ? err : db_prepare(db, sentence, 1, stmt, why);
    if (!err) {
        struct say s = say(stmt[0]);
        say_int(&s, number);
        say_text(&s, m->area);
        say_text(&s, digest);
        say_int(&s, (int64_t)time(NULL) * 1000);
        err = say_done(&s, why);
    }
    db_finalize(stmt, 1);
    return err ? why_add(why, err, "migration %d (%s)", number, m->area) : OK;
}

/* Makes sure that this database holds migration `number` exactly as this program knows it. */
static enum err migration_settle(struct db *db, int number, struct why *why) {
    char ours[2 * DIGEST_LEN + 1];
    char theirs[2 * DIGEST_LEN + 1] = "";
    struct prepared *stmt[1] = {NULL};
    static const char *const sentence[1] = {"SELECT digest FROM migration WHERE number = ?1"};
    const struct migration *m = &migrations[number - 1];
    enum err err = digest_of(m->script, db->engine->more_tables(m->area), ours, why);
    err = err ? err : db_prepare(db, sentence, 1, stmt, why);
    if (err) {
        return err;
    }
    struct say s = say(stmt[0]);
    say_int(&s, number);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, theirs, sizeof theirs);
    }
    err = say_end(&s, why);
    db_finalize(stmt, 1);
    if (err || !there) {
        return err ? err : migration_run(db, number, ours, why);
    }
    if (strcmp(ours, theirs) != 0) {
        return why_say(why, ERR_CONFLICT,
            "the database's tables (migration %d, %s) are not those of this program; use the "
            "program that made it, or begin a new centre",
            number, m->area);
    }
    return OK;
}

static enum err newest_migration(struct db *db, int64_t *newest, struct why *why) {
    static const char *const sentence[1] = {"SELECT coalesce(max(number), 0) FROM migration"};
    struct prepared *stmt[1] = {NULL};
    enum err err = db_prepare(db, sentence, 1, stmt, why);
    if (err) {
        return err;
    }
    struct say s = say(stmt[0]);
    *newest = say_next(&s) ? row_int(&s) : 0;
    err = say_end(&s, why);
    db_finalize(stmt, 1);
    return err;
}

/* All missing migrations in one transaction: a database is never between two. */
static enum err migrate(struct db *db, struct why *why) {
    TX_SCOPE(tx);
    int64_t newest = 0;
    enum err err = tx_begin(&tx, db, why);
    err = err ? err
              : db_run(db,
                  "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, area TEXT "
                  "NOT NULL, digest TEXT NOT NULL, moment INTEGER NOT NULL) STRICT",
                  why);
    err = err ? err : newest_migration(db, &newest, why);
    if (!err && newest > MIGRATIONS) {
        return why_say(why, ERR_CONFLICT,
            "the database was made by a later program (migration %d, this one knows %d); use "
            "that program",
            (int)newest, (int)MIGRATIONS);
    }
    for (int number = 1; !err && number <= MIGRATIONS; number++) {
        err = migration_settle(db, number, why);
    }
    return err ? err : tx_commit(&tx, why);
}

/* --- opening and closing -------------------------------------------------------------------- */

enum err db_open(struct db *db, const char *address, struct why *why) {
    *db = (struct db){.engine = postgres_is(address) ? &postgres_engine : &sqlite_engine};
    enum err err = db->engine->open(address, &db->link, why);
    err = err ? err : migrate(db, why);
    if (err) {
        db_close(db);
        return postgres_is(address) ? err : why_add(why, err, "%s", address);
    }
    return OK;
}

/* audit.c's two sentences are the only ones that the database itself keeps. */
void db_close(struct db *db) {
    if (!db || !db->link) {
        return;
    }
    assert(db->depth == 0); /* every scope was left */
    db_finalize(&db->audit_last, 1);
    db_finalize(&db->audit_add, 1);
    db->engine->close(db->link);
    *db = (struct db){.link = NULL};
}

enum err db_sync_seldom(struct db *db, struct why *why) {
    assert(db->link);
    return db->engine->sync_seldom(db->link, why);
}

enum err db_save_in_memory(struct db *db, struct why *why) {
    assert(db->link);
    assert(db->depth == 0);
    return db->engine->save_in_memory(db->link, why);
}

/* --- transactions --------------------------------------------------------------------------- */

/* The outermost scope is a transaction, each one inside it a savepoint named by its depth. */
static enum err tx_run(struct db *db, const char *verb, int depth, struct why *why) {
    char sentence[64];
    assert(depth > 0);
    (void)snprintf(sentence, sizeof sentence, "%s s%d", verb, depth);
    return db_run(db, sentence, why);
}

enum err tx_begin(struct tx *tx, struct db *db, struct why *why) {
    assert(!tx->db);
    assert(db->depth >= 0);
    enum err err = db->depth == 0 ? db->engine->begin(db->link, why)
                                  : tx_run(db, "SAVEPOINT", db->depth, why);
    if (!err) {
        tx->db = db;
        db->depth++;
    }
    return err;
}

/* A full disk makes an engine roll back by itself; then there is nothing left to commit,
 * whatever the caller believes. */
enum err tx_commit(struct tx *tx, struct why *why) {
    struct db *db = tx->db;
    assert(db);
    assert(db->depth > 0);
    if (!db->engine->alive(db->link)) {
        return why_say(why, ERR_OUTSIDE,
            "the database took the whole step back (a full or failing disk, or a server that went "
            "away); do it again");
    }
    enum err err = db->depth == 1 ? db->engine->commit(db->link, why)
                                  : tx_run(db, "RELEASE", db->depth - 1, why);
    if (!err) {
        tx->db = NULL;
        db->depth--;
    }
    return err;
}

/* A savepoint that was rolled back is still open; RELEASE ends it. Nobody hears of a failure
 * here: what cannot be taken back now is gone when the database is opened again (db 2). */
void tx_leave(struct tx *tx) {
    struct db *db = tx->db;
    if (!db) {
        return;
    }
    assert(db->depth > 0);
    db->depth--;
    tx->db = NULL;
    struct why unheard;
    if (!db->engine->alive(db->link)) {
        return; /* the engine rolled back by itself, as it does when the disk is full */
    }
    if (db->depth == 0) {
        (void)db_run(db, "ROLLBACK", &unheard);
        return;
    }
    (void)tx_run(db, "ROLLBACK TO", db->depth, &unheard);
    (void)tx_run(db, "RELEASE", db->depth, &unheard);
}

/* --- sentences ------------------------------------------------------------------------------ */

/* All pointers are cleared first, so that a failure in the middle can end what was prepared. */
enum err db_prepare(struct db *db, const char *const *sentences, size_t count,
    struct prepared **prepared, struct why *why) {
    for (size_t i = 0; i < count; i++) {
        prepared[i] = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        enum err err = db->engine->prepare(db->link, sentences[i], &prepared[i], why);
        if (err) {
            db_finalize(prepared, count);
            return why_add(why, err, "sentence %zu (%.80s)", i, sentences[i]);
        }
        assert(prepared[i]->link == db->link);
    }
    return OK;
}

void db_finalize(struct prepared **prepared, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (prepared[i]) {
            prepared[i]->engine->forget(prepared[i]);
        }
        prepared[i] = NULL;
    }
}

struct say say(struct prepared *prepared) {
    assert(prepared);
    prepared->engine->anew(prepared);
    return (struct say){.prepared = prepared};
}

/* Keeps the first trouble; what comes after it is only its consequence. */
static void note(struct say *s, int trouble) {
    s->trouble = s->trouble ? s->trouble : trouble;
}

static void bind(struct say *s, const struct value *value) {
    note(s, s->prepared->engine->bind(s->prepared, ++s->bound, value));
}

void say_int(struct say *s, int64_t value) {
    bind(s, &(struct value){VALUE_NUMBER, value, {0}});
}

void say_text(struct say *s, const char *value) {
    struct bytes bytes = value ? bytes_text(value) : (struct bytes){0};
    bind(s, &(struct value){value ? VALUE_TEXT : VALUE_NULL, 0, bytes});
}

/* An empty view may have no address, which engines would take for NULL. */
static struct bytes addressed(struct bytes value) {
    assert(value.len <= INT32_MAX);
    return value.at ? value : bytes_of("", 0);
}

void say_words(struct say *s, struct bytes value) {
    bind(s, &(struct value){VALUE_WORDS, 0, addressed(value)});
}

void say_blob(struct say *s, struct bytes value) {
    bind(s, &(struct value){VALUE_BLOB, 0, addressed(value)});
}

/* A sentence with fewer parameters than it asks for would find rows of somebody else: that is
 * our own mistake, and no trouble to be told. */
bool say_next(struct say *s) {
    bool row = false;
    assert(s->bound == s->prepared->engine->parameters(s->prepared));
    if (s->trouble) {
        return false;
    }
    s->read = 0;
    note(s, s->prepared->engine->step(s->prepared, &row));
    return row && !s->trouble;
}

/* The place of the next column to read. */
static int next_column(struct say *s) {
    assert(s->read < s->prepared->engine->columns(s->prepared));
    return s->read++;
}

int64_t row_int(struct say *s) {
    return s->prepared->engine->number(s->prepared, next_column(s));
}

/* What was borrowed, or nothing and the trouble that it could not be brought. */
static struct bytes brought(struct say *s, struct bytes bytes) {
    if (bytes.len > 0 && !bytes.at) {
        note(s, ROW_LOST);
        bytes.len = 0;
    }
    return bytes;
}

/* The end is always written, whatever the column holds. */
void row_text(struct say *s, char *to, size_t room) {
    struct bytes text = brought(s, s->prepared->engine->words(s->prepared, next_column(s)));
    assert(room > 0);
    if (text.len >= room) {
        row_odd(s);
        text.len = 0;
    }
    if (text.len > 0) {
        (void)memcpy(to, text.at, text.len);
    }
    to[text.len] = '\0';
}

struct bytes row_blob(struct say *s) {
    return brought(s, s->prepared->engine->blob(s->prepared, next_column(s)));
}

void row_odd(struct say *s) {
    note(s, ROW_ODD);
}

/* The trouble is told before the sentence is ended, which forgets it. */
enum err say_end(struct say *s, struct why *why) {
    const struct engine *engine = s->prepared->engine;
    enum err err = OK;
    if (s->trouble == ROW_ODD) {
        err = why_say(why, ERR_OUTSIDE,
            "a row holds what this program never writes; restore the last backup");
    } else if (s->trouble == ROW_LOST) {
        err = why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    } else if (s->trouble) {
        err = engine->tell(s->prepared->link, s->trouble, why);
    }
    engine->anew(s->prepared);
    return err;
}

enum err say_done(struct say *s, struct why *why) {
    bool row = say_next(s);
    assert(!row);
    (void)row;
    return say_end(s, why);
}

/* The second step ends the sentence, which is what makes the row stay. */
enum err say_added(struct say *s, int64_t *id, struct why *why) {
    bool there = say_next(s);
    int64_t number = there ? row_int(s) : 0;
    bool more = there && say_next(s);
    assert(!more);
    (void)more;
    enum err err = say_end(s, why);
    *id = err ? 0 : number;
    return err;
}

int64_t db_changed(const struct db *db) {
    assert(db->link);
    return db->engine->changed(db->link);
}

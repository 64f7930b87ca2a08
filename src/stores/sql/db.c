#include "stores/sql/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <sqlite3.h>

#include "base/hex.h"
#include "stores/sql/schema.h"

enum {
    APPLICATION_ID = 0x53424143, /* "SBAC": tells our databases from everybody else's */
    DIGEST_LEN = 32,
    EXIT_DISK = 5, /* the exit status for trouble outside the program */
};

/* What the database engine can answer, as the kinds a caller can act on and the sentence a person
 * can act on. A code is looked up whole first, then by its low byte. */
static const struct trouble {
    int rc;
    enum err err;
    const char *sentence;
} troubles[] = {
    {SQLITE_FULL,          ERR_OUTSIDE,
     "the disk is full; nothing of this step was kept; free some space and do it again"                  },
    {SQLITE_IOERR_SHMSIZE, ERR_OUTSIDE,
     "the disk is full; nothing of this step was kept; free some space and do it again"                  },
    {SQLITE_BUSY,          ERR_OUTSIDE,  "another process holds the database; end it, then do this again"},
    {SQLITE_LOCKED,        ERR_OUTSIDE,  "the database is locked; end the other use, then try again"     },
    {SQLITE_READONLY,      ERR_OUTSIDE,
     "the database may only be read; check the rights of the directory, then try again"                  },
    {SQLITE_CANTOPEN,      ERR_OUTSIDE,
     "the database cannot be opened; check that the directory exists and may be written"                 },
    {SQLITE_NOTADB,        ERR_INVALID,
     "the file is no database; name another directory or restore a backup"                               },
    {SQLITE_CORRUPT,       ERR_OUTSIDE,  "the database is damaged; restore the last backup"              },
    {SQLITE_NOMEM,         ERR_OUTSIDE,  "no memory is left; end other programs, then try again"         },
    {SQLITE_IOERR,         ERR_OUTSIDE,  "the disk failed to read or write; check it, then try again"    },
    {SQLITE_CONSTRAINT,    ERR_CONFLICT, "the database refuses what would contradict its rows"           },
};

/* What was promised to be on the disk may not be there, and asking again may get a false yes
 * (Linux reports a failed fsync once). So nothing more is promised by this process. */
static void end_when_sync_failed(int rc) {
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC) {
        (void)fputs(
            "shebao: the disk could not keep what was written (fsync failed); the program ends; "
            "check the disk, then start again: the last whole step is found again\n",
            stderr);
        _exit(EXIT_DISK);
    }
}

/* Tells rc as one sentence, with the engine's own words where a sentence alone says too little. */
static enum err tell(sqlite3 *sql, int rc, struct why *why) {
    end_when_sync_failed(rc);
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        if (troubles[i].rc == rc || troubles[i].rc == (rc & 0xFF)) {
            bool detail = troubles[i].err == ERR_CONFLICT && sql;
            return why_say(why, troubles[i].err, "%s%s%s", troubles[i].sentence, detail ? ": " : "",
                detail ? sqlite3_errmsg(sql) : "");
        }
    }
    return why_say(
        why, ERR_OUTSIDE, "database: %s", sql ? sqlite3_errmsg(sql) : sqlite3_errstr(rc));
}

/* For sentences of our own only: nothing that came from outside ever stands in the text. */
enum err db_run(struct db *db, const char *sentence, struct why *why) {
    int rc = sqlite3_exec(db->sql, sentence, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : tell(db->sql, rc, why);
}

/* One number that the engine answers to a question without parameters. */
static enum err ask(struct db *db, const char *sentence, int64_t *answer, struct why *why) {
    sqlite3_stmt *stmt = NULL;
    assert(db->sql);
    int rc = sqlite3_prepare_v2(db->sql, sentence, -1, &stmt, NULL);
    rc = rc ? rc : sqlite3_step(stmt);
    *answer = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? OK : tell(db->sql, rc, why);
}

/* --- migrations --------------------------------------------------------------------------- */

/* Every script that was ever released, in its order; a number is its place here, from 1. */
static const struct migration {
    const char *area, *script;
} migrations[] = {
    {"registry", registry_schema}, /* 1 */
    {"issuance", issuance_schema}, /* 2 */
    {"clearing", clearing_schema}, /* 3 */
    {"witness",  witness_schema }, /* 4 */
    {"stock",    stock_schema   }, /* 5 */
    {"life",     life_schema    }, /* 6 */
    {"keeping",  keeping_schema }, /* 7 */
};
enum { MIGRATIONS = sizeof migrations / sizeof migrations[0] };

/* The digest tells a script that was changed after its release from the one that was released. */
static void digest_of(const char *script, char text[2 * DIGEST_LEN + 1]) {
    uint8_t digest[DIGEST_LEN];
    int done = EVP_Digest(script, strlen(script), digest, NULL, EVP_sha256(), NULL);
    assert(done == 1);
    (void)done;
    hex_write(bytes_of(digest, sizeof digest), text);
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
    digest_of(migrations[number - 1].script, ours);
    enum err err = db_prepare(db, sentence, 1, stmt, why);
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
            number, migrations[number - 1].area);
    }
    return OK;
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
    err = err ? err : ask(db, "SELECT coalesce(max(number), 0) FROM migration", &newest, why);
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

/* A database that holds tables but not our mark belongs to another program. */
static enum err check_ours(struct db *db, struct why *why) {
    int64_t mark = 0;
    int64_t tables = 0;
    enum err err = ask(db, "PRAGMA application_id", &mark, why);
    err = err ? err : ask(db, "SELECT count(*) FROM sqlite_schema", &tables, why);
    if (!err && mark != APPLICATION_ID && tables > 0) {
        return why_say(
            why, ERR_INVALID, "the database is of another program; name the directory of a centre");
    }
    return err;
}

/* FULL: each commit is on the disk when it answers, because most of what a centre commits is a
 * promise to somebody (a load, a loss report, a posting). Whoever has thousands of small changes
 * groups them in one transaction; a single sync costs about 0.2 ms on the machines we measured. */
static enum err set_up(struct db *db, struct why *why) {
    char mark[64];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d", (int)APPLICATION_ID);
    enum err err = db_run(db, "PRAGMA page_size = 8192", why); /* of a new database only */
    err = err ? err : db_run(db, "PRAGMA journal_mode = WAL", why);
    err = err ? err : db_run(db, "PRAGMA synchronous = FULL", why);
    err = err ? err : db_run(db, "PRAGMA foreign_keys = ON", why);
    err = err ? err : db_run(db, "PRAGMA cache_size = -16384", why);
    err = err ? err : db_run(db, "PRAGMA trusted_schema = OFF", why);
    return err ? err : db_run(db, mark, why);
}

/* A database of another program is found out before anything is written to it. */
enum err db_open(struct db *db, const char *path, struct why *why) {
    *db = (struct db){.sql = NULL};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE
                | SQLITE_OPEN_NOMUTEX; /* one thread at a time, as db.h says */
    int rc = sqlite3_open_v2(path, &db->sql, flags, NULL);
    enum err err = rc ? tell(NULL, rc, why) : OK;
    if (!err) {
        (void)sqlite3_busy_timeout(db->sql, 0);
        err = check_ours(db, why);
    }
    err = err ? err : set_up(db, why);
    err = err ? err : migrate(db, why);
    if (err) {
        db_close(db);
        return why_add(why, err, "%s", path);
    }
    return OK;
}

/* audit.c's two sentences are the only ones that the database itself keeps. */
void db_close(struct db *db) {
    if (!db || !db->sql) {
        return;
    }
    assert(db->depth == 0); /* every scope was left */
    db_finalize(&db->audit_last, 1);
    db_finalize(&db->audit_add, 1);
    int rc = sqlite3_close(db->sql);
    assert(rc == SQLITE_OK); /* a sentence that nobody finalized is our own mistake */
    (void)rc;
    *db = (struct db){.sql = NULL};
}

/* --- transactions --------------------------------------------------------------------------- */

/* The outermost scope is a transaction, each one inside it a savepoint named by its depth. */
static enum err tx_run(struct db *db, const char *verb, int depth, struct why *why) {
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "%s s%d", verb, depth);
    return db_run(db, sentence, why);
}

/* IMMEDIATE takes the right to write at once: a second writer is told at the beginning and not in
 * the middle. */
enum err tx_begin(struct tx *tx, struct db *db, struct why *why) {
    assert(!tx->db);
    assert(db->depth >= 0);
    enum err err = db->depth == 0 ? db_run(db, "BEGIN IMMEDIATE", why)
                                  : tx_run(db, "SAVEPOINT", db->depth, why);
    if (!err) {
        tx->db = db;
        db->depth++;
    } else if (db->depth == 0 && !sqlite3_get_autocommit(db->sql)) {
        /* BEGIN took effect and was interrupted before it could say so. */
        (void)db_run(db, "ROLLBACK", &(struct why){0});
    }
    return err;
}

/* A full disk makes the engine roll back by itself; then there is nothing left to commit,
 * whatever the caller believes. */
enum err tx_commit(struct tx *tx, struct why *why) {
    struct db *db = tx->db;
    assert(db);
    assert(db->depth > 0);
    if (sqlite3_get_autocommit(db->sql)) {
        return why_say(why, ERR_OUTSIDE,
            "the database took the whole step back (a full or failing disk); do it again");
    }
    enum err err = db->depth == 1 ? db_run(db, "COMMIT", why)
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
    if (sqlite3_get_autocommit(db->sql)) {
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

struct prepared {
    struct db *db; /* borrowed: it outlives what is prepared on it */
    sqlite3_stmt *stmt;
};

static enum err prepare(
    struct db *db, const char *text, struct prepared **prepared, struct why *why) {
    struct prepared *sentence = calloc(1, sizeof *sentence);
    if (!sentence) {
        return tell(NULL, SQLITE_NOMEM, why);
    }
    sentence->db = db;
    *prepared = sentence;
    int rc = sqlite3_prepare_v3(
        db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, &sentence->stmt, NULL);
    return rc ? tell(db->sql, rc, why) : OK;
}

/* All pointers are cleared first, so that a failure in the middle can end what was prepared. */
enum err db_prepare(struct db *db, const char *const *sentences, size_t count,
    struct prepared **prepared, struct why *why) {
    for (size_t i = 0; i < count; i++) {
        prepared[i] = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        enum err err = prepare(db, sentences[i], &prepared[i], why);
        if (err) {
            db_finalize(prepared, count);
            return why_add(why, err, "sentence %zu (%.80s)", i, sentences[i]);
        }
    }
    return OK;
}

void db_finalize(struct prepared **prepared, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (prepared[i]) {
            (void)sqlite3_finalize(prepared[i]->stmt);
            free(prepared[i]);
        }
        prepared[i] = NULL;
    }
}

struct say say(struct prepared *prepared) {
    assert(prepared);
    (void)sqlite3_reset(prepared->stmt); /* what was bound before is replaced: say_next() counts */
    return (struct say){.prepared = prepared};
}

/* Keeps the first trouble; what comes after it is only its consequence. */
static void note(struct say *s, int rc) {
    s->rc = s->rc ? s->rc : rc;
}

void say_int(struct say *s, int64_t value) {
    note(s, sqlite3_bind_int64(s->prepared->stmt, ++s->bound, value));
}

/* SQLITE_STATIC: the engine borrows the text until say_end() resets the sentence. */
void say_text(struct say *s, const char *value) {
    note(s, sqlite3_bind_text(s->prepared->stmt, ++s->bound, value, -1, SQLITE_STATIC));
}

/* An empty view may have no address, which the engine would take for NULL. */
void say_words(struct say *s, struct bytes value) {
    assert(value.len <= INT32_MAX);
    const char *at = value.at ? (const char *)value.at : "";
    note(s, sqlite3_bind_text(s->prepared->stmt, ++s->bound, at, (int)value.len, SQLITE_STATIC));
}

void say_blob(struct say *s, struct bytes value) {
    assert(value.len <= INT32_MAX);
    const void *at = value.at ? (const void *)value.at : "";
    note(s, sqlite3_bind_blob(s->prepared->stmt, ++s->bound, at, (int)value.len, SQLITE_STATIC));
}

/* A sentence with fewer parameters than it asks for would find rows of somebody else: that is
 * our own mistake, and no trouble to be told. */
bool say_next(struct say *s) {
    assert(s->bound == sqlite3_bind_parameter_count(s->prepared->stmt));
    if (s->rc) {
        return false;
    }
    int rc = sqlite3_step(s->prepared->stmt);
    s->read = 0;
    note(s, rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc);
    return rc == SQLITE_ROW;
}

int64_t row_int(struct say *s) {
    assert(s->read < sqlite3_column_count(s->prepared->stmt));
    return sqlite3_column_int64(s->prepared->stmt, s->read++);
}

/* The end is always written, whatever the column holds. */
void row_text(struct say *s, char *to, size_t room) {
    assert(s->read < sqlite3_column_count(s->prepared->stmt));
    const unsigned char *text = sqlite3_column_text(s->prepared->stmt, s->read);
    size_t len = (size_t)sqlite3_column_bytes(s->prepared->stmt, s->read++);
    assert(room > 0);
    if (len >= room) {
        note(s, SQLITE_TOOBIG);
        len = 0;
    }
    if (text && len > 0) {
        (void)memcpy(to, text, len);
    }
    to[len] = '\0';
}

struct bytes row_blob(struct say *s) {
    assert(s->read < sqlite3_column_count(s->prepared->stmt));
    const void *at = sqlite3_column_blob(s->prepared->stmt, s->read);
    return bytes_of(at, (size_t)sqlite3_column_bytes(s->prepared->stmt, s->read++));
}

void row_odd(struct say *s) {
    note(s, SQLITE_MISMATCH);
}

/* The trouble is told before the reset, which forgets it. */
enum err say_end(struct say *s, struct why *why) {
    enum err err = s->rc ? tell(s->prepared->db->sql, s->rc, why) : OK;
    (void)sqlite3_reset(s->prepared->stmt);
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
    return sqlite3_changes64(db->sql);
}

/* NORMAL syncs at checkpoints only; in WAL a kill still loses nothing. */
enum err db_sync_seldom(struct db *db, struct why *why) {
    return db_run(db, "PRAGMA synchronous = NORMAL", why);
}

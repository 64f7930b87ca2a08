/* One SQLite database as the house uses it: WAL, STRICT tables, one writer, every sentence named.
 *
 * Each area (registry, issuance, clearing) keeps its sentences in a .def table and its functions in
 * a .c beside it; all of them share one struct db, so that one transaction can span them. A sentence
 * being said fills from the left, reads from the left, and is checked once at its end. A failed
 * fsync ends the process: what was promised may be lost, and a retry may lie. One thread at a time
 * uses a struct db and everything prepared on it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/bytes.h"
#include "host/why.h"

struct db {
    sqlite3 *sql;
    int depth; /* of nested transactions: the inner ones are savepoints */
    sqlite3_stmt *audit_last, *audit_add; /* audit.c's own, prepared at its first row */
};

/* Opens (or makes) the database and brings its tables up to date: migrations are numbered, in the
 * program, each with its digest; a database made by a later program is refused. */
enum err db_open(struct db *db, const char *path, struct why *why);
void db_close(struct db *db);

/* Forces commits to the disk only when the log is carried over, from now until the database closes.
 * A killed program still loses nothing; a power failure takes the last commits back, whole ones and
 * the latest first. For rehearsals, whose chips and journals are not forced to the disk one by one
 * either: all of them reach it together, at the end of each step. */
enum err db_sync_seldom(struct db *db, struct why *why);

/* Says something that needs no parameters. */
enum err db_run(struct db *db, const char *sentence, struct why *why);

/* A transaction lives in a scope. Leave the scope in any way without tx_commit() having succeeded,
 * and it is rolled back. Scopes nest: an inner one that is left takes back only its own part, an
 * inner commit is kept when the outermost one commits. */
struct tx {
    struct db *db; /* NULL once there is nothing left to roll back */
};
void tx_leave(struct tx *tx);
#define TX_SCOPE(name) __attribute__((cleanup(tx_leave))) struct tx name = {NULL}
enum err tx_begin(struct tx *tx, struct db *db, struct why *why);
enum err tx_commit(struct tx *tx, struct why *why);

/* A set of prepared sentences. All are prepared at once: a typo stops the start-up. */
enum err db_prepare(struct db *db, const char *const *sentences, size_t count,
    sqlite3_stmt **prepared, struct why *why);
void db_finalize(sqlite3_stmt **prepared, size_t count);

/* A sentence being said. */
struct say {
    sqlite3_stmt *stmt;
    int bound, read;
    int rc; /* the first that was not good, else SQLITE_OK */
};
struct say say(sqlite3_stmt *stmt);
void say_int(struct say *s, int64_t value);
void say_text(struct say *s, const char *value); /* NULL is bound as NULL; borrowed until say_end */
void say_words(struct say *s, struct bytes value); /* text with its length; borrowed likewise */
void say_blob(struct say *s, struct bytes value);
/* True when there is a row to read. */
bool say_next(struct say *s);
int64_t row_int(struct say *s);
/* Copies text with its end; text that does not fit is an error of ours, told by say_end(). */
void row_text(struct say *s, char *to, size_t room);
/* Borrowed until the next say_next() or say_end(). */
struct bytes row_blob(struct say *s);
/* Ends the sentence; what went wrong on the way, if anything did, is told here. */
enum err say_end(struct say *s, struct why *why);
/* For a sentence that has no rows: runs it and ends it. */
enum err say_done(struct say *s, struct why *why);

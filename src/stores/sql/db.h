/* One database as the house uses it: one writer, every sentence named.
 *
 * Each area (registry, issuance, clearing) keeps its sentences in a .def table and its
 * functions in a .c beside it; all of them share one struct db, so that one transaction can
 * span them. A sentence being said fills from the left, reads from the left, and is checked
 * once at its end:
 *
 *     struct say s = say(prepared[SENTENCE_CARD_FIND]);
 *     say_int(&s, id);
 *     bool there = say_next(&s);
 *     if (there) {
 *         row_text(&s, name, sizeof name);
 *     }
 *     err = say_end(&s, why);
 *
 * db 1: what tx_commit() of the outermost scope answered OK for is on the disk, and outlives a
 *       kill and a power failure (but see db_sync_seldom()).
 * db 2: what it did not answer OK for is gone when the database is opened again.
 * db 3: a failed fsync ends the process: what was promised may be lost, and a retry may lie.
 *
 * One thread at a time uses a struct db and everything prepared on it. Whatever the engine says
 * becomes an enum err and one sentence that says what to do; ERR_CONFLICT is a constraint of
 * the tables, ERR_OUTSIDE the disk, the memory or another process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "host/why.h"
#include "stores/engine/engine.h"

/* Filled by db_open(); the caller owns it. What a link and a sentence are (struct prepared) is the
 * engine's own. */
struct db {
    const struct engine *engine;
    struct link *link; /* NULL while it is closed */
    int depth;         /* of nested transactions: the inner ones are savepoints */
    /* audit.c's own, prepared at its first row. */
    struct prepared *audit_last, *audit_add;
};

/* Opens the database and brings its tables up to date: migrations are numbered, in the program,
 * each with its digest; all of them run or none. address: a file's path, which is made when it
 * is not there. ERR_INVALID: that is no database, or another program's; ERR_CONFLICT: it was
 * made by a later program, or its tables are not ours. After a failure
 * *db is closed, and a database that was there is as it was. */
enum err db_open(struct db *db, const char *address, struct why *why);

/* Closes it. Every sentence prepared on it must be finalized and every scope left; NULL, or one
 * that was never opened, is left alone. */
void db_close(struct db *db);

/* Forces commits to the disk only when the log is carried over, from now until the database closes.
 * A killed program still loses nothing; a power failure takes the last commits back, whole ones and
 * the latest first. For rehearsals, whose chips and journals are not forced to the disk one by one
 * either: all of them reach it together, at the end of each step. A server goes on forcing each
 * commit, for a kill of its own would lose them. */
enum err db_sync_seldom(struct db *db, struct why *why);

/* Keeps in memory what savepoints may have to bring back, and what is sorted, from now until the
 * database closes: for who makes many small savepoints, and asks for no long lists. Not inside a
 * transaction. */
enum err db_save_in_memory(struct db *db, struct why *why);

/* Says something that needs no parameters and has no answer. */
enum err db_run(struct db *db, const char *sentence, struct why *why);

/* How many rows the sentence that was last said to its end has added, changed or removed. */
int64_t db_changed(const struct db *db);

/* A transaction lives in a scope. Leave the scope in any way without tx_commit() having succeeded,
 * and it is rolled back. Scopes nest: an inner one that is left takes back only its own part, an
 * inner commit is kept when the outermost one commits. */
struct tx {
    struct db *db; /* NULL once there is nothing left to roll back */
};

/* Rolls back what tx_begin() began, unless it was committed; TX_SCOPE() calls it at the scope's
 * end. */
void tx_leave(struct tx *tx);
#define TX_SCOPE(name) __attribute__((cleanup(tx_leave))) struct tx name = {NULL}

/* Begins a transaction, or a savepoint inside the one that is open. ERR_OUTSIDE: another process
 * holds the database; nothing was begun then. */
enum err tx_begin(struct tx *tx, struct db *db, struct why *why);

/* Keeps what was done since tx_begin(). After a failure the scope is still open and leaving it
 * takes everything back. */
enum err tx_commit(struct tx *tx, struct why *why);

/* Prepares count sentences into prepared[], all or none: a typo stops the start-up, and the
 * story quotes it. */
enum err db_prepare(struct db *db, const char *const *sentences, size_t count,
    struct prepared **prepared, struct why *why);

/* Ends them; NULL ones are left alone. */
void db_finalize(struct prepared **prepared, size_t count);

/* A sentence being said. It lives on the stack; only one at a time may be said of each prepared
 * one. */
struct say {
    struct prepared *prepared;
    int bound, read; /* how many parameters were given, how many columns taken */
    int trouble;     /* the first, in the words of the engine, else 0 */
};

/* Begins a sentence anew; whatever was said with it before is forgotten. */
struct say say(struct prepared *prepared);

/* Gives the next parameter, ?1 first. Text and bytes are borrowed until say_end(); a NULL text is
 * SQL's NULL. say_words() takes text with its length. */
void say_int(struct say *s, int64_t value);
void say_text(struct say *s, const char *value);
void say_words(struct say *s, struct bytes value);
void say_blob(struct say *s, struct bytes value);

/* True when there is a row to read. All parameters must have been given. False at the end of the
 * rows and after any trouble: say_end() tells which. */
bool say_next(struct say *s);

/* The row's next column, the first first. A number that is NULL reads as 0. */
int64_t row_int(struct say *s);
/* Copies text with its end; text that does not fit is told by say_end(), and "" is copied. */
void row_text(struct say *s, char *to, size_t room);
/* Borrowed until the next say_next() or say_end(); NULL reads as no bytes. */
struct bytes row_blob(struct say *s);

/* Says that the row holds what no program of ours writes: say_end() tells it, unless there was
 * trouble before. */
void row_odd(struct say *s);

/* Ends the sentence; what went wrong on the way, if anything did, is told here. */
enum err say_end(struct say *s, struct why *why);

/* For a sentence that has no rows: runs it and ends it. */
enum err say_done(struct say *s, struct why *why);

/* For an INSERT of one row that ends in RETURNING its number: runs it and ends it. *id is the
 * number, and 0 when the row was not added. */
enum err say_added(struct say *s, int64_t *id, struct why *why);

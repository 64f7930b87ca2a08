/* What a database engine offers to the stores: the few functions under stores/sql/db.h.
 *
 * There are two, stores/sqlite and stores/postgres; db_open() takes the one that the centre's
 * address names, and nobody else looks here. Every sentence is written once, in the SQL that
 * both understand; the engine brings it into its own dialect. Where only one can say it, a pair
 * stands in the table of sentences:
 *
 *     SQL(ENTRY_ADD, "INSERT ..." ON_POSTGRES "INSERT ... SELECT ...")
 *
 * An engine keeps the promises of db.h (db 1 to db 3) for a transaction that the outermost scope
 * began with begin() and ended with commit(). A number that one of its functions answers as
 * trouble means something to its tell() only; 0 is none. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "host/why.h"

/* What stands before it is said to SQLite, what stands behind it to PostgreSQL. */
#define ON_POSTGRES " /* on PostgreSQL: */ "

struct engine;

/* An open database; each engine has its own. */
struct link;

/* A sentence that was prepared. Engines put it at the beginning of their own. */
struct prepared {
    const struct engine *engine;
    struct link *link; /* borrowed: it outlives what is prepared on it */
};

/* A parameter. TEXT ends in a zero byte behind its length, WORDS need not. Both are UTF-8. */
enum value_kind { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_WORDS, VALUE_BLOB };
struct value {
    enum value_kind kind;
    int64_t number;
    struct bytes bytes; /* never without an address, however short */
};

struct engine {
    const char *name; /* as a person reads it: "PostgreSQL" */

    /* Opens what the address names and makes it ready, but for its tables. ERR_INVALID: it is no
     * database, or another program's; ERR_OUTSIDE: nobody answers there. *link is NULL then. */
    enum err (*open)(const char *address, struct link **link, struct why *why);
    void (*close)(struct link *link);

    /* Sentences without parameters and answers, one or several with ; between. */
    enum err (*run)(struct link *link, const char *sentences, struct why *why);
    /* What this engine adds behind the migration of an area: "" when that is nothing. */
    const char *(*more_tables)(const char *area);

    /* The outermost transaction, which takes the right to write with it, and its end. begin()
     * answers ERR_OUTSIDE when another process writes. alive(): it was begun, and is neither
     * ended nor taken back by the engine itself. */
    enum err (*begin)(struct link *link, struct why *why);
    enum err (*commit)(struct link *link, struct why *why);
    bool (*alive)(const struct link *link);
    /* Promises less, for rehearsals: see db_sync_seldom(). */
    enum err (*sync_seldom)(struct link *link, struct why *why);
    /* Expects many small savepoints: see db_save_in_memory(). */
    enum err (*save_in_memory)(struct link *link, struct why *why);

    /* Reads a sentence; forget() ends it. */
    enum err (*prepare)(
        struct link *link, const char *text, struct prepared **prepared, struct why *why);
    void (*forget)(struct prepared *prepared);
    /* Begins to say it, and ends what was said with it before. */
    void (*anew)(struct prepared *prepared);
    /* Parameter `place` from 1 on; what value points to stays until the next anew(). */
    int (*bind)(struct prepared *prepared, int place, const struct value *value);
    int (*parameters)(const struct prepared *prepared);
    /* The next row, *row, or the end of them. */
    int (*step)(struct prepared *prepared, bool *row);

    /* Columns of the row, from 0 on; each is read once. What bytes they borrow stay until the next
     * step() or anew(). NULL is 0 and no bytes; a length without an address says that there was no
     * memory to bring them. */
    int (*columns)(const struct prepared *prepared);
    int64_t (*number)(struct prepared *prepared, int column);
    struct bytes (*words)(struct prepared *prepared, int column);
    struct bytes (*blob)(struct prepared *prepared, int column);

    /* Rows that the sentence which ended last has added, changed or removed. */
    int64_t (*changed)(const struct link *link);
    /* Makes an error and a sentence of trouble that bind() or step() answered. */
    enum err (*tell)(struct link *link, int trouble, struct why *why);
};

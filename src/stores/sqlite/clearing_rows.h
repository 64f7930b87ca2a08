/* What the parts of the clearing's SQLite store share: the prepared sentences and how they are
 * said. clearing_store.c holds uploads, days and the registry's answers; clearing_books.c the
 * books and loads. Nobody else includes this. */
#pragma once

#include "clearing/clearing.h"
#include "stores/sqlite/clearing_store.h"

/* CLEARING_INSTITUTION_PUT and so on, in the order of clearing.def. */
enum clearing_sentence {
#define SQL(name, text) CLEARING_##name,
#include "stores/sqlite/clearing.def"
    CLEARING_SENTENCES
};

/* Transactions inside each other; one more is our own mistake. */
enum { TX_DEPTH_MAX = 8 };

/* The store's own self. */
struct sqlite_clearing {
    struct db *db;
    sqlite3_stmt *prepared[CLEARING_SENTENCES];
    struct tx open[TX_DEPTH_MAX]; /* the transactions that begin() opened, outermost first */
    size_t depth;
};

/* Begins to say a sentence. self is a struct sqlite_clearing; say_end() or say_done() ends it. */
struct say clearing_say(void *self, enum clearing_sentence which);

/* Ends a sentence that had to find one row: ERR_NOT_FOUND names what is missing. */
enum err clearing_found(struct say *s, bool there, const char *what, struct why *why);

/* The row's next column into exactly len bytes; another length is a database of somebody else,
 * which say_end() tells. */
void row_bytes(struct say *s, uint8_t *to, size_t len);

/* Fills in the functions of clearing_books.c. */
void clearing_books_offer(struct clearing_store *store);

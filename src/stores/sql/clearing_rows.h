/* What the parts of the clearing's SQLite store share: the prepared sentences and how they are
 * said. clearing_store.c holds uploads, days and the registry's answers; clearing_books.c the
 * books and loads, clearing_approvals.c the approvals. Nobody else includes this. */
#pragma once

#include "clearing/clearing.h"
#include "stores/sql/clearing_approvals.h"
#include "stores/sql/clearing_store.h"

/* CLEARING_INSTITUTION_PUT and so on, in the order of clearing.def. */
enum clearing_sentence {
#define SQL(name, text) CLEARING_##name,
#include "stores/sql/clearing.def"
#define SQL(name, text) CLEARING_##name,
#include "stores/sql/clearing_approvals.def"
#define SQL(name, text) CLEARING_##name,
#include "stores/sql/clearing_settle.def"
    CLEARING_SENTENCES
};

/* The store's own self. */
struct sqlite_clearing {
    struct db *db;
    struct prepared *prepared[CLEARING_SENTENCES];
    struct tx open[TX_DEPTH_MAX]; /* the transactions that begin() opened, outermost first */
    size_t depth;
    struct approvals_came came;
};

/* Begins to say a sentence. self is a struct sqlite_clearing; say_end() or say_done() ends it. */
struct say clearing_say(void *self, enum clearing_sentence which);

/* Ends a sentence that had to find one row: ERR_NOT_FOUND names what is missing. */
enum err clearing_found(struct say *s, bool there, const char *what, struct why *why);

/* The row's next column into exactly len bytes; another length is a database of somebody else,
 * which say_end() tells. */
void row_bytes(struct say *s, uint8_t *to, size_t len);

/* The rest of an upload's row from its id on, and one order, column by column, or ERR_NOT_FOUND;
 * both end the sentence. */
void clearing_read_upload(struct say *s, struct upload_row *out);
enum err clearing_read_load(struct say *s, struct load_row *out, struct why *why);
/* Adds the entries of a posting, in the order in which they were made. */
enum err clearing_read_entries(void *self, int64_t posting, struct posting *out, struct why *why);

/* Fills in the functions of clearing_books.c, clearing_moves.c, clearing_witness.c and
 * clearing_settle.c. */
void clearing_books_offer(struct clearing_store *store);
void clearing_moves_offer(struct clearing_store *store);
void clearing_witness_offer(struct clearing_store *store);
void clearing_settle_offer(struct clearing_store *store);

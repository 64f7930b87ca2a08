/* What the files of the PostgreSQL engine share: an open connection. Nobody else includes this. */
#pragma once

#include <libpq-fe.h>

#include "stores/postgres/postgres_engine.h"

enum { POSTGRES_XID_ROOM = 24, POSTGRES_WORDS_ROOM = 256 };

struct sentence;

struct link {
    PGconn *conn;
    char *address;
    int lock;                        /* the schema's number: the advisory lock of its one writer */
    char step[POSTGRES_XID_ROOM];    /* the open transaction's number at the server */
    bool counted;                    /* commit answered without its connection: alive() is false */
    int64_t changed;                 /* by the sentence that ended last */
    unsigned names;                  /* prepared sentences are called s1, s2, ... */
    struct sentence *streaming;      /* whose rows are still coming, or NULL */
    int trouble;                     /* of the last failure: its place in the table, from 1 */
    char words[POSTGRES_WORDS_ROOM]; /* the server's own for it */
};

/* Remembers why a result is bad (NULL: the connection itself) and returns the number of the
 * trouble. */
int postgres_note(struct link *link, const PGresult *result);

/* Tells a number of postgres_note(). */
enum err postgres_tell(struct link *link, int trouble, struct why *why);

/* Says something in PostgreSQL's own words and takes one value of its last answer, when value is
 * not NULL: at most room - 1 bytes, "" for none. */
enum err postgres_ask(
    struct link *link, const char *text, char *value, size_t room, struct why *why);

/* The rest of the rows of whoever is streaming is put aside: the connection is free. */
void postgres_free_line(struct link *link);

/* The engine's functions in postgres_sentence.c. */
enum err postgres_prepare(
    struct link *link, const char *text, struct prepared **prepared, struct why *why);
void postgres_forget(struct prepared *prepared);
void postgres_anew(struct prepared *prepared);
int postgres_bind(struct prepared *prepared, int place, const struct value *value);
int postgres_parameters(const struct prepared *prepared);
int postgres_step(struct prepared *prepared, bool *row);
int postgres_columns(const struct prepared *prepared);
int64_t postgres_number(struct prepared *prepared, int column);
struct bytes postgres_words(struct prepared *prepared, int column);
struct bytes postgres_blob(struct prepared *prepared, int column);

/* What PostgreSQL adds behind the migration of an area; postgres_tables.c. */
const char *postgres_more_tables(const char *area);

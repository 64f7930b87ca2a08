#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "stores/postgres/postgres_dialect.h"
#include "stores/postgres/postgres_link.h"

enum { NAME_ROOM = 16, NUMBER_ROOM = 24, BYTEA = 17 /* pg_type's number of it */ };

/* A result that waits while another sentence has the line. */
struct waiting {
    PGresult *result;
    struct waiting *next;
};

/* One prepared sentence, and what is being said with it: its parameters, and the row that was read
 * last. It is begun from its first step() until the end of its rows or the next anew(). */
struct sentence {
    struct prepared base;
    char name[NAME_ROOM];
    int parameters;
    const char **values;
    int *lengths, *formats;
    char (*numbers)[NUMBER_ROOM]; /* what numbers are written into */
    PGresult *row;
    struct waiting *first, **last;
    bool begun, ended;
};

static struct sentence *sentence_of(struct prepared *prepared) {
    assert(prepared->engine == &postgres_engine);
    return (struct sentence *)prepared;
}

static const struct sentence *sentence_seen(const struct prepared *prepared) {
    assert(prepared->engine == &postgres_engine);
    return (const struct sentence *)prepared;
}

/* --- preparing ------------------------------------------------------------------------------ */

static void sentence_free(struct sentence *s) {
    free(s->values);
    free(s->lengths);
    free(s->formats);
    free(s->numbers);
    free(s);
}

/* calloc() with one place more, so that a sentence without parameters needs no rule of its own. */
static struct sentence *sentence_new(struct link *link, int parameters) {
    assert(parameters >= 0);
    size_t count = (size_t)parameters + 1;
    struct sentence *s = calloc(1, sizeof *s);
    if (!s) {
        return NULL;
    }
    s->base = (struct prepared){&postgres_engine, link};
    s->parameters = parameters;
    s->values = calloc(count, sizeof *s->values);
    s->lengths = calloc(count, sizeof *s->lengths);
    s->formats = calloc(count, sizeof *s->formats);
    s->numbers = calloc(count, sizeof *s->numbers);
    s->last = &s->first;
    if (!s->values || !s->lengths || !s->formats || !s->numbers) {
        sentence_free(s);
        return NULL;
    }
    return s;
}

enum err postgres_prepare(
    struct link *link, const char *text, struct prepared **prepared, struct why *why) {
    int parameters = 0;
    char *said = postgres_says(text, false, &parameters);
    struct sentence *s = said ? sentence_new(link, parameters) : NULL;
    if (!s) {
        free(said);
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    (void)snprintf(s->name, sizeof s->name, "s%u", ++link->names);
    postgres_free_line(link);
    PGresult *result = PQprepare(link->conn, s->name, said, 0, NULL);
    enum err err = OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        err = postgres_tell(link, postgres_note(link, result), why);
        sentence_free(s);
    } else {
        *prepared = &s->base;
    }
    PQclear(result);
    free(said);
    return err;
}

/* The server forgets it with the connection at the latest: a failure here harms nobody, and a
 * transaction that has failed could not hear of it anyway. */
void postgres_forget(struct prepared *prepared) {
    struct sentence *s = sentence_of(prepared);
    struct link *link = prepared->link;
    char text[32];
    postgres_anew(prepared);
    if (PQtransactionStatus(link->conn) == PQTRANS_IDLE) {
        (void)snprintf(text, sizeof text, "DEALLOCATE %s", s->name);
        PQclear(PQexec(link->conn, text));
    }
    sentence_free(s);
}

/* --- rows that come one at a time ----------------------------------------------------------- */

/* The result behind which nothing more comes for this sentence. */
static bool last_result(const PGresult *result) {
    return PQresultStatus(result) != PGRES_SINGLE_TUPLE;
}

/* Reads what is left behind the last result, which is nothing, and gives the line free. */
static void leave_line(struct link *link) {
    PGresult *more = NULL;
    while ((more = PQgetResult(link->conn)) != NULL) {
        PQclear(more);
    }
    link->streaming = NULL;
}

/* A result that the line brought; the line is free behind the last one. NULL: the connection is
 * gone. */
static PGresult *take_from_line(struct link *link) {
    assert(link->streaming);
    PGresult *result = PQgetResult(link->conn);
    if (!result || last_result(result)) {
        leave_line(link);
    }
    return result;
}

static bool put_aside(struct sentence *s, PGresult *result) {
    struct waiting *w = calloc(1, sizeof *w);
    if (!w) {
        return false;
    }
    w->result = result;
    assert(*s->last == NULL); /* it is the last place */
    *s->last = w;
    s->last = &w->next;
    return true;
}

static PGresult *take_waiting(struct sentence *s) {
    struct waiting *w = s->first;
    assert(w);
    PGresult *result = w->result;
    s->first = w->next;
    if (!s->first) {
        s->last = &s->first;
    }
    free(w);
    return result;
}

/* Rows for which there is no memory are lost, and the sentence hears of it at its next step. */
void postgres_free_line(struct link *link) {
    struct sentence *s = link->streaming;
    while (link->streaming) {
        PGresult *result = take_from_line(link);
        if (!result || !put_aside(s, result)) {
            PQclear(result);
            leave_line(link);
            s->ended = true;
        }
    }
}

static void drop_rows(struct sentence *s) {
    if (s->base.link->streaming == s) {
        leave_line(s->base.link);
    }
    while (s->first) {
        PQclear(take_waiting(s));
    }
    PQclear(s->row);
    s->row = NULL;
}

void postgres_anew(struct prepared *prepared) {
    struct sentence *s = sentence_of(prepared);
    drop_rows(s);
    s->begun = false;
    s->ended = false;
    assert(prepared->link->streaming != s);
}

/* --- saying --------------------------------------------------------------------------------- */

/* Numbers go as text, because which integer a parameter is is the server's to find out; words with
 * a length and bytes go as they are. */
int postgres_bind(struct prepared *prepared, int place, const struct value *value) {
    struct sentence *s = sentence_of(prepared);
    assert(place >= 1);
    assert(place <= s->parameters);
    assert(!s->begun);
    int i = place - 1;
    s->values[i] = (const char *)value->bytes.at;
    s->lengths[i] = (int)value->bytes.len;
    s->formats[i] = value->kind == VALUE_WORDS || value->kind == VALUE_BLOB;
    if (value->kind == VALUE_NUMBER) {
        (void)snprintf(s->numbers[i], sizeof s->numbers[i], "%" PRId64, value->number);
        s->values[i] = s->numbers[i];
    } else if (value->kind == VALUE_NULL) {
        s->values[i] = NULL;
    }
    return 0;
}

int postgres_parameters(const struct prepared *prepared) {
    return sentence_seen(prepared)->parameters;
}

static int begin_rows(struct sentence *s) {
    struct link *link = s->base.link;
    assert(!s->begun);
    assert(!s->row);
    postgres_free_line(link);
    s->begun = true;
    if (!PQsendQueryPrepared(
            link->conn, s->name, s->parameters, s->values, s->lengths, s->formats, 0)
        || !PQsetSingleRowMode(link->conn)) {
        s->ended = true;
        return postgres_note(link, NULL);
    }
    link->streaming = s;
    return 0;
}

/* The last result: how many rows were touched, or what went wrong. */
static int end_rows(struct sentence *s, PGresult *result) {
    struct link *link = s->base.link;
    ExecStatusType status = PQresultStatus(result);
    int trouble = 0;
    assert(link->streaming != s); /* the line is free again */
    s->ended = true;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        link->changed = strtoll(PQcmdTuples(result), NULL, 10);
    } else {
        trouble = postgres_note(link, result);
    }
    PQclear(result);
    return trouble;
}

int postgres_step(struct prepared *prepared, bool *row) {
    struct sentence *s = sentence_of(prepared);
    struct link *link = prepared->link;
    int trouble = s->begun ? 0 : begin_rows(s);
    *row = false;
    PQclear(s->row);
    s->row = NULL;
    if (trouble || (s->ended && !s->first)) {
        return trouble;
    }
    assert(s->first || link->streaming == s);
    PGresult *result = s->first ? take_waiting(s) : take_from_line(link);
    if (!result || last_result(result)) {
        return end_rows(s, result);
    }
    s->row = result;
    *row = true;
    return 0;
}

/* --- columns -------------------------------------------------------------------------------- */

/* Before the first row nobody asks: a row is read only when there is one. */
int postgres_columns(const struct prepared *prepared) {
    const struct sentence *s = sentence_seen(prepared);
    return s->row ? PQnfields(s->row) : 0;
}

/* Numbers of any width come as decimals, truths as t and f. */
int64_t postgres_number(struct prepared *prepared, int column) {
    const struct sentence *s = sentence_of(prepared);
    assert(s->row);
    const char *text = PQgetvalue(s->row, 0, column);
    return *text == 't' ? 1 : strtoll(text, NULL, 10);
}

struct bytes postgres_words(struct prepared *prepared, int column) {
    const struct sentence *s = sentence_of(prepared);
    assert(s->row);
    size_t len = (size_t)PQgetlength(s->row, 0, column);
    return bytes_of(PQgetvalue(s->row, 0, column), len);
}

/* A bytea comes as \x and two digits for a byte, which are turned where they lie: the row is
 * ours, and each column is read once. */
struct bytes postgres_blob(struct prepared *prepared, int column) {
    const struct sentence *s = sentence_of(prepared);
    assert(s->row);
    char *text = PQgetvalue(s->row, 0, column);
    size_t len = (size_t)PQgetlength(s->row, 0, column);
    if (PQgetisnull(s->row, 0, column) || PQftype(s->row, column) != BYTEA) {
        return bytes_of(text, len);
    }
    assert(len >= 2);
    assert(len % 2 == 0);
    bool read = hex_read(bytes_of(text + 2, len - 2), (uint8_t *)text, len / 2 - 1);
    assert(read);
    (void)read;
    return bytes_of(text, len / 2 - 1);
}

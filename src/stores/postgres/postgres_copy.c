#include "stores/postgres/postgres_copy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/postgres/postgres_link.h"

/* What begins COPY's binary form (its mark, no flags, no extension), and what ends it. */
static const uint8_t head[19] = "PGCOPY\n\377\r\n";
static const uint8_t tail[2] = {0xFF, 0xFF};

enum { SENTENCE_ROOM = 2048 };

struct copy {
    struct link *link;
    const struct copy_plan *plan;
};

static enum err lost(struct copy *copy, struct why *why) {
    return postgres_tell(copy->link, postgres_note(copy->link, NULL), why);
}

/* The partition without keys, and COPY under way into it. */
static enum err begin(struct copy *copy, struct why *why) {
    const struct copy_plan *p = copy->plan;
    struct link *link = copy->link;
    char text[SENTENCE_ROOM];
    int len = snprintf(text, sizeof text,
        "SET maintenance_work_mem = '256MB'; BEGIN; CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS "
        "INCLUDING CONSTRAINTS)",
        p->partition, p->parent);
    assert(len > 0 && (size_t)len < sizeof text);
    enum err err = postgres_ask(link, text, NULL, 0, why);
    if (err) {
        return err;
    }
    len = snprintf(text, sizeof text, "COPY %s (%s) FROM STDIN (FORMAT binary, FREEZE)",
        p->partition, p->columns);
    assert(len > 0 && (size_t)len < sizeof text);
    PGresult *result = PQexec(link->conn, text);
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        err = postgres_tell(link, postgres_note(link, result), why);
    }
    PQclear(result);
    return err ? err : copy_rows(copy, bytes_of(head, sizeof head), why);
}

enum err copy_begin(
    struct copy **out, const char *address, const struct copy_plan *plan, struct why *why) {
    struct copy *copy = calloc(1, sizeof *copy);
    assert(plan->parent && plan->partition && plan->columns);
    *out = NULL;
    if (!copy) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    assert(plan->keys[COPY_KEYS_MAX] == NULL);
    copy->plan = plan;
    enum err err = postgres_engine.open(address, &copy->link, why);
    err = err ? err : begin(copy, why);
    if (err) {
        if (copy->link) {
            postgres_engine.close(copy->link);
        }
        free(copy);
        return why_add(why, err, "copy into %s", plan->partition);
    }
    *out = copy;
    return OK;
}

/* The line takes them into its own room, and waits when the server is slower. */
enum err copy_rows(struct copy *copy, struct bytes rows, struct why *why) {
    assert(copy);
    assert(rows.len <= INT32_MAX);
    int put = PQputCopyData(copy->link->conn, (const char *)rows.at, (int)rows.len);
    return put == 1 ? OK : lost(copy, why);
}

/* What the server says of the rows; it takes none of them when the words say so. */
static enum err end_rows(struct copy *copy, const char *words, struct why *why) {
    PGconn *conn = copy->link->conn;
    enum err err = words ? OK : copy_rows(copy, bytes_of(tail, sizeof tail), why);
    err = err || PQputCopyEnd(conn, words) == 1 ? err : lost(copy, why);
    PGresult *result = NULL;
    while ((result = PQgetResult(conn)) != NULL) {
        if (!err && !words && PQresultStatus(result) != PGRES_COMMAND_OK) {
            err = postgres_tell(copy->link, postgres_note(copy->link, result), why);
        }
        PQclear(result);
    }
    return err;
}

static enum err build_keys(struct copy *copy, struct why *why) {
    enum err err = OK;
    assert(PQtransactionStatus(copy->link->conn) == PQTRANS_INTRANS);
    for (size_t i = 0; copy->plan->keys[i] && !err; i++) {
        err = postgres_ask(copy->link, copy->plan->keys[i], NULL, 0, why);
    }
    return err;
}

static enum err attach(struct copy *copy, struct why *why) {
    const struct copy_plan *p = copy->plan;
    char text[SENTENCE_ROOM];
    if (!p->bounds) {
        return OK;
    }
    int len = snprintf(text, sizeof text, "ALTER TABLE %s ATTACH PARTITION %s %s", p->parent,
        p->partition, p->bounds);
    assert(len > 0 && (size_t)len < sizeof text);
    return postgres_ask(copy->link, text, NULL, 0, why);
}

/* Closing the connection of what is not committed takes it back. */
enum err copy_end(struct copy *copy, enum err so_far, struct why *why) {
    struct why unheard;
    if (!copy) {
        return so_far;
    }
    enum err err = end_rows(copy, so_far ? "given up" : NULL, so_far ? &unheard : why);
    err = so_far ? so_far : err;
    err = err ? err : build_keys(copy, why);
    err = err ? err : attach(copy, why);
    err = err ? err : postgres_ask(copy->link, "COMMIT", NULL, 0, why);
    if (err && !so_far) {
        (void)why_add(why, err, "copy into %s", copy->plan->partition);
    }
    postgres_engine.close(copy->link);
    free(copy);
    return err;
}

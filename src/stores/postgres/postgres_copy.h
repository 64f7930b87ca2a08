/* Many rows at once into a partition of their own: COPY in binary, with the keys built after.
 *
 * A partition is made beside its parent without any key, filled by COPY, given its keys, and
 * attached, all in one transaction: it is there whole, or not at all, and nobody sees it before.
 * Keys that are like the parent's are taken for them, so that attaching builds nothing again.
 * Several partitions can be filled at the same time, each by a copy of its own: it has its own
 * connection.
 *
 *     struct copy_plan plan = {
 *         .parent = "record", .partition = "record_20031008", .columns = "id, factor, ...",
 *         .bounds = "FOR VALUES FROM (20031008000000) TO (20031009000000)",
 *         .keys = {"CREATE UNIQUE INDEX ON record_20031008 (terminal, ...) WHERE stands = 1"}};
 *     err = copy_begin(&copy, address, &plan, why);
 *     while (!err && more rows) {
 *         copy_row(&b, 2); copy_number(&b, id); copy_bytes(&b, factor);
 *         err = copy_rows(copy, builder_bytes(&b), why);
 *     }
 *     err = copy_end(copy, err, why);
 *
 * One thread at a time uses a copy. Whoever copies takes no writer's lock: a partition that
 * nobody has yet cannot be in another writer's way. */
#pragma once

#include "base/builder.h"
#include "host/why.h"

enum { COPY_KEYS_MAX = 8 };

struct copy_plan {
    const char *parent, *partition; /* names that need no quotation marks */
    const char *columns;            /* in the order in which the rows have them, commas between */
    const char *bounds; /* "FOR VALUES FROM (...) TO (...)"; NULL: a table that stays alone */
    const char *keys[COPY_KEYS_MAX + 1]; /* sentences in PostgreSQL's own words, ended by NULL */
};

struct copy; /* opaque: its connection, and its plan, which must outlive it */

/* Begins. ERR_OUTSIDE: no server; ERR_CONFLICT: the partition is there already; ERR_INVALID: the
 * address is none. *out is NULL after a failure. */
enum err copy_begin(
    struct copy **out, const char *address, const struct copy_plan *plan, struct why *why);

/* Gives whole rows to the server, any number of them: a few hundred kilobytes at a time cost
 * least. */
enum err copy_rows(struct copy *copy, struct bytes rows, struct why *why);

/* Ends it: so_far OK builds keys, attaches and commits; anything else takes all of it back and
 * is answered again. ERR_CONFLICT: a row contradicts another or a key. Frees the copy; NULL is
 * left alone. */
enum err copy_end(struct copy *copy, enum err so_far, struct why *why);

/* One row in COPY's binary form: the count of its columns, then each of them. */
static inline void copy_row(struct builder *b, unsigned columns) {
    put_u16(b, (uint16_t)columns);
}
static inline void copy_bytes(struct builder *b, struct bytes value) { /* bytea, text */
    put_u32(b, (uint32_t)value.len);
    put_bytes(b, value);
}
static inline void copy_number(struct builder *b, int64_t value) { /* bigint */
    put_u32(b, 8);
    put_u32(b, (uint32_t)((uint64_t)value >> 32));
    put_u32(b, (uint32_t)value);
}
static inline void copy_null(struct builder *b) {
    put_u32(b, UINT32_MAX);
}

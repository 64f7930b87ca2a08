/* Reading a file of people, however long, in bounded memory.
 *
 * One thread reads, decodes GB 18030, splits and checks; the caller's thread lets the store judge
 * and keep the lines, a group (IMPORT_GROUP_LINES) to a transaction. After a kill the registry holds
 * whole groups, and the same file can be sent again: nobody is entered twice.
 *
 * Who is "repeated" and who is "known": the registry remembers for each number the file and line in
 * which it was last seen first. A number seen by an earlier line of this reading is repeated; one
 * that only earlier readings saw is known. So a file read twice, or again after an interruption,
 * says `unchanged` (or `accepted`, where the first reading did not come) for the first line of each
 * person and `repeated-person` for the same lines as at the first time. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "host/why.h"
#include "registry/person.h"
#include "registry/registry.h"

enum {
    IMPORT_GROUP_LINES = 65536,
    IMPORT_LINE_MAX = 8192,          /* bytes of GB 18030; a longer line is malformed */
    IMPORT_GROUP_BYTES = 16u << 20u, /* of UTF-8: a group also ends when its text is full */
};

/* A line of a group, and what became of it. */
struct person_entry {
    int64_t number17;
    uint32_t line;               /* of the file; the heading is line 1 */
    uint32_t text;               /* where its words begin in the chunk's text */
    uint16_t end[PERSON_FIELDS]; /* where each word ends, counted from there */
    uint16_t name_at, name_len;  /* the trimmed name, counted from there */
    uint32_t birth, region;
    uint8_t sex, nation;
    uint8_t verdict; /* enum verdict */
};

/* A group of lines on its way from the reading thread to the store. */
struct person_chunk {
    struct person_entry *entries; /* in the order of the file */
    uint32_t count;
    uint8_t *text; /* all words, one after another, UTF-8 */
    size_t text_len;
    uint32_t *order; /* count places for the store to sort in; its content is the store's */
};

/* One word of an entry, borrowed from the chunk. */
struct bytes person_entry_word(
    const struct person_chunk *chunk, const struct person_entry *entry, enum person_field field);
struct bytes person_entry_name(const struct person_chunk *chunk, const struct person_entry *entry);

/* What to read, under which day, and whom to tell. */
struct import_order {
    const char *path; /* "-" is standard input */
    uint32_t business_day;
    /* Told of each line that has its verdict, in the order of the file; may be NULL. */
    void (*told)(void *cookie, uint32_t line, enum verdict verdict);
    /* Told after each group how many bytes of the file are done, of how many (0: unknown). */
    void (*moved)(void *cookie, uint64_t bytes, uint64_t of);
    void *cookie;
};

/* What came of it. On an error: what the lines before it came to. */
struct import_result {
    uint64_t lines; /* with a verdict; the heading is not counted */
    uint64_t verdicts[VERDICTS];
    uint64_t stopped_line, stopped_byte; /* where a bad file stopped, from 1 and from 0; else 0 */
};

/* Reads the whole file. ERR_INVALID: the file is torn, has other headings or is no GB 18030; the
 * lines before that place are kept. ERR_OUTSIDE: file or database failed; whole groups are kept. */
enum err people_import(const struct registry_store *store, const struct import_order *order,
    struct import_result *result, struct why *why);

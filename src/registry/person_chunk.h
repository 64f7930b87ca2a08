/* A group of lines of a file of people, split and checked, on its way to the store.
 *
 * people_file.h fills it, registry_store.import_group judges and keeps it, import.h hands it from one
 * to the other. All text is UTF-8 and lies in one piece; an entry says where its words end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "registry/person.h"

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
    uint64_t bytes_done; /* of the file, with this chunk */
    /* The entries that are ACCEPTED so far, by number and then by line: a store that keeps persons
     * by number walks its own pages in order. */
    uint32_t *order;
    uint32_t order_count;
};

/* One word of an entry, borrowed from the chunk. */
struct bytes person_entry_word(
    const struct person_chunk *chunk, const struct person_entry *entry, enum person_field field);
struct bytes person_entry_name(const struct person_chunk *chunk, const struct person_entry *entry);

/* Room for IMPORT_GROUP_LINES entries and IMPORT_GROUP_BYTES of text; false when there is no memory,
 * and nothing is held then. */
bool person_chunk_make(struct person_chunk *chunk);
void person_chunk_free(struct person_chunk *chunk);

/* Takes the next entry behind the words of its line, which csv_split() put at text_len. */
void person_chunk_add(struct person_chunk *chunk, const struct person_entry *entry);

/* Fills order[] from the entries that are ACCEPTED so far. */
void person_chunk_sort(struct person_chunk *chunk);

/* Empties it for the next group. */
void person_chunk_clear(struct person_chunk *chunk);

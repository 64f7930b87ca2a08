/* A group of lines of a file of people, split and checked, on its way to the store.
 *
 * people_file.h fills it, registry_store.import_group judges and keeps it, import.h hands it
 * from one to the other. All text is UTF-8 and lies in one piece; an entry says where its words
 * end. A chunk takes about 20 megabytes once and nothing more, however long the file is; one
 * thread has it at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "registry/person.h"

/* A group is a transaction of the store, so these bound what a kill can lose and what a reading
 * holds in memory. */
enum {
    IMPORT_GROUP_LINES = 65536,
    IMPORT_LINE_MAX = 8192,          /* bytes of GB 18030; a longer line is malformed */
    IMPORT_GROUP_BYTES = 16u << 20u, /* of UTF-8: a group also ends when its text is full */
};

/* A line of a group, and what became of it. number17 to nation are those of struct
 * person_facts, and count only where the verdict is ACCEPTED, UPDATED, UNCHANGED,
 * REPEATED_PERSON or OTHER_NAME. */
struct person_entry {
    int64_t number17;
    uint32_t line;               /* of the file; the heading is line 1 */
    uint32_t text;               /* where its words begin in the chunk's text */
    uint16_t end[PERSON_FIELDS]; /* where each word ends, counted from there */
    uint16_t name_at, name_len;  /* the trimmed name, counted from there */
    uint32_t birth, region;
    uint8_t sex, nation;
    uint8_t verdict; /* enum verdict: of person_check() first, then of the store */
};

/* An entry by its number: what the order is made of. A number needs 57 bits and a place 16, so the
 * two do not fit one word. */
struct person_key {
    int64_t number17;
    uint32_t place; /* in entries[] */
};

/* A group of lines on its way from the reading thread to the store. It owns its three arrays. */
struct person_chunk {
    struct person_entry *entries; /* in the order of the file */
    uint32_t count;
    uint8_t *text; /* all words, one after another, UTF-8 */
    size_t text_len;
    uint64_t bytes_done; /* of the file, with this chunk */
    /* The entries that are ACCEPTED so far, by number and then by line: a store that keeps persons
     * by number walks its own pages in order. */
    struct person_key *order;
    uint32_t order_count;
};

/* One word of an entry as the file had it, and the name without blanks around; borrowed from
 * the chunk until it is cleared. */
struct bytes person_entry_word(
    const struct person_chunk *chunk, const struct person_entry *entry, enum person_field field);
struct bytes person_entry_name(const struct person_chunk *chunk, const struct person_entry *entry);

/* Room for IMPORT_GROUP_LINES entries and IMPORT_GROUP_BYTES of text; false when there is no memory,
 * and nothing is held then. */
bool person_chunk_make(struct person_chunk *chunk);

/* Gives all of it back; what was never made, or freed before, is left alone. */
void person_chunk_free(struct person_chunk *chunk);

/* Takes the next entry behind the words of its line, which csv_split() put at text_len. There
 * must be room for both; entry->text is text_len. */
void person_chunk_add(struct person_chunk *chunk, const struct person_entry *entry);

/* Fills order[] from the entries that are ACCEPTED so far. Equal numbers keep the order of the
 * file, so that the first line of a person stays the first. */
void person_chunk_sort(struct person_chunk *chunk);

/* Empties it for the next group and keeps its memory. */
void person_chunk_clear(struct person_chunk *chunk);

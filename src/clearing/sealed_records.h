/* Records that have no row in the store: those of days in parts stand in sealed segments.
 * [decisions 0031, 0056]
 *
 * Whoever needs one record, or all of a card or an institution, asks here and need not know of which
 * kind the day is. What is answered was sealed: a page or a segment that is not as the store names it
 * is ERR_CONFLICT, and nothing of it is told. A record that people decide about has a row beside its
 * place in the segment, and the row has an id; those from a segment have id 0.
 *
 * partition_archive.h offers this; a clearing without it (c->sealed is NULL) knows rows alone. */
#pragma once

#include "clearing/clearing.h"

/* Who is told; either may be NULL. What is told is borrowed for the call. An error of theirs ends the
 * walk and is answered. */
struct sealed_listener {
    void *cookie;
    enum err (*record)(void *cookie, const struct record_row *row, struct why *why);
    enum err (*posting)(void *cookie, const struct posting *p, struct why *why);
};

/* Each answers ERR_NOT_FOUND when the day was not taken in parts. */
struct sealed_records {
    void *self;
    /* The record at a place of a file of such a day; ERR_NOT_FOUND also when there is none. Reads the
     * day's segments until it is found. */
    enum err (*at)(void *self, const struct upload_row *of, uint32_t place, struct record_row *out,
        struct why *why);
    /* All records of the files of an institution or a city, in the order of their uploading. Memory:
     * 96 bytes a record. */
    enum err (*of_institution)(void *self, uint32_t day, const char *institution,
        const struct sealed_listener *to, struct why *why);
    /* All records of a card as they were uploaded, and the postings that they call for. Reads one
     * segment. */
    enum err (*of_card)(void *self, uint32_t day, const uint8_t factor[FACTOR_LEN],
        const struct sealed_listener *to, struct why *why);
};

/* The record at a place of a file, from its row or from its segment. ERR_NOT_FOUND: there is none. */
enum err record_anywhere(const struct clearing *c, int64_t upload, uint32_t place,
    struct record_row *out, struct why *why);

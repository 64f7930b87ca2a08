/* The way from the sealed segments of a day to its books: what taking and proving share;
 * partition_take.h
 * says what comes of it.
 *
 *     struct books_walk w = {.order = order, .day = day, .steps = &steps, .self = self};
 *     err = books_open(&w, why);          reads the page; the caller fills w.uploads
 *     err = err ? err : books_walk(&w, why);
 *     books_close(&w);
 *
 * The walk goes through the segments in their order, and so through the cards in the order of their
 * factors, a card's records as they were uploaded. It adds records up by file and end, and hands
 * over
 * every record and every posting. One thread; memory is one segment and some 1,100 bytes a file. */
#pragma once

#include "clearing/partition_parts.h"
#include "clearing/partition_take.h"

enum { FINDINGS = 3, CARD_PAYEES_MAX = 32 /* of a card, between two postings */ };

/* Whom the card under way has paid so far: an institution's code, or "" for suspense. */
struct card_payee {
    char of[INSTITUTION_LEN + 1];
    int64_t fen;
};

struct books_walk;

/* What taking and proving do. Each is told what follows from the segments alone. */
struct books_steps {
    /* A segment that is whole, and the seal that it has. */
    enum err (*segment)(struct books_walk *w, const struct segment_head *head,
        const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);
    /* A record with its end; waits: people decide about it. row->id is to be written. */
    enum err (*record)(struct books_walk *w, struct record_row *row, bool waits, struct why *why);
    enum err (*posting)(struct books_walk *w, const struct posting *p, struct why *why);
};

struct books_walk {
    const struct parts_taking *order;
    uint32_t day;
    const struct books_steps *steps;
    void *self; /* of the steps */
    struct parts_order lying;
    struct parts_day page;      /* files, parts and seals */
    struct parts_row row;       /* what the store keeps of the page */
    struct upload_row *uploads; /* of each file of the page; id 0 for one that was not taken */
    struct reason_sum *sums;    /* of each file: reason * FINDINGS + finding */
    struct segment_image image;
    uint8_t card[FACTOR_LEN]; /* the one under way */
    struct card_payee payees[CARD_PAYEES_MAX];
    size_t payee_count;
    uint32_t postings; /* of the card so far */
};

/* Reads the page of the day and makes room. ERR_NOT_FOUND: there is none; ERR_CONFLICT: it is not
 * as it was
 * sealed. */
enum err books_open(struct books_walk *w, struct why *why);

/* Through all segments; they must be those of the page (ERR_CONFLICT). */
enum err books_walk(struct books_walk *w, struct why *why);

/* Frees what books_open() made. */
void books_close(struct books_walk *w);

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
 * factors, a card's records as they were uploaded. It adds records up by file and end, and hands over
 * every record and every posting. Who asks about a few records goes through segments on their own, by
 * books_segment() and books_row(). One thread; memory is one segment and some 1,100 bytes a file. */
#pragma once

#include "clearing/partition_parts.h"
#include "clearing/partition_take.h"

enum { FINDINGS = 3, CARD_PAYEES_MAX = 32 /* of a card, between two postings */ };

/* Whom the card under way has paid so far: an institution, a city, or suspense. */
struct card_payee {
    struct account_name to;
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
    bool *of_city;              /* of each of them: another city's centre sent it */
    struct reason_sum *sums;    /* of each file: reason * FINDINGS + finding */
    struct segment_image image;
    const char *whose;        /* of the record under way: its file's institution or city */
    uint8_t card[FACTOR_LEN]; /* the one under way */
    struct card_payee payees[CARD_PAYEES_MAX];
    size_t payee_count;
    uint32_t postings; /* of the card so far */
};

/* Reads the page of the day and makes room. ERR_NOT_FOUND: there is none; ERR_CONFLICT: it is not
 * as it was
 * sealed. */
enum err books_open(struct books_walk *w, struct why *why);

/* Fills uploads with what the store says of the files that the page says were taken. ERR_CONFLICT: one
 * is not there. */
enum err books_files(struct books_walk *w, struct why *why);

/* Fills of_city for a file whose upload is known. */
enum err books_whose(struct books_walk *w, size_t file, struct why *why);

/* Reads a segment into the image; it must be the one of the page (ERR_CONFLICT). */
enum err books_segment(struct books_walk *w, size_t part, struct segment_head *head,
    uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);

/* The record of a row with its end and the number of its upload, which is known. ERR_CONFLICT: the row
 * contradicts itself. */
enum err books_row(
    struct books_walk *w, const struct segment_row *row, struct record_row *out, struct why *why);

/* Through the records of one card, whose factor is one of this city's; the same steps as for all. Looks
 * for the segment that may hold it by the first row of each. */
enum err books_walk_card(struct books_walk *w, const uint8_t factor[FACTOR_LEN], struct why *why);

/* Through all segments; they must be those of the page (ERR_CONFLICT). */
enum err books_walk(struct books_walk *w, struct why *why);

/* Frees what books_open() made. */
void books_close(struct books_walk *w);

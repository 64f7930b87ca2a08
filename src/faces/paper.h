/* A4 paper: headings, fields, tables over as many pages as they take, and codes. [decision 0047]
 *
 * Whoever prints a letter, a list or a report opens a paper on a stream, lays one thing below the
 * other, and closes it: what does not fit goes on the next page, where a table repeats its head. Each
 * page has the title, whose paper it is, and its number; the last one says so.
 *
 *     err = paper_open(stream, &head, &paper, why);
 *     err = paper_fields(paper, fields, count, why);
 *     err = paper_table(paper, columns, count, why);
 *     for each row: err = paper_row(paper, texts, why);
 *     err = paper_end(paper, why);
 *     paper_close(paper);
 *
 * A page is written when it is full: memory does not grow with the rows. The same calls give the same
 * bytes: the only day in the file is the paper's own. A character that no face has is refused by name,
 * never drawn as a box [fonts.h]; after any error the stream holds no paper. Lengths are points, 72 to
 * the inch, but where they say mm. One thread for one paper. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "faces/fonts.h"

enum { PAPER_COLUMNS_MAX = 24 };

/* What is on every page. Borrowed until paper_close(). */
struct paper_head {
    const char *title; /* Chinese first: "装箱单 Delivery note" */
    const char *about; /* whose and which day, one line, or "" */
    const char *stamp; /* "样张 SPECIMEN" across each page of a rehearsal, or NULL */
    uint32_t day;      /* YYYYMMDD, the file's date; 0 for none known: 2000-01-01 is written */
    bool lying;        /* the long side below */
};

/* One line of a form: what it is, and its value. A NULL value begins a part: the label alone. */
struct paper_field {
    const char *label, *value;
    bool right; /* the value stands to the right, as money does */
};

/* A column; widths are shares of the page: 2 is twice as wide as 1. */
struct paper_column {
    const char *title;
    double share;
    bool right;
};

struct paper;

/* Begins page 1. The stream is the caller's and stays open. ERR_OUTSIDE: no face, memory or stream;
 * ERR_INVALID: a character of title or about has no face. *out is NULL after a failure. */
enum err paper_open(FILE *to, const struct paper_head *head, struct paper **out, struct why *why);

/* Ends the last page and the file. What failed while writing is told here at the latest. */
enum err paper_end(struct paper *paper, struct why *why);

/* Frees it; without paper_end() before, the stream holds half a file, to be dropped. NULL does
 * nothing. */
void paper_close(struct paper *paper);

/* A paragraph over the whole width. size 0 is that of ordinary text. */
enum err paper_text(
    struct paper *paper, const char *text, double size, enum text_side side, struct why *why);

/* Lines of a form, one below the other. */
enum err paper_fields(
    struct paper *paper, const struct paper_field *fields, size_t count, struct why *why);

/* Begins a table: its head stands here and on top of each page that it reaches. columns are borrowed
 * until the next table or the end. */
enum err paper_table(
    struct paper *paper, const struct paper_column *columns, size_t count, struct why *why);

/* One row, a text for each column (NULL is empty). What is too long for its column goes on below. */
enum err paper_row(struct paper *paper, const char *const *texts, struct why *why);

/* A thin line over the whole width, and room for what is signed above it: mm above. */
enum err paper_rule(struct paper *paper, double mm, struct why *why);

/* A QR code of a text of at most 300 bytes, a square of so many mm, with the text below it. */
enum err paper_code(struct paper *paper, const char *text, double mm, struct why *why);

/* Goes on at the top of a new page, unless this one is empty still. */
enum err paper_new_page(struct paper *paper, struct why *why);

/* A frame of its own in the middle of the page, so many mm high (10 or more), with a small label and
 * below it one text that is large: the PIN of a letter. */
enum err paper_frame(
    struct paper *paper, const char *label, const char *text, double mm, struct why *why);

/* A dashed line over the whole width with words on it, where the sheet is torn: mm of room above. */
enum err paper_tear(struct paper *paper, const char *words, double mm, struct why *why);

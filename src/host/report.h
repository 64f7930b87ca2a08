/* A report as rows that pass by: who writes the rows knows no format, who writes a format knows no
 * trade, and neither holds the whole report.
 *
 * A report is a head (what it is called, whose day it is, its columns with their kinds) and any
 * number of rows, each with one value for each column. The function that makes a report calls
 *
 *     report_begin(sink, &head, why);
 *     for each row: report_row(sink, values, why);
 *     report_end(sink, why);
 *
 * and hands on the first error that one of them answers. A format is a struct report_writer of three
 * functions. Here are a table for the screen, CSV for other programs and JSON; a spreadsheet is
 * one more writer, kept where its library is. Every writer gets the same values, so that all
 * formats say the same. What the columns with `adds` sum up to is counted here, once, and handed to
 * the writer at the end.
 *
 * Memory does not grow with the rows. One thread for one sink. Order of calls is asserted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "host/why.h"

enum {
    REPORT_COLUMNS_MAX = 24, /* of one report */
    REPORT_TEXT_MAX = 400,   /* bytes of one text value; a longer one is refused, never cut */
};

/* What the values of a column are, and so how they stand: on the screen, and as a cell's format. */
enum report_kind {
    REPORT_TEXT,   /* text, UTF-8, left */
    REPORT_NUMBER, /* a count or a number of something, right; no thousands' commas in CSV */
    REPORT_FEN,    /* money in fen: "1,234.50" on the screen, 1234.50 in CSV, 123450 in JSON */
    REPORT_DAY,    /* YYYYMMDD: "2003-10-08"; 0 is no day and prints as nothing */
};

/* One column. All texts are borrowed for as long as the sink is in use. */
struct report_column {
    const char *name;      /* for programs: "debit_fen" in JSON and as the head of a CSV column */
    const char *title;     /* for people, Chinese first: "借方 Debit" */
    enum report_kind kind; /* of every value in it */
    unsigned width; /* cells on the screen, a Chinese character is two; more pushes the line */
    bool adds;      /* numbers and money only: the sum of all rows stands at the end */
};

/* What a report is. Borrowed from report_begin() to report_end(). */
struct report_head {
    const char *name;  /* for programs and file names: "day-summary" */
    const char *title; /* for people, Chinese first: "日汇总表 Day summary" */
    const char *about; /* whose and which day, one line: "440100, 2003-10-08"; "" for none */
    const struct report_column *columns;
    size_t column_count; /* 1 to REPORT_COLUMNS_MAX */
};

/* One value: text for a column of text (NULL is empty), number for all others. Borrowed for the
 * call of report_row() only. */
struct report_value {
    const char *text;
    int64_t number;
};

/* Shorthand for a row: {report_text(name), report_number(17), ...}. */
static inline struct report_value report_text(const char *text) {
    return (struct report_value){.text = text};
}
static inline struct report_value report_number(int64_t number) {
    return (struct report_value){.number = number};
}

struct report_sink;

/* A format. Each function gets the sink, whose head, row count and sums are up to date; `self` is
 * the writer's own. An error of any of them ends the report; the caller then drops the file. */
struct report_writer {
    enum err (*begin)(struct report_sink *sink, struct why *why);
    /* One row; values[] has sink->head->column_count members, checked already. */
    enum err (*row)(struct report_sink *sink, const struct report_value *values, struct why *why);
    /* Totals and whatever closes the file. Does not close a stream it was given. */
    enum err (*end)(struct report_sink *sink, struct why *why);
};

/* Where a report goes. The caller owns it; made by a function below or, for another format, by
 * hand: {.writer = &xlsx_writer, .self = &book}. */
struct report_sink {
    const struct report_writer *writer;
    void *self;
    const struct report_head *head;   /* from report_begin() on, NULL before and after */
    uint64_t row_count;               /* rows so far */
    int64_t sums[REPORT_COLUMNS_MAX]; /* of the columns that add, 0 for the others */
};

/* A table for a screen or a printer: title, head, rows, totals, and how many rows. */
struct report_sink report_table(FILE *to);
/* CSV as RFC 4180 has it, UTF-8, lines ended by CR LF, the columns' names first and no totals, so
 * that sums of the column are right. Money is yuan with two places, a day 2003-10-08. A text that
 * a spreadsheet would take for a formula (it begins with = + - @) gets an apostrophe in front. */
struct report_sink report_csv(FILE *to);
/* One JSON object: {"report", "title", "about", "rows": [{column: value}], "row_count", "totals":
 * {column: sum}}; money as integers of fen, days as numbers YYYYMMDD. */
struct report_sink report_json(FILE *to);

/* The sink of that name, "table", "csv" or "json"; false and *sink untouched for any other. */
bool report_sink_named(const char *format, FILE *to, struct report_sink *sink);

/* Starts. The head must hold: asserted. ERR_OUTSIDE when the stream fails. */
enum err report_begin(struct report_sink *sink, const struct report_head *head, struct why *why);

/* One row. ERR_INVALID when a text is no UTF-8, longer than REPORT_TEXT_MAX or holds control
 * characters, when a day is no day, or when a sum overflows; then nothing of the row was written. */
enum err report_row(struct report_sink *sink, const struct report_value *values, struct why *why);

/* Ends. What failed while writing to a stream is told here at the latest. */
enum err report_end(struct report_sink *sink, struct why *why);

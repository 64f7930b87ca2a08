/* An institution's or a city's day as a file: what the centre has of it, and what they have themselves.
 * [system.md 5.2.3; decision 0044]
 *
 * One format for both sides, text, lines end with CR LF, fields are parted by '|':
 *
 *   DAY|1|<number>|<day>|<institution>
 *   B|<terminal>|<batch>|<trades>|<yuan>                       a batch sheet (批结单)
 *   T|<terminal>|<batch>|<sequence>|<yuan>|<end>               a trade of a batch
 *   M|<move>|<kind>|<yuan>|<reference>                         a decision; the centre's file only
 *   END|<B lines>|<T lines>|<yuan of the T lines>|<SM3 of everything before this line, hexadecimal>
 *
 * The number is that of the business day, as in the file for the bank. B lines come first, then T,
 * then M. <end> is the word of reason.def in the centre's file and empty in the other. A list may
 * leave the trades of a batch away as long as its totals agree.
 *
 * Comparing goes by terminal and batch: totals that agree are done; where they differ each trade is
 * looked at by its sequence. From the centre's side, 长款 is what it has and the list has not, 短款
 * what the list has and it has not. Needs no store: an institution runs it on its own machine. */
#pragma once

#include <stdio.h>

#include "base/bytes.h"
#include "clearing/clearing.h"
#include "host/report.h"

/* The longest file that is read, and the most batches and trades in it. */
enum { STATEMENT_MAX = 64 * 1024 * 1024, STATEMENT_BATCHES_MAX = 100000 };

struct statement_batch {
    uint8_t terminal[TERMINAL_LEN];
    uint32_t batch;
    uint32_t trades;
    int64_t fen;
};
struct statement_trade {
    uint8_t terminal[TERMINAL_LEN];
    uint32_t batch, seq;
    int64_t fen;
    char end[16]; /* "" in an institution's list */
};

/* A file that was read; lists are sorted. Begins as zeros, ends with statement_free(). */
struct statement {
    uint32_t number, day;
    char institution[INSTITUTION_LEN + 1];
    struct statement_batch *batches;
    struct statement_trade *trades;
    size_t batch_count, trade_count;
    uint32_t move_count;
};
void statement_free(struct statement *s);
#define STATEMENT_SCOPE(name) __attribute__((cleanup(statement_free))) struct statement name = {0}

/* Reads a file whole. ERR_INVALID names the line: torn, altered, out of form. *out is empty then. */
enum err statement_read(struct bytes file, struct statement *out, struct why *why);

/* Writes what the centre has of an institution's day. ERR_NOT_FOUND: no such institution or day;
 * ERR_OUTSIDE: store or stream failed. */
enum err statement_write(
    const struct clearing *c, uint32_t day, const char *institution, FILE *to, struct why *why);

/* What a comparison came to, in trades and batches. */
struct statement_figures {
    uint32_t batches_equal, batches_missing; /* missing: differ, and the list has no details */
    uint32_t matched, surplus, shortage, amount, twice;
    int64_t surplus_fen, shortage_fen;
};

/* True when nothing differs. */
bool statement_agrees(const struct statement_figures *f);

/* Compares an institution's list with the centre's file of the same day, and writes a row for each
 * thing that differs to the sink. ERR_CONFLICT: the two are of other days, numbers or institutions. */
enum err statement_compare(const struct statement *list, const struct statement *centre,
    struct report_sink *sink, struct statement_figures *out, struct why *why);

/* The centre's own comparison of a list with its rows: differences are an exception of that day, which
 * a later list that agrees settles. The officer clears. */
enum err statement_match(const struct clearing *c, const struct statement *list,
    const char *officer, struct report_sink *sink, struct statement_figures *out, struct why *why);

/* Reports as files for people: a spreadsheet (XLSX) and paper (PDF). [host/report.h; system.md 10]
 *
 * Two more formats for the rows of host/report.h. Both hold what passes by in files or pages, not in
 * memory, and the same rows give the same bytes. In a spreadsheet money is a number of yuan with two
 * places and a day is a date; an amount or a number of more than fifteen digits, which a spreadsheet
 * would round, and every text, card and citizen numbers among them, is text. Nothing a text begins with
 * makes it a formula. A sheet holds a million rows; what is more goes on in the next one. On paper, a
 * character that no face has is refused by name.
 *
 *     err = report_form_open("xlsx", stream, day, &sink, why);
 *     err = ... report_begin, report_row, report_end ...
 *     report_form_close(&sink);
 *
 * After an error the stream holds half a file, to be dropped. */
#pragma once

#include <stdio.h>

#include "host/report.h"

enum { REPORT_SHEET_ROWS = 1000000 }; /* of one sheet, heads and totals beside them */

/* Whether a format is one of these: "xlsx" or "pdf". */
bool report_form_named(const char *format);

/* Opens a sink of that format on a stream, which is the caller's and stays open. day is the date that
 * the file itself bears, YYYYMMDD; 0 when nobody knows. A spreadsheet is collected in a folder that only
 * its owner can read, under TMPDIR or /tmp, and is gone with the sink. ERR_OUTSIDE when that, a face or
 * memory is missing; the sink then holds nothing. */
enum err report_form_open(
    const char *format, FILE *to, uint32_t day, struct report_sink *sink, struct why *why);

/* Frees what the sink holds, ended or not; a sink that holds nothing, or of another format, is left
 * alone. */
void report_form_close(struct report_sink *sink);

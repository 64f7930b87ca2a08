/* Where a command's rows go: --format and --out, the same for every command that lists something.
 * [host/report.h, faces/report_form.h]
 *
 *     REPORT_OUT_SCOPE(out);
 *     err = report_out_open(&out, &given.report, day, why);
 *     err = ... report_begin(&out.sink, ...), report_row, report_end ...
 *     err = report_out_keep(&out, why);
 *
 * table, csv and json go to standard output or to a file; xlsx and pdf are files. A file is whole or
 * absent: what was there before stays until report_out_keep() has succeeded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/files.h"
#include "host/options.h"
#include "host/report.h"

/* What the command line said. format NULL is a table, out NULL is standard output. */
struct report_words {
    const char *format, *out;
};

/* The two lines of a command's options; member is a struct report_words. */
#define OPTIONS_REPORT(type, member)                                                               \
    {"--format", OPTION_TEXT, offsetof(type, member.format), "WORD", "table",                      \
        "of the rows: table, csv, json, xlsx or pdf", false},                                      \
    {                                                                                              \
        "--out", OPTION_PATH, offsetof(type, member.out), "FILE", NULL,                            \
            "write the rows into FILE instead of standard output", true                            \
    }

struct report_out {
    struct report_sink sink;
    struct new_file file;
    bool counts; /* a table on standard output says itself how many rows it has */
};

/* Opens the sink. day is the date that a file of pages or sheets bears, 0 for none. ERR_CONFLICT: there
 * is no such format, or it needs --out; ERR_OUTSIDE: the file cannot be made. */
enum err report_out_open(
    struct report_out *out, const struct report_words *words, uint32_t day, struct why *why);

/* After report_end(): the file takes its place. Nothing to do for standard output, or a second time.
 * Where the rows do not say themselves that there are none, a sentence on standard error does. */
enum err report_out_keep(struct report_out *out, struct why *why);

void report_out_drop(struct report_out *out);
#define REPORT_OUT_SCOPE(name)                                                                     \
    __attribute__((cleanup(report_out_drop))) struct report_out name = {.file = {.stream = NULL}}

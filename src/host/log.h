/* The log: one JSON object a line, on standard error or in a file.
 *
 * A line says when, how grave, which event, and the fields that the event has. Events are short
 * fixed words ("request", "day-closed"), so that a line can be found again; everything that varies
 * is a field. Nothing personal and nothing secret goes into a log: names and numbers of people are
 * masked by whoever has them. Lines of several threads never mix. */
#pragma once

#include <stdint.h>

#include "host/why.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* A field of a line: a text, or a number when text is NULL. */
struct log_field {
    const char *name;
    const char *text;
    int64_t number;
};

/* Sends all following lines to the end of path instead of standard error. */
enum err log_open(const char *path, struct why *why);
void log_close(void);

/* Lines below this level are not written; LOG_INFO at the start. */
void log_from(enum log_level level);

/* Writes one line. Fields end with one that has no name:
 *     log_line(LOG_INFO, "request", (struct log_field[]){{"path", "/", 0}, {0}}); */
void log_line(enum log_level level, const char *event, const struct log_field *fields);

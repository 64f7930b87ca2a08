/* The reports of a centre, one line each in report_sheet.def: what it is called, what it may be asked for,
 * its columns, and the one sentence that its rows come from. [system.md 10; decision 0050]
 *
 *     const struct report_line *line = report_line_find("cards-by-district");
 *     err = report_line_write(&db, line, &order, &sink, why);
 *
 * A row goes from the engine to the sink and is forgotten, so memory does not grow with the rows; the
 * engine adds up groups by itself. Nothing is changed here: whoever shows a report to somebody writes
 * that into the audit chain. Names and numbers of persons are masked unless the order says otherwise.
 *
 * Beside the reports stand checks: two counts that the trade says are equal, from different tables. */
#pragma once

#include "host/report.h"
#include "stores/sql/db.h"

/* What a report may be asked for; its sentence has their parameters in this order. */
enum report_take {
    TAKE_PERIOD = 1,   /* first and last business day, YYYYMMDD */
    TAKE_MOMENTS = 2,  /* the same days by the clock on the wall, as milliseconds since 1970 */
    TAKE_POINT = 4,    /* a service point's code, "" for all */
    TAKE_DISTRICT = 8, /* the six digits of a district, 0 for all */
    TAKE_TODAY = 16,   /* the business day that ages are counted to */
    TAKE_DAY = 32,     /* one business day, of the clearing's figures */
};

/* One of the reports, static. */
struct report_line {
    const char *name;   /* for the command line and file names: "cards-by-district" */
    unsigned place;     /* its number in system.md 10 */
    const char *title;  /* Chinese first */
    unsigned takes;     /* of enum report_take */
    const char *feed;   /* its name among the figures of the clearing; NULL for a sentence */
    const char *absent; /* why nobody can write it: what is not kept here; or NULL */
};

/* Figures that no sentence of the sheet adds up, for the clearing does: whoever opens both joins them. Writes
 * the report of that name from begin to end. ERR_NOT_FOUND: the day never began. */
struct report_feed {
    void *self;
    enum err (*write)(
        void *self, const char *name, uint32_t day, struct report_sink *sink, struct why *why);
};

/* What somebody asks for. from 0: from the beginning; to 0: without an end; point NULL: all. */
struct report_order {
    uint32_t from, to; /* YYYYMMDD, both belong to it */
    const char *point;
    int64_t district;               /* 0 for all */
    uint32_t today;                 /* a day of the calendar */
    bool unmask;                    /* names and numbers of persons whole */
    uint32_t day;                   /* with TAKE_DAY: the business day */
    const struct report_feed *feed; /* with TAKE_DAY: who has its figures; else NULL */
};

/* All of them, in the order of the sheet; static. */
const struct report_line *report_lines(size_t *count);

/* The report of that name, or NULL. Static. */
const struct report_line *report_line_find(const char *name);

/* Whether its rows name persons: whoever asks for them unmasked has to say why. */
bool report_line_personal(const struct report_line *line);

/* Whether the report can be asked for what stands in the order. ERR_CONFLICT names what it cannot, or
 * says that the period ends before it begins; ERR_NOT_FOUND: nobody writes it. */
enum err report_line_may(
    const struct report_line *line, const struct report_order *order, struct why *why);

/* Writes it from begin to end. The order must be one that report_line_may() let pass, with day and feed where
 * the line has one. ERR_OUTSIDE: the
 * database or the sink failed; ERR_INVALID: a row holds what no report may show. */
enum err report_line_write(struct db *db, const struct report_line *line,
    const struct report_order *order, struct report_sink *sink, struct why *why);

/* Compares what has to be equal, one row for each check: its name, both counts, what they are. *apart
 * says how many differ. Reads whole tables. */
enum err report_checks_write(
    struct db *db, struct report_sink *sink, int64_t *apart, struct why *why);

/* The reports of the clearing as rows (host/report.h): the same rows whatever the format. [system.md
 * 5.2.3, 10]
 *
 *   summary      what came to which end, loads, moves and payouts of the day, with counts
 *   payable      what each institution gets, and what the books say of it
 *   differences  each record that waits on that day: where it is, whose, why
 *   ageing       everything that waits on that day, how long, what is due next and who does it
 *   reversals    what two officers decided on that day, and what the bank gave back
 *   trial        the balance of each kind of account; the sum is zero
 *   payout       each line of the payout list, and what the bank answered
 *   city         what is owed to other cities, or by them
 *   exceptions   what the day was closed with
 *   month        the claims of the day's month: claimed, cut, kept, paid
 *
 * Read from the rows of the store, today as on the day; nothing is changed and nothing is kept in
 * memory, so a report of a million rows streams. */
#pragma once

#include "clearing/clearing.h"
#include "host/report.h"

enum day_report {
#define DAY_REPORT(member, name, rows, zh, en) DAY_REPORT_##member,
#include "clearing/day_report.def"
    DAY_REPORT_COUNT
};

/* "summary", ...; the title for people, Chinese first. Static. */
const char *day_report_name(enum day_report which);
const char *day_report_title(enum day_report which);

/* The report of that name; false when there is none. */
bool day_report_named(const char *name, enum day_report *which);

/* Writes one report of a business day, from begin to end. ERR_NOT_FOUND: the day never began;
 * ERR_OUTSIDE: the store or the sink failed. */
enum err day_report_write(const struct clearing *c, enum day_report which, uint32_t day,
    struct report_sink *sink, struct why *why);

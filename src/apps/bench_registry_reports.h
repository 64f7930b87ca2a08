/* Reports over a whole registry, timed for bench registry: rows pass by and are forgotten. */
#pragma once

#include <stdbool.h>

#include "host/why.h"

/* Cards by district, and coverage: both walk every card or person. */
struct report_times {
    double whole_s; /* of a process that opens the database and writes both reports */
    double plain_s; /* of SQLite's bare sentences, which add up the same groups */
    double kb;      /* the most memory that the process held */
};

/* Times them over the database in that file, which nobody may have open: the process divides. ERR_OUTSIDE: the
 * process or the database failed, and standard error has the story. */
enum err bench_registry_reports(const char *database, struct report_times *times, struct why *why);

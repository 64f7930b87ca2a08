/* Figures that a city may change, each from a day on. [system.md 12]
 *
 * parameter.def names them with the values a new centre begins with. What the city changes lies
 * in the registry's store with the day from which it holds, so that a purchase of last month is
 * judged by last month's limit. This file knows names and limits only: parameter_value() and
 * parameter_change() in registry.h ask the store. */
#pragma once

#include <stdint.h>

/* PARAMETER_OFFLINE_PURCHASE_FEN and so on, in the order of the table. */
enum parameter {
#define PARAMETER(member, name, value, least, most, meaning) PARAMETER_##member,
#include "registry/parameter.def"
    PARAMETERS
};

/* The first day on which the values of parameter.def hold. */
enum { PARAMETER_FIRST_DAY = 19990101 };

/* What the table says about a figure. Its unit is the end of its name: -fen, -days, -hours,
 * -years, -time (HHMMSS), else a count. */
struct parameter_text {
    const char *name;    /* "offline-purchase-fen": in the table and on the command line */
    int64_t value;       /* what a new centre begins with */
    int64_t least, most; /* what a city may choose, both included */
    const char *meaning; /* for the manual and the pages */
};

/* The line of a figure; static, and never NULL. */
const struct parameter_text *parameter_text(enum parameter which);

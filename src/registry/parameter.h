/* Figures that a city may change, each from a day on.
 *
 * parameter.def names them with the values a new centre begins with. What the city changes lies in
 * the registry's store with the day from which it holds, so that a purchase of last month is judged
 * by last month's limit. parameter_value() in registry.h asks the store. */
#pragma once

#include <stdint.h>

enum parameter {
#define PARAMETER(member, name, value, least, most, meaning) PARAMETER_##member,
#include "registry/parameter.def"
    PARAMETERS
};

/* The first day on which the values of parameter.def hold. */
enum { PARAMETER_FIRST_DAY = 19990101 };

struct parameter_text {
    const char *name; /* "offline-purchase-fen": in the table and on the command line */
    int64_t value, least, most;
    const char *meaning;
};

const struct parameter_text *parameter_text(enum parameter which);

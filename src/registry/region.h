/* The regions of insurance, with the days on which their codes were in force. [GB/T 2260]
 *
 * Districts are founded, merged and renamed; a code is right or wrong only together with a day.
 * The table is region.def. Nothing here keeps state; any thread may ask. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True when code (six digits, 440103) is a district or county of Guangzhou on that day,
 * YYYYMMDD. The city itself, 440100, is none; 0 and anything else read from a file may be
 * asked. */
bool region_exists(uint32_t code, uint32_t day);

/* The Chinese name of the region, or NULL when no day ever knew the code. Static. */
const char *region_name(uint32_t code);

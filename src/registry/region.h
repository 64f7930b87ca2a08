/* The regions of insurance, with the days on which their codes were in force. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True when code is a district or county of Guangzhou on that day. The city itself is none. */
bool region_exists(uint32_t code, uint32_t day);

/* The name of the region, or NULL when no day ever knew the code. Static. */
const char *region_name(uint32_t code);

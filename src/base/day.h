/* Days of the calendar, and digits packed two to a byte (BCD, the standards' "cn").
 *
 * A day is the number YYYYMMDD, as the citizen number, the card and every file write it: two days
 * compare as the numbers do. 0 is no day. */
#pragma once

#include "base/bytes.h"

enum { DAY_LEN = 4, TIME_LEN = 3 }; /* bytes of a BCD day YYYYMMDD and a BCD time HHMMSS */

/* True when the Gregorian calendar has this day and its year is 1800 to 9999. */
bool day_exists(uint32_t day);

/* The day that comes count days later (or earlier, when count is negative). The day must exist;
 * 0 when the result lies outside 1800 to 9999. */
uint32_t day_plus(uint32_t day, int32_t count);

/* The same day years later; 29 February becomes 28 February where there is none. */
uint32_t day_plus_years(uint32_t day, uint32_t years);

/* Reads exactly len decimal digits; false when one of them is none, and value is untouched.
 * len is at most 18. */
bool digits_read(struct bytes text, uint64_t *value);

/* The last 2 * len decimal digits of value, packed, left to right. */
void bcd_write(uint64_t value, uint8_t *to, size_t len);

/* The number that packed digits say; false when a nibble is no digit, and value is untouched.
 * At most nine bytes. */
bool bcd_read(struct bytes packed, uint64_t *value);

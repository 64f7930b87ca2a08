/* Working days of the centre (工作日): Monday to Friday but for public holidays, and the weekends that
 * are worked instead. [system.md 6.3.6; decision 0045]
 *
 * holiday.def holds the days that a notice of the State Council moved; a year that it does not name
 * has weekends only. Pure functions of the table; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True when the centre works on that day; false for a day that does not exist. */
bool working_day(uint32_t day);

/* The day that is so many working days later; 0 when the calendar ends before. */
uint32_t day_plus_working(uint32_t day, uint32_t count);

/* The earliest day of trade whose record is still in time on a business day: no more than `days`
 * working days lie between them, the business day counted and the day of trade not. */
uint32_t in_time_from(uint32_t business_day, uint32_t days);

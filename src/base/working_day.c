#include "base/working_day.h"

#include <stddef.h>

#include "base/day.h"

static const struct run {
    uint32_t first, last;
    bool works;
} runs[] = {
#define HOLIDAY(first, last, works) {first, last, works},
#include "base/holiday.def"
};

/* 0 is Sunday: by the rule of Sakamoto, which counts days since year 0 modulo 7. */
static unsigned weekday(uint32_t day) {
    static const unsigned shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    unsigned month = day / 100 % 100, of_month = day % 100;
    unsigned year = day / 10000 - (month < 3 ? 1 : 0);
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + of_month) % 7;
}

bool working_day(uint32_t day) {
    if (!day_exists(day)) {
        return false;
    }
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (runs[i].first <= day && day <= runs[i].last) {
            return runs[i].works;
        }
    }
    unsigned of_week = weekday(day);
    return of_week != 0 && of_week != 6;
}

/* Backwards while the day before would not be one working day too many. */
uint32_t in_time_from(uint32_t business_day, uint32_t days) {
    uint32_t from = business_day, counted = 0;
    for (;;) {
        uint32_t before = day_plus(from, -1);
        counted += working_day(from) ? 1 : 0;
        if (counted > days || before == 0) {
            return from;
        }
        from = before;
    }
}

uint32_t day_plus_working(uint32_t day, uint32_t count) {
    while (count > 0 && day != 0) {
        day = day_plus(day, 1);
        count -= day != 0 && working_day(day) ? 1 : 0;
    }
    return day;
}

#include "base/day.h"

static const uint8_t month_days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool leap(uint32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_in(uint32_t year, uint32_t month) {
    return month_days[month] + (month == 2 && leap(year) ? 1U : 0U);
}

bool day_exists(uint32_t day) {
    uint32_t year = day / 10000;
    uint32_t month = day / 100 % 100;
    uint32_t in_month = day % 100;
    return year >= 1800 && year <= 9999 && month >= 1 && month <= 12 && in_month >= 1
           && in_month <= days_in(year, month);
}

static uint32_t day_next(uint32_t day) {
    if (day_exists(day + 1)) {
        return day + 1;
    }
    uint32_t month_first = day / 100 * 100 + 101;
    return day_exists(month_first) ? month_first : (day / 10000 + 1) * 10000 + 101;
}

static uint32_t day_before(uint32_t day) {
    if (day % 100 > 1) {
        return day - 1;
    }
    uint32_t year = day / 10000;
    uint32_t month = day / 100 % 100;
    if (month == 1) {
        return (year - 1) * 10000 + 1231;
    }
    return year * 10000 + (month - 1) * 100 + days_in(year, month - 1);
}

uint32_t day_plus(uint32_t day, int32_t count) {
    while (count != 0 && day_exists(day)) {
        day = count > 0 ? day_next(day) : day_before(day);
        count += count > 0 ? -1 : 1;
    }
    return day_exists(day) ? day : 0;
}

uint32_t day_plus_years(uint32_t day, uint32_t years) {
    uint32_t later = day + years * 10000;
    return day_exists(later) ? later : day_exists(later - 1) ? later - 1 : 0;
}

bool digits_read(struct bytes text, uint64_t *value) {
    uint64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        sum = sum * 10 + (uint64_t)(text.at[i] - '0');
    }
    if (text.len == 0 || text.len > 18) {
        return false;
    }
    *value = sum;
    return true;
}

void bcd_write(uint64_t value, uint8_t *to, size_t len) {
    for (size_t i = len; i > 0; i--) {
        to[i - 1] = (uint8_t)(value / 10 % 10 << 4 | value % 10);
        value /= 100;
    }
}

bool bcd_read(struct bytes packed, uint64_t *value) {
    uint64_t sum = 0;
    for (size_t i = 0; i < packed.len; i++) {
        uint8_t high = packed.at[i] >> 4;
        uint8_t low = packed.at[i] & 15;
        if (high > 9 || low > 9) {
            return false;
        }
        sum = sum * 100 + (uint64_t)(high * 10 + low);
    }
    if (packed.len == 0 || packed.len > 9) {
        return false;
    }
    *value = sum;
    return true;
}

#include "base/checkdigit.h"

char citizen_check(struct bytes first17) {
    static const uint8_t weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    if (first17.len != sizeof weights) {
        return 0;
    }
    for (size_t i = 0; i < sizeof weights; i++) {
        if (first17.at[i] < '0' || first17.at[i] > '9') {
            return 0;
        }
        sum += weights[i] * (unsigned)(first17.at[i] - '0');
    }
    return "10X98765432"[sum % 11];
}

static int character_value(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

char organisation_check(struct bytes first8) {
    static const uint8_t weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    if (first8.len != sizeof weights) {
        return 0;
    }
    for (size_t i = 0; i < sizeof weights; i++) {
        int value = character_value(first8.at[i]);
        if (value < 0) {
            return 0;
        }
        sum += weights[i] * (unsigned)value;
    }
    /* 11 - sum mod 11, where 10 is written X and 11 is written 0. */
    return "0X987654321"[sum % 11];
}

#include "base/hex.h"

void hex_write(struct bytes data, char *text) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < data.len; i++) {
        *text++ = digits[data.at[i] >> 4];
        *text++ = digits[data.at[i] & 15];
    }
    *text = '\0';
}

static int nibble_of(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool hex_read(struct bytes text, uint8_t *to, size_t len) {
    if (text.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int high = nibble_of(text.at[2 * i]);
        int low = nibble_of(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

#include "terminal/pin_block.h"

#include <assert.h>

enum { NO_DIGIT = 0xF };

/* An odd last digit is followed by F. */
bool pin_pack(const char *digits, struct pin *out) {
    size_t count = digits ? strlen(digits) : 0;
    if (count < PIN_DIGITS_MIN || count > PIN_DIGITS_MAX || strspn(digits, "0123456789") != count) {
        return false;
    }
    *out = (struct pin){.len = (count + 1) / 2};
    assert(out->len <= sizeof out->packed);
    for (size_t i = 0; i < 2 * out->len; i++) {
        unsigned nibble = i < count ? (unsigned)(digits[i] - '0') : NO_DIGIT;
        out->packed[i / 2] = (uint8_t)((unsigned)out->packed[i / 2] << 4 | nibble);
    }
    return true;
}

/* A PIN on its way into a card: digits as people type them, packed as the card wants them.
 *
 * The card takes what it is given and counts it as a try when it is wrong; so what cannot be a PIN is
 * found here, before any card hears of it. How long a PIN really is, the card knows.
 *
 * Two digits to a byte; an odd last one is followed by F. [card.md 6, 6.2] The packed form is a
 * secret: whoever makes one wipes it with crypto_wipe(). */
#pragma once

#include "base/bytes.h"

enum { PIN_DIGITS_MIN = 4, PIN_DIGITS_MAX = 12, PIN_BYTES_MAX = PIN_DIGITS_MAX / 2 };

/* len bytes of packed[] count: two to six. */
struct pin {
    uint8_t packed[PIN_BYTES_MAX];
    size_t len;
};

/* False, and *out untouched, when the text is not four to twelve digits; NULL is no PIN. */
bool pin_pack(const char *digits, struct pin *out);

/* Bytes as hexadecimal text and back, upper case, two characters a byte. */
#pragma once

#include "base/bytes.h"

/* Writes 2 * data.len characters and an end to text, which must have room for them: hex_room(). */
void hex_write(struct bytes data, char *text);

static inline size_t hex_room(size_t byte_count) {
    return 2 * byte_count + 1;
}

/* Reads text of exactly 2 * len hexadecimal characters, either case, into to[len].
 * False, and to[] untouched in part, when the text is shorter, longer or no hexadecimal. */
bool hex_read(struct bytes text, uint8_t *to, size_t len);

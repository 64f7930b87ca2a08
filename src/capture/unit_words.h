/* Lines of the files that go to a unit and come back, and the digest in their head. [unit_list.h]
 *
 * A line is UTF-8 that ends with a line feed; its words stand between '|'. */
#pragma once

#include "base/bytes.h"
#include "capture/unit_list.h"
#include "crypto/sm3.h"

enum {
    UNIT_WORDS_MAX = 4 + 2 * UNIT_FIELDS_MAX, /* of a line */
    UNIT_HEAD_WORDS = 6,
    UNIT_DIGEST_TEXT = 2 * SM3_LEN, /* hexadecimal characters */
};

/* A line in its words. */
struct unit_words {
    char text[UNIT_LINE_ROOM]; /* the line, an end of string where each '|' was */
    const char *at[UNIT_WORDS_MAX];
    size_t count; /* at least 1 */
};

/* Takes the next line off rest; false when there is no whole one, it is too long, has too many words, or a byte
 * that is zero. */
bool unit_words_take(struct bytes *rest, struct unit_words *words);

/* A number of 1 to 18 digits without leading zeros; false for anything else. */
bool unit_number(const char *word, int64_t *number);

/* SM3 of the lines behind the head. */
void unit_digest(struct bytes lines, uint8_t digest[SM3_LEN]);

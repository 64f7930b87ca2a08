/* What a proof found that does not agree: counted, and the first few named in words. The struct is
 * the caller's and begins as zeros. */
#pragma once

#include <stdint.h>

enum { NAMED_MAX = 10, NAMED_TEXT_MAX = 200 };

struct differences {
    uint64_t count;
    char named[NAMED_MAX]
              [NAMED_TEXT_MAX]; /* the first ones, in the order in which they were found */
};

/* Counts one, and names it while there is room; a longer text is cut off. */
void differ(struct differences *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Money is int64_t fen. It adds up or it does not; it never wraps round. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* *sum = a + b, or false and *sum untouched when the result does not fit. */
static inline bool fen_add(int64_t a, int64_t b, int64_t *sum) {
    if (b >= 0 ? a > INT64_MAX - b : a < INT64_MIN - b) {
        return false;
    }
    *sum = a + b;
    return true;
}

enum { FEN_TEXT_MAX = 32 };

/* Writes yuan and fen as people read them, "1,234.50" or "-0.05", into text. Returns text. */
char *fen_text(int64_t fen, char text[FEN_TEXT_MAX]);

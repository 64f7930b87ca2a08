#include "base/money.h"

#include <string.h>

char *fen_text(int64_t fen, char text[FEN_TEXT_MAX]) {
    uint64_t rest = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    char room[FEN_TEXT_MAX];
    char *at = room + sizeof room;
    *--at = '\0';
    /* From the right: two digits of fen, the point, then yuan with a comma after each three. */
    for (unsigned digit = 0; digit < 3 || rest > 0; digit++) {
        if (digit == 2) {
            *--at = '.';
        } else if (digit > 2 && (digit - 2) % 3 == 0) {
            *--at = ',';
        }
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (fen < 0) {
        *--at = '-';
    }
    (void)memcpy(text, at, (size_t)(room + sizeof room - at));
    return text;
}

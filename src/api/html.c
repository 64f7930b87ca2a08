#include "api/html.h"

#include <assert.h>

#include <string.h>

#include "base/money.h"

static const struct entity {
    char letter;
    const char *written;
} entities[] = {
    {'&',  "&amp;" },
    {'<',  "&lt;"  },
    {'>',  "&gt;"  },
    {'"',  "&quot;"},
    {'\'', "&#39;" },
};

static const char *entity_of(char letter) {
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (entities[i].letter == letter) {
            return entities[i].written;
        }
    }
    return NULL;
}

/* Byte by byte: all five letters are ASCII, and no byte of another character of UTF-8 is. */
void html_text(FILE *to, const char *text) {
    assert(to);
    assert(text);
    for (; *text; text++) {
        const char *written = entity_of(*text);
        if (written) {
            (void)fputs(written, to);
        } else {
            (void)fputc(*text, to);
        }
    }
}

/* The grouping is that of money, so that both columns of a page read alike. */
void html_count(FILE *to, int64_t count) {
    assert(to);
    char text[FEN_TEXT_MAX];
    bool fits = count <= INT64_MAX / 100 && count >= INT64_MIN / 100;
    if (!fits) {
        (void)fprintf(to, "%lld", (long long)count);
        return;
    }
    /* As many yuan, without their fen. */
    (void)fen_text(count * 100, text);
    text[strlen(text) - 3] = '\0';
    html_text(to, text);
}

void html_fen(FILE *to, int64_t fen) {
    assert(to);
    char text[FEN_TEXT_MAX];
    html_text(to, fen_text(fen, text));
}

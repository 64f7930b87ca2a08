/* A text file of the clearing, written by hand and sealed as its readers want it. */
#pragma once

#include "check.h"

#include "clearing/text_out.h"

struct paper {
    char text[4096];
    size_t len;
};

static inline void paper_put(struct paper *p, const char *text) {
    size_t len = strlen(text);
    assert_true(p->len + len < sizeof p->text);
    (void)memcpy(p->text + p->len, text, len + 1);
    p->len += len;
}

/* The last line: the totals, and the seal of what stands before it. */
static inline void paper_end(struct paper *p, const char *totals) {
    char line[200], hex[2 * SM3_LEN + 1];
    uint8_t digest[SM3_LEN];
    text_digest(bytes_of(p->text, p->len), digest);
    hex_write(bytes_of(digest, sizeof digest), hex);
    (void)snprintf(line, sizeof line, "END|%s|%s\r\n", totals, hex);
    paper_put(p, line);
}

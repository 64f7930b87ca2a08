#include "stores/postgres/postgres_dialect.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/engine/engine.h"

static const struct words {
    const char *sqlite, *sentence, *table;
} dialect[] = {
#define WORDS(sqlite, sentence, table) {sqlite, sentence, table},
#include "stores/postgres/postgres_dialect.def"
};

static bool of_a_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* How many bytes of text the words take, or 0 when it does not begin with them. */
static size_t begins_with(const char *text, const char *words) {
    size_t at = 0;
    assert(*words);
    for (; *words; words++) {
        size_t taken = *words == ' ' ? strspn(text + at, " \n") : text[at] == *words;
        if (taken == 0) {
            return 0;
        }
        at += taken;
    }
    return of_a_word(text[at]) ? 0 : at;
}

/* How many bytes a quoted text takes, or a comment; 0 when here is none. A quotation mark inside
 * is written twice, which reads as two texts side by side. */
static size_t verbatim(const char *text) {
    const char *end = NULL;
    if (*text == '\'' || *text == '"') {
        end = strchr(text + 1, *text);
        return end ? (size_t)(end - text) + 1 : strlen(text);
    }
    if (text[0] == '/' && text[1] == '*') {
        end = strstr(text, "*/");
        return end ? (size_t)(end - text) + 2 : strlen(text);
    }
    return 0;
}

/* What a word is in the other dialect, or the word itself. Returns the bytes taken from text. */
static size_t put_word(FILE *out, const char *text, bool tables) {
    for (size_t i = 0; i < sizeof dialect / sizeof dialect[0]; i++) {
        size_t taken = begins_with(text, dialect[i].sqlite);
        if (taken == 0) {
            continue;
        }
        const char *said = tables ? dialect[i].table : dialect[i].sentence;
        (void)fputs(said, out);
        if (*said == '\0') { /* "STRICT, WITHOUT ROWID": the comma between goes, too */
            taken += strspn(text + taken, " ,");
        }
        return taken;
    }
    size_t taken = 0;
    while (of_a_word(text[taken])) {
        taken++;
    }
    assert(taken > 0); /* whoever asks has seen its first letter */
    (void)fwrite(text, 1, taken, out);
    return taken;
}

/* x'C0FFEE' is a bytea. */
static size_t put_bytes_literal(FILE *out, const char *text) {
    size_t len = verbatim(text + 1);
    assert(len >= 1);
    (void)fprintf(out, "'\\x%.*s::bytea", (int)(len - 1), text + 2);
    return len + 1;
}

/* ?N, whose N is remembered. "?N IS NULL" alone would not tell the server what it is: what may
 * be left out is a word everywhere here. */
static size_t put_parameter(FILE *out, const char *text, int *highest) {
    char *end = NULL;
    long number = strtol(text + 1, &end, 10);
    assert(number >= 1); /* every parameter is numbered */
    *highest = number > *highest ? (int)number : *highest;
    bool may_lack = strncmp(end, " IS NULL", 8) == 0 || strncmp(end, " IS NOT NULL", 12) == 0;
    (void)fprintf(out, may_lack ? "$%ld::text" : "$%ld", number);
    return (size_t)(end - text);
}

static size_t put_next(FILE *out, const char *text, bool tables, int *highest) {
    size_t len = verbatim(text);
    if (len > 0) {
        (void)fwrite(text, 1, len, out);
        return len;
    }
    if ((text[0] == 'x' || text[0] == 'X') && text[1] == '\'') {
        return put_bytes_literal(out, text);
    }
    if (of_a_word(*text)) {
        return put_word(out, text, tables);
    }
    if (*text == '?') {
        return put_parameter(out, text, highest);
    }
    (void)fputc(*text, out);
    return 1;
}

char *postgres_says(const char *text, bool tables, int *parameters) {
    char *said = NULL;
    size_t len = 0;
    int highest = 0;
    const char *own = strstr(text, ON_POSTGRES);
    FILE *out = open_memstream(&said, &len);
    if (!out) {
        return NULL;
    }
    text = own ? own + sizeof ON_POSTGRES - 1 : text;
    while (*text) {
        text += put_next(out, text, tables, &highest);
    }
    if (fclose(out) != 0) {
        free(said);
        return NULL;
    }
    if (parameters) {
        *parameters = highest;
    }
    return said;
}

#include "clearing/text_line.h"

#include <assert.h>
#include <string.h>

#include "base/day.h"

enum { YUAN_DIGITS_MAX = 13 };

struct text_lines text_lines_of(struct bytes file) {
    return (struct text_lines){.all = file, .rest = file};
}

/* The bytes up to a mark, and the rest behind it; false when there is no mark. */
static bool take_until(struct bytes *rest, uint8_t mark, struct bytes *out) {
    const uint8_t *at = rest->len > 0 ? memchr(rest->at, mark, rest->len) : NULL;
    if (!at) {
        return false;
    }
    size_t len = (size_t)(at - rest->at);
    *out = bytes_of(rest->at, len);
    *rest = bytes_of(rest->at + len + 1, rest->len - len - 1);
    return true;
}

bool text_line(struct text_lines *lines, struct bytes *fields, size_t count) {
    struct bytes line = {0}, rest = lines->rest;
    assert(count > 0);
    lines->number++;
    if (!take_until(&rest, '\n', &line) || line.len == 0 || line.at[line.len - 1] != '\r') {
        return false;
    }
    line.len--;
    for (size_t i = 0; i + 1 < count; i++) {
        if (!take_until(&line, '|', &fields[i])) {
            return false;
        }
    }
    fields[count - 1] = line;
    bool good = line.len == 0 || !memchr(line.at, '|', line.len);
    lines->rest = good ? rest : lines->rest;
    return good;
}

bool text_next_is(const struct text_lines *lines, const char *word) {
    size_t len = strlen(word);
    return lines->rest.len > len && memcmp(lines->rest.at, word, len) == 0
           && lines->rest.at[len] == '|';
}

struct bytes text_behind(const struct text_lines *lines) {
    assert(lines->rest.len <= lines->all.len);
    return bytes_of(lines->all.at, lines->all.len - lines->rest.len);
}

bool text_yuan(struct bytes field, int64_t *fen) {
    struct bytes yuan = {0}, rest = field;
    uint64_t whole = 0, part = 0;
    bool good = take_until(&rest, '.', &yuan) && yuan.len > 0 && yuan.len <= YUAN_DIGITS_MAX
                && rest.len == 2 && digits_read(yuan, &whole) && digits_read(rest, &part)
                && (yuan.len == 1 || yuan.at[0] != '0');
    *fen = good ? (int64_t)(whole * 100 + part) : *fen;
    return good;
}

#include "capture/unit_words.h"

#include <assert.h>

#include "base/day.h"

void unit_digest(struct bytes lines, uint8_t digest[SM3_LEN]) {
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, lines);
    sm3_end(&h, digest);
}

bool unit_words_take(struct bytes *rest, struct unit_words *words) {
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : 0;
    if (!end || len >= sizeof words->text || memchr(rest->at, '\0', len)) {
        return false;
    }
    (void)memcpy(words->text, rest->at, len);
    words->text[len] = '\0';
    *rest = bytes_of(end + 1, rest->len - len - 1);
    words->count = 0;
    for (char *word = words->text; word;) {
        char *bar = strchr(word, '|');
        if (words->count == UNIT_WORDS_MAX) {
            return false;
        }
        words->at[words->count++] = word;
        if (bar) {
            *bar = '\0';
        }
        word = bar ? bar + 1 : NULL;
    }
    return true;
}

bool unit_number(const char *word, int64_t *number) {
    uint64_t value = 0;
    size_t len = strlen(word);
    bool good = len >= 1 && len <= 18 && (len == 1 || word[0] != '0')
                && digits_read(bytes_of(word, len), &value);
    *number = (int64_t)value;
    return good;
}

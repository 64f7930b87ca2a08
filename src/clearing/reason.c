#include "clearing/reason.h"

#include <assert.h>

static const struct reason_line lines[REASON_COUNT] = {
#define REASON(name, word, ruling, zh, en) {word, RULING_##ruling, zh, en},
#include "clearing/reason.def"
};

const struct reason_line *reason_line(enum reason reason) {
    assert((unsigned)reason < REASON_COUNT);
    assert((unsigned)lines[reason].ruling < RULING_COUNT);
    return &lines[reason];
}

const char *ruling_word(enum ruling ruling) {
    static const char *const words[RULING_COUNT] = {"cleared", "suspense", "refused"};
    assert((unsigned)ruling < RULING_COUNT);
    return words[ruling];
}

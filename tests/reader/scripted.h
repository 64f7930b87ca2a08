/* A reader that plays a script: the line it expects, and what it answers. */
#pragma once

#include "check.h"
#include "reader/reader.h"

struct scripted_line {
    const char *command; /* hexadecimal */
    const char *answer;  /* NULL: the card is gone */
};

struct scripted {
    const struct scripted_line *lines;
    size_t count, at;
    unsigned resets;
    const char *atr;
};

static inline enum err scripted_reset(
    void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    struct scripted *s = self;
    s->resets++;
    if (!s->atr) {
        return why_say(why, ERR_OUTSIDE, "no card");
    }
    *len = from_hex(s->atr, atr, ATR_MAX);
    return OK;
}

static inline enum err scripted_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct scripted *s = self;
    uint8_t room[REPLY_MAX];
    assert_true(s->at < s->count);
    const struct scripted_line *now = &s->lines[s->at++];
    assert_hex(line, now->command);
    if (!now->answer) {
        return why_say(why, ERR_OUTSIDE, "the card has gone");
    }
    size_t len = from_hex(now->answer, room, sizeof room);
    assert_true(reply_decode(bytes_of(room, len), reply));
    return OK;
}

static inline void scripted_close(void *self) {
    (void)self;
}

static inline struct reader scripted_reader(struct scripted *s) {
    return (struct reader){s, scripted_reset, scripted_exchange, scripted_close};
}

#define SCRIPT(name, ...)                                                                          \
    static const struct scripted_line name##_lines[] = {__VA_ARGS__};                              \
    struct scripted name = {                                                                       \
        .lines = name##_lines, .count = sizeof name##_lines / sizeof name##_lines[0]}

#include "reader/pulled.h"

#include <assert.h>

/* Whoever resets has put the card back in. */
static enum err pulled_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct pulled *p = self;
    p->out = false;
    return p->inner->reset(p->inner->self, atr, atr_len, why);
}

/* Both moments look alike to the terminal: no reply, and nobody knows. */
static enum err pulled_gone(struct pulled *p, struct reply *reply, struct why *why) {
    p->out = true;
    p->moment = PULL_NEVER;
    *reply = (struct reply){0};
    return why_say(why, ERR_OUTSIDE, "the card was pulled out; put it back in and try again");
}

/* PULL_BEFORE_ANSWER lets the card do the command and then keeps the answer. */
static enum err pulled_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct pulled *p = self;
    assert(p->moment == PULL_NEVER || p->exchanges_left > 0);
    bool now = p->moment != PULL_NEVER && --p->exchanges_left == 0;
    if (p->out || (now && p->moment == PULL_BEFORE_COMMAND)) {
        return pulled_gone(p, reply, why);
    }
    p->exchange_count++;
    enum err err = p->inner->exchange(p->inner->self, line, reply, why);
    return now ? pulled_gone(p, reply, why) : err;
}

/* The card itself belongs to whoever made the inner reader. */
static void pulled_close(void *self) {
    (void)self;
}

struct reader pulled_reader(struct pulled *p, const struct reader *inner) {
    assert(inner);
    assert(inner->exchange);
    *p = (struct pulled){.inner = inner};
    return (struct reader){p, pulled_reset, pulled_exchange, pulled_close};
}

void pulled_arm(struct pulled *p, unsigned nth, enum pull_moment moment) {
    assert(nth > 0 || moment == PULL_NEVER);
    p->exchanges_left = nth;
    p->moment = moment;
}

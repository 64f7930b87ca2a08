#include "rehearsal/clumsy.h"

enum { INS_DEBIT = 0x54, INS_AT = 1 };

static enum err clumsy_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct clumsy *c = self;
    return reader_reset(&c->watched, atr, atr_len, why);
}

static enum err clumsy_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct clumsy *c = self;
    if (!c->happened && c->moment != PULL_NEVER && line.len > INS_AT
        && line.at[INS_AT] == INS_DEBIT) {
        pulled_arm(&c->pulled, 1, c->moment);
        c->happened = true;
    }
    return c->watched.exchange(c->watched.self, line, reply, why);
}

static void clumsy_close(void *self) {
    struct clumsy *c = self;
    reader_close(&c->watched);
}

struct reader clumsy_reader(struct clumsy *c, const struct reader *inner, enum pull_moment moment) {
    *c = (struct clumsy){.moment = moment};
    c->watched = pulled_reader(&c->pulled, inner);
    return (struct reader){
        .self = c, .reset = clumsy_reset, .exchange = clumsy_exchange, .close = clumsy_close};
}

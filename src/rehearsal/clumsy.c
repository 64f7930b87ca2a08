#include "rehearsal/clumsy.h"

enum { INS_DEBIT = 0x54, INS_AT = 1 };

/* The card is put back in. */
static enum err clumsy_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct clumsy *c = self;
    return reader_reset(&c->watched, atr, atr_len, why);
}

/* The command is known by its instruction byte; only the first one counts. */
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

/* pulled.h leaves the inner reader to its owner. */
static void clumsy_close(void *self) {
    struct clumsy *c = self;
    reader_close(&c->watched);
}

/* Three readers, one around the other: this one tells the middle one when to pull. */
struct reader clumsy_reader(struct clumsy *c, const struct reader *inner, enum pull_moment moment) {
    *c = (struct clumsy){.moment = moment};
    c->watched = pulled_reader(&c->pulled, inner);
    return (struct reader){
        .self = c, .reset = clumsy_reset, .exchange = clumsy_exchange, .close = clumsy_close};
}

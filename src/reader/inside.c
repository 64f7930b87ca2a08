#include "reader/inside.h"

#include <assert.h>
#include <stdlib.h>

#include "card/loop/card.h"

/* A chip and whether it has power: what reset() and close() must know. */
struct inside {
    struct card card;
    struct nvm nvm;
    bool powered;
};

/* A chip that has power loses it first, as in a reader's cold reset. */
static enum err inside_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct inside *in = self;
    if (in->powered) {
        card_power_off(&in->card);
    }
    *atr_len = card_reset(&in->card, &in->nvm, atr);
    in->powered = *atr_len > 0;
    return in->powered ? OK
                       : why_say(why, ERR_OUTSIDE,
                           "the chip does not answer to reset: its memory holds no chip");
}

static enum err inside_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct inside *in = self;
    uint8_t room[REPLY_MAX];
    if (!in->powered) {
        return why_say(why, ERR_OUTSIDE, "the card has no power; reset it first");
    }
    size_t len = card_exchange(&in->card, line, room);
    assert(len <= sizeof room);
    bool whole = reply_decode(bytes_of(room, len), reply);
    assert(whole); /* the chip of this program always answers at least its status word */
    return whole ? OK : why_say(why, ERR_OUTSIDE, "the card answered %zu bytes", len);
}

/* The memory is the port's and stays. */
static void inside_close(void *self) {
    struct inside *in = self;
    if (in->powered) {
        card_power_off(&in->card);
    }
    free(in);
}

enum err inside_open(const struct nvm *nvm, struct reader *out, struct why *why) {
    struct inside *in = calloc(1, sizeof *in);
    if (!in) {
        return why_say(why, ERR_OUTSIDE, "no memory for one more chip");
    }
    in->nvm = *nvm;
    *out = (struct reader){
        .self = in, .reset = inside_reset, .exchange = inside_exchange, .close = inside_close};
    return OK;
}

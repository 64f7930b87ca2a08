#include "reader/traced.h"

#include "base/hex.h"

enum { LINE_TEXT_MAX = 2 * APDU_MAX + 1 };

/* A longer line than any command of ours is cut with "..."; the card sees all of it. */
static void trace(struct traced *t, const char *sign, struct bytes data) {
    char text[LINE_TEXT_MAX];
    bool cut = data.len > APDU_MAX;
    hex_write(bytes_of(data.at, cut ? APDU_MAX : data.len), text);
    (void)fprintf(t->to, "%s%s%s", sign, text, cut ? "..." : "");
}

/* A card that does not answer leaves an empty ATR. */
static enum err traced_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct traced *t = self;
    enum err err = t->inner->reset(t->inner->self, atr, atr_len, why);
    trace(t, "ATR ", bytes_of(atr, err ? 0 : *atr_len));
    (void)fputc('\n', t->to);
    return err;
}

/* The command is written before it is sent, so that a trace ends with what the card did not
 * answer. */
static enum err traced_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct traced *t = self;
    trace(t, "> ", line);
    (void)fputc('\n', t->to);
    enum err err = t->inner->exchange(t->inner->self, line, reply, why);
    if (err) {
        (void)fprintf(t->to, "< no answer: %s\n", why->text);
        return err;
    }
    trace(t, "< ", reply_bytes(reply));
    (void)fprintf(t->to, "%s%04X\n", reply->len ? " " : "", (unsigned)reply->sw);
    return OK;
}

/* The card itself belongs to whoever made the inner reader. */
static void traced_close(void *self) {
    struct traced *t = self;
    (void)fflush(t->to);
}

struct reader traced_reader(struct traced *t, const struct reader *inner, FILE *to) {
    *t = (struct traced){.inner = inner, .to = to};
    return (struct reader){t, traced_reset, traced_exchange, traced_close};
}

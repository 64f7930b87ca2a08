#include "clearing/text_out.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/hex.h"

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
}

/* The stream first: closing it is what makes the memory ours to free. */
void text_out_free(struct text_out *t) {
    if (t->stream) {
        (void)fclose(t->stream);
    }
    free(t->at);
    *t = (struct text_out){0};
}

enum err text_out_begin(struct text_out *t, struct why *why) {
    assert(!t->stream);
    t->stream = open_memstream(&t->at, &t->len);
    return t->stream ? OK : no_memory(why);
}

enum err text_out_end(struct text_out *t, struct why *why) {
    assert(t->stream);
    return fflush(t->stream) == 0 && !ferror(t->stream) ? OK : no_memory(why);
}

enum err text_out_seal(struct text_out *t, char hex[2 * SM3_LEN + 1], struct why *why) {
    uint8_t digest[SM3_LEN];
    enum err err = text_out_end(t, why);
    if (!err) {
        text_digest(bytes_of(t->at, t->len), digest);
        hex_write(bytes_of(digest, sizeof digest), hex);
    }
    return err;
}

void text_out_yuan(struct text_out *t, int64_t fen) {
    assert(fen >= 0);
    (void)fprintf(t->stream, "%" PRId64 ".%02d", fen / 100, (int)(fen % 100));
}

void text_digest(struct bytes data, uint8_t digest[SM3_LEN]) {
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, data);
    sm3_end(&hash, digest);
}

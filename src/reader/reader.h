/* A reader is three functions: something with a card in it that can be reset, asked, and let go.
 *
 * Behind it may be a chip in this program (reader/inside.h), a plastic card in a PC/SC reader
 * (reader/pcsc.h), or a recording. Whoever talks to a card cannot tell which. A reader serves one
 * thread at a time. */
#pragma once

#include "host/why.h"
#include "wire/apdu.h"

struct reader {
    void *self;
    /* Powers the card up, or again; its answer to reset goes to atr. */
    enum err (*reset)(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why);
    /* One line to the card and its reply. ERR_OUTSIDE when the card has gone or never answered: then
     * nobody knows whether it did the command. */
    enum err (*exchange)(void *self, struct bytes line, struct reply *reply, struct why *why);
    /* Powers the card down and frees the reader. */
    void (*close)(void *self);
};

static inline enum err reader_reset(
    const struct reader *r, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    return r->reset(r->self, atr, atr_len, why);
}

/* Sends a command and fetches the whole answer: 61xx is followed by GET RESPONSE, 6Cxx by the
 * command again with the right Le. reply->sw is what the card finally said; a status word that is
 * no 9000 is an answer, not an error of this function. */
enum err reader_command(
    const struct reader *r, const struct apdu *command, struct reply *reply, struct why *why);

/* The same for a command that has to end with 9000: any other status word is ERR_CONFLICT, told
 * as "NAME: card answered 6982 (security state not met)". reply may be NULL. */
enum err reader_expect(const struct reader *r, const struct apdu *command, const char *name,
    struct reply *reply, struct why *why);

static inline void reader_close(const struct reader *r) {
    if (r && r->close) {
        r->close(r->self);
    }
}

/* A reader is three functions: something with a card in it that can be reset, asked, and let go.
 *
 * Behind it may be a chip in this program (reader/inside.h), a plastic card in a PC/SC reader, or a
 * recording; another reader may stand around it (reader/pulled.h, reader/traced.h). Whoever talks
 * to a card cannot tell which. A reader serves one thread at a time.
 *
 * Two kinds of bad news are kept apart everywhere: ERR_OUTSIDE says that the card has gone and
 * nobody knows whether it did the command; a status word that is no 9000 is the card's own answer.
 * [readers.md 1; purse.md 1.1] */
#pragma once

#include "host/why.h"
#include "wire/apdu.h"

/* Filled by whoever opens the reader; copied freely, closed once. */
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

/* Powers the card up, or again: everything it had not kept is forgotten. *atr_len is at most
 * ATR_MAX. */
static inline enum err reader_reset(
    const struct reader *r, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    return r->reset(r->self, atr, atr_len, why);
}

/* Sends a command and fetches the whole answer: 61xx is followed by GET RESPONSE, 6Cxx by the
 * command again with the right Le. reply->sw is what the card finally said; a status word that is
 * no 9000 is an answer, not an error of this function. The data of the command are borrowed; an
 * answer of more than 256 bytes is ERR_OUTSIDE. */
enum err reader_command(
    const struct reader *r, const struct apdu *command, struct reply *reply, struct why *why);

/* The same for a command that has to end with 9000: any other status word is ERR_CONFLICT, told
 * as "NAME: card answered 6982 (security state not met)". reply may be NULL. */
enum err reader_expect(const struct reader *r, const struct apdu *command, const char *name,
    struct reply *reply, struct why *why);

/* Lets the card go. NULL, or a reader that was never opened, is left alone. */
static inline void reader_close(const struct reader *r) {
    if (r && r->close) {
        r->close(r->self);
    }
}

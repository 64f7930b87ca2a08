/* A reader from which somebody pulls the card at a moment that was named before.
 *
 * It wraps another reader and passes everything through until the moment has come. Then the exchange
 * ends with ERR_OUTSIDE, and so does every later one, until reset() puts the card back in. There are
 * two moments, and a terminal cannot tell them apart, which is the whole point: the command never
 * reached the card, or the card did it and the answer was lost. A third moment, in the middle of a
 * write, is made by the memory's own budget of bytes (ports/sim) together with this one.
 *
 * For tests and rehearsals, over any reader; a plastic card can be pulled in this way, too.
 * [purse.md 7; system.md 5.2.1] */
#pragma once

#include <stdbool.h>

#include "reader/reader.h"

enum pull_moment {
    PULL_NEVER,
    PULL_BEFORE_COMMAND, /* the card has not seen the command */
    PULL_BEFORE_ANSWER,  /* the card has done it; nobody heard the answer */
};

/* Owned by the caller, who must keep it where it is for as long as its reader is used. */
struct pulled {
    const struct reader *inner; /* borrowed, and not closed by this one */
    enum pull_moment moment;
    unsigned exchanges_left; /* until the moment; 1 means the next exchange */
    unsigned exchange_count; /* lines that reached the card since pulled_reader() */
    bool out;                /* the card lies on the counter */
};

/* A reader over inner that lets everything pass until pulled_arm() says otherwise. */
struct reader pulled_reader(struct pulled *p, const struct reader *inner);

/* The card will be pulled at the nth exchange from now, 1 being the next one. PULL_NEVER disarms.
 * An exchange is one line: a command that needs GET RESPONSE counts twice. */
void pulled_arm(struct pulled *p, unsigned nth, enum pull_moment moment);

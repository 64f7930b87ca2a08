/* A reader that writes down what passes: one line for each reset, command and answer, hexadecimal.
 *
 * For looking at a card, and for the report when one behaves strangely. A trace holds everything a
 * card says, the holder's name and PIN included: it is for specimen cards and never goes to a log.
 * What passes is not changed, and a stream that fails changes nothing either. A card that is gone is
 * "< no answer: " and why. */
#pragma once

#include <stdio.h>

#include "reader/reader.h"

/* Owned by the caller, who must keep it where it is for as long as its reader is used. */
struct traced {
    const struct reader *inner; /* borrowed, and not closed by this one */
    FILE *to;                   /* borrowed */
};

/* A reader over inner that writes "ATR ...", "> ..." and "< ..." to a stream. */
struct reader traced_reader(struct traced *t, const struct reader *inner, FILE *to);

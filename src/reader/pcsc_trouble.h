/* What PC/SC's error codes mean to whoever stands at the reader, as a table.
 *
 * A card that is pulled in the middle, and another put in its place, shows itself as any of five
 * codes, in no order that one may rely on; all five are one cause: the card has gone, power it
 * up again and find out how far it was. [readers.md 1.3] */
#pragma once

#include "host/why.h"

enum pcsc_cause {
    PCSC_FINE,
    PCSC_CARD_GONE,   /* bounded in time, worth trying again: reset, then recover */
    PCSC_CARD_SILENT, /* something is in the reader, and it does not talk */
    PCSC_IN_USE,
    PCSC_NO_READER,
    PCSC_NO_DAEMON,
    PCSC_NOT_ALLOWED,
    PCSC_OTHER, /* what the table does not know */
};

/* The cause of a code, of the type LONG that PC/SC's functions return. */
enum pcsc_cause pcsc_cause_of(long code);

/* Says "READER: what is the matter (detail); next step", without its first part where the reader
 * is not known (NULL). Always ERR_OUTSIDE: whatever it is, it is not the caller's mistake. Must
 * not be called with a code that is fine. */
enum err pcsc_trouble_say(struct why *why, long code, const char *reader);

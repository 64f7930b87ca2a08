/* A plastic card in a PC/SC reader, through pcscd.
 *
 * The card is held exclusively from reset() to close(): nobody else may speak to it in between, and
 * so nobody else can use a PIN that its holder has shown. It is powered down at the end. reset()
 * powers it up anew even where it had power, because a card forgets its PIN and its place only
 * then.
 *
 * What happens when a card goes: exchange() ends with ERR_OUTSIDE, whatever code PC/SC has for it,
 * and so does every later one, until reset(). reset() bears with the strange codes of the first
 * second after a card was put in, waits for a card if that was wished, and never waits much longer
 * than that.
 *
 * A mute card makes the driver, and with it every call of PC/SC in every program, wait without end.
 * All calls are made by a thread of their own and given up after a limit (reader/errand.h): then it
 * is ERR_OUTSIDE, too. The thread stays behind until the card is pulled; reset() begins with a new
 * one.
 *
 * Over T=0 a command that has data and wants an answer is sent without its Le, as ISO/IEC 7816-3
 * 12.2 maps it; the card announces its answer with 61xx. A line of less than two bytes is never
 * sent: to a virtual reader one byte is no command but power. [readers.md 1.3] */
#pragma once

#include <stdbool.h>

#include "reader/reader.h"

enum {
    PCSC_READERS_MAX = 16, /* as many as one pcscd serves */
    PCSC_NAME_ROOM = 128,
    PCSC_ANSWER_MS = 5000, /* for one command; the slowest of a card of ours takes a tenth */
};

/* Which reader, and how patiently. */
struct pcsc_wish {
    const char *name;   /* whole, or a beginning that only one reader has; NULL: the first reader */
    unsigned wait_ms;   /* how long reset() waits for a card to be put in; 0: it must be there */
    unsigned answer_ms; /* 0: PCSC_ANSWER_MS */
};

/* Finds the reader; the card is not needed before reset(). ERR_NOT_FOUND: no reader has that
 * name, ERR_CONFLICT: several begin with it; both name those that are there. ERR_OUTSIDE: no
 * pcscd, no reader at all. The wish is copied. The caller closes *out. */
enum err pcsc_open(const struct pcsc_wish *wish, struct reader *out, struct why *why);

/* The whole name of the reader that pcsc_open() found. Borrowed from it. */
const char *pcsc_name(const struct reader *reader);

/* A reader that pcscd knows, and what is in it. */
struct pcsc_slot {
    char name[PCSC_NAME_ROOM];
    bool card;   /* something is in it */
    bool mute;   /* and does not answer */
    bool in_use; /* another program holds it */
    uint8_t atr[ATR_MAX];
    size_t atr_len;
};

/* All readers, in pcscd's order. ERR_OUTSIDE when there is no pcscd or no reader. */
enum err pcsc_list(struct pcsc_slot slots[PCSC_READERS_MAX], size_t *slot_count, struct why *why);

/* The status words of the card, as card.md 6.3 and purse.md 4.15 list them. On the chip they are
 * the only error codes there are; on the host sw_text() says in words what a card answered.
 *
 * Three of them carry a number in their low bits and are compared under a mask: SW_MORE_DATA and
 * SW_WRONG_LE (low byte; 00 means 256), SW_TRIES_LEFT (low nibble). */
#pragma once

#include <stdint.h>

#include "base/features.h"

/* A word, and the byte that stands for it inside a small chip. A number that fits an instruction costs
 * two bytes of code wherever it is returned, any other one six: 0 for a yes, 8x for 6A8x, 9x for 698x,
 * Ax for 6x00, Bx for 930x, Cx for 658x. sw_said() has the word back. Everywhere else the two are the
 * same. */
#define SW_SHORT(word, byte) (CARD_YES ? (word) : (byte))

/* What the card answers behind its data; 9000 alone is a yes. */
enum sw {
    /* Done; 61xx is done, too, with an answer that waits. */
    SW_OK = CARD_YES,      /* 9000 on the line */
    SW_MORE_DATA = 0x6100, /* low byte: how much GET RESPONSE may fetch */
    /* A doubt, a count of tries, and what became of the memory. */
    SW_DATA_DOUBTFUL = 0x6281,          /* data may be damaged or was never written */
    SW_FILE_INVALIDATED = 0x6283,       /* application blocked for a time */
    SW_TRIES_LEFT = 0x63C0,             /* low nibble: tries left */
    SW_UNCHANGED = 0x6400,              /* nothing was changed */
    SW_MEMORY = SW_SHORT(0x6581, 0xC1), /* the memory refused a write */
    /* The form of the command. */
    SW_WRONG_LENGTH = SW_SHORT(0x6700, 0xA7),
    SW_SM_UNSUPPORTED = 0x6882,
    /* Not now, or not for you: state, rights, keys and secure messaging. */
    SW_LINE_PROTECTION = SW_SHORT(
        0x6900, 0xA9),       /* class does not fit the protection of the file or key */
    SW_WRONG_STATE = 0x6901, /* not in this state of a transaction */
    SW_WRONG_FILE_TYPE = SW_SHORT(0x6981, 0x91),
    SW_SECURITY = SW_SHORT(0x6982, 0x92),     /* security state not met */
    SW_BLOCKED = SW_SHORT(0x6983, 0x93),      /* key or PIN is locked */
    SW_NO_CHALLENGE = SW_SHORT(0x6984, 0x94), /* no live random number */
    SW_CONDITIONS = SW_SHORT(0x6985, 0x95),   /* conditions of use not met */
    SW_NO_CURRENT_FILE = SW_SHORT(0x6986, 0x96),
    SW_SM_MISSING = SW_SHORT(0x6987, 0x97),
    SW_SM_WRONG = SW_SHORT(0x6988, 0x98),
    /* What the command names is wrong or is not there. */
    SW_WRONG_DATA = SW_SHORT(0x6A80, 0x80),
    SW_UNSUPPORTED = SW_SHORT(0x6A81, 0x81), /* no such function; card or application blocked */
    SW_FILE_NOT_FOUND = SW_SHORT(0x6A82, 0x82),
    SW_RECORD_NOT_FOUND = SW_SHORT(0x6A83, 0x83),
    SW_NO_SPACE = SW_SHORT(0x6A84, 0x84),
    SW_WRONG_P1P2 = SW_SHORT(0x6A86, 0x86),
    SW_KEY_NOT_FOUND = SW_SHORT(0x6A88, 0x88),
    SW_WRONG_OFFSET = SW_SHORT(0x6B00, 0xAB),
    SW_WRONG_LE = 0x6C00, /* low byte: the right Le */
    SW_INS_UNKNOWN = SW_SHORT(0x6D00, 0xAD),
    SW_CLA_UNKNOWN = SW_SHORT(0x6E00, 0xAE),
    /* Nothing of the terminal's. */
    SW_OUR_MISTAKE = SW_SHORT(0x6F00, 0xAF), /* a broken invariant: the card is mute until reset */
    /* The wallet's own words. [purse.md 4.15] */
    SW_MAC_WRONG = SW_SHORT(0x9302, 0xB2), /* MAC of a transaction, of RELOAD PIN or of WRITE KEY */
    SW_LOCKED_FOR_EVER = SW_SHORT(0x9303, 0xB3),
    SW_FUNDS = 0x9401, /* amount above balance */
    SW_COUNTER_FULL = 0x9402,
    SW_KEY_INDEX = 0x9403,
    SW_NO_PROOF = 0x9406, /* the MAC or TAC asked for is not there */
    SW_GREY = 0x9408,
};

/* The word as it goes over the line. */
static inline uint16_t sw_said(unsigned sw) {
    if (sw == SW_OK) {
        return 0x9000;
    }
    switch (CARD_YES ? 0 : sw >> 4) {
    case 0x8:
        return (uint16_t)(0x6A00 | sw);
    case 0x9:
        return (uint16_t)(0x6980 | (sw & 0x0F));
    case 0xA:
        return (uint16_t)((0x60 | (sw & 0x0F)) << 8);
    case 0xB:
        return (uint16_t)(0x9300 | (sw & 0x0F));
    case 0xC:
        return (uint16_t)(0x6580 | (sw & 0x0F));
    default:
        return (uint16_t)sw;
    }
}

/* What a status word means, in a few words for a person; static, never NULL, for any 16 bits. */
const char *sw_text(uint16_t sw);

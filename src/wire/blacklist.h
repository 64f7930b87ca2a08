/* The blacklist as a terminal keeps it: every card that may not be used, in one sealed piece.
 * [system.md 6.3.5; purse.md 8.4]
 *
 * Header, entries sorted by card factor without repeats, seal; big-endian throughout:
 *
 *     "SBBL" | form 1 (1) | version (4) | day BCD (4) | time BCD (3) | count (4)
 *     count times: card factor (8) | reason (1)
 *     CRC-32 over everything before it (4)
 *
 * blacklist 1: its length is exactly that of its count.
 * blacklist 2: each factor is greater than the one before it, so that a card is found by halves.
 * blacklist 3: each reason is 1 to BLACKLIST_REASON_LAST.
 *
 * The seal tells a torn or mixed-up list from a whole one; it is no signature: whoever brings the
 * list must be trusted for other reasons. Nothing is copied: a decoded list borrows the bytes it
 * was read from. Nothing allocates; any thread may read. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

/* Bytes of each part, and the last reason. */
enum {
    BLACKLIST_HEADER_LEN = 20,
    BLACKLIST_FACTOR_LEN = 8,
    BLACKLIST_ENTRY_LEN = BLACKLIST_FACTOR_LEN + 1,
    BLACKLIST_SEAL_LEN = 4,
    BLACKLIST_REASON_LAST = 8, /* reasons are 1 to this: enum list_reason of the registry */
};

/* A list that was read, or the head of one that is written (then without entries). */
struct blacklist {
    uint32_t version; /* one higher at every change of the list */
    uint32_t day;     /* the business moment of which it tells: YYYYMMDD, HHMMSS */
    uint32_t time;
    uint32_t count;
    struct bytes entries; /* count entries, sorted; borrowed */
};

/* The bytes that a list of so many cards takes. */
static inline size_t blacklist_room(uint32_t count) {
    return BLACKLIST_HEADER_LEN + (size_t)count * BLACKLIST_ENTRY_LEN + BLACKLIST_SEAL_LEN;
}

/* Writes a list: begin with the count that will follow, put each card in the order of the factors,
 * seal. The builder must have held nothing before, and blacklist_room(count) bytes are enough. What
 * does not fit, comes out of order, has no such reason or day, or is not what the count said
 * overflows the builder: whoever asks it at the end knows whether there is a list. */
void blacklist_begin(struct builder *b, const struct blacklist *head);
void blacklist_put(struct builder *b, const uint8_t factor[BLACKLIST_FACTOR_LEN], uint8_t reason);
void blacklist_seal(struct builder *b);

/* Reads a list. False, and *out untouched, when anything is not as described above: another form, a
 * day or time that does not exist, too short, too long, unsorted, a reason that is none, or a broken
 * seal. */
bool blacklist_decode(struct bytes list, struct blacklist *out);

/* The reason for which the card is listed, or 0 when it is not. *list must come from
 * blacklist_decode(); a search takes some twenty steps for a million cards. */
uint8_t blacklist_reason(const struct blacklist *list, const uint8_t factor[BLACKLIST_FACTOR_LEN]);

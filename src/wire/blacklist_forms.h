/* The blacklist in its two other forms, and the envelope in which all three travel. [system.md
 * 6.3.5]
 *
 * An increment says what became different between two lists: which cards came on, for which reason,
 * and which came off. Big-endian throughout:
 *
 *     "SBBC" | form 1 (1) | of the list before: version (4) | day BCD (4) | time BCD (3)
 *     of the list after: version (4) | day BCD (4) | time BCD (3) | count (4)
 *     count times: card factor (8) | reason (1), 0: off the list
 *     CRC-32 over everything before it (4)
 *
 * A bitmap says of every card number in use whether it is listed, one bit each, for terminals with
 * little memory; the ordinal of a number counts through the ranges in their order:
 *
 *     "SBBM" | form 1 (1) | version (4) | day BCD (4) | time BCD (3) | ranges (1)
 *     for each range: letter (1) | first serial (4) | how many (4)
 *     bits, the first in the high bit of the first byte, the last byte filled with 0
 *     CRC-32 over everything before it (4)
 *
 * An envelope carries any one of the three with a signature over everything before the signature:
 *
 *     "SBSG" | form 1 (1) | algorithm (1), 1: Ed25519 | key id (8) | length (4) | list
 *     signature (64)
 *
 * forms 1: lengths are exactly those of the counts.
 * forms 2: factors rise; reasons are 0 to BLACKLIST_REASON_LAST in an increment.
 * forms 3: an increment fits one list only, the one whose version and moment it names.
 *
 * Whether a signature is right is not asked here: host/signer.h knows. Nothing is copied but by
 * blacklist_apply(); nothing allocates; any thread may read. */
#pragma once

#include "wire/blacklist.h"

/* Bytes of each part. */
enum {
    CHANGE_HEADER_LEN = 31,
    BITMAP_HEADER_LEN = 17,
    BITMAP_RANGE_LEN = 9,
    BITMAP_RANGES_MAX = 8,
    ENVELOPE_HEADER_LEN = 18,
    ENVELOPE_KEY_ID_LEN = 8,
    ENVELOPE_SIGNATURE_LEN = 64,
    ENVELOPE_ED25519 = 1,
    ENVELOPE_EXTRA_LEN = ENVELOPE_HEADER_LEN + ENVELOPE_SIGNATURE_LEN,
};

/* An increment: `from` and `to` have no entries of their own. */
struct blacklist_change {
    struct blacklist from, to; /* version, day and time of each; to.count is the increment's */
    struct bytes entries;      /* to.count of them; borrowed */
};

/* The bytes that an increment of so many cards takes. */
static inline size_t change_room(uint32_t count) {
    return CHANGE_HEADER_LEN + (size_t)count * BLACKLIST_ENTRY_LEN + BLACKLIST_SEAL_LEN;
}

/* Writes an increment as blacklist.h writes a list: begin with the count, put in the order of the
 * factors (reason 0: off), seal. What breaks a rule overflows the builder. */
void change_begin(struct builder *b, const struct blacklist_change *head);
void change_put(struct builder *b, const uint8_t factor[BLACKLIST_FACTOR_LEN], uint8_t reason);
void change_seal(struct builder *b);

/* Reads an increment; false, and *out untouched, when anything is not as described above. */
bool change_decode(struct bytes data, struct blacklist_change *out);

/* Writes the list after the increment into an empty builder; list and change come from their
 * decoders, and blacklist_room(list.count + change.to.count) bytes are always enough. False when the
 * increment is not for this list (forms 3) or does not fit: then the terminal asks for a full list.
 * Taking off a card that is not on is nothing: it came and went between the two. */
bool blacklist_apply(
    const struct blacklist *list, const struct blacklist_change *change, struct builder *b);

/* Card numbers of one letter: serials first to first + count - 1. */
struct bitmap_range {
    char letter; /* 'A' to 'Z' */
    uint32_t first, count;
};

/* A bitmap that was read, or the head of one to write. */
struct blacklist_bitmap {
    uint32_t version, day, time;
    uint32_t range_count;
    struct bitmap_range ranges[BITMAP_RANGES_MAX];
    struct bytes bits; /* borrowed */
};

/* The bytes that the bitmap of these ranges takes. */
size_t bitmap_room(const struct blacklist_bitmap *map);
/* Writes head and empty bits into an empty builder; bitmap_set() then marks one number in them, and
 * bitmap_seal() ends it. A number in no range overflows the builder: the list would lie. */
void bitmap_begin(struct builder *b, const struct blacklist_bitmap *map);
void bitmap_set(
    struct builder *b, const struct blacklist_bitmap *map, char letter, uint32_t serial);
void bitmap_seal(struct builder *b);

/* Reads a bitmap; false, and *out untouched, when anything is not as described above. */
bool bitmap_decode(struct bytes data, struct blacklist_bitmap *out);

/* What a bitmap says of a number. UNKNOWN: it is in no range, so the card is none of this city, or
 * younger than the list; the terminal refuses it offline. */
enum bitmap_answer { BITMAP_FREE, BITMAP_LISTED, BITMAP_UNKNOWN };
enum bitmap_answer bitmap_ask(const struct blacklist_bitmap *map, char letter, uint32_t serial);

/* A signed list. All of it is borrowed. */
struct envelope {
    uint8_t algorithm;
    struct bytes key_id, list;
    struct bytes said; /* what the signature is over */
    struct bytes signature;
};

/* Writes the head for a list of that length into an empty builder. The caller puts the list behind
 * it, signs all of that, and puts the signature last. */
void envelope_head(struct builder *b, const uint8_t key_id[ENVELOPE_KEY_ID_LEN], size_t list_len);
/* Reads one; false, and *out untouched, when form, algorithm or lengths are others. */
bool envelope_decode(struct bytes data, struct envelope *out);

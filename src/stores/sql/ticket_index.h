/* Where a ticket may stand: for each ticket that was put in, the number of its row, in memory.
 *
 * An index of hints: what was put in is always found, and now and then a number of another ticket
 * is found beside it, for only 32 bits of a ticket's hash are kept. Whoever asks reads the row and
 * compares. Nothing is ever taken out but all at once, so a hint may also lead to a row that is
 * gone. Eight bytes a place, and at most two places for each ticket and one in use for every two.
 *
 * Numbers rise: of one that is put in, the last 32 bits are kept, and it is told as the youngest
 * that has them, up to a number that the asker gives. The hash is keyed anew with each index, so
 * that nobody outside can choose tickets which meet in one place.
 *
 * One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/clearing.h"

/* The most tickets: 256 MiB of them. */
enum { TICKETS_MAX = 1 << 24 };

/* All zeros is an index of nothing, which may be dropped, searched and added to. The owner keeps
 * it; what it points to is its own until ticket_index_drop(). */
struct ticket_index {
    struct ticket_place *places; /* room of them, a power of two; NULL: none */
    size_t room, count;
    uint64_t key[2];
};

/* Makes room for so many more; false, and nothing is changed, when there is no memory or would be
 * more than TICKETS_MAX. */
bool ticket_index_room(struct ticket_index *index, size_t more);

/* Puts a ticket in, for which ticket_index_room() has made room. number is above 0. The same again
 * is found twice. */
void ticket_index_add(struct ticket_index *index, const uint8_t ticket[TICKET_LEN], int64_t number);

/* A search under way; it ends with the next change of the index. */
struct ticket_search {
    uint32_t mark;
    size_t at;
};

/* Begins to search. */
struct ticket_search ticket_index_search(
    const struct ticket_index *index, const uint8_t ticket[TICKET_LEN]);

/* The next number under which the ticket may stand, with newest the highest number that was put in
 * or above it by less than 2^32. False when there is no more. */
bool ticket_index_next(const struct ticket_index *index, struct ticket_search *search,
    int64_t newest, int64_t *number);

/* Forgets everything and gives the memory back. */
void ticket_index_drop(struct ticket_index *index);

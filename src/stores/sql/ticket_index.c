#include "stores/sql/ticket_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ROOM_LEAST = 1024 };

/* mark 0: nobody's place. */
struct ticket_place {
    uint32_t mark;
    uint32_t number; /* its last 32 bits */
};

_Static_assert(TICKET_LEN == 2 * sizeof(uint64_t), "a ticket is two words");

/* Thirty-two bits of both halves of the ticket and of the key, each of which moves all of them
 * [multiply and shift; the constants are those of MurmurHash3's finisher]. */
static uint32_t mark_of(const struct ticket_index *index, const uint8_t ticket[TICKET_LEN]) {
    uint64_t half[2];
    (void)memcpy(half, ticket, TICKET_LEN);
    uint64_t h = half[0] ^ index->key[0];
    h = (h ^ h >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    h ^= half[1] ^ index->key[1];
    h = (h ^ h >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    h = (h ^ h >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    uint32_t mark = (uint32_t)(h >> 32);
    return mark ? mark : 1;
}

/* The first free place behind where the mark belongs; there is one, for half of them are free. */
static void put(struct ticket_index *index, struct ticket_place place) {
    size_t at = place.mark & (index->room - 1);
    assert(place.mark != 0);
    assert(index->count < index->room);
    while (index->places[at].mark != 0) {
        at = (at + 1) & (index->room - 1);
    }
    index->places[at] = place;
    index->count++;
}

/* Everything moves to a table of that room; false without memory. */
static bool grow(struct ticket_index *index, size_t room) {
    struct ticket_index grown = *index;
    assert((room & (room - 1)) == 0);
    assert(room >= 2 * index->count);
    assert(index->places || index->room == 0);
    grown.places = calloc(room, sizeof *grown.places);
    grown.room = room;
    grown.count = 0;
    if (!grown.places) {
        return false;
    }
    for (size_t i = 0; i < index->room; i++) {
        if (index->places[i].mark != 0) {
            put(&grown, index->places[i]);
        }
    }
    assert(grown.count == index->count);
    free(index->places);
    *index = grown;
    return true;
}

bool ticket_index_room(struct ticket_index *index, size_t more) {
    size_t room = index->room ? index->room : ROOM_LEAST;
    if (more > TICKETS_MAX || index->count + more > TICKETS_MAX) {
        return false;
    }
    /* A key that the system does not give is one of zeros: then tickets can be chosen, and what is
     * chosen makes the search long, never wrong. */
    if (!index->places
        && getrandom(index->key, sizeof index->key, GRND_NONBLOCK) != (ssize_t)sizeof index->key) {
        (void)memset(index->key, 0, sizeof index->key);
    }
    while (room < 2 * (index->count + more)) {
        room *= 2;
    }
    return (index->places && room == index->room) || grow(index, room);
}

void ticket_index_add(
    struct ticket_index *index, const uint8_t ticket[TICKET_LEN], int64_t number) {
    assert(number > 0);
    assert(index->places);
    assert(2 * index->count < index->room); /* ticket_index_room() saw to it */
    put(index, (struct ticket_place){mark_of(index, ticket), (uint32_t)number});
}

struct ticket_search ticket_index_search(
    const struct ticket_index *index, const uint8_t ticket[TICKET_LEN]) {
    struct ticket_search search = {.mark = mark_of(index, ticket)};
    search.at = index->places ? search.mark & (index->room - 1) : 0;
    return search;
}

bool ticket_index_next(const struct ticket_index *index, struct ticket_search *search,
    int64_t newest, int64_t *number) {
    assert(newest >= 0);
    while (index->places && index->places[search->at].mark != 0) {
        const struct ticket_place *place = &index->places[search->at];
        search->at = (search->at + 1) & (index->room - 1);
        if (place->mark == search->mark) {
            *number = newest - (int64_t)((uint32_t)newest - place->number);
            return true;
        }
    }
    return false;
}

void ticket_index_drop(struct ticket_index *index) {
    free(index->places);
    *index = (struct ticket_index){.places = NULL};
}

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_parts.h"
#include "clearing/partition_piece.h"
#include "host/direct_file.h"

/* --- putting ------------------------------------------------------------------------------- */

/* Terminal and sequence, spread over the heaps. */
static size_t place_heap(const struct parts_day *day, uint64_t terminal, uint32_t seq) {
    uint64_t x = (terminal ^ (uint64_t)seq << 32 ^ seq) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)((x >> 32) * day->parts >> 32);
}

bool parts_put_place(
    struct parts_day *day, size_t worker, const uint8_t *piece, uint64_t pos, struct why *why) {
    uint64_t terminal = piece_terminal(piece);
    uint32_t seq = piece_u32(piece + AT_SEQ);
    assert(pos >> POS_BITS == 0);
    struct place_row *row = spool_row(day->places, worker, place_heap(day, terminal, seq), why);
    if (row) {
        row->high = terminal << 16 | seq >> 16;
        row->low = (uint64_t)(seq & 0xFFFF) << POS_BITS | pos;
    }
    return row && (!day->tills || parts_put_till(day, worker, piece, pos, why));
}

/* --- who was first ------------------------------------------------------------------------- */

/* A heap of places with an index over them. */
struct place_room {
    struct place_row *rows;
    uint32_t *slots; /* index + 1 of the first row with a place, by upload */
    size_t row_room, slot_count;
};

static void place_room_free(struct place_room *room) {
    free(room->rows);
    free(room->slots);
}

/* Room for a heap; the index has more than twice as many slots. */
static enum err make_room(struct place_room *room, size_t count, struct why *why) {
    size_t slots = 16;
    while (slots < 2 * count) {
        slots *= 2;
    }
    if (!room->rows || count > room->row_room) {
        free(room->rows);
        free(room->slots);
        room->row_room = count;
        room->rows = direct_room_new((count + 1) * sizeof *room->rows);
        room->slots = malloc(slots * sizeof *room->slots);
    }
    if (!room->rows || !room->slots) {
        return why_say(why, ERR_OUTSIDE, "no memory for a heap of places; end other programs");
    }
    room->slot_count = slots;
    (void)memset(room->slots, 0, slots * sizeof *room->slots);
    return OK;
}

static uint64_t pos_of(const struct place_row *row) {
    return row->low & ((UINT64_C(1) << POS_BITS) - 1);
}

static bool same_place(const struct place_row *a, const struct place_row *b) {
    return a->high == b->high && a->low >> POS_BITS == b->low >> POS_BITS;
}

/* Where a search for a place begins. */
static size_t first_slot(const struct place_room *room, const struct place_row *row) {
    uint64_t x = (row->high ^ (row->low >> POS_BITS) << 40) * UINT64_C(0xBF58476D1CE4E5B9);
    return (size_t)(x ^ x >> 31) & (room->slot_count - 1);
}

/* The slot where the place stands or would stand. */
static size_t slot_of(const struct place_room *room, const struct place_row *row) {
    size_t slot = first_slot(room, row);
    while (room->slots[slot] != 0 && !same_place(&room->rows[room->slots[slot] - 1], row)) {
        slot = (slot + 1) & (room->slot_count - 1);
    }
    return slot;
}

/* Of several with one place the first by upload keeps the slot; all others are late. Of those of earlier
 * days nobody asks any more. */
static void mark_late(struct parts_day *day, const struct place_row *row) {
    if (pos_of(row) == 0) {
        return;
    }
    assert(late_bit(day, pos_of(row)) < day->bits);
    bit_set(day, day->late, pos_of(row));
}

static void walk_heap(struct parts_day *day, struct place_room *room, size_t count) {
    enum { AHEAD = 16 };
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            __builtin_prefetch(&room->slots[first_slot(room, &room->rows[i + AHEAD])], 1);
        }
        size_t slot = slot_of(room, &room->rows[i]);
        uint32_t first = room->slots[slot];
        if (first == 0) {
            room->slots[slot] = (uint32_t)(i + 1);
            continue;
        }
        bool earlier = pos_of(&room->rows[i]) < pos_of(&room->rows[first - 1]);
        mark_late(day, &room->rows[earlier ? first - 1 : i]);
        room->slots[slot] = earlier ? (uint32_t)(i + 1) : first;
    }
}

enum err parts_places(struct parts_day *day, size_t worker, struct why *why) {
    struct place_room room = {0};
    size_t heap = 0;
    enum err err = OK;
    (void)worker;
    while (!err && parts_next(day, day->parts, 1, &heap) > 0) {
        size_t count = spool_count(day->places, heap);
        err = make_room(&room, count, why);
        err = err ? err : spool_take(day->places, heap, room.rows, why);
        if (!err) {
            walk_heap(day, &room, count);
        }
    }
    place_room_free(&room);
    return err;
}

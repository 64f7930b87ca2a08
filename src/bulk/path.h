/* One way to compute in slices: what src/bulk/path_*.c offer to bulk.c, all made from the one
 * source sliced_des.h with registers of different width.
 *
 * A path works on one group of lanes at a time, in a room that its caller gives and wipes. The room
 * begins with the lanes, so that a group is filled and emptied without knowing the path. */
#pragma once

#include "bulk/bulk.h"
#include "bulk/round_keys.h"

enum { ROOM_ALIGN = 64 };

struct path {
    const char *name;
    size_t lanes;    /* of a group */
    size_t room_len; /* bytes, aligned to ROOM_ALIGN */
    bool (*here)(void);
    /* The lanes of a room: factor and data to be filled in, mac to be read, card keys to be read. */
    struct bulk_lanes *(*lanes_of)(void *room);
    /* Once for a room before anything else is computed in it. */
    void (*begin)(void *room, const struct lane_order *order);
    /* Lanes' mac from their factor and data. */
    void (*tacs)(void *room, const struct shared_tdes *city);
    /* Lanes' keys from their factor: left halves into data[0], right halves into data[1]. */
    void (*derive)(void *room, const struct shared_tdes *city);
    /* Empties the registers that keys were in: what the system or the loader saves on a stack of its
     * choice later must hold nothing of them. */
    void (*forget)(void);
};

extern const struct path path_avx512, path_avx2, path_words;

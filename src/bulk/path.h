/* One way to compute one cipher for many lanes: what the files of this folder offer to bulk.c.
 *
 * The sliced ones are all made from one source a cipher, sliced_des.h and sliced_sm4.h, with registers
 * of different width; path_gfni.c is SM4 with the instructions for its field. A path works on one
 * group of lanes at a time, in a room that its caller gives and wipes. The room begins with the lanes,
 * so that a group is filled and emptied without knowing the path. */
#pragma once

#include "bulk/bulk.h"
#include "bulk/round_keys.h"
#include "bulk/sm4_keys.h"

enum { ROOM_ALIGN = 64 };

/* A key that all lanes share, made ready. Wipe it with crypto_wipe() when done. */
union shared_key {
    struct shared_tdes tdes;
    struct shared_sm4 sm4;
};

struct path {
    const char *name;
    size_t lanes;                  /* of a group */
    size_t room_len;               /* bytes, aligned to ROOM_ALIGN */
    size_t secret_len;             /* of them, from the front: what a call leaves there is wiped */
    const struct box_flips *flips; /* of DES: what a shared key must be made for; NULL for SM4 */
    bool (*here)(void);
    /* Once in the life of a room, before anything else is computed in it. */
    void (*begin)(void *room, const struct lane_order *order);
    /* Lanes' mac from their factor and the words of their data. */
    void (*tacs)(void *room, const union shared_key *city, size_t words);
    /* Lanes' keys from their factor: left halves into data[0], right halves into data[1]. */
    void (*derive)(void *room, const union shared_key *city);
    /* The lanes' transport keys from their factor; they stay in the room for wrap(). */
    void (*transport)(void *room, const union shared_key *batch);
    /* A key of the lanes, wrapped into data[0] and data[1], and zeros under it into mac; half: its
     * left half alone, twice. */
    void (*wrap)(void *room, const union shared_key *city, bool half);
    /* Empties the registers that keys were in: what the system or the loader saves on a stack of its
     * choice later must hold nothing of them. */
    void (*forget)(void);
};

extern const struct path path_des_avx512, path_des_avx2, path_des_words;
extern const struct path path_sm4_gfni, path_sm4_avx2, path_sm4_words;

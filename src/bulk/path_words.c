/* 64-bit words: 64 lanes, for every processor. */
#include "bulk/path.h"
#include "bulk/sliced_des.h"

static bool words_here(void) {
    return true;
}

const struct path path_words = {
    .name = "64-bit words",
    .lanes = LANES,
    .room_len = sizeof(struct sliced_room),
    .here = words_here,
    .lanes_of = sliced_lanes,
    .begin = sliced_begin,
    .tacs = sliced_tacs,
    .derive = sliced_derive,
};

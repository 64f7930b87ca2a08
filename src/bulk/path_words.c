/* 64-bit words: 64 lanes, for every processor. */
#include "bulk/path.h"
#include "bulk/sliced_des.h"

static bool words_here(void) {
    return true;
}

/* The few registers of a processor that has no other path are in use again at once. */
static void words_forget(void) {
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
    .forget = words_forget,
};

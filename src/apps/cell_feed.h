/* The feeds of production cells: what stands behind struct cell_feed of issuance/cell.h.
 *
 * The rehearsal's feed has chips of this program: a blank is made when a seat asks for it, lies in
 * RAM while it is worked on, and a finished card becomes an image among the chips of the centre,
 * named by its card number. What is spoiled leaves nothing behind. A piece that was in the machine
 * when a program ended is found as that image, or was never more than a blank. */
#pragma once

#include "issuance/cell.h"

/* Whose blanks the factory delivered. */
struct cell_feed_order {
    const char *dir; /* the centre's; borrowed */
    uint32_t region;
    enum chips_of chips;
    enum profile_name profile; /* its chips' size */
    unsigned seats;
    bool found; /* an image that is there already is what the seat gets for a piece taken before */
};

/* Opens the feed; cell_feed_close() ends it, also after a failure. ERR_OUTSIDE: no memory is left.
 */
enum err cell_feed_open(
    const struct cell_feed_order *order, struct cell_feed *out, struct why *why);
void cell_feed_close(struct cell_feed *feed);

#include "apps/cell_feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/rack.h"
#include "card/loop/card.h"
#include "host/centre.h"
#include "ports/sim/image.h"
#include "ports/sim/workpiece.h"
#include "reader/inside.h"

/* A seat's reader, and what lies in it: a blank in RAM, or an image that was found. */
struct feed_seat {
    struct workpiece *piece;
    struct image *found; /* NULL for a blank */
};

struct feed {
    struct cell_feed_order order;
    struct feed_seat seats[CELL_SEATS_MAX];
};

/* Where the card's image is to be. */
static enum err card_path(const struct feed *feed, const struct cell_piece *piece,
    char path[PATH_ROOM], struct why *why) {
    char folder[PATH_ROOM];
    char file[32];
    (void)snprintf(file, sizeof file, "%s.chip", piece->line.card_number);
    (void)centre_path(folder, feed->order.dir, CENTRE_CHIPS);
    return files_join(path, folder, file)
               ? OK
               : why_say(why, ERR_INVALID, "the path of %s is too long", file);
}

/* A card that was finished before its row said so. */
static enum err load_found(struct feed *feed, struct feed_seat *seat,
    const struct cell_piece *piece, struct reader *out, struct why *why) {
    char path[PATH_ROOM];
    enum err err = card_path(feed, piece, path, why);
    err = err ? err : image_open(path, &seat->found, why);
    return err ? err : inside_open(image_nvm(seat->found), out, why);
}

/* A blank as it comes from its factory. */
static enum err load_blank(struct feed *feed, struct feed_seat *seat,
    const struct cell_piece *piece, struct reader *out, struct why *why) {
    struct chip_birth birth;
    enum err err = OK;
    if (!seat->piece) {
        err = workpiece_open(profile_chip_bytes(feed->order.profile), &seat->piece, why);
    }
    if (err) {
        return err;
    }
    workpiece_blank(seat->piece);
    assert(piece->serial > 0);
    assert(piece->serial <= STOCK_SERIAL_MAX);
    rack_birth(feed->order.region, (uint32_t)piece->serial, &birth);
    if (feed->order.chips == CHIPS_OF_DATANG) {
        rack_birth_datang(&birth);
    }
    return card_manufacture(workpiece_nvm(seat->piece), &birth)
               ? inside_open(workpiece_nvm(seat->piece), out, why)
               : why_say(why, ERR_OUTSIDE, "the memory of a chip is too small for any");
}

/* What was in the machine before may be a card already. */
static enum err feed_load(void *self, unsigned seat, const struct cell_piece *piece,
    struct reader *out, struct why *why) {
    struct feed *feed = self;
    assert(seat < feed->order.seats);
    struct feed_seat *s = &feed->seats[seat];
    if (feed->order.found && piece->again && piece->line.seq > 0) {
        enum err err = load_found(feed, s, piece, out, why);
        if (err != ERR_NOT_FOUND && err != ERR_INVALID) { /* none, or torn: it never was a card */
            return err;
        }
    }
    return load_blank(feed, s, piece, out, why);
}

/* A found image keeps by itself what was done to it. */
static enum err feed_unload(
    void *self, unsigned seat, const struct cell_piece *piece, struct why *why) {
    struct feed *feed = self;
    struct feed_seat *s = &feed->seats[seat];
    char path[PATH_ROOM];
    bool card = piece->line.seq > 0 && (piece->fate == FATE_GOOD || piece->fate == FATE_WRONG);
    if (s->found) {
        image_close(s->found);
        s->found = NULL;
        return OK;
    }
    enum err err = card ? card_path(feed, piece, path, why) : OK;
    return err || !card ? err : workpiece_keep(s->piece, path, why);
}

/* A reader of this program does not go away. */
static bool feed_alive(void *self, unsigned seat) {
    const struct feed *feed = self;
    return seat < feed->order.seats;
}

/* Chips are made when a seat asks for them. */
enum err cell_feed_open(
    const struct cell_feed_order *order, struct cell_feed *out, struct why *why) {
    assert(order->seats >= 1);
    assert(order->seats <= CELL_SEATS_MAX);
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return why_say(why, ERR_OUTSIDE, "no memory for a feed of chips; end other programs");
    }
    feed->order = *order;
    *out = (struct cell_feed){
        .self = feed, .load = feed_load, .unload = feed_unload, .alive = feed_alive};
    return OK;
}

/* Whatever still lies in a seat is wiped. */
void cell_feed_close(struct cell_feed *feed) {
    struct feed *own = feed->self;
    for (unsigned i = 0; own && i < CELL_SEATS_MAX; i++) {
        image_close(own->seats[i].found);
        workpiece_close(own->seats[i].piece);
    }
    free(own);
    feed->self = NULL;
}

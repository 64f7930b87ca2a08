#include "apps/chip_place.h"

#include "ports/sim/image.h"
#include "reader/inside.h"
#include "reader/pcsc.h"

enum { WAIT_MS = 30000 }; /* a page's limit: for putting the card in [system.md 12] */

enum err chip_place_open(
    struct chip_place *place, const char *image, const char *reader, struct why *why) {
    if (image && reader) {
        return why_say(why, ERR_CONFLICT, "name a chip with --image or with --reader, not both");
    }
    enum err err = OK;
    if (image) {
        err = image_open(image, &place->image, why);
        err = err ? err : inside_open(image_nvm(place->image), &place->reader, why);
    } else {
        const struct pcsc_wish wish = {.name = reader, .wait_ms = WAIT_MS};
        err = pcsc_open(&wish, &place->reader, why);
    }
    place->open = !err;
    return err;
}

void chip_place_close(struct chip_place *place) {
    if (place->open) {
        reader_close(&place->reader);
    }
    if (place->image) {
        image_close(place->image);
    }
    *place = (struct chip_place){.image = NULL};
}

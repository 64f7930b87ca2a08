#include "ports/cortex-m0/emulated/filecells.h"

#include "ports/cortex-m0/board.h"
#include "ports/cortex-m0/emulated/semihost.h"

#include <string.h>

enum { HEADER_LEN = 64 }; /* in front of the cells [ports/sim/image.h] */

/* What cannot be read ends the emulation: the card must not go on with cells that are none. */
static void filecells_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct filecells *cells = self;
    if (semihost_read(cells->image, HEADER_LEN + at, to, len) != len) {
        semihost_end("firmware: the chip's file ends too early; make the chip anew\n", 1);
    }
}

static bool filecells_write(void *self, uint32_t at, const void *from, uint32_t len) {
    const struct filecells *cells = self;
    return semihost_write(cells->image, HEADER_LEN + at, from, len);
}

static void filecells_random(void *self, uint8_t *to, uint32_t len) {
    struct filecells *cells = self;
    uint32_t got = 0;
    if (cells->random >= 0) {
        got = semihost_read(cells->random, cells->foretold, to, len);
        cells->foretold += got;
    }
    board_random(self, to + got, len - got);
}

bool filecells_open(struct filecells *cells, const char *image, const char *random) {
    uint8_t mark[8];
    *cells = (struct filecells){.image = semihost_open(image, SEMIHOST_CHANGE), .random = -1};
    if (random) {
        cells->random = semihost_open(random, SEMIHOST_READ);
    }
    if (cells->image < 0 || (random && cells->random < 0)) {
        return false;
    }
    int32_t len = semihost_length(cells->image);
    cells->size = len > HEADER_LEN ? (uint32_t)len - HEADER_LEN : 0;
    return cells->size > 0 && semihost_read(cells->image, 0, mark, sizeof mark) == sizeof mark
           && memcmp(mark, "shebaoCH", sizeof mark) == 0;
}

struct nvm filecells_nvm(struct filecells *cells) {
    return (struct nvm){.self = cells,
        .size = cells->size,
        .read = filecells_read,
        .write = filecells_write,
        .random = filecells_random};
}

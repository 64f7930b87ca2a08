#include "ports/cortex-m0/region.h"

static void region_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct region *r = self;
    uint8_t *out = to;
    for (uint32_t i = 0; i < len; i++) {
        out[i] = r->cells[at + i];
    }
}

/* A byte that does not keep its value says that the cell is worn. */
static bool region_write(void *self, uint32_t at, const void *from, uint32_t len) {
    const struct region *r = self;
    const uint8_t *in = from;
    for (uint32_t i = 0; i < len; i++) {
        r->cells[at + i] = in[i];
        if (r->cells[at + i] != in[i]) {
            return false;
        }
    }
    return true;
}

struct nvm region_nvm(struct region *r) {
    return (struct nvm){.self = r,
        .size = r->size,
        .cells = (const uint8_t *)(uintptr_t)r->cells, /* NOLINT: plain cells, see region.h */
        .read = region_read,
        .write = region_write,
        .random = r->random};
}

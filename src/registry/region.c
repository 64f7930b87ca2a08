#include "registry/region.h"

#include <assert.h>
#include <stddef.h>

/* region.def as data; a code stands there once, with its first and its last day. */
static const struct region {
    uint32_t code, first, last; /* last is 0 while the code is in force */
    const char *name;
} regions[] = {
#define REGION(...) {__VA_ARGS__},
#include "registry/region.def"
};

static const struct region *region_find(uint32_t code) {
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (regions[i].code == code) {
            return &regions[i];
        }
    }
    return NULL;
}

bool region_exists(uint32_t code, uint32_t day) {
    const struct region *r = region_find(code);
    assert(!r || r->last == 0 || r->first <= r->last);
    return r && day >= r->first && (r->last == 0 || day <= r->last);
}

const char *region_name(uint32_t code) {
    const struct region *r = region_find(code);
    return r ? r->name : NULL;
}

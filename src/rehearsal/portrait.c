#include "rehearsal/portrait.h"

#include <assert.h>
#include <stdlib.h>

#include "capture/photo_look.h"
#include "host/rng.h"

enum {
    MIDDLE = PHOTO_WIDTH / 2,
    HAIR_TOP = 14,
    EYES = 170,
    FACE = 217,
    GROUND = 250,
    QUALITY = 92
};

/* Colours of somebody: red, green, blue, each 0 to 255. */
struct looks {
    int hair[3], skin[3], cloth[3];
    int light;  /* on the head, in a hundred */
    int behind; /* on the ground behind */
    struct rng noise;
};

/* Within an ellipse around a place; all in pixels. */
static bool inside(int x, int y, int cx, int cy, int rx, int ry) {
    int64_t dx = (int64_t)(x - cx) * ry, dy = (int64_t)(y - cy) * rx;
    int64_t r = (int64_t)rx * ry;
    return dx * dx + dy * dy <= r * r;
}

/* The features of a face, from the middle outwards: both halves are the same. NULL: skin. */
static const int *feature(int side, int y) {
    static const int dark[3] = {34, 26, 24}, lips[3] = {176, 84, 84};
    bool brow = inside(side, y, FACE * 22 / 100, EYES - FACE * 13 / 100, FACE * 11 / 100, 4);
    bool eye = inside(side, y, FACE * 21 / 100, EYES, FACE * 85 / 1000, FACE * 35 / 1000);
    bool nose = inside(side, y, FACE / 20, EYES + FACE * 24 / 100, 4, 3);
    if (brow || eye || nose) {
        return dark;
    }
    bool mouth = side < FACE * 16 / 100 && abs(y - EYES - FACE * 42 / 100) < FACE * 3 / 100;
    return mouth ? lips : NULL;
}

/* What covers a place, from the front backwards; NULL: the ground behind. */
static const int *colour_at(const struct looks *l, int x, int y) {
    const int chin = EYES + FACE * 3 / 4, side = abs(x - MIDDLE);
    bool face = inside(x, y, MIDDLE, EYES + FACE * 15 / 100, FACE / 2, FACE * 6 / 10)
                && y > EYES - FACE * 3 / 10;
    const int *on_face = face ? feature(side, y) : NULL;
    int hair_rows = EYES - FACE * 8 / 100 - HAIR_TOP;
    if (face) {
        return on_face ? on_face : l->skin;
    }
    if (inside(x, y, MIDDLE, HAIR_TOP + hair_rows, FACE * 545 / 1000, hair_rows)) {
        return l->hair;
    }
    if (side < FACE * 24 / 100 && y > chin - FACE / 5 && y < chin + FACE * 3 / 10) {
        return l->skin;
    }
    return inside(x, y, MIDDLE, chin + FACE * 85 / 100, FACE * 95 / 100, FACE * 62 / 100) ? l->cloth
                                                                                          : NULL;
}

/* A camera's grain, and the light of the room. */
static uint8_t pixel(struct looks *l, int value, int light) {
    int grain = (int)(rng_next(&l->noise) >> 60) - 8;
    int seen = value * light / 100 + grain;
    return (uint8_t)(seen < 0 ? 0 : seen > 255 ? 255 : seen);
}

static void shade(struct rng *rng, const int usual[3], unsigned spread, int out[3]) {
    int lighter = (int)rng_below(rng, 2ULL * spread + 1) - (int)spread;
    for (int c = 0; c < 3; c++) {
        out[c] = usual[c] + lighter;
    }
}

static struct looks looks_of(uint64_t seed, uint64_t key, enum portrait_kind kind) {
    static const int hair[3] = {34, 30, 28}, skin[3] = {222, 176, 150};
    static const int cloths[4][3] = {
        {38, 52, 96},
        {52, 56, 72},
        {44, 84, 60},
        {70, 70, 78}
    };
    struct rng rng = rng_stream(seed, "portrait", key);
    struct looks l = {.light = kind == PORTRAIT_GOOD ? 100 : 40,
        .behind = kind == PORTRAIT_DARK ? 40 : 100,
        .noise = rng_stream(seed, "grain", key)};
    shade(&rng, hair, 12, l.hair);
    shade(&rng, skin, 10, l.skin);
    shade(&rng, cloths[rng_below(&rng, 4)], 10, l.cloth);
    return l;
}

enum err portrait_draw(
    uint64_t seed, uint64_t key, enum portrait_kind kind, struct builder *out, struct why *why) {
    struct looks looks = looks_of(seed, key, kind);
    PICTURE_SCOPE(p);
    assert(kind < PORTRAIT_KINDS);
    p = (struct picture){
        .width = PHOTO_WIDTH, .height = PHOTO_HEIGHT, .dpi = PHOTO_DPI, .channels = 3};
    p.rgb = malloc((size_t)PHOTO_WIDTH * PHOTO_HEIGHT * 3);
    if (!p.rgb) {
        return why_say(why, ERR_OUTSIDE, "no memory for a picture");
    }
    for (int i = 0; i < PHOTO_WIDTH * PHOTO_HEIGHT; i++) {
        const int *colour = colour_at(&looks, i % PHOTO_WIDTH, i / PHOTO_WIDTH);
        for (int c = 0; c < 3; c++) {
            p.rgb[i * 3 + c] = colour ? pixel(&looks, colour[c], looks.light)
                                      : pixel(&looks, GROUND, looks.behind);
        }
    }
    return picture_encode(&p, QUALITY, out, why);
}

/* Heads that tests draw: their geometry is known to the pixel, so what the detector says of them can be
 * held against it. Nobody's portrait. */
#pragma once

#include <math.h>

#include "capture/photo_look.h"
#include "check.h"

/* Where a head lies, and what is wrong with its picture. Pixels. */
struct head {
    uint32_t width, height; /* of the picture */
    double middle, hair_top, face_width, eyes_down;
    double tilt;    /* how far the right half is darker: 0 none, 1 black */
    uint8_t ground; /* of each colour: 250 is white */
    double light;   /* 1 as usual; 0.4 dark, 1.6 too bright */
    int blur;       /* radius */
    bool no_head, second_head, no_eyes, glasses;
};

/* A head as the rule wants it, in a photo of the right size. */
static inline struct head good_head(void) {
    return (struct head){.width = PHOTO_WIDTH,
        .height = PHOTO_HEIGHT,
        .middle = 179,
        .hair_top = 14,
        .face_width = 217,
        .eyes_down = 170,
        .ground = 250,
        .light = 1};
}

/* The same head, `times` as large, in the middle of a picture of a camera. */
static inline struct head far_head(uint32_t width, uint32_t height, double times) {
    struct head h = good_head();
    h.width = width;
    h.height = height;
    h.middle = width / 2.0;
    h.hair_top = height * 0.2;
    h.face_width *= times;
    h.eyes_down = h.hair_top + 156 * times;
    return h;
}

static inline bool inside(double x, double y, double cx, double cy, double rx, double ry) {
    double dx = (x - cx) / rx;
    double dy = (y - cy) / ry;
    return dx * dx + dy * dy <= 1;
}

/* Colours from back to front; the last that covers the place counts. */
static inline void head_colour(
    const struct head *h, double middle, double x, double y, double rgb[3]) {
    double w = h->face_width;
    double eye = h->eyes_down;
    double forehead = eye - 0.3 * w;
    double chin = eye + 0.75 * w;
    const double hair[3] = {28, 24, 22}, skin[3] = {222, 176, 150}, cloth[3] = {38, 52, 96},
                 dark[3] = {34, 26, 24}, lips[3] = {176, 84, 84};
    const double *at = NULL;
    at = inside(x, y, middle, chin + 0.85 * w, 0.95 * w, 0.62 * w) ? cloth : at;
    at = fabs(x - middle) < 0.24 * w && y > chin - 0.2 * w && y < chin + 0.3 * w ? skin : at;
    at = inside(x, y, middle, eye - 0.08 * w, 0.545 * w, eye - 0.08 * w - h->hair_top) ? hair : at;
    at = inside(x, y, middle, eye + 0.15 * w, 0.5 * w, 0.6 * w) && y > forehead ? skin : at;
    double side = fabs(x - middle);
    at = inside(side, y, 0.22 * w, eye - 0.13 * w, 0.11 * w, 0.018 * w) ? dark : at;
    at = !h->no_eyes && inside(side, y, 0.21 * w, eye, 0.085 * w, 0.035 * w) ? dark : at;
    at = side < 0.16 * w && fabs(y - eye - 0.42 * w) < 0.03 * w ? lips : at;
    at = inside(side, y, 0.05 * w, eye + 0.24 * w, 0.02 * w, 0.015 * w) ? dark : at;
    if (h->glasses && side > 0.08 * w && side < 0.36 * w && fabs(y - eye) < 0.09 * w) {
        at = dark;
    }
    if (at) {
        double shade = h->light * (x > middle ? 1 - h->tilt : 1);
        for (int c = 0; c < 3; c++) {
            rgb[c] = at[c] * shade;
        }
    }
}

static inline void head_blur(struct picture *p, int radius) {
    size_t len = (size_t)p->width * p->height * 3;
    uint8_t *from = malloc(len);
    assert_non_null(from);
    (void)memcpy(from, p->rgb, len);
    for (int y = 0; y < (int)p->height; y++) {
        for (int x = 0; x < (int)p->width * 3; x++) {
            unsigned sum = 0;
            unsigned count = 0;
            for (int i = -radius; i <= radius; i++) {
                for (int j = -radius; j <= radius; j++) {
                    int row = y + i;
                    int column = x + 3 * j;
                    if (row >= 0 && row < (int)p->height && column >= 0
                        && column < (int)p->width * 3) {
                        sum += from[(size_t)row * p->width * 3 + (size_t)column];
                        count++;
                    }
                }
            }
            p->rgb[(size_t)y * p->width * 3 + (size_t)x] = (uint8_t)(sum / count);
        }
    }
    free(from);
}

/* Draws the picture, with the noise of a camera; free it with picture_free(). */
static inline struct picture head_draw(const struct head *h) {
    struct picture p = {.width = h->width, .height = h->height, .dpi = PHOTO_DPI, .channels = 3};
    uint32_t chance = 1;
    p.rgb = malloc((size_t)p.width * p.height * 3);
    assert_non_null(p.rgb);
    for (uint32_t i = 0; i < p.width * p.height; i++) {
        double rgb[3] = {h->ground, h->ground, h->ground};
        if (!h->no_head) {
            head_colour(h, h->middle, i % p.width, i / p.width, rgb);
        }
        if (h->second_head) {
            head_colour(h, h->middle + 1.3 * h->face_width, i % p.width, i / p.width, rgb);
        }
        for (int c = 0; c < 3; c++) {
            chance = chance * 1664525 + 1013904223;
            double noisy = rgb[c] + (int)(chance >> 28) - 8;
            p.rgb[(size_t)i * 3 + (size_t)c] = (uint8_t)fmax(0, fmin(255, noisy));
        }
    }
    if (h->blur) {
        head_blur(&p, h->blur);
    }
    return p;
}

enum { DRAWN_ROOM = 4 << 20 };

/* The picture as a file, in room[DRAWN_ROOM]. */
static inline struct bytes head_file(const struct head *h, uint8_t *room) {
    struct picture p = head_draw(h);
    struct builder b = builder_in(room, DRAWN_ROOM);
    struct why why;
    assert_int_equal(picture_encode(&p, 92, &b, &why), OK);
    picture_free(&p);
    return builder_bytes(&b);
}

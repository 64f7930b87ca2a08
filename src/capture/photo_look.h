/* What can be measured of a photo by looking at it. [system.md 4.1.3; decision 0048]
 *
 * A small detector of the classical kind, made for one person before a white ground: skin by its colour
 * (in YCbCr), the head's outline against the ground, the eyes as the lowest strong pair of dark rows in
 * the upper face, one in each half. It says a number or that it does not know; it never decides, and the
 * rule (photo_rule.h) sends what it does not know to a person.
 *
 * Everything is integers over a picture that may be hostile: no figure depends on anything but the
 * pixels, and the same pixels give the same figures. */
#pragma once

#include "capture/picture.h"

/* PHOTO_WIDTH_FIGURE and so on, in the order of photo_figure.def. */
enum photo_figure {
#define FIGURE(member, name, unit, fail_below, least, most, fail_above, zh, low, high)             \
    FIGURE_##member,
#include "capture/photo_figure.def"
    FIGURES
};

enum {
    PHOTO_WIDTH = 358,
    PHOTO_HEIGHT = 441,
    PHOTO_DPI = 350,
    LOOK_SIDE_MAX = 640, /* of a picture that is looked at */
};

/* A figure that could not be measured. */
#define FIGURE_UNKNOWN UINT32_MAX

struct photo_figures {
    uint32_t of[FIGURES];
};

/* Measures a picture of at most LOOK_SIDE_MAX a side in its own pixels: WHITE to UNLIKE are filled in,
 * width, height, dpi and channels are the picture's, and SCALE is 1000. */
void photo_look(const struct picture *picture, struct photo_figures *figures);

/* The part of a picture that makes a photo of the head that the figures found in it: the face's width,
 * the eyes and the top of the hair come to lie where the rule wants them, as far as the picture reaches.
 * Without a face the largest part of the right shape, in the middle. The part lies within the picture,
 * and is not smaller than a pixel. */
struct picture_part photo_frame(const struct picture *picture, const struct photo_figures *figures);

/* A picture in memory, and the one door through which JPEG files come in and go out. [system.md 4.1.3]
 *
 * What strangers send is decoded here and nowhere else, inside the painter's process (photo_skill.h).
 * Sizes are looked at before anything is allocated for them, so that a small file cannot ask for a large
 * memory; a file that goes on for ever (scans without end) is stopped by count. Only the pixels of the
 * main picture count: thumbnails, turns and dates of EXIF are neither read nor believed, and a file that
 * is written here has none.
 *
 * Pixels are RGB, 3 bytes each, rows from the top, without padding. Lengths are pixels. */
#pragma once

#include "base/builder.h"
#include "host/why.h"

enum {
    PICTURE_SIDE_MAX = 6000,
    PICTURE_PIXELS_MAX = 24 * 1000 * 1000,
    PICTURE_SCANS_MAX = 64,     /* of a progressive file; cameras write about ten */
    PICTURE_FILE_MAX = 6 << 20, /* bytes of a file */
    PICTURE_QUALITY_LEAST = 40, /* below it faces fall into blocks */
    PICTURE_QUALITY_MOST = 98,
};

struct picture {
    uint8_t *rgb; /* owned; NULL when there is none */
    uint32_t width, height;
    uint32_t dpi; /* as the file says in its JFIF head, or 0 when it says nothing or two things */
    uint32_t
        channels; /* of the file: 3 for colour, 1 for grey, which is kept as three equal ones */
};

/* A part of a picture; it may begin and end between two pixels. */
struct picture_part {
    double x, y, width, height;
};

/* Decodes a whole JPEG file into *out. ERR_INVALID, with what it is instead where that shows: no JPEG,
 * torn or damaged (a decoder's warning counts), more than the limits above, or four colours for print.
 * ERR_OUTSIDE: no memory. After a failure *out holds nothing. */
enum err picture_decode(struct bytes file, struct picture *out, struct why *why);

/* Appends the picture as a JPEG file of that quality and with its dpi. ERR_INVALID: there is no room;
 * ERR_OUTSIDE: no memory. */
enum err picture_encode(
    const struct picture *picture, int quality, struct builder *out, struct why *why);

/* A new picture of width x height pixels from a part of another, which must lie within it: each pixel
 * is the mean of what it covers. dpi and channels are kept. ERR_OUTSIDE: no memory. */
enum err picture_cut(const struct picture *from, const struct picture_part *part, uint32_t width,
    uint32_t height, struct picture *out, struct why *why);

/* Frees the pixels; an empty one is left alone. */
void picture_free(struct picture *picture);
#define PICTURE_SCOPE(name) __attribute__((cleanup(picture_free))) struct picture name = {0}

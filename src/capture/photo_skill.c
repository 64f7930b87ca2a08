#include "capture/photo_skill.h"

#include <assert.h>
#include <math.h>

enum { LOOK, EXPORT, DEEDS };

enum { QUALITY_STEP = 4 };

/* --- both ends of the line -------------------------------------------------------------------- */

void photo_request_look(struct bytes jpeg, struct builder *out) {
    put_u8(out, LOOK);
    put_u8(out, 0);
    put_bytes(out, jpeg);
}

void photo_request_export(struct bytes jpeg, enum photo_profile profile, struct builder *out) {
    assert((unsigned)profile < PROFILES);
    put_u8(out, EXPORT);
    put_u8(out, (uint8_t)profile);
    put_bytes(out, jpeg);
}

enum err photo_answer_read(struct bytes answer, struct photo_seen *seen, struct why *why) {
    struct cursor c = cursor_over(answer);
    for (size_t i = 0; i < FIGURES; i++) {
        seen->figures.of[i] = cursor_u32(&c);
    }
    seen->jpeg = c.rest;
    bool good = !c.overran && c.rest.len >= 4 && c.rest.len <= PHOTO_FILE_MAX
                && c.rest.at[0] == 0xFF && c.rest.at[1] == 0xD8;
    return good ? OK
                : why_say(why, ERR_OUTSIDE,
                    "the painter's answer about a photo is none; send the photo again, and look at "
                    "the log if it happens twice");
}

/* --- look ------------------------------------------------------------------------------------- */

/* The picture as it is looked at: no side longer than LOOK_SIDE_MAX. *shrunk: its pixels to one. */
static enum err shrink(
    const struct picture *from, struct picture *out, double *shrunk, struct why *why) {
    uint32_t longer = from->width > from->height ? from->width : from->height;
    *shrunk = fmax(1, (double)longer / LOOK_SIDE_MAX);
    struct picture_part all = {0, 0, from->width, from->height};
    uint32_t width = (uint32_t)fmax(1, floor(from->width / *shrunk));
    uint32_t height = (uint32_t)fmax(1, floor(from->height / *shrunk));
    return picture_cut(from, &all, width, height, out, why);
}

/* The part of the large picture that a part of the small one stands for, kept inside. */
static struct picture_part grown(
    const struct picture_part *part, double shrunk, const struct picture *whole) {
    struct picture_part out = {
        part->x * shrunk, part->y * shrunk, part->width * shrunk, part->height * shrunk};
    out.width = fmin(out.width, whole->width);
    out.height = fmin(out.height, whole->height);
    out.x = fmin(out.x, whole->width - out.width);
    out.y = fmin(out.y, whole->height - out.height);
    return out;
}

/* What is known of a photo because of how it was made. */
struct made {
    double scale;   /* pixels of the picture that came to one of the photo */
    uint32_t faces; /* in the whole picture: somebody who was cut off was there */
};

/* Finds the head and makes a photo of it; one that has the right size already stays as it is. */
static enum err make_photo(
    const struct picture *from, struct picture *photo, struct made *made, struct why *why) {
    PICTURE_SCOPE(small);
    struct photo_figures figures;
    *made = (struct made){.faces = 0};
    struct picture_part part = {0, 0, from->width, from->height};
    double shrunk = 1;
    if (from->width != PHOTO_WIDTH || from->height != PHOTO_HEIGHT) {
        enum err err = shrink(from, &small, &shrunk, why);
        if (err) {
            return err;
        }
        photo_look(&small, &figures);
        part = photo_frame(&small, &figures);
        part = grown(&part, shrunk, from);
        made->faces = figures.of[FIGURE_FACES];
    }
    made->scale = part.width / PHOTO_WIDTH;
    return picture_cut(from, &part, PHOTO_WIDTH, PHOTO_HEIGHT, photo, why);
}

/* Figures are of the photo that was made; size, colour and scale of the picture that came. A picture of
 * another size has no dots per inch yet: it gets them here. */
static enum err look(const struct picture *from, struct builder *out, struct why *why) {
    PICTURE_SCOPE(photo);
    struct photo_figures figures;
    struct made made;
    enum err err = make_photo(from, &photo, &made, why);
    if (err) {
        return err;
    }
    photo_look(&photo, &figures);
    bool as_it_came = from->width == PHOTO_WIDTH && from->height == PHOTO_HEIGHT;
    figures.of[FIGURE_WIDTH] = from->width;
    figures.of[FIGURE_HEIGHT] = from->height;
    figures.of[FIGURE_SCALE] = (uint32_t)lround(made.scale * 1000);
    figures.of[FIGURE_DPI] = as_it_came ? figures.of[FIGURE_DPI] : (uint32_t)PHOTO_DPI;
    if (made.faces != FIGURE_UNKNOWN && made.faces > figures.of[FIGURE_FACES]) {
        figures.of[FIGURE_FACES] = made.faces;
    }
    photo.dpi = PHOTO_DPI;
    for (size_t i = 0; i < FIGURES; i++) {
        put_u32(out, figures.of[i]);
    }
    return picture_encode(&photo, PHOTO_QUALITY, out, why);
}

/* --- export ----------------------------------------------------------------------------------- */

/* The largest part of the photo in the profile's shape: in the middle across, from the top down. */
static struct picture_part shape_of(
    const struct picture *photo, const struct photo_profile_text *to) {
    double scale = fmin((double)photo->width / to->width, (double)photo->height / to->height);
    struct picture_part part = {.width = scale * to->width, .height = scale * to->height};
    part.x = (photo->width - part.width) / 2;
    return part;
}

static bool too_large(const struct photo_profile_text *to, size_t len) {
    return to->most && len > to->most;
}

/* Goes from the profile's quality up or down, one way only, until the file has the right size. */
static enum err encode_to_size(const struct picture *picture, const struct photo_profile_text *to,
    struct builder *out, struct why *why) {
    size_t before = out->len;
    int step = 0;
    for (int quality = to->quality;
         quality >= PICTURE_QUALITY_LEAST && quality <= PICTURE_QUALITY_MOST; quality += step) {
        out->len = before;
        enum err err = picture_encode(picture, quality, out, why);
        size_t len = out->len - before;
        int way = too_large(to, len) ? -QUALITY_STEP : len < to->least ? QUALITY_STEP : 0;
        if (err || way == 0) {
            return err;
        }
        if (step != 0 && way != step) {
            break;
        }
        step = way;
    }
    return why_say(why, ERR_CONFLICT,
        "no quality brings this photo to %zu to %zu bytes, as %s wants; take another photo",
        to->least, to->most, to->name);
}

static enum err export_photo(const struct picture *from, const struct photo_profile_text *to,
    struct builder *out, struct why *why) {
    PICTURE_SCOPE(picture);
    struct picture_part part = shape_of(from, to);
    enum err err = picture_cut(from, &part, to->width, to->height, &picture, why);
    if (err) {
        return err;
    }
    picture.dpi = to->dpi;
    put_fill(out, 0xFF, (size_t)FIGURES * 4);
    return encode_to_size(&picture, to, out, why);
}

enum err photo_work(void *tools, struct bytes request, struct builder *out, struct why *why) {
    (void)tools; /* nothing is opened before the cage */
    PICTURE_SCOPE(picture);
    struct cursor c = cursor_over(request);
    uint8_t deed = cursor_u8(&c);
    uint8_t profile = cursor_u8(&c);
    if (c.overran || deed >= DEEDS || profile >= PROFILES) {
        return why_say(why, ERR_INVALID, "the request about a photo is none");
    }
    enum err err = picture_decode(c.rest, &picture, why);
    if (err) {
        return err;
    }
    return deed == LOOK
               ? look(&picture, out, why)
               : export_photo(&picture, photo_profile_text((enum photo_profile)profile), out, why);
}

const struct painter_skill photo_skill = {.kind = PAINT_PHOTO, .work = photo_work};

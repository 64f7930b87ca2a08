#include "apps/face_painter.h"

#include <assert.h>
#include <stdlib.h>

#include "capture/photo_skill.h"

static enum err prepare(void **tools, struct why *why) {
    struct fonts *fonts = NULL;
    enum err err = fonts_open(&fonts, why);
    *tools = fonts;
    return err;
}

static enum err draw(void *tools, struct bytes request, struct builder *out, struct why *why) {
    struct face_order order;
    PICTURE_SCOPE(picture);
    if (!face_order_read(request, &order)) {
        return why_say(why, ERR_INVALID, "this is no request for a card's face");
    }
    enum err err = order.photo.len > 0 ? picture_decode(order.photo, &picture, why) : OK;
    const struct face_photo photo = {picture.rgb, picture.width, picture.height};
    return err ? why_add(why, err, "the holder's picture")
               : face_draw(tools, &order, &photo, out, why);
}

const struct painter_skill face_skill = {PAINT_FACE, prepare, draw};

enum err face_painter_open(struct painter **out, struct why *why) {
    static const struct painter_skill *const skills[] = {&face_skill, &photo_skill};
    return painter_open(skills, sizeof skills / sizeof skills[0], out, why);
}

enum err face_painter_draw(struct painter *painter, const struct face_order *order,
    struct bytes *picture, struct why *why) {
    size_t room = sizeof order->words + 256 + order->photo.len;
    uint8_t *request = malloc(room);
    *picture = (struct bytes){0};
    if (!request) {
        return why_say(why, ERR_OUTSIDE, "no memory for a card's face; try again");
    }
    struct builder b = builder_in(request, room);
    face_order_write(order, &b);
    assert(!b.overflowed);
    enum err err = painter_ask(painter, PAINT_FACE, builder_bytes(&b), picture, why);
    free(request);
    return err;
}

/* The painter of card faces: it decodes the holder's picture and draws, both inside the cage. */
#pragma once

#include "faces/face_drawing.h"
#include "faces/painter.h"

/* The one skill for PAINT_FACE: a request of face_order_write(), whose photo is a JPEG file or empty; the
 * answer is the picture file. ERR_INVALID, with the reason: the photo is no whole JPEG, or a character of
 * a text has no face. */
extern const struct painter_skill face_skill;

/* Opens a painter with that skill, and the one for photos: what the centre keeps is made into what a face
 * takes in the same cage [capture/photo_skill.h]. */
enum err face_painter_open(struct painter **out, struct why *why);

/* Has one side drawn; *picture is borrowed until the next question. */
enum err face_painter_draw(struct painter *painter, const struct face_order *order,
    struct bytes *picture, struct why *why);

/* What the painter's process can do with a photo: look at it and make it one of ours, or make of one of
 * ours what a destination takes. [system.md 4.1.3; architecture: processes; decision 0048]
 *
 * The centre itself never decodes a picture. It sends the bytes that came, and gets figures and a picture
 * that was written anew: what it keeps, prints and sends on holds no byte of the stranger's file.
 *
 *     static const struct painter_skill *skills[] = {&photo_skill};
 *     photo_request_look(jpeg, &request);
 *     err = painter_ask(painter, PAINT_PHOTO, builder_bytes(&request), &answer, why);
 *     err = photo_answer_read(answer, &seen, why);
 *
 * Request: what (1: 0 look, 1 export), profile (1), the JPEG file. Answer: FIGURES numbers of 4 bytes
 * (all unknown after an export), the JPEG file. Big-endian. */
#pragma once

#include "capture/photo_rule.h"
#include "faces/painter.h"

enum {
    PHOTO_REQUEST_EXTRA = 2,
    PHOTO_FILE_MAX = 512 * 1024, /* bytes of a photo that was written here */
    PHOTO_QUALITY = 90,          /* of the one that the centre keeps */
};

extern const struct painter_skill photo_skill;

/* What the painter saw. */
struct photo_seen {
    struct photo_figures figures;
    struct bytes jpeg; /* borrowed from the answer */
};

/* Appends a request about a picture as it came from a camera; or about one of ours. The builder's
 * overflow is the caller's to ask for: it needs jpeg.len + PHOTO_REQUEST_EXTRA bytes. */
void photo_request_look(struct bytes jpeg, struct builder *out);
void photo_request_export(struct bytes jpeg, enum photo_profile profile, struct builder *out);

/* Takes an answer apart, which may come from a process that a picture took over. ERR_OUTSIDE: it is
 * none. */
enum err photo_answer_read(struct bytes answer, struct photo_seen *seen, struct why *why);

/* What the skill does, in this process: for tests and fuzzers. Errors: those of picture_decode(), and
 * ERR_CONFLICT for a photo that no quality brings to the bytes that a profile wants. */
enum err photo_work(void *tools, struct bytes request, struct builder *out, struct why *why);

#include "faces/face_drawing.h"

#include <assert.h>
#include <cairo-pdf.h>
#include <string.h>

#include "base/crc32.h"
#include "faces/code_square.h"

enum { CARD_WIDTH = 856, CARD_HEIGHT = 540 }; /* tenths of a millimetre */
static const double pixels_a_tenth = 300 / 254.0, points_a_tenth = 72 / 254.0;

enum { FRONT = FACE_FRONT, BACK = FACE_BACK, LEFT = SIDE_LEFT, MIDDLE = SIDE_MIDDLE };
enum box_kind { MARK, PHOTO, CHIP, CODE };

static const struct layout_text {
    int side;
    size_t what; /* offset in struct face_words */
    const char *label;
    int x, y, width, size, stands;
} texts[] = {
#define FACE_TEXT(side, what, label, x, y, width, size, stands)                                    \
    {side, offsetof(struct face_words, what), label, x, y, width, size, stands},
#define FACE_BOX(side, what, x, y, width, height)
#include "faces/face_layout.def"
};

static const struct layout_box {
    int side;
    enum box_kind what;
    int x, y, width, height;
} boxes[] = {
#define FACE_TEXT(side, what, label, x, y, width, size, stands)
#define FACE_BOX(side, what, x, y, width, height) {side, what, x, y, width, height},
#include "faces/face_layout.def"
};

/* The members of struct face_words, in the order in which a request has them. */
static const size_t members[] = {offsetof(struct face_words, title),
    offsetof(struct face_words, title_latin), offsetof(struct face_words, unit),
    offsetof(struct face_words, name), offsetof(struct face_words, person_number),
    offsetof(struct face_words, card_number), offsetof(struct face_words, valid),
    offsetof(struct face_words, notice), offsetof(struct face_words, stamp),
    offsetof(struct face_words, code), offsetof(struct face_words, no_photo)};
enum { MEMBERS = sizeof members / sizeof members[0] };
_Static_assert(sizeof(struct face_words) == (size_t)MEMBERS * (FACE_TEXT_MAX + 1),
    "a member of struct face_words is not in the request");

/* ---- the request ---- */

void face_order_write(const struct face_order *order, struct builder *out) {
    put_u8(out, (uint8_t)order->side);
    put_u8(out, (uint8_t)order->form);
    put_u32(out, order->day);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct bytes text = bytes_text((const char *)&order->words + members[i]);
        assert(text.len <= FACE_TEXT_MAX);
        put_u16(out, (uint16_t)text.len);
        put_bytes(out, text);
    }
    assert(order->photo.len <= UINT32_MAX);
    put_u32(out, (uint32_t)order->photo.len);
    put_bytes(out, order->photo);
}

bool face_order_read(struct bytes request, struct face_order *order) {
    struct cursor c = cursor_over(request);
    *order = (struct face_order){.side = (enum face_side)cursor_u8(&c)};
    order->form = (enum face_form)cursor_u8(&c);
    order->day = cursor_u32(&c);
    bool good = (unsigned)order->side < FACE_SIDES && (unsigned)order->form < FACE_FORMS;
    for (size_t i = 0; good && i < MEMBERS; i++) {
        struct bytes text = cursor_take(&c, cursor_u16(&c));
        good = text.len <= FACE_TEXT_MAX && (text.len == 0 || !memchr(text.at, 0, text.len));
        if (good && text.len > 0) {
            (void)memcpy((char *)&order->words + members[i], text.at, text.len);
        }
    }
    order->photo = cursor_take(&c, cursor_u32(&c));
    return good && cursor_finished(&c);
}

/* ---- drawing ---- */

/* Three rings: nobody's emblem. */
static void draw_mark(cairo_t *cr, const struct layout_box *box) {
    double radius = box->width / 2.0;
    cairo_set_source_rgb(cr, 0.45, 0.1, 0.1);
    cairo_set_line_width(cr, 5);
    for (int ring = 0; ring < 3; ring++) {
        cairo_new_sub_path(cr);
        cairo_arc(cr, box->x + radius, box->y + radius, radius * (3 - ring) / 3 - 3, 0, 6.2831853);
        cairo_stroke(cr);
    }
}

static void draw_frame(cairo_t *cr, const struct layout_box *box) {
    cairo_set_source_rgb(cr, 0.6, 0.6, 0.6);
    cairo_set_line_width(cr, 2);
    cairo_rectangle(cr, box->x, box->y, box->width, box->height);
    cairo_stroke(cr);
}

/* A face without a picture says so itself, where the picture would be: nobody takes it for a fault of the
 * printer's, or for a finished card. */
static enum err draw_no_photo(struct fonts *fonts, cairo_t *cr, const struct layout_box *box,
    const char *words, struct why *why) {
    enum { SIZE = 28 };
    const struct text_place place = {.x = box->x + 10,
        .y = box->y + box->height / 2.0 - SIZE,
        .width = box->width - 20,
        .size = SIZE,
        .side = SIDE_MIDDLE};
    draw_frame(cr, box);
    return words[0] ? fonts_draw(fonts, cr, &place, words, NULL, why) : OK;
}

/* The picture fills its place in height or width, and is never stretched. */
static enum err draw_photo(
    cairo_t *cr, const struct layout_box *box, const struct face_photo *photo, struct why *why) {
    assert(photo->rgb);
    cairo_surface_t *picture = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)photo->width, (int)photo->height);
    if (cairo_surface_status(picture)) {
        cairo_surface_destroy(picture);
        return why_say(why, ERR_OUTSIDE, "no memory for a picture on a card");
    }
    unsigned char *rows = cairo_image_surface_get_data(picture);
    size_t stride = (size_t)cairo_image_surface_get_stride(picture);
    for (size_t y = 0; y < photo->height; y++) {
        const uint8_t *from = photo->rgb + y * photo->width * 3;
        for (size_t x = 0; x < photo->width; x++, from += 3) {
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            (void)memcpy(rows + y * stride + x * 4, &pixel, 4);
        }
    }
    cairo_surface_mark_dirty(picture);
    double wide = box->width / (double)photo->width, high = box->height / (double)photo->height;
    double scale = wide < high ? wide : high;
    cairo_save(cr);
    cairo_translate(cr, box->x + (box->width - photo->width * scale) / 2,
        box->y + (box->height - photo->height * scale) / 2);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, picture, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(picture);
    return OK;
}

/* Squares are black, whatever was drawn before them. */
static enum err draw_code(
    cairo_t *cr, const struct layout_box *box, const char *code, struct why *why) {
    assert(box->width == box->height);
    cairo_set_source_rgb(cr, 0, 0, 0);
    return code[0] ? code_square_draw(cr, code, box->x, box->y, box->width, why) : OK;
}

static enum err draw_box(struct fonts *fonts, cairo_t *cr, const struct layout_box *box,
    const struct face_order *order, const struct face_photo *photo, struct why *why) {
    switch (box->what) {
    case MARK:
        draw_mark(cr, box);
        break;
    case CHIP:
        draw_frame(cr, box);
        break;
    case CODE:
        return draw_code(cr, box, order->words.code, why);
    case PHOTO:
        return photo->rgb ? draw_photo(cr, box, photo, why)
                          : draw_no_photo(fonts, cr, box, order->words.no_photo, why);
    }
    return OK;
}

static enum err draw_boxes(struct fonts *fonts, cairo_t *cr, const struct face_order *order,
    const struct face_photo *photo, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof boxes / sizeof boxes[0]; i++) {
        if (boxes[i].side == (int)order->side) {
            err = draw_box(fonts, cr, &boxes[i], order, photo, why);
        }
    }
    return err;
}

static enum err draw_stamp(struct fonts *fonts, cairo_t *cr, const char *stamp, struct why *why) {
    const struct text_place place = {
        .x = -300, .y = -50, .width = 600, .size = 90, .side = SIDE_MIDDLE};
    if (!stamp[0]) {
        return OK;
    }
    cairo_save(cr);
    cairo_translate(cr, CARD_WIDTH / 2.0, CARD_HEIGHT / 2.0);
    cairo_rotate(cr, -0.4);
    cairo_set_source_rgb(cr, 0.86, 0.86, 0.86);
    enum err err = fonts_draw(fonts, cr, &place, stamp, NULL, why);
    cairo_restore(cr);
    return err;
}

static enum err draw_texts(
    struct fonts *fonts, cairo_t *cr, const struct face_order *order, struct why *why) {
    enum err err = OK;
    cairo_set_source_rgb(cr, 0, 0, 0);
    for (size_t i = 0; !err && i < sizeof texts / sizeof texts[0]; i++) {
        const struct layout_text *line = &texts[i];
        const char *value = (const char *)&order->words + line->what;
        char text[FACE_TEXT_MAX + 64];
        if (line->side != (int)order->side || !value[0]) {
            continue;
        }
        (void)snprintf(text, sizeof text, "%s%s", line->label, value);
        const struct text_place place = {.x = line->x,
            .y = line->y,
            .width = line->width,
            .size = line->size,
            .side = (enum text_side)line->stands};
        err = fonts_draw(fonts, cr, &place, text, NULL, why);
    }
    return err;
}

/* The stamp lies below everything, so that nothing becomes hard to read. */
static enum err draw_side(struct fonts *fonts, cairo_t *cr, const struct face_order *order,
    const struct face_photo *photo, struct why *why) {
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    enum err err = draw_stamp(fonts, cr, order->words.stamp, why);
    err = err ? err : draw_boxes(fonts, cr, order, photo, why);
    err = err ? err : draw_texts(fonts, cr, order, why);
    if (!err && cairo_status(cr)) {
        return why_say(why, ERR_OUTSIDE, "the face could not be drawn: %s",
            cairo_status_to_string(cairo_status(cr)));
    }
    return err;
}

/* ---- files ---- */

static cairo_status_t write_out(void *self, const unsigned char *data, unsigned len) {
    struct builder *out = self;
    put_bytes(out, bytes_of(data, len));
    return out->overflowed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* How many pixels a metre has, as a chunk behind the head: cairo writes none. [PNG 11.3.5.3] */
static void put_resolution(struct builder *out, size_t from) {
    enum { BEHIND_HEAD = 33, CHUNK = 21, PIXELS_A_METRE = 11811 };
    uint8_t chunk[CHUNK];
    struct builder b = builder_in(chunk, sizeof chunk);
    put_u32(&b, 9);
    put_bytes(&b, bytes_text("pHYs"));
    put_u32(&b, PIXELS_A_METRE);
    put_u32(&b, PIXELS_A_METRE);
    put_u8(&b, 1);
    put_u32(&b, crc32_of(chunk + 4, 13));
    assert(builder_bytes(&b).len == CHUNK);
    uint8_t *place = out->at + from + BEHIND_HEAD;
    size_t behind = out->len - from - BEHIND_HEAD;
    put_fill(out, 0, CHUNK);
    if (!out->overflowed) {
        (void)memmove(place + CHUNK, place, behind);
        (void)memcpy(place, chunk, CHUNK);
    }
}

static enum err draw_png(struct fonts *fonts, const struct face_order *order,
    const struct face_photo *photo, struct builder *out, struct why *why) {
    size_t from = out->len;
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, FACE_WIDTH_PX, FACE_HEIGHT_PX);
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, pixels_a_tenth, pixels_a_tenth);
    enum err err = draw_side(fonts, cr, order, photo, why);
    if (!err && cairo_surface_write_to_png_stream(surface, write_out, out)) {
        err = why_say(why, ERR_INVALID, "there is no room for the picture of a card");
    }
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (!err) {
        put_resolution(out, from);
    }
    return err;
}

static enum err draw_pdf(struct fonts *fonts, const struct face_order *order,
    const struct face_photo *photo, struct builder *out, struct why *why) {
    char date[32];
    uint32_t day = order->day ? order->day : 20000101;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_out, out, CARD_WIDTH * points_a_tenth, CARD_HEIGHT * points_a_tenth);
    cairo_t *cr = cairo_create(surface);
    (void)snprintf(
        date, sizeof date, "%04u-%02u-%02uT00:00:00Z", day / 10000, day / 100 % 100, day % 100);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_scale(cr, points_a_tenth, points_a_tenth);
    enum err err = draw_side(fonts, cr, order, photo, why);
    cairo_show_page(cr);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (!err && (cairo_surface_status(surface) || out->overflowed)) {
        err = why_say(why, ERR_INVALID, "there is no room for the page of a card");
    }
    cairo_surface_destroy(surface);
    return err;
}

enum err face_draw(struct fonts *fonts, const struct face_order *order,
    const struct face_photo *photo, struct builder *out, struct why *why) {
    assert((unsigned)order->side < FACE_SIDES);
    assert((unsigned)order->form < FACE_FORMS);
    return order->form == FACE_PNG ? draw_png(fonts, order, photo, out, why)
                                   : draw_pdf(fonts, order, photo, out, why);
}

const char *face_ending(enum face_side side, enum face_form form) {
    static const char *const endings[FACE_SIDES][FACE_FORMS] = {
        {"front.png", "front.pdf"},
        {"back.png",  "back.pdf" }
    };
    assert((unsigned)side < FACE_SIDES);
    assert((unsigned)form < FACE_FORMS);
    return endings[side][form];
}

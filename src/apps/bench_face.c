/* How many faces the painter draws a second, against the bare writing of the same pixels. [system.md 4.2.1] */
#include <assert.h>
#include <cairo.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/bench_figure.h"
#include "apps/capture_city.h"
#include "apps/command.h"
#include "apps/face_painter.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/options.h"
#include "rehearsal/portrait.h"

/* The yardsticks: what a face cannot do without. Its pixels, written as PNG by cairo from a surface that holds them
 * already, in this process; its photo, decoded and written again by libjpeg. The rest is the painter's own: the way
 * into its cage and back, letters, code, the scaling of the photo. Rounds of both take turns, and the middle one
 * counts. */

struct bench_options {
    int64_t faces, rounds;
    bool json;
};

static const struct option options[] = {
    {"--faces",  OPTION_NUMBER, offsetof(struct bench_options, faces),  NULL, "20",
     "faces of one round, 1 to 1000",                   false},
    {"--rounds", OPTION_NUMBER, offsetof(struct bench_options, rounds), NULL, "7",
     "rounds, of which the middle one counts, 1 to 99", false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench face",
    .help = "Times the drawing of card faces and the judging of photos in the painter's process, "
            "against\nthe bare writing of the same pixels.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { FACES_MAX = 1000, ROUNDS_MAX = 99, PNG_ROOM = 8 << 20, BUSINESS_DAY = 20031008 };
enum { BACK, FRONT, PAGE, PHOTO, KINDS };

static const struct kind {
    const char *name, *unit, *yardstick;
    enum face_side side;
    enum face_form form;
    double least_ratio;
} kinds[KINDS] = {
    [BACK] = {"backs with photo and code, PNG of 300 dpi", "faces/s",
              "the same pixels written as PNG by cairo",                                                          FACE_BACK, FACE_PNG, 0.5},
    [FRONT] = {"fronts, PNG of 300 dpi",                    "faces/s",  "the same pixels written as PNG by cairo",
              FACE_FRONT,                                                                                                    FACE_PNG, 0.5},
    [PAGE] = {"backs with photo and code, PDF",            "faces/s",
              "the pixels of such a back written as PNG by cairo",                                                FACE_BACK, FACE_PDF, 0  },
    [PHOTO] = {"photos looked at, judged, written anew",    "photos/s",
              "the same photo decoded and written by libjpeg",                                                    FACE_BACK, FACE_PNG, 0  },
};

/* One bench under way. */
struct bench {
    struct painter *painter;
    struct bytes photo; /* a drawn person's */
    struct face_order order;
    cairo_surface_t *pixels[KINDS]; /* of the faces as PNG; a page is held against its back's */
    uint8_t *room;                  /* PNG_ROOM bytes, for what is thrown away */
};

/* --- the yardsticks ------------------------------------------------------------------------------- */

static cairo_status_t throw_away(void *self, const unsigned char *data, unsigned len) {
    struct builder *out = self;
    put_bytes(out, bytes_of(data, len));
    return out->overflowed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static enum err bare_png(struct bench *b, int kind, struct why *why) {
    struct builder out = builder_in(b->room, PNG_ROOM);
    cairo_status_t status = cairo_surface_write_to_png_stream(b->pixels[kind], throw_away, &out);
    return status ? why_say(why, ERR_OUTSIDE, "cairo: %s", cairo_status_to_string(status)) : OK;
}

static enum err bare_jpeg(struct bench *b, struct why *why) {
    PICTURE_SCOPE(picture);
    struct builder out = builder_in(b->room, PNG_ROOM);
    enum err err = picture_decode(b->photo, &picture, why);
    return err ? err : picture_encode(&picture, PHOTO_QUALITY, &out, why);
}

static cairo_status_t read_png(void *self, unsigned char *to, unsigned len) {
    struct bytes part = cursor_take(self, len);
    if (part.len != len || !part.at) {
        return CAIRO_STATUS_READ_ERROR;
    }
    (void)memcpy(to, part.at, len);
    return CAIRO_STATUS_SUCCESS;
}

/* --- the work ------------------------------------------------------------------------------------- */

static enum err draw(struct bench *b, int kind, struct bytes *picture, struct why *why) {
    struct photo_seen seen;
    if (kind == PHOTO) {
        return photo_picture_look(&b->painter, b->photo, &seen, why);
    }
    b->order.side = kinds[kind].side;
    b->order.form = kinds[kind].form;
    return face_painter_draw(b->painter, &b->order, picture, why);
}

/* The pixels of the faces, drawn once before anything is timed. */
static enum err take_pixels(struct bench *b, struct why *why) {
    enum err err = OK;
    for (int kind = BACK; !err && kind <= FRONT; kind++) {
        struct bytes picture = {0};
        err = draw(b, kind, &picture, why);
        struct cursor c = cursor_over(picture);
        b->pixels[kind] = err ? NULL : cairo_image_surface_create_from_png_stream(read_png, &c);
        if (!err && cairo_surface_status(b->pixels[kind])) {
            err = why_say(why, ERR_OUTSIDE, "the painter's PNG is none");
        }
    }
    b->pixels[PAGE] = b->pixels[BACK] ? cairo_surface_reference(b->pixels[BACK]) : NULL;
    return err;
}

/* One round of either: how many a second. */
static enum err round_of(
    struct bench *b, int kind, bool bare, int64_t count, double *rate, struct why *why) {
    uint64_t began = clock_ns();
    enum err err = OK;
    for (int64_t i = 0; !err && i < count; i++) {
        struct bytes picture;
        err = !bare           ? draw(b, kind, &picture, why)
              : kind == PHOTO ? bare_jpeg(b, why)
                              : bare_png(b, kind, why);
    }
    double seconds = clock_seconds_since(began);
    *rate = seconds > 0 ? (double)count / seconds : 0;
    return err;
}

static int by_rate(const void *a, const void *b) {
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static enum err measure(struct bench *b, int kind, const struct bench_options *given,
    struct bench_figure *figure, struct why *why) {
    double own[ROUNDS_MAX] = {0}, bare[ROUNDS_MAX] = {0};
    size_t rounds = (size_t)given->rounds;
    enum err err = OK;
    for (size_t i = 0; !err && i < rounds; i++) {
        err = round_of(b, kind, false, given->faces, &own[i], why);
        err = err ? err : round_of(b, kind, true, given->faces, &bare[i], why);
    }
    if (err) {
        return err;
    }
    qsort(own, rounds, sizeof own[0], by_rate);
    qsort(bare, rounds, sizeof bare[0], by_rate);
    *figure = (struct bench_figure){.name = kinds[kind].name,
        .unit = kinds[kind].unit,
        .yardstick = kinds[kind].yardstick,
        .value = own[rounds / 2],
        .yardstick_value = bare[rounds / 2],
        .least_ratio = kinds[kind].least_ratio};
    return OK;
}

/* --- the bench ------------------------------------------------------------------------------------ */

/* A face as a city's are, of somebody who was drawn. */
static void order_fill(struct bench *b) {
    struct face_words *w = &b->order.words;
    (void)snprintf(w->title, sizeof w->title, "社会保障卡");
    (void)snprintf(w->title_latin, sizeof w->title_latin, "SOCIAL SECURITY CARD");
    (void)snprintf(w->unit, sizeof w->unit, "广州市劳动和社会保障局");
    (void)snprintf(w->name, sizeof w->name, "欧阳㐂梅");
    (void)snprintf(w->person_number, sizeof w->person_number, "990102197612115183");
    (void)snprintf(w->card_number, sizeof w->card_number, "B00000019");
    (void)snprintf(w->valid, sizeof w->valid, "2003-10-08 至 2013-10-08");
    (void)snprintf(w->notice, sizeof w->notice, "本卡仅限本人使用，遗失请立即挂失。");
    (void)snprintf(w->stamp, sizeof w->stamp, "样卡 SPECIMEN");
    (void)snprintf(w->code, sizeof w->code, "B00000019:%064d", 0);
    b->order.day = BUSINESS_DAY;
    b->order.photo = b->photo;
}

static void bench_close(struct bench *b) {
    painter_close(b->painter);
    for (int i = 0; i < KINDS; i++) {
        cairo_surface_destroy(b->pixels[i]); /* NULL is left alone */
    }
    free(b->room);
}

static enum err bench_open(struct bench *b, uint8_t *photo, struct why *why) {
    struct builder file = builder_in(photo, PORTRAIT_FILE_MAX);
    b->room = malloc(PNG_ROOM);
    if (!b->room) {
        return why_say(why, ERR_OUTSIDE, "no memory for a picture");
    }
    enum err err = portrait_draw(1, 1, PORTRAIT_GOOD, &file, why);
    b->photo = builder_bytes(&file);
    order_fill(b);
    err = err ? err : face_painter_open(&b->painter, why);
    return err ? err : take_pixels(b, why);
}

int bench_face_command(int argc, char **argv) {
    static uint8_t photo[PORTRAIT_FILE_MAX];
    struct bench_options given;
    struct bench_figure figures[KINDS];
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (given.faces < 1 || given.faces > FACES_MAX || given.rounds < 1
        || given.rounds > ROUNDS_MAX) {
        (void)why_say(
            &why, ERR_CONFLICT, "--faces is 1 to %d, --rounds 1 to %d", FACES_MAX, ROUNDS_MAX);
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    __attribute__((cleanup(bench_close))) struct bench b = {.painter = NULL};
    enum err err = bench_open(&b, photo, &why);
    for (int kind = 0; !err && kind < KINDS; kind++) {
        err = measure(&b, kind, &given, &figures[kind], &why);
    }
    return err ? (int)ending_tell(err, &why) : bench_report("face", figures, KINDS, given.json);
}
